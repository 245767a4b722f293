//! Where a packet is written: the front of a slice, or the end of a buffer.

#[cfg(feature = "alloc")]
use bytes::BufMut;

use crate::packet::mangle;

/// An output that was asked for its [`Sink::room`] before the first byte.
pub(crate) trait Sink {
    /// The bytes that it still takes.
    fn room(&self) -> usize;

    fn put(&mut self, bytes: &[u8]);

    /// A field's name as a key, behind its length.
    fn put_name(&mut self, name: &[u8]);

    /// A byte string behind its length.
    fn put_value(&mut self, value: &[u8]) {
        self.put_len(value.len());
        self.put(value);
    }

    /// A length inside a block, whose own length was found to fit 16 bits.
    fn put_len(&mut self, len: usize) {
        self.put(&u16::try_from(len).unwrap_or(u16::MAX).to_le_bytes());
    }

    fn put_var(&mut self, key: &[u8], value: &[u8]) {
        self.put_value(key);
        self.put_value(value);
    }
}

/// The front of a slice; what does not fit is dropped.
pub(crate) struct SliceSink<'o> {
    rest: &'o mut [u8],
}

impl<'o> SliceSink<'o> {
    pub(crate) fn new(out: &'o mut [u8]) -> Self {
        Self { rest: out }
    }

    /// Lets `write` fill the front and give the rest back.
    fn advance_with<F>(&mut self, write: F)
    where
        F: FnOnce(&'o mut [u8]) -> Option<&'o mut [u8]>,
    {
        self.rest = write(core::mem::take(&mut self.rest)).unwrap_or_default();
    }
}

impl Sink for SliceSink<'_> {
    fn room(&self) -> usize {
        self.rest.len()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.advance_with(|out| {
            let (front, rest) = out.split_at_mut_checked(bytes.len())?;
            front.copy_from_slice(bytes);
            Some(rest)
        });
    }

    fn put_name(&mut self, name: &[u8]) {
        self.advance_with(|out| mangle::put_name(out, name));
    }

    fn put_value(&mut self, value: &[u8]) {
        self.advance_with(|out| mangle::put_value(out, value));
    }
}

/// The end of a buffer.
#[cfg(feature = "alloc")]
pub(crate) struct BufSink<'o, B: BufMut> {
    pub(crate) out: &'o mut B,
}

#[cfg(feature = "alloc")]
impl<B: BufMut> Sink for BufSink<'_, B> {
    fn room(&self) -> usize {
        self.out.remaining_mut()
    }

    fn put(&mut self, bytes: &[u8]) {
        self.out.put_slice(bytes);
    }

    fn put_name(&mut self, name: &[u8]) {
        self.put_len(mangle::key_len(name));
        self.put(b"HTTP_");
        for piece in name.chunks(64) {
            let mut mangled = [0; 64];
            if let Some(mangled) = mangled.get_mut(..piece.len()) {
                mangle::copy_mangled(piece, mangled);
                self.out.put_slice(mangled);
            }
        }
    }
}
