use core::borrow::Borrow;

use super::check::Check;
use super::hops::Options;
use super::numbers::{Decimal, digits};
use super::pieces::{Message, Writer};
use super::{RequestLine, Sink, StatusLine};
use crate::arch;
use crate::field::Field;
use crate::token::{self, PLAIN_TARGET};
use crate::{BodyLength, EncodeError, Method, StatusCode, Target, Version};

/// A head that was found to be sound, in the pieces in which it is written.
pub(crate) struct Head<'a, F> {
    /// Before, between and after the two spaces; then the line ends.
    line: [&'a [u8]; 3],
    fields: F,
    /// A Connection field of ours, if any.
    connection: &'static [u8],
    added: Added,
    len: usize,
    pub(crate) options: Options,
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
        let mut check = Check::new(body, line.version);
        check.fields(fields.clone(), Check::host)?;
        if check.host.is_none() && line.version >= Version::HTTP_11 {
            return Err(EncodeError::MissingHost);
        }
        // "A client MUST NOT generate a 100-continue expectation in a request that does not include content"
        // (RFC 9110 section 10.1.1).
        if let Some(index) = check.expectation()
            && !body.has_content()
        {
            return Err(EncodeError::ExpectationWithoutContent { index });
        }
        if let (Some(index), Some(target)) = (check.host, target)
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
        Self::new(line, fields, &check)
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
        let mut check = Check::new(body, line.version);
        if line.status.forbids_body() && body != BodyLength::None {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A server MUST NOT generate content in a 205 response" (RFC 9110 section 15.3.6): only a length keeps that.
        let resets = line.status == StatusCode::RESET_CONTENT;
        if resets && body.has_content() {
            return Err(EncodeError::BodyNotAllowed);
        }
        // "A server MUST NOT send a Content-Length [or Transfer-Encoding] header field in any response with a status
        // code of 1xx (Informational) or 204 (No Content)." HEAD and 304 may tell what GET would have got.
        check.tells_without_body =
            !line.status.is_informational() && line.status != StatusCode::NO_CONTENT && !resets;
        check.fields(fields.clone(), |_, _, _| Ok(()))?;
        // "A server that generates a 101 response MUST also generate an Upgrade header field in the response", and a
        // server that sends a 426 likewise (RFC 9110 sections 15.2.2 and 15.5.22).
        if matches!(
            line.status,
            StatusCode::SWITCHING_PROTOCOLS | StatusCode::UPGRADE_REQUIRED
        ) && !check.has_upgrade()
        {
            return Err(EncodeError::MissingUpgrade);
        }
        let line = [
            line.version.as_str().as_bytes(),
            digits(line.status),
            line.reason,
        ];
        Self::new(line, fields, &check)
    }

    #[inline]
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
            connection: b"",
            added,
            len: line_len + 4 + check.fields_len + added_len + 2,
            options: check.options(),
            framing: check.length.or(check.coding),
            has_coding: check.coding.is_some(),
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
