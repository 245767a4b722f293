//! Frames written straight into the spare room of an output.
#![expect(unsafe_code, reason = "writes into memory that is not initialised yet")]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm_set1_epi32, _mm_storeu_si128, _mm_xor_si128,
    _mm256_loadu_si256, _mm256_storeu_si256, _mm256_xor_si256,
};

use bytes::BufMut;

use super::{fallback, has_avx2, repeat};
use crate::{MaskingKey, frame};

/// As [`fallback::append_frame`].
#[inline]
pub(crate) fn append_frame(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl BufMut,
) -> Option<usize> {
    match append_in_place(first, key, payload, out) {
        None => fallback::append_frame(first, key, payload, out),
        appended => appended,
    }
}

/// The frame, if the output has room for it in one piece. What makes the header comes as values, not as a struct, which
/// would be written to memory and read back.
#[inline]
fn append_in_place(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl BufMut,
) -> Option<usize> {
    let room = out.chunk_mut();
    let header_len = frame::header_len(payload.len() as u64, key.is_some());
    let len = header_len + payload.len();
    if room.len() < len {
        return None;
    }
    // SAFETY: the room holds the header and the payload after it, and all `len` bytes are written before they are
    // counted. The payload cannot overlap what is borrowed mutably.
    unsafe {
        let to = room.as_mut_ptr();
        write_header(first, key, payload.len(), to);
        copy_payload(payload, to.add(header_len), key);
        out.advance_mut(len);
    }
    Some(len)
}

/// Each field is one store.
///
/// # Safety
///
/// `to` is good for writes of the header's length.
#[inline]
unsafe fn write_header(first: u8, key: Option<MaskingKey>, payload_len: usize, to: *mut u8) {
    let mask = if key.is_some() { 0x80 } else { 0 };
    // SAFETY: the caller's.
    unsafe {
        let key_at = match u16::try_from(payload_len) {
            Ok(len @ 0..=125) => {
                let [_, len] = len.to_be_bytes();
                to.cast::<u16>()
                    .write_unaligned(u16::from_le_bytes([first, mask | len]));
                2
            }
            Ok(len) => {
                let [high, low] = len.to_be_bytes();
                to.cast::<u32>().write_unaligned(u32::from_le_bytes([
                    first,
                    mask | 126,
                    high,
                    low,
                ]));
                4
            }
            Err(_) => {
                to.cast::<u16>()
                    .write_unaligned(u16::from_le_bytes([first, mask | 127]));
                to.add(2)
                    .cast::<u64>()
                    .write_unaligned((payload_len as u64).to_be());
                10
            }
        };
        if let Some(key) = key {
            to.add(key_at)
                .cast::<u32>()
                .write_unaligned(u32::from_ne_bytes(key.0));
        }
    }
}

/// How much one call of `memcpy` is given. With more, glibc's falls to `rep movsb`, which on AMD's Zen takes 25 times as long
/// where the copy lies a few bytes further in its page than the source, as a payload behind its header does.
const PIECE_LEN: usize = 1536;

/// # Safety
///
/// As for `copy_payload`.
#[inline(never)]
unsafe fn copy_by_pieces(from: &[u8], to: *mut u8) {
    let mut at = 0;
    for piece in from.chunks(PIECE_LEN) {
        // SAFETY: the caller's; the pieces are as long as the whole.
        unsafe {
            to.add(at)
                .copy_from_nonoverlapping(piece.as_ptr(), piece.len())
        };
        at += piece.len();
    }
}

/// What is long and not masked is left to `memcpy`; a short payload has no time for the call.
///
/// # Safety
///
/// `to` is good for writes of `from.len()` bytes, none of them in `from`.
#[inline]
unsafe fn copy_payload(from: &[u8], to: *mut u8, key: Option<MaskingKey>) {
    // SAFETY: the caller's.
    unsafe {
        match key {
            None if from.len() > 64 => {
                if from.len() > PIECE_LEN {
                    copy_by_pieces(from, to);
                } else {
                    to.copy_from_nonoverlapping(from.as_ptr(), from.len());
                }
            }
            key => copy_masked(from, to, key.unwrap_or(MaskingKey([0; 4]))),
        }
    }
}

/// The shortest way is for 16 to 32 bytes.
///
/// # Safety
///
/// As for `copy_payload`.
#[inline]
unsafe fn copy_masked(from: &[u8], to: *mut u8, key: MaskingKey) {
    let len = from.len();
    // SAFETY: the caller's; each block lies within the length.
    unsafe {
        if len > 32 {
            copy_many(from, to, key);
        } else if len >= 16 {
            copy_half(from, to, 0, key);
            copy_half(from, to, len - 16, key);
        } else {
            copy_few(from, to, key);
        }
    }
}

