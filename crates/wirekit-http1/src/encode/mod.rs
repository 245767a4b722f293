//! Heads, as a sender chooses them.

mod fields;
mod head;
mod sink;

#[cfg(feature = "alloc")]
use bytes::BufMut;
use core::borrow::Borrow;

use crate::error::EncodeError;
use crate::field::Field;
use crate::framing::BodyLength;
use crate::registry::{Method, StatusCode};
use crate::version::Version;

pub(crate) use fields::{HeadOptions, check_field};
pub(crate) use head::Head;
#[cfg(feature = "alloc")]
pub(crate) use sink::Appended;
pub(crate) use sink::{Message, Sink, Slice, Writer};

/// The ways to encode a line with its fields, for its `impl`: `$head` checks them.
macro_rules! encodings {
    ($(#[$errors:meta])* $head:path) => {
        /// Appends the head, its empty line included, and returns its length.
        ///
        /// # Errors
        ///
        $(#[$errors])*
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
            $head(self, fields, body)?.write_to(&mut Appended(out))
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
            $head(self, fields, body)?.write_to(&mut Slice(out))
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
            Ok($head(self, fields, body)?.len())
        }
    };
}

/// The first line of a request, as a sender chooses it: RFC 9112 section 3.
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

/// The first line of a response, as a sender chooses it: RFC 9112 section 4.
///
/// Encoding works as that of [`RequestLine`]. A response to HEAD has [`BodyLength::None`] and may have the
/// Content-Length or Transfer-Encoding of the response to GET among its fields.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_http1::{BodyLength, Field, StatusCode, StatusLine};
///
/// let mut out = Vec::new();
/// StatusLine::new(StatusCode::OK).encode(&[Field::new("Server", "me")], BodyLength::Length(5), &mut out)?;
/// assert_eq!(out, b"HTTP/1.1 200 OK\r\nServer: me\r\nContent-Length: 5\r\n\r\n");
/// # }
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

    encodings! {
        /// Every [`EncodeError`] but those of a status line; the output is then as it was.
        Head::request
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
    encodings! {
        /// Every [`EncodeError`] but those of a request line and Host; the output is then as it was.
        Head::response
    }
}

#[cfg(test)]
mod tests;
