//! Whom a proxy forwards for: `Forwarded` (RFC 7239), `X-Forwarded-For`, and which of the addresses to believe.

use core::fmt::Write;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::token::{decimal, token_len, trim_ows_start};
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

/// One end of a hop (RFC 7239 section 6).
///
/// ```
/// use wirekit_http::forwarded::{Node, NodeName, NodePort};
///
/// let node = Node::parse(b"[2001:db8::17]:4711").expect("a node");
/// assert_eq!((node.name, node.port), (NodeName::Address("2001:db8::17".parse().unwrap()), Some(NodePort::Number(4711))));
/// assert_eq!(Node::parse(b"_hidden").and_then(|node| node.address()), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 7239 section 6 fixes the two parts"
)]
pub struct Node<'a> {
    /// Who it is.
    pub name: NodeName<'a>,
    /// Its port, where it is said.
    pub port: Option<NodePort<'a>>,
}

/// Who a node is: RFC 7239 section 6. The example of [`Node`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 7239 section 6 fixes the three"
)]
pub enum NodeName<'a> {
    /// An address.
    Address(IpAddr),
    /// `unknown` (section 6.2).
    Unknown,
    /// An identifier such as `_hidden`, the underscore included (section 6.3).
    Obfuscated(&'a str),
}

/// Which port a node has: RFC 7239 section 6. The example of [`Node`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "RFC 7239 section 6 fixes the two")]
pub enum NodePort<'a> {
    /// A number.
    Number(u16),
    /// An identifier such as `_port`, the underscore included.
    Obfuscated(&'a str),
}

impl<'a> Node<'a> {
    /// Reads a node without quotes; `None` if it is none.
    pub fn parse(input: &'a [u8]) -> Option<Self> {
        let input = core::str::from_utf8(input).ok()?;
        let (name, port) = match input.strip_prefix('[') {
            Some(rest) => {
                let (address, port) = rest.split_once(']')?;
                let name = NodeName::Address(IpAddr::V6(address.parse().ok()?));
                match port.split_at_checked(1) {
                    None => (name, None),
                    Some((":", port)) => (name, Some(port)),
                    Some(_) => return None,
                }
            }
            None => {
                let (name, port) = match input.split_once(':') {
                    Some((name, port)) => (name, Some(port)),
                    None => (input, None),
                };
                let name = match name.parse::<Ipv4Addr>() {
                    Ok(address) => NodeName::Address(IpAddr::V4(address)),
                    Err(_) if name.eq_ignore_ascii_case("unknown") => NodeName::Unknown,
                    Err(_) if is_obfuscated(name) => NodeName::Obfuscated(name),
                    Err(_) => return None,
                };
                (name, port)
            }
        };
        let port = match port {
            None => None,
            Some(port) if is_obfuscated(port) => Some(NodePort::Obfuscated(port)),
            Some(port) => {
                let number = decimal(port.as_bytes()).filter(|_| port.len() <= 5)?;
                Some(NodePort::Number(u16::try_from(number).ok()?))
            }
        };
        Some(Self { name, port })
    }

    /// The address, where the node is one.
    pub const fn address(&self) -> Option<IpAddr> {
        match self.name {
            NodeName::Address(address) => Some(address),
            NodeName::Unknown | NodeName::Obfuscated(_) => None,
        }
    }

    fn check(&self) -> Result<(), EncodeError> {
        let name = match self.name {
            NodeName::Obfuscated(name) => Some(name),
            NodeName::Address(_) | NodeName::Unknown => None,
        };
        let port = match self.port {
            Some(NodePort::Obfuscated(port)) => Some(port),
            Some(NodePort::Number(_)) | None => None,
        };
        let is_written = [name, port].into_iter().flatten().all(is_obfuscated);
        is_written.then_some(()).ok_or(EncodeError::InvalidToken)
    }

    /// "Note that an IPv6 address is always enclosed in square brackets", and that brackets and colons need quotes.
    fn write_to(&self, sink: &mut Sink<'_>) {
        let quotes: &[u8] = match self {
            Self {
                name: NodeName::Address(IpAddr::V6(_)),
                ..
            }
            | Self { port: Some(_), .. } => b"\"",
            _ => b"",
        };
        sink.put(quotes);
        // A sink takes everything.
        _ = match self.name {
            NodeName::Address(IpAddr::V4(address)) => write!(sink, "{address}"),
            NodeName::Address(IpAddr::V6(address)) => write!(sink, "[{address}]"),
            NodeName::Unknown => sink.write_str("unknown"),
            NodeName::Obfuscated(name) => sink.write_str(name),
        };
        _ = match self.port {
            Some(NodePort::Number(port)) => write!(sink, ":{port}"),
            Some(NodePort::Obfuscated(port)) => write!(sink, ":{port}"),
            None => Ok(()),
        };
        sink.put(quotes);
    }
}

impl From<IpAddr> for Node<'_> {
    /// The address, without a port.
    fn from(address: IpAddr) -> Self {
        Self {
            name: NodeName::Address(address),
            port: None,
        }
    }
}

impl From<Ipv4Addr> for Node<'_> {
    fn from(address: Ipv4Addr) -> Self {
        IpAddr::V4(address).into()
    }
}

impl From<Ipv6Addr> for Node<'_> {
    fn from(address: Ipv6Addr) -> Self {
        IpAddr::V6(address).into()
    }
}

