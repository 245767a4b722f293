//! A window of 64 bytes a line: one comparison flags every byte that may end the value, one table look-up every byte
//! that ends the name; the first flag of each says where the colon and the line end are.
//!
//! The flags of a value are cheap and too many: a tab or a byte above 0x7E is flagged too, and only a line with one is
//! looked at again exactly.
#![expect(
    unsafe_code,
    reason = "vector loads, and reads whose bounds one comparison a line has checked"
)]

use core::arch::x86_64::{
    __m128i, __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_andnot_si256,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_cmpgt_epi8, _mm256_loadu_si256,
    _mm256_min_epi8, _mm256_min_epu8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set_m128i,
    _mm256_set1_epi8, _mm256_setzero_si256, _mm256_shuffle_epi8, _mm256_srli_epi16,
};

#[cfg(feature = "std")]
use core::sync::atomic::{AtomicU8, Ordering};

use super::{Lines, REASON_START};
use crate::field::Span;
use crate::scan::{Section, StartLine};
use crate::token::{self, TOKEN, VALUE, is_ows};

/// Proof that the machine has what the functions of this module are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

/// What was found when the machine was first looked at; all features in one byte, looked up once a head.
#[cfg(feature = "std")]
static FOUND: AtomicU8 = AtomicU8::new(0);
#[cfg(feature = "std")]
const PRESENT: u8 = 1;
#[cfg(feature = "std")]
const ABSENT: u8 = 2;

impl Avx2 {
    #[cfg(feature = "std")]
    #[inline]
    pub(super) fn detect() -> Option<Self> {
        match FOUND.load(Ordering::Relaxed) {
            PRESENT => Some(Self(())),
            ABSENT => None,
            _ => Self::look(),
        }
    }

    #[cfg(feature = "std")]
    #[cold]
    fn look() -> Option<Self> {
        let has_all = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2");
        FOUND.store(if has_all { PRESENT } else { ABSENT }, Ordering::Relaxed);
        has_all.then_some(Self(()))
    }

    #[cfg(not(feature = "std"))]
    #[inline]
    pub(super) const fn detect() -> Option<Self> {
        if cfg!(all(target_feature = "bmi1", target_feature = "bmi2")) {
            Some(Self(()))
        } else {
            None
        }
    }

    #[inline]
    pub(super) fn head(
        self,
        section: Section,
        input: &[u8],
        spans: &mut [Span],
        max_target_len: usize,
    ) -> Option<(StartLine, Lines)> {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe {
            match section {
                Section::Request => request(input, spans, max_target_len),
                Section::Response => response(input, spans),
                Section::Trailers => None,
            }
        }
    }

    #[inline]
    pub(super) fn lines(self, input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe { lines_from(input, at, spans, fields) }
    }

    #[inline]
    pub(super) fn value_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe { exact_value_end(input, at) }
    }
}

/// The classes of bytes by their halves: a byte is a token character when the entries of its two halves share a bit.
///
/// Rows 2 to 7 of the ASCII table have a bit each; a byte above 0x7F picks zero from the table of low halves, because
/// the instruction gives zero where the index has its high bit set.
static LOW_HALVES: [u8; 16] = {
    let mut table = [0; 16];
    let mut byte = 0x20_u8;
    while byte < 0x80 {
        if token::is(byte, TOKEN) {
            #[expect(clippy::indexing_slicing, reason = "computed at compile time")]
            {
                table[(byte & 0xf) as usize] |= 1 << ((byte >> 4) - 2);
            }
        }
        byte += 1;
    }
    table
};
static HIGH_HALVES: [u8; 16] = [0, 0, 1, 2, 4, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0];

/// The bounds of [`odd`]: below SP, and below `!`.
const CONTROLS: i8 = 0x20;
const CONTROLS_AND_SPACE: i8 = 0x21;

#[inline]
fn load(bytes: &[u8; 32]) -> __m256i {
    // SAFETY: 32 bytes are readable there, and the load needs no alignment; AVX is checked by every entry.
    unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) }
}

