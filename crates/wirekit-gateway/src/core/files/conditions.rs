use std::time::SystemTime;

use wirekit::http::field::Name;
use wirekit::http::range::{Ranges, Span};
use wirekit::http::validator::{Current, EntityTag, IfRange, if_match, if_none_match};

/// The fields of a request that decide what of a file is sent (RFC 9110 sections 13 and 14).
#[derive(Clone, Debug, Default)]
pub struct Conditions<'a> {
    if_match: Vec<&'a [u8]>,
    if_none_match: Vec<&'a [u8]>,
    if_modified_since: Once<'a>,
    if_unmodified_since: Once<'a>,
    if_range: Once<'a>,
    range: Once<'a>,
}

/// The value of a field that stands once.
#[derive(Clone, Copy, Debug, Default)]
enum Once<'a> {
    #[default]
    Missing,
    Value(&'a [u8]),
    /// Twice: it has no value that two readers agree on.
    Repeated,
}

impl<'a> Once<'a> {
    fn add(&mut self, value: &'a [u8]) {
        *self = match self {
            Self::Missing => Self::Value(value),
            Self::Value(_) | Self::Repeated => Self::Repeated,
        };
    }

    fn value(self) -> Option<&'a [u8]> {
        match self {
            Self::Value(value) => Some(value),
            Self::Missing | Self::Repeated => None,
        }
    }
}

/// What a file is now.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Validators<'a> {
    /// Its strong tag.
    pub tag: EntityTag<'a>,
    /// When it changed.
    pub modified: SystemTime,
    /// Its length.
    pub len: u64,
}

impl<'a> Validators<'a> {
    /// A file with this strong tag, changed then, of this length.
    pub const fn new(tag: EntityTag<'a>, modified: SystemTime, len: u64) -> Self {
        Self { tag, modified, len }
    }
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// 200: the whole file.
    Whole,
    /// 304: nothing, as the client has it.
    NotModified,
    /// 412: nothing, as it is not the one that the client means.
    PreconditionFailed,
    /// 206: these bytes.
    Part(Span),
    /// 206 with `multipart/byteranges`: these bytes, in this order.
    Parts(Vec<Span>),
    /// 416: nothing, as the file has no such bytes.
    NotSatisfiable,
}

/// More ranges than a reader of files has need of: the field is then ignored (RFC 9110 section 14.2).
const MAX_RANGES: usize = 16;

impl<'a> Conditions<'a> {
    /// Takes the fields that matter from those of a request.
    pub fn of(fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut conditions = Self::default();
        for (name, value) in fields {
            match Name::of(name) {
                Some(Name::IfMatch) => conditions.if_match.push(value),
                Some(Name::IfNoneMatch) => conditions.if_none_match.push(value),
                Some(Name::IfModifiedSince) => conditions.if_modified_since.add(value),
                Some(Name::IfUnmodifiedSince) => conditions.if_unmodified_since.add(value),
                Some(Name::IfRange) => conditions.if_range.add(value),
                Some(Name::Range) => conditions.range.add(value),
                _ => {}
            }
        }
        conditions
    }

    /// What is sent in answer to GET or HEAD, in the order of RFC 9110 section 13.2.2.
    ///
    /// `now` says whether the date of the last change is a strong validator: whether it is at least a second old.
    pub fn judge(&self, file: Validators<'_>, now: SystemTime) -> Verdict {
        let current = Current::Tagged(file.tag);
        if !self.if_match.is_empty() {
            // A list that breaks the grammar names nothing.
            if !if_match(self.if_match.iter().copied(), current).unwrap_or(false) {
                return Verdict::PreconditionFailed;
            }
        } else if let Some(since) = self.if_unmodified_since.value().and_then(date)
            && seconds(file.modified) > seconds(since)
        {
            return Verdict::PreconditionFailed;
        }
        if !self.if_none_match.is_empty() {
            if !if_none_match(self.if_none_match.iter().copied(), current).unwrap_or(true) {
                return Verdict::NotModified;
            }
        } else if let Some(since) = self.if_modified_since.value().and_then(date)
            && seconds(file.modified) <= seconds(since)
        {
            return Verdict::NotModified;
        }
        if self.wants_whole(file, now) {
            return Verdict::Whole;
        }
        self.ranges(file.len)
    }

