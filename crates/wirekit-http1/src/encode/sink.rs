//! Where messages are written to, and how they write themselves.

#[cfg(feature = "alloc")]
use bytes::BufMut;

use crate::error::EncodeError;
use crate::field::Field;

/// Where messages are written to, each whole or not at all.
pub(crate) trait Sink {
    /// Writes a message of `len` bytes.
    fn message(&mut self, len: usize, message: impl Message) -> Result<usize, EncodeError>;

    /// Writes a few parts as they are: what is mostly content.
    fn parts<const N: usize>(&mut self, parts: [&[u8]; N]) -> Result<usize, EncodeError>;
}

/// Takes the pieces of a message, one after the other. The [`Sink`] that lends it has made sure that all fit.
pub(crate) trait Writer {
    fn put(&mut self, piece: &[u8]);

    fn put_array<const N: usize>(&mut self, piece: &[u8; N]);

    /// A field line with its line end.
    #[inline]
    fn put_field(&mut self, field: &Field<'_>) {
        self.put(field.name);
        self.put_array(b": ");
        self.put(field.value);
        self.put_array(b"\r\n");
    }
}

/// What writes itself piece by piece.
pub(crate) trait Message {
    fn write(self, to: &mut impl Writer);
}

impl<const N: usize> Message for [&[u8]; N] {
    #[inline]
    fn write(self, to: &mut impl Writer) {
        for part in self {
            to.put(part);
        }
    }
}

/// The start of a slice.
pub(crate) struct Slice<'o>(pub(crate) &'o mut [u8]);

impl Sink for Slice<'_> {
    #[inline]
    fn message(&mut self, len: usize, message: impl Message) -> Result<usize, EncodeError> {
        let out = self.0.get_mut(..len);
        let out = out.ok_or(EncodeError::OutputTooSmall { needed: len })?;
        message.write(&mut Unwritten(out));
        Ok(len)
    }

    #[inline]
    fn parts<const N: usize>(&mut self, parts: [&[u8]; N]) -> Result<usize, EncodeError> {
        self.message(parts.iter().map(|part| part.len()).sum(), parts)
    }
}

/// The part of a slice that is still to be written.
struct Unwritten<'o>(&'o mut [u8]);

impl Writer for Unwritten<'_> {
    #[inline]
    fn put(&mut self, piece: &[u8]) {
        if let Some((to, rest)) = core::mem::take(&mut self.0).split_at_mut_checked(piece.len()) {
            copy(piece, to);
            self.0 = rest;
        }
    }

    #[inline]
    fn put_array<const N: usize>(&mut self, piece: &[u8; N]) {
        if let Some((to, rest)) = core::mem::take(&mut self.0).split_first_chunk_mut() {
            *to = *piece;
            self.0 = rest;
        }
    }
}

/// The end of a buffer.
#[cfg(feature = "alloc")]
pub(crate) struct Appended<'o, B>(pub(crate) &'o mut B);

#[cfg(feature = "alloc")]
impl<B: BufMut> Sink for Appended<'_, B> {
    /// A message of common length is gathered on the stack first: each append to a buffer costs more than the few bytes
    /// of a piece.
    #[inline]
    fn message(&mut self, len: usize, message: impl Message) -> Result<usize, EncodeError> {
        const BLOCK_LEN: usize = 512;
        if self.0.remaining_mut() < len {
            return Err(EncodeError::OutputTooSmall { needed: len });
        }
        let mut block = [0; BLOCK_LEN];
        match block.get_mut(..len) {
            Some(block) => {
                message.write(&mut Unwritten(block));
                self.0.put_slice(block);
            }
            None => message.write(self),
        }
        Ok(len)
    }

    #[inline]
    fn parts<const N: usize>(&mut self, parts: [&[u8]; N]) -> Result<usize, EncodeError> {
        let needed = parts.iter().map(|part| part.len()).sum();
        if self.0.remaining_mut() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        parts.write(self);
        Ok(needed)
    }
}

/// How much one call of `memcpy` is given. With more, glibc's falls to `rep movsb`, which on AMD's Zen takes 25 times as long
/// where the copy lies a few bytes further in its page than the source, as content behind a chunk's size does.
#[cfg(feature = "alloc")]
const PIECE_LEN: usize = 1536;

#[cfg(feature = "alloc")]
impl<B: BufMut> Appended<'_, B> {
    #[inline(never)]
    fn put_long(&mut self, content: &[u8]) {
        for piece in content.chunks(PIECE_LEN) {
            self.0.put_slice(piece);
        }
    }
}

#[cfg(feature = "alloc")]
impl<B: BufMut> Writer for Appended<'_, B> {
    fn put(&mut self, piece: &[u8]) {
        if piece.len() <= PIECE_LEN {
            self.0.put_slice(piece);
        } else {
            self.put_long(piece);
        }
    }

    fn put_array<const N: usize>(&mut self, piece: &[u8; N]) {
        self.0.put_slice(piece);
    }
}

/// Copies between slices of one length. The short ones of a head are copied as their first and last bytes, which
/// overlap: a call of `memcpy` would cost more than the bytes.
#[inline]
fn copy(from: &[u8], to: &mut [u8]) {
    fn ends<const N: usize>(from: &[u8], to: &mut [u8]) {
        if let (Some(first), Some(last)) = (from.first_chunk::<N>(), from.last_chunk::<N>()) {
            if let Some(to) = to.first_chunk_mut() {
                *to = *first;
            }
            if let Some(to) = to.last_chunk_mut() {
                *to = *last;
            }
        }
    }
    match from.len() {
        0 => {}
        1 => ends::<1>(from, to),
        2..4 => ends::<2>(from, to),
        4..8 => ends::<4>(from, to),
        8..16 => ends::<8>(from, to),
        16..=32 => ends::<16>(from, to),
        33..=64 => ends::<32>(from, to),
        _ => to.copy_from_slice(from),
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    impl Message for &Field<'_> {
        fn write(self, to: &mut impl Writer) {
            to.put_field(self);
        }
    }

    #[test]
    fn pieces_of_every_length_arrive_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(4000).collect();
        for len in (0..200).chain([504, 505, 506, 1535, 1536, 1537, 3072, 3073, 4000]) {
            let field = Field::new(&bytes[..len], &bytes[..len / 2]);
            let expected = [field.name, b": ", field.value, b"\r\n"].concat();
            let needed = expected.len();
            let small = Err(EncodeError::OutputTooSmall { needed });
            let mut out = std::vec![0; needed + 1];
            assert_eq!(Slice(&mut out[..needed - 1]).message(needed, &field), small);
            assert_eq!(out, std::vec![0; needed + 1]);
            assert_eq!(Slice(&mut out).message(needed, &field), Ok(needed));
            assert_eq!(out.split_last(), Some((&0, &expected[..])), "{len}");
            #[cfg(feature = "alloc")]
            {
                let mut out = std::vec![1];
                assert_eq!(Appended(&mut out).message(needed, &field), Ok(needed));
                assert_eq!(out[1..], expected, "{len}");
                let mut short = &mut out[..needed - 1];
                assert_eq!(Appended(&mut short).message(needed, &field), small);
            }
        }
    }
}
