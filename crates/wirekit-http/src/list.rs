//! Comma-separated lists (RFC 9110 section 5.6.1).

use core::iter::FusedIterator;

use crate::token::{trim_ows, trim_ows_start};
use crate::write::write;
use crate::{EncodeError, Error, ErrorKind};

/// The members of a list of tokens (RFC 9110 section 5.6.1): a comma always separates. Empty members are left out.
///
/// What the members are is not checked: each may hold any byte but a comma.
///
/// ```
/// use wirekit_http::list;
///
/// let codings: Vec<_> = list::members(b"gzip, ,chunked").map(|member| (member.offset, member.bytes)).collect();
/// assert_eq!(codings, [(0, &b"gzip"[..]), (7, b"chunked")]);
/// ```
#[inline]
pub const fn members(value: &[u8]) -> Members<'_> {
    Members::new(value, Commas::All)
}

/// The members of a list whose members may hold quoted strings, such as parameters (RFC 9110 section 5.6.4): a comma inside of
/// one does not separate. Empty members are left out.
///
/// A quoted string that is not closed takes the rest of the value with it: the parser of the member reports it.
///
/// ```
/// use wirekit_http::list;
///
/// let members = list::quoted_members(br#"text/html;x="a,b", text/plain"#);
/// assert_eq!(members.count(), 2);
/// ```
#[inline]
pub const fn quoted_members(value: &[u8]) -> Members<'_> {
    Members::new(value, Commas::OutsideQuotes)
}

/// How many empty members a list of tokens has, if these are `max` or fewer.
///
/// "A recipient MUST parse and ignore a reasonable number of empty list elements: enough to handle common mistakes by
/// senders that merge values, but not so much that they could be used as a denial-of-service mechanism" (RFC 9110 section
/// 5.6.1.2). A value without any byte has one empty member, so that the lines of a field can be counted together: allow
/// the next line what the lines before it have left.
///
/// # Errors
///
/// [`EmptyElement`](ErrorKind::EmptyElement) at the comma behind the first empty member too many, or at the end.
///
/// ```
/// use wirekit_http::list::empty_members;
///
/// assert_eq!(empty_members(b"a, , b,", 16), Ok(2));
/// assert!(empty_members(b",,,,,,", 4).is_err());
/// ```
pub const fn empty_members(value: &[u8], max: usize) -> Result<usize, Error> {
    let mut found = 0;
    let mut rest = value;
    loop {
        rest = trim_ows_start(rest);
        if matches!(rest, [] | [b',', ..]) {
            if found == max {
                return Err(Error::new(
                    ErrorKind::EmptyElement,
                    value.len() - rest.len(),
                ));
            }
            found += 1;
        }
        rest = match rest.split_at_checked(comma(rest, Commas::All)) {
            Some((_, [_, after @ ..])) => after,
            _ => return Ok(found),
        };
    }
}

/// Writes all lines of a list as one, with a comma and a space between them, to the front of `out`; returns how many bytes
/// that takes. Lines without anything are left out (RFC 9110 section 5.3).
///
/// What a proxy adds to `Via`, `Forwarded` or `X-Forwarded-For` is one line more:
///
/// ```
/// let mut out = [0; 32];
/// let received = [&b"1.2.3.4"[..], b"10.0.0.7"];
/// let len = wirekit_http::list::join_to_slice(received.into_iter().chain([&b"10.0.0.8"[..]]), &mut out)?;
/// assert_eq!(&out[..len], b"1.2.3.4, 10.0.0.7, 10.0.0.8");
/// # Ok::<(), wirekit_http::EncodeError>(())
/// ```
///
/// # Errors
///
/// [`EncodeError::OutputTooSmall`]; then `out` is as it was.
pub fn join_to_slice<'v>(
    lines: impl IntoIterator<Item = &'v [u8], IntoIter: Clone>,
    out: &mut [u8],
) -> Result<usize, EncodeError> {
    let lines = lines
        .into_iter()
        .map(trim_ows)
        .filter(|line| !line.is_empty());
    write(out, |sink| {
        let mut separator: &[u8] = b"";
        for line in lines.clone() {
            sink.put(separator);
            sink.put(line);
            separator = b", ";
        }
    })
}

