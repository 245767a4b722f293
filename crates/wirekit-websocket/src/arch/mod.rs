//! The hot loops, masking and UTF-8, behind safe functions that pick a backend.
//!
//! `fallback` is portable and what the others must agree with; `--cfg wirekit_no_simd` leaves out the instruction
//! sets of processors.

mod fallback;
#[cfg(feature = "deflate")]
mod inflate;
#[cfg(any(not(target_arch = "x86_64"), wirekit_no_simd))]
mod portable;
#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests;
#[cfg(all(target_arch = "x86_64", not(wirekit_no_simd)))]
mod x86_64;

#[cfg(any(not(target_arch = "x86_64"), wirekit_no_simd))]
use portable as simd;
#[cfg(all(target_arch = "x86_64", not(wirekit_no_simd)))]
use x86_64 as simd;

use crate::MaskingKey;

#[cfg(feature = "deflate")]
pub(crate) use inflate::inflate_to_spare;

/// Up to here the fallback takes less time than the choice of a backend and a call.
const SHORT_LEN: usize = 128;

/// XORs `bytes` with the key, repeated.
#[inline]
pub(crate) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    if bytes.len() <= SHORT_LEN {
        fallback::unmask(bytes, key);
    } else {
        unmask_long(bytes, key);
    }
}

/// Not inlined, so that what is short stays small and keeps its registers.
#[inline(never)]
fn unmask_long(bytes: &mut [u8], key: MaskingKey) {
    if simd::unmask(bytes, key).is_none() {
        fallback::unmask(bytes, key);
    }
}

/// Unmasks `bytes`, all of them whatever they are, and says whether they are UTF-8.
#[inline]
pub(crate) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    simd::unmask_short_ascii(bytes, key) || unmask_any_utf8(bytes, key)
}

#[inline(never)]
fn unmask_any_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    match simd::unmask_utf8(bytes, key) {
        Some(is_utf8) => is_utf8,
        None => fallback::unmask_utf8(bytes, key),
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

/// Whether `bytes`, which stay as they are, are UTF-8 once they are unmasked; `None` where no backend can tell.
#[inline]
pub(crate) fn is_masked_utf8(bytes: &[u8], key: MaskingKey) -> Option<bool> {
    simd::is_masked_utf8(bytes, key)
}

/// Whether `bytes` are UTF-8.
#[inline]
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    match simd::is_utf8(bytes) {
        Some(is_utf8) => is_utf8,
        None => fallback::is_utf8(bytes),
    }
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

/// Appends a frame (its first byte, the length of its payload, the key if there is one, and the payload, masked with
/// it) and returns its length; `None`, with nothing appended, where `out` has no room for it.
#[cfg(feature = "alloc")]
#[inline]
pub(crate) fn append_frame(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl bytes::BufMut,
) -> Option<usize> {
    match simd::append_frame(first, key, payload, out) {
        None => fallback::append_frame(first, key, payload, out),
        appended => appended,
    }
}
