#[cfg(feature = "alloc")]
use bytes::BufMut;
use wirekit_http::field::{Name, classify};

use super::Form;
use crate::field::{is_hop_by_hop, is_token};
#[cfg(feature = "alloc")]
use crate::sink::BufSink;
use crate::sink::{Sink, SliceSink};
use crate::{EncodeError, Field};

/// An answer's head as an application's server sends it; the body follows as it is.
///
/// It adds no field: no `Connection`, no `Transfer-Encoding`, no `Content-Length`. Without a length the body ends with the
/// connection. What a front server cannot pass on is refused:
///
/// - a name that is no token, and `Status`, which stands in the first line (RFC 3875 section 6.3.3);
/// - control bytes in a value or in the reason (RFC 9110 section 5.5), which would add fields;
/// - fields of one connection, which PEP 3333 keeps from applications; a 101 and a 426 may have `Connection`, and must have
///   `Upgrade` (RFC 9110 sections 15.2.2 and 15.5.22);
/// - a `Content-Length` that is no number, stands twice, or stands in a 1xx or 204 (RFC 9110 section 8.6).
///
/// ```
/// use wirekit_uwsgi::Field;
/// use wirekit_uwsgi::response::{Builder, Form};
///
/// let fields = [Field::new(b"Content-Type", b"text/plain")];
/// let head = Builder::new(Form::Cgi, 200, &fields).reason(b"OK");
/// let mut out = [0; 64];
/// let len = head.encode_to_slice(&mut out)?;
/// assert_eq!(&out[..len], b"Status: 200 OK\r\nContent-Type: text/plain\r\n\r\n");
/// # Ok::<(), wirekit_uwsgi::EncodeError>(())
/// ```
///
/// Specification section 5.7.
#[derive(Clone, Copy, Debug)]
pub struct Builder<'a> {
    form: Form,
    status: u16,
    reason: &'a [u8],
    fields: &'a [Field<'a>],
}

impl<'a> Builder<'a> {
    /// A head of these parts, with an empty reason.
    pub const fn new(form: Form, status: u16, fields: &'a [Field<'a>]) -> Self {
        Self {
            form,
            status,
            reason: b"",
            fields,
        }
    }

    /// Sets the text behind the status.
    #[must_use]
    pub const fn reason(self, reason: &'a [u8]) -> Self {
        Self { reason, ..self }
    }

    /// Bytes that the head will take.
    ///
    /// # Errors
    ///
    /// As [`Builder::encode`], but for `OutputTooSmall`.
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        self.check()?;
        // The status has three digits and a space, the first line and the empty one two bytes each at their ends.
        let first = self.start().len() + 4 + 2 + 2;
        let len = self.fields.iter().fold(first, |len, field| {
            len.saturating_add(4)
                .saturating_add(field.name.len())
                .saturating_add(field.value.len())
        });
        Ok(len.saturating_add(self.reason.len()))
    }

    /// Appends the head, up to and with its empty line.
    ///
    /// # Errors
    ///
    /// `InvalidStatus`, `InvalidReason`, `InvalidName`, `InvalidValue`, `RepeatedField`, `ForbiddenField`,
    /// `MissingUpgrade`; `OutputTooSmall`. Nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        self.write(BufSink { out })
    }

    /// Writes the head to the front of a slice, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// As [`Builder::encode`].
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.write(SliceSink::new(out))
    }

    fn write(&self, mut out: impl Sink) -> Result<usize, EncodeError> {
        let needed = self.encoded_len()?;
        if out.room() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        out.put(self.start());
        for unit in [100, 10, 1] {
            let digit = u8::try_from(self.status / unit % 10).unwrap_or_default();
            out.put(&[b'0' + digit]);
        }
        out.put(b" ");
        out.put(self.reason);
        for field in self.fields {
            out.put(b"\r\n");
            out.put(field.name);
            out.put(b": ");
            out.put(field.value);
        }
        out.put(b"\r\n\r\n");
        Ok(needed)
    }

    const fn start(&self) -> &'static [u8] {
        match self.form {
            Form::Http => b"HTTP/1.1 ",
            Form::Cgi => b"Status: ",
        }
    }

    fn check(&self) -> Result<(), EncodeError> {
        let status = self.status;
        if !matches!(status, 100..=599) {
            return Err(EncodeError::InvalidStatus { status });
        }
        if has_control(self.reason) {
            return Err(EncodeError::InvalidReason);
        }
        let (mut has_length, mut has_upgrade) = (false, false);
        let says_protocol = matches!(status, 101 | 426);
        for (at, field) in self.fields.iter().enumerate() {
            if !is_token(field.name) {
                return Err(EncodeError::InvalidName { field: at });
            }
            if has_control(field.value) {
                return Err(EncodeError::InvalidValue { field: at });
            }
            let (name, classes) = classify(field.name);
            has_upgrade |= name == Some(Name::Upgrade);
            let switches = says_protocol && matches!(name, Some(Name::Connection | Name::Upgrade));
            // CGI's own field, which HTTP does not have.
            if field.is("status") || (is_hop_by_hop(name, classes) && !switches) {
                return Err(EncodeError::ForbiddenField { field: at });
            }
            if name == Some(Name::ContentLength) {
                if matches!(status, 100..200 | 204) {
                    return Err(EncodeError::ForbiddenField { field: at });
                }
                if has_length {
                    return Err(EncodeError::RepeatedField { field: at });
                }
                if crate::content_length(field.value).is_err() || field.value.is_empty() {
                    return Err(EncodeError::InvalidValue { field: at });
                }
                has_length = true;
            }
        }
        // RFC 9110 sections 15.2.2 and 15.5.22: a server MUST send an Upgrade in either.
        if says_protocol && !has_upgrade {
            return Err(EncodeError::MissingUpgrade);
        }
        Ok(())
    }
}

