//! The scanning that pays for more than a byte at a time.
//!
//! A backend takes only what is plain: complete lines whose parts stand where they usually do. At anything else it
//! stops before the line, and [`scan`](crate::scan) judges it byte by byte; so no backend ever reports an error, and
//! the answer does not depend on which one runs.

mod fallback;
#[cfg(all(
    target_arch = "x86_64",
    not(wirekit_no_simd),
    any(feature = "std", target_feature = "avx2")
))]
mod x86_64;

use crate::field::Span;
use crate::scan::{Section, StartLine};

/// An implementation of the scanning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backend {
    /// Safe and portable: eight bytes at a time.
    Fallback,
    /// 32 bytes at a time.
    #[cfg(all(
        target_arch = "x86_64",
        not(wirekit_no_simd),
        any(feature = "std", target_feature = "avx2")
    ))]
    Avx2(x86_64::Avx2),
}

/// Where a run of plain lines ended: one register's worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    /// The first byte after them.
    at: u32,
    /// Twice the fields that the table has now, and one if the section ended.
    fields_and_end: u32,
}

impl Lines {
    /// Not even the start line was plain.
    const NONE: Self = Self {
        at: 0,
        fields_and_end: 0,
    };

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scan is cut to u32::MAX bytes before it starts, and a line has more than two"
    )]
    const fn up_to(at: usize, fields: usize) -> Self {
        Self {
            at: at as u32,
            fields_and_end: (fields as u32) << 1,
        }
    }

    /// The last of the lines was the empty one at the end of the section.
    #[inline]
    const fn all(at: usize, fields: usize) -> Self {
        let mut lines = Self::up_to(at, fields);
        lines.fields_and_end |= 1;
        lines
    }

    /// The first byte after them.
    #[inline]
    pub(crate) const fn at(self) -> usize {
        self.at as usize
    }

    /// How many fields the table has now.
    #[inline]
    pub(crate) const fn fields(self) -> usize {
        (self.fields_and_end >> 1) as usize
    }

    /// Whether the last of them was the empty line at the end of the section.
    #[inline]
    pub(crate) const fn is_end(self) -> bool {
        self.fields_and_end & 1 != 0
    }
}

impl StartLine {
    /// A request line at the start of an input that is no longer than `u32::MAX`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scan is cut to u32::MAX bytes before it starts"
    )]
    const fn of_request(method_end: usize, text_end: usize, minor: u8) -> Self {
        let (text_start, text_end) = (method_end as u32 + 1, text_end as u32);
        Self {
            start: 0,
            method_end: method_end as u32,
            text_start,
            text_end,
            minor,
            status: 0,
        }
    }

    /// A status line at the start of an input that is no longer than `u32::MAX`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scan is cut to u32::MAX bytes before it starts"
    )]
    const fn of_response(status: u16, text_end: usize, minor: u8) -> Self {
        let text_start = REASON_START as u32;
        Self {
            start: 0,
            method_end: 0,
            text_start,
            text_end: text_end as u32,
            minor,
            status,
        }
    }
}

/// Where a reason phrase starts: after the version, the code and two spaces.
const REASON_START: usize = b"HTTP/1.1 200 ".len();

impl Backend {
    /// The best one that this machine has.
    #[inline]
    pub(crate) fn detect() -> Self {
        #[cfg(all(
            target_arch = "x86_64",
            not(wirekit_no_simd),
            any(feature = "std", target_feature = "avx2")
        ))]
        if let Some(avx2) = x86_64::Avx2::detect() {
            return Self::Avx2(avx2);
        }
        Self::Fallback
    }

    /// The start line at the start of `input`, if it is plain, into `line`, and the plain field lines after it; 0 bytes
    /// if it is not.
    #[inline]
    pub(crate) fn head(
        self,
        section: Section,
        input: &[u8],
        spans: &mut [Span],
        max_target_len: usize,
        line: &mut StartLine,
    ) -> Lines {
        match self {
            Self::Fallback => fallback::head(section, input, spans, max_target_len, line),
            #[cfg(all(
                target_arch = "x86_64",
                not(wirekit_no_simd),
                any(feature = "std", target_feature = "avx2")
            ))]
            Self::Avx2(avx2) => avx2.head(section, input, spans, max_target_len, line),
        }
    }

    /// The plain field lines from `at` on, after `fields` that the table has already.
    #[inline]
    pub(crate) fn lines(self, input: &[u8], at: usize, spans: &mut [Span], fields: usize) -> Lines {
        match self {
            Self::Fallback => fallback::lines(input, at, spans, fields),
            #[cfg(all(
                target_arch = "x86_64",
                not(wirekit_no_simd),
                any(feature = "std", target_feature = "avx2")
            ))]
            Self::Avx2(avx2) => avx2.lines(input, at, spans, fields),
        }
    }

    /// The first byte from `at` on that no field value has, or the end.
    #[inline]
    pub(crate) fn value_end(self, input: &[u8], at: usize) -> usize {
        match self {
            Self::Fallback => fallback::value_end(input, at),
            #[cfg(all(
                target_arch = "x86_64",
                not(wirekit_no_simd),
                any(feature = "std", target_feature = "avx2")
            ))]
            Self::Avx2(avx2) => avx2.value_end(input, at),
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
mod tests;
