//! Eight bytes at a time in a register, without `unsafe`.

use super::packed::{Head, Lines, REASON_START, Start};
use crate::field::Span;
use crate::scan::Section;
use crate::token::{self, PLAIN_TARGET, TARGET, TOKEN, VALUE, is_ows};

const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
const SPACES: u64 = ONES * 0x20;

/// The high bit of each byte that is below `bounds`, DEL or above it; the lowest bit is always right.
#[inline]
const fn odd(word: u64, bounds: u64) -> u64 {
    // A borrow or a carry reaches only bytes above one that is flagged rightly.
    (word.wrapping_sub(bounds) | word.wrapping_add(ONES) | word) & HIGHS
}

/// The high bit of each byte that is not visible or begins a fragment; the lowest bit is always right.
#[inline]
const fn not_target(word: u64) -> u64 {
    let hash = word ^ (ONES * b'#' as u64);
    odd(word, SPACES + ONES) | (hash.wrapping_sub(ONES) & !hash & HIGHS)
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

/// The first byte from `at` on that no token has, or the end.
pub(super) fn token_end(input: &[u8], at: usize) -> usize {
    end_of(TOKEN, input, at)
}

#[inline]
pub(super) fn value_end(input: &[u8], at: usize) -> usize {
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

pub(super) fn head(
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    max_target_len: usize,
) -> Head {
    let start = match section {
        Section::Request => request_line(input, max_target_len),
        Section::Response => status_line(input),
        Section::Trailers => None,
    };
    let Some((start, next)) = start else {
        return Head::NONE;
    };
    Head {
        start,
        lines: lines(input, next, spans, 0),
    }
}

fn request_line(input: &[u8], max_target_len: usize) -> Option<(Start, usize)> {
    let method_end = end_of(TOKEN, input, 0);
    let short_method_end = u8::try_from(method_end).ok()?;
    if method_end == 0 || input.get(method_end) != Some(&b' ') {
        return None;
    }
    let text_start = method_end + 1;
    let text_end = end_of(TARGET, input, skip_unflagged(input, text_start, not_target));
    if text_end == text_start || text_end - text_start > max_target_len {
        return None;
    }
    let target = input.get(text_start..text_end)?;
    if !target.iter().all(|&byte| token::is(byte, PLAIN_TARGET)) {
        return None;
    }
    let (version, end) = input.get(text_end..)?.split_first_chunk()?;
    let ([digit @ (b'0' | b'1'), b'\r', b'\n'], b" HTTP/1.") = (end.first_chunk()?, version) else {
        return None;
    };
    let minor = *digit - b'0';
    Some((
        Start::of_request(short_method_end, text_end, minor),
        text_end + 11,
    ))
}

fn status_line(input: &[u8]) -> Option<(Start, usize)> {
    let [
        b'H',
        b'T',
        b'T',
        b'P',
        b'/',
        b'1',
        b'.',
        minor @ (b'0' | b'1'),
        b' ',
        digits @ ..,
        b' ',
    ] = input.first_chunk::<REASON_START>()?
    else {
        return None;
    };
    if !digits.iter().all(u8::is_ascii_digit) || digits.first() == Some(&b'0') {
        return None;
    }
    let status = digits
        .iter()
        .fold(0, |status, digit| status * 10 + u16::from(*digit - b'0'));
    let text_start = REASON_START;
    let text_end = value_end(input, text_start);
    if input.get(text_end..)?.first_chunk()? != b"\r\n" {
        return None;
    }
    let minor = *minor - b'0';
    Some((Start::of_response(status, text_end, minor), text_end + 2))
}

pub(super) fn lines(input: &[u8], mut at: usize, spans: &mut [Span], mut fields: usize) -> Lines {
    for span in spans.iter_mut().skip(fields) {
        let name_end = token_end(input, at);
        let Some([b':', after_name @ ..]) = input.get(name_end..) else {
            break;
        };
        if name_end == at {
            break;
        }
        // One space and a visible character, nearly always.
        let mut value_start = name_end + 2;
        if !matches!(after_name, [b' ', b'!'..=b'~', ..]) {
            value_start -= 1;
            while input.get(value_start).is_some_and(|&byte| is_ows(byte)) {
                value_start += 1;
            }
        }
        let line_end = value_end(input, value_start);
        if line_end == input.len() {
            return Lines::up_to(at, fields).before_plain_bytes();
        }
        if input.get(line_end..).and_then(<[u8]>::first_chunk) != Some(b"\r\n") {
            break;
        }
        let mut value_end = line_end;
        while value_end > value_start && input.get(value_end - 1).is_some_and(|&byte| is_ows(byte))
        {
            value_end -= 1;
        }
        *span = Span::new(at, name_end, value_start, value_end);
        fields += 1;
        at = line_end + 2;
    }
    if input.get(at..).and_then(<[u8]>::first_chunk) == Some(b"\r\n") {
        return Lines::all(at + 2, fields);
    }
    Lines::up_to(at, fields)
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
                    let target = word.iter().position(|&byte| !token::is(byte, TARGET));
                    let found = not_target(number).trailing_zeros() as usize / 8;
                    assert_eq!(found, target.unwrap_or(8), "{}", word.escape_ascii());
                }
            }
        }
    }
}