/// One member of a list, without the whitespace around it: RFC 9110 section 5.6.1. The example of [`members`] has some.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a member is its bytes and their place"
)]
pub struct Member<'a> {
    /// The bytes; empty only where [`Members::with_empty`] was asked for.
    pub bytes: &'a [u8],
    /// Where they start in the list's value.
    pub offset: usize,
}

impl Member<'_> {
    /// Whether the member is this word, in any case.
    #[inline]
    pub const fn is(&self, word: &str) -> bool {
        self.bytes.eq_ignore_ascii_case(word.as_bytes())
    }
}

/// The members of a list, in order: of [`members`] and [`quoted_members`], which have an example each (RFC 9110 section 5.6.1).
///
/// ```
/// use wirekit_http::list::members;
///
/// assert!(members(b"keep-alive, Upgrade").has("upgrade"));
/// assert_eq!(members(b"a,,b").with_empty().count(), 3);
/// ```
#[derive(Clone, Debug)]
pub struct Members<'a> {
    /// What follows the last comma; nothing behind the last member.
    rest: Option<&'a [u8]>,
    offset: usize,
    commas: Commas,
    skips_empty: bool,
}

/// Which commas separate.
#[derive(Clone, Copy, Debug)]
enum Commas {
    All,
    OutsideQuotes,
}

impl<'a> Members<'a> {
    const fn new(value: &'a [u8], commas: Commas) -> Self {
        Self {
            rest: Some(value),
            offset: 0,
            commas,
            skips_empty: true,
        }
    }

    /// The same members and the empty ones: `n` commas that separate make `n + 1` members.
    #[must_use]
    pub const fn with_empty(mut self) -> Self {
        self.skips_empty = false;
        self
    }

    /// Whether one of the members is this word, in any case.
    pub fn has(mut self, word: &str) -> bool {
        self.any(|member| member.is(word))
    }
}

impl<'a> Iterator for Members<'a> {
    type Item = Member<'a>;

    #[inline]
    fn next(&mut self) -> Option<Member<'a>> {
        loop {
            let rest = self.rest?;
            let (bytes, after) = rest.split_at_checked(comma(rest, self.commas))?;
            let trimmed = trim_ows_start(bytes);
            let member = Member {
                bytes: trim_ows(trimmed),
                offset: self.offset + (bytes.len() - trimmed.len()),
            };
            self.rest = after.split_first().map(|(_, after)| after);
            self.offset += bytes.len() + 1;
            if !(self.skips_empty && member.bytes.is_empty()) {
                return Some(member);
            }
        }
    }
}

impl FusedIterator for Members<'_> {}

