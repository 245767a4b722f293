#[cfg(feature = "alloc")]
use bytes::BufMut;
use core::borrow::Borrow;

use crate::{BodyLength, Chunk, EncodeError, Field, LastChunk, RequestLine, StatusLine};

/// Where the bytes go: all of a piece, or nothing.
pub(crate) trait Room {
    fn request<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone;
    fn response<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone;
    fn chunk(&mut self, chunk: Chunk<'_>) -> Result<usize, EncodeError>;
    fn last_chunk(&mut self, last: LastChunk<'_>) -> Result<usize, EncodeError>;
    fn bytes(&mut self, bytes: &[u8]) -> Result<usize, EncodeError>;
}

/// The start of a slice.
pub(crate) struct Slice<'o>(pub(crate) &'o mut [u8]);

impl Room for Slice<'_> {
    fn request<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        line.encode_to_slice(fields, body, self.0)
    }

    fn response<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        line.encode_to_slice(fields, body, self.0)
    }

    fn chunk(&mut self, chunk: Chunk<'_>) -> Result<usize, EncodeError> {
        chunk.encode_to_slice(self.0)
    }

    fn last_chunk(&mut self, last: LastChunk<'_>) -> Result<usize, EncodeError> {
        last.encode_to_slice(self.0)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<usize, EncodeError> {
        let needed = bytes.len();
        self.0
            .get_mut(..needed)
            .ok_or(EncodeError::OutputTooSmall { needed })?
            .copy_from_slice(bytes);
        Ok(needed)
    }
}

/// The end of a buffer.
#[cfg(feature = "alloc")]
pub(crate) struct Appended<'o, B>(pub(crate) &'o mut B);

#[cfg(feature = "alloc")]
impl<B: BufMut> Room for Appended<'_, B> {
    fn request<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        line.encode(fields, body, self.0)
    }

    fn response<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
    ) -> Result<usize, EncodeError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        line.encode(fields, body, self.0)
    }

    fn chunk(&mut self, chunk: Chunk<'_>) -> Result<usize, EncodeError> {
        chunk.encode(self.0)
    }

    fn last_chunk(&mut self, last: LastChunk<'_>) -> Result<usize, EncodeError> {
        last.encode(self.0)
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<usize, EncodeError> {
        let needed = bytes.len();
        if self.0.remaining_mut() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        self.0.put_slice(bytes);
        Ok(needed)
    }
}
