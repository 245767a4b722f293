//! The chunked coding decoded.

use super::line::{Line, Rules, ShortLine};
use crate::config::Config;
use crate::error::Error;

/// What a [`ChunkedDecoder`] finds: RFC 9112 section 7.1.
///
/// The example of [`ChunkedDecoder`] handles both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 7.1 fixes what a chunked body is made of"
)]
pub enum Chunked<'a> {
    /// Content: all of a chunk's data that is there, never empty.
    Data(&'a [u8]),
    /// The last chunk. The trailer section follows, which [`Trailers`](crate::Trailers) reads.
    Last,
}

/// How far [`ChunkedDecoder::decode_into`] came: RFC 9112 section 7.1.
///
/// ```
/// use wirekit_http1::{ChunkedDecoder, Config, Copied};
///
/// let mut out = [0; 8];
/// let copied = ChunkedDecoder::new(Config::DEFAULT).decode_into(b"3\r\nabc\r\n2\r\nde\r\n0\r\n", &mut out)?;
/// assert_eq!(copied, Copied { used: 18, written: 5 }); // bytes
/// assert_eq!(&out[..5], b"abcde");
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a decoder that copies consumes and produces, and nothing else"
)]
pub struct Copied {
    /// Bytes of the input that are done with.
    pub used: usize,
    /// Bytes of content written to the output.
    pub written: usize,
}

/// Takes the chunked coding off a body that arrives in any pieces (RFC 9112 section 7.1).
///
/// Sizes, extensions and line ends are checked against the grammar; extensions are then ignored, as the RFC asks,
/// and all of a body's together may not exceed a limit. No byte is copied or looked at twice.
///
/// ```
/// use wirekit_http1::{Chunked, ChunkedDecoder, Config};
///
/// let mut input: &[u8] = b"4\r\nWiki\r\n7;x=1\r\npedia i\r\n0\r\n\r\n";
/// let mut decoder = ChunkedDecoder::new(Config::DEFAULT);
/// let mut content = Vec::new();
/// while let Some((piece, used)) = decoder.decode(input)? {
///     if let Chunked::Data(data) = piece {
///         content.extend_from_slice(data);
///     }
///     input = &input[used..];
/// }
/// assert!(decoder.is_done());
/// assert_eq!(content, b"Wikipedia i");
/// assert_eq!(input, b"\r\n"); // the trailer section
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkedDecoder {
    state: State,
    line: Line,
    /// Bytes of the chunk's data still to come.
    remaining: u64,
    rules: Rules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Line,
    Data,
    /// The last chunk's line was read but not yet reported.
    Last,
    Done,
    Failed(Error),
}

impl ChunkedDecoder {
    /// A decoder at the start of a chunked body, with the limit and the quirks of `config`.
    pub const fn new(config: Config) -> Self {
        Self {
            state: State::Line,
            line: Line::first(),
            remaining: 0,
            rules: Rules::new(&config),
        }
    }

