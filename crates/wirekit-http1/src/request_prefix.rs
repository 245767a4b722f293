use crate::config::Quirks;
use crate::registry::Method;
use crate::token::{self, TARGET};
use crate::version::Version;

/// As much of a request line (RFC 9112 section 3) as can be read, whatever follows: for the log of a request that is broken, or
/// its answer.
///
/// After an error of [`RequestHead`](crate::RequestHead) or of a reader, the method and target that came before it are
/// still in the input.
///
/// ```
/// use wirekit_http1::server::Connection;
/// use wirekit_http1::{Config, FieldTable, Method, Quirks, RequestPrefix};
///
/// let input = b"POST /login HTTP/1.1\r\nHost: a\r\nBad Name: x\r\n\r\n";
/// let mut connection = Connection::new(Config::DEFAULT);
/// assert!(connection.receive(input, &mut FieldTable::new()).is_err());
/// let line = RequestPrefix::read(input, Quirks::NONE);
/// assert_eq!((line.method, line.target), (Some(Method::POST), Some("/login")));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RequestPrefix<'a> {
    /// The method, if a space follows it.
    pub method: Option<Method<'a>>,
    /// The request target, if a space or the line's end follows it: visible ASCII, and nothing else was checked.
    pub target: Option<&'a str>,
    /// The version, if the line's end follows it.
    pub version: Option<Version>,
}

impl<'a> RequestPrefix<'a> {
    /// Reads the start of `input`, which is what the head was read from.
    pub fn read(input: &'a [u8], quirks: Quirks) -> Self {
        let mut read = Self::default();
        read.parts(input, quirks);
        read
    }

    fn parts(&mut self, input: &'a [u8], quirks: Quirks) -> Option<()> {
        let start = input
            .iter()
            .position(|byte| !matches!(byte, b'\r' | b'\n'))?;
        let (method, rest) = split(input.get(start..)?, |byte| token::is(byte, token::TOKEN))?;
        let rest = after_space(rest, quirks)?;
        self.method = Some(Method::from_token(method));
        let (target, rest) = split(rest, |byte| token::is(byte, TARGET))?;
        if matches!(rest.first()?, b' ' | b'\r' | b'\n') {
            self.target = core::str::from_utf8(target).ok();
        }
        let rest = after_space(rest, quirks)?;
        if let [minor @ b'0'..=b'9', b'\r' | b'\n', ..] = rest.strip_prefix(b"HTTP/1.")? {
            self.version = Some(Version::from_minor(minor - b'0'));
        }
        Some(())
    }
}

/// The bytes at the start of `text` that pass, at least one, and those behind them.
fn split(text: &[u8], test: impl Fn(u8) -> bool) -> Option<(&[u8], &[u8])> {
    let end = text.iter().position(|&byte| !test(byte))?;
    text.split_at_checked(end).filter(|_| end > 0)
}

fn after_space(text: &[u8], quirks: Quirks) -> Option<&[u8]> {
    let mut rest = text.strip_prefix(b" ")?;
    while let Some(more) = rest.strip_prefix(b" ")
        && quirks.contains(Quirks::EXTRA_SPACES)
    {
        rest = more;
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static [u8], &'static str, &'static str, Option<u8>);

    #[test]
    fn what_comes_before_the_fault_is_read() {
        #[rustfmt::skip]
        let rows: [Row; 16] = [
            (b"GET /a HTTP/1.1\r\n\0",        "GET", "/a", Some(1)),
            (b"\r\nGET /a HTTP/1.0\n",        "GET", "/a", Some(0)),
            (b"\r\n\r\nGET /a HTTP/1.9\r",    "GET", "/a", Some(9)),
            (b"GET /a HTTP/1.1",               "GET", "/a", None),
            (b"GET /a HTTP/2.0\r\n",           "GET", "/a", None),
            (b"GET /a HTTP/1.1 \r\n",          "GET", "/a", None),
            (b"GET /a\r\n",                    "GET", "/a", None),
            (b"GET /a",                        "GET", "",   None),
            (b"GET /a\x80 HTTP/1.1\r\n",       "GET", "",   None),
            (b"GET /a#b HTTP/1.1\r\n",         "GET", "",   None),
            (b"GET  /a HTTP/1.1\r\n",          "GET", "",   None),
            (b"GET",                           "",    "",   None),
            (b"G@T /a HTTP/1.1\r\n",           "",    "",   None),
            (b" GET /a HTTP/1.1\r\n",          "",    "",   None),
            (b"\r\n",                          "",    "",   None),
            (b"",                              "",    "",   None),
        ];
        for (input, method, target, minor) in rows {
            let read = RequestPrefix::read(input, Quirks::NONE);
            let expected = RequestPrefix {
                method: Method::new(method.as_bytes()),
                target: Some(target).filter(|target| !target.is_empty()),
                version: minor.map(Version::from_minor),
            };
            assert_eq!(read, expected, "{}", input.escape_ascii());
        }
        let wide = RequestPrefix::read(b"GET  /a   HTTP/1.1\r\n", Quirks::EXTRA_SPACES);
        assert_eq!(wide.target, Some("/a"));
        assert_eq!(wide.version, Some(Version::HTTP_11));
    }
}
