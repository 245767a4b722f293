//! Entity tags and the preconditions that compare them (RFC 9110 sections 8.8.3 and 13.1).
//!
//! Dates are left to the caller, whose clock comes with a parser of HTTP-date.

use core::fmt;

use crate::token::trim_ows;
use crate::write::write;
use crate::{EncodeError, Error, ErrorKind};

/// An entity tag: what tells one state of a representation from another (RFC 9110 section 8.8.3).
///
/// ```
/// use wirekit_http::validator::EntityTag;
///
/// let tag = EntityTag::parse(br#"W/"xyzzy""#)?;
/// assert!(tag.matches_weakly(&EntityTag::strong(b"xyzzy")));
/// assert!(!tag.matches_strongly(&EntityTag::strong(b"xyzzy")));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EntityTag<'a> {
    opaque: &'a [u8],
    is_weak: bool,
}

impl<'a> EntityTag<'a> {
    /// A strong tag of these bytes, which stand without quotes here.
    pub const fn strong(opaque: &'a [u8]) -> Self {
        let is_weak = false;
        Self { opaque, is_weak }
    }

    /// A weak tag of these bytes, which stand without quotes here.
    pub const fn weak(opaque: &'a [u8]) -> Self {
        let is_weak = true;
        Self { opaque, is_weak }
    }

    /// Reads the value of `ETag`.
    ///
    /// # Errors
    ///
    /// [`EntityTag`](ErrorKind::EntityTag) at the first byte that is none of the tag's.
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        match Self::parse_front(input)? {
            (tag, len) if len == input.len() => Ok(tag),
            (_, len) => Err(Error::new(ErrorKind::EntityTag, len)),
        }
    }

    /// A tag at the front of `input`, and how long it is.
    fn parse_front(input: &'a [u8]) -> Result<(Self, usize), Error> {
        let wrong = |rest: &[u8]| Error::new(ErrorKind::EntityTag, input.len() - rest.len());
        let (is_weak, rest) = match input {
            [b'W', b'/', rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let [b'"', inside @ ..] = rest else {
            return Err(wrong(rest));
        };
        let len = inside.iter().take_while(|byte| is_etagc(**byte)).count();
        match inside.split_at_checked(len) {
            Some((opaque, [b'"', after @ ..])) => {
                Ok((Self { opaque, is_weak }, input.len() - after.len()))
            }
            Some((_, after)) => Err(wrong(after)),
            None => Err(wrong(inside)),
        }
    }

    /// The bytes between the quotes.
    pub const fn opaque(&self) -> &'a [u8] {
        self.opaque
    }

    /// Whether representations that are only equivalent may share the tag.
    pub const fn is_weak(&self) -> bool {
        self.is_weak
    }

    /// Strong comparison: "both are not weak and their opaque-tags match" (section 8.8.3.2). For If-Match and ranges.
    pub fn matches_strongly(&self, other: &EntityTag<'_>) -> bool {
        !self.is_weak && !other.is_weak && self.opaque == other.opaque
    }

    /// Weak comparison: the opaque tags match (section 8.8.3.2). For If-None-Match.
    pub fn matches_weakly(&self, other: &EntityTag<'_>) -> bool {
        self.opaque == other.opaque
    }

    /// Writes the tag to the front of `out`, and returns how many bytes it takes.
    ///
    /// # Errors
    ///
    /// [`EncodeError::InvalidByte`] for a space, a quote or a control character, [`EncodeError::OutputTooSmall`]; then
    /// `out` is as it was.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        if let Some(offset) = self.opaque.iter().position(|byte| !is_etagc(*byte)) {
            return Err(EncodeError::InvalidByte { offset });
        }
        write(out, |sink| {
            sink.put(if self.is_weak { b"W/\"" } else { b"\"" });
            sink.put(self.opaque);
            sink.put(b"\"");
        })
    }
}

impl fmt::Debug for EntityTag<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let weak = if self.is_weak { "W/" } else { "" };
        write!(f, "{weak}\"{}\"", self.opaque.escape_ascii())
    }
}

