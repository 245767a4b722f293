//! The one's complement sum of a slice: the one dispatch of this crate.
//!
//! A backend's sum is congruent to the fallback's, and zero only where that is, so the checksum does not depend on which
//! one runs.
//!
//! # How to add one
//!
//! 1. A folder with the processor's name. Its `mod.rs` has what `native.rs` has: `wide`, for slices from [`WIDE_FROM`] bytes
//!    on. Where a feature must be detected, it detects it there, and calls the fallback where the processor has none.
//! 2. One `cfg_attr` before `mod native` below: when it is compiled.
//! 3. `unsafe` stays in the folder, in safe functions, with a SAFETY comment a block. Nothing is read beyond a slice, not
//!    even within a page.
//! 4. The tests in `bounds.rs` and `sum.rs` run it at every length and alignment. `.ci/run portable` runs them without,
//!    `.ci/run elsewhere` emulates aarch64, `.ci/run sanitizer miri` find reads out of bounds.
//! 5. It stays where `benches/record/` shows at least 1.5 times fewer instructions or nanoseconds than the fallback takes.

#[cfg(test)]
mod bounds;
mod fallback;
// `native.rs` is the fallback; a processor's folder, which has the same functions, stands in its place.
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
