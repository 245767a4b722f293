//! Masking of long payloads.

use core::arch::x86_64::_mm256_xor_si256;

use super::{load, repeat, store};
use crate::MaskingKey;

/// Stores are aligned: one that crosses a cache line costs twice. The first 32 and the last 128 bytes are read
/// before the loop and written after it, over what the loop has written.
#[target_feature(enable = "avx2")]
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) {
    let (Some(&head), Some(&tail)) = (bytes.first_chunk::<32>(), bytes.last_chunk::<128>()) else {
        return super::super::fallback::unmask(bytes, key);
    };
    let head = _mm256_xor_si256(load(&head), repeat(key, 0));
    let tail_key = repeat(key, bytes.len());
    let tail = {
        let (blocks, _) = tail.as_chunks::<32>();
        let [a, b, c, d] = blocks else { return };
        [a, b, c, d].map(|block| _mm256_xor_si256(load(block), tail_key))
    };

    let unaligned_len = bytes.as_ptr().align_offset(32).min(bytes.len());
    let middle_key = repeat(key, unaligned_len);
    let (_, aligned) = bytes.split_at_mut(unaligned_len);
    for blocks in aligned.as_chunks_mut::<128>().0 {
        for block in blocks.as_chunks_mut::<32>().0 {
            store(block, _mm256_xor_si256(load(block), middle_key));
        }
    }

    if let Some(out) = bytes.first_chunk_mut() {
        store(out, head);
    }
    if let Some(out) = bytes.last_chunk_mut::<128>() {
        for (out, block) in out.as_chunks_mut::<32>().0.iter_mut().zip(tail) {
            store(out, block);
        }
    }
}
