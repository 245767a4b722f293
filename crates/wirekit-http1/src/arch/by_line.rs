//! Heads, line by line, with whatever finds the end of a run of bytes.

use super::packed::{Head, Lines, REASON_START, Start};
use crate::field::Span;
use crate::scan::Section;
use crate::token::is_ows;

/// Where runs of bytes end: the part of a backend in which it looks at more than one at a time.
pub(super) trait Ends: Copy {
    /// The first byte from `at` on that no token has, or the end.
    fn token_end(self, input: &[u8], at: usize) -> usize;

    /// The first byte from `at` on that no field value has, or the end.
    fn value_end(self, input: &[u8], at: usize) -> usize;

    /// The first byte from `at` on that ends a target, or that makes it one to look at more closely; or the end.
    fn target_end(self, input: &[u8], at: usize) -> usize;
}

// A call of its own: inline, it would keep the choice of a backend from being inlined where a head is read.
#[inline(never)]
pub(super) fn head(
    ends: impl Ends,
    section: Section,
    input: &[u8],
    spans: &mut [Span],
    max_target_len: usize,
) -> Head {
    let start = match section {
        Section::Request => request_line(ends, input, max_target_len),
        Section::Response => status_line(ends, input),
        Section::Trailers => None,
    };
    let Some((start, next)) = start else {
        return Head::NONE;
    };
    Head {
        start,
        lines: lines(ends, input, next, spans, 0),
    }
}

fn request_line(ends: impl Ends, input: &[u8], max_target_len: usize) -> Option<(Start, usize)> {
    let method_end = ends.token_end(input, 0);
    let short_method_end = u8::try_from(method_end).ok()?;
    if method_end == 0 || input.get(method_end) != Some(&b' ') {
        return None;
    }
    let text_start = method_end + 1;
    let text_end = ends.target_end(input, text_start);
    if text_end == text_start || text_end - text_start > max_target_len {
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

fn status_line(ends: impl Ends, input: &[u8]) -> Option<(Start, usize)> {
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
    let text_end = ends.value_end(input, text_start);
    if input.get(text_end..)?.first_chunk()? != b"\r\n" {
        return None;
    }
    let minor = *minor - b'0';
    Some((Start::of_response(status, text_end, minor), text_end + 2))
}

#[inline(never)]
pub(super) fn lines(
    ends: impl Ends,
    input: &[u8],
    mut at: usize,
    spans: &mut [Span],
    mut fields: usize,
) -> Lines {
    for span in spans.get_mut(fields..).unwrap_or_default() {
        let name_end = ends.token_end(input, at);
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
        let line_end = ends.value_end(input, value_start);
        if line_end == input.len() {
            return Lines::up_to(at, fields).before_plain_bytes();
        }
        if input.get(line_end..).and_then(<[u8]>::first_chunk) != Some(b"\r\n") {
            break;
        }
        let mut value_end = line_end;
        while let Some([.., b' ' | b'\t']) = input.get(value_start..value_end) {
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
