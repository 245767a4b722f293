//! Eight bytes at a time in a register, without `unsafe`.

use super::by_line::Ends;
use crate::token::{self, PLAIN_TARGET, TOKEN, VALUE};

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
const SPACES: u64 = ONES * 0x20;

/// The high bit of each byte that is below `bounds`, DEL or above it; the lowest bit is always right.
#[inline]
const fn odd(word: u64, bounds: u64) -> u64 {
    // A borrow or a carry reaches only bytes above one that is flagged rightly.
    (word.wrapping_sub(bounds) | word.wrapping_add(ONES) | word) & HIGHS
}

/// The index of the byte of the lowest flag; 8 if there is none.
#[inline]
const fn first(flags: u64) -> usize {
    flags.trailing_zeros() as usize / 8
}

/// The first byte from `at` on that is flagged, or the start of the last few bytes.
#[inline]
fn skip_unflagged(input: &[u8], mut at: usize, flags: impl Fn(u64) -> u64) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    let (words, _) = rest.as_chunks::<8>();
    let (pairs, last) = words.as_chunks::<2>();
    for [low, high] in pairs {
        let low = flags(u64::from_le_bytes(*low));
        let high = flags(u64::from_le_bytes(*high));
        if low | high != 0 {
            return at
                + if low != 0 {
                    first(low)
                } else {
                    8 + first(high)
                };
        }
        at += 16;
    }
    match last {
        [word] => at + first(flags(u64::from_le_bytes(*word))),
        _ => at,
    }
}

/// The first byte from `at` on that is not of `class`, or the end.
#[inline]
fn end_of(class: u8, input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| !token::is(byte, class))
        .unwrap_or(rest.len())
}

/// The backend of every machine.
#[derive(Clone, Copy)]
pub(super) struct Fallback;

impl Ends for Fallback {
    fn token_end(self, input: &[u8], at: usize) -> usize {
        end_of(TOKEN, input, at)
    }

    #[inline]
    fn value_end(self, input: &[u8], at: usize) -> usize {
        let mut at = skip_unflagged(input, at, |word| odd(word, SPACES));
        loop {
            // A tab or obs-text is allowed but stops the search for plain bytes.
            match input.get(at) {
                Some(&byte) if token::is(byte, VALUE) => at += 1,
                _ => return at,
            }
            at = skip_unflagged(input, at, |word| odd(word, SPACES));
        }
    }

    #[inline]
    fn target_end(self, input: &[u8], at: usize) -> usize {
        end_of(PLAIN_TARGET, input, at)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn the_first_odd_byte_is_found() {
        let bytes = [0, 0x1f, 0x20, b'#', 0x7e, 0x7f, 0x80, 0xff];
        for bound in [0x20, 0x21] {
            for at in 0..6 {
                for picks in 0..8 * 8 * 8 {
                    let mut word = *b"\x21az~\x21AZ~";
                    for (by, byte) in word[at..at + 3].iter_mut().enumerate() {
                        *byte = bytes[picks >> (3 * by) & 7];
                    }
                    let odd = word
                        .iter()
                        .position(|&byte| u64::from(byte) < bound || byte >= 0x7f);
                    let number = u64::from_le_bytes(word);
                    let found = super::odd(number, bound * ONES).trailing_zeros() as usize / 8;
                    assert_eq!(found, odd.unwrap_or(8), "{}", word.escape_ascii());
                }
            }
        }
    }
}
