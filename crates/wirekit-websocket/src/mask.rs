use core::fmt;

use crate::arch;

/// The 32-bit masking key of a frame (RFC 6455 section 5.3), in the order of the wire.
///
/// ```
/// use wirekit_websocket::MaskingKey;
///
/// // RFC 6455 section 5.7: a masked "Hello".
/// let mut payload = [0x7f, 0x9f, 0x4d, 0x51, 0x58];
/// MaskingKey([0x37, 0xfa, 0x21, 0x3d]).apply(&mut payload);
/// assert_eq!(payload, *b"Hello");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 6455 section 5.3 fixes the key as four bytes"
)]
pub struct MaskingKey(pub [u8; 4]);

impl MaskingKey {
    /// Masks or unmasks `payload` in place (the operation is its own inverse) and returns the key as it stands
    /// for the bytes that follow, so that a payload in pieces keeps its phase.
    #[inline]
    pub fn apply(self, payload: &mut [u8]) -> Self {
        arch::unmask(payload, self);
        self.advanced(payload.len())
    }

    /// The key for the payload byte `by` bytes further on.
    #[inline]
    #[must_use]
    pub const fn advanced(self, by: usize) -> Self {
        // Little endian, so that the first byte is the lowest and comes off first.
        let [low, ..] = by.to_le_bytes();
        Self(
            u32::from_le_bytes(self.0)
                .rotate_right(8 * (low % 4) as u32)
                .to_le_bytes(),
        )
    }
}

impl fmt::Debug for MaskingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#010x}", u32::from_be_bytes(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_in_the_order_of_the_wire() {
        let key = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(std::format!("{key:?}"), "0x37fa213d");
    }

    /// RFC 6455 section 5.3: transformed-octet-i = original-octet-i XOR masking-key-octet-(i MOD 4).
    #[test]
    fn phase_is_kept_across_pieces() {
        let key = MaskingKey([1, 2, 4, 8]);
        let whole: [u8; 41] = core::array::from_fn(|i| 7 ^ key.0[i % 4]);
        for first in 0..=41 {
            for second in first..=41 {
                let mut pieces: [u8; 41] = [7; 41];
                let (head, rest) = pieces.split_at_mut(first);
                let (middle, tail) = rest.split_at_mut(second - first);
                key.apply(head).apply(middle).apply(tail);
                assert_eq!(pieces, whole, "{first} {second}");
            }
        }
    }
}
