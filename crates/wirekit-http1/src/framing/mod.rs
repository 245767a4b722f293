mod fields;
mod flags;
mod plain;

use wirekit_http::field::Name;

use fields::{Codings, FramingFields};
use flags::Flags;
use plain::PlainFraming;

use crate::config::Quirks;
use crate::error::{Error, ErrorKind};
use crate::registry::{Method, StatusClass, StatusCode};
use crate::request::RequestHead;
use crate::response::ResponseHead;
use crate::{host, token};

/// How a body ends (RFC 9112 section 6.3).
///
/// ```
/// use wirekit_http1::{BodyLength, FieldTable, Quirks, RequestHead};
///
/// let mut fields = FieldTable::new();
/// for (field, length) in [
///     ("Content-Length: 5", BodyLength::Length(5)), // bytes
///     ("Transfer-Encoding: chunked", BodyLength::Chunked),
///     ("Accept: */*", BodyLength::None),
/// ] {
///     let input = format!("POST / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n");
///     let Some((head, _)) = RequestHead::parse(input.as_bytes(), &mut fields)? else { panic!("more bytes are needed") };
///     assert_eq!(head.framing(Quirks::NONE)?.body(), length);
/// }
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 6.3 fixes the ways"
)]
pub enum BodyLength {
    /// There is no body.
    None,
    /// After this many bytes.
    Length(u64),
    /// With the last chunk and its trailers.
    Chunked,
    /// When the connection closes: responses only.
    UntilClose,
}

impl BodyLength {
    /// Whether content may follow.
    pub(crate) const fn has_content(self) -> bool {
        !matches!(self, Self::None | Self::Length(0))
    }

    /// `"none"`, `"length"`, `"chunked"` or `"until_close"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Length(_) => "length",
            Self::Chunked => "chunked",
            Self::UntilClose => "until_close",
        }
    }
}

/// What the fields of a head say about the message's body and its connection: RFC 9112 sections 6.3 and 9.3.
///
/// ```
/// use wirekit_http1::{FieldTable, Quirks, RequestHead};
///
/// let mut fields = FieldTable::new();
/// let input = b"PUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n";
/// let Some((head, _)) = RequestHead::parse(input, &mut fields)? else { panic!("more bytes are needed") };
/// let framing = head.framing(Quirks::NONE)?;
/// assert_eq!(framing.content_length(), Some(5)); // bytes
/// assert!(framing.expect_continue() && !framing.keep_alive());
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Framing {
    body: BodyLength,
    content_length: Option<u64>,
    flags: Flags,
}

impl Framing {
    /// How the body ends.
    pub const fn body(&self) -> BodyLength {
        self.body
    }

    /// The value of Content-Length: also in a response to HEAD or a 304, which has it without a body.
    pub const fn content_length(&self) -> Option<u64> {
        self.content_length
    }

    /// Whether the sender keeps the connection open after this message (RFC 9112 section 9.3).
    pub const fn keep_alive(&self) -> bool {
        self.flags.contains(Flags::PERSISTS)
    }

    /// Whether Upgrade and the connection option of that name are both there, in a message of HTTP/1.1
    /// (RFC 9110 section 7.8).
    pub const fn upgrade(&self) -> bool {
        self.flags.contains(Flags::UPGRADES)
    }

    /// Whether a client of HTTP/1.1 waits for 100 (Continue) before it sends the body (RFC 9110 section 10.1.1).
    pub const fn expect_continue(&self) -> bool {
        self.flags.contains(Flags::EXPECT_CONTINUE)
    }

    /// Whether this is the response after which the connection is no longer HTTP/1.1: 101 (Switching Protocols), or
    /// success of CONNECT.
    pub const fn switches_protocols(&self) -> bool {
        self.flags.contains(Flags::SWITCHES)
    }

    #[inline]
    pub(crate) fn of_request(head: &RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        if head.has_plain_target()
            && let Some(framing) = PlainFraming::of(head.fields(), head.version()).framing()
        {
            return Ok(framing);
        }
        Self::of_any_request(*head, quirks)
    }