/// `"_" 1*( ALPHA / DIGIT / "." / "_" / "-")`
fn is_obfuscated(text: &str) -> bool {
    matches!(text.as_bytes(), [b'_', rest @ ..] if !rest.is_empty()
        && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::String;
    use std::vec::Vec;

    /// What is read, written again.
    fn again(value: &[u8]) -> Result<Vec<String>, Error> {
        let written = |element: Result<Element<'_>, Error>| {
            let mut out = [0; 200];
            let len = element?.encode_to_slice(&mut out).unwrap();
            Ok(String::from_utf8(out[..len].into()).unwrap())
        };
        elements(value).map(written).collect()
    }

    #[test]
    fn forwarded_is_read_and_written() {
        #[rustfmt::skip]
        let rows: [(&str, &[&str]); 10] = [
            // RFC 7239 section 4's examples
            ("for=\"_gazonk\"",                                  &["for=_gazonk"]),
            ("For=\"[2001:db8:cafe::17]:4711\"",                 &["for=\"[2001:db8:cafe::17]:4711\""]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43",        &["for=192.0.2.60;by=203.0.113.43;proto=http"]),
            ("for=192.0.2.43, for=198.51.100.17",                &["for=192.0.2.43", "for=198.51.100.17"]),
            // Section 6
            ("for=unknown;by=_p",                                &["for=unknown;by=_p"]),
            ("for=\"10.0.0.1:_x\";host=\"a:80\"",                &["for=\"10.0.0.1:_x\";host=\"a:80\""]),
            // Section 5.5, and semicolons without a pair
            (";; secret=\"a,b\" ; for=unknown;",                 &["for=unknown"]),
            ("secret=1",                                         &[""]),
            ("host=\"a\\\"b\"",                                  &["host=\"a\\\"b\""]),
            ("",                                                 &[]),
        ];
        for (value, expected) in rows {
            let expected: Vec<String> = expected.iter().map(|text| (*text).into()).collect();
            assert_eq!(again(value.as_bytes()), Ok(expected), "{value}");
        }
    }

    #[test]
    fn grammar_of_rfc_7239_is_required() {
        use ErrorKind::{
            ParameterDelimiter, ParameterEquals, ParameterValue, RepeatedParameter, Token,
        };
        #[rustfmt::skip]
        let rows: [(&str, ErrorKind, usize); 15] = [
            ("for",                        ParameterEquals,    3),
            ("for =1.2.3.4",               ParameterEquals,    3),
            ("for=",                       ParameterValue,     4),
            ("for=1.2.3.4 by=_x",          ParameterDelimiter, 12),
            ("for=1.2.3.4;=x",             Token,              12),
            ("=x",                         Token,              0),
            ("for=\"1.2.3.4",              ErrorKind::QuotedStringOpen, 12),
            // Section 4
            ("for=_a;FOR=_b",              RepeatedParameter,  7),
            ("by=_a, host=a;host=b",       RepeatedParameter,  14),
            // Section 6
            ("for=example.com",            ErrorKind::Node,    4),
            ("for=\"2001:db8::1\"",        ErrorKind::Node,    4),
            ("for=\"[::1]80\"",            ErrorKind::Node,    4),
            ("for=\"1.2.3.4:65536\"",      ErrorKind::Node,    4),
            ("for=\"1.2.3.4:000080\"",     ErrorKind::Node,    4),
            ("for=_",                      ErrorKind::Node,    4),
        ];
        for (value, kind, offset) in rows {
            let error = again(value.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{value}");
        }
    }

    #[test]
    fn what_no_grammar_has_is_not_written() {
        let mut out = [0xa5; 8];
        let host = Element {
            host: Some(Value::new(b"a\r\n")),
            ..Element::EMPTY
        };
        let offset = 1;
        assert_eq!(
            host.encode_to_slice(&mut out),
            Err(EncodeError::InvalidByte { offset })
        );
        let name = NodeName::Obfuscated("x;by=_y");
        let node = Element {
            for_node: Some(Node { name, port: None }),
            ..Element::EMPTY
        };
        assert_eq!(
            node.encode_to_slice(&mut out),
            Err(EncodeError::InvalidToken)
        );
        let long = Element {
            for_node: Some(Ipv4Addr::LOCALHOST.into()),
            ..Element::EMPTY
        };
        let needed = 13;
        assert_eq!(
            long.encode_to_slice(&mut out),
            Err(EncodeError::OutputTooSmall { needed })
        );
        assert_eq!(out, [0xa5; 8]);
    }

    #[test]
    fn the_client_is_the_nearest_that_is_no_proxy() {
        let is_trusted =
            |address: IpAddr| matches!(address, IpAddr::V4(v4) if v4.octets()[0] == 10);
        #[rustfmt::skip]
        let rows: [(&str, &str, &str); 9] = [
            // The peer, X-Forwarded-For, the client.
            ("192.0.2.1", "1.2.3.4",                  "192.0.2.1"),
            ("10.0.0.1",  "",                         "10.0.0.1"),
            ("10.0.0.1",  "1.2.3.4",                  "1.2.3.4"),
            ("10.0.0.1",  "1.2.3.4, 5.6.7.8, 10.0.0.2", "5.6.7.8"),
            ("10.0.0.1",  "10.0.0.3, 10.0.0.2",       "10.0.0.3"),
            ("10.0.0.1",  "1.2.3.4, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1",  "1.2.3.4, x",               "10.0.0.1"),
            ("10.0.0.1",  "2001:db8::1",              "2001:db8::1"),
            ("10.0.0.1",  "[2001:db8::1]:80,10.0.0.9:1", "2001:db8::1"),
        ];
        for (peer, value, expected) in rows {
            let found = client(
                peer.parse().unwrap(),
                x_forwarded_for(value.as_bytes()),
                is_trusted,
            );
            assert_eq!(found, expected.parse::<IpAddr>().unwrap(), "{peer} {value}");
        }
    }
}
