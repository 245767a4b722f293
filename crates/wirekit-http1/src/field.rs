#[cfg(feature = "alloc")]
use alloc::borrow::Cow;
use core::fmt;

use crate::token;

/// One field line: a name and a value.
///
/// As a value to encode it is what the sender chose; as an item of [`Fields`] the name is a token in its original
/// case and the value has no whitespace around it. A value is bytes: RFC 9110 section 5.5 allows any above 0x7F.
///
/// ```
/// use wirekit_http1::{Field, field_name};
///
/// let field = Field::new(field_name::CONTENT_TYPE, "text/html");
/// assert!(field.is_named("content-type"));
/// assert_eq!(field.value_str(), Some("text/html"));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9110 section 5: a field is a name and a value"
)]
pub struct Field<'a> {
    /// The name, a token.
    pub name: &'a [u8],
    /// The value, without the whitespace around it.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// A field of text or bytes; nothing is checked until it is encoded.
    pub fn new(
        name: &'a (impl AsRef<[u8]> + ?Sized),
        value: &'a (impl AsRef<[u8]> + ?Sized),
    ) -> Self {
        Self {
            name: name.as_ref(),
            value: value.as_ref(),
        }
    }

    /// Whether the field has this name, in any case.
    pub fn is_named(&self, name: impl AsRef<[u8]>) -> bool {
        self.name.eq_ignore_ascii_case(name.as_ref())
    }

    /// The name as text: empty if it is not UTF-8, which no name on the wire is.
    pub fn name_str(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }

    /// The value as text, if it is UTF-8.
    pub fn value_str(&self) -> Option<&'a str> {
        core::str::from_utf8(self.value).ok()
    }

    /// The members of a comma-separated list of tokens, trimmed, empty ones left out (RFC 9110 section 5.6.1).
    ///
    /// A comma inside a quoted string separates too: not for values that may quote.
    pub fn members(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        token::members(self.value)
    }

    /// The parts of a value that [`Quirks::OBS_FOLD`](crate::Quirks::OBS_FOLD) let in, one a line, trimmed: to be
    /// joined by a space. One part otherwise.
    pub fn lines(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.value
            .split(|&byte| byte == b'\n')
            .map(|line| token::trim_ows(line.strip_suffix(b"\r").unwrap_or(line)))
    }

    /// The value to interpret or to send on: its [`lines`](Self::lines) joined by a space, as RFC 9112 section 5.2 asks.
    #[cfg(feature = "alloc")]
    pub fn unfolded(&self) -> Cow<'a, [u8]> {
        if self.value.contains(&b'\n') {
            let lines: alloc::vec::Vec<_> = self.lines().collect();
            Cow::Owned(lines.join(&b' '))
        } else {
            Cow::Borrowed(self.value)
        }
    }
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.name.escape_ascii(),
            self.value.escape_ascii()
        )
    }
}

/// Where a field stands, from the start of its section's bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub(crate) struct Span {
    pub(crate) name_start: u32,
    pub(crate) name_end: u32,
    pub(crate) value_start: u32,
    pub(crate) value_end: u32,
}

impl Span {
    /// A span of an input that is no longer than `u32::MAX`.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a scan is cut to u32::MAX bytes before it starts"
    )]
    pub(crate) const fn new(
        name_start: usize,
        name_end: usize,
        value_start: usize,
        value_end: usize,
    ) -> Self {
        Self {
            name_start: name_start as u32,
            name_end: name_end as u32,
            value_start: value_start as u32,
            value_end: value_end as u32,
        }
    }
}

/// The caller's storage for the places of up to `N` fields: made once, reused for every message
/// (RFC 9112 section 5).
///
/// 16 bytes a field, nothing allocated. It is only written to: what it held before a call does not matter, so one table
/// serves any number of connections, each of which may get another one at every call.
///
/// ```
/// use wirekit_http1::FieldTable;
///
/// let table = FieldTable::new(); // 100 fields
/// let small = FieldTable::<16>::with_capacity();
/// # let _ = (table, small);
/// ```
#[derive(Clone)]
pub struct FieldTable<const N: usize = 100> {
    pub(crate) spans: [Span; N],
}

