#[cfg(feature = "alloc")]
use bytes::BufMut;
use core::borrow::Borrow;

use crate::arch;
use crate::body;
use crate::field::Field;
use crate::token::{self, TARGET, is_ows};
use crate::{BodyLength, EncodeError, Method, StatusCode, Target, Version};

/// The first line of a request, as a sender chooses it.
///
/// Encoding takes the fields and the body's length too, so that the head can only be sent whole and true: no byte in it
/// ends a line early, and the fields that frame the body say what `body` says. A Content-Length or Transfer-Encoding
/// among the fields stays in its place if it agrees; otherwise the one that `body` needs is added at the end.
///
/// ```
/// use wirekit_http1::{BodyLength, Field, Method, RequestLine};
///
/// let line = RequestLine::new(Method::GET, "/where?q=now");
/// let fields = [Field::new("Host", "www.example.com")];
/// let mut out = [0; 64];
/// let len = line.encode_to_slice(&fields, BodyLength::None, &mut out)?;
/// assert_eq!(&out[..len], b"GET /where?q=now HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
/// # Ok::<(), wirekit_http1::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9112 section 3 fixes the three parts"
)]
pub struct RequestLine<'a> {
    /// The method.
    pub method: Method<'a>,
    /// The request target, in a form that the method has.
    pub target: &'a str,
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
}

/// The first line of a response, as a sender chooses it.
///
/// Encoding works as that of [`RequestLine`]. A response to HEAD has [`BodyLength::None`] and may have the
/// Content-Length or Transfer-Encoding of the response to GET among its fields.
///
/// ```
/// use wirekit_http1::{BodyLength, Field, StatusCode, StatusLine};
///
/// let mut out = Vec::new();
/// StatusLine::new(StatusCode::OK).encode(&[Field::new("Server", "me")], BodyLength::Length(5), &mut out)?;
/// assert_eq!(out, b"HTTP/1.1 200 OK\r\nServer: me\r\nContent-Length: 5\r\n\r\n");
/// # Ok::<(), wirekit_http1::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9112 section 4 fixes the three parts"
)]
pub struct StatusLine<'a> {
    /// HTTP/1.0 or HTTP/1.1.
    pub version: Version,
    /// The status code, from 100 to 999.
    pub status: StatusCode,
    /// The reason phrase; may be empty.
    pub reason: &'a [u8],
}

impl<'a> RequestLine<'a> {
    /// The line of an HTTP/1.1 request.
    pub const fn new(method: Method<'a>, target: &'a str) -> Self {
        Self {
            method,
            target,
            version: Version::HTTP_11,
        }
    }

    /// Appends the head, its empty line included, and returns its length.
    ///
    /// # Errors
    ///
    /// Every [`EncodeError`] but those of a status line; the output is then as it was.
    #[cfg(feature = "alloc")]
    pub fn encode<'f, F>(
        &self,
        fields: F,
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Head::request(self, fields, body)?.append_to(out)
    }

    /// Writes the head to the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_to_slice<'f, F>(
        &self,
        fields: F,
        body: BodyLength,
        out: &mut [u8],
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Head::request(self, fields, body)?.write_to(out)
    }

    /// The length of the encoded head.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), but for the room.
    pub fn encoded_len<'f, F>(&self, fields: F, body: BodyLength) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Ok(Head::request(self, fields, body)?.len)
    }
}

impl StatusLine<'static> {
    /// The line of an HTTP/1.1 response, with the registry's reason phrase.
    pub const fn new(status: StatusCode) -> Self {
        let reason = match status.reason() {
            Some(reason) => reason.as_bytes(),
            None => b"",
        };
        Self {
            version: Version::HTTP_11,
            status,
            reason,
        }
    }
}

impl StatusLine<'_> {
    /// Appends the head, its empty line included, and returns its length.
    ///
    /// # Errors
    ///
    /// Every [`EncodeError`] but those of a request line and Host; the output is then as it was.
    #[cfg(feature = "alloc")]
    pub fn encode<'f, F>(
        &self,
        fields: F,
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Head::response(self, fields, body)?.append_to(out)
    }

    /// Writes the head to the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_to_slice<'f, F>(
        &self,
        fields: F,
        body: BodyLength,
        out: &mut [u8],
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Head::response(self, fields, body)?.write_to(out)
    }

    /// The length of the encoded head.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode), but for the room.
    pub fn encoded_len<'f, F>(&self, fields: F, body: BodyLength) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        Ok(Head::response(self, fields, body)?.len)
    }
}

