//! The hot loops, masking and UTF-8, behind safe functions: the one dispatch of this crate.
//!
//! A backend says whether a text is valid, and never where it is not: the fallback looks for the byte. So no error depends
//! on which one runs.
//!
//! # How to add one
//!
//! 1. A folder with the processor's name. Its `mod.rs` has what `native.rs` has: the five functions, those of `fallback`
//!    where the processor does nothing better. What UTF-8 forbids is in `rules.rs`, for any table of 16 entries. Where a
//!    feature must be detected, it detects it there, and calls the fallback where the processor has none.
//! 2. One `cfg_attr` before `mod native` below: when it is compiled.
//! 3. `unsafe` stays in the folder, in safe functions, with a SAFETY comment a block. Nothing is read beyond a slice, not
//!    even within a page.
//! 4. The tests in `tests.rs`, `bounds.rs` and `utf8.rs` run it at every length and alignment. `.ci/run portable` runs them
//!    without, `.ci/run elsewhere` emulates aarch64, `.ci/run sanitizer miri` find reads out of bounds.
//! 5. It stays where `benches/record/` shows at least 1.5 times fewer instructions or nanoseconds than the fallback takes.

#[cfg(test)]
mod bounds;
mod fallback;
#[cfg(feature = "deflate")]
mod inflate;
// `native.rs` is the fallback; a processor's folder, which has the same functions, stands in its place.
#[cfg_attr(
    all(target_arch = "x86_64", not(wirekit_no_simd)),
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
#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests;

use crate::MaskingKey;

#[cfg(feature = "deflate")]
pub(crate) use inflate::inflate_to_spare;

#[cfg(feature = "alloc")]
pub(crate) use native::append_frame;
pub(crate) use native::{is_masked_utf8, is_utf8, unmask_utf8};

/// Up to here the fallback takes less time than the choice of a backend and a call.
const SHORT_LEN: usize = 128;

/// XORs `bytes` with the key, repeated.
#[inline]
pub(crate) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    if bytes.len() <= SHORT_LEN {
        fallback::unmask(bytes, key);
    } else {
        native::unmask(bytes, key);
    }
}

/// Unmasks `bytes`, all of them whatever they are, and lends them as text, or as they are where they are not UTF-8.
#[inline]
pub(crate) fn unmask_text(bytes: &mut [u8], key: MaskingKey) -> Result<&str, &[u8]> {
    if !unmask_utf8(bytes, key) {
        return Err(bytes);
    }
    // SAFETY: they have just been found to be UTF-8.
    #[expect(unsafe_code, reason = "a second check would cost as much as the first")]
    Ok(unsafe { str::from_utf8_unchecked(bytes) })
}

/// `bytes` as text, where they are UTF-8.
#[inline]
pub(crate) fn as_text(bytes: &[u8]) -> Option<&str> {
    if !is_utf8(bytes) {
        return None;
    }
    // SAFETY: they have just been found to be UTF-8.
    #[expect(unsafe_code, reason = "a second check would cost as much as the first")]
    Some(unsafe { str::from_utf8_unchecked(bytes) })
}