impl FieldTable {
    /// A table for 100 fields.
    pub const fn new() -> Self {
        Self::with_capacity()
    }
}

impl<const N: usize> FieldTable<N> {
    /// A table for `N` fields.
    pub const fn with_capacity() -> Self {
        Self {
            spans: [Span {
                name_start: 0,
                name_end: 0,
                value_start: 0,
                value_end: 0,
            }; N],
        }
    }
}

impl<const N: usize> Default for FieldTable<N> {
    fn default() -> Self {
        Self::with_capacity()
    }
}

impl<const N: usize> fmt::Debug for FieldTable<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldTable")
            .field("capacity", &N)
            .finish_non_exhaustive()
    }
}

/// The fields of a head or a trailer section, in the order and the case of the wire.
///
/// ```
/// use wirekit_http1::{FieldTable, RequestHead};
///
/// let mut table = FieldTable::new();
/// let input = b"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\naccept: */*;q=0.1\r\n\r\n";
/// let Some((head, _)) = RequestHead::parse(input, &mut table)? else { panic!("more bytes are needed") };
/// let fields = head.fields();
/// assert_eq!((fields.len(), fields.first("HOST")), (3, Some(&b"a"[..])));
/// assert!(fields.all("accept").eq([&b"text/html"[..], b"*/*;q=0.1"]));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Fields<'a> {
    bytes: &'a [u8],
    spans: &'a [Span],
}

impl<'a> Fields<'a> {
    /// The fields at `spans` of `bytes`.
    pub(crate) const fn new(bytes: &'a [u8], spans: &'a [Span]) -> Self {
        Self { bytes, spans }
    }

    /// No fields.
    pub const EMPTY: Self = Self {
        bytes: &[],
        spans: &[],
    };

    /// How many field lines there are.
    pub const fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// The field line at `index`, from 0.
    pub fn get(&self, index: usize) -> Option<Field<'a>> {
        self.spans.get(index).map(|&span| self.at(span))
    }

    /// The fields in order.
    pub fn iter(&self) -> FieldsIter<'a> {
        FieldsIter {
            bytes: self.bytes,
            spans: self.spans.iter(),
        }
    }

    /// The value of the first field of this name, in any case.
    pub fn first(&self, name: impl AsRef<[u8]>) -> Option<&'a [u8]> {
        let name = name.as_ref();
        self.iter()
            .find(|field| field.is_named(name))
            .map(|field| field.value)
    }

    /// The values of every field of this name, in any case and in order.
    pub fn all<'n, T: AsRef<[u8]> + ?Sized>(
        &self,
        name: &'n T,
    ) -> impl Iterator<Item = &'a [u8]> + use<'a, 'n, T> {
        let name = name.as_ref();
        self.iter()
            .filter(move |field| field.is_named(name))
            .map(|field| field.value)
    }

    /// The index and the name of every field whose name begins with the letter, in lower case, that `first_letters` has at
    /// the name's length modulo 32.
    #[inline]
    pub(crate) fn names_like(
        &self,
        first_letters: &'static [u8; 32],
    ) -> impl Iterator<Item = (usize, &'a [u8])> + use<'a> {
        let bytes = self.bytes;
        self.spans
            .iter()
            .enumerate()
            .filter_map(move |(index, span)| {
                let len = span.name_end.wrapping_sub(span.name_start) as usize % 32;
                let first = *bytes.get(span.name_start as usize)?;
                if first_letters.get(len) != Some(&(first | 0x20)) {
                    return None;
                }
                Some((
                    index,
                    bytes.get(span.name_start as usize..span.name_end as usize)?,
                ))
            })
    }

    /// The value of the field at `index`.
    #[inline]
    pub(crate) fn value(&self, index: usize) -> &'a [u8] {
        let value = self.spans.get(index).and_then(|span| {
            self.bytes
                .get(span.value_start as usize..span.value_end as usize)
        });
        value.unwrap_or_default()
    }

    /// The byte at which the value of the field at `index` starts.
    pub(crate) fn value_offset(&self, index: usize) -> usize {
        self.spans
            .get(index)
            .map_or(0, |span| span.value_start as usize)
    }

    /// The byte at which the name of the field at `index` starts.
    pub(crate) fn name_offset(&self, index: usize) -> usize {
        self.spans
            .get(index)
            .map_or(0, |span| span.name_start as usize)
    }

    fn at(&self, span: Span) -> Field<'a> {
        field_at(self.bytes, span)
    }
}

