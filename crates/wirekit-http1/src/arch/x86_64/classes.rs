//! 32 bytes and which of them belong to a class, a bit each.

use core::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_min_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8,
    _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

use super::halves::{HIGH_HALVES, LOW_HALVES, LOW_HALVES_OF_TARGET};

#[inline]
pub(super) fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are readable there, and the load needs no alignment; AVX is checked by every entry.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
pub(super) fn load_half(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are readable there, and the load needs no alignment; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The 32 bytes at `at`.
///
/// # Safety
///
/// `at + 32 <= input.len()`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn load_at(input: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= input.len());
    // SAFETY: by the caller's promise the array lies within the slice.
    load(unsafe { &*input.as_ptr().add(at).cast::<[u8; 32]>() })
}

/// The vector whose bytes a byte is compared with to see whether it is below `bound`, DEL or above it.
///
/// Adding one turns DEL negative and keeps what is above it negative or makes it zero.
#[inline]
#[target_feature(enable = "avx2")]
fn is_odd(bytes: __m256i, bound: i8) -> __m256i {
    let raised = _mm256_add_epi8(bytes, _mm256_set1_epi8(1));
    _mm256_cmpgt_epi8(_mm256_set1_epi8(bound + 1), raised)
}

/// The bytes that may not stand in a field value, and tabs and those above 0x7E.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn odd(bytes: __m256i) -> u32 {
    _mm256_movemask_epi8(is_odd(bytes, 0x20)).cast_unsigned()
}

/// Whether [`odd`] has any bit for any of these.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn has_odd([a, b, c, d]: [__m256i; 4]) -> bool {
    let one = _mm256_set1_epi8(1);
    let [a, b, c, d] = [
        _mm256_add_epi8(a, one),
        _mm256_add_epi8(b, one),
        _mm256_add_epi8(c, one),
        _mm256_add_epi8(d, one),
    ];
    let least = _mm256_min_epi8(_mm256_min_epi8(a, b), _mm256_min_epi8(c, d));
    _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(0x21), least)) != 0
}

/// The bytes that end a target, or make it one to look at more closely.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn not_target(bytes: __m256i) -> u32 {
    not_of(&LOW_HALVES_OF_TARGET, bytes)
}

/// The bytes that no token has.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn not_token(bytes: __m256i) -> u32 {
    not_of(&LOW_HALVES, bytes)
}

/// The bytes that are not of the class with this table of low halves.
#[inline]
#[target_feature(enable = "avx2")]
fn not_of(low_halves: &[u8; 16], bytes: __m256i) -> u32 {
    let low = _mm256_shuffle_epi8(twice(low_halves), bytes);
    let halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
    let high = _mm256_shuffle_epi8(twice(&HIGH_HALVES), halves);
    let none = _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256());
    _mm256_movemask_epi8(none).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(load_half(table))
}

/// The bytes that no field value has.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn not_value(bytes: __m256i) -> u32 {
    let low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
    let tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\t'.cast_signed()));
    let del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    _mm256_movemask_epi8(_mm256_or_si256(_mm256_andnot_si256(tab, low), del)).cast_unsigned()
}

#[inline]
pub(super) const fn joined(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// [`odd`] of the 64 bytes at `at`.
///
/// # Safety
///
/// `at + 64 <= input.len()`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) unsafe fn odd_at(input: &[u8], at: usize) -> u64 {
    // SAFETY: by the caller's promise.
    unsafe { joined(odd(load_at(input, at)), odd(load_at(input, at + 32))) }
}
