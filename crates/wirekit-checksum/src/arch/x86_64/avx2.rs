//! The sum with AVX2: multiply-and-add of 16-bit words by ones, the unsigned words biased to be signed.

use core::arch::x86_64::{
    __m256i, _mm_add_epi64, _mm_cvtsi128_si64, _mm_unpackhi_epi64, _mm256_add_epi32,
    _mm256_add_epi64, _mm256_castsi256_si128, _mm256_cvtepi32_epi64, _mm256_extracti128_si256,
    _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi16, _mm256_setzero_si256,
    _mm256_xor_si256,
};

use super::fallback;

/// Bytes after which the 32-bit lanes are emptied. A block of 128 moves each of them by at most 2^16, so that even
/// the four accumulators together stay within 2^29.
pub(super) const PART_LEN: usize = 1 << 17;

#[target_feature(enable = "avx2")]
pub(super) fn sum(seed: u64, bytes: &[u8]) -> u64 {
    let mut sum = seed;
    let mut rest = bytes;
    while let Some((part, after)) = rest.split_at_checked(PART_LEN) {
        sum = fallback::add(sum, part_sum(part));
        rest = after;
    }
    let (blocks, tail) = rest.as_chunks::<32>();
    sum = fallback::add(sum, part_sum(blocks.as_flattened()));
    fallback::narrow(sum, tail)
}

/// The sum of the words of a multiple of 32 bytes, at most `PART_LEN`.
#[inline]
#[target_feature(enable = "avx2")]
fn part_sum(part: &[u8]) -> u64 {
    let zero = _mm256_setzero_si256();
    let mut lanes = [zero; 4];
    let (vectors, _) = part.as_chunks::<32>();
    let (blocks, rest) = vectors.as_chunks::<4>();
    for [a, b, c, d] in blocks {
        let [one, two, three, four] = lanes;
        lanes = [
            _mm256_add_epi32(one, pairs(a)),
            _mm256_add_epi32(two, pairs(b)),
            _mm256_add_epi32(three, pairs(c)),
            _mm256_add_epi32(four, pairs(d)),
        ];
    }
    let [mut one, two, three, four] = lanes;
    for vector in rest {
        one = _mm256_add_epi32(one, pairs(vector));
    }
    let lanes = _mm256_add_epi32(_mm256_add_epi32(one, two), _mm256_add_epi32(three, four));
    // Every word was taken as 2^15 less than it is.
    let bias = (part.len() as u64 / 2) << 15;
    horizontal(lanes).wrapping_add(bias)
}

/// Sixteen words, less 2^15 each, added in pairs.
#[inline]
#[target_feature(enable = "avx2")]
fn pairs(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: the pointer is that of 32 readable bytes, and the load asks for no alignment.
    let words = unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) };
    _mm256_madd_epi16(
        _mm256_xor_si256(words, _mm256_set1_epi16(i16::MIN)),
        _mm256_set1_epi16(1),
    )
}

/// The eight signed lanes added up, modulo 2^64.
#[inline]
#[target_feature(enable = "avx2")]
fn horizontal(lanes: __m256i) -> u64 {
    let low = _mm256_cvtepi32_epi64(_mm256_castsi256_si128(lanes));
    let high = _mm256_cvtepi32_epi64(_mm256_extracti128_si256::<1>(lanes));
    let four = _mm256_add_epi64(low, high);
    let two = _mm_add_epi64(
        _mm256_castsi256_si128(four),
        _mm256_extracti128_si256::<1>(four),
    );
    let one = _mm_add_epi64(two, _mm_unpackhi_epi64(two, two));
    _mm_cvtsi128_si64(one).cast_unsigned()
}
