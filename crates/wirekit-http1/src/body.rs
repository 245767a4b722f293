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

    /// The options of a Connection field.
    #[inline]
    fn connection(&mut self, value: &[u8]) {
        // What most senders write: one by itself.
        if value.contains(&b',') {
            token::elements(value).for_each(|option| self.option(option));
        } else {
            self.option(value);
        }
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

    /// [`of_request`](Self::of_request) of those with something to look at closely: the exact rules, and the errors.
    #[inline(never)]
    fn of_any_request(head: RequestHead<'_>, quirks: Quirks) -> Result<Self, Error> {
        let head = &head;
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

/// The framing of a request whose fields leave no doubt about it, as those of most do: one Host, at most one
/// Content-Length, and nothing about transfer codings, protocols and expectations. Two registers.
#[derive(Clone, Copy)]
struct Plain {
    content_length: u64,
    has_length: bool,
    /// False if the fields must be looked at closely, or break a rule.
    is_plain: bool,
    facts: Facts,
}

impl Plain {
    #[inline(never)]
    fn of(fields: Fields<'_>, version: Version) -> Self {
        let found = Self::find(fields, version);
        let (length, facts) = found.unwrap_or_default();
        Self {
            content_length: length.unwrap_or(0),
            has_length: length.is_some(),
            is_plain: found.is_some(),
            facts,
        }
    }

    #[inline]
    fn find(fields: Fields<'_>, version: Version) -> Option<(Option<u64>, Facts)> {
        // The last of each, and how many there are.
        let (mut hosts, mut lengths, mut options) = ((0, 0), (0, 0), Facts::default());
        for (index, name) in fields.names_like(&Found::FIRST_LETTERS) {
            match name.len() {
                4 if is_lower(name, b"host") => hosts = (index, hosts.1 + 1),
                10 if is_lower(name, b"connection") => options.connection(fields.value(index)),
                14 if is_lower(name, b"content-length") => {
                    lengths = (token::decimal(fields.value(index))?, lengths.1 + 1);
                }
                6 | 7 | 17 => return None,
                _ => {}
            }
        }
        let is_11 = version >= Version::HTTP_11;
        match hosts {
            (index, 1) => host(fields.value(index)).ok()?,
            (_, 0) if !is_11 => {}
            _ => return None,
        }
        let length = match lengths {
            (_, 0) => None,
            (length, 1) => Some(length),
            _ => return None,
        };
        let mut facts = Facts::default();
        if options.persists(is_11) {
            facts.insert(Facts::PERSISTS);
        }
        Some((length, facts))
    }

    #[inline]
    fn framing(self) -> Option<Framing> {
        let content_length = self.has_length.then_some(self.content_length);
        self.is_plain.then_some(Framing {
            body: content_length.map_or(BodyLength::None, BodyLength::Length),
            content_length,
            facts: self.facts,
        })
    }
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
        for (index, name) in fields.names_like(&Self::FIRST_LETTERS) {
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

    /// The first letters of the names that are looked for, at their lengths: it passes hardly any other name.
    const FIRST_LETTERS: [u8; 32] = {
        let mut letters = [0; 32];
        let names: [&[u8]; 6] = [
            b"host",
            b"expect",
            b"upgrade",
            b"connection",
            b"content-length",
            b"transfer-encoding",
        ];
        let mut names = names.as_slice();
        while let [name, rest @ ..] = names {
            #[expect(clippy::indexing_slicing, reason = "computed at compile time")]
            {
                assert!(letters[name.len()] == 0, "two names of one length");
                letters[name.len()] = name[0];
            }
            names = rest;
        }
        letters
    };

    /// For a message without a body: a Content-Length is only told, and only if it is a number.
    fn collect_unframed(fields: &Fields<'_>) -> Self {
        let mut found = Self::default();
        let mut lengths = 0;
        for (index, name) in fields.names_like(&Self::FIRST_LETTERS) {
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
            10 if is_lower(name, b"connection") => self.facts.connection(fields.value(index)),
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
        if self.facts.persists(is_11)
            && body != BodyLength::UntilClose
            && !(is_doubtful && body != BodyLength::None)
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
