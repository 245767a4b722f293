//! Byte ranges: `Range` and `Content-Range` (RFC 9110 section 14).

use core::fmt::Write;

use crate::token::{token_len, trim_ows};
use crate::write::write;
use crate::{EncodeError, Error, ErrorKind, list};

/// The byte ranges of `Range`, checked: RFC 9110 section 14.2.
///
/// ```
/// use wirekit_http::range::{ContentRange, Ranges};
///
/// let ranges = Ranges::parse(b"bytes=0-499, -500", 8)?;
/// let spans: Vec<_> = ranges.resolve(10_000).map(|span| (span.first, span.last)).collect();
/// assert_eq!(spans, [(0, 499), (9_500, 9_999)]);
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ranges<'a> {
    /// What stands behind the unit's `=`.
    set: &'a [u8],
    count: usize,
}

impl<'a> Ranges<'a> {
    /// Reads the value of `Range`, of `max` ranges at most.
    ///
    /// Wherever this is an error, a server ignores the field, as it does where the method is not GET: it "MUST ignore a
    /// Range header field that contains a range unit it does not understand", and "MAY ignore or reject" what is invalid.
    ///
    /// # Errors
    ///
    /// [`RangeUnit`](ErrorKind::RangeUnit), [`RangeSpec`](ErrorKind::RangeSpec) and
    /// [`TooManyRanges`](ErrorKind::TooManyRanges), which are "indications of either a broken client or a deliberate
    /// denial-of-service attack" (RFC 9110 section 14.2).
    pub fn parse(input: &'a [u8], max: usize) -> Result<Self, Error> {
        let (unit, behind) = input
            .split_at_checked(token_len(input))
            .unwrap_or((input, b""));
        let [b'=', set @ ..] = behind else {
            return Err(Error::new(ErrorKind::RangeUnit, unit.len()));
        };
        // "All range unit names are case-insensitive"
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return Err(Error::new(ErrorKind::RangeUnit, 0));
        }
        let place = input.len() - set.len();
        let mut count = 0;
        for member in list::members(set) {
            let at = |kind| Error::new(kind, place + member.offset);
            if count == max {
                return Err(at(ErrorKind::TooManyRanges));
            }
            ByteRange::parse(member.bytes).ok_or(at(ErrorKind::RangeSpec))?;
            count += 1;
        }
        if count == 0 {
            return Err(Error::new(ErrorKind::RangeSpec, input.len()));
        }
        Ok(Self { set, count })
    }

    /// How many ranges there are: one or more.
    #[expect(
        clippy::len_without_is_empty,
        reason = "a set of ranges is never empty"
    )]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// The ranges, in order.
    pub fn iter(&self) -> impl Iterator<Item = ByteRange> + use<'a> {
        list::members(self.set).filter_map(|member| ByteRange::parse(member.bytes))
    }

    /// The bytes of a representation of that length that the ranges ask for, in order, those that cannot be satisfied left
    /// out: nothing is left where the answer is 416.
    ///
    /// Of a representation without content no bytes can be sent; a server ignores `Range` there.
    pub fn resolve(&self, complete_len: u64) -> impl Iterator<Item = Span> + use<'a> {
        self.iter()
            .filter_map(move |range| range.resolve(complete_len))
    }

    /// How many bytes [`resolve`](Self::resolve) gives together, overlaps counted as often as they are asked for: more than
    /// `complete_len` is a reason to send the whole.
    pub fn total_len(&self, complete_len: u64) -> u64 {
        self.resolve(complete_len)
            .fold(0, |total: u64, span| total.saturating_add(span.len()))
    }
}

/// One byte range as it was asked for: RFC 9110 section 14.1.2. Numbers beyond [`u64::MAX`] are that number, which no content
/// reaches. [`Ranges::iter`] gives them; the example of [`Ranges`] resolves two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9110 section 14.1.2 fixes the three forms"
)]
pub enum ByteRange {
    /// `first-last`, both included.
    FromTo {
        /// The offset of the first byte.
        first: u64,
        /// The offset of the last byte.
        last: u64,
    },
    /// `first-`: to the end.
    From {
        /// The offset of the first byte.
        first: u64,
    },
    /// `-len`: the last bytes.
    Suffix {
        /// How many, at most.
        len: u64,
    },
}