#[inline]
fn load_half(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: 16 bytes are readable there, and the load needs no alignment; SSE2 is part of x86-64.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// The 32 bytes at `at`, of which the caller has checked that there are that many.
///
/// # Safety
///
/// `at + 32 <= input.len()`.
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn load_at(input: &[u8], at: usize) -> __m256i {
    debug_assert!(at + 32 <= input.len());
    // SAFETY: by the caller's promise the array lies within the slice.
    load(unsafe { &*input.as_ptr().add(at).cast::<[u8; 32]>() })
}

/// `LEN` bytes at `at`.
///
/// # Safety
///
/// `at + LEN <= input.len()`.
#[inline]
unsafe fn array_at<const LEN: usize>(input: &[u8], at: usize) -> [u8; LEN] {
    debug_assert!(at + LEN <= input.len());
    // SAFETY: by the caller's promise the array lies within the slice.
    unsafe { input.as_ptr().add(at).cast::<[u8; LEN]>().read() }
}

/// A flag for every byte that is below `bound`, DEL or above it.
#[inline]
#[target_feature(enable = "avx2")]
fn odd(bytes: __m256i, bound: i8) -> u32 {
    // Adding one turns DEL negative and keeps what is above it negative or makes it zero.
    let raised = _mm256_add_epi8(bytes, _mm256_set1_epi8(1));
    _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(bound + 1), raised)).cast_unsigned()
}

/// A flag for every byte that no request target has, and above 0x7E.
#[inline]
#[target_feature(enable = "avx2")]
fn not_target(bytes: __m256i) -> u32 {
    let hash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'#'.cast_signed()));
    odd(bytes, CONTROLS_AND_SPACE) | _mm256_movemask_epi8(hash).cast_unsigned()
}

/// A flag for every byte that no token has.
#[inline]
#[target_feature(enable = "avx2")]
fn not_token(bytes: __m256i) -> u32 {
    let low = _mm256_shuffle_epi8(twice(&LOW_HALVES), bytes);
    let halves = _mm256_and_si256(_mm256_srli_epi16::<4>(bytes), _mm256_set1_epi8(0x0f));
    let high = _mm256_shuffle_epi8(twice(&HIGH_HALVES), halves);
    let none = _mm256_cmpeq_epi8(_mm256_and_si256(low, high), _mm256_setzero_si256());
    _mm256_movemask_epi8(none).cast_unsigned()
}

#[inline]
#[target_feature(enable = "avx2")]
fn twice(table: &[u8; 16]) -> __m256i {
    _mm256_broadcastsi128_si256(load_half(table))
}

/// A flag for every byte that no field value has.
#[inline]
#[target_feature(enable = "avx2")]
fn not_value(bytes: __m256i) -> u32 {
    let low = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
    let tab = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(b'\t'.cast_signed()));
    let del = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(0x7f));
    _mm256_movemask_epi8(_mm256_or_si256(_mm256_andnot_si256(tab, low), del)).cast_unsigned()
}

#[inline]
const fn joined(low: u32, high: u32) -> u64 {
    low as u64 | (high as u64) << 32
}

/// The flags of a whole head shorter than a window: 16 to 63 bytes. Bits beyond the end are clear.
struct Small {
    not_token: u64,
    controls: u64,
    not_target: u64,
}

