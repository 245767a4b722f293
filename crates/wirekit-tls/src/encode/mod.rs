//! What the encoders share: the ranges of lengths, and where the bytes go.

mod client_hello;
mod extension;
mod message;
mod server_hello;

#[cfg(feature = "alloc")]
use bytes::BufMut;

pub use client_hello::ClientHelloFields;
pub use extension::{ClientExtension, ServerExtension};
pub use message::{HandshakeFields, RecordFields};
pub use server_hello::ServerHelloFields;

use crate::{EncodeError, ProtocolVersion};

/// The ways to encode a value whose bytes are an array, for its `impl`.
macro_rules! encode_array {
    () => {
        /// Writes the bytes at the start of `out` and returns their count.
        ///
        /// # Errors
        ///
        /// [`EncodeError::Rule`], [`EncodeError::OutputTooSmall`]; nothing is written then.
        pub fn encode_to_slice(self, out: &mut [u8]) -> Result<usize, EncodeError> {
            let bytes = self.encode_to_array()?;
            let needed = Self::LEN;
            *out.first_chunk_mut()
                .ok_or(EncodeError::OutputTooSmall { needed })? = bytes;
            Ok(needed)
        }

        /// Appends the bytes and returns their count.
        ///
        /// # Errors
        ///
        /// As [`encode_to_slice`](Self::encode_to_slice); nothing is written then.
        #[cfg(feature = "alloc")]
        pub fn encode(self, out: &mut impl bytes::BufMut) -> Result<usize, EncodeError> {
            let (bytes, needed) = (self.encode_to_array()?, Self::LEN);
            if out.remaining_mut() < needed {
                return Err(EncodeError::OutputTooSmall { needed });
            }
            out.put_slice(&bytes);
            Ok(needed)
        }
    };
}
pub(crate) use encode_array;

/// The ways to encode a value of any length, for its `impl`: `write` puts its bytes into a sink or says what is out of
/// its range, `check` knows the rules that the lengths do not settle.
macro_rules! encode_counted {
    () => {
        /// The encoded length.
        ///
        /// # Errors
        ///
        /// [`EncodeError::Length`] for a field that is out of its range.
        pub fn encoded_len(&self) -> Result<usize, EncodeError> {
            let mut counter = crate::encode::Counter(0);
            self.write(&mut counter)?;
            Ok(counter.0)
        }

        /// Writes the bytes at the start of `out` and returns their count.
        ///
        /// # Errors
        ///
        /// [`EncodeError::Length`], [`EncodeError::Rule`] for what a receiver would refuse,
        /// [`EncodeError::OutputTooSmall`]; nothing is written then.
        pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
            let needed = self.encoded_len()?;
            self.check().map_err(|kind| EncodeError::Rule { kind })?;
            let Some(out) = out.get_mut(..needed) else {
                return Err(EncodeError::OutputTooSmall { needed });
            };
            self.write(&mut crate::encode::Slice(out))?;
            Ok(needed)
        }

        /// Appends the bytes and returns their count.
        ///
        /// # Errors
        ///
        /// As [`encode_to_slice`](Self::encode_to_slice); nothing is written then.
        #[cfg(feature = "alloc")]
        pub fn encode(&self, out: &mut impl bytes::BufMut) -> Result<usize, EncodeError> {
            let needed = self.encoded_len()?;
            self.check().map_err(|kind| EncodeError::Rule { kind })?;
            if out.remaining_mut() < needed {
                return Err(EncodeError::OutputTooSmall { needed });
            }
            self.write(&mut crate::encode::Appended(out))?;
            Ok(needed)
        }
    };
}
use encode_counted;

/// The ways to encode a hello of this type, for its `impl`, which has `extensions` and `write_body`.
macro_rules! encode_hello {
    ($message_type:expr) => {
        crate::encode::encode_counted!();

        fn check(&self) -> Result<(), crate::ErrorKind> {
            crate::encode::extension::check_extensions(self.extensions)
        }

        fn write(&self, out: &mut impl crate::encode::Sink) -> Result<(), EncodeError> {
            let mut body = crate::encode::Counter(0);
            self.write_body(&mut body)?;
            crate::encode::message::put_header(out, $message_type, body.0)?;
            self.write_body(out)
        }
    };
}
use encode_hello;

fn length8(
    field: &'static str,
    len: usize,
    range: core::ops::RangeInclusive<u8>,
) -> Result<u8, EncodeError> {
    u8::try_from(len)
        .ok()
        .filter(|len| range.contains(len))
        .ok_or(EncodeError::Length { field, len })
}

fn length16(
    field: &'static str,
    len: usize,
    range: core::ops::RangeInclusive<u16>,
) -> Result<[u8; 2], EncodeError> {
    u16::try_from(len)
        .ok()
        .filter(|len| range.contains(len))
        .map(u16::to_be_bytes)
        .ok_or(EncodeError::Length { field, len })
}

/// The fields that both hellos begin with: RFC 8446 sections 4.1.2 and 4.1.3.
fn put_hello(
    out: &mut impl Sink,
    legacy_version: ProtocolVersion,
    random: &[u8; 32],
    session_id: &[u8],
) -> Result<(), EncodeError> {
    out.put(&legacy_version.0.to_be_bytes());
    out.put(random);
    out.put(&[length8("legacy_session_id", session_id.len(), 0..=32)?]);
    out.put(session_id);
    Ok(())
}

/// Where the fields go: first into a count, then into bytes.
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

struct Counter(usize);

impl Sink for Counter {
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }
}

/// Room that was counted before.
struct Slice<'a>(&'a mut [u8]);

impl Sink for Slice<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if let Some((head, tail)) = core::mem::take(&mut self.0).split_at_mut_checked(bytes.len()) {
            head.copy_from_slice(bytes);
            self.0 = tail;
        }
    }
}

/// An output that has the room, as was asked before.
#[cfg(feature = "alloc")]
struct Appended<'a, B>(&'a mut B);

#[cfg(feature = "alloc")]
impl<B: BufMut> Sink for Appended<'_, B> {
    fn put(&mut self, bytes: &[u8]) {
        self.0.put_slice(bytes);
    }
}