/// Whether a byte stands there that no field value has: a control other than a tab.
fn has_control(bytes: &[u8]) -> bool {
    bytes
        .iter()
        .any(|&byte| byte != b'\t' && byte.is_ascii_control())
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    /// What a buffer gets: nothing on an error.
    #[cfg(feature = "alloc")]
    fn appended(head: &Builder<'_>) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        let written = head.encode(&mut out);
        assert_eq!(out.len(), written.unwrap_or(0));
        written.map(|_| out)
    }

    #[test]
    fn a_head_is_what_was_meant_in_both_forms() {
        let fields = [
            Field::new(b"Set-Cookie", b"a=1"),
            Field::new(b"Set-Cookie", b"b=\xff"),
            Field::new(b"X-Empty", b""),
            Field::new(b"Content-Length", b"2"),
        ];
        for (form, start) in [(Form::Http, &b"HTTP/1.1 "[..]), (Form::Cgi, b"Status: ")] {
            for (status, reason) in [(200, &b"OK"[..]), (404, b""), (599, b"a\tb")] {
                let head = Builder::new(form, status, &fields).reason(reason);
                let len = head.encoded_len().unwrap();
                let mut out = std::vec![0; len];
                assert_eq!(
                    head.encode_to_slice(&mut out[1..]),
                    Err(EncodeError::OutputTooSmall { needed: len })
                );
                assert!(out.iter().all(|byte| *byte == 0));
                assert_eq!(head.encode_to_slice(&mut out), Ok(len));
                #[cfg(feature = "alloc")]
                assert_eq!(appended(&head), Ok(out.clone()));

                let status = std::format!("{status} ");
                let rest = b"\r\nSet-Cookie: a=1\r\nSet-Cookie: b=\xff\r\nX-Empty: \r\nContent-Length: 2\r\n\r\n";
                assert_eq!(out, [start, status.as_bytes(), reason, rest].concat());
            }
        }
    }

    #[test]
    fn what_a_front_server_cannot_pass_on_is_refused() {
        type Row = (
            u16,
            &'static [u8],
            &'static [(&'static [u8], &'static [u8])],
            Result<(), EncodeError>,
        );
        #[rustfmt::skip]
        let rows: &[Row] = &[
            // RFC 9110 section 15: three digits, the first of them 1 to 5.
            (99, b"", &[], Err(EncodeError::InvalidStatus { status: 99 })),
            (600, b"", &[], Err(EncodeError::InvalidStatus { status: 600 })),
            (100, b"", &[], Ok(())),
            (599, b"", &[], Ok(())),
            // RFC 9112 section 4: HTAB, SP, VCHAR, obs-text.
            (200, b"OK\r\nA: b", &[], Err(EncodeError::InvalidReason)),
            // RFC 9110 section 5.1: a name is a token.
            (200, b"", &[(b"A", b""), (b"", b"")], Err(EncodeError::InvalidName { field: 1 })),
            (200, b"", &[(b"A b", b"")], Err(EncodeError::InvalidName { field: 0 })),
            (200, b"", &[(b"A_b", b"")], Ok(())),
            // RFC 9110 section 5.5: CR, LF and NUL are dangerous, other controls invalid.
            (200, b"", &[(b"A", b"b\nC: d")], Err(EncodeError::InvalidValue { field: 0 })),
            (200, b"", &[(b"A", b"\x7f")], Err(EncodeError::InvalidValue { field: 0 })),
            // RFC 3875 section 6.3.3: Status stands in the first line.
            (200, b"", &[(b"status", b"500")], Err(EncodeError::ForbiddenField { field: 0 })),
            // RFC 9110 section 7.6.1; PEP 3333 leaves them to the server.
            (200, b"", &[(b"Connection", b"close")], Err(EncodeError::ForbiddenField { field: 0 })),
            (200, b"", &[(b"Transfer-Encoding", b"chunked")], Err(EncodeError::ForbiddenField { field: 0 })),
            (101, b"", &[(b"Transfer-Encoding", b"chunked")], Err(EncodeError::ForbiddenField { field: 0 })),
            (200, b"", &[(b"Upgrade", b"websocket")], Err(EncodeError::ForbiddenField { field: 0 })),
            (101, b"", &[(b"Connection", b"Upgrade"), (b"Upgrade", b"websocket")], Ok(())),
            // RFC 9110 sections 15.2.2 and 15.5.22: to which protocol.
            (101, b"", &[(b"Connection", b"Upgrade")], Err(EncodeError::MissingUpgrade)),
            (426, b"", &[], Err(EncodeError::MissingUpgrade)),
            (426, b"", &[(b"upgrade", b"HTTP/3.0")], Ok(())),
            // RFC 9110 section 8.6.
            (200, b"", &[(b"Content-Length", b"+5")], Err(EncodeError::InvalidValue { field: 0 })),
            (200, b"", &[(b"Content-Length", b"")], Err(EncodeError::InvalidValue { field: 0 })),
            (200, b"", &[(b"Content-Length", b"5"), (b"content-length", b"5")], Err(EncodeError::RepeatedField { field: 1 })),
            (204, b"", &[(b"Content-Length", b"0")], Err(EncodeError::ForbiddenField { field: 0 })),
            (304, b"", &[(b"Content-Length", b"5")], Ok(())),
        ];
        for (status, reason, fields, expected) in rows {
            let fields: Vec<_> = fields
                .iter()
                .map(|(name, value)| Field::new(name, value))
                .collect();
            for form in [Form::Http, Form::Cgi] {
                let head = Builder::new(form, *status, &fields).reason(reason);
                let mut out = [0; 128];
                let written = head.encode_to_slice(&mut out);
                assert_eq!(written.map(|_| ()), *expected, "{head:?}");
                assert_eq!(out == [0; 128], expected.is_err());
                #[cfg(feature = "alloc")]
                assert_eq!(appended(&head).map(|_| ()), *expected, "{head:?}");
            }
        }
    }
}
