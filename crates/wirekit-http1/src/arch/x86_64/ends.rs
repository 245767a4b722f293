//! Where lines and values end.

use core::mem::MaybeUninit;

use super::classes::{has_odd, load, load_at, not_value, odd_at};
use crate::token::{self, VALUE};

/// The windows of 64 bytes that are looked through at a time: more would go far beyond the end of most heads.
const WINDOWS: usize = 16;

/// The places of odd bytes, found before the lines that they end are looked at. Of several in a row only the first.
///
/// A window has at most 32 of them, and the last three writes may be for nothing.
pub(super) struct Ends([MaybeUninit<u32>; (WINDOWS + 1) * 32 + 3]);

impl Ends {
    #[inline(always)]
    pub(super) const fn new() -> Self {
        Self([MaybeUninit::uninit(); (WINDOWS + 1) * 32 + 3])
    }

    /// Those from `from` on, until an empty line, a long line or enough; and the byte up to which there are no more.
    ///
    /// Every one has at least three bytes after it.
    #[inline]
    #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
    pub(super) fn find(&mut self, input: &[u8], from: usize) -> (&[u32], usize) {
        let len = input.len();
        let Some(last_window) = len.checked_sub(64) else {
            return (&[], from);
        };
        let last = last_window.min(from + (WINDOWS - 1) * 64);
        let (mut at, mut count) = (from, 0);
        // The bit below the window, and a window before the first that counts as one with an end.
        let (mut below, mut before) = (0, 1);
        loop {
            if at > last {
                if at > last_window && at < len {
                    // The window that ends with the input; bytes before `at` are shifted out.
                    // SAFETY: `last_window + 64 == len`.
                    let odd = unsafe { odd_at(input, last_window) } >> (at - last_window);
                    // SAFETY: this is one more than `WINDOWS`.
                    count = unsafe { self.push(count, at, odd, below) };
                    at = len;
                }
                break;
            }
            // SAFETY: `last + 64 <= len`.
            let odd = unsafe { odd_at(input, at) };
            // SAFETY: this is one of at most `WINDOWS`.
            count = unsafe { self.push(count, at, odd, below) };
            at += 64;
            // An empty line is two line ends in a row; two windows without one are searched better by `line_end`.
            if odd & odd >> 2 != 0 || odd | before == 0 {
                break;
            }
            (below, before) = (odd >> 63, odd);
        }
        // SAFETY: `push` has written as many.
        let mut found =
            unsafe { core::slice::from_raw_parts(self.0.as_ptr().cast::<u32>(), count) };
        while let [rest @ .., end] = found
            && *end as usize + 4 > len
        {
            found = rest;
            at = *end as usize;
        }
        (found, at)
    }

    /// Notes the first of each run of bits; how many there are then.
    ///
    /// # Safety
    ///
    /// It is called for at most `WINDOWS + 1` windows.
    #[inline(always)]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scan is cut to u32::MAX bytes before it starts"
    )]
    unsafe fn push(&mut self, count: usize, at: usize, odd: u64, below: u64) -> usize {
        let mut starts = odd & !(odd << 1 | below);
        let found = starts.count_ones();
        let mut next = count;
        let mut write = |starts: u64| {
            debug_assert!(next < self.0.len());
            // SAFETY: by the caller's promise and the size of the array.
            unsafe { self.0.get_unchecked_mut(next) }.write(at as u32 + starts.trailing_zeros());
            next += 1;
        };
        // Most windows have one or two: three are written without looking.
        for _ in 0..3 {
            write(starts);
            starts &= starts.wrapping_sub(1);
        }
        while starts != 0 {
            write(starts);
            starts &= starts.wrapping_sub(1);
        }
        count + found as usize
    }
}

/// The CR of the line end that follows the value bytes from `at` on, if all of it is there.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn line_end(input: &[u8], at: usize) -> Option<usize> {
    let is_there = |end: usize| input.get(end..end + 2) == Some(b"\r\n");
    let end = odd_end(input, at);
    if is_there(end) {
        return Some(end);
    }
    let end = value_end(input, end);
    is_there(end).then_some(end)
}

/// The first odd byte from `at` on, or the end; near the end only one that no value has.
#[inline]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
fn odd_end(input: &[u8], mut at: usize) -> usize {
    let len = input.len();
    while at + 64 <= len {
        // SAFETY: just checked.
        let flags = unsafe { odd_at(input, at) };
        if flags != 0 {
            return at + flags.trailing_zeros() as usize;
        }
        at += 64;
        while at + 128 <= len {
            // SAFETY: just checked.
            if has_odd(unsafe { [0, 32, 64, 96].map(|by| load_at(input, at + by)) }) {
                break;
            }
            at += 128;
        }
    }
    value_end(input, at)
}

/// The first byte from `at` on that no field value has, or the end.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
pub(super) fn value_end(input: &[u8], mut at: usize) -> usize {
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
