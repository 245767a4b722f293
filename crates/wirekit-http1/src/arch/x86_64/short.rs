//! Sections shorter than a window of 64 bytes: the flags of all of it, and the lines from them.

use core::arch::x86_64::{__m256i, _mm256_set_m128i};

use super::classes::{load, load_half, not_target, not_token, odd};
use super::ends::value_end;
use super::lines::trimmed;
use super::{Lines, array_at};
use crate::field::Span;

/// The flags of 16 to 63 bytes. Bits beyond the end are clear.
pub(super) struct Short {
    pub(super) not_token: u64,
    pub(super) odd: u64,
    pub(super) not_target: u64,
}

impl Short {
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn of(input: &[u8]) -> Option<Self> {
        let len = input.len();
        // Two loads that overlap in the middle: what both see, both flag alike.
        if let (Some(first), Some(last)) = (input.first_chunk::<32>(), input.last_chunk::<32>()) {
            let (first, last, by) = (load(first), load(last), len - 32);
            let both = |first: u32, last: u32| u64::from(first) | u64::from(last) << by;
            return Some(Self {
                not_token: both(not_token(first), not_token(last)),
                odd: both(odd(first), odd(last)),
                not_target: both(not_target(first), not_target(last)),
            });
        }
        let (first, last) = (input.first_chunk::<16>()?, input.last_chunk::<16>()?);
        let bytes: __m256i = _mm256_set_m128i(load_half(last), load_half(first));
        let by = len - 16;
        let both = |flags: u32| u64::from(flags & 0xffff) | u64::from(flags >> 16) << by;
        Some(Self {
            not_token: both(not_token(bytes)),
            odd: both(odd(bytes)),
            not_target: both(not_target(bytes)),
        })
    }

    /// The plain lines from `at` on, before which there are no fields.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn lines(
        &self,
        input: &[u8],
        mut at: usize,
        spans: &mut [Span],
        fields: usize,
    ) -> Lines {
        let len = input.len();
        let Some(free) = spans.get_mut(fields..) else {
            return Lines::up_to(at, fields);
        };
        let all_fields = fields + free.len();
        let mut free = free.iter_mut();
        while at < len {
            let (odd, not_token) = (self.odd >> at, self.not_token >> at);
            let mut end = at + odd.trailing_zeros() as usize;
            if odd == 0 || end + 2 > len {
                break;
            }
            // SAFETY: just checked.
            if unsafe { array_at::<2>(input, end) } != *b"\r\n" {
                end = value_end(input, end);
                if input.get(end..end + 2) != Some(b"\r\n") {
                    break;
                }
            }
            let name_len = not_token.trailing_zeros() as usize;
            if name_len == 0 {
                if end == at {
                    return Lines::all(at + 2, all_fields - free.len());
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
            let Some(span) = free.next() else { break };
            *span = Span::new(at, name_end, value_start, value_end);
            at = end + 2;
        }
        Lines::up_to(at, all_fields - free.len())
    }
}

/// The plain lines of a short input.
#[cold]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn lines(input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
    match Short::of(input) {
        Some(flags) => flags.lines(input, at, spans, fields),
        None => Lines::up_to(at, fields),
    }
}
