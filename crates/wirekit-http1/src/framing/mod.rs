mod fields;
mod plain;

use wirekit_http::field::Name;

use fields::{Codings, Found};
use plain::Plain;

use crate::target::Authority;
use crate::{
    Error, ErrorKind, Method, Quirks, RequestHead, ResponseHead, StatusClass, StatusCode, Version,
    token,
};

/// How a body ends (RFC 9112 section 6.3).
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

/// What the fields of a head say about the message's body and its connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Framing {
    body: BodyLength,
    content_length: Option<u64>,
    facts: Facts,
}

/// A set of what was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Facts(u8);

impl Facts {
    const CLOSE: Self = Self(1);
    const KEEP_ALIVE: Self = Self(2);
    const UPGRADE_OPTION: Self = Self(4);
    const UPGRADE_FIELD: Self = Self(8);
    const EXPECT_CONTINUE: Self = Self(16);
    const PERSISTS: Self = Self(32);
    const UPGRADES: Self = Self(64);
    const SWITCHES: Self = Self(128);

    const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    const fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The options of a Connection field; gives how many of them are empty.
    #[inline]
    fn connection(&mut self, value: &[u8]) -> usize {
        // Most senders write a single option.
        if !value.contains(&b',') {
            self.option(value);
            return usize::from(value.is_empty());
        }
        let mut empty = 0;
        for (_, option) in token::positioned_members(value) {
            self.option(option);
            empty += usize::from(option.is_empty());
        }
        empty
    }

    #[inline]
    fn option(&mut self, option: &[u8]) {
        match option.len() {
            5 if is_lower(option, b"close") => self.insert(Self::CLOSE),
            10 if is_lower(option, b"keep-alive") => self.insert(Self::KEEP_ALIVE),
            7 if is_lower(option, b"upgrade") => self.insert(Self::UPGRADE_OPTION),
            _ => {}
        }
    }

    /// Whether these options keep the connection open after a message that has a definite end.
    const fn persists(self, is_11: bool) -> bool {
        !self.contains(Self::CLOSE) && (is_11 || self.contains(Self::KEEP_ALIVE))
    }
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
        self.facts.contains(Facts::PERSISTS)
    }

    /// Whether Upgrade and the connection option of that name are both there, in a message of HTTP/1.1
    /// (RFC 9110 section 7.8).
    pub const fn upgrade(&self) -> bool {
        self.facts.contains(Facts::UPGRADES)
    }

    /// Whether a client of HTTP/1.1 waits for 100 (Continue) before it sends the body (RFC 9110 section 10.1.1).
    pub const fn expect_continue(&self) -> bool {
        self.facts.contains(Facts::EXPECT_CONTINUE)
    }

    /// Whether this is the response after which the connection is no longer HTTP/1.1: 101 (Switching Protocols), or
    /// success of CONNECT.
    pub const fn switches_protocols(&self) -> bool {
        self.facts.contains(Facts::SWITCHES)
    }

    #[inline]
    pub(crate) fn of_request(head: &RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        if is_plain_target(head)
            && let Some(framing) = Plain::of(head.fields(), head.version()).framing()
        {
            return Ok(framing);
        }
        Self::of_any_request(*head, quirks)
    }

    /// [`of_request`](Self::of_request) by the exact rules, with the errors: for requests that are not plain.
    #[inline(never)]
    fn of_any_request(head: RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        let head = &head;
        check_target(head)?;
        let found = Found::collect(&head.fields(), quirks)?;
        check_host(head, &found, quirks)?;
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
            let mut framing =
                Found::collect_unframed(&head.fields())?.framing(BodyLength::None, head.version());
            if switches {
                framing.facts.insert(Facts::SWITCHES);
                framing.content_length = None;
            }
            return Ok(framing);
        }
        let found = Found::collect(&head.fields(), quirks)?;
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

/// RFC 9112 section 3.2: authority-form is for CONNECT and asterisk-form for OPTIONS; the other two forms are for every
/// method but CONNECT.
fn check_target(head: &RequestHead<'_>) -> Result<(), Error> {
    if is_plain_target(head) {
        return Ok(());
    }
    head.parse_target().map(|_| ())
}

