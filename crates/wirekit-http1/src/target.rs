use core::fmt;
use core::net::{Ipv4Addr, Ipv6Addr};

use crate::token::{self, REG_NAME};
use crate::{Error, ErrorKind, Method};

/// Which of the four forms a request target has (RFC 9112 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 3.2 fixes the four forms"
)]
pub enum TargetForm {
    /// `/where?q=now`: a path, as a client sends it to the origin server.
    Origin,
    /// `http://www.example.org/`: a whole URI, as a client sends it to a proxy.
    Absolute,
    /// `www.example.com:80`: CONNECT only.
    Authority,
    /// `*`: OPTIONS only.
    Asterisk,
}

impl TargetForm {
    /// The RFC's word in lower case: `"origin"`, `"absolute"`, `"authority"` or `"asterisk"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Origin => "origin",
            Self::Absolute => "absolute",
            Self::Authority => "authority",
            Self::Asterisk => "asterisk",
        }
    }
}

/// A request target, taken apart (RFC 9112 section 3.2).
///
/// ```
/// use wirekit_http1::{Method, Target};
///
/// let target = Target::parse(Method::GET, b"/where?q=now")?;
/// assert_eq!(target, Target::Origin { path: "/where", query: Some("q=now") });
/// let Target::Authority(authority) = Target::parse(Method::CONNECT, b"[::1]:443")? else { unreachable!() };
/// assert_eq!(authority.port(), Some(443));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 3.2 fixes the four forms"
)]
pub enum Target<'a> {
    /// A path and a query.
    Origin {
        /// From the slash to the question mark.
        path: &'a str,
        /// After the question mark.
        query: Option<&'a str>,
    },
    /// A whole URI.
    Absolute {
        /// Before the colon, in any case.
        scheme: &'a str,
        /// After the two slashes; a URI such as `urn:example:a` has none.
        authority: Option<Authority<'a>>,
        /// Up to the question mark; empty after an authority stands for `/`.
        path: &'a str,
        /// After the question mark.
        query: Option<&'a str>,
    },
    /// A host and a port to connect to.
    Authority(Authority<'a>),
    /// The server as a whole.
    Asterisk,
}

impl<'a> Target<'a> {
    /// Takes a target apart and checks that the method has its form.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::EmptyTarget`], [`ErrorKind::InvalidTarget`], [`ErrorKind::InvalidTargetForm`],
    /// [`ErrorKind::TargetFormMismatch`], and the kinds of [`Authority::parse`].
    pub fn parse(method: Method<'_>, target: &'a [u8]) -> Result<Self, Error> {
        if let Some(at) = target
            .iter()
            .position(|&byte| !token::is(byte, token::TARGET))
        {
            return Err(Error::new(ErrorKind::InvalidTarget, at));
        }
        let text = ascii(target);
        match target {
            [] => Err(Error::new(ErrorKind::EmptyTarget, 0)),
            _ if method == Method::CONNECT => connect(target),
            [b'/', ..] => {
                let (path, query) = split_query(text);
                Ok(Self::Origin { path, query })
            }
            b"*" if method == Method::OPTIONS => Ok(Self::Asterisk),
            b"*" => Err(Error::new(ErrorKind::TargetFormMismatch, 0)),
            _ => absolute(target),
        }
    }

    /// Which form it is.
    pub const fn form(&self) -> TargetForm {
        match self {
            Self::Origin { .. } => TargetForm::Origin,
            Self::Absolute { .. } => TargetForm::Absolute,
            Self::Authority(_) => TargetForm::Authority,
            Self::Asterisk => TargetForm::Asterisk,
        }
    }
}

/// "authority-form = uri-host ":" port", and "a server MUST reject a CONNECT request that targets an empty or invalid
/// port number" (RFC 9110 section 9.3.6).
fn connect(target: &[u8]) -> Result<Target<'_>, Error> {
    if matches!(target, [b'/', ..] | b"*") || target.windows(3).any(|window| window == b"://") {
        return Err(Error::new(ErrorKind::TargetFormMismatch, 0));
    }
    let authority = Authority::parse(target)?;
    if authority.host_str().is_empty() {
        return Err(Error::new(ErrorKind::InvalidHost, 0));
    }
    match authority.port() {
        // No service listens on the reserved port 0 (RFC 6335 section 6).
        Some(0) => Err(Error::new(
            ErrorKind::InvalidPort,
            authority.host_str().len() + 1,
        )),
        Some(_) => Ok(Target::Authority(authority)),
        None => Err(Error::new(ErrorKind::InvalidPort, target.len())),
    }
}

