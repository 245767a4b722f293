//! NEON, which every processor of this kind has, for what checks text. Masking alone the compiler makes vectors of by
//! itself, and frames are appended as the fallback does.
#![expect(
    unsafe_code,
    reason = "calls of what is compiled for NEON, and vectors from and to arrays"
)]

#[path = "../rules.rs"]
mod rules;
mod utf8;

#[cfg(feature = "alloc")]
pub(crate) use super::fallback::append_frame;
pub(super) use super::fallback::unmask;

use core::arch::aarch64::{uint8x16_t, vdupq_n_u32, vld1q_u8, vreinterpretq_u8_u32, vst1q_u8};

use super::fallback;
use crate::MaskingKey;

/// As [`fallback::unmask_utf8`].
#[inline(never)]
pub(crate) fn unmask_utf8(bytes: &mut [u8], key: MaskingKey) -> bool {
    // SAFETY: this module is compiled only where the target has NEON.
    match unsafe { utf8::unmask_utf8(bytes, key) } {
        Some(is_utf8) => is_utf8,
        None => fallback::unmask_utf8(bytes, key),
    }
}

/// As [`fallback::is_masked_utf8`].
#[inline(never)]
pub(crate) fn is_masked_utf8(bytes: &[u8], key: MaskingKey) -> bool {
    // SAFETY: as above.
    match unsafe { utf8::is_masked_utf8(bytes, key) } {
        Some(is_utf8) => is_utf8,
        None => fallback::is_masked_utf8(bytes, key),
    }
}

/// As [`fallback::is_utf8`].
#[inline]
pub(crate) fn is_utf8(bytes: &[u8]) -> bool {
    // SAFETY: as above.
    let is_ascii = unsafe { utf8::is_short_ascii(bytes) };
    is_ascii || is_any_utf8(bytes)
}

#[inline(never)]
fn is_any_utf8(bytes: &[u8]) -> bool {
    // SAFETY: as above.
    match unsafe { utf8::is_utf8(bytes) } {
        Some(is_utf8) => is_utf8,
        None => fallback::is_utf8(bytes),
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: 16 bytes are readable, and the instruction asks for no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

#[inline]
#[target_feature(enable = "neon")]
fn store(bytes: &mut [u8; 16], vector: uint8x16_t) {
    // SAFETY: 16 bytes are writable, and the instruction asks for no alignment.
    unsafe { vst1q_u8(bytes.as_mut_ptr(), vector) }
}

/// The key as it stands `by` bytes into the payload, four times.
#[inline]
#[target_feature(enable = "neon")]
fn repeat(key: MaskingKey, by: usize) -> uint8x16_t {
    vreinterpretq_u8_u32(vdupq_n_u32(u32::from_le_bytes(key.advanced(by).0)))
}
