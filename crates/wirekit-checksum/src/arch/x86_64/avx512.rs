//! The sum with AVX-512, as with AVX2: at 1480 bytes in two thirds of its time.

use core::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_loadu_si512, _mm512_madd_epi16, _mm512_maskz_loadu_epi8,
    _mm512_reduce_add_epi32, _mm512_set1_epi16, _mm512_setzero_si512, _mm512_xor_si512,
};

use super::fallback;

/// Bytes after which the 32-bit lanes are added up: 2^15 words of at most 2^15 each, and a vector more of zeros, stay
/// below 2^31 even all together.
pub(super) const PART_LEN: usize = 1 << 16;

#[target_feature(enable = "avx512bw")]
pub(super) fn sum(seed: u64, bytes: &[u8]) -> u64 {
    bytes
        .chunks(PART_LEN)
        .fold(seed, |sum, part| fallback::add(sum, part_sum(part)))
}

/// The sum of the words of at most `PART_LEN` bytes.
#[inline]
#[target_feature(enable = "avx512bw")]
fn part_sum(part: &[u8]) -> u64 {
    let zero = _mm512_setzero_si512();
    let mut lanes = [zero; 4];
    let (vectors, tail) = part.as_chunks::<64>();
    let (blocks, rest) = vectors.as_chunks::<4>();
    for [a, b, c, d] in blocks {
        let [one, two, three, four] = lanes;
        lanes = [
            _mm512_add_epi32(one, pairs(load(a))),
            _mm512_add_epi32(two, pairs(load(b))),
            _mm512_add_epi32(three, pairs(load(c))),
            _mm512_add_epi32(four, pairs(load(d))),
        ];
    }
    let [mut one, two, three, four] = lanes;
    for vector in rest {
        one = _mm512_add_epi32(one, pairs(load(vector)));
    }
    one = _mm512_add_epi32(one, pairs(load_few(tail)));
    let lanes = _mm512_add_epi32(_mm512_add_epi32(one, two), _mm512_add_epi32(three, four));
    // Every word was taken as 2^15 less than it is, those of zeros behind the tail too.
    let bias = (vectors.len() as u64 + 1) << (5 + 15);
    let sum = i64::from(_mm512_reduce_add_epi32(lanes)).cast_unsigned();
    sum.wrapping_add(bias)
}

/// Thirty-two words, less 2^15 each, added in pairs.
#[inline]
#[target_feature(enable = "avx512bw")]
fn pairs(words: __m512i) -> __m512i {
    _mm512_madd_epi16(
        _mm512_xor_si512(words, _mm512_set1_epi16(i16::MIN)),
        _mm512_set1_epi16(1),
    )
}

#[inline]
#[target_feature(enable = "avx512bw")]
fn load(bytes: &[u8; 64]) -> __m512i {
    // SAFETY: the pointer is that of 64 readable bytes, and the load asks for no alignment.
    unsafe { _mm512_loadu_si512(bytes.as_ptr().cast()) }
}

/// Fewer than 64 bytes, and zeros behind them.
#[inline]
#[target_feature(enable = "avx512bw")]
fn load_few(bytes: &[u8]) -> __m512i {
    let there = !(u64::MAX << bytes.len());
    // SAFETY: only the bytes of the slice are in the mask, and no others are read.
    unsafe { _mm512_maskz_loadu_epi8(there, bytes.as_ptr().cast()) }
}
