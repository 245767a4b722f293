use core::borrow::Borrow;

use super::fields::{HeadOptions, SentFields};
use super::sink::{Message, Sink, Writer};
use super::{RequestLine, StatusLine};
use crate::arch;
use crate::error::EncodeError;
use crate::field::Field;
use crate::framing::BodyLength;
use crate::registry::{Method, StatusCode};
use crate::target::Target;
use crate::token::{self, PLAIN_TARGET};
use crate::version::Version;

/// A head that was found to be sound, in the pieces in which it is written.
pub(crate) struct Head<'a, F> {
    /// Before, between and after the two spaces; then the line ends.
    line: [&'a [u8]; 3],
    fields: F,
    /// A Connection field of ours, if any.
    connection: &'static [u8],
    added: Added,
    len: usize,
    pub(crate) options: HeadOptions,
    /// The caller's Content-Length or Transfer-Encoding.
    framing: Option<usize>,
    has_coding: bool,
}

/// The field that the body needs and the caller did not give.
#[derive(Clone, Copy)]
enum Added {
    None,
    ContentLength(Decimal),
    TransferEncoding,
}

const CONTENT_LENGTH: &[u8; 16] = b"Content-Length: ";
const TRANSFER_ENCODING: &[u8; 28] = b"Transfer-Encoding: chunked\r\n";

