#[cfg(feature = "alloc")]
use bytes::BufMut;

use crate::Field;

/// Where the pieces of a message go, one after the other. There is room for all of them: it was asked for before.
pub(crate) trait Pieces {
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

/// The part of a slice that is still to be written.
#[derive(Debug)]
pub(crate) struct Unwritten<'o>(pub(crate) &'o mut [u8]);

impl Pieces for Unwritten<'_> {
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

/// Appends a message of `len` bytes, for which there is room.
///
/// A head of common length is gathered on the stack first: each append to a buffer costs more than the few bytes of a
/// piece.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn append(out: &mut impl BufMut, len: usize, message: impl Message) {
    let mut block = [0; BLOCK_LEN];
    match block.get_mut(..len) {
        Some(block) => {
            message.write(&mut Unwritten(block));
            out.put_slice(block);
        }
        None => message.write(&mut Appended(out)),
    }
}

#[cfg(feature = "alloc")]
const BLOCK_LEN: usize = 512;

/// What is written in pieces.
pub(crate) trait Message {
    fn write(self, to: &mut impl Pieces);
}

/// The end of a buffer.
#[cfg(feature = "alloc")]
#[derive(Debug)]
struct Appended<'o, B>(&'o mut B);

#[cfg(feature = "alloc")]
impl<B: BufMut> Pieces for Appended<'_, B> {
    fn put(&mut self, piece: &[u8]) {
        self.0.put_slice(piece);
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
        fn write(self, to: &mut impl Pieces) {
            to.put_field(self);
        }
    }

    #[test]
    fn pieces_of_every_length_arrive_whole() {
        let bytes: Vec<u8> = (0..=255).cycle().take(1200).collect();
        for len in (0..200).chain([504, 505, 506, 1200]) {
            let field = Field::new(&bytes[..len], &bytes[..len / 2]);
            let expected = [field.name, b": ", field.value, b"\r\n"].concat();
            let mut room = std::vec![0; expected.len()];
            let mut rest = Unwritten(&mut room);
            field.write(&mut rest);
            assert!(rest.0.is_empty());
            assert_eq!(room, expected, "{len}");
            #[cfg(feature = "alloc")]
            {
                let mut out = std::vec![1];
                append(&mut out, expected.len(), &field);
                assert_eq!(out[1..], expected, "{len}");
            }
        }
    }
}
