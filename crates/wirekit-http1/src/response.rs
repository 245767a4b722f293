use core::fmt;

use crate::config::{Config, Quirks};
use crate::encode::StatusLine;
use crate::error::Error;
use crate::field::{FieldTable, Fields};
use crate::framing::Framing;
use crate::registry::{Method, StatusCode};
use crate::scan::{self, Parsed, Progress, Section};
use crate::version::Version;

/// A status line and its fields, borrowed from the bytes and checked: RFC 9112 sections 4 and 5.
///
/// ```
/// use wirekit_http1::{BodyLength, FieldTable, Method, Quirks, ResponseHead, StatusCode};
///
/// let mut fields = FieldTable::new();
/// let wire = b"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
/// let Some((head, used)) = ResponseHead::parse(wire, &mut fields)? else { panic!("incomplete") };
/// assert_eq!((head.status(), head.reason()), (StatusCode::NOT_FOUND, b"Not Found".as_slice()));
/// assert_eq!(head.framing(Method::GET, Quirks::NONE)?.body(), BodyLength::Length(4));
/// assert_eq!(head.framing(Method::HEAD, Quirks::NONE)?.body(), BodyLength::None);
/// assert_eq!(&wire[used..], b"gone");
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ResponseHead<'a>(Parsed<'a>);

impl<'a> ResponseHead<'a> {
    /// Parses a head with the default limits and no quirks; `None` asks for more input.
    ///
    /// Empty lines before the response are skipped (RFC 9112 section 9.2) and belong to the bytes used.
    ///
    /// # Errors
    ///
    /// The kinds of lines, of the status line, and of fields.
    pub fn parse<const N: usize>(
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Self, usize)>, Error> {
        Self::parse_with(input, fields, &Config::DEFAULT)
    }

    /// [`parse`](Self::parse) with limits and quirks.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn parse_with<const N: usize>(
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
        config: &Config,
    ) -> Result<Option<(Self, usize)>, Error> {
        let parsed = Parsed::parse(Section::Response, input, fields, config)?;
        Ok(parsed.map(Self::with_len))
    }

    /// [`parse_with`](Self::parse_with), going on where the last call for the same head stopped.
    ///
    /// `input` starts at the head's first byte each time; `progress` starts as [`Progress::new`] and is so again after
    /// `Some`. `fields` is written when the head is whole, by a second look at the bytes that came before; until then it
    /// may serve others.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    pub fn resume<const N: usize>(
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
        config: &Config,
        progress: &mut Progress,
    ) -> Result<Option<(Self, usize)>, Error> {
        if scan::extends_part(Section::Response, input, config, progress) {
            return Ok(None);
        }
        let parsed = Parsed::advance(Section::Response, input, fields, config, progress)?;
        Ok(parsed.map(Self::with_len))
    }

    #[inline]
    const fn with_len(parsed: Parsed<'a>) -> (Self, usize) {
        (Self(parsed), parsed.bytes.len())
    }

    /// The bytes of the head, from empty lines before it, if there are any, to the empty line at its end.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0.bytes
    }

    /// The version.
    pub const fn version(&self) -> Version {
        Version::from_minor(self.0.line.minor)
    }

    /// The status code, from 100 to 999: what is above 599 counts as a server error.
    pub const fn status(&self) -> StatusCode {
        StatusCode(self.0.line.status)
    }

    /// Where the status code stands in the head.
    pub(crate) const fn status_offset(&self) -> usize {
        self.0.line.start as usize + "HTTP/1.1 ".len()
    }

    /// The reason phrase, often empty: to be shown, never to be acted on (RFC 9112 section 4).
    pub fn reason(&self) -> &'a [u8] {
        self.0.line.text(self.0.bytes)
    }

    /// The fields, in order.
    pub const fn fields(&self) -> Fields<'a> {
        self.0.fields
    }

    /// The status line, as a value to encode.
    pub fn line(&self) -> StatusLine<'a> {
        StatusLine {
            version: self.version(),
            status: self.status(),
            reason: self.reason(),
        }
    }

    /// The body's length and what else the fields say about the message and its connection, for the response to a
    /// request of this method (RFC 9112 section 6.3).
    ///
    /// # Errors
    ///
    /// The kinds of the body length, in the coordinates of the head.
    pub fn framing(&self, method: Method<'_>, quirks: Quirks) -> Result<Framing, Error> {
        Framing::of_response(self, method, quirks)
    }
}

impl fmt::Debug for ResponseHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseHead")
            .field("version", &self.version())
            .field("status", &self.status())
            .field("reason", &format_args!("{}", self.reason().escape_ascii()))
            .field("fields", &self.0.fields)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn a_head_is_shown_on_one_line() {
        let mut fields = FieldTable::new();
        let wire = b"HTTP/1.1 404 caf\xe9\r\nA: b\r\n\r\n";
        let (head, _) = ResponseHead::parse(wire, &mut fields).unwrap().unwrap();
        assert_eq!(
            std::format!("{head:?}"),
            "ResponseHead { version: HTTP/1.1, status: 404 Not Found, reason: caf\\xe9, fields: [A: b] }"
        );
    }
}
