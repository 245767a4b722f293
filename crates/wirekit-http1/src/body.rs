use crate::field::Fields;
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

    pub(crate) fn of_request(head: &RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        check_target(head)?;
        let found = Found::collect(&head.fields(), quirks)?;
        check_host(head, &found, quirks)?;
        let codings = found.codings(&head.fields(), head.version(), quirks)?;
        let body = match (codings, found.content_length) {
            (Codings::Chunked, _) => BodyLength::Chunked,
            (Codings::Other(at), _) => return Err(Error::new(ErrorKind::ChunkedNotLast, at)),
            (Codings::None, Some(len)) => BodyLength::Length(len),
            (Codings::None, None) => BodyLength::None,
        };
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
                Found::collect_unframed(&head.fields()).framing(BodyLength::None, head.version());
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

/// "CONNECT: authority-form; OPTIONS: asterisk-form too; otherwise origin-form or absolute-form".
fn check_target(head: &RequestHead<'_>) -> Result<(), Error> {
    if head.target_bytes().first() == Some(&b'/') && head.method() != Method::CONNECT {
        return Ok(());
    }
    head.parse_target().map(|_| ())
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
/// Bit 5 is all that tells the cases apart, and only a CR is a hyphen without it: neither name nor value has one.
#[inline]
fn is_lower<const LEN: usize>(text: &[u8], lower: &[u8; LEN]) -> bool {
    text.first_chunk::<LEN>().is_some_and(|text| {
        text.iter().zip(lower).fold(0, |differs, (byte, lower)| {
            differs | ((byte | 0x20) ^ lower)
        }) == 0
    })
}

/// Checks the value of Host; user information there is just a malformed host.
pub(crate) fn host(value: &[u8]) -> Result<(), Error> {
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

/// The transfer codings of a message.
enum Codings {
    None,
    /// Chunked is the last one.
    Chunked,
    /// There are some, chunked is not among them; the last starts here.
    Other(usize),
}

/// The fields that frame a message, by their index.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    host: Option<usize>,
    second_host: Option<usize>,
    first_length: Option<usize>,
    content_length: Option<u64>,
    first_coding: Option<usize>,
    facts: Facts,
}

impl Found {
    fn collect(fields: &Fields<'_>, quirks: Quirks) -> Result<Self, Error> {
        let mut found = Self::default();
        for (index, name) in fields.names_of_len(Self::NAME_LENS) {
            match name.len() {
                4 if is_lower(name, b"host") => {
                    // Only a request may not repeat it: that is for `check_host` to say.
                    if found.host.is_some() {
                        found.second_host.get_or_insert(index);
                    } else {
                        found.host = Some(index);
                    }
                }
                14 if is_lower(name, b"content-length") => found.length(fields, index, quirks)?,
                17 if is_lower(name, b"transfer-encoding") => {
                    found.first_coding.get_or_insert(index);
                }
                _ => found.fact(name, fields, index),
            }
        }
        Ok(found)
    }

    /// The lengths of the names that are looked for, a bit each.
    const NAME_LENS: u32 = 1 << 4 | 1 << 6 | 1 << 7 | 1 << 10 | 1 << 14 | 1 << 17;

    /// For a message without a body: a Content-Length is only told, and only if it is a number.
    fn collect_unframed(fields: &Fields<'_>) -> Self {
        let mut found = Self::default();
        let mut lengths = 0;
        for (index, name) in fields.names_of_len(Self::NAME_LENS) {
            if name.len() == 14 && is_lower(name, b"content-length") {
                lengths += 1;
                found.first_length = Some(index);
                found.content_length = token::decimal(fields.value(index)).filter(|_| lengths == 1);
            } else {
                found.fact(name, fields, index);
            }
        }
        found
    }

    fn fact(&mut self, name: &[u8], fields: &Fields<'_>, index: usize) {
        match name.len() {
            10 if is_lower(name, b"connection") => match fields.value(index) {
                // What most senders write, by itself.
                value if value.len() == 10 && is_lower(value, b"keep-alive") => {
                    self.facts.insert(Facts::KEEP_ALIVE)
                }
                value => self.connection(value),
            },
            7 if is_lower(name, b"upgrade") && !fields.value(index).is_empty() => {
                self.facts.insert(Facts::UPGRADE_FIELD);
            }
            6 if is_lower(name, b"expect")
                && token::elements(fields.value(index))
                    .any(|element| element.eq_ignore_ascii_case(b"100-continue")) =>
            {
                self.facts.insert(Facts::EXPECT_CONTINUE);
            }
            _ => {}
        }
    }

    fn connection(&mut self, value: &[u8]) {
        for option in token::elements(value) {
            if option.eq_ignore_ascii_case(b"close") {
                self.facts.insert(Facts::CLOSE);
            } else if option.eq_ignore_ascii_case(b"keep-alive") {
                self.facts.insert(Facts::KEEP_ALIVE);
            } else if option.eq_ignore_ascii_case(b"upgrade") {
                self.facts.insert(Facts::UPGRADE_OPTION);
            }
        }
    }

    /// "Content-Length = 1*DIGIT"; a second one, or a list, is an error unless a quirk lets equal ones through.
    fn length(&mut self, fields: &Fields<'_>, index: usize, quirks: Quirks) -> Result<(), Error> {
        let value = fields
            .get(index)
            .map(|field| field.value)
            .unwrap_or_default();
        let value_offset = fields.value_offset(index);
        let allows_repetition = quirks.contains(Quirks::REPEATED_CONTENT_LENGTH);
        if self.first_length.is_some() && !allows_repetition {
            return Err(Error::new(
                ErrorKind::RepeatedContentLength,
                fields.name_offset(index),
            ));
        }
        self.first_length.get_or_insert(index);
        let mut at = 0;
        for element in value.split(|&byte| byte == b',') {
            if at > 0 && !allows_repetition {
                return Err(Error::new(
                    ErrorKind::RepeatedContentLength,
                    value_offset + at - 1,
                ));
            }
            let leading = element
                .iter()
                .take_while(|&&byte| token::is_ows(byte))
                .count();
            let offset = value_offset + at + leading;
            let len =
                content_length(token::trim_ows(element)).map_err(|error| error.shifted(offset))?;
            if self.content_length.is_some_and(|other| other != len) {
                return Err(Error::new(ErrorKind::RepeatedContentLength, offset));
            }
            self.content_length = Some(len);
            at += element.len() + 1;
        }
        Ok(())
    }

    /// The transfer codings of all lines together, in order.
    fn codings(
        &self,
        fields: &Fields<'_>,
        version: Version,
        quirks: Quirks,
    ) -> Result<Codings, Error> {
        let Some(first) = self.first_coding else {
            return Ok(Codings::None);
        };
        if version < Version::HTTP_11 && !quirks.contains(Quirks::TRANSFER_ENCODING_IN_HTTP10) {
            return Err(Error::new(
                ErrorKind::TransferEncodingInHttp10,
                fields.name_offset(first),
            ));
        }
        if let Some(length) = self.first_length
            && !quirks.contains(Quirks::CONTENT_LENGTH_WITH_TRANSFER_ENCODING)
        {
            let second = fields.name_offset(first.max(length));
            return Err(Error::new(
                ErrorKind::ContentLengthWithTransferEncoding,
                second,
            ));
        }
        let allows_others = quirks.contains(Quirks::OTHER_TRANSFER_CODINGS);
        let mut codings = Codings::Other(fields.value_offset(first));
        for (index, field) in fields.iter().enumerate().skip(first) {
            if !field.is_named("transfer-encoding") {
                continue;
            }
            let mut at = fields.value_offset(index);
            for element in field.value.split(|&byte| byte == b',') {
                let coding = token::trim_ows(element);
                let offset = at
                    + element
                        .iter()
                        .take_while(|&&byte| token::is_ows(byte))
                        .count();
                at += element.len() + 1;
                let is_chunked = coding.eq_ignore_ascii_case(b"chunked");
                match codings {
                    // "A recipient MUST parse and ignore a reasonable number of empty list elements."
                    _ if coding.is_empty() => {}
                    // "A sender MUST NOT apply the chunked transfer coding more than once to a message body."
                    Codings::Chunked if is_chunked => {
                        return Err(Error::new(ErrorKind::RepeatedChunked, offset));
                    }
                    Codings::Chunked => return Err(Error::new(ErrorKind::ChunkedNotLast, offset)),
                    _ if is_chunked => codings = Codings::Chunked,
                    // A quote may hide a comma, so where such an element ends is in doubt.
                    _ if allows_others && !coding.contains(&b'"') => {
                        codings = Codings::Other(offset)
                    }
                    _ => return Err(Error::new(ErrorKind::UnknownTransferCoding, offset)),
                }
            }
        }
        match codings {
            Codings::Other(at) if !allows_others => Err(Error::new(ErrorKind::ChunkedNotLast, at)),
            codings => Ok(codings),
        }
    }

    fn framing(&self, body: BodyLength, version: Version) -> Framing {
        let is_11 = version >= Version::HTTP_11;
        let mut facts = Facts::default();
        // Quirks let these through, but "the server MUST close the connection after responding to such a request".
        let is_doubtful = self.first_coding.is_some() && (self.first_length.is_some() || !is_11);
        let persists =
            !self.facts.contains(Facts::CLOSE) && (is_11 || self.facts.contains(Facts::KEEP_ALIVE));
        if persists && body != BodyLength::UntilClose && !(is_doubtful && body != BodyLength::None)
        {
            facts.insert(Facts::PERSISTS);
        }
        // "A server MUST ignore an Upgrade header field that is received in an HTTP/1.0 request", and 100-continue too.
        if is_11
            && self.facts.contains(Facts::UPGRADE_OPTION)
            && self.facts.contains(Facts::UPGRADE_FIELD)
        {
            facts.insert(Facts::UPGRADES);
        }
        if is_11 && self.facts.contains(Facts::EXPECT_CONTINUE) {
            facts.insert(Facts::EXPECT_CONTINUE);
        }
        // Where Transfer-Encoding overrides it, Content-Length says nothing.
        let content_length = self.content_length.filter(|_| body != BodyLength::Chunked);
        Framing {
            body,
            content_length,
            facts,
        }
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
