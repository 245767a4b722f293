//! AVX2, where the processor has it.
#![expect(
    unsafe_code,
    reason = "calls that need a detected feature, and vectors from and to arrays"
)]

#[cfg(feature = "alloc")]
mod append;
mod mask;
#[path = "../rules.rs"]
mod rules;
mod small;
mod utf8;

#[cfg(feature = "alloc")]
pub(crate) use append::append_frame;

use core::arch::x86_64::{__m256i, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_storeu_si256};

use super::fallback;
use crate::MaskingKey;

/// As [`fallback::unmask`]. Not inlined, so that what is short stays small and keeps its registers.
#[inline(never)]
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    if has_avx2() {
        // SAFETY: AVX2 has been detected.
        unsafe { mask::unmask(bytes, key) }
    } else {
        fallback::unmask(bytes, key);
    }
}

/// As [`fallback::unmask_utf8`].
#[inline]
pub(crate) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    small::unmask_ascii(bytes, key) || unmask_any_utf8(bytes, key)
}

#[inline(never)]
fn unmask_any_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    if bytes.len() >= utf8::MIN_LEN && has_avx2() {
        // SAFETY: AVX2 has been detected, and the length has been checked.
        unsafe { utf8::unmask_utf8(bytes, key) }
    } else {
        fallback::unmask_utf8(bytes, key)
    }
}

/// As [`fallback::is_masked_utf8`].
#[inline]
pub(crate) fn is_masked_utf8(bytes: &[u8], key: MaskingKey) -> bool {
    if bytes.len() >= utf8::MIN_LEN && has_avx2() {
        // SAFETY: AVX2 has been detected, and the length has been checked.
        unsafe { utf8::is_masked_utf8(bytes, key) }
    } else {
        fallback::is_masked_utf8(bytes, key)
    }
}

/// As [`fallback::is_utf8`].
#[inline]
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    if bytes.len() >= utf8::MIN_LEN && has_avx2() {
        // SAFETY: AVX2 has been detected, and the length has been checked.
        unsafe { utf8::is_utf8(bytes) }
    } else {
        fallback::is_utf8(bytes)
    }
}

#[cfg(feature = "std")]
#[inline]
fn has_avx2() -> bool {
    std::is_x86_feature_detected!("avx2")
}

#[cfg(not(feature = "std"))]
#[inline]
const fn has_avx2() -> bool {
    cfg!(target_feature = "avx2")
}

#[inline]
#[target_feature(enable = "avx2")]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are readable, and the instruction asks for no alignment.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
#[target_feature(enable = "avx2")]
fn store(bytes: &mut [u8; 32], vector: __m256i) {
    // SAFETY: 32 bytes are writable, and the instruction asks for no alignment.
    unsafe {
        _mm256_storeu_si256(bytes.as_mut_ptr().cast(), vector);
    }
}

/// The key as it stands `by` bytes into the payload, eight times.
#[inline]
#[target_feature(enable = "avx2")]
fn repeat(key: MaskingKey, by: usize) -> __m256i {
    _mm256_set1_epi32(i32::from_le_bytes(key.advanced(by).0))
}