/// Where the first comma that separates stands, or the end.
#[inline]
const fn comma(bytes: &[u8], commas: Commas) -> usize {
    let mut rest = bytes;
    if let Commas::All = commas {
        while let [byte, after @ ..] = rest
            && *byte != b','
        {
            rest = after;
        }
        return bytes.len() - rest.len();
    }
    let mut is_quoted = false;
    while let [byte, after @ ..] = rest {
        match *byte {
            b',' if !is_quoted => break,
            b'"' => is_quoted = !is_quoted,
            b'\\' if is_quoted => {
                rest = match after {
                    [_, after @ ..] => after,
                    [] => after,
                };
                continue;
            }
            _ => {}
        }
        rest = after;
    }
    bytes.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::vec::Vec;

    /// A value, and its members with their places.
    type Row = (&'static [u8], &'static [(usize, &'static [u8])]);

    fn found(members: Members<'_>) -> Vec<(usize, &[u8])> {
        members
            .map(|member| (member.offset, member.bytes))
            .collect()
    }

    #[test]
    fn lists_are_split_at_commas() {
        #[rustfmt::skip]
        let rows: [Row; 8] = [
            // RFC 9110 section 5.6.1.2's own examples.
            (b"foo,bar",             &[(0, b"foo"), (4, b"bar")]),
            (b"foo ,bar,",           &[(0, b"foo"), (5, b"bar")]),
            (b"foo , ,bar,charlie",  &[(0, b"foo"), (7, b"bar"), (11, b"charlie")]),
            (b"",                    &[]),
            (b",",                   &[]),
            (b",   ,",               &[]),
            // Section 5.6.3: SP and HTAB, and no other whitespace.
            (b" \ta\t , \x0b",       &[(2, b"a"), (7, b"\x0b")]),
            // A list of tokens has no quoted strings.
            (b"\"a,b\"",             &[(0, b"\"a"), (3, b"b\"")]),
        ];
        for (value, expected) in rows {
            assert_eq!(found(members(value)), expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn empty_members_are_given_to_who_asks() {
        let all = found(members(b"  a , \tb ,,").with_empty());
        let expected: [(usize, &[u8]); 4] = [(2, b"a"), (7, b"b"), (10, b""), (11, b"")];
        assert_eq!(all, expected);
        assert_eq!(found(members(b"").with_empty()), [(0, &b""[..])]);
    }

    #[test]
    fn commas_in_quoted_strings_do_not_separate() {
        #[rustfmt::skip]
        let rows: [(&[u8], &[&[u8]]); 6] = [
            // Section 5.6.4
            (br#"a;b="1,2", c"#,    &[br#"a;b="1,2""#, b"c"]),
            (br#"a="\",", c"#,      &[br#"a="\",""#, b"c"]),
            (br#"a="\\", c"#,       &[br#"a="\\""#, b"c"]),
            (br#"a\", b"#,          &[br#"a\", b"#]),
            // Not closed: to the end.
            (br#"a, "b, c"#,        &[b"a", br#""b, c"#]),
            (br#""a\"#,             &[br#""a\"#]),
        ];
        for (value, expected) in rows {
            let members: Vec<_> = quoted_members(value).map(|member| member.bytes).collect();
            assert_eq!(members, expected, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn empty_members_are_bounded() {
        #[rustfmt::skip]
        let rows: [(&[u8], usize, Result<usize, usize>); 9] = [
            (b"a, b",      0, Ok(0)),
            (b"",          1, Ok(1)),
            (b"",          0, Err(0)),
            (b"a,,b",      1, Ok(1)),
            (b"a,,b",      0, Err(2)),
            (b",a",        0, Err(0)),
            (b"a, \t",     0, Err(4)),
            (b", ,a,",     3, Ok(3)),
            (b", ,a,",     2, Err(5)),
        ];
        for (value, max, expected) in rows {
            let expected = expected.map_err(|offset| Error::new(ErrorKind::EmptyElement, offset));
            assert_eq!(
                empty_members(value, max),
                expected,
                "{}",
                value.escape_ascii()
            );
        }
    }

    #[test]
    fn lines_are_joined_or_nothing_is_written() {
        let mut out = [0xa5; 8];
        let lines = [&b" a "[..], b"", b"\t", b"b,"];
        assert_eq!(
            join_to_slice(lines, &mut out[..4]),
            Err(EncodeError::OutputTooSmall { needed: 5 })
        );
        assert_eq!(out, [0xa5; 8]);
        assert_eq!(join_to_slice(lines, &mut out), Ok(5));
        assert_eq!(&out[..5], b"a, b,");
        assert_eq!(join_to_slice([], &mut out), Ok(0));
    }

    #[test]
    fn words_are_compared_in_any_case() {
        assert!(members(b"Keep-Alive, CLOSE").has("close"));
        assert!(!members(b"closed, clos").has("close"));
    }
}