impl<'a, 'f, F> Head<'a, F>
where
    F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
{
    pub(crate) fn request(
        line: &'a RequestLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<Self, EncodeError> {
        if line.version > Version::HTTP_11 {
            return Err(EncodeError::InvalidVersion);
        }
        let is_origin = line.target.starts_with('/')
            && line.method != Method::CONNECT
            && line
                .target
                .bytes()
                .all(|byte| token::is(byte, PLAIN_TARGET));
        let target = if is_origin {
            None
        } else {
            let parsed = Target::parse(line.method, line.target.as_bytes());
            Some(parsed.map_err(|_| EncodeError::InvalidTarget)?)
        };
        // "The presence of a message body in a request is signaled by a Content-Length or Transfer-Encoding."
        if body == BodyLength::UntilClose {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A client MUST NOT send content in a TRACE request" (RFC 9110 section 9.3.8), and "a CONNECT request message
        // does not have content" (section 9.3.6): to some it begins the tunnel.
        if body.has_content() && matches!(line.method, Method::TRACE | Method::CONNECT) {
            return Err(EncodeError::BodyNotAllowed);
        }
        let mut sent = SentFields::new(body, line.version);
        sent.read(fields.clone(), SentFields::host)?;
        if sent.host.is_none() && line.version >= Version::HTTP_11 {
            return Err(EncodeError::MissingHost);
        }
        // "A client MUST NOT generate a 100-continue expectation in a request that does not include content"
        // (RFC 9110 section 10.1.1).
        if let Some(index) = sent.expectation()
            && !body.has_content()
        {
            return Err(EncodeError::ExpectationWithoutContent { index });
        }
        if let (Some(index), Some(target)) = (sent.host, target)
            && let Some(host) = fields.clone().into_iter().nth(index)
            && !target.allows_host(host.borrow().value)
        {
            return Err(EncodeError::HostMismatch { index });
        }
        let line = [
            line.method.as_bytes(),
            line.target.as_bytes(),
            line.version.as_str().as_bytes(),
        ];
        Self::new(line, fields, &sent)
    }

    pub(crate) fn response(
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
        // HTTP/1.0 did not define any: its recipient takes this for the final response (RFC 9110 section 15.2).
        if line.status.is_informational() && line.version < Version::HTTP_11 {
            return Err(EncodeError::InterimInHttp10);
        }
        let mut sent = SentFields::new(body, line.version);
        if line.status.forbids_body() && body != BodyLength::None {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A server MUST NOT generate content in a 205 response" (RFC 9110 section 15.3.6): only a length keeps that.
        let resets = line.status == StatusCode::RESET_CONTENT;
        if resets && body.has_content() {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A server MUST NOT send a Content-Length [or Transfer-Encoding] header field in any response with a status
        // code of 1xx (Informational) or 204 (No Content)." HEAD and 304 may state what GET would have got.
        sent.states_length_without_body =
            !line.status.is_informational() && line.status != StatusCode::NO_CONTENT && !resets;
        sent.read(fields.clone(), |_, _, _| Ok(()))?;
        // "A server that generates a 101 response MUST also generate an Upgrade header field in the response", and a
        // server that sends a 426 likewise (RFC 9110 sections 15.2.2 and 15.5.22).
        if matches!(
            line.status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::UPGRADE_REQUIRED
        ) && !sent.has_upgrade()
        {
            return Err(EncodeError::MissingUpgrade);
        }
        let line = [
            line.version.as_str().as_bytes(),
            digits(line.status),
            line.reason,
        ];
        Self::new(line, fields, &sent)
    }

    #[inline]
    fn new(line: [&'a [u8]; 3], fields: F, sent: &SentFields) -> Result<Self, EncodeError> {
        if sent.body == BodyLength::Chunked && sent.version < Version::HTTP_11 {
            return Err(EncodeError::ChunkedInHttp10);
        }
        let (added, added_len) = match sent.body {
            BodyLength::Length(len) if sent.length.is_none() => {
                let decimal = Decimal::new(len);
                (
                    Added::ContentLength(decimal),
                    CONTENT_LENGTH.len() + decimal.as_bytes().len() + 2,
                )
            }
            BodyLength::Chunked if sent.coding.is_none() => {
                (Added::TransferEncoding, TRANSFER_ENCODING.len())
            }
            _ => (Added::None, 0),
        };
        let line_len: usize = line.iter().map(|part| part.len()).sum();
        Ok(Self {
            line,
            fields,
            connection: b"",
            added,
            len: line_len + 4 + sent.fields_len + added_len + 2,
            options: sent.options(),
            framing: sent.length.or(sent.coding),
            has_coding: sent.coding.is_some(),
        })
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    pub(crate) fn write_to(self, sink: &mut impl Sink) -> Result<usize, EncodeError> {
        sink.message(self.len, self)
    }
}

impl<F> Head<'_, F> {
    /// "A server MUST NOT send any Transfer-Encoding or Content-Length header fields in a 2xx (Successful) response to
    /// CONNECT" (RFC 9110 section 9.3.6).
    pub(crate) fn forbid_framing(&self) -> Result<(), EncodeError> {
        self.framing
            .map_or(Ok(()), |index| Err(EncodeError::FramingMismatch { index }))
    }

    /// "A server MUST NOT send a response containing Transfer-Encoding unless the corresponding request indicates HTTP/1.1
    /// (or later minor revisions)" (RFC 9112 section 6.1): in answer to HEAD neither.
    pub(crate) fn forbid_coding(&self) -> Result<(), EncodeError> {
        if self.has_coding {
            return self.forbid_framing();
        }
        Ok(())
    }

    /// Adds a Connection field behind those of the caller: a line with its line end.
    pub(crate) const fn add_connection(&mut self, line: &'static [u8]) {
        self.connection = line;
        self.len += line.len();
    }
}

impl<'f, F> Message for Head<'_, F>
where
    F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
{
    #[inline]
    fn write(self, to: &mut impl Writer) {
        let [first, second, third] = self.line;
        to.put(first);
        to.put_array(b" ");
        to.put(second);
        to.put_array(b" ");
        to.put(third);
        to.put_array(b"\r\n");
        for field in self.fields {
            to.put_field(field.borrow());
        }
        to.put(self.connection);
        match self.added {
            Added::None => {}
            Added::ContentLength(decimal) => {
                to.put_array(CONTENT_LENGTH);
                to.put(decimal.as_bytes());
                to.put_array(b"\r\n");
            }
            Added::TransferEncoding => to.put_array(TRANSFER_ENCODING),
        }
        to.put_array(b"\r\n");
    }
}

/// A number in decimal digits.
#[derive(Clone, Copy)]
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    pub(super) fn new(mut number: u64) -> Self {
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

    pub(super) fn as_bytes(&self) -> &[u8] {
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

/// The digits of a status code up to 999.
pub(super) fn digits(status: StatusCode) -> &'static [u8; 3] {
    STATUS_DIGITS.get(usize::from(status.0)).unwrap_or(b"000")
}