/// The field at `span`. Every span comes from the scan of the same bytes, so the defaults are never taken.
#[inline]
fn field_at(bytes: &[u8], span: Span) -> Field<'_> {
    Field {
        name: bytes
            .get(span.name_start as usize..span.name_end as usize)
            .unwrap_or_default(),
        value: bytes
            .get(span.value_start as usize..span.value_end as usize)
            .unwrap_or_default(),
    }
}

impl fmt::Debug for Fields<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl PartialEq for Fields<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Fields<'_> {}

impl<'a> IntoIterator for Fields<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

impl<'a> IntoIterator for &Fields<'a> {
    type Item = Field<'a>;
    type IntoIter = FieldsIter<'a>;

    fn into_iter(self) -> FieldsIter<'a> {
        self.iter()
    }
}

/// The iterator over [`Fields`].
#[derive(Clone, Debug)]
pub struct FieldsIter<'a> {
    bytes: &'a [u8],
    spans: core::slice::Iter<'a, Span>,
}

impl<'a> Iterator for FieldsIter<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        self.spans.next().map(|&span| field_at(self.bytes, span))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.spans.size_hint()
    }
}

impl ExactSizeIterator for FieldsIter<'_> {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn fields_are_counted_compared_and_shown() {
        let (spans, bytes) = ([Span::new(0, 1, 2, 3), Span::new(3, 4, 5, 6)], b"A:bC:\x00");
        let fields = Fields::new(bytes, &spans);
        assert_eq!((fields.len(), fields.iter().len()), (2, 2));
        assert!(!fields.is_empty() && Fields::EMPTY.is_empty());
        assert_eq!(format!("{fields:?}"), "[A: b, C: \\x00]");
        assert_eq!(
            format!("{:?}", FieldTable::new()),
            "FieldTable { capacity: 100, .. }"
        );
        // The same fields of other bytes are equal; others, or fewer, are not.
        let other = [Span::new(1, 2, 4, 5), Span::new(6, 7, 9, 10)];
        assert_eq!(fields, Fields::new(b"\nA: b\nC: \x00", &other));
        assert_ne!(fields, Fields::new(b"\nA: b\nC: d", &other));
        assert_ne!(fields, Fields::new(bytes, &spans[..1]));
    }

    #[test]
    fn folded_values_come_apart() {
        let field = Field::new("A", "one\r\n  two\n\tthree");
        assert!(field.lines().eq([b"one".as_slice(), b"two", b"three"]));
        assert!(Field::new("A", "one").lines().eq([b"one"]));
        #[cfg(feature = "alloc")]
        for (value, unfolded) in [("one\r\n  two\n\tthree", "one two three"), ("a b", "a b")] {
            assert_eq!(*Field::new("A", value).unfolded(), *unfolded.as_bytes());
        }
    }

    #[test]
    fn a_span_outside_the_bytes_is_empty() {
        let span = Span {
            name_start: 9,
            name_end: 12,
            value_start: 3,
            value_end: 1,
        };
        assert_eq!(
            field_at(b"abcd", span),
            Field {
                name: b"",
                value: b""
            }
        );
    }
}
