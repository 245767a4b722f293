//! The scanning that pays for more than a byte at a time.
//!
//! A backend takes only what is plain: complete lines whose parts stand where they usually do. At anything else it
//! stops before the line, and [`scan`](crate::scan) judges it byte by byte; so no backend ever reports an error, and
//! the answer does not depend on which one runs.

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
mod native;
mod packed;

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

#[cfg(test)]
mod bounds;
#[cfg(test)]
mod tests;