/// `etagc = %x21 / %x23-7E / obs-text`
const fn is_etagc(byte: u8) -> bool {
    byte > b' ' && !matches!(byte, b'"' | 0x7f)
}

/// The tags of one line of `If-Match` or `If-None-Match`, in order. Nothing follows an error.
///
/// A comma may stand in a tag, and a backslash is no more than a byte there.
///
/// RFC 9110 section 13.1.1.
///
/// ```
/// use wirekit_http::validator::{EntityTag, entity_tags};
///
/// let tags: Vec<_> = entity_tags(br#""a,b", W/"c""#).collect::<Result<_, _>>()?;
/// assert_eq!(tags, [EntityTag::strong(b"a,b"), EntityTag::weak(b"c")]);
/// # Ok::<(), wirekit_http::Error>(())
/// ```
pub const fn entity_tags(value: &[u8]) -> EntityTags<'_> {
    EntityTags { value, at: 0 }
}

/// The tags of [`entity_tags`], whose example reads two: RFC 9110 section 13.1.1.
#[derive(Clone, Debug)]
pub struct EntityTags<'a> {
    value: &'a [u8],
    at: usize,
}

impl<'a> Iterator for EntityTags<'a> {
    type Item = Result<EntityTag<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut rest = self.value.get(self.at..)?;
        let mut follows_comma = self.at == 0;
        while let [byte @ (b',' | b' ' | b'\t'), after @ ..] = rest {
            follows_comma |= *byte == b',';
            rest = after;
        }
        if rest.is_empty() {
            return None;
        }
        let start = self.value.len() - rest.len();
        let found = match EntityTag::parse_front(rest) {
            _ if !follows_comma => Err(Error::new(ErrorKind::EntityTag, start)),
            Ok((tag, len)) => {
                self.at = start + len;
                return Some(Ok(tag));
            }
            Err(error) => Err(error.shifted(start)),
        };
        self.at = self.value.len();
        Some(found)
    }
}

/// What the target of a request is at present: RFC 9110 section 13.1. The example of [`if_match`] has all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9110 section 13.1 asks for no more"
)]
pub enum Current<'a> {
    /// There is no representation.
    Missing,
    /// There is one, without an entity tag.
    Untagged,
    /// There is one with this entity tag.
    Tagged(EntityTag<'a>),
}

/// Whether `If-Match` holds, given all its lines: the current representation's tag is listed by strong comparison, or `*`
/// is and there is one (RFC 9110 section 13.1.1). Where it does not hold, the answer is 412.
///
/// ```
/// use wirekit_http::validator::{Current, EntityTag, if_match};
///
/// let lines = || [&br#""v1", "v2""#[..]];
/// assert!(if_match(lines(), Current::Tagged(EntityTag::strong(b"v2")))?);
/// assert!(!if_match(lines(), Current::Untagged)?);
/// assert!(!if_match([&b"*"[..]], Current::Missing)?);
/// # Ok::<(), wirekit_http::Error>(())
/// ```
///
/// # Errors
///
/// [`EntityTag`](ErrorKind::EntityTag), with the place in the line that breaks the grammar.
pub fn if_match<'v>(
    lines: impl IntoIterator<Item = &'v [u8]>,
    current: Current<'_>,
) -> Result<bool, Error> {
    is_listed(lines, current, |current, tag| current.matches_strongly(tag))
}

/// Whether `If-None-Match` holds, given all its lines: the current representation's tag is not listed by weak comparison,
/// nor `*` while there is one (RFC 9110 section 13.1.2). Where it does not hold, the answer is 304 to GET and HEAD, else
/// 412.
///
/// ```
/// use wirekit_http::validator::{Current, EntityTag, if_none_match};
///
/// let current = Current::Tagged(EntityTag::strong(b"v2"));
/// assert!(!if_none_match([&br#""v1", W/"v2""#[..]], current)?); // 304
/// # Ok::<(), wirekit_http::Error>(())
/// ```
///
/// # Errors
///
/// [`EntityTag`](ErrorKind::EntityTag), with the place in the line that breaks the grammar.
pub fn if_none_match<'v>(
    lines: impl IntoIterator<Item = &'v [u8]>,
    current: Current<'_>,
) -> Result<bool, Error> {
    Ok(!is_listed(lines, current, |current, tag| {
        current.matches_weakly(tag)
    })?)
}

