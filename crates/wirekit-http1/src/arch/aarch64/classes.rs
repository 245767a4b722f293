//! 16 bytes and which of them belong to a class, 0xFF in the place of each that does.

use core::arch::aarch64::{
    uint8x16_t, vandq_u8, vbicq_u8, vceqq_u8, vceqzq_u8, vcgeq_u8, vcltq_u8, vdupq_n_u8,
    vget_lane_u64, vld1q_u8, vmaxq_u8, vorrq_u8, vqtbl1q_u8, vreinterpret_u64_u8,
    vreinterpretq_u16_u8, vshrn_n_u16, vshrq_n_u8, vsubq_u8,
};

use super::halves::{HIGH_HALVES, LOW_HALVES, LOW_HALVES_OF_TARGET};

#[inline]
#[target_feature(enable = "neon")]
pub(super) fn load(bytes: &[u8; 16]) -> uint8x16_t {
    // SAFETY: 16 bytes are readable there, and the load needs no alignment.
    unsafe { vld1q_u8(bytes.as_ptr()) }
}

/// Four bits a byte, in the order of the bytes: NEON has no instruction that takes one of each.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn bits(flags: uint8x16_t) -> u64 {
    let nibbles = vshrn_n_u16::<4>(vreinterpretq_u16_u8(flags));
    vget_lane_u64::<0>(vreinterpret_u64_u8(nibbles))
}

/// The byte of the first of these bits.
#[inline]
pub(super) fn first_bit(bits: u64) -> Option<usize> {
    (bits != 0).then(|| bits.trailing_zeros() as usize / 4)
}

/// The place of the first flag.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn first(flags: uint8x16_t) -> Option<usize> {
    first_bit(bits(flags))
}

/// Whether any of these may not stand in a field value, or is a tab or above 0x7E.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn has_odd(bytes: &[u8; 64]) -> bool {
    let (vectors, _) = bytes.as_chunks::<16>();
    // Less 0x20, all those are above 0x5E.
    let most = vectors
        .iter()
        .map(|bytes| vsubq_u8(load(bytes), vdupq_n_u8(b' ')))
        .fold(vdupq_n_u8(0), |most, bytes| vmaxq_u8(most, bytes));
    bits(vcgeq_u8(most, vdupq_n_u8(0x7f - b' '))) != 0
}

/// The bytes that no field value has.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn not_value(bytes: uint8x16_t) -> uint8x16_t {
    let low = vcltq_u8(bytes, vdupq_n_u8(b' '));
    let tab = vceqq_u8(bytes, vdupq_n_u8(b'\t'));
    let del = vceqq_u8(bytes, vdupq_n_u8(0x7f));
    vorrq_u8(vbicq_u8(low, tab), del)
}

/// The bytes that end a target, or make it one to look at more closely.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn not_target(bytes: uint8x16_t) -> uint8x16_t {
    not_of(&LOW_HALVES_OF_TARGET, bytes)
}

/// The bytes that no token has.
#[inline]
#[target_feature(enable = "neon")]
pub(super) fn not_token(bytes: uint8x16_t) -> uint8x16_t {
    not_of(&LOW_HALVES, bytes)
}

/// The bytes that are not of the class with this table of low halves.
#[inline]
#[target_feature(enable = "neon")]
fn not_of(low_halves: &[u8; 16], bytes: uint8x16_t) -> uint8x16_t {
    let low = vqtbl1q_u8(load(low_halves), vandq_u8(bytes, vdupq_n_u8(0xf)));
    let high = vqtbl1q_u8(load(&HIGH_HALVES), vshrq_n_u8::<4>(bytes));
    vceqzq_u8(vandq_u8(low, high))
}