    /// Whether `If-Range` says that parts of this file are of no use.
    fn wants_whole(&self, file: Validators<'_>, now: SystemTime) -> bool {
        let value = match self.if_range {
            Once::Missing => return false,
            Once::Repeated => return true,
            Once::Value(value) => value,
        };
        let date = httpdate::fmt_http_date(file.modified);
        let is_strong = seconds(now) > seconds(file.modified);
        let date = is_strong.then_some(date.as_bytes());
        !IfRange::parse(value).is_ok_and(|if_range| if_range.holds(Current::Tagged(file.tag), date))
    }

    fn ranges(&self, len: u64) -> Verdict {
        let Some(ranges) = self
            .range
            .value()
            .and_then(|range| Ranges::parse(range, MAX_RANGES).ok())
        else {
            return Verdict::Whole;
        };
        // Of an empty file there is no byte to send, nor any to miss.
        if len == 0 {
            return Verdict::Whole;
        }
        // Ranges that overlap would make more of the file than it is.
        if ranges.total_len(len) > len {
            return Verdict::Whole;
        }
        let spans: Vec<Span> = ranges.resolve(len).collect();
        match *spans {
            [] => Verdict::NotSatisfiable,
            [span] => Verdict::Part(span),
            _ => Verdict::Parts(spans),
        }
    }
}

fn date(value: &[u8]) -> Option<SystemTime> {
    httpdate::parse_http_date(core::str::from_utf8(value).ok()?).ok()
}

