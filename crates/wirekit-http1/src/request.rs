use core::fmt;

use crate::config::{Config, Quirks};
use crate::encode::RequestLine;
use crate::error::Error;
use crate::field::{FieldTable, Fields};
use crate::framing::Framing;
use crate::registry::Method;
use crate::scan::{self, Parsed, Progress, Section};
use crate::target::{Target, TargetUri};
use crate::version::Version;

/// A request line and its fields, borrowed from the bytes and checked: RFC 9112 sections 3 and 5.
///
/// The syntax is checked here; what the fields say together (Host, the body's length, the target's form) is checked by
/// [`framing`](Self::framing), which a server calls next.
///
/// ```
/// use wirekit_http1::{BodyLength, FieldTable, Method, Quirks, RequestHead};
///
/// let mut fields = FieldTable::new();
/// let wire = b"POST /form HTTP/1.1\r\nHost: example.org\r\nContent-Length: 3\r\n\r\na=b";
/// let Some((head, used)) = RequestHead::parse(wire, &mut fields)? else { panic!("incomplete") };
/// assert_eq!((head.method(), head.target()), (Method::POST, "/form"));
/// assert_eq!(head.fields().first("host"), Some(b"example.org".as_slice()));
/// assert_eq!(head.framing(Quirks::NONE)?.body(), BodyLength::Length(3));
/// assert_eq!(&wire[used..], b"a=b");
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestHead<'a>(Parsed<'a>);

impl<'a> RequestHead<'a> {
    /// Parses a head with the default limits and no quirks; `None` asks for more input.
    ///
    /// One empty line before the request is skipped (RFC 9112 section 2.2) and belongs to the bytes used.
    ///
    /// # Errors
    ///
    /// The kinds of lines, of the request line, and of fields.
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
        let parsed = Parsed::parse(Section::Request, input, fields, config)?;
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
        if scan::extends_part(Section::Request, input, config, progress) {
            return Ok(None);
        }
        let parsed = Parsed::advance(Section::Request, input, fields, config, progress)?;
        Ok(parsed.map(Self::with_len))
    }

    #[inline]
    const fn with_len(parsed: Parsed<'a>) -> (Self, usize) {
        (Self(parsed), parsed.bytes.len())
    }

    /// The bytes of the head, from an empty line before it, if there is one, to the empty line at its end.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0.bytes
    }

    /// The method.
    pub fn method(&self) -> Method<'a> {
        Method::from_token(
            self.0
                .bytes
                .get(self.0.line.start as usize..self.0.line.method_end as usize)
                .unwrap_or_default(),
        )
    }

    /// The request target as it stands on the wire: visible ASCII, not empty.
    pub fn target(&self) -> &'a str {
        core::str::from_utf8(self.target_bytes()).unwrap_or_default()
    }

    /// The bytes of [`target`](Self::target).
    pub fn target_bytes(&self) -> &'a [u8] {
        self.0.line.text(self.0.bytes)
    }

    /// The version.
    pub const fn version(&self) -> Version {
        Version::from_minor(self.0.line.minor)
    }

    /// The fields, in order.
    pub const fn fields(&self) -> Fields<'a> {
        self.0.fields
    }

    /// The request line, as a value to encode.
    pub fn line(&self) -> RequestLine<'a> {
        RequestLine {
            method: self.method(),
            target: self.target(),
            version: self.version(),
        }
    }

    /// The target, taken apart and checked against the method.
    ///
    /// # Errors
    ///
    /// Those of [`Target::parse`] but for bytes that a quirk let in, in the coordinates of the head. None after [`framing`](Self::framing) succeeded.
    pub fn parse_target(&self) -> Result<Target<'a>, Error> {
        Target::parse_visible(self.method(), self.target_bytes())
            .map_err(|error| error.shifted(self.0.line.text_start as usize))
    }

    /// Whether the target is in origin-form and may be, as for every method but CONNECT (RFC 9112 section 3.2.1).
    #[inline]
    pub(crate) fn has_plain_target(&self) -> bool {
        self.target_bytes().first() == Some(&b'/') && self.method() != Method::CONNECT
    }

    /// The URI that the request is about, over a connection of this scheme (RFC 9112 section 3.3).
    ///
    /// Where the target names the host, in absolute-form and in that of CONNECT, the server "MUST ignore the received Host
    /// header field (if any) and instead use the host information of the request-target" (section 3.2.2), and so does
    /// this: the two are not compared. Who routes or decides by [`authority`](TargetUri::authority), and not by Host,
    /// reads what every other server reads.
    ///
    /// # Errors
    ///
    /// Those of [`parse_target`](Self::parse_target).
    pub fn target_uri(&self, scheme: &'a str) -> Result<TargetUri<'a>, Error> {
        let host = self
            .0
            .fields
            .first("Host")
            .and_then(|host| core::str::from_utf8(host).ok())
            .unwrap_or_default();
        Ok(TargetUri::new(self.parse_target()?, scheme, host))
    }

    /// The body's length and what else the fields say about the message and its connection (RFC 9112 section 6.3).
    ///
    /// Checks that the target's form is the method's, that there is one well-formed Host, and that
    /// Transfer-Encoding and Content-Length leave no doubt.
    ///
    /// # Errors
    ///
    /// The kinds of the target and Host, and of the body length, in the coordinates of the head.
    #[inline]
    pub fn framing(&self, quirks: Quirks) -> Result<Framing, Error> {
        Framing::of_request(self, quirks)
    }
}

