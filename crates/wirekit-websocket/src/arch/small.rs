//! Payloads of up to 128 bytes in a few registers, without a loop and without `unsafe`: blocks from both ends that
//! overlap in the middle, all read before the first is written.

use crate::MaskingKey;

/// The longest payload that goes this way.
pub(super) const MAX_LEN: usize = 128;

/// Unmasks up to [`MAX_LEN`] bytes and returns true, or leaves longer ones and returns false.
#[inline]
pub(super) fn unmask(bytes: &mut [u8], key: MaskingKey) -> bool {
    edit::<false>(bytes, key)
}

/// Unmasks up to [`MAX_LEN`] bytes and returns true if they are ASCII; otherwise they stay as they are.
#[inline]
pub(super) fn unmask_ascii(bytes: &mut [u8], key: MaskingKey) -> bool {
    edit::<true>(bytes, key)
}

#[inline]
fn edit<const ASCII: bool>(bytes: &mut [u8], key: MaskingKey) -> bool {
    match bytes.len() {
        0..4 => edit_few::<ASCII>(bytes, key),
        4..8 => edit_ends::<ASCII, 4, 1>(bytes, key),
        8..16 => edit_ends::<ASCII, 8, 1>(bytes, key),
        16..=32 => edit_ends::<ASCII, 16, 1>(bytes, key),
        33..=64 => edit_ends::<ASCII, 16, 2>(bytes, key),
        65..=MAX_LEN => edit_ends::<ASCII, 16, 4>(bytes, key),
        _ => false,
    }
}

#[inline]
fn edit_few<const ASCII: bool>(bytes: &mut [u8], key: MaskingKey) -> bool {
    let mut all = 0;
    for (byte, key) in bytes.iter().zip(key.0) {
        all |= byte ^ key;
    }
    if ASCII && !all.is_ascii() {
        return false;
    }
    for (byte, key) in bytes.iter_mut().zip(key.0) {
        *byte ^= key;
    }
    true
}

/// `BLOCKS` blocks of `LEN` bytes from each end, where the middle is no longer than both together.
#[inline]
fn edit_ends<const ASCII: bool, const LEN: usize, const BLOCKS: usize>(
    bytes: &mut [u8],
    key: MaskingKey,
) -> bool {
    let mut head = [[0; LEN]; BLOCKS];
    let mut tail = [[0; LEN]; BLOCKS];
    let (from_start, _) = bytes.as_chunks::<LEN>();
    let (_, from_end) = bytes.as_rchunks::<LEN>();
    let (Some(from_start), Some(from_end)) = (from_start.first_chunk(), from_end.last_chunk())
    else {
        return false;
    };
    head.copy_from_slice(from_start as &[_; BLOCKS]);
    tail.copy_from_slice(from_end as &[_; BLOCKS]);

    let head_key: [u8; LEN] = repeat(key);
    let tail_key: [u8; LEN] = repeat(key.advanced(bytes.len()));
    let mut all = [0; LEN];
    for block in &mut head {
        *block = xor(*block, head_key);
        all = or(all, *block);
    }
    for block in &mut tail {
        *block = xor(*block, tail_key);
        all = or(all, *block);
    }
    if ASCII && !all.is_ascii() {
        return false;
    }
    if let Some(out) = bytes.as_chunks_mut::<LEN>().0.first_chunk_mut() {
        *out = head;
    }
    if let Some(out) = bytes.as_rchunks_mut::<LEN>().1.last_chunk_mut() {
        *out = tail;
    }
    true
}

#[inline]
fn repeat<const LEN: usize>(key: MaskingKey) -> [u8; LEN] {
    let mut repeated = [0; LEN];
    for chunk in repeated.as_chunks_mut::<4>().0 {
        *chunk = key.0;
    }
    repeated
}

#[inline]
fn xor<const LEN: usize>(mut left: [u8; LEN], right: [u8; LEN]) -> [u8; LEN] {
    for (left, right) in left.iter_mut().zip(right) {
        *left ^= right;
    }
    left
}

#[inline]
fn or<const LEN: usize>(mut left: [u8; LEN], right: [u8; LEN]) -> [u8; LEN] {
    for (left, right) in left.iter_mut().zip(right) {
        *left |= right;
    }
    left
}
