//! The chunked coding encoded.

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::trailers::is_forbidden;
#[cfg(feature = "alloc")]
use crate::encode::Appended;
use crate::encode::{Message, Sink, Slice, Writer, check_field};
use crate::error::EncodeError;
use crate::field::Field;

/// The line in front of a chunk's data: what to send when the data goes out from where it lies, as in a vectored
/// write of the line, the data and [`Chunk::END`] (RFC 9112 section 7.1).
///
/// ```
/// use wirekit_http1::ChunkHeader;
///
/// assert_eq!(ChunkHeader::new(4096).as_bytes(), b"1000\r\n");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChunkHeader {
    /// The line, at the end of the array.
    bytes: [u8; Self::MAX_LEN],
    start: usize,
}

impl ChunkHeader {
    /// The longest line in bytes: sixteen digits and the line end.
    pub const MAX_LEN: usize = 18;

    /// The line for `size` bytes of data. A size of zero gives the line of the last chunk.
    pub const fn new(size: u64) -> Self {
        let mut bytes = *b"0000000000000000\r\n";
        let mut start = Self::MAX_LEN - 2;
        let mut rest = size;
        loop {
            start -= 1;
            #[expect(
                clippy::indexing_slicing,
                reason = "sixteen digits fit, and a digit is below 16"
            )]
            {
                bytes[start] = b"0123456789abcdef"[(rest % 16) as usize];
            }
            rest /= 16;
            if rest == 0 {
                return Self { bytes, start };
            }
        }
    }

    /// The line, with its line end.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// The length of the line, with its line end.
    #[expect(clippy::len_without_is_empty, reason = "never empty")]
    pub const fn len(&self) -> usize {
        Self::MAX_LEN - self.start
    }
}

/// A chunk that a sender puts around a piece of content (RFC 9112 section 7.1).
///
/// No content, no chunk: an empty one would be the last chunk, so it is encoded as nothing at all.
///
/// ```
/// use wirekit_http1::Chunk;
///
/// let mut out = [0; 32];
/// let len = Chunk { data: b"hello, world" }.encode_to_slice(&mut out)?;
/// assert_eq!(&out[..len], b"c\r\nhello, world\r\n"); // the length in hexadecimal digits
/// # Ok::<(), wirekit_http1::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9112 section 7.1 fixes what a chunk is made of"
)]
pub struct Chunk<'a> {
    /// The content.
    pub data: &'a [u8],
}

impl Chunk<'_> {
    /// What follows the data.
    pub const END: &'static [u8] = b"\r\n";

    /// The bytes that the chunk takes.
    pub const fn encoded_len(&self) -> usize {
        if self.data.is_empty() {
            return 0;
        }
        ChunkHeader::new(self.data.len() as u64).len() + self.data.len() + Self::END.len()
    }

    /// Appends the chunk to `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OutputTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        self.write_to(&mut Appended(out))
    }

    /// Writes the chunk to the front of `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OutputTooSmall`].
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.write_to(&mut Slice(out))
    }

    pub(crate) fn write_to(self, sink: &mut impl Sink) -> Result<usize, EncodeError> {
        if self.data.is_empty() {
            return Ok(0);
        }
        let header = ChunkHeader::new(self.data.len() as u64);
        sink.parts([header.as_bytes(), self.data, Self::END])
    }
}

/// The last chunk and the trailer section, with which a sender ends a chunked body.
///
/// ```
/// use wirekit_http1::{Field, LastChunk};
///
/// let mut out = [0; 32];
/// let len = LastChunk { trailers: &[Field::new("X-Sum", "7f")] }.encode_to_slice(&mut out)?;
/// assert_eq!(&out[..len], b"0\r\nX-Sum: 7f\r\n\r\n");
/// # Ok::<(), wirekit_http1::EncodeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9112 section 7.1 fixes what ends a chunked body"
)]
pub struct LastChunk<'a> {
    /// The trailer fields; those that a recipient must know before the content cannot be sent here.
    pub trailers: &'a [Field<'a>],
}

impl LastChunk<'_> {
    const LINE: &'static [u8] = b"0\r\n";

    /// The bytes that the end of the body takes.
    ///
    /// # Errors
    ///
    /// [`InvalidFieldName`](EncodeError::InvalidFieldName), [`InvalidFieldValue`](EncodeError::InvalidFieldValue) or
    /// [`ForbiddenTrailer`](EncodeError::ForbiddenTrailer).
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        let mut len = Self::LINE.len() + Chunk::END.len();
        for (index, field) in self.trailers.iter().enumerate() {
            check_field(index, field)?;
            if is_forbidden(field.name) {
                return Err(EncodeError::ForbiddenTrailer { index });
            }
            len += field.name.len() + field.value.len() + 4;
        }
        Ok(len)
    }

    /// Appends the last chunk and the trailer section to `out`.
    ///
    /// # Errors
    ///
    /// Those of [`encoded_len`](Self::encoded_len) and [`EncodeError::OutputTooSmall`].
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        self.write_to(&mut Appended(out))
    }

    /// Writes the last chunk and the trailer section to the front of `out`.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        self.write_to(&mut Slice(out))
    }

    pub(crate) fn write_to(self, sink: &mut impl Sink) -> Result<usize, EncodeError> {
        sink.message(self.encoded_len()?, self)
    }
}