impl fmt::Debug for RequestHead<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestHead")
            .field("method", &self.method())
            .field("target", &self.target())
            .field("version", &self.version())
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
        let wire = b"GET /a HTTP/1.0\r\nA: b\r\n\r\n";
        let (head, _) = RequestHead::parse(wire, &mut fields).unwrap().unwrap();
        assert_eq!(
            std::format!("{head:?}"),
            "RequestHead { method: GET, target: \"/a\", version: HTTP/1.0, fields: [A: b] }"
        );
    }

    /// What one connection sends is no part of another's head, wherever the tables stand in memory.
    #[test]
    fn a_fresh_table_in_the_place_of_another_does_not_mix_heads() {
        #[inline(never)]
        fn resume(input: &[u8], progress: &mut Progress) -> Option<Option<u64>> {
            let mut fields = FieldTable::<100>::with_capacity();
            RequestHead::resume(input, &mut fields, &Config::DEFAULT, progress)
                .unwrap()
                .map(|(head, _)| head.framing(Quirks::NONE).unwrap().content_length())
        }
        let pay =
            b"POST /pay HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 35\r\nX-A: 1\r\n\r\n\
            GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";
        let other = b"POST /pay HTTP/1.1\r\nHost: shop.example\r\nQ: 1\r\nR: 22222222222222";
        let (mut first, mut second) = (Progress::new(), Progress::new());
        assert_eq!(resume(&pay[..60], &mut first), None);
        assert_eq!(resume(other, &mut second), None);
        assert_eq!(resume(pay, &mut first), Some(Some(35)));
    }

    #[test]
    fn a_head_in_pieces_may_get_any_table() {
        let wire = b"GET /a HTTP/1.1\r\nHost: a\r\nA: b\r\n\r\n";
        let other = b"GET /other HTTP/1.1\r\nHost: another.example\r\n\r\n";
        let (mut fields, mut progress) = (FieldTable::new(), Progress::new());
        let part = &wire[..wire.len() - 3];
        let parsed = RequestHead::resume(part, &mut fields, &Config::DEFAULT, &mut progress);
        assert_eq!(parsed, Ok(None));
        assert!(RequestHead::parse(other, &mut fields).unwrap().is_some());
        let mut small = FieldTable::<2>::with_capacity();
        let mut seen = progress;
        let parsed = RequestHead::resume(wire, &mut fields, &Config::DEFAULT, &mut seen);
        let (head, _) = parsed.unwrap().unwrap();
        assert_eq!(head.fields().first("Host"), Some(b"a".as_slice()));
        let mut seen = progress;
        let parsed = RequestHead::resume(wire, &mut small, &Config::DEFAULT, &mut seen);
        assert_eq!(parsed.unwrap().unwrap().0, head);
        // One that is too small for the head is so at the field that has no room in it.
        let mut tiny = FieldTable::<1>::with_capacity();
        let parsed = RequestHead::resume(wire, &mut tiny, &Config::DEFAULT, &mut progress);
        let kind = crate::ErrorKind::TooManyFields { max: 1 };
        assert_eq!(parsed, Err(Error::new(kind, 26)));
    }
}
