//! Whom a proxy forwards for: `Forwarded` (RFC 7239), `X-Forwarded-For`, and which of the addresses to believe.

mod node;

use core::net::IpAddr;

pub use node::{Node, NodeName, NodePort};

use crate::token::{token_len, trim_ows_start};
use crate::write::{Sink, write};
use crate::{EncodeError, Error, ErrorKind, Value, list};

/// One element of `Forwarded`, what one proxy says: RFC 7239 section 4.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_http::forwarded::{Element, Node};
///
/// let element = Element { for_node: Some(Node::from(Ipv4Addr::LOCALHOST)), ..Element::EMPTY };
/// let mut out = [0; 32];
/// let len = element.encode_to_slice(&mut out)?;
/// assert_eq!(&out[..len], b"for=127.0.0.1");
/// # Ok::<(), wirekit_http::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 7239 section 5 fixes these four parameters"
)]
pub struct Element<'a> {
    /// Who sent the request to the proxy (section 5.2).
    pub for_node: Option<Node<'a>>,
    /// Where the proxy took it in (section 5.1).
    pub by_node: Option<Node<'a>>,
    /// The `Host` that the proxy was sent (section 5.3).
    pub host: Option<Value<'a>>,
    /// The scheme that was used (section 5.4).
    pub proto: Option<Value<'a>>,
}

impl<'a> Element<'a> {
    /// Nothing said.
    pub const EMPTY: Self = Self {
        for_node: None,
        by_node: None,
        host: None,
        proto: None,
    };

    /// Reads one element; parameters of other names are passed over (section 5.5).
    ///
    /// # Errors
    ///
    /// Those of [`Parameters::parse`](crate::Parameters::parse), [`RepeatedParameter`](ErrorKind::RepeatedParameter) and [`Node`](ErrorKind::Node).
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let mut element = Self::EMPTY;
        let mut rest = trim_ows_start(input);
        // The grammar is that of parameters but for the semicolon that the first one lacks.
        if !matches!(rest, [] | [b';', ..]) {
            rest = element.pair(rest, input)?;
        }
        while let [_, ..] = trim_ows_start(rest) {
            let at = |rest: &[u8]| input.len() - rest.len();
            rest = trim_ows_start(rest);
            let [b';', after @ ..] = rest else {
                return Err(Error::new(ErrorKind::ParameterDelimiter, at(rest)));
            };
            rest = trim_ows_start(after);
            if !matches!(rest, [] | [b';', ..]) {
                rest = element.pair(rest, input)?;
            }
        }
        Ok(element)
    }

    /// `token "=" value`, and what follows it.
    fn pair(&mut self, rest: &'a [u8], input: &'a [u8]) -> Result<&'a [u8], Error> {
        let place = input.len() - rest.len();
        let (name, behind) = rest
            .split_at_checked(token_len(rest))
            .unwrap_or((b"", rest));
        if name.is_empty() {
            return Err(Error::new(ErrorKind::Token, place));
        }
        let Some((b'=', behind)) = behind.split_first() else {
            return Err(Error::new(ErrorKind::ParameterEquals, place + name.len()));
        };
        let value_place = input.len() - behind.len();
        let (value, len) = Value::parse(behind).map_err(|error| error.shifted(value_place))?;
        let repeated = Error::new(ErrorKind::RepeatedParameter, place);
        let node = || {
            let node = value.as_bytes().and_then(Node::parse);
            node.ok_or(Error::new(ErrorKind::Node, value_place))
        };
        match name.len() {
            3 if name.eq_ignore_ascii_case(b"for") => once(&mut self.for_node, node()?, repeated)?,
            2 if name.eq_ignore_ascii_case(b"by") => once(&mut self.by_node, node()?, repeated)?,
            4 if name.eq_ignore_ascii_case(b"host") => once(&mut self.host, value, repeated)?,
            5 if name.eq_ignore_ascii_case(b"proto") => once(&mut self.proto, value, repeated)?,
            _ => {}
        }
        Ok(behind.get(len..).unwrap_or_default())
    }

    /// Writes the element to the front of `out`, and returns how many bytes it takes: to be appended to a received
    /// `Forwarded` behind a comma, or to stand alone.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidByte`] for a control character in `host` or `proto`, [`EncodeError::InvalidToken`] for an
    /// obfuscated identifier that is none, [`EncodeError::OutputTooSmall`]; then `out` is as it was.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        for value in [&self.host, &self.proto].into_iter().flatten() {
            value.check()?;
        }
        for node in [&self.for_node, &self.by_node].into_iter().flatten() {
            node.check()?;
        }
        write(out, |sink| {
            let mut separator: &[u8] = b"";
            let mut name = |sink: &mut Sink<'_>, name: &[u8]| {
                sink.put(separator);
                sink.put(name);
                separator = b";";
            };
            if let Some(node) = &self.for_node {
                name(sink, b"for=");
                node.write_to(sink);
            }
            if let Some(node) = &self.by_node {
                name(sink, b"by=");
                node.write_to(sink);
            }
            if let Some(value) = &self.host {
                name(sink, b"host=");
                value.write_to(sink);
            }
            if let Some(value) = &self.proto {
                name(sink, b"proto=");
                value.write_to(sink);
            }
        })
    }
}

