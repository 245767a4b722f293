//! Array blocks: items behind their lengths, as in remote calls.

use core::fmt;

#[cfg(feature = "alloc")]
use crate::sink::BufSink;
use crate::sink::{Sink, SliceSink};
use crate::{EncodeError, Error, ErrorKind, Header};
#[cfg(feature = "alloc")]
use bytes::BufMut;

/// A checked array block: items, each behind its length as a little-endian `u16`.
///
/// Empty items are items, also at the end; one of uWSGI's two parsers keeps them, the other drops them.
/// Specification section 3.
///
/// ```
/// use wirekit_uwsgi::Array;
///
/// let array = Array::parse(b"\x05\0hello\0\0\x01\0z")?;
/// assert!(array.iter().eq([&b"hello"[..], b"", b"z"]));
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Array<'a> {
    block: &'a [u8],
}

impl<'a> Array<'a> {
    /// Checks a whole block.
    ///
    /// # Errors
    ///
    /// `ItemLenTruncated`, `ItemOverrun`, at the length that is wrong.
    pub fn parse(block: &'a [u8]) -> Result<Self, Error> {
        let mut rest = block;
        while !rest.is_empty() {
            let at = block.len() - rest.len();
            let Some((len, after)) = rest.split_first_chunk() else {
                return Err(Error::new(ErrorKind::ItemLenTruncated, at));
            };
            let len = u16::from_le_bytes(*len);
            rest = after.get(usize::from(len)..).ok_or_else(|| {
                let left = u16::try_from(after.len()).unwrap_or(u16::MAX);
                Error::new(ErrorKind::ItemOverrun { len, left }, at)
            })?;
        }
        Ok(Self { block })
    }

    /// The items in their order.
    pub const fn iter(&self) -> ArrayIter<'a> {
        ArrayIter { rest: self.block }
    }

    /// The block's bytes, without a packet's header.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.block
    }
}

impl fmt::Debug for Array<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.iter().map(<[u8]>::escape_ascii))
            .finish()
    }
}

impl<'a> IntoIterator for Array<'a> {
    type Item = &'a [u8];
    type IntoIter = ArrayIter<'a>;

    fn into_iter(self) -> ArrayIter<'a> {
        self.iter()
    }
}

/// The iterator over an [`Array`].
#[derive(Clone, Debug)]
pub struct ArrayIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ArrayIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (len, after) = self.rest.split_first_chunk()?;
        let (item, rest) = after.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
        self.rest = rest;
        Some(item)
    }
}

impl Header {
    /// Appends a packet with these items, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// `SizeTooLarge`, `OutputTooSmall`; nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode_array(
        &self,
        items: &[&[u8]],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        self.write(array_len(items), BufSink { out }, |out| {
            put_items(items, out)
        })
    }

    /// Writes a packet with these items to the front of a slice, and says how many bytes it took.
    ///
    /// # Errors
    ///
    /// As [`Header::encode_array`].
    pub fn encode_array_to_slice(
        &self,
        items: &[&[u8]],
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        self.write(array_len(items), SliceSink::new(out), |out| {
            put_items(items, out)
        })
    }
}

fn array_len(items: &[&[u8]]) -> usize {
    items.iter().fold(0, |size, item| {
        size.saturating_add(2).saturating_add(item.len())
    })
}

fn put_items(items: &[&[u8]], mut out: impl Sink) {
    for item in items {
        out.put_value(item);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static [u8], Option<(ErrorKind, usize)>);

    #[test]
    fn items_end_inside_the_block() {
        // Specification section 3.
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (b"", None),
            (b"\0\0", None),
            (b"\x01\0a\0\0", None),
            (b"\x01", Some((ErrorKind::ItemLenTruncated, 0))),
            (b"\x01\0a\x01", Some((ErrorKind::ItemLenTruncated, 3))),
            (b"\x01\0", Some((ErrorKind::ItemOverrun { len: 1, left: 0 }, 0))),
            (b"\0\0\xff\xffab", Some((ErrorKind::ItemOverrun { len: 0xffff, left: 2 }, 2))),
        ];
        for (block, expected) in rows {
            let answer = Array::parse(block).map_err(|error| (error.kind(), error.offset()));
            assert_eq!(answer.err(), *expected, "{block:?}");
            let Ok(array) = Array::parse(block) else {
                continue;
            };
            assert_eq!(array.as_bytes(), *block);
            let items: std::vec::Vec<_> = array.iter().collect();
            let mut out = std::vec![0; 4 + block.len()];
            let used = Header::WSGI.encode_array_to_slice(&items, &mut out);
            assert_eq!(used, Ok(out.len()));
            assert_eq!(&out[4..], *block);
            #[cfg(feature = "alloc")]
            {
                let mut appended = std::vec::Vec::new();
                assert_eq!(Header::WSGI.encode_array(&items, &mut appended), used);
                assert_eq!(appended, out);
            }
        }
    }
}
