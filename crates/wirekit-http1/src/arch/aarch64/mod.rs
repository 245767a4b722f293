//! NEON: where runs of bytes end, 16 of them at a time. Every 64-bit Arm processor has it.
#![expect(unsafe_code, reason = "vector loads, and calls into code for NEON")]

mod classes;
#[path = "../halves.rs"]
mod halves;

use super::by_line::{self, Ends};
use super::fallback::Fallback;
use super::packed::{Head, Lines};
use crate::field::Span;
use crate::scan::Section;
use crate::token::{self, PLAIN_TARGET, TOKEN, VALUE};
use classes::{bits, first, first_bit, has_odd, load, not_target, not_token, not_value};
use core::arch::aarch64::uint8x16_t;

/// The backend of processors with NEON, which the target is compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Native(());

impl Native {
    #[inline]
    #[expect(clippy::unnecessary_wraps, reason = "other processors may lack it")]
    pub(super) const fn detect() -> Option<Self> {
        Some(Self(()))
    }

    pub(super) fn head(
        self,
        section: Section,
        input: &[u8],
        spans: &mut [Span],
        max_target_len: usize,
    ) -> Head {
        // Too short for a vector in each of its lines.
        if input.len() < 32 {
            return by_line::head(Fallback, section, input, spans, max_target_len);
        }
        by_line::head(self, section, input, spans, max_target_len)
    }

    pub(super) fn lines(self, input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
        by_line::lines(self, input, at, spans, fields)
    }

    #[inline]
    pub(super) fn token_end(self, input: &[u8], at: usize) -> usize {
        Ends::token_end(self, input, at)
    }

    #[inline]
    pub(super) fn value_end(self, input: &[u8], at: usize) -> usize {
        Ends::value_end(self, input, at)
    }
}

impl Ends for Native {
    #[inline]
    fn token_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: the target has NEON.
        unsafe { token_end(input, at) }
    }

    #[inline]
    fn value_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: the target has NEON.
        unsafe { value_end(input, at) }
    }

    #[inline]
    fn target_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: the target has NEON.
        unsafe { target_end(input, at) }
    }
}

#[inline]
#[target_feature(enable = "neon")]
fn token_end(input: &[u8], at: usize) -> usize {
    end_of(TOKEN, |bytes| not_token(bytes), input, at)
}

#[inline]
#[target_feature(enable = "neon")]
fn target_end(input: &[u8], at: usize) -> usize {
    end_of(PLAIN_TARGET, |bytes| not_target(bytes), input, at)
}

#[inline]
#[target_feature(enable = "neon")]
fn value_end(input: &[u8], at: usize) -> usize {
    let mut start = at;
    for _ in 0..2 {
        match window(input, start) {
            Some(bytes) => match first(not_value(load(bytes))) {
                Some(found) => return start + found,
                None => start += 16,
            },
            None => return tail_end(VALUE, |bytes| not_value(bytes), input, start),
        }
    }
    long_value_end(input, start)
}

#[inline(never)]
#[target_feature(enable = "neon")]
fn long_value_end(input: &[u8], mut at: usize) -> usize {
    while let Some(bytes) = window(input, at)
        && !has_odd(bytes)
    {
        at += 64;
    }
    end_of(VALUE, |bytes| not_value(bytes), input, at)
}

/// The first byte from `at` on that is not of `class`, or the end. `others` flags the bytes that are not of it.
#[inline]
#[target_feature(enable = "neon")]
fn end_of(
    class: u8,
    others: impl Fn(uint8x16_t) -> uint8x16_t,
    input: &[u8],
    mut at: usize,
) -> usize {
    while let Some(bytes) = window(input, at) {
        if let Some(found) = first(others(load(bytes))) {
            return at + found;
        }
        at += 16;
    }
    tail_end(class, others, input, at)
}

/// [`end_of`] where fewer than 16 bytes are left.
#[inline]
#[target_feature(enable = "neon")]
fn tail_end(
    class: u8,
    others: impl Fn(uint8x16_t) -> uint8x16_t,
    input: &[u8],
    at: usize,
) -> usize {
    let len = input.len();
    match input.last_chunk() {
        Some(last) if at < len => {
            // The window that ends with the input; bytes before `at` are shifted out.
            let flags = bits(others(load(last))) >> (4 * (16 - (len - at)));
            first_bit(flags).map_or(len, |found| at + found)
        }
        _ => byte_end(class, input, at),
    }
}

#[cold]
fn byte_end(class: u8, input: &[u8], at: usize) -> usize {
    let rest = input.get(at..).unwrap_or_default();
    at + rest
        .iter()
        .position(|&byte| !token::is(byte, class))
        .unwrap_or(rest.len())
}

/// The `LEN` bytes at `at`, if there are as many.
#[inline(always)]
fn window<const LEN: usize>(input: &[u8], at: usize) -> Option<&[u8; LEN]> {
    input.get(at..)?.first_chunk()
}
