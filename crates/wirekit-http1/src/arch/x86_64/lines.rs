//! Field lines.

use super::array_at;
use super::classes::{load_at, not_token};
use super::ends::{Ends, line_end};
use super::{Lines, short};
use crate::field::Span;
use crate::token::{self, TOKEN, trimmed};

/// The plain lines from `at` on.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn lines(input: &[u8], mut at: usize, spans: &mut [Span], fields: usize) -> Lines {
    if input.len() < 64 {
        return short::lines(input, at, spans, fields);
    }
    let (mut fields, mut found) = (fields, Ends::new());
    loop {
        let (mut ends, seen) = found.find(input, at);
        loop {
            let free = spans.get_mut(fields..).unwrap_or_default();
            // SAFETY: these are the odd bytes from `at` on, each with three bytes after it.
            let (next, taken) = unsafe { plain_lines(input, at, ends, free) };
            (at, fields) = (next, fields + taken);
            if is_empty_line(input, at) {
                return Lines::all(at + 2, fields);
            }
            // A line with something odd, or one that ends beyond what was looked through, or never.
            ends = ends.get(taken..).unwrap_or_default();
            let from = if ends.is_empty() { seen } else { at };
            if from == input.len() {
                let lines = Lines::up_to(at, fields);
                // Odd bytes that follow a line end at once are not among the ends.
                return match input.get(at) {
                    Some(b'!'..=b'~') => lines.before_plain_bytes(),
                    _ => lines,
                };
            }
            let (Some(span), Some((line, next))) =
                (spans.get_mut(fields), odd_line(input, at, from))
            else {
                return Lines::up_to(at, fields);
            };
            *span = line;
            (at, fields) = (next, fields + 1);
            while let [end, rest @ ..] = ends
                && (*end as usize) < at
            {
                ends = rest;
            }
            if ends.is_empty() {
                break;
            }
        }
        if is_empty_line(input, at) {
            return Lines::all(at + 2, fields);
        }
    }
}

#[inline(always)]
fn is_empty_line(input: &[u8], at: usize) -> bool {
    input.get(at..at + 2) == Some(b"\r\n")
}

/// Takes lines as long as they are plain; where the next one starts, and how many they are.
///
/// # Safety
///
/// The input has 64 bytes; `ends` are the odd bytes from `at` on, of several in a row only the first, and each has three
/// bytes after it.
#[inline(always)]
unsafe fn plain_lines(
    input: &[u8],
    mut at: usize,
    ends: &[u32],
    spans: &mut [Span],
) -> (usize, usize) {
    let mut taken = 0;
    for (&end, span) in ends.iter().zip(spans) {
        let end = end as usize;
        // SAFETY: there are 64 bytes, and `end` is one of them that is not before `at`.
        let name_len = unsafe { name_len(input, at) };
        let name_end = at + name_len;
        // SAFETY: no token has an odd byte, so the name does not go beyond `end`, and it ends with the window before.
        if name_len == 0 || !unsafe { is_plain(input, name_end, end) } {
            break;
        }
        *span = Span::new(at, name_end, name_end + 2, end);
        at = end + 2;
        taken += 1;
    }
    (at, taken)
}

/// How many of the 32 bytes from `at` on are token characters in a row.
///
/// # Safety
///
/// The input has 32 bytes, and `at` is the place of one.
#[inline(always)]
unsafe fn name_len(input: &[u8], at: usize) -> usize {
    debug_assert!(at < input.len());
    // Near the end the window is moved, and the bytes before the line shifted out.
    let window = at.min(input.len() - 32);
    // SAFETY: by the caller's promise there are 32 bytes.
    let flags = unsafe { not_token(load_at(input, window)) };
    (flags >> (at - window)).trailing_zeros() as usize
}

/// Whether a colon, one space, a value without whitespace around it, and a line end follow the name.
///
/// # Safety
///
/// `name_end <= end`, and `end + 4 <= input.len()`.
#[inline(always)]
unsafe fn is_plain(input: &[u8], name_end: usize, end: usize) -> bool {
    debug_assert!(name_end <= end);
    // SAFETY: by the caller's promise there are four bytes from `name_end` on, and so from `end` on.
    unsafe {
        // A value that begins with a visible character is not empty, so its last byte is before the line end.
        array_at::<2>(input, name_end) == *b": "
            && array_at::<1>(input, name_end + 2) > [b' ']
            && array_at::<1>(input, end - 1) > [b' ']
            && array_at::<2>(input, end) == *b"\r\n"
    }
}

/// The line at `at`, and where the next one starts, if it is legal. No odd byte follows the name before `from`.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn odd_line(input: &[u8], at: usize, from: usize) -> Option<(Span, usize)> {
    let name_end = token_end(input, at);
    if name_end == at || input.get(name_end) != Some(&b':') {
        return None;
    }
    let end = line_end(input, from.max(name_end + 1))?;
    let (value_start, value_end) = trimmed(input, name_end + 1, end);
    Some((Span::new(at, name_end, value_start, value_end), end + 2))
}

/// The first byte from `at` on that no token has, or the end.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn token_end(input: &[u8], mut at: usize) -> usize {
    while at + 32 <= input.len() {
        // SAFETY: just checked.
        let flags = not_token(unsafe { load_at(input, at) });
        at += flags.trailing_zeros() as usize;
        if flags != 0 {
            return at;
        }
    }
    if input.len() >= 32 && at < input.len() {
        // SAFETY: just checked. Beyond the end nothing is flagged.
        return (at + unsafe { name_len(input, at) }).min(input.len());
    }
    let rest = input.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| !token::is(byte, TOKEN))
        .unwrap_or(rest.len())
}
