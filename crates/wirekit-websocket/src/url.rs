//! `ws://` and `wss://` URLs (RFC 6455 section 3).

use core::fmt;
use core::net::Ipv6Addr;

/// A WebSocket's URL, taken apart into what a client needs: where to connect, and what to ask for.
///
/// ```
/// use wirekit_websocket::url::{Scheme, Url};
///
/// let url = Url::parse("wss://[2001:db8::1]:8443/chat?room=1")?;
/// assert_eq!((url.scheme(), url.host(), url.port()), (Scheme::Wss, "2001:db8::1", 8443));
/// assert_eq!(url.authority().to_string(), "[2001:db8::1]:8443"); // the value of Host
/// assert_eq!(url.target().to_string(), "/chat?room=1"); // behind GET
///
/// let url = Url::parse("ws://example.com")?;
/// assert_eq!((url.port(), url.target().to_string()), (80, "/".to_owned()));
/// # Ok::<(), wirekit_websocket::url::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Url<'a> {
    scheme: Scheme,
    /// With the brackets of an IPv6 address.
    host: &'a str,
    port: u16,
    path: &'a str,
    query: &'a str,
}

/// Whether a WebSocket goes over TLS: RFC 6455 section 3.
///
/// ```
/// use wirekit_websocket::url::Scheme;
///
/// assert_eq!((Scheme::Ws.default_port(), Scheme::Wss.default_port()), (80, 443));
/// assert_eq!(Scheme::Wss.as_str(), "wss");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 6455 section 3 defines two schemes"
)]
pub enum Scheme {
    /// Over TCP.
    Ws,
    /// Over TLS: "the connection is secure" (RFC 6455 section 3).
    Wss,
}

impl Scheme {
    /// The scheme in lower case, without the colon.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ws => "ws",
            Self::Wss => "wss",
        }
    }

    /// The port of a URL that names none.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Self::Ws => 80,
            Self::Wss => 443,
        }
    }
}

wirekit_macros::errors! {
    /// Why a text is no WebSocket's URL, and where: RFC 6455 section 3.
    ///
    /// ```
    /// use wirekit_websocket::url::{ErrorKind, Url};
    ///
    /// let error = Url::parse("wss://example.com/#top").unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Fragment);
    /// assert_eq!(error.offset(), 18); // bytes
    /// ```
    pub struct Error;

    /// One kind a rule of a URL: RFC 6455 section 3, RFC 3986. The example of [`Error`] has one.
    pub enum ErrorKind("url") {
        /// Neither `ws://` nor `wss://` at the start.
        Scheme = "scheme", "RFC 6455 section 3", "the URL does not begin with ws:// or wss://";
        /// A user's name or password. A WebSocket's URL has no place for them, and to drop them would send a request without.
        UserInfo = "user_info", "RFC 6455 section 3", "a WebSocket's URL has no user information";
        /// No host, or neither a name nor an IPv6 address in brackets.
        Host = "host", "RFC 3986 section 3.2.2", "the host is missing or is no host";
        /// A port that is not a number up to 65535.
        Port = "port", "RFC 3986 section 3.2.3", "the port is not a number up to 65535";
        /// A byte that must be percent-encoded, or `%` without two hexadecimal digits.
        Byte = "byte", "RFC 3986 section 3.3", "a byte in the path or query is not percent-encoded";
        /// A fragment: they are "meaningless in the context of WebSocket URIs and MUST NOT be used".
        Fragment = "fragment", "RFC 6455 section 3", "a WebSocket's URL has no fragment";
    }
}

impl<'a> Url<'a> {
    /// Parses `("ws:" / "wss:") "//" host [ ":" port ] path [ "?" query ]`. Nothing is decoded or made canonical.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`].
    pub fn parse(input: &'a str) -> Result<Self, Error> {
        let (scheme, rest) = scheme(input)?;
        let start = input.len() - rest.len();
        let authority_len = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, rest) = rest.split_at_checked(authority_len).unwrap_or_default();
        if let Some(at) = authority.find('@') {
            return Err(Error::new(ErrorKind::UserInfo, start + at));
        }
        let host_len = host_len(authority).map_err(|at| Error::new(ErrorKind::Host, start + at))?;
        let (host, port) = authority.split_at_checked(host_len).unwrap_or_default();
        let port = match port.strip_prefix(':') {
            None | Some("") => scheme.default_port(),
            Some(digits) => number(digits)
                .map_err(|at| Error::new(ErrorKind::Port, start + host_len + 1 + at))?,
        };
        if let Some((at, kind)) = bad_byte(rest.as_bytes()) {
            return Err(Error::new(kind, input.len() - rest.len() + at));
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        Ok(Self {
            scheme,
            host,
            port,
            path,
            query,
        })
    }

