//! The portable sum, and the oracle of every other backend.

/// One's complement addition of 64-bit words: a carry out of the top comes back in at the bottom.
#[inline]
pub(crate) const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    // After a carry the sum is at most 2^64 - 2, so this cannot overflow.
    sum + carry as u64
}

/// A chain of 64-bit additions with carry: short inputs and tails.
#[inline]
pub(super) fn narrow(seed: u64, bytes: &[u8]) -> u64 {
    let mut sum = seed;
    let (blocks, mut rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let [a, b, c, d] = words(block);
        let (partial, carry) = sum.carrying_add(a, false);
        let (partial, carry) = partial.carrying_add(b, carry);
        let (partial, carry) = partial.carrying_add(c, carry);
        let (partial, carry) = partial.carrying_add(d, carry);
        sum = partial.wrapping_add(u64::from(carry));
    }
    if let Some((head, tail)) = rest.split_first_chunk::<16>() {
        let [a, b] = words(head);
        let (partial, carry) = sum.carrying_add(a, false);
        let (partial, carry) = partial.carrying_add(b, carry);
        sum = partial.wrapping_add(u64::from(carry));
        rest = tail;
    }
    if let Some((head, tail)) = rest.split_first_chunk::<8>() {
        sum = add(sum, u64::from_ne_bytes(*head));
        rest = tail;
    }
    if rest.is_empty() {
        return sum;
    }
    let mut last = 0;
    if let Some((head, tail)) = rest.split_first_chunk::<4>() {
        last = u64::from(u32::from_ne_bytes(*head));
        rest = tail;
    }
    last += match *rest {
        [] => 0,
        [a] => pair(a, 0),
        [a, b] => pair(a, b),
        [a, b, c, ..] => pair(a, b) + pair(c, 0),
    };
    add(sum, last)
}

/// Independent 64-bit lanes of 32-bit halves: no carry to wait for, so the compiler vectorises it.
#[inline(never)]
pub(super) fn wide(seed: u64, bytes: &[u8]) -> u64 {
    let (blocks, rest) = bytes.as_chunks::<64>();
    let mut lanes = [0_u64; 8];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(words::<64, 8>(block)) {
            *lane += (word & 0xffff_ffff) + (word >> 32);
        }
    }
    narrow(lanes.into_iter().fold(seed, add), rest)
}

#[inline(always)]
fn pair(first: u8, second: u8) -> u64 {
    u64::from(u16::from_ne_bytes([first, second]))
}

/// The 64-bit words of a block of `WORDS * 8` bytes.
#[inline(always)]
fn words<const BYTES: usize, const WORDS: usize>(block: &[u8; BYTES]) -> [u64; WORDS] {
    const { assert!(BYTES == WORDS * 8) };
    let (chunks, _) = block.as_chunks::<8>();
    let mut words = [0; WORDS];
    for (word, chunk) in words.iter_mut().zip(chunks) {
        *word = u64::from_ne_bytes(*chunk);
    }
    words
}
