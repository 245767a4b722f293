use crate::Field;

/// Takes the pieces of a message, one after the other. The [`Sink`](super::Sink) that lends it has made sure that all fit.
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

/// Copies between slices of one length. The short ones of a head are copied as their first and last bytes, which
/// overlap: a call of `memcpy` would cost more than the bytes.
#[inline]
pub(super) fn copy(from: &[u8], to: &mut [u8]) {
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
