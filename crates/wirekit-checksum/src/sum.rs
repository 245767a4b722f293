use crate::arch;

/// The Internet checksum of RFC 1071, built up from any number of slices.
///
/// Where the slices are cut does not matter, an odd length included: three bytes and then five give what eight give.
///
/// ```
/// use wirekit_checksum::Checksum;
///
/// let mut checksum = Checksum::new();
/// checksum.update(&[0x00, 0x01, 0xf2]);
/// checksum.update(&[0x03, 0xf4, 0xf5, 0xf6, 0xf7]);
/// assert_eq!(checksum.sum(), 0xddf2); // the example of RFC 1071 section 3
/// assert_eq!(checksum.finish(), !0xddf2);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Checksum {
    /// One's complement sum of 64-bit words in native byte order.
    sum: u64,
    /// The next byte is the low half of a 16-bit word.
    odd: bool,
}

impl Checksum {
    /// The checksum of no bytes.
    #[inline]
    pub const fn new() -> Self {
        Self { sum: 0, odd: false }
    }

    pub(crate) const fn from_native(sum: u64) -> Self {
        Self { sum, odd: false }
    }

    /// Adds the bytes after all that came before.
    #[inline]
    pub fn update(&mut self, bytes: &[u8]) {
        if self.odd {
            // A byte further on weighs 256 times as much modulo 65 535: RFC 1071 section 2 (B), byte order
            // independence, done for four words at once.
            self.sum = arch::add(self.sum, arch::sum(0, bytes).rotate_left(8));
        } else {
            self.sum = arch::sum(self.sum, bytes);
        }
        self.odd ^= bytes.len() % 2 == 1;
    }

    /// The one's complement sum of the 16-bit words, an odd end padded with a zero byte.
    ///
    /// Zero only if every byte was zero. Over data that carries its own correct checksum it is `0xffff`.
    #[inline]
    pub const fn sum(self) -> u16 {
        u16::from_be(fold(self.sum))
    }

    /// The checksum: the complement of [`sum`](Self::sum), as the number to be sent in network byte order.
    #[inline]
    pub const fn finish(self) -> u16 {
        !self.sum()
    }
}

/// The checksum of one slice, 16 bits to be sent in network byte order: RFC 1071 section 1.
///
/// ```
/// assert_eq!(wirekit_checksum::checksum(&[0x45, 0x00, 0x00, 0x14]), !0x4514);
/// ```
#[inline]
pub fn checksum(bytes: &[u8]) -> u16 {
    Checksum::from_native(arch::sum(0, bytes)).finish()
}

/// Adds the four 16-bit words of `sum` with end-around carry, by adding the number to itself turned half way round.
#[inline]
const fn fold(sum: u64) -> u16 {
    let half = (sum.wrapping_add(sum.rotate_left(32)) >> 32) as u32;
    let quarter = half.wrapping_add(half.rotate_left(16)) >> 16;
    let [.., a, b] = quarter.to_be_bytes();
    u16::from_be_bytes([a, b])
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{Checksum, checksum, fold};

    /// RFC 1071 section 4.1, word by word.
    fn reference(bytes: &[u8]) -> u16 {
        let mut sum = 0_u32;
        for word in bytes.chunks(2) {
            sum += u32::from(word[0]) << 8 | word.get(1).map_or(0, |&low| u32::from(low));
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !u16::try_from(sum).unwrap()
    }

    fn inputs(len: usize) -> [Vec<u8>; 3] {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64 ^ len as u64;
        let random = (0..len).map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()[0]
        });
        [random.collect(), std::vec![0xff; len], std::vec![0; len]]
    }

    #[test]
    fn every_length_is_the_reference() {
        for len in (0..1100).chain([4095, 9020, 65_535, 65_536, 300_001, 2_100_003]) {
            for input in inputs(len) {
                assert_eq!(checksum(&input), reference(&input), "{len} bytes");
            }
        }
    }

    #[test]
    fn every_alignment_is_the_reference() {
        let [input, ..] = inputs(900);
        for start in 0..64 {
            for end in [
                start,
                start + 1,
                start + 40,
                start + 127,
                start + 128,
                start + 130,
                start + 257,
                start + 800,
            ] {
                assert_eq!(
                    checksum(&input[start..end]),
                    reference(&input[start..end]),
                    "{start}..{end}"
                );
            }
        }
    }

    #[test]
    fn splits_do_not_matter() {
        let [input, ..] = inputs(411);
        for first in 0..input.len() {
            for second in [
                first,
                (first + 1).min(input.len()),
                (first + 130).min(input.len()),
            ] {
                let mut split = Checksum::new();
                split.update(&input[..first]);
                split.update(&input[first..second]);
                split.update(&input[second..]);
                assert_eq!(
                    split.finish(),
                    reference(&input),
                    "cut at {first} and {second}"
                );
            }
        }
    }

    #[test]
    fn folding_keeps_zero_apart_from_65535() {
        for (sum, folded) in [
            (0, 0),
            (u64::MAX, 0xffff),
            (0xffff, 0xffff),
            (1 << 32, 1),
            (0x0001_ffff_fffe, 0xffff),
            (0xffff_0000_0000_0001, 1),
            (0x1_0000, 1),
        ] {
            assert_eq!(fold(sum), folded, "{sum:#x}");
        }
    }
}
