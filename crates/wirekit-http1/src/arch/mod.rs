//! The scanning that pays for more than a byte at a time.
//!
//! A backend takes only what is plain: complete lines whose parts stand where they usually do. At anything else it
//! stops before the line, and [`scan`](crate::scan) judges it byte by byte; so no backend ever reports an error, and
//! the answer does not depend on which one runs.
//!
//! # How to add one
//!
//! 1. A folder with the processor's name. Its `mod.rs` has what `native.rs` has: `Native`, of which a value is proof that
//!    the machine has the instructions, `detect`, and the four functions. Where the instructions only find the end of a run
//!    of bytes, as in `aarch64/`, it implements `Ends`, and `by_line` does the rest; `x86_64/` goes its own way.
//! 2. One `cfg_attr` before `mod native` below: when it is compiled.
//! 3. `unsafe` stays in the folder, in safe functions, with a SAFETY comment a block. Nothing is read beyond a slice, not
//!    even within a page: near the end the window is moved back and the bytes before it shifted out.
//! 4. The tests in `tests.rs`, `bounds.rs` and `scan/tests` run it at every length and alignment. `.ci/run portable` runs them
//!    without, `.ci/run elsewhere` emulates aarch64, `.ci/run sanitizer miri` find reads out of bounds.
//! 5. It stays where `benches/record/` shows at least 1.5 times fewer instructions or nanoseconds than the fallback takes.

#[cfg(test)]
mod bounds;
mod by_line;
mod fallback;
// `native.rs` has no value; a processor's folder, which has the same functions, stands in its place.
#[cfg_attr(
    all(
        target_arch = "x86_64",
        not(wirekit_no_simd),
        any(feature = "std", target_feature = "avx2")
    ),
    path = "x86_64/mod.rs"
)]
#[cfg_attr(
    all(
        target_arch = "aarch64",
        target_endian = "little",
        target_feature = "neon",
        not(wirekit_no_simd)
    ),
    path = "aarch64/mod.rs"
)]
mod native;
mod packed;
#[cfg(test)]
mod tests;

use crate::field::Span;
use crate::scan::Section;
use by_line::Ends;
use fallback::Fallback;
use native::Native;

pub(crate) use packed::{Head, Lines};

/// An implementation of the scanning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// Safe and portable: eight bytes at a time.
    Fallback,
    /// What this processor has besides.
    Native(Native),
}

impl Backend {
    /// The best one that this machine has.
    #[inline]
    pub(crate) fn detect() -> Self {
        match Native::detect() {
            Some(native) => Self::Native(native),
            None => Self::Fallback,
        }
    }

    /// The start line at the start of `input`, if it is plain, and the plain field lines after it.
    #[inline]
    pub(crate) fn head(
        self,
        section: Section,
        input: &[u8],
        spans: &mut [Span],
        max_target_len: usize,
    ) -> Head {
        match self {
            Self::Fallback => by_line::head(Fallback, section, input, spans, max_target_len),
            Self::Native(native) => native.head(section, input, spans, max_target_len),
        }
    }

    /// The plain field lines from `at` on, after `fields` that the table has already.
    #[inline]
    pub(crate) fn lines(self, input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
        match self {
            Self::Fallback => by_line::lines(Fallback, input, at, spans, fields),
            Self::Native(native) => native.lines(input, at, spans, fields),
        }
    }

    /// The first byte from `at` on that no token has, or the end.
    #[inline]
    pub(crate) fn token_end(self, input: &[u8], at: usize) -> usize {
        match self {
            Self::Fallback => Fallback.token_end(input, at),
            Self::Native(native) => native.token_end(input, at),
        }
    }

    /// The first byte from `at` on that no field value has, or the end.
    #[inline]
    pub(crate) fn value_end(self, input: &[u8], at: usize) -> usize {
        match self {
            Self::Fallback => Fallback.value_end(input, at),
            Self::Native(native) => native.value_end(input, at),
        }
    }
}

/// Whether a field value may have all of these bytes.
#[inline]
pub(crate) fn is_value(bytes: &[u8]) -> bool {
    // A vector must be filled to be worth it.
    let backend = if bytes.len() < 32 {
        Backend::Fallback
    } else {
        Backend::detect()
    };
    backend.value_end(bytes, 0) == bytes.len()
}
