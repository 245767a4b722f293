//! The one's complement sum of a slice: the one dispatch of this crate.

#[cfg(test)]
mod bounds;
mod fallback;
// `native.rs` is the fallback's twin; a processor's folder, which has the same functions, stands in its place.
#[cfg_attr(
    all(
        target_arch = "x86_64",
        not(wirekit_no_simd),
        any(feature = "std", target_feature = "avx2")
    ),
    path = "x86_64/mod.rs"
)]
#[cfg_attr(
    all(
        target_arch = "aarch64",
        target_endian = "little",
        target_feature = "neon",
        not(wirekit_no_simd)
    ),
    path = "aarch64/mod.rs"
)]
mod native;

pub(crate) use fallback::add;

/// From this length on, the additions that vectors do at once win over the carry chain.
const WIDE_FROM: usize = 128;

/// Adds the bytes, as 16-bit words in memory order with a zero byte after an odd end, to `seed`.
///
/// The result is a 64-bit one's complement sum in native byte order: congruent to the sum of the words modulo
/// 65 535, and zero only when `seed` and every byte are.
#[inline]
pub(crate) fn sum(seed: u64, bytes: &[u8]) -> u64 {
    if bytes.len() < WIDE_FROM {
        fallback::narrow(seed, bytes)
    } else {
        native::wide(seed, bytes)
    }
}