    /// Whether the last chunk was reported: what follows is the trailer section.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// The next piece of content, or the last chunk, and the bytes used up to its end.
    ///
    /// After [`Chunked::Last`] the answer is `Ok(None)`, and the input is no longer looked at.
    ///
    /// # Errors
    ///
    /// [`InvalidChunkSize`](crate::ErrorKind::InvalidChunkSize),
    /// [`ChunkSizeOverflow`](crate::ErrorKind::ChunkSizeOverflow),
    /// [`InvalidChunkExtension`](crate::ErrorKind::InvalidChunkExtension),
    /// [`ChunkExtensionsTooLong`](crate::ErrorKind::ChunkExtensionsTooLong),
    /// [`MissingChunkEnd`](crate::ErrorKind::MissingChunkEnd), [`BareCr`](crate::ErrorKind::BareCr) or
    /// [`BareLf`](crate::ErrorKind::BareLf), from then on forever.
    #[inline]
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Chunked<'i>, usize)>, Error> {
        // A whole chunk behind another leaves everything as it was.
        if matches!(self.state, State::Line)
            && self.line.is_at_data_end()
            && let Some(window) = input.first_chunk()
            && let Some(line) = ShortLine::before_data(window)
            && let Some(data) = input.get(line.len..line.len + line.size)
        {
            return Ok(Some((Chunked::Data(data), line.len + line.size)));
        }
        self.decode_slowly(input)
    }

    fn decode_slowly<'i>(
        &mut self,
        input: &'i [u8],
    ) -> Result<Option<(Chunked<'i>, usize)>, Error> {
        self.read_line(input)?;
        let line_len = self.line.len;
        match self.state {
            State::Data => {
                let rest = input.get(line_len..).unwrap_or_default();
                let data = rest.get(..self.wanted()).unwrap_or(rest);
                if data.is_empty() {
                    return Ok(None);
                }
                self.took(data.len());
                Ok(Some((
                    Chunked::Data(data),
                    line_len.saturating_add(data.len()),
                )))
            }
            State::Last => {
                self.state = State::Done;
                Ok(Some((Chunked::Last, line_len)))
            }
            _ => Ok(None),
        }
    }

    /// Gives every piece of content in `input` to `each`, and returns the bytes used: the fastest way through many
    /// chunks.
    ///
    /// It stops at the end of the input or after the last chunk ([`is_done`](Self::is_done)). Content in front of a
    /// fault is given before the fault is returned.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode).
    pub fn decode_each<'i>(
        &mut self,
        input: &'i [u8],
        mut each: impl FnMut(&'i [u8]),
    ) -> Result<usize, Error> {
        self.walk(input, |rest, len| {
            let data = rest.get(..len).unwrap_or(rest);
            each(data);
            data.len()
        })
    }

    /// Copies the content in `input` to `out`, as much as is there and has room.
    ///
    /// What stands in `out` behind the content is unspecified afterwards.
    ///
    /// # Errors
    ///
    /// Those of [`decode`](Self::decode).
    pub fn decode_into(&mut self, input: &[u8], out: &mut [u8]) -> Result<Copied, Error> {
        let mut written = 0;
        let mut room = out;
        let used = self.walk(input, |rest, len| {
            let copied = copy(rest, len, room);
            written += copied;
            room = core::mem::take(&mut room)
                .get_mut(copied..)
                .unwrap_or_default();
            copied
        })?;
        Ok(Copied { used, written })
    }

    /// Calls `take` for every piece of content with the input from its first byte on and its length, until `take`
    /// says that it took less.
    #[inline]
    fn walk<'i>(
        &mut self,
        input: &'i [u8],
        mut take: impl FnMut(&'i [u8], usize) -> usize,
    ) -> Result<usize, Error> {
        let mut rest = input;
        if let State::Failed(error) = self.state {
            return Err(error);
        }
        loop {
            if self.state == State::Line && self.line.is_at_data_end() {
                rest = self.walk_short(rest, &mut take);
            }
            let offset = input.len() - rest.len();
            self.read_line(rest)
                .map_err(|error| self.fail(error.shifted(offset)))?;
            let line_len = self.line.len;
            let after = rest.get(line_len..).unwrap_or_default();
            match self.state {
                State::Data => {
                    let here = self.wanted().min(after.len());
                    let taken = if here == 0 { 0 } else { take(after, here) };
                    if taken == 0 {
                        return Ok(offset);
                    }
                    self.took(taken);
                    rest = after.get(taken..).unwrap_or_default();
                    if taken < here {
                        return Ok(input.len() - rest.len());
                    }
                }
                State::Last => {
                    self.state = State::Done;
                    return Ok(offset.saturating_add(line_len));
                }
                _ => return Ok(offset),
            }
        }
    }

    /// Walks whole chunks with short lines, and returns what is left.
    ///
    /// Chunks of one size follow each other more often than not. Comparing a line with the one before then spares the
    /// wait for its number: the next address no longer depends on what the line says.
    #[inline]
    fn walk_short<'i>(
        &mut self,
        input: &'i [u8],
        take: &mut impl FnMut(&'i [u8], usize) -> usize,
    ) -> &'i [u8] {
        let Some(mut line) = input.first_chunk().and_then(ShortLine::before_data) else {
            return input;
        };
        let mut rest = input;
        while let Some(data) = rest.get(line.len..)
            && let Some(after) = data.get(line.size..)
        {
            let taken = take(data, line.size);
            if taken < line.size {
                self.state = State::Data;
                self.remaining = line.size as u64;
                self.line = self.line.consumed();
                self.took(taken);
                return data.get(taken..).unwrap_or_default();
            }
            rest = after;
            let Some(window) = rest.first_chunk() else {
                break;
            };
            if !line.is_again(window) {
                match ShortLine::before_data(window) {
                    Some(next) => line = next,
                    None => break,
                }
            }
        }
        rest
    }

    fn fail(&mut self, error: Error) -> Error {
        self.state = State::Failed(error);
        error
    }

    /// Reads a line if one is due; an error is kept and repeated.
    fn read_line(&mut self, input: &[u8]) -> Result<(), Error> {
        match self.state {
            State::Line => match self.line.read(input, &self.rules) {
                Ok(None) => {}
                Ok(Some(0)) => self.state = State::Last,
                Ok(Some(size)) => {
                    self.state = State::Data;
                    self.remaining = size;
                }
                Err(error) => return Err(self.fail(error)),
            },
            State::Failed(error) => return Err(error),
            State::Data | State::Last | State::Done => {}
        }
        Ok(())
    }

    /// The chunk's data still to come, as far as a slice can hold it.
    fn wanted(&self) -> usize {
        usize::try_from(self.remaining).unwrap_or(usize::MAX)
    }

    /// Some data was handed out, and with it the line in front of it.
    fn took(&mut self, data_len: usize) {
        self.remaining = self.remaining.saturating_sub(data_len as u64);
        self.line = self.line.consumed();
        if self.remaining == 0 {
            self.line = self.line.after_data();
            self.state = State::Line;
        }
    }
}