/// Whether the target is in origin-form and may be.
#[inline]
fn is_plain_target(head: &RequestHead<'_>) -> bool {
    head.target_bytes().first() == Some(&b'/') && head.method() != Method::CONNECT
}

/// "A server MUST respond with a 400 (Bad Request) status code to any HTTP/1.1 request message that lacks a Host header
/// field and to any request message that contains more than one Host header field line or a Host header field with an
/// invalid field value."
fn check_host(head: &RequestHead<'_>, found: &Found, quirks: Quirks) -> Result<(), Error> {
    let Some(index) = found.host else {
        if head.version() >= Version::HTTP_11 && !quirks.contains(Quirks::MISSING_HOST) {
            return Err(Error::new(ErrorKind::MissingHost, head.as_bytes().len()));
        }
        return Ok(());
    };
    let fields = head.fields();
    if let Some(second) = found.second_host {
        return Err(Error::new(
            ErrorKind::RepeatedHost,
            fields.name_offset(second),
        ));
    }
    host(fields.value(index)).map_err(|error| error.shifted(fields.value_offset(index)))
}

/// Whether text of a head is `lower`, which is letters and hyphens in lower case, in any case.
///
/// Bit 5 is all that tells the cases apart. It also turns a CR into a hyphen, but a CR in a value begins a fold, and the LF
/// behind it turns into no letter.
#[inline]
fn is_lower<const LEN: usize>(text: &[u8], lower: &[u8; LEN]) -> bool {
    let Some(text) = text.first_chunk::<LEN>() else {
        return false;
    };
    // Words, the last of which overlaps the one before: left to itself the compiler goes byte by byte.
    if LEN < 8 {
        words_differ(text, lower, |word: &[u8; 4]| {
            u32::from_le_bytes(*word).into()
        }) == 0
    } else {
        words_differ(text, lower, |word: &[u8; 8]| u64::from_le_bytes(*word)) == 0
    }
}

/// The bits in which `text`, of four bytes or eight at least, differs from `lower`, besides that of the case.
#[inline]
fn words_differ<const WORD: usize>(
    text: &[u8],
    lower: &[u8],
    number: impl Fn(&[u8; WORD]) -> u64,
) -> u64 {
    let case = number(&[0x20; WORD]);
    let words = |bytes| {
        let (words, _) = <[u8]>::as_chunks::<WORD>(bytes);
        words.iter().chain(<[u8]>::last_chunk::<WORD>(bytes))
    };
    words(text)
        .zip(words(lower))
        .fold(0, |differs, (text, lower)| {
            differs | ((number(text) | case) ^ number(lower))
        })
}

/// Whether there are eight bytes or more, all of them letters, digits, hyphens or dots: most names of hosts.
#[inline]
fn is_plain_name(value: &[u8]) -> bool {
    let Some(last) = value.last_chunk::<8>() else {
        return false;
    };
    let (words, _) = value.as_chunks::<8>();
    words
        .iter()
        .chain([last])
        .all(|word| token::plain(u64::from_le_bytes(*word)) == u64::from_le_bytes([0x80; 8]))
}

/// Checks the value of Host; user information there is just a malformed host.
#[inline]
pub(crate) fn host(value: &[u8]) -> Result<(), Error> {
    if is_plain_name(value) {
        return Ok(());
    }
    odd_host(value)
}

#[inline(never)]
fn odd_host(value: &[u8]) -> Result<(), Error> {
    // A name and perhaps a port, without percent-encodings and brackets, needs no taking apart.
    let name_len = value
        .iter()
        .position(|&byte| !token::is(byte, token::REG_NAME))
        .unwrap_or(value.len());
    match value.get(name_len..).unwrap_or_default() {
        [] => return Ok(()),
        // RFC 9110 section 4.2.1: no http URI that is put together with it could be accepted.
        [b':', ..] if name_len == 0 => return Err(Error::new(ErrorKind::InvalidHost, 0)),
        [b':', port @ ..] if port.len() < 5 && port.iter().all(u8::is_ascii_digit) => return Ok(()),
        _ => {}
    }
    match Authority::parse(value) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::UserInfo => {
            Err(Error::new(ErrorKind::InvalidHost, error.offset()))
        }
        Err(error) => Err(error),
    }
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
