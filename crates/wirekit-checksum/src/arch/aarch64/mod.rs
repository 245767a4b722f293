//! NEON, which every processor of this kind has: additions of neighbouring words into wider lanes. From 1480 bytes on it
//! needs 0.57 of the fallback's instructions or fewer.
#![expect(
    unsafe_code,
    reason = "vector loads, and a call of what is compiled for NEON"
)]

use core::arch::aarch64::{
    uint32x4_t, vaddlvq_u32, vaddq_u64, vdupq_n_u32, vgetq_lane_u64, vld1q_u8, vpadalq_u16,
    vpaddlq_u32, vreinterpretq_u16_u8,
};

use super::fallback;

/// The oracle stays compiled where only tests call it.
const _: fn(u64, &[u8]) -> u64 = fallback::wide;

/// Blocks after which the 32-bit lanes are emptied. Each block moves a lane by less than 2^18.
const PART_BLOCKS: usize = 1 << 14;

/// As [`fallback::wide`]. Not inlined, so that what is short stays small.
#[inline(never)]
pub(super) fn wide(seed: u64, bytes: &[u8]) -> u64 {
    // SAFETY: this module is compiled only where the target has NEON.
    unsafe { sum(seed, bytes) }
}

#[target_feature(enable = "neon")]
fn sum(seed: u64, bytes: &[u8]) -> u64 {
    let (vectors, tail) = bytes.as_chunks::<16>();
    let (blocks, rest) = vectors.as_chunks::<8>();
    let mut sum = seed;
    for part in blocks.chunks(PART_BLOCKS) {
        let mut lanes = [vdupq_n_u32(0); 4];
        for [a, b, c, d, e, f, g, h] in part {
            let [one, two, three, four] = lanes;
            lanes = [
                pairs(pairs(one, a), e),
                pairs(pairs(two, b), f),
                pairs(pairs(three, c), g),
                pairs(pairs(four, d), h),
            ];
        }
        sum = fallback::add(sum, horizontal(lanes));
    }
    let mut lanes = vdupq_n_u32(0);
    for vector in rest {
        lanes = pairs(lanes, vector);
    }
    sum = fallback::add(sum, vaddlvq_u32(lanes));
    fallback::narrow(sum, tail)
}

/// Adds eight words to the lanes, each lane two that are neighbours.
#[inline]
#[target_feature(enable = "neon")]
fn pairs(lanes: uint32x4_t, bytes: &[u8; 16]) -> uint32x4_t {
    // SAFETY: 16 bytes are readable, and the instruction asks for no alignment.
    let words = unsafe { vld1q_u8(bytes.as_ptr()) };
    vpadalq_u16(lanes, vreinterpretq_u16_u8(words))
}

/// All lanes added up.
#[inline]
#[target_feature(enable = "neon")]
fn horizontal([a, b, c, d]: [uint32x4_t; 4]) -> u64 {
    let wide = vaddq_u64(
        vaddq_u64(vpaddlq_u32(a), vpaddlq_u32(b)),
        vaddq_u64(vpaddlq_u32(c), vpaddlq_u32(d)),
    );
    vgetq_lane_u64::<0>(wide) + vgetq_lane_u64::<1>(wide)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::{PART_BLOCKS, fallback, wide};

    fn check(bytes: &[u8]) {
        for seed in [0, 1, u64::MAX] {
            let residue = |sum: u64| (sum % 0xffff, sum == 0);
            let expected = residue(fallback::narrow(seed, bytes));
            let len = bytes.len();
            assert_eq!(residue(wide(seed, bytes)), expected, "{len} {seed}");
            assert_eq!(
                residue(fallback::wide(seed, bytes)),
                expected,
                "{len} {seed}"
            );
        }
    }

    #[test]
    fn backends_agree_on_every_length_and_alignment() {
        let input: Vec<u8> = (0..700_usize)
            .map(|at| (at * at / 3 + at * 7).to_le_bytes()[0])
            .collect();
        for start in 0..18 {
            for end in (start..start + 300).chain([640, 660, 699, 700]) {
                check(&input[start..end]);
            }
        }
    }

    #[test]
    fn the_lanes_are_emptied_before_they_overflow() {
        let part_len = PART_BLOCKS * 128;
        for len in [part_len - 1, part_len, part_len + 1, 2 * part_len + 150] {
            for value in [0, 0x80, 0xff] {
                check(&std::vec![value; len]);
            }
        }
    }
}