impl Small {
    #[inline]
    #[target_feature(enable = "avx2")]
    fn of(input: &[u8]) -> Option<Self> {
        let len = input.len();
        // Two loads that overlap in the middle: what both see, both flag alike.
        if let (Some(first), Some(last)) = (input.first_chunk::<32>(), input.last_chunk::<32>()) {
            let (first, last, by) = (load(first), load(last), len - 32);
            let both = |first: u32, last: u32| u64::from(first) | u64::from(last) << by;
            return Some(Self {
                not_token: both(not_token(first), not_token(last)),
                controls: both(odd(first, CONTROLS), odd(last, CONTROLS)),
                not_target: both(not_target(first), not_target(last)),
            });
        }
        let (first, last) = (input.first_chunk::<16>()?, input.last_chunk::<16>()?);
        let bytes = _mm256_set_m128i(load_half(last), load_half(first));
        let by = len - 16;
        let both = |flags: u32| u64::from(flags & 0xffff) | u64::from(flags >> 16) << by;
        Some(Self {
            not_token: both(not_token(bytes)),
            controls: both(odd(bytes, CONTROLS)),
            not_target: both(not_target(bytes)),
        })
    }
}

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn request(input: &[u8], spans: &mut [Span], max_target_len: usize) -> Option<(StartLine, Lines)> {
    let len = input.len();
    if len < 64 {
        let flags = Small::of(input)?;
        let (line, next) = request_line(input, flags.not_token, flags.not_target, max_target_len)?;
        let run = Tail {
            base: 0,
            not_token: flags.not_token,
            controls: flags.controls,
        };
        return Some((line, run.lines(input, next, spans, 0)));
    }
    // SAFETY: there are 64 bytes.
    let (first, second) = unsafe { (load_at(input, 0), load_at(input, 32)) };
    let not_token = u64::from(not_token(first)) | 1 << 32;
    let (line, next) = request_line(
        input,
        not_token,
        joined(not_target(first), not_target(second)),
        max_target_len,
    )?;
    Some((line, lines_from(input, next, spans, 0)))
}

/// A request line from the flags of the first 64 bytes, or fewer if the input has fewer.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn request_line(
    input: &[u8],
    not_token: u64,
    not_target: u64,
    max_target_len: usize,
) -> Option<(StartLine, usize)> {
    const VERSION: u64 = u64::from_le_bytes(*b"HTTP/1.\0");
    let len = input.len();
    let method_end = not_token.trailing_zeros() as usize;
    let text_start = method_end + 1;
    if method_end == 0 || text_start >= len.min(64) || input.get(method_end) != Some(&b' ') {
        return None;
    }
    let after_method = not_target >> text_start;
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
    let (space, version, end) = unsafe {
        (
            array_at::<1>(input, text_end),
            array_at::<8>(input, text_end + 1),
            array_at::<2>(input, text_end + 9),
        )
    };
    let version = u64::from_le_bytes(version) ^ VERSION;
    let minor = (version >> 56) as u8 ^ b'0';
    if space != *b" " || version << 8 != 0 || minor > 1 || end != *b"\r\n" {
        return None;
    }
    Some((
        StartLine::of_request(method_end, text_end, minor),
        text_end + 11,
    ))
}

/// The end of a target that goes on at `at`, if the input goes on for a window after each part.
#[cold]
#[target_feature(enable = "avx2,bmi1,bmi2")]
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

#[target_feature(enable = "avx2,bmi1,bmi2")]
fn response(input: &[u8], spans: &mut [Span]) -> Option<(StartLine, Lines)> {
    const VERSION: u64 = u64::from_le_bytes(*b"HTTP/1.\0");
    let [version @ .., space, hundreds, tens, ones, second_space] =
        input.first_chunk::<REASON_START>()?;
    let version = u64::from_le_bytes(*version) ^ VERSION;
    let minor = (version >> 56) as u8 ^ b'0';
    let digits = [hundreds, tens, ones].map(|digit| u16::from(digit.wrapping_sub(b'0')));
    let is_plain = version << 8 == 0 && minor <= 1 && *space == b' ' && *second_space == b' ';
    if !is_plain || digits.iter().any(|&digit| digit > 9) {
        return None;
    }
    let status = digits.iter().fold(0, |status, digit| status * 10 + digit);
    let small = if input.len() < 64 {
        Some(Small::of(input)?)
    } else {
        None
    };
    let controls = match &small {
        Some(flags) => flags.controls,
        // SAFETY: there are 64 bytes.
        None => unsafe {
            joined(
                odd(load_at(input, 0), CONTROLS),
                odd(load_at(input, 32), CONTROLS),
            )
        },
    };
    let reason = controls >> REASON_START;
    let text_end = REASON_START + reason.trailing_zeros() as usize;
    if reason == 0 || input.get(text_end..text_end + 2)? != b"\r\n" {
        return None;
    }
    let line = StartLine::of_response(status, text_end, minor);
    let next = text_end + 2;
    let lines = match small {
        Some(flags) => Tail {
            base: 0,
            not_token: flags.not_token,
            controls: flags.controls,
        }
        .lines(input, next, spans, 0),
        None => lines_from(input, next, spans, 0),
    };
    Some((line, lines))
}