    /// [`of_request`](Self::of_request) by the exact rules, with the errors: for requests that are not plain.
    #[inline(never)]
    fn of_any_request(head: RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        let head = &head;
        if !head.has_plain_target() {
            head.parse_target()?;
        }
        let found = FramingFields::collect(&head.fields(), quirks)?;
        host::check(head, found.host, found.second_host, quirks)?;
        let codings = found
            .codings(&head.fields(), head.version(), quirks)
            .map_err(|error| unknown_at_the_end(error, head))?;
        let body = match (codings, found.content_length) {
            (Codings::Chunked, _) => BodyLength::Chunked,
            (Codings::Other(at), _) => return Err(Error::new(ErrorKind::ChunkedNotLast, at)),
            (Codings::None, Some(len)) => BodyLength::Length(len),
            (Codings::None, None) => BodyLength::None,
        };
        // "A CONNECT request message does not have content. The interpretation of data sent after the header section of
        // the CONNECT request message is specific to the version of HTTP in use": to many it is the tunnel's.
        if body.has_content()
            && head.method() == Method::CONNECT
            && !quirks.contains(Quirks::CONTENT_IN_CONNECT)
        {
            return Err(Error::new(
                ErrorKind::ContentInConnect,
                found.framing_offset(&head.fields()),
            ));
        }
        Ok(found.framing(body, head.version()))
    }

    pub(crate) fn of_response(
        head: &ResponseHead<'_>,
        method: Method<'_>,
        quirks: Quirks,
    ) -> Result<Self, Error> {
        let status = head.status();
        let switches = status == StatusCode::SWITCHING_PROTOCOLS
            || (method == Method::CONNECT && status.class() == StatusClass::Successful);
        if switches || method == Method::HEAD || status.forbids_body() {
            // "... is always terminated by the first empty line after the header fields, regardless of the header
            // fields present in the message"; and "a client MUST ignore any Content-Length or Transfer-Encoding header
            // fields received in a successful response to CONNECT".
            let mut framing = FramingFields::collect_unframed(&head.fields())?
                .framing(BodyLength::None, head.version());
            if switches {
                framing.flags.insert(Flags::SWITCHES);
                framing.content_length = None;
            }
            return Ok(framing);
        }
        let found = FramingFields::collect(&head.fields(), quirks)?;
        let body = match (
            found.codings(&head.fields(), head.version(), quirks)?,
            found.content_length,
        ) {
            (Codings::Chunked, _) => BodyLength::Chunked,
            (Codings::Other(_), _) => BodyLength::UntilClose,
            (Codings::None, Some(len)) => BodyLength::Length(len),
            (Codings::None, None) => BodyLength::UntilClose,
        };
        Ok(found.framing(body, head.version()))
    }
}

/// "A server that receives a request message with a transfer coding it does not understand SHOULD respond with 501", but
/// where chunked is not the final one, "the server MUST respond with the 400 (Bad Request) status code": nobody can tell
/// how long such a body is.
fn unknown_at_the_end(error: Error, head: &RequestHead<'_>) -> Error {
    let lines = head
        .fields()
        .iter()
        .filter(|field| Name::TransferEncoding.is(field.name));
    let last = lines.flat_map(|field| token::members(field.value)).last();
    let is_chunked = last.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked"));
    if error.kind() == ErrorKind::UnknownTransferCoding && !is_chunked {
        return Error::new(ErrorKind::ChunkedNotLast, error.offset());
    }
    error
}

/// `1*DIGIT`; the error's offset is within `value`.
pub(crate) fn content_length(value: &[u8]) -> Result<u64, Error> {
    if let Some(at) = value.iter().position(|byte| !byte.is_ascii_digit()) {
        return Err(Error::new(ErrorKind::InvalidContentLength, at));
    }
    match token::decimal(value) {
        Some(len) => Ok(len),
        None if value.is_empty() => Err(Error::new(ErrorKind::InvalidContentLength, 0)),
        None => Err(Error::new(ErrorKind::ContentLengthOverflow, 0)),
    }
}

#[cfg(test)]
mod tests;