fn is_listed<'v>(
    lines: impl IntoIterator<Item = &'v [u8]>,
    current: Current<'_>,
    matches: impl Fn(&EntityTag<'_>, &EntityTag<'_>) -> bool,
) -> Result<bool, Error> {
    let mut is_listed = false;
    for line in lines {
        if trim_ows(line) == b"*" {
            is_listed |= current != Current::Missing;
            continue;
        }
        for tag in entity_tags(line) {
            let tag = tag?;
            is_listed |= matches!(current, Current::Tagged(current) if matches(&current, &tag));
        }
    }
    Ok(is_listed)
}

/// The value of `If-Range` (RFC 9110 section 13.1.5).
///
/// ```
/// use wirekit_http::validator::{Current, EntityTag, IfRange};
///
/// let condition = IfRange::parse(br#""v1""#)?;
/// assert!(condition.holds(Current::Tagged(EntityTag::strong(b"v1")), None)); // send the range
/// assert!(!condition.holds(Current::Tagged(EntityTag::strong(b"v2")), None)); // send the whole
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9110 section 13.1.5 fixes the two"
)]
pub enum IfRange<'a> {
    /// An entity tag.
    Tag(EntityTag<'a>),
    /// What should be an HTTP-date, not parsed: it is compared byte by byte.
    Date(&'a [u8]),
}

impl<'a> IfRange<'a> {
    /// Reads the value: "a valid entity-tag can be distinguished from a valid HTTP-date by examining the first three
    /// characters for a DQUOTE".
    ///
    /// # Errors
    ///
    /// [`EntityTag`](ErrorKind::EntityTag).
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        if input.iter().take(3).any(|byte| *byte == b'"') {
            EntityTag::parse(input).map(Self::Tag)
        } else {
            Ok(Self::Date(input))
        }
    }

    /// Whether `Range` is to be regarded: the tag matches strongly, or the date is that of `Last-Modified`, byte by byte.
    ///
    /// `last_modified` is the value that the response would have, given only where it is a strong validator by RFC 9110
    /// section 8.8.2.2, which is for a clock to say.
    pub fn holds(&self, current: Current<'_>, last_modified: Option<&[u8]>) -> bool {
        match (self, current) {
            (Self::Tag(tag), Current::Tagged(current)) => tag.matches_strongly(&current),
            (Self::Tag(_), Current::Missing | Current::Untagged) => false,
            (Self::Date(date), _) => last_modified == Some(*date),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    const NONE: Option<&[u8]> = None;

    #[test]
    fn tags_are_compared_as_table_3_has_it() {
        #[rustfmt::skip]
        let rows: [(&[u8], &[u8], bool, bool); 5] = [
            // RFC 9110 section 8.8.3.2
            (br#"W/"1""#, br#"W/"1""#, false, true),
            (br#"W/"1""#, br#"W/"2""#, false, false),
            (br#"W/"1""#, br#""1""#,   false, true),
            (br#""1""#,   br#""1""#,   true,  true),
            (br#""\1""#,  br#""1""#,   false, false),
        ];
        for (left, right, strongly, weakly) in rows {
            let (left, right) = (
                EntityTag::parse(left).unwrap(),
                EntityTag::parse(right).unwrap(),
            );
            assert_eq!(left.matches_strongly(&right), strongly);
            assert_eq!(right.matches_strongly(&left), strongly);
            assert_eq!(left.matches_weakly(&right), weakly);
        }
    }

    #[test]
    fn grammar_of_section_8_8_3_is_required() {
        #[rustfmt::skip]
        let rows: [(&[u8], usize); 9] = [
            (b"",            0),
            (b"xyzzy",       0),
            (b"w/\"a\"",     0),
            (b"W\"a\"",      0),
            (b"W/a",         2),
            (b"\"a",         2),
            (b"\"a b\"",     2),
            (b"\"a\"b\"",    3),
            (b"\"\x7f\"",    1),
        ];
        for (value, offset) in rows {
            let expected = Err(Error::new(ErrorKind::EntityTag, offset));
            assert_eq!(
                EntityTag::parse(value),
                expected,
                "{}",
                value.escape_ascii()
            );
        }
    }

    #[test]
    fn tags_are_written() {
        let mut out = [0; 8];
        for value in [&br#""a,\""#[..], br#"W/"""#, b"\"\xe9\""] {
            let len = EntityTag::parse(value).unwrap().encode_to_slice(&mut out);
            assert_eq!(&out[..len.unwrap()], value);
        }
        let offset = 1;
        assert_eq!(
            EntityTag::strong(b"a\"").encode_to_slice(&mut out),
            Err(EncodeError::InvalidByte { offset })
        );
        let needed = 9;
        assert_eq!(
            EntityTag::weak(b"12345").encode_to_slice(&mut out),
            Err(EncodeError::OutputTooSmall { needed })
        );
    }

    #[test]
    fn lists_of_tags_are_read() {
        let tags = |value| entity_tags(value).collect::<Result<Vec<_>, _>>();
        let (a, b) = (EntityTag::strong(b"a,b"), EntityTag::weak(b""));
        assert_eq!(tags(br#", "a,b" ,, W/"","#), Ok([a, b].into()));
        assert_eq!(tags(b" ,"), Ok(Vec::new()));
        for (value, offset) in [
            (&br#""a" "b""#[..], 4),
            (b"\"a\"\"b\"", 3),
            (b"*, \"a\"", 0),
        ] {
            assert_eq!(tags(value), Err(Error::new(ErrorKind::EntityTag, offset)));
            assert!(entity_tags(value).count() <= 2);
        }
    }

    #[test]
    fn preconditions_hold_as_section_13_1_has_it() {
        let tagged = Current::Tagged(EntityTag::strong(b"a"));
        let weak = Current::Tagged(EntityTag::weak(b"a"));
        #[rustfmt::skip]
        let rows: [(&[u8], Current<'_>, bool, bool); 9] = [
            // The value, what there is, whether If-Match and If-None-Match hold.
            (b"*",               Current::Missing,  false, true),
            (b"*",               Current::Untagged, true,  false),
            (b" * ",             tagged,            true,  false),
            (br#""a""#,          Current::Missing,  false, true),
            (br#""a""#,          Current::Untagged, false, true),
            (br#""b", "a""#,     tagged,            true,  false),
            (br#"W/"a""#,        tagged,            false, false),
            (br#""a""#,          weak,              false, false),
            (br#""b""#,          tagged,            false, true),
        ];
        for (value, current, matches, none) in rows {
            let found = (if_match([value], current), if_none_match([value], current));
            assert_eq!(found, (Ok(matches), Ok(none)), "{}", value.escape_ascii());
        }
    }

    #[test]
    fn if_range_is_exact() {
        let date = b"Sat, 29 Oct 1994 19:43:31 GMT";
        let tagged = Current::Tagged(EntityTag::strong(b"a"));
        let if_range = IfRange::parse(date).unwrap();
        assert!(if_range.holds(tagged, Some(date)));
        assert!(!if_range.holds(tagged, NONE) && !if_range.holds(tagged, Some(b"x")));
        assert!(IfRange::parse(br#""a""#).unwrap().holds(tagged, NONE));
        assert!(!IfRange::parse(br#"W/"a""#).unwrap().holds(tagged, NONE));
        assert!(
            !IfRange::parse(br#""a""#)
                .unwrap()
                .holds(Current::Untagged, NONE)
        );
        assert!(IfRange::parse(br#"W/"a"#).is_err());
    }
}