/// The plain lines from `at` on.
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn lines_from(input: &[u8], mut at: usize, spans: &mut [Span], fields: usize) -> Lines {
    let len = input.len();
    let Some(free) = spans.get_mut(fields..) else {
        return Lines {
            at,
            fields,
            is_end: false,
        };
    };
    let capacity = free.len();
    let mut free = free.iter_mut();
    while at + 64 <= len {
        // SAFETY: just checked.
        let (first, second) = unsafe { (load_at(input, at), load_at(input, at + 32)) };
        let controls = joined(odd(first, CONTROLS), odd(second, CONTROLS));
        let not_token = not_token(first);
        let mut end = at + controls.trailing_zeros() as usize;
        if controls == 0 {
            end = long_value_end(input, at + 64);
        }
        // The line end, and two bytes of the next line: only an incomplete head has fewer.
        if end + 4 > len {
            break;
        }
        // SAFETY: just checked.
        if unsafe { array_at::<2>(input, end) } != *b"\r\n" {
            end = exact_value_end(input, end);
            if end + 4 > len || input.get(end..end + 2) != Some(b"\r\n") {
                break;
            }
        }
        let name_len = not_token.trailing_zeros() as usize;
        if name_len == 0 {
            if end == at {
                return Lines {
                    at: at + 2,
                    fields: fields + capacity - free.len(),
                    is_end: true,
                };
            }
            break;
        }
        let name_end = if not_token == 0 {
            long_name_end(input, at + 32)
        } else {
            at + name_len
        };
        // A name ends at the line end, if not before.
        // SAFETY: `name_end <= end`, and `end + 4 <= len` was checked.
        let Some((value_start, value_end)) = (unsafe { value(input, name_end, end) }) else {
            break;
        };
        let Some(span) = free.next() else { break };
        *span = Span::new(at, name_end, value_start, value_end);
        at = end + 2;
    }
    let fields = fields + capacity - free.len();
    let Some(last) = input.last_chunk::<64>() else {
        return Lines {
            at,
            fields,
            is_end: false,
        };
    };
    let base = len - 64;
    if at < base {
        return Lines {
            at,
            fields,
            is_end: false,
        };
    }
    // SAFETY: the array has 64 bytes.
    let (first, second) = unsafe { (load_at(last, 0), load_at(last, 32)) };
    let tail = Tail {
        base,
        not_token: joined(not_token(first), not_token(second)),
        controls: joined(odd(first, CONTROLS), odd(second, CONTROLS)),
    };
    tail.lines(input, at, spans, fields)
}

/// The flags of the last 64 bytes, or of all if there are fewer.
struct Tail {
    /// The byte of the lowest flags.
    base: usize,
    not_token: u64,
    controls: u64,
}

impl Tail {
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2")]
    fn lines(&self, input: &[u8], mut at: usize, spans: &mut [Span], mut fields: usize) -> Lines {
        let len = input.len();
        let mut is_end = false;
        while at < len {
            let by = at - self.base;
            let (controls, not_token) = (self.controls >> by, self.not_token >> by);
            let mut end = at + controls.trailing_zeros() as usize;
            if controls == 0 || end + 2 > len {
                break;
            }
            // SAFETY: just checked.
            if unsafe { array_at::<2>(input, end) } != *b"\r\n" {
                end = exact_value_end(input, end);
                if end + 2 > len || input.get(end..end + 2) != Some(b"\r\n") {
                    break;
                }
            }
            let name_len = not_token.trailing_zeros() as usize;
            if name_len == 0 {
                if end == at {
                    at += 2;
                    is_end = true;
                }
                break;
            }
            // A complete head has its empty line there.
            if end + 4 > len {
                break;
            }
            let name_end = at + name_len;
            // A name ends at the line end, if not before.
            // SAFETY: `name_end <= end`, and `end + 4 <= len` was just checked.
            let Some((value_start, value_end)) = (unsafe { value(input, name_end, end) }) else {
                break;
            };
            let Some(span) = spans.get_mut(fields) else {
                break;
            };
            *span = Span::new(at, name_end, value_start, value_end);
            fields += 1;
            at = end + 2;
        }
        Lines { at, fields, is_end }
    }
}

