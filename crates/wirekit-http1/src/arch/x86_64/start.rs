//! Start lines.

use super::super::packed::{Head, REASON_START, Start};
use super::array_at;
use super::classes::{joined, load_at, not_target, not_token, odd_at};
use super::lines::lines;
use super::short::ShortSection;
use crate::field::Span;

/// A request line and the plain lines after it.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn request(input: &[u8], spans: &mut [Span], max_target_len: usize) -> Head {
    if input.len() < 64 {
        let Some(flags) = ShortSection::of(input) else {
            return Head::NONE;
        };
        let flags_of_line = (flags.not_token, flags.not_target());
        let Some((start, next)) = request_line(input, flags_of_line, max_target_len) else {
            return Head::NONE;
        };
        // SAFETY: the flags are of this input.
        let lines = unsafe { flags.lines(input, next, spans, 0) };
        return Head { start, lines };
    }
    // SAFETY: there are 64 bytes.
    let (first, second) = unsafe { (load_at(input, 0), load_at(input, 32)) };
    let flags = (
        u64::from(not_token(first)) | 1 << 32,
        joined(not_target(first), not_target(second)),
    );
    let Some((start, next)) = request_line(input, flags, max_target_len) else {
        return Head::NONE;
    };
    let lines = lines(input, next, spans, 0);
    Head { start, lines }
}

/// A request line from the flags of what is no token and no target in the first 64 bytes, or fewer if the input has
/// fewer; and where the next line starts.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn request_line(
    input: &[u8],
    (not_token, not_target): (u64, u64),
    max_target_len: usize,
) -> Option<(Start, usize)> {
    let len = input.len();
    let method_end = not_token.trailing_zeros();
    let text_start = method_end as usize + 1;
    if method_end == 0 || input.get(method_end as usize) != Some(&b' ') {
        return None;
    }
    let after_method = not_target >> (text_start & 63);
    let text_end = if after_method == 0 {
        target_end(input, 64)?
    } else {
        text_start + after_method.trailing_zeros() as usize
    };
    // The space, the version and the line end.
    if text_end == text_start || text_end - text_start > max_target_len || text_end + 11 > len {
        return None;
    }
    // SAFETY: 11 bytes from `text_end` on were just found to be there.
    let (version, end) = unsafe {
        (
            array_at::<8>(input, text_end),
            array_at::<4>(input, text_end + 7),
        )
    };
    let minor = minor_of(end);
    if version != *b" HTTP/1." || minor > 1 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "one is at most 64, the other 1"
    )]
    let start = Start::of_request(method_end as u8, text_end, minor as u8);
    Some((start, text_end + 11))
}

/// The digit of `.0\r\n` or `.1\r\n`; more than 1 for all else.
#[inline(always)]
const fn minor_of(end: [u8; 4]) -> u32 {
    (u32::from_le_bytes(end) ^ u32::from_le_bytes(*b".0\r\n")).rotate_right(8)
}

/// The end of a target that goes on at `at`, if the input goes on for a window after each part.
#[cold]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn target_end(input: &[u8], mut at: usize) -> Option<usize> {
    while at + 32 <= input.len() {
        // SAFETY: just checked.
        let flags = not_target(unsafe { load_at(input, at) });
        if flags != 0 {
            return Some(at + flags.trailing_zeros() as usize);
        }
        at += 32;
    }
    None
}

/// A status line and the plain lines after it.
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn response(input: &[u8], spans: &mut [Span]) -> Head {
    if input.len() < 64 {
        let Some(flags) = ShortSection::of(input) else {
            return Head::NONE;
        };
        let Some((start, next)) = status_line(input, flags.odd) else {
            return Head::NONE;
        };
        // SAFETY: the flags are of this input.
        let lines = unsafe { flags.lines(input, next, spans, 0) };
        return Head { start, lines };
    }
    // SAFETY: there are 64 bytes.
    let Some((start, next)) = status_line(input, unsafe { odd_at(input, 0) }) else {
        return Head::NONE;
    };
    let lines = lines(input, next, spans, 0);
    Head { start, lines }
}

/// A status line from the flags of the first 64 bytes, or fewer; and where the next line starts.
#[inline(always)]
fn status_line(input: &[u8], odd: u64) -> Option<(Start, usize)> {
    let [
        version @ ..,
        minor,
        space,
        hundreds,
        tens,
        ones,
        second_space,
    ] = input.first_chunk::<REASON_START>()?;
    let digits = [hundreds, tens, ones].map(|digit| u16::from(digit.wrapping_sub(b'0')));
    let minor = minor.wrapping_sub(b'0');
    let is_plain = version == b"HTTP/1." && minor <= 1 && *space == b' ' && *second_space == b' ';
    if !is_plain || *hundreds == b'0' || digits.iter().any(|&digit| digit > 9) {
        return None;
    }
    let status = digits.iter().fold(0, |status, digit| status * 10 + digit);
    let reason = odd >> REASON_START;
    let text_end = REASON_START + reason.trailing_zeros() as usize;
    if reason == 0 || input.get(text_end..text_end + 2)? != b"\r\n" {
        return None;
    }
    Some((Start::of_response(status, text_end, minor), text_end + 2))
}
