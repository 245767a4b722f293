//! Two passes over each kibibyte: one finds the bytes that end lines, 64 at a time and without a decision a line; the
//! other looks at each line, whose start and end are then known before the line above it is done.
//!
//! The flags of the first pass are cheap and too many: a tab or a byte above 0x7E is flagged too, and only a line with
//! one is looked at again exactly.
#![expect(
    unsafe_code,
    reason = "vector loads, and reads whose bounds one comparison has checked"
)]

mod classes;
mod ends;
#[path = "../halves.rs"]
mod halves;
mod lines;
mod short;
mod start;

#[cfg(feature = "std")]
use core::sync::atomic::{AtomicU8, Ordering};

use super::packed::{Head, Lines};
use crate::field::Span;
use crate::scan::Section;

/// Proof that the machine has what the functions of this module are compiled for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Native(());

/// What was found when the machine was first looked at; all features in one byte, looked up once a head.
#[cfg(feature = "std")]
static FOUND: AtomicU8 = AtomicU8::new(0);
#[cfg(feature = "std")]
const PRESENT: u8 = 1;
#[cfg(feature = "std")]
const ABSENT: u8 = 2;

impl Native {
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
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt");
        FOUND.store(if has_all { PRESENT } else { ABSENT }, Ordering::Relaxed);
        has_all.then_some(Self(()))
    }

    #[cfg(not(feature = "std"))]
    #[inline]
    pub(super) const fn detect() -> Option<Self> {
        let has_all = cfg!(all(
            target_feature = "bmi1",
            target_feature = "bmi2",
            target_feature = "popcnt"
        ));
        if has_all { Some(Self(())) } else { None }
    }

    #[inline]
    pub(super) fn head(
        self,
        section: Section,
        input: &[u8],
        spans: &mut [Span],
        max_target_len: usize,
    ) -> Head {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe {
            match section {
                Section::Request => start::request(input, spans, max_target_len),
                Section::Response => start::response(input, spans),
                Section::Trailers => Head::NONE,
            }
        }
    }

    #[inline]
    pub(super) fn lines(self, input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe { lines::lines(input, at, spans, fields) }
    }

    #[inline]
    pub(super) fn token_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe { lines::token_end(input, at) }
    }

    #[inline]
    pub(super) fn value_end(self, input: &[u8], at: usize) -> usize {
        // SAFETY: a value of `Self` is made only where the features were found.
        unsafe { ends::value_end(input, at) }
    }
}

/// `LEN` bytes at `at`.
///
/// # Safety
///
/// `at + LEN <= input.len()`.
#[inline(always)]
unsafe fn array_at<const LEN: usize>(input: &[u8], at: usize) -> [u8; LEN] {
    debug_assert!(at + LEN <= input.len());
    // SAFETY: by the caller's promise the array lies within the slice.
    unsafe { input.as_ptr().add(at).cast::<[u8; LEN]>().read() }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::Native;

    #[test]
    fn a_machine_with_vectors_uses_them() {
        let has_all = std::arch::is_x86_feature_detected!("avx2")
            && std::arch::is_x86_feature_detected!("bmi1")
            && std::arch::is_x86_feature_detected!("bmi2")
            && std::arch::is_x86_feature_detected!("popcnt");
        // Asked again, the answer is the one that was noted.
        for _ in 0..2 {
            assert_eq!(Native::detect().is_some(), has_all);
        }
    }
}