/// "Each parameter MUST NOT occur more than once per field-value" (RFC 7239 section 4).
fn once<T>(place: &mut Option<T>, value: T, repeated: Error) -> Result<(), Error> {
    match place.replace(value) {
        Some(_) => Err(repeated),
        None => Ok(()),
    }
}

/// The elements of one line of `Forwarded`, in order: the last one is the nearest proxy's (RFC 7239 section 4).
///
/// ```
/// use wirekit_http::forwarded::elements;
///
/// let line = br#"for=192.0.2.43, for="[2001:db8:cafe::17]";proto=https"#;
/// let elements: Vec<_> = elements(line).collect::<Result<_, _>>()?;
/// let nearest = elements.last().and_then(|element| element.for_node).expect("a node");
/// assert_eq!(nearest.address(), Some("2001:db8:cafe::17".parse().unwrap()));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
pub fn elements(value: &[u8]) -> impl Iterator<Item = Result<Element<'_>, Error>> {
    list::quoted_members(value)
        .map(|member| Element::parse(member.bytes).map_err(|error| error.shifted(member.offset)))
}

/// The nodes of one line of `X-Forwarded-For`, in order; `None` for what is no address.
///
/// Addresses stand with and without brackets and ports in it: no specification says how.
///
/// ```
/// use wirekit_http::forwarded::x_forwarded_for;
///
/// let nodes: Vec<_> = x_forwarded_for(b"192.0.2.43, unknown, [2001:db8::17]:4711").collect();
/// assert_eq!(nodes, [Some([192, 0, 2, 43].into()), None, Some("2001:db8::17".parse().unwrap())]);
/// ```
pub fn x_forwarded_for(value: &[u8]) -> impl Iterator<Item = Option<IpAddr>> {
    list::members(value).map(|member| {
        let text = core::str::from_utf8(member.bytes).ok()?;
        match text.parse() {
            Ok(address) => Some(IpAddr::V6(address)),
            Err(_) => Node::parse(member.bytes)?.address(),
        }
    })
}

/// The client's address, as far as it can be believed: the nearest that `is_trusted` does not know for a proxy.
///
/// `peer` is the other end of the connection, and `hops` what the proxies say, the farthest first, all lines together: of
/// [`x_forwarded_for`], or each [`Element::for_node`]'s [`address`](Node::address). What stands in front of an untrusted
/// address, or of a hop that is no address, any sender could have written.
///
/// ```
/// use core::net::IpAddr;
/// use wirekit_http::forwarded::{client, x_forwarded_for};
///
/// let proxy: IpAddr = [10, 0, 0, 1].into();
/// let found = client(proxy, x_forwarded_for(b"1.2.3.4, 192.0.2.7"), |address| address == proxy);
/// assert_eq!(found, IpAddr::from([192, 0, 2, 7]));
/// ```
pub fn client(
    peer: IpAddr,
    hops: impl IntoIterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    if !is_trusted(peer) {
        return peer;
    }
    client_behind(hops, is_trusted).unwrap_or(peer)
}

/// [`client`] behind a peer that is trusted, and that may have no address, as one by a unix socket: `None` where the nearest
/// hop is no address, or there is none.
///
/// ```
/// use core::net::IpAddr;
/// use wirekit_http::forwarded::{client_behind, x_forwarded_for};
///
/// // The peer is a proxy by a unix socket.
/// let found = client_behind(x_forwarded_for(b"10.9.8.7, 192.0.2.7"), |_| false);
/// assert_eq!(found, Some(IpAddr::from([192, 0, 2, 7])));
/// ```
pub fn client_behind(
    hops: impl IntoIterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let mut found = None;
    for hop in hops {
        found = match hop {
            Some(address) if is_trusted(address) => found.or(Some(address)),
            other => other,
        };
    }
    found
}

#[cfg(test)]
mod tests;
