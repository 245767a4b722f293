use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::ascii;
use crate::error::{Error, ErrorKind};
use crate::token::{self, REG_NAME};

/// A host and perhaps a port: the value of Host, the target of CONNECT, the authority of a URI (RFC 3986 section 3.2).
///
/// ```
/// use wirekit_http1::{Authority, Host};
///
/// let authority = Authority::parse(b"[2001:db8::1]:8443")?;
/// assert_eq!(authority.host(), Host::Ipv6("2001:db8::1".parse().unwrap()));
/// assert_eq!(authority.port(), Some(8443));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authority<'a> {
    text: &'a str,
    host_len: usize,
    host: Host<'a>,
    port: Option<u16>,
}

/// The host of an [`Authority`] (RFC 3986 section 3.2.2).
///
/// The example of [`Authority`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 3986 section 3.2.2 fixes the four kinds"
)]
pub enum Host<'a> {
    /// A registered name, percent-encodings as they are; may be empty.
    RegName(&'a str),
    /// Four decimal octets.
    Ipv4(Ipv4Addr),
    /// An address in brackets.
    Ipv6(Ipv6Addr),
    /// `v`, a version, a dot and an address, without the brackets.
    IpFuture(&'a str),
}

impl<'a> Authority<'a> {
    /// Parses `host [":" port]`. The host may be empty, and so may the port after its colon.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidHost`], [`ErrorKind::InvalidPort`], [`ErrorKind::UserInfo`].
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let (host, host_len) = match input {
            [b'[', literal @ ..] => ip_literal(literal)?,
            _ => reg_name(input)?,
        };
        let port = match input.get(host_len..).unwrap_or_default() {
            [] => None,
            [b':', digits @ ..] => port(digits, host_len + 1)?,
            // Only an IP literal ends before another byte.
            _ => return Err(Error::new(ErrorKind::InvalidHost, host_len)),
        };
        Ok(Self {
            text: ascii(input),
            host_len,
            host,
            port,
        })
    }

    /// The whole, as it stands on the wire.
    pub const fn as_str(&self) -> &'a str {
        self.text
    }

    /// The host, understood.
    pub const fn host(&self) -> Host<'a> {
        self.host
    }

    /// The host as it stands on the wire, brackets included.
    pub fn host_str(&self) -> &'a str {
        self.text.get(..self.host_len).unwrap_or_default()
    }

    /// The port, if there is one and it is not empty.
    pub const fn port(&self) -> Option<u16> {
        self.port
    }
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text)
    }
}

/// `*DIGIT` up to 65535, at `offset`.
fn port(digits: &[u8], offset: usize) -> Result<Option<u16>, Error> {
    if digits.is_empty() {
        return Ok(None);
    }
    if let Some(at) = digits.iter().position(|byte| !byte.is_ascii_digit()) {
        // A colon or an at sign may follow a password instead.
        let kind = if digits.contains(&b'@') {
            ErrorKind::UserInfo
        } else {
            ErrorKind::InvalidPort
        };
        return Err(Error::new(kind, offset + at));
    }
    match token::decimal(digits).map(u16::try_from) {
        Some(Ok(port)) => Ok(Some(port)),
        _ => Err(Error::new(ErrorKind::InvalidPort, offset)),
    }
}

/// `*( unreserved / pct-encoded / sub-delims )` up to a colon or the end; four octets are an address first.
fn reg_name(input: &[u8]) -> Result<(Host<'_>, usize), Error> {
    let mut at = 0;
    loop {
        match input.get(at..).unwrap_or_default() {
            [] | [b':', ..] => break,
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => at += 3,
            [byte, ..] if token::is(*byte, REG_NAME) => at += 1,
            [b'@', ..] => return Err(Error::new(ErrorKind::UserInfo, at)),
            _ => return Err(Error::new(ErrorKind::InvalidHost, at)),
        }
    }
    let name = ascii(input.get(..at).unwrap_or_default());
    let host = match name.parse() {
        Ok(address) => Host::Ipv4(address),
        Err(_) => Host::RegName(name),
    };
    Ok((host, at))
}

/// What stands after an opening bracket: `( IPv6address / IPvFuture ) "]"`.
fn ip_literal(literal: &[u8]) -> Result<(Host<'_>, usize), Error> {
    let Some(len) = literal.iter().position(|&byte| byte == b']') else {
        return Err(Error::new(ErrorKind::InvalidHost, 0));
    };
    let address = literal.get(..len).unwrap_or_default();
    let wrong = Error::new(ErrorKind::InvalidHost, 1);
    let host = match address {
        [b'v' | b'V', rest @ ..] => {
            let is_future = rest
                .iter()
                .position(|&byte| byte == b'.')
                .is_some_and(|dot| {
                    let (version, tail) = rest.split_at_checked(dot).unwrap_or_default();
                    dot > 0
                        && tail.len() > 1
                        && version.iter().all(u8::is_ascii_hexdigit)
                        && tail
                            .iter()
                            .all(|&byte| token::is(byte, REG_NAME) || byte == b':')
                });
            if !is_future {
                return Err(wrong);
            }
            Host::IpFuture(ascii(address))
        }
        // No zone: RFC 9110 section 7.2 takes uri-host from RFC 3986, which has none.
        _ => match core::str::from_utf8(address).map(str::parse) {
            Ok(Ok(address)) => Host::Ipv6(address),
            _ => return Err(wrong),
        },
    };
    Ok((host, len + 2))
}