/// A date of HTTP has no fractions.
fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |time| time.as_secs())
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
    const LATER: &str = "Sun, 06 Nov 1994 08:49:38 GMT";
    const EARLIER: &str = "Sun, 06 Nov 1994 08:49:36 GMT";

    fn judge(fields: &[(&str, &str)], len: u64) -> Verdict {
        let modified = httpdate::parse_http_date(MODIFIED).unwrap() + Duration::from_millis(500);
        let file = Validators::new(EntityTag::strong(b"v1"), modified, len);
        let fields = fields
            .iter()
            .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        Conditions::of(fields).judge(file, modified + Duration::from_secs(60))
    }

    const fn span(first: u64, last: u64) -> Span {
        Span { first, last }
    }

    #[test]
    fn preconditions_are_judged_in_order() {
        use Verdict::{NotModified, PreconditionFailed, Whole};
        #[rustfmt::skip]
        let rows: &[(&[(&str, &str)], Verdict)] = &[
            (&[], Whole),
            // RFC 9110 section 13.1.1: strong comparison.
            (&[("If-Match", "\"v1\"")], Whole),
            (&[("If-Match", "W/\"v1\"")], PreconditionFailed),
            (&[("If-Match", "\"v0\""), ("If-Match", "\"v1\"")], Whole),
            (&[("If-Match", "*")], Whole),
            (&[("If-Match", "v1")], PreconditionFailed),
            // Section 13.1.2: weak comparison.
            (&[("if-none-match", "\"v1\"")], NotModified),
            (&[("If-None-Match", "W/\"v1\"")], NotModified),
            (&[("If-None-Match", "\"v0\", \"v1\"")], NotModified),
            (&[("If-None-Match", "\"v0\"")], Whole),
            (&[("If-None-Match", "*")], NotModified),
            (&[("If-None-Match", "v1")], Whole),
            // Section 13.1.3: to the second, ignored beside If-None-Match, without a date, or twice.
            (&[("If-Modified-Since", MODIFIED)], NotModified),
            (&[("If-Modified-Since", LATER)], NotModified),
            (&[("If-Modified-Since", EARLIER)], Whole),
            (&[("If-Modified-Since", MODIFIED), ("If-None-Match", "\"v0\"")], Whole),
            (&[("If-Modified-Since", "yesterday")], Whole),
            (&[("If-Modified-Since", MODIFIED), ("If-Modified-Since", MODIFIED)], Whole),
            // Section 13.1.4: ignored beside If-Match.
            (&[("If-Unmodified-Since", MODIFIED)], Whole),
            (&[("If-Unmodified-Since", EARLIER)], PreconditionFailed),
            (&[("If-Unmodified-Since", EARLIER), ("If-Match", "\"v1\"")], Whole),
            (&[("If-Unmodified-Since", "yesterday")], Whole),
            // Section 13.2.2: If-Match comes first.
            (&[("If-Match", "\"v0\""), ("If-None-Match", "\"v1\"")], PreconditionFailed),
            (&[("If-Match", "\"v1\""), ("If-None-Match", "\"v1\"")], NotModified),
        ];
        for (fields, expected) in rows {
            assert_eq!(judge(fields, 10), *expected, "{fields:?}");
        }
    }

    #[test]
    fn ranges_are_what_is_left_of_a_file() {
        use Verdict::{NotModified, NotSatisfiable, Part, Parts, Whole};
        #[rustfmt::skip]
        let rows: &[(&[(&str, &str)], Verdict)] = &[
            (&[("Range", "bytes=0-3")], Part(span(0, 3))),
            (&[("Range", "bytes=8-")], Part(span(8, 9))),
            (&[("Range", "bytes=-3")], Part(span(7, 9))),
            (&[("Range", "bytes=-30")], Part(span(0, 9))),
            (&[("Range", "bytes=5-99")], Part(span(5, 9))),
            (&[("Range", "bytes=10-")], NotSatisfiable),
            (&[("Range", "bytes=0-1, 4-5")], Parts(vec![span(0, 1), span(4, 5)])),
            (&[("Range", "bytes=0-1, 10-")], Part(span(0, 1))),
            // Overlaps that would send more than the file.
            (&[("Range", "bytes=0-, 0-")], Whole),
            // RFC 9110 section 14.2: what is not understood, or broken, is ignored.
            (&[("Range", "lines=0-3")], Whole),
            (&[("Range", "bytes=3-0")], Whole),
            (&[("Range", "bytes=0-3"), ("Range", "bytes=4-")], Whole),
            (&[("Range", "bytes=0-0,1-1,2-2,3-3,4-4,5-5,6-6,7-7,8-8,9-9,0-0,0-0,0-0,0-0,0-0,0-0,0-0")], Whole),
            // Section 13.1.5.
            (&[("Range", "bytes=0-3"), ("If-Range", "\"v1\"")], Part(span(0, 3))),
            (&[("Range", "bytes=0-3"), ("If-Range", "W/\"v1\"")], Whole),
            (&[("Range", "bytes=0-3"), ("If-Range", "\"v0\"")], Whole),
            (&[("Range", "bytes=0-3"), ("If-Range", MODIFIED)], Part(span(0, 3))),
            (&[("Range", "bytes=0-3"), ("If-Range", LATER)], Whole),
            (&[("Range", "bytes=0-3"), ("If-Range", "\"v1\""), ("If-Range", "\"v1\"")], Whole),
            (&[("Range", "bytes=10-"), ("If-Range", "\"v0\"")], Whole),
            // Section 13.2.2: preconditions come before ranges.
            (&[("Range", "bytes=0-3"), ("If-None-Match", "\"v1\"")], NotModified),
        ];
        for (fields, expected) in rows {
            assert_eq!(judge(fields, 10), *expected, "{fields:?}");
        }
        assert_eq!(judge(&[("Range", "bytes=0-3")], 0), Whole);
    }

    #[test]
    fn a_date_of_this_second_is_no_strong_validator() {
        let modified = httpdate::parse_http_date(MODIFIED).unwrap();
        let file = Validators::new(EntityTag::strong(b"v1"), modified, 10);
        let fields = [("Range", "bytes=0-3"), ("If-Range", MODIFIED)];
        let fields = || {
            fields
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()))
        };
        let conditions = Conditions::of(fields());
        // RFC 9110 section 8.8.2.2: the file could have changed twice in that second.
        assert_eq!(conditions.judge(file, modified), Verdict::Whole);
        let later = modified + Duration::from_secs(1);
        assert_eq!(conditions.judge(file, later), Verdict::Part(span(0, 3)));
    }
}
