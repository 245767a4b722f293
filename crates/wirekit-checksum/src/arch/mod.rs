//! The one's complement sum of a slice: the one dispatch of this crate.

mod fallback;

pub(crate) use fallback::add;

/// Adds the bytes, as 16-bit words in memory order with a zero byte after an odd end, to `seed`.
///
/// The result is a 64-bit one's complement sum in native byte order: congruent to the sum of the words modulo
/// 65 535, and zero only when `seed` and every byte are.
#[inline]
pub(crate) fn sum(seed: u64, bytes: &[u8]) -> u64 {
    fallback::sum(seed, bytes)
}
