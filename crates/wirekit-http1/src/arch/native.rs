//! The backend of processors that have none of their own. It has no value, so the fallback runs.

use super::packed::{Head, Lines};
use crate::field::Span;
use crate::scan::Section;

/// What no processor has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Native {}

impl Native {
    #[inline]
    pub(super) const fn detect() -> Option<Self> {
        None
    }

    pub(super) fn head(self, _: Section, _: &[u8], _: &mut [Span], _: usize) -> Head {
        match self {}
    }

    pub(super) fn lines(self, _: &[u8], _: usize, _: &mut [Span], _: usize) -> Lines {
        match self {}
    }

    pub(super) fn token_end(self, _: &[u8], _: usize) -> usize {
        match self {}
    }

    pub(super) fn value_end(self, _: &[u8], _: usize) -> usize {
        match self {}
    }
}
