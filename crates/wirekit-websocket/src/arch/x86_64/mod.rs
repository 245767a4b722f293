//! AVX2, where the processor has it.
#![expect(
    unsafe_code,
    reason = "calls that need a detected feature, and vectors from and to arrays"
)]

#[cfg(feature = "alloc")]
mod append;
mod mask;
mod rules;
mod small;
mod utf8;

#[cfg(feature = "alloc")]
pub(super) use append::append_frame;
pub(super) use small::unmask_ascii as unmask_short_ascii;

use core::arch::x86_64::{__m256i, _mm256_loadu_si256, _mm256_set1_epi32, _mm256_storeu_si256};

use crate::MaskingKey;

/// Unmasks in place; `None` where the processor has no AVX2.
#[inline]
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) -> Option<()> {
    if !has_avx2() {
        return None;
    }
    // SAFETY: AVX2 has been detected.
    unsafe {
        mask::unmask(bytes, key);
    }
    Some(())
}

/// Unmasks in place and says whether the bytes are UTF-8; `None`, with the bytes untouched, where the processor has
/// no AVX2 or there are fewer than 16 bytes.
#[inline]
pub(super) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> Option<bool> {
    if bytes.len() < utf8::MIN_LEN || !has_avx2() {
        return None;
    }
    // SAFETY: AVX2 has been detected, and the length has been checked.
    Some(unsafe { utf8::unmask_utf8(bytes, key) })
}

/// Whether the bytes are UTF-8 once they are unmasked; `None` where the processor has no AVX2 or there are fewer than
/// 16 bytes.
#[inline]
pub(super) fn is_masked_utf8(bytes: &[u8], key: MaskingKey) -> Option<bool> {
    if bytes.len() < utf8::MIN_LEN || !has_avx2() {
        return None;
    }
    // SAFETY: AVX2 has been detected, and the length has been checked.
    Some(unsafe { utf8::is_masked_utf8(bytes, key) })
}

/// Whether the bytes are UTF-8; `None` where the processor has no AVX2 or there are fewer than 16 bytes.
#[inline]
pub(super) fn is_utf8(bytes: &[u8]) -> Option<bool> {
    if bytes.len() < utf8::MIN_LEN || !has_avx2() {
        return None;
    }
    // SAFETY: AVX2 has been detected, and the length has been checked.
    Some(unsafe { utf8::is_utf8(bytes) })
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