    /// Which of the two schemes.
    #[must_use]
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The host to look up, and to name to TLS: a name as it was written, or an address, IPv6 without its brackets.
    #[must_use]
    pub fn host(&self) -> &'a str {
        self.host.trim_matches(['[', ']'])
    }

    /// The port to connect to, [`Scheme::default_port`] where the URL names none.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// The value of the request's Host field: the host, and the port unless it is the default (RFC 6455 section 4.1).
    #[must_use]
    pub const fn authority(&self) -> Authority<'a> {
        Authority { url: *self }
    }

    /// The target of the request, "resource-name" in RFC 6455 section 3: the path, `/` where it is empty, and the query.
    #[must_use]
    pub const fn target(&self) -> Target<'a> {
        Target {
            path: self.path,
            query: self.query,
        }
    }
}

/// The URL in its shortest form.
impl fmt::Display for Url<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, authority, target) = (self.scheme.as_str(), self.authority(), self.target());
        write!(f, "{scheme}://{authority}{target}")
    }
}

/// The host and port of a [`Url`] as Host has them: RFC 6455 section 4.1. The example of [`Url`] writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Authority<'a> {
    url: Url<'a>,
}

impl fmt::Display for Authority<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Url {
            scheme, host, port, ..
        } = self.url;
        f.write_str(host)?;
        if port == scheme.default_port() {
            return Ok(());
        }
        write!(f, ":{port}")
    }
}

/// The path and query of a [`Url`] as the request line has them: RFC 6455 section 3. The example of [`Url`] writes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Target<'a> {
    path: &'a str,
    query: &'a str,
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.path.is_empty() { "/" } else { self.path })?;
        if self.query.is_empty() {
            return Ok(());
        }
        write!(f, "?{}", self.query)
    }
}

/// "The scheme [..] case-insensitive" (RFC 3986 section 3.1), and what stands behind its slashes.
fn scheme(input: &str) -> Result<(Scheme, &str), Error> {
    let (name, rest) = input
        .split_once("://")
        .ok_or(Error::new(ErrorKind::Scheme, 0))?;
    [Scheme::Ws, Scheme::Wss]
        .into_iter()
        .find(|scheme| name.eq_ignore_ascii_case(scheme.as_str()))
        .map(|scheme| (scheme, rest))
        .ok_or(Error::new(ErrorKind::Scheme, 0))
}

/// The length of the host at the start, or where it is wrong.
fn host_len(authority: &str) -> Result<usize, usize> {
    let len = match authority.strip_prefix('[') {
        Some(literal) => {
            let (address, _) = literal.split_once(']').ok_or(0_usize)?;
            // No zone and no later version of IP: nothing says how to connect to them.
            address.parse::<Ipv6Addr>().map_err(|_| 1_usize)?;
            address.len() + 2
        }
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(len).unwrap_or_default();
    if host.is_empty() {
        return Err(0);
    }
    let is_name = |byte: u8| is_unreserved(byte) || is_sub_delim(byte);
    match outside(host.as_bytes(), is_name) {
        Some(at) if !host.starts_with('[') => Err(at),
        // Only a literal ends before another byte.
        _ if !port.is_empty() && !port.starts_with(':') => Err(len),
        _ => Ok(len),
    }
}

/// `1*DIGIT` up to 65535, or where it is none.
fn number(digits: &str) -> Result<u16, usize> {
    let mut number = 0_u16;
    for (at, byte) in digits.bytes().enumerate() {
        if !byte.is_ascii_digit() {
            return Err(at);
        }
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(u16::from(byte - b'0')))
            .ok_or(0_usize)?;
    }
    Ok(number)
}

/// The first byte of a path and query that cannot stand there.
fn bad_byte(bytes: &[u8]) -> Option<(usize, ErrorKind)> {
    let allowed = |byte| {
        is_unreserved(byte) || is_sub_delim(byte) || matches!(byte, b':' | b'@' | b'/' | b'?')
    };
    let at = outside(bytes, allowed)?;
    let kind = match bytes.get(at) {
        Some(b'#') => ErrorKind::Fragment,
        _ => ErrorKind::Byte,
    };
    Some((at, kind))
}