/// Where the value after a name stands, if a colon ends the name.
///
/// # Safety
///
/// `name_end <= end`, and `end + 4 <= input.len()`.
// One call a line and two places that call it: left to itself the compiler shares the code.
#[inline(always)]
unsafe fn value(input: &[u8], name_end: usize, end: usize) -> Option<(usize, usize)> {
    // SAFETY: by the caller's promise there are four bytes from `name_end` on.
    let [colon, space, first, _] = unsafe { array_at::<4>(input, name_end) };
    if [colon, space] == *b": " && first > b' ' {
        // The value is not empty, so its last byte is before the line end.
        // SAFETY: `name_end + 2 < end <= input.len()`, because the byte at `end` is a CR and that at `name_end + 2` is not.
        let [last] = unsafe { array_at::<1>(input, end - 1) };
        if last > b' ' {
            return Some((name_end + 2, end));
        }
    }
    if colon != b':' {
        return None;
    }
    Some(trimmed(input, name_end + 1, end))
}

/// `start..end` without the whitespace at either end.
#[cold]
fn trimmed(input: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    while start < end && input.get(start).is_some_and(|&byte| is_ows(byte)) {
        start += 1;
    }
    while start < end && input.get(end - 1).is_some_and(|&byte| is_ows(byte)) {
        end -= 1;
    }
    (start, end)
}

/// The end of a name of which 32 bytes are known to be token characters.
#[cold]
fn long_name_end(input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| !token::is(byte, TOKEN))
        .unwrap_or(rest.len())
}

/// The first odd byte from `at` on, or the end.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn long_value_end(input: &[u8], mut at: usize) -> usize {
    let len = input.len();
    while at + 64 <= len {
        // SAFETY: just checked.
        let (first, second) = unsafe { (load_at(input, at), load_at(input, at + 32)) };
        let flags = joined(odd(first, CONTROLS), odd(second, CONTROLS));
        if flags != 0 {
            return at + flags.trailing_zeros() as usize;
        }
        at += 64;
        while at + 128 <= len {
            let one = _mm256_set1_epi8(1);
            // SAFETY: just checked.
            let raised =
                unsafe { [0, 32, 64, 96].map(|by| _mm256_add_epi8(load_at(input, at + by), one)) };
            let [a, b, c, d] = raised;
            let least = _mm256_min_epi8(_mm256_min_epi8(a, b), _mm256_min_epi8(c, d));
            if _mm256_movemask_epi8(_mm256_cmpgt_epi8(_mm256_set1_epi8(CONTROLS + 1), least)) != 0 {
                break;
            }
            at += 128;
        }
    }
    exact_value_end(input, at)
}

/// The first byte from `at` on that no field value has, or the end.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2")]
fn exact_value_end(input: &[u8], mut at: usize) -> usize {
    let len = input.len();
    while at + 32 <= len {
        // SAFETY: just checked.
        let flags = not_value(unsafe { load_at(input, at) });
        if flags != 0 {
            return at + flags.trailing_zeros() as usize;
        }
        at += 32;
    }
    match input.last_chunk::<32>() {
        Some(last) if at < len => {
            // The window that ends with the input; bytes before `at` are shifted out.
            let flags = not_value(load(last)) >> (32 - (len - at));
            if flags == 0 {
                len
            } else {
                at + flags.trailing_zeros() as usize
            }
        }
        _ => {
            let rest = input.get(at..).unwrap_or_default();
            at + rest
                .iter()
                .position(|&byte| !token::is(byte, VALUE))
                .unwrap_or(rest.len())
        }
    }
}
