//! The portable sum, and the oracle of every other backend.

/// One's complement addition of 64-bit words: a carry out of the top comes back in at the bottom.
#[inline]
pub(crate) const fn add(a: u64, b: u64) -> u64 {
    let (sum, carry) = a.overflowing_add(b);
    // After a carry the sum is at most 2^64 - 2, so this cannot overflow.
    sum + carry as u64
}

/// `u64::carrying_add`, which the oldest supported Rust does not have. The compiler makes the same of it.
#[inline]
const fn carrying_add(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry as u64);
    (sum, first | second)
}

/// A chain of 64-bit additions with carry: short inputs and tails.
#[inline]
pub(super) fn narrow(seed: u64, bytes: &[u8]) -> u64 {
    let mut sum = seed;
    let (blocks, mut rest) = bytes.as_chunks::<32>();
    for block in blocks {
        let [a, b, c, d] = words(block);
        let (partial, carry) = carrying_add(sum, a, false);
        let (partial, carry) = carrying_add(partial, b, carry);
        let (partial, carry) = carrying_add(partial, c, carry);
        let (partial, carry) = carrying_add(partial, d, carry);
        sum = partial.wrapping_add(u64::from(carry));
    }
    if let Some((head, tail)) = rest.split_first_chunk::<16>() {
        let [a, b] = words(head);
        let (partial, carry) = carrying_add(sum, a, false);
        let (partial, carry) = carrying_add(partial, b, carry);
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

/// Two sums without a carry to wait for, which the compiler vectorises.
///
/// One is of whole words modulo 2^64, the other of their upper halves. What the upper halves put into the first is taken
/// out at the end, and the sum of the lower halves is left: three operations a word, where a mask would be a fourth.
#[inline(never)]
pub(super) fn wide(seed: u64, bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<8>();
    let sum = words.chunks(EXACT_WORDS).fold(seed, |sum, words| {
        let (mut whole, mut upper) = (0_u64, 0_u64);
        for word in words {
            let word = u64::from_ne_bytes(*word);
            whole = whole.wrapping_add(word);
            upper += word >> 32;
        }
        let lower = whole.wrapping_sub(upper << 32);
        add(sum, lower + upper)
    });
    narrow(sum, rest)
}

/// So many halves of words add up to less than 2^64, both halves together too.
const EXACT_WORDS: usize = 1 << 27;

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