impl ByteRange {
    /// "An int-range is invalid if the last-pos value is present and less than the first-pos."
    fn parse(input: &[u8]) -> Option<Self> {
        let dash = input.iter().position(|&byte| byte == b'-')?;
        let (first, rest) = input.split_at_checked(dash)?;
        let last = rest.get(1..)?;
        match (first, last) {
            ([], len) => Some(Self::Suffix { len: number(len)? }),
            (first, []) => Some(Self::From {
                first: number(first)?,
            }),
            (first, last) => {
                let (first, last) = (number(first)?, number(last)?);
                (first <= last).then_some(Self::FromTo { first, last })
            }
        }
    }

    /// The bytes that it is of a representation of that length; `None` if it is none.
    pub const fn resolve(self, complete_len: u64) -> Option<Span> {
        let Some(end) = complete_len.checked_sub(1) else {
            return None;
        };
        let (first, last) = match self {
            Self::FromTo { first, last } => (first, if last < end { last } else { end }),
            Self::From { first } => (first, end),
            Self::Suffix { len: 0 } => return None,
            Self::Suffix { len } => (complete_len.saturating_sub(len), end),
        };
        if first > end {
            return None;
        }
        Some(Span { first, last })
    }
}

/// `1*DIGIT`: "recipients MUST anticipate potentially large decimal numerals and prevent parsing errors due to integer
/// conversion overflows" (RFC 9110 section 14.1.2).
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0_u64, |number, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        Some(number.saturating_mul(10).saturating_add(digit))
    })
}

/// Bytes of a representation, the last one included: RFC 9110 section 14.1.2.
///
/// ```
/// use wirekit_http::range::Span;
///
/// assert_eq!(Span { first: 0, last: 499 }.len(), 500); // bytes
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9110 section 14.1.2 fixes the two ends"
)]
pub struct Span {
    /// The offset of the first byte.
    pub first: u64,
    /// The offset of the last byte, not before the first.
    pub last: u64,
}

impl Span {
    /// How many bytes these are.
    #[expect(clippy::len_without_is_empty, reason = "a span is never empty")]
    pub const fn len(self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }
}

/// The value of `Content-Range` in bytes (RFC 9110 section 14.4).
///
/// ```
/// use wirekit_http::range::{ContentRange, Span};
///
/// let range = ContentRange::Part(Span { first: 42, last: 1233 }, Some(1234));
/// let mut out = [0; 69];
/// let len = range.encode_to_slice(&mut out)?;
/// assert_eq!(&out[..len], b"bytes 42-1233/1234");
/// assert_eq!(ContentRange::parse(b"bytes */47022"), Ok(ContentRange::Unsatisfied(47_022)));
/// # Ok::<(), wirekit_http::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9110 section 14.4 fixes the two forms"
)]
pub enum ContentRange {
    /// Which bytes the content is, with 206; and of how many, if that is known.
    Part(Span, Option<u64>),
    /// How many bytes there would be, with 416.
    Unsatisfied(u64),
}

impl ContentRange {
    /// Reads the value.
    ///
    /// # Errors
    ///
    /// [`RangeUnit`](ErrorKind::RangeUnit) and [`ContentRange`](ErrorKind::ContentRange), the latter also where the last
    /// byte stands before the first or not within the complete length, or a number is beyond [`u64::MAX`].
    pub fn parse(input: &[u8]) -> Result<Self, Error> {
        let unit = input.split_at_checked(token_len(input));
        let Some((unit, [b' ', rest @ ..])) = unit else {
            return Err(Error::new(ErrorKind::RangeUnit, token_len(input)));
        };
        if !unit.eq_ignore_ascii_case(b"bytes") {
            return Err(Error::new(ErrorKind::RangeUnit, 0));
        }
        let place = input.len() - rest.len();
        Self::parse_rest(rest).ok_or(Error::new(ErrorKind::ContentRange, place))
    }