/// The first byte that is neither allowed nor part of a `pct-encoded` (RFC 3986 section 2.1).
fn outside(bytes: &[u8], allowed: impl Fn(u8) -> bool) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at..).unwrap_or_default() {
            [] => return None,
            [b'%', high, low, ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => at += 3,
            [byte, ..] if allowed(*byte) => at += 1,
            _ => return Some(at),
        }
    }
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delim(byte: u8) -> bool {
    matches!(
        byte,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
    )
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        use Scheme::{Ws, Wss};
        #[rustfmt::skip]
        let rows = [
            ("ws://example.com/chat",       Ws,  "example.com", 80,    "example.com",        "/chat"),
            ("wss://example.com/chat",      Wss, "example.com", 443,   "example.com",        "/chat"),
            ("WSS://Example.COM/",          Wss, "Example.COM", 443,   "Example.COM",        "/"), // RFC 3986 3.1
            ("ws://h",                      Ws,  "h",           80,    "h",                  "/"), // RFC 6455 3: empty path
            ("ws://h?a=b&c",                Ws,  "h",           80,    "h",                  "/?a=b&c"),
            ("ws://h/?",                    Ws,  "h",           80,    "h",                  "/"), // RFC 6455 3: "if the query component is non-empty"
            ("ws://h/a?b?c/d",              Ws,  "h",           80,    "h",                  "/a?b?c/d"), // RFC 3986 3.4
            ("ws://h//a/../%23;x=1,2:@",    Ws,  "h",           80,    "h",                  "//a/../%23;x=1,2:@"),
            ("ws://h:",                     Ws,  "h",           80,    "h",                  "/"), // RFC 3986 3.2.3
            ("ws://h:80/",                  Ws,  "h",           80,    "h",                  "/"), // RFC 6455 4.1: "not using the default port"
            ("wss://h:80/",                 Wss, "h",           80,    "h:80",               "/"),
            ("ws://h:0443?q",               Ws,  "h",           443,   "h:443",              "/?q"),
            ("ws://h:65535",                Ws,  "h",           65535, "h:65535",            "/"),
            ("ws://127.0.0.1:9001/",        Ws,  "127.0.0.1",   9001,  "127.0.0.1:9001",     "/"),
            ("ws://[::1]/",                 Ws,  "::1",         80,    "[::1]",              "/"), // RFC 3986 3.2.2
            ("wss://[::ffff:1.2.3.4]:9/a",  Wss, "::ffff:1.2.3.4", 9,  "[::ffff:1.2.3.4]:9", "/a"),
            ("ws://a_b~!$&'()*+,;=%41/",    Ws,  "a_b~!$&'()*+,;=%41", 80, "a_b~!$&'()*+,;=%41", "/"),
        ];
        for (text, scheme, host, port, authority, target) in rows {
            let url = Url::parse(text).unwrap();
            assert_eq!(
                (url.scheme(), url.host(), url.port()),
                (scheme, host, port),
                "{text}"
            );
            assert_eq!(url.authority().to_string(), authority, "{text}");
            assert_eq!(url.target().to_string(), target, "{text}");
            let short = url.to_string();
            let again = Url::parse(&short).unwrap();
            assert_eq!(again.to_string(), short, "{text}");
        }
    }

    #[test]
    fn what_is_no_url_is_refused_at_its_first_bad_byte() {
        use ErrorKind::*;
        #[rustfmt::skip]
        let rows = [
            ("",                   Scheme,   0),
            ("ws",                 Scheme,   0),
            ("ws:/h",              Scheme,   0),
            ("http://h/",          Scheme,   0),
            (" ws://h/",           Scheme,   0),
            ("/chat",              Scheme,   0),
            ("ws://u@h/",          UserInfo, 6), // RFC 6455 3: host [ ":" port ]
            ("ws://u:p@h/",        UserInfo, 8),
            ("ws://good@evil?a@b", UserInfo, 9),
            ("ws://",              Host,     5), // RFC 6455 3 and RFC 9110 4.2.1: an empty host is invalid
            ("ws:///chat",         Host,     5),
            ("ws://:80/",          Host,     5),
            ("ws://a b/",          Host,     6),
            ("ws://a\\b/",         Host,     6),
            ("ws://a%4/",          Host,     6),
            ("ws://\u{e9}/",       Host,     5),
            ("ws://::1/",          Host,     5), // RFC 3986 3.2.2: in brackets
            ("ws://[::1/",         Host,     5),
            ("ws://[::1]x/",       Host,     10),
            ("ws://[]/",           Host,     6),
            ("ws://[fe80::1%251]", Host,     6),
            ("ws://[v1.a]/",       Host,     6),
            ("ws://[1.2.3.4]/",    Host,     6),
            ("ws://h]/",           Host,     6),
            ("ws://h:a/",          Port,     7), // RFC 3986 3.2.3
            ("ws://h:8a/",         Port,     8),
            ("ws://h:+8/",         Port,     7),
            ("ws://h:65536/",      Port,     7),
            ("ws://h:1:2/",        Port,     8),
            ("ws://h/a b",         Byte,     8), // RFC 3986 3.3
            ("ws://h/\r\nX: y",    Byte,     7),
            ("ws://h/?%zz",        Byte,     8),
            ("ws://h/%4",          Byte,     7),
            ("ws://h/[",           Byte,     7),
            ("ws://h/\u{e9}",      Byte,     7),
            ("ws://h/#a",          Fragment, 7), // RFC 6455 3
            ("ws://h#",            Fragment, 6),
            ("ws://h?a#b",         Fragment, 8),
        ];
        for (text, kind, offset) in rows {
            assert_eq!(Url::parse(text), Err(Error::new(kind, offset)), "{text:?}");
        }
    }
}
