//! Vectors, where the processor has them: AVX-512 or AVX2.
#![expect(
    unsafe_code,
    reason = "vector loads, and calls into code for a processor with these features"
)]

mod avx2;
mod avx512;

use super::fallback;

/// From here on the bytes come from beyond the first cache, and a load that crosses a cache line costs twice.
const ALIGN_LEN: usize = 16 << 10;

/// As [`fallback::wide`], which it falls back to. Not inlined, so that what is short stays small.
#[inline(never)]
pub(super) fn wide(seed: u64, bytes: &[u8]) -> u64 {
    if bytes.len() >= ALIGN_LEN {
        aligned(seed, bytes)
    } else {
        vectors(seed, bytes)
    }
}

/// Takes the bytes before the first cache line by themselves.
fn aligned(seed: u64, bytes: &[u8]) -> u64 {
    let unaligned_len = bytes.as_ptr().align_offset(64);
    let Some((head, lines)) = bytes.split_at_checked(unaligned_len) else {
        return vectors(seed, bytes);
    };
    let sum = vectors(0, lines);
    // RFC 1071 section 2 (B): after an odd number of bytes, the bytes of every word are swapped.
    let sum = if unaligned_len.is_multiple_of(2) {
        sum
    } else {
        sum.rotate_left(8)
    };
    fallback::add(fallback::narrow(seed, head), sum)
}

#[inline]
fn vectors(seed: u64, bytes: &[u8]) -> u64 {
    if has_avx512() {
        // SAFETY: the processor has what the function is compiled for.
        unsafe { avx512::sum(seed, bytes) }
    } else if has_avx2() {
        // SAFETY: as above.
        unsafe { avx2::sum(seed, bytes) }
    } else {
        fallback::wide(seed, bytes)
    }
}

/// VBMI2, which is not used, tells the processors (Ice Lake, Zen 4 and later) whose clock does not fall for wide vectors.
#[cfg(feature = "std")]
#[inline]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vbmi2")
}

#[cfg(feature = "std")]
#[inline]
fn has_avx2() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
}

#[cfg(not(feature = "std"))]
const fn has_avx512() -> bool {
    cfg!(all(
        target_feature = "avx512bw",
        target_feature = "avx512vbmi2"
    ))
}

/// This module is compiled without `std` only where the target has AVX2.
#[cfg(not(feature = "std"))]
const fn has_avx2() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{ALIGN_LEN, aligned, avx2, avx512, fallback, has_avx2, has_avx512, wide};

    fn residue(sum: u64) -> (u64, bool) {
        (sum % 0xffff, sum == 0)
    }

    fn mixed(len: usize) -> Vec<u8> {
        (0..len)
            .map(|at| (at * at / 3 + at * 7).to_le_bytes()[0])
            .collect()
    }

    fn check(bytes: &[u8]) {
        for seed in [0, 1, u64::MAX] {
            let expected = residue(fallback::narrow(seed, bytes));
            let agrees = |backend: &str, sum: u64| {
                assert_eq!(
                    residue(sum),
                    expected,
                    "{backend}, {} bytes, seed {seed}",
                    bytes.len()
                );
            };
            agrees("portable", fallback::wide(seed, bytes));
            agrees("dispatched", wide(seed, bytes));
            agrees("aligned", aligned(seed, bytes));
            if has_avx2() {
                // SAFETY: the processor has AVX2.
                agrees("AVX2", unsafe { avx2::sum(seed, bytes) });
            }
            if has_avx512() {
                // SAFETY: the processor has AVX-512BW.
                agrees("AVX-512", unsafe { avx512::sum(seed, bytes) });
            }
        }
    }

    #[test]
    fn backends_agree_on_every_length_and_alignment() {
        let input = mixed(900);
        for start in 0..66 {
            for end in (start..start + 300).chain([640, 660, 767, 768, 769, 899, 900]) {
                check(&input[start..end]);
            }
        }
    }

    #[test]
    fn backends_agree_on_what_is_long() {
        for len in [
            ALIGN_LEN - 1,
            ALIGN_LEN,
            ALIGN_LEN + 1,
            avx512::PART_LEN - 1,
            avx512::PART_LEN,
            avx512::PART_LEN + 1,
            avx2::PART_LEN - 1,
            avx2::PART_LEN,
            avx2::PART_LEN + 1,
            avx2::PART_LEN + 130,
            3 * avx2::PART_LEN + 33,
        ] {
            for input in [
                mixed(len),
                std::vec![0xff; len],
                std::vec![0x80; len],
                std::vec![0x7f; len],
                std::vec![0; len],
            ] {
                for start in [0, 1, 2, 31] {
                    check(&input[start..]);
                }
            }
        }
    }
}