    fn parse_rest(rest: &[u8]) -> Option<Self> {
        use crate::token::decimal;

        let slash = rest.iter().position(|&byte| byte == b'/')?;
        let (range, len) = (rest.get(..slash)?, rest.get(slash + 1..)?);
        if range == b"*" {
            return Some(Self::Unsatisfied(decimal(len)?));
        }
        let dash = range.iter().position(|&byte| byte == b'-')?;
        let first = decimal(range.get(..dash)?)?;
        let last = decimal(range.get(dash + 1..)?)?;
        let len = match len {
            b"*" => None,
            len => Some(decimal(len)?),
        };
        let is_valid = first <= last && len.is_none_or(|len| last < len);
        is_valid.then_some(Self::Part(Span { first, last }, len))
    }

    /// Writes the value to the front of `out`, and returns how many bytes it takes: 69 at most.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidRange`] where the span is none or not within the complete length,
    /// [`EncodeError::OutputTooSmall`]; then `out` is as it was.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if let Self::Part(span, len) = self
            && (span.first > span.last || len.is_some_and(|len| span.last >= len))
        {
            return Err(EncodeError::InvalidRange);
        }
        write(out, |sink| {
            // A sink takes everything.
            _ = match self {
                Self::Part(Span { first, last }, Some(len)) => {
                    write!(sink, "bytes {first}-{last}/{len}")
                }
                Self::Part(Span { first, last }, None) => write!(sink, "bytes {first}-{last}/*"),
                Self::Unsatisfied(len) => write!(sink, "bytes */{len}"),
            };
        })
    }
}

