//! What a backend found, packed into registers: only the table of fields goes through memory.

use crate::scan::{Section, StartLine};

/// Where a run of plain lines ended: in one register, the first byte after them in the low half, then whether the last
/// of them was the empty line at the end of the section, then how many fields the table has now, and in the highest bit
/// whether a line is cut after them that is plain as far as it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lines(u64);

impl Lines {
    /// Offsets are below `u32::MAX`, because a scan is cut to that before it starts, and a field has more bytes than two.
    #[inline]
    pub(super) const fn up_to(at: usize, fields: usize) -> Self {
        Self(at as u64 | (fields as u64) << 33)
    }

    /// The last of the lines was the empty one at the end of the section.
    #[inline]
    pub(super) const fn all(at: usize, fields: usize) -> Self {
        Self(at as u64 | 1 << 32 | (fields as u64) << 33)
    }

    /// A visible character follows the lines, and after it only bytes that may stand in a value.
    #[inline]
    pub(super) const fn before_plain_bytes(self) -> Self {
        Self(self.0 | 1 << 63)
    }

    /// The first byte after them.
    #[inline]
    pub(crate) const fn at(self) -> usize {
        (self.0 & 0xffff_ffff) as usize
    }

    /// How many fields the table has now.
    #[inline]
    pub(crate) const fn fields(self) -> usize {
        (self.0 << 1 >> 34) as usize
    }

    /// Whether the last of them was the empty line at the end of the section.
    #[inline]
    pub(crate) const fn is_end(self) -> bool {
        self.0 >> 32 & 1 != 0
    }

    /// Whether a visible character follows them, and after it, to the end of the input, only bytes that may stand in a
    /// value. False says nothing.
    #[inline]
    pub(crate) const fn are_before_plain_bytes(self) -> bool {
        self.0 >> 63 != 0
    }
}

/// A plain start line in one register: the end of the target or the reason in the low half, then a byte each of the
/// end of the method and the minor version, then the status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Start(u64);

impl Start {
    /// A request line at the start of the input.
    #[inline]
    pub(super) const fn of_request(method_end: u8, text_end: usize, minor: u8) -> Self {
        Self(text_end as u64 | (method_end as u64) << 32 | (minor as u64) << 40)
    }

    /// A status line at the start of the input.
    #[inline]
    pub(super) const fn of_response(status: u16, text_end: usize, minor: u8) -> Self {
        Self(text_end as u64 | (minor as u64) << 40 | (status as u64) << 48)
    }
}

/// A plain start line and the plain lines after it: in two registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(super) start: Start,
    pub(super) lines: Lines,
}

impl Head {
    /// Not even the start line was plain.
    pub(super) const NONE: Self = Self {
        start: Start(0),
        lines: Lines(0),
    };

    /// The lines after the start line; not one byte if that was not plain.
    #[inline]
    pub(crate) const fn lines(self) -> Lines {
        self.lines
    }

    /// Where the parts of the start line stand.
    #[inline]
    pub(crate) fn line(self, section: Section) -> StartLine {
        let [text_end @ .., method_end, minor, low, high] = self.start.0.to_le_bytes();
        let text_start = match section {
            Section::Response => REASON_START_32,
            Section::Request | Section::Trailers => u32::from(method_end) + 1,
        };
        StartLine {
            start: 0,
            method_end: u32::from(method_end),
            text_start,
            text_end: u32::from_le_bytes(text_end),
            status: u16::from_le_bytes([low, high]),
            minor,
        }
    }
}

/// Where a reason phrase starts: after the version, the code and two spaces.
pub(super) const REASON_START: usize = b"HTTP/1.1 200 ".len();
const REASON_START_32: u32 = 13;
const _: () = assert!(REASON_START == REASON_START_32 as usize);
