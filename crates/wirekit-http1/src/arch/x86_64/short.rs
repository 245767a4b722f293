//! Sections shorter than a window of 64 bytes: the flags of all of it, and the lines from them.

use core::arch::x86_64::{__m256i, _mm256_set_m128i};

use super::classes::{load_at, load_half, not_target, not_token, odd};
use super::ends::value_end;
use super::{Lines, array_at};
use crate::field::Span;
use crate::token::trimmed;

/// The flags of 16 to 63 bytes. Bits beyond the end are clear.
pub(super) struct ShortSection {
    pub(super) not_token: u64,
    pub(super) odd: u64,
    bytes: Bytes,
}

/// Two loads that overlap in the middle: what both see, both flag alike.
#[derive(Clone, Copy)]
enum Bytes {
    /// Two vectors; bits of the second belong this much higher.
    Two(__m256i, __m256i, u32),
    /// Two halves of one; bits of the second belong this much higher than they are.
    One(__m256i, u32),
}

impl Bytes {
    #[inline(always)]
    fn flags(self, class: impl Fn(__m256i) -> u32) -> u64 {
        match self {
            Self::Two(first, last, by) => u64::from(class(first)) | u64::from(class(last)) << by,
            Self::One(bytes, by) => {
                let flags = class(bytes);
                u64::from(flags & 0xffff) | u64::from(flags & 0xffff_0000) << by >> 16
            }
        }
    }
}

impl ShortSection {
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    #[expect(clippy::cast_possible_truncation, reason = "at most 63")]
    pub(super) fn of(input: &[u8]) -> Option<Self> {
        let len = input.len();
        let bytes = if len >= 32 {
            // SAFETY: just checked.
            let (first, last) = unsafe { (load_at(input, 0), load_at(input, len - 32)) };
            Bytes::Two(first, last, len as u32 - 32)
        } else if len >= 16 {
            // SAFETY: just checked.
            let halves = unsafe { (array_at(input, 0), array_at(input, len - 16)) };
            let bytes = _mm256_set_m128i(load_half(&halves.1), load_half(&halves.0));
            Bytes::One(bytes, len as u32 - 16)
        } else {
            return None;
        };
        Some(Self {
            not_token: bytes.flags(|bytes| not_token(bytes)),
            odd: bytes.flags(|bytes| odd(bytes)),
            bytes,
        })
    }

    /// The bytes that end a target, or make it one to look at more closely.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn not_target(&self) -> u64 {
        self.bytes.flags(|bytes| not_target(bytes))
    }

    /// The plain lines from `at` on, after `fields` that the table has already.
    ///
    /// # Safety
    ///
    /// These are the flags of `input`, and the features of this module are there.
    #[inline(always)]
    pub(super) unsafe fn lines(
        &self,
        input: &[u8],
        mut at: usize,
        spans: &mut [Span],
        mut fields: usize,
    ) -> Lines {
        let len = input.len();
        while at < len {
            let (odd, not_token) = (self.odd >> at, self.not_token >> at);
            let mut end = at + odd.trailing_zeros() as usize;
            if odd == 0 || end + 2 > len {
                break;
            }
            // SAFETY: just checked.
            if unsafe { array_at::<2>(input, end) } != *b"\r\n" {
                // SAFETY: by the caller's promise.
                end = unsafe { value_end(input, end) };
                if input.get(end..end + 2) != Some(b"\r\n") {
                    break;
                }
            }
            let name_len = not_token.trailing_zeros() as usize;
            if name_len == 0 {
                if end == at {
                    return Lines::all(at + 2, fields);
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
            let [colon, space, first] = unsafe { array_at::<3>(input, name_end) };
            if colon != b':' {
                break;
            }
            let (mut value_start, mut value_end) = (name_end + 2, end);
            // SAFETY: there is a byte before `end`: the colon, if no other.
            let [last] = unsafe { array_at::<1>(input, end - 1) };
            if space != b' ' || first <= b' ' || last <= b' ' {
                (value_start, value_end) = trimmed(input, name_end + 1, end);
            }
            let Some(span) = spans.get_mut(fields) else {
                break;
            };
            *span = Span::new(at, name_end, value_start, value_end);
            (at, fields) = (end + 2, fields + 1);
        }
        Lines::up_to(at, fields)
    }
}

/// The plain lines of a short input.
#[cold]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn lines(input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
    match ShortSection::of(input) {
        // SAFETY: the flags are of this input.
        Some(flags) => unsafe { flags.lines(input, at, spans, fields) },
        None => Lines::up_to(at, fields),
    }
}