impl Message for LastChunk<'_> {
    fn write(self, to: &mut impl Writer) {
        to.put(LastChunk::LINE);
        for field in self.trailers {
            to.put_field(field);
        }
        to.put(Chunk::END);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_as_short_as_can_be() {
        for (size, line) in [
            (0, "0\r\n"),
            (9, "9\r\n"),
            (10, "a\r\n"),
            (16, "10\r\n"),
            (0x1234_5678_9abc_def0, "123456789abcdef0\r\n"),
            (u64::MAX, "ffffffffffffffff\r\n"),
        ] {
            assert_eq!(ChunkHeader::new(size).as_bytes(), line.as_bytes());
            assert_eq!(ChunkHeader::new(size).len(), line.len());
        }
    }

    #[test]
    fn an_empty_chunk_is_not_the_last_one() {
        assert_eq!(Chunk { data: b"" }.encoded_len(), 0);
        assert_eq!(Chunk { data: b"" }.encode_to_slice(&mut []), Ok(0));
    }

    #[test]
    fn a_chunk_takes_the_bytes_that_it_says() {
        let (data, mut out) = ([b'x'; 300], [0; 310]);
        for (len, encoded_len) in [(1, 6), (15, 20), (16, 22), (255, 261), (256, 263)] {
            let chunk = Chunk { data: &data[..len] };
            assert_eq!(chunk.encoded_len(), encoded_len, "{len}");
            assert_eq!(chunk.encode_to_slice(&mut out), Ok(encoded_len), "{len}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_begun() {
        let mut out = [b'.'; 6];
        let chunk = Chunk { data: b"abc" };
        assert_eq!(
            chunk.encode_to_slice(&mut out),
            Err(EncodeError::OutputTooSmall { needed: 8 })
        );
        let last = LastChunk {
            trailers: &[Field {
                name: b"A",
                value: b"b",
            }],
        };
        assert_eq!(
            last.encode_to_slice(&mut out),
            Err(EncodeError::OutputTooSmall { needed: 11 })
        );
        assert_eq!(&out, b"......");
        let mut out = [b'.'; 12];
        assert_eq!(chunk.encode_to_slice(&mut out), Ok(8));
        assert_eq!(&out, b"3\r\nabc\r\n....");
        assert_eq!(last.encode_to_slice(&mut out), Ok(11));
        assert_eq!(&out, b"0\r\nA: b\r\n\r\n.");
    }

    #[cfg(feature = "alloc")]
    #[test]
    fn a_buffer_of_limited_room_takes_all_or_nothing() {
        let chunk = Chunk { data: b"abc" };
        let last = LastChunk {
            trailers: &[Field::new("A", "b")],
        };
        for room in [7, 8, 11] {
            let (mut out, fits) = ([b'.'; 11], |needed| {
                let small = Err(EncodeError::OutputTooSmall { needed });
                if needed <= room { Ok(needed) } else { small }
            });
            assert_eq!(chunk.encode(&mut &mut out[..room]), fits(8));
            let written: &[u8] = if room < 8 { b"..." } else { b"3\r\nabc\r\n" };
            assert!(out.starts_with(written));
            let mut out = [b'.'; 11];
            assert_eq!(last.encode(&mut &mut out[..room]), fits(11));
            let written: &[u8] = if room < 11 {
                b"..."
            } else {
                b"0\r\nA: b\r\n\r\n"
            };
            assert!(out.starts_with(written));
        }
        assert_eq!(Chunk { data: b"" }.encode(&mut &mut [0; 0][..]), Ok(0));
    }

    #[test]
    fn trailers_cannot_inject_or_mislead() {
        for (name, value, error) in [
            (
                &b"a b"[..],
                &b""[..],
                EncodeError::InvalidFieldName { index: 1 },
            ),
            (b"", b"", EncodeError::InvalidFieldName { index: 1 }),
            (
                b"A",
                b"b\r\nC: d",
                EncodeError::InvalidFieldValue { index: 1 },
            ),
            (b"A", b"\0", EncodeError::InvalidFieldValue { index: 1 }),
            (b"A", b" b", EncodeError::InvalidFieldValue { index: 1 }),
            (
                b"content-length",
                b"5",
                EncodeError::ForbiddenTrailer { index: 1 },
            ),
            (b"HOST", b"a", EncodeError::ForbiddenTrailer { index: 1 }),
        ] {
            let trailers = [
                Field {
                    name: b"ETag",
                    value: b"\"1\"",
                },
                Field { name, value },
            ];
            let mut out = [0; 64];
            assert_eq!(
                LastChunk {
                    trailers: &trailers
                }
                .encode_to_slice(&mut out),
                Err(error)
            );
            assert_eq!(out, [0; 64]);
        }
    }
}