/// Whether the value of `Accept-Ranges` says that byte ranges are served (RFC 9110 section 14.3).
///
/// ```
/// use wirekit_http::range::accepts_bytes;
///
/// assert!(accepts_bytes(b"bytes"));
/// assert!(!accepts_bytes(b"none"));
/// ```
pub fn accepts_bytes(value: &[u8]) -> bool {
    list::members(trim_ows(value)).has("bytes")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A value, a length, and the spans.
    type Row = (&'static str, u64, &'static [(u64, u64)]);

    #[test]
    fn ranges_are_resolved() {
        #[rustfmt::skip]
        let rows: [Row; 14] = [
            // RFC 9110 section 14.1.2's examples
            ("bytes=0-499",                     10_000, &[(0, 499)]),
            ("bytes=500-999",                   10_000, &[(500, 999)]),
            ("bytes=-500",                      10_000, &[(9500, 9999)]),
            ("bytes=9500-",                     10_000, &[(9500, 9999)]),
            ("bytes=0-0,-1",                    10_000, &[(0, 0), (9999, 9999)]),
            ("bytes= 0-999, 4500-5499, -1000",  10_000, &[(0, 999), (4500, 5499), (9000, 9999)]),
            ("bytes=500-700,601-999",           10_000, &[(500, 700), (601, 999)]),
            // "the remainder of the representation", "the entire representation is used"
            ("BYTES=5-10",                      10,     &[(5, 9)]),
            ("bytes=-11",                       10,     &[(0, 9)]),
            // Not satisfiable
            ("bytes=10-",                       10,     &[]),
            ("bytes=-0, 3-3,,",                 10,     &[(3, 3)]),
            ("bytes=0-, -5",                    0,      &[]),
            // "potentially large decimal numerals"
            ("bytes=1-99999999999999999999",    10,     &[(1, 9)]),
            ("bytes=99999999999999999999-",     u64::MAX, &[]),
        ];
        for (value, len, expected) in rows {
            let ranges = Ranges::parse(value.as_bytes(), 3).unwrap();
            let spans: Vec<_> = ranges
                .resolve(len)
                .map(|span| (span.first, span.last))
                .collect();
            assert_eq!(spans, expected, "{value}");
            assert!(ranges.len() >= spans.len());
        }
        let twice = Ranges::parse(b"bytes=0-,0-", 2).unwrap();
        assert_eq!((twice.len(), twice.total_len(10)), (2, 20));
    }

    #[test]
    fn grammar_of_section_14_1_is_required() {
        use ErrorKind::{RangeSpec, RangeUnit, TooManyRanges};
        #[rustfmt::skip]
        let rows: [(&str, ErrorKind, usize); 15] = [
            ("",                RangeUnit,     0),
            ("bytes",           RangeUnit,     5),
            ("bytes =0-1",      RangeUnit,     5),
            ("lines=0-1",       RangeUnit,     0),
            ("bytes=",          RangeSpec,     6),
            ("bytes= , ",       RangeSpec,     9),
            ("bytes=-",         RangeSpec,     6),
            ("bytes=1",         RangeSpec,     6),
            ("bytes=2-1",       RangeSpec,     6),
            ("bytes=0-1, a-b",  RangeSpec,     11),
            ("bytes=+0-1",      RangeSpec,     6),
            ("bytes=0 - 1",     RangeSpec,     6),
            ("bytes=--1",       RangeSpec,     6),
            ("bytes=0-1-2",     RangeSpec,     6),
            ("bytes=0-,1-,2-",  TooManyRanges, 12),
        ];
        for (value, kind, offset) in rows {
            let error = Ranges::parse(value.as_bytes(), 2).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{value}");
        }
    }

    #[test]
    fn content_range_is_read_and_written() {
        let span = |first, last| Span { first, last };
        #[rustfmt::skip]
        let rows = [
            // RFC 9110 section 14.4
            ("bytes 42-1233/1234", ContentRange::Part(span(42, 1233), Some(1234))),
            ("bytes 42-1233/*",    ContentRange::Part(span(42, 1233), None)),
            ("bytes */1234",       ContentRange::Unsatisfied(1234)),
        ];
        for (value, range) in rows {
            assert_eq!(ContentRange::parse(value.as_bytes()), Ok(range));
            let mut out = [0; 69];
            let len = range.encode_to_slice(&mut out).unwrap();
            assert_eq!(&out[..len], value.as_bytes());
        }
        let longest = ContentRange::Part(span(u64::MAX - 1, u64::MAX - 1), Some(u64::MAX));
        assert_eq!(longest.encode_to_slice(&mut [0; 69]), Ok(68));
    }

    #[test]
    fn content_range_is_within_its_length() {
        use ErrorKind::RangeUnit;
        const PART: ErrorKind = ErrorKind::ContentRange;
        #[rustfmt::skip]
        let rows: [(&str, ErrorKind, usize); 10] = [
            ("bytes=0-1/2",      RangeUnit, 5),
            ("lines 0-1/2",      RangeUnit, 0),
            ("bytes 2-1/3",      PART,      6),
            ("bytes 0-2/2",      PART,      6),
            ("bytes */*",        PART,      6),
            ("bytes 0-1",        PART,      6),
            ("bytes 0/1",        PART,      6),
            ("bytes -1/2",       PART,      6),
            ("bytes  0-1/2",     PART,      6),
            ("bytes 0-99999999999999999999/*", PART, 6),
        ];
        for (value, kind, offset) in rows {
            let error = ContentRange::parse(value.as_bytes()).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset), "{value}");
        }
        let wrong = ContentRange::Part(Span { first: 0, last: 2 }, Some(2));
        let result = wrong.encode_to_slice(&mut [0; 69]);
        assert_eq!(result, Err(EncodeError::InvalidRange));
    }

    #[test]
    fn accept_ranges_is_a_list() {
        assert!(accepts_bytes(b"Bytes") && accepts_bytes(b"x, bytes") && !accepts_bytes(b"none"));
    }
}