/// "absolute-form = absolute-URI": a scheme, a colon, and the rest without a fragment (RFC 3986 section 4.3).
fn absolute(target: &[u8]) -> Result<Target<'_>, Error> {
    let wrong_form = Error::new(ErrorKind::InvalidTargetForm, 0);
    let (scheme, rest) = match target.iter().position(|&byte| byte == b':') {
        Some(colon) => (
            target.get(..colon).unwrap_or_default(),
            target.get(colon + 1..).unwrap_or_default(),
        ),
        None => return Err(wrong_form),
    };
    let is_authority = Authority::parse(target).is_ok_and(|authority| authority.port().is_some());
    if is_authority {
        return Err(Error::new(ErrorKind::TargetFormMismatch, 0));
    }
    let is_scheme = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme {
        return Err(wrong_form);
    }
    let after_scheme = scheme.len() + 1;
    let needs_host = scheme.eq_ignore_ascii_case(b"http") || scheme.eq_ignore_ascii_case(b"https");
    let (authority, hierarchy) = match rest.strip_prefix(b"//") {
        Some(rest) => {
            let end = rest
                .iter()
                .position(|byte| matches!(byte, b'/' | b'?'))
                .unwrap_or(rest.len());
            let (authority, hierarchy) = rest.split_at_checked(end).unwrap_or((rest, &[]));
            let authority =
                Authority::parse(authority).map_err(|error| error.shifted(after_scheme + 2))?;
            // RFC 9110 section 4.2.1: "A sender MUST NOT generate an "http" URI with an empty host identifier. A
            // recipient that processes such a URI reference MUST reject it as invalid."
            if needs_host && authority.host_str().is_empty() {
                return Err(Error::new(ErrorKind::InvalidHost, after_scheme + 2));
            }
            (Some(authority), hierarchy)
        }
        None if needs_host => return Err(Error::new(ErrorKind::InvalidHost, after_scheme)),
        None => (None, rest),
    };
    let (path, query) = split_query(ascii(hierarchy));
    Ok(Target::Absolute {
        scheme: ascii(scheme),
        authority,
        path,
        query,
    })
}

fn split_query(text: &str) -> (&str, Option<&str>) {
    match text.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (text, None),
    }
}

/// Text of bytes that were found to be ASCII.
fn ascii(bytes: &[u8]) -> &str {
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// A host and perhaps a port: the value of Host, the target of CONNECT, the authority of a URI (RFC 3986 section 3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authority<'a> {
    text: &'a str,
    host_len: usize,
    host: Host<'a>,
    port: Option<u16>,
}

/// The host of an [`Authority`] (RFC 3986 section 3.2.2).
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

/// The URI that a request is about (RFC 9112 section 3.3).
///
/// `Display` writes it as `scheme://authority/path?query`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TargetUri<'a> {
    /// The target's own in absolute-form, otherwise the connection's.
    pub scheme: &'a str,
    /// The target's own in absolute-form and authority-form, otherwise that of Host; empty without either.
    pub authority: &'a str,
    /// Empty in authority-form and asterisk-form.
    pub path: &'a str,
    /// After the question mark.
    pub query: Option<&'a str>,
}

impl<'a> TargetUri<'a> {
    /// The URI of a target that came over a connection of this scheme with this Host.
    pub(crate) fn new(target: Target<'a>, scheme: &'a str, host: &'a str) -> Self {
        match target {
            Target::Origin { path, query } => Self {
                scheme,
                authority: host,
                path,
                query,
            },
            Target::Absolute {
                scheme,
                authority,
                path,
                query,
            } => Self {
                scheme,
                authority: authority.map_or("", |authority| authority.text),
                path,
                query,
            },
            Target::Authority(authority) => Self {
                scheme,
                authority: authority.text,
                path: "",
                query: None,
            },
            Target::Asterisk => Self {
                scheme,
                authority: host,
                path: "",
                query: None,
            },
        }
    }
}

impl fmt::Display for TargetUri<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scheme)?;
        f.write_str(":")?;
        if !self.authority.is_empty() || self.path.starts_with('/') || self.path.is_empty() {
            f.write_str("//")?;
            f.write_str(self.authority)?;
        }
        f.write_str(self.path)?;
        match self.query {
            Some(query) => write!(f, "?{query}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