/// Copies the first `len` bytes of `from`, or what `to` has room for, and returns how many.
///
/// A short piece is copied in more bytes than it has, where both sides reach that far: a call of `memcpy` would cost
/// more than the bytes.
#[inline]
fn copy(from: &[u8], len: usize, to: &mut [u8]) -> usize {
    if len <= 256
        && let Some(from) = blocks(from)
        && let Some(to) = blocks_mut(to)
    {
        copy_blocks(from, len, to);
        return len;
    }
    let len = len.min(from.len()).min(to.len());
    if let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) {
        to.copy_from_slice(from);
    }
    len
}

/// What a vector register holds.
type Block = [u8; 16];

#[inline]
fn blocks(bytes: &[u8]) -> Option<&[Block; 16]> {
    bytes.first_chunk::<256>()?.as_chunks().0.first_chunk()
}

#[inline]
fn blocks_mut(bytes: &mut [u8]) -> Option<&mut [Block; 16]> {
    bytes
        .first_chunk_mut::<256>()?
        .as_chunks_mut()
        .0
        .first_chunk_mut()
}

/// Copies the blocks that the first `len` bytes begin in, and some more.
///
/// One by one, because stores in the order of memory are the fastest: an array in one assignment is stored in an order of
/// the compiler's own, which takes half as long again.
#[inline]
fn copy_blocks(from: &[Block; 16], len: usize, to: &mut [Block; 16]) {
    to[0] = from[0];
    to[1] = from[1];
    if len > 32 {
        to[2] = from[2];
        to[3] = from[3];
        to[4] = from[4];
        to[5] = from[5];
        to[6] = from[6];
        to[7] = from[7];
        if len > 128 {
            to[8] = from[8];
            to[9] = from[9];
            to[10] = from[10];
            to[11] = from[11];
            to[12] = from[12];
            to[13] = from[13];
            to[14] = from[14];
            to[15] = from[15];
        }
    }
}

#[cfg(test)]
mod tests;