/// A head that was found to be sound, in the pieces in which it is written.
struct Head<'a, F> {
    /// Before, between and after the two spaces; then the line ends.
    line: [&'a [u8]; 3],
    fields: F,
    added: Added,
    len: usize,
}

/// The field that the body needs and the caller did not give.
#[derive(Clone, Copy)]
enum Added {
    None,
    ContentLength(Decimal),
    TransferEncoding,
}

const CONTENT_LENGTH: &[u8] = b"Content-Length: ";
const TRANSFER_ENCODING: &[u8] = b"Transfer-Encoding: chunked\r\n";

impl<'a, 'f, F> Head<'a, F>
where
    F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
{
    fn request(
        line: &'a RequestLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<Self, EncodeError> {
        if line.version > Version::HTTP_11 {
            return Err(EncodeError::InvalidVersion);
        }
        let is_origin = line.target.starts_with('/')
            && line.method != Method::CONNECT
            && line.target.bytes().all(|byte| token::is(byte, TARGET));
        if !is_origin && Target::parse(line.method, line.target.as_bytes()).is_err() {
            return Err(EncodeError::InvalidTarget);
        }
        // "The presence of a message body in a request is signaled by a Content-Length or Transfer-Encoding."
        if body == BodyLength::UntilClose {
            return Err(EncodeError::BodyNotAllowed);
        }
        let mut check = Check::new(body, line.version);
        check.fields(fields.clone(), Check::host)?;
        if check.host.is_none() && line.version >= Version::HTTP_11 {
            return Err(EncodeError::MissingHost);
        }
        let line = [
            line.method.as_bytes(),
            line.target.as_bytes(),
            line.version.as_str().as_bytes(),
        ];
        Self::new(line, fields, &check)
    }

    fn response(
        line: &'a StatusLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<Self, EncodeError> {
        if line.version > Version::HTTP_11 {
            return Err(EncodeError::InvalidVersion);
        }
        if !(100..=999).contains(&line.status.0) {
            return Err(EncodeError::InvalidStatus);
        }
        if !arch::is_value(line.reason) {
            return Err(EncodeError::InvalidReason);
        }
        let mut check = Check::new(body, line.version);
        if line.status.forbids_body() && body != BodyLength::None {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A server MUST NOT send a Content-Length [or Transfer-Encoding] header field in any response with a status
        // code of 1xx (Informational) or 204 (No Content)." HEAD and 304 may tell what GET would have got.
        check.tells_without_body =
            !line.status.is_informational() && line.status != StatusCode::NO_CONTENT;
        check.fields(fields.clone(), |_, _, _| Ok(()))?;
        let line = [
            line.version.as_str().as_bytes(),
            digits(line.status),
            line.reason,
        ];
        Self::new(line, fields, &check)
    }

    fn new(line: [&'a [u8]; 3], fields: F, check: &Check) -> Result<Self, EncodeError> {
        if check.body == BodyLength::Chunked && check.version < Version::HTTP_11 {
            return Err(EncodeError::ChunkedInHttp10);
        }
        let (added, added_len) = match check.body {
            BodyLength::Length(len) if check.length.is_none() => {
                let decimal = Decimal::new(len);
                (
                    Added::ContentLength(decimal),
                    CONTENT_LENGTH.len() + decimal.as_bytes().len() + 2,
                )
            }
            BodyLength::Chunked if check.coding.is_none() => {
                (Added::TransferEncoding, TRANSFER_ENCODING.len())
            }
            _ => (Added::None, 0),
        };
        let line_len: usize = line.iter().map(|part| part.len()).sum();
        Ok(Self {
            line,
            fields,
            added,
            len: line_len + 4 + check.fields_len + added_len + 2,
        })
    }

    fn write(self, mut put: impl FnMut(&[u8])) {
        let [first, second, third] = self.line;
        put(first);
        put(b" ");
        put(second);
        put(b" ");
        put(third);
        put(b"\r\n");
        for field in self.fields {
            let field = field.borrow();
            put(field.name);
            put(b": ");
            put(field.value);
            put(b"\r\n");
        }
        match self.added {
            Added::None => {}
            Added::ContentLength(decimal) => {
                put(CONTENT_LENGTH);
                put(decimal.as_bytes());
                put(b"\r\n");
            }
            Added::TransferEncoding => put(TRANSFER_ENCODING),
        }
        put(b"\r\n");
    }

    fn write_to(self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let len = self.len;
        let Some(out) = out.get_mut(..len) else {
            return Err(EncodeError::OutputTooSmall { needed: len });
        };
        let mut rest = out;
        self.write(|piece| {
            if let Some((to, after)) = core::mem::take(&mut rest).split_at_mut_checked(piece.len())
            {
                to.copy_from_slice(piece);
                rest = after;
            }
        });
        Ok(len)
    }

    #[cfg(feature = "alloc")]
    fn append_to(self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        let len = self.len;
        if out.remaining_mut() < len {
            return Err(EncodeError::OutputTooSmall { needed: len });
        }
        self.write(|piece| out.put_slice(piece));
        Ok(len)
    }
}

/// What the fields of a head were found to say.
struct Check {
    body: BodyLength,
    version: Version,
    /// Whether a message without a body may tell the length of one: HEAD and 304.
    tells_without_body: bool,
    length: Option<usize>,
    coding: Option<usize>,
    host: Option<usize>,
    fields_len: usize,
}

impl Check {
    const fn new(body: BodyLength, version: Version) -> Self {
        Self {
            body,
            version,
            tells_without_body: false,
            length: None,
            coding: None,
            host: None,
            fields_len: 0,
        }
    }

    fn fields<'f, F>(
        &mut self,
        fields: F,
        role: fn(&mut Self, usize, &Field<'_>) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>>,
    {
        for (index, field) in fields.into_iter().enumerate() {
            let field = field.borrow();
            check_field(index, field)?;
            self.fields_len += field.name.len() + field.value.len() + 4;
            match field.name.len() {
                14 if field.is_named("content-length") => self.length(index, field)?,
                17 if field.is_named("transfer-encoding") => self.coding(index, field)?,
                4 => role(self, index, field)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn length(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        let len = body::content_length(field.value);
        let agrees = match self.body {
            BodyLength::Length(expected) => len == Ok(expected),
            BodyLength::None => self.tells_without_body && len.is_ok(),
            BodyLength::Chunked | BodyLength::UntilClose => false,
        };
        if !agrees || self.length.is_some() || self.coding.is_some() {
            return Err(EncodeError::FramingMismatch { index });
        }
        self.length = Some(index);
        Ok(())
    }

    fn coding(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        let agrees = match self.body {
            BodyLength::Chunked => true,
            BodyLength::None => self.tells_without_body && self.version >= Version::HTTP_11,
            BodyLength::Length(_) | BodyLength::UntilClose => false,
        };
        let is_chunked = field.value.eq_ignore_ascii_case(b"chunked");
        if !agrees || !is_chunked || self.length.is_some() || self.coding.is_some() {
            return Err(EncodeError::FramingMismatch { index });
        }
        self.coding = Some(index);
        Ok(())
    }

    fn host(&mut self, index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
        if field.is_named("host") {
            if self.host.is_some() || body::host(field.value).is_err() {
                return Err(EncodeError::InvalidHost { index });
            }
            self.host = Some(index);
        }
        Ok(())
    }
}

/// A name that is a token, and a value that begins, goes on and ends as one may.
pub(crate) fn check_field(index: usize, field: &Field<'_>) -> Result<(), EncodeError> {
    if !token::is_token(field.name) {
        return Err(EncodeError::InvalidFieldName { index });
    }
    let is_trimmed = !field.value.first().is_some_and(|&byte| is_ows(byte))
        && !field.value.last().is_some_and(|&byte| is_ows(byte));
    if !is_trimmed || !arch::is_value(field.value) {
        return Err(EncodeError::InvalidFieldValue { index });
    }
    Ok(())
}

/// A number in decimal digits.
#[derive(Clone, Copy)]
pub(crate) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(crate) fn new(mut number: u64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (number % 10) as u8;
            start -= 1;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        Self { digits, start }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}

/// The three digits of every status code.
static STATUS_DIGITS: [[u8; 3]; 1000] = {
    let mut table = [[b'0'; 3]; 1000];
    let mut status = 0;
    while status < 1000 {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "computed at compile time"
        )]
        {
            table[status] = [
                b'0' + (status / 100) as u8,
                b'0' + (status / 10 % 10) as u8,
                b'0' + (status % 10) as u8,
            ];
        }
        status += 1;
    }
    table
};

fn digits(status: StatusCode) -> &'static [u8] {
    STATUS_DIGITS
        .get(usize::from(status.0))
        .map_or(b"000", |digits| digits)
}

#[cfg(test)]
mod tests;