/// # Safety
///
/// As for `copy_masked`; more than 32 bytes.
#[inline]
unsafe fn copy_many(from: &[u8], to: *mut u8, key: MaskingKey) {
    let len = from.len();
    // SAFETY: the caller's; AVX2 has been detected where it is needed.
    unsafe {
        if len <= 64 {
            copy_half(from, to, 0, key);
            copy_half(from, to, 16, key);
            copy_half(from, to, len - 32, key);
            copy_half(from, to, len - 16, key);
        } else if has_avx2() {
            copy_long(from, to, key);
        } else {
            for at in (0..len - 16).step_by(16) {
                copy_half(from, to, at, key);
            }
            copy_half(from, to, len - 16, key);
        }
    }
}

/// # Safety
///
/// As for `copy_masked`; fewer than 16 bytes.
#[inline]
unsafe fn copy_few(from: &[u8], to: *mut u8, key: MaskingKey) {
    let len = from.len();
    // SAFETY: the caller's; each word lies within the length, and so does every `at`.
    unsafe {
        match len {
            8.. => {
                copy_word(from, to, 0, key);
                copy_word(from, to, len - 8, key);
            }
            4.. => {
                copy_quarter(from, to, 0, key);
                copy_quarter(from, to, len - 4, key);
            }
            _ => {
                for (at, (byte, key)) in from.iter().zip(key.0).enumerate() {
                    to.add(at).write(byte ^ key);
                }
            }
        }
    }
}

/// # Safety
///
/// As for `copy_masked`; four bytes from `at`.
#[inline]
unsafe fn copy_quarter(from: &[u8], to: *mut u8, at: usize, key: MaskingKey) {
    // SAFETY: the caller's.
    unsafe {
        let word = from.as_ptr().add(at).cast::<u32>().read_unaligned();
        to.add(at)
            .cast::<u32>()
            .write_unaligned(word ^ u32::from_ne_bytes(key.advanced(at).0));
    }
}

/// # Safety
///
/// As for `copy_masked`; eight bytes from `at`.
#[inline]
unsafe fn copy_word(from: &[u8], to: *mut u8, at: usize, key: MaskingKey) {
    let [a, b, c, d] = key.advanced(at).0;
    // SAFETY: the caller's.
    unsafe {
        let word = from.as_ptr().add(at).cast::<u64>().read_unaligned();
        to.add(at)
            .cast::<u64>()
            .write_unaligned(word ^ u64::from_ne_bytes([a, b, c, d, a, b, c, d]));
    }
}

/// # Safety
///
/// As for `copy_masked`; sixteen bytes from `at`.
#[inline]
unsafe fn copy_half(from: &[u8], to: *mut u8, at: usize, key: MaskingKey) {
    // SAFETY: the caller's; SSE2 is part of x86-64.
    unsafe {
        let half = _mm_loadu_si128(from.as_ptr().add(at).cast::<__m128i>());
        let key = _mm_set1_epi32(i32::from_le_bytes(key.advanced(at).0));
        _mm_storeu_si128(to.add(at).cast(), _mm_xor_si128(half, key));
    }
}

/// At 1 KiB in 0.6 of the time that halves take.
///
/// # Safety
///
/// As for `copy_masked`; 32 bytes or more.
#[target_feature(enable = "avx2")]
unsafe fn copy_long(from: &[u8], to: *mut u8, key: MaskingKey) {
    let len = from.len();
    // SAFETY: the caller's; each block ends at `len` or before it.
    unsafe {
        // The first block reaches to where stores are aligned, or further.
        let unaligned_len = to.align_offset(32);
        copy_block(from, to, 0, repeat(key, 0));
        let mut at = if unaligned_len <= len {
            unaligned_len
        } else {
            0
        };
        let key_here = repeat(key, at);
        while len - at >= 128 {
            copy_block(from, to, at, key_here);
            copy_block(from, to, at + 32, key_here);
            copy_block(from, to, at + 64, key_here);
            copy_block(from, to, at + 96, key_here);
            at += 128;
        }
        while len - at >= 32 {
            copy_block(from, to, at, key_here);
            at += 32;
        }
        copy_block(from, to, len - 32, repeat(key, len));
    }
}

/// # Safety
///
/// As for `copy_masked`; 32 bytes from `at`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn copy_block(from: &[u8], to: *mut u8, at: usize, key: __m256i) {
    // SAFETY: the caller's.
    unsafe {
        let block = _mm256_loadu_si256(from.as_ptr().add(at).cast());
        _mm256_storeu_si256(to.add(at).cast(), _mm256_xor_si256(block, key));
    }
}
