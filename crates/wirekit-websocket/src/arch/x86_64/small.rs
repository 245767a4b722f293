//! ASCII of up to 128 bytes in a few registers, without a loop: blocks from both ends that overlap in the middle,
//! all read before the first is written. SSE2 is part of x86-64, so nothing needs detecting.
#![expect(
    unsafe_code,
    reason = "loads and stores relative to one pointer, within one slice"
)]

use core::arch::x86_64::{
    __m128i, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi32, _mm_storeu_si128,
    _mm_xor_si128,
};

use crate::MaskingKey;

/// The longest payload that goes this way.
const MAX_LEN: usize = 128;

/// Unmasks up to [`MAX_LEN`] bytes and returns true if they are ASCII; otherwise they stay as they are.
#[inline]
pub(super) fn unmask_ascii(bytes: &mut [u8], key: MaskingKey) -> bool {
    let start = bytes.as_mut_ptr();
    // SAFETY: each arm's blocks lie within the length that it matched.
    unsafe {
        match bytes.len() {
            len @ 16..=32 => unmask_halves::<1>(start, len, key),
            len @ 33..=64 => unmask_halves::<2>(start, len, key),
            len @ 65..=MAX_LEN => unmask_halves::<4>(start, len, key),
            len @ 8..16 => unmask_words(start, len, key),
            0..8 => unmask_few(bytes, key),
            _ => false,
        }
    }
}

/// `BLOCKS` blocks of 16 bytes from each end.
///
/// # Safety
///
/// `start` is good for `len` bytes, which are at least `16 * BLOCKS`.
#[inline]
unsafe fn unmask_halves<const BLOCKS: usize>(start: *mut u8, len: usize, key: MaskingKey) -> bool {
    // SAFETY: the caller's; every block ends at `len` or before it.
    unsafe {
        let end = start.add(len - 16 * BLOCKS);
        let (head_key, tail_key) = (repeat(key), repeat(key.advanced(len)));
        let mut head = [head_key; BLOCKS];
        let mut tail = [tail_key; BLOCKS];
        let mut all = _mm_xor_si128(head_key, head_key);
        for (index, block) in head.iter_mut().enumerate() {
            *block = _mm_xor_si128(*block, _mm_loadu_si128(start.add(16 * index).cast()));
            all = _mm_or_si128(all, *block);
        }
        for (index, block) in tail.iter_mut().enumerate() {
            *block = _mm_xor_si128(*block, _mm_loadu_si128(end.add(16 * index).cast()));
            all = _mm_or_si128(all, *block);
        }
        if _mm_movemask_epi8(all) != 0 {
            return false;
        }
        for (index, block) in head.into_iter().enumerate() {
            _mm_storeu_si128(start.add(16 * index).cast(), block);
        }
        for (index, block) in tail.into_iter().enumerate() {
            _mm_storeu_si128(end.add(16 * index).cast(), block);
        }
    }
    true
}

#[inline]
fn repeat(key: MaskingKey) -> __m128i {
    // SAFETY: SSE2 is part of x86-64.
    unsafe { _mm_set1_epi32(i32::from_le_bytes(key.0)) }
}

/// # Safety
///
/// `start` is good for `len` bytes, 8 to 16.
#[inline]
unsafe fn unmask_words(start: *mut u8, len: usize, key: MaskingKey) -> bool {
    let twice = |[a, b, c, d]: [u8; 4]| u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    // SAFETY: the caller's.
    unsafe {
        let end = start.add(len - 8);
        let head = start.cast::<u64>().read_unaligned() ^ twice(key.0);
        let tail = end.cast::<u64>().read_unaligned() ^ twice(key.advanced(len).0);
        if (head | tail) & 0x8080_8080_8080_8080 != 0 {
            return false;
        }
        start.cast::<u64>().write_unaligned(head);
        end.cast::<u64>().write_unaligned(tail);
    }
    true
}

#[inline]
fn unmask_few(bytes: &mut [u8], key: MaskingKey) -> bool {
    let all = bytes
        .iter()
        .zip(key.0.into_iter().cycle())
        .fold(0, |all, (byte, key)| all | byte ^ key);
    if !all.is_ascii() {
        return false;
    }
    for (byte, key) in bytes.iter_mut().zip(key.0.into_iter().cycle()) {
        *byte ^= key;
    }
    true
}
