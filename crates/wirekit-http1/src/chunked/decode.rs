//! The chunked coding taken off.

use super::line::{Line, Rules, SHORT_LINE_WINDOW, short_line};
use crate::{Config, Error};

/// What a [`ChunkedDecoder`] finds.
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

/// How far [`ChunkedDecoder::decode_into`] came.
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
/// use wirekit_http1::{Chunked, ChunkedDecoder};
///
/// let mut input: &[u8] = b"4\r\nWiki\r\n7;x=1\r\npedia i\r\n0\r\n\r\n";
/// let mut decoder = ChunkedDecoder::new();
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
    phase: Phase,
    line: Line,
    /// Bytes of the chunk's data still to come.
    remaining: u64,
    rules: Rules,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Line,
    Data,
    /// The last chunk's line was read but not yet told.
    Last,
    Done,
    Failed(Error),
}

impl ChunkedDecoder {
    /// A decoder at the start of a chunked body, strict and with the default limit.
    pub const fn new() -> Self {
        Self::with_config(&Config::DEFAULT)
    }

    /// A decoder at the start of a chunked body, with the limit and the quirks of `config`.
    pub const fn with_config(config: &Config) -> Self {
        Self {
            phase: Phase::Line,
            line: Line::first(),
            remaining: 0,
            rules: Rules::new(config),
        }
    }

    /// Whether the last chunk was told: what follows is the trailer section.
    pub const fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
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
    /// [`BareLf`](crate::ErrorKind::BareLf), from then on for ever.
    pub fn decode<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Chunked<'i>, usize)>, Error> {
        self.read_line(input)?;
        let line_len = self.line.len;
        match self.phase {
            Phase::Data => {
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
            Phase::Last => {
                self.phase = Phase::Done;
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
        let used = self.walk(input, |rest, len| {
            let room = out.get_mut(written..).unwrap_or_default();
            let copied = copy(rest, len, room);
            written += copied;
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
        if let Phase::Failed(error) = self.phase {
            return Err(error);
        }
        loop {
            if self.phase == Phase::Line && self.line.is_at_data_end() {
                rest = self.walk_short(rest, &mut take);
            }
            let offset = input.len() - rest.len();
            self.read_line(rest)
                .map_err(|error| self.fail(error.shifted(offset)))?;
            let line_len = self.line.len;
            let after = rest.get(line_len..).unwrap_or_default();
            match self.phase {
                Phase::Data => {
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
                Phase::Last => {
                    self.phase = Phase::Done;
                    return Ok(offset.saturating_add(line_len));
                }
                _ => return Ok(offset),
            }
        }
    }

    /// Walks whole chunks with short lines, and returns what is left.
    ///
    /// Chunks of one size follow each other more often than not. Comparing the next line with the last one then
    /// spares the wait for its number: the next address no longer hangs on what the line says.
    #[inline]
    fn walk_short<'i>(
        &mut self,
        input: &'i [u8],
        take: &mut impl FnMut(&'i [u8], usize) -> usize,
    ) -> &'i [u8] {
        let mut rest = input;
        while let Some(&window) = rest.first_chunk() {
            let Some((size @ 1.., line_len)) = short_line(window) else {
                break;
            };
            let mask = u64::MAX >> (8 * (SHORT_LINE_WINDOW - line_len));
            let line = u64::from_le_bytes(window) & mask;
            let mut chunks = rest;
            while let Some(&window) = chunks.first_chunk()
                && u64::from_le_bytes(window) & mask == line
                && let Some((_, after)) = chunks.split_at_checked(line_len + size)
            {
                let data = chunks.get(line_len..).unwrap_or_default();
                let taken = take(data, size);
                if taken < size {
                    self.phase = Phase::Data;
                    self.remaining = size as u64;
                    self.line = self.line.consumed();
                    self.took(taken);
                    return data.get(taken..).unwrap_or_default();
                }
                chunks = after;
            }
            if chunks.len() == rest.len() {
                break;
            }
            rest = chunks;
        }
        rest
    }

    fn fail(&mut self, error: Error) -> Error {
        self.phase = Phase::Failed(error);
        error
    }

    /// Reads a line if one is due; an error is kept and repeated.
    fn read_line(&mut self, input: &[u8]) -> Result<(), Error> {
        match self.phase {
            Phase::Line => match self.line.read(input, &self.rules) {
                Ok(None) => {}
                Ok(Some(0)) => self.phase = Phase::Last,
                Ok(Some(size)) => {
                    self.phase = Phase::Data;
                    self.remaining = size;
                }
                Err(error) => return Err(self.fail(error)),
            },
            Phase::Failed(error) => return Err(error),
            Phase::Data | Phase::Last | Phase::Done => {}
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
            self.phase = Phase::Line;
        }
    }
}

impl Default for ChunkedDecoder {
    fn default() -> Self {
        Self::new()
    }
}

/// Copies the first `len` bytes of `from`, or what `to` has room for, and returns how many.
///
/// A short piece is copied in blocks of fixed length where both sides reach that far: a call of `memcpy` would cost
/// more than the bytes.
#[inline]
fn copy(from: &[u8], len: usize, to: &mut [u8]) -> usize {
    if len <= 32 {
        if let (Some(from), Some(to)) = (from.first_chunk::<32>(), to.first_chunk_mut::<32>()) {
            *to = *from;
            return len;
        }
    } else if len <= 256
        && let (Some(from), Some(to)) = (from.first_chunk::<256>(), to.first_chunk_mut::<256>())
    {
        *to = *from;
        return len;
    }
    let len = len.min(from.len()).min(to.len());
    if let (Some(from), Some(to)) = (from.get(..len), to.get_mut(..len)) {
        to.copy_from_slice(from);
    }
    len
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::ErrorKind::{
        self, BareCr, BareLf, ChunkExtensionsTooLong, ChunkSizeOverflow, InvalidChunkExtension,
        InvalidChunkSize, MissingChunkEnd,
    };
    use crate::{Limits, Quirks};

    /// The content, the bytes used and the error, if any, of `input` in pieces of `step` bytes.
    fn decode(input: &[u8], step: usize, config: &Config) -> (Vec<u8>, usize, Option<Error>) {
        let (mut decoder, mut content, mut used, mut end) = (
            ChunkedDecoder::with_config(config),
            Vec::new(),
            0,
            step.min(input.len()),
        );
        loop {
            assert!(!decoder.is_done());
            match decoder.decode(&input[used..end]) {
                Ok(Some((Chunked::Data(data), len))) => {
                    content.extend_from_slice(data);
                    used += len;
                }
                Ok(Some((Chunked::Last, len))) => {
                    assert!(decoder.is_done());
                    return (content, used + len, None);
                }
                Ok(None) if end == input.len() => return (content, used, None),
                Ok(None) => end = (end + step).min(input.len()),
                Err(error) => {
                    assert_eq!(decoder.decode(input), Err(error), "final");
                    return (content, used, Some(error.shifted(used)));
                }
            }
        }
    }

    /// The same by each of the three ways, in several pieces.
    fn decode_every_way(input: &[u8], config: &Config) -> (Vec<u8>, usize, Option<Error>) {
        let whole = decode(input, usize::MAX, config);
        for step in [1, 2, 3, 7] {
            assert_eq!(
                decode(input, step, config),
                whole,
                "{} by {step}",
                input.escape_ascii()
            );
        }
        let (mut decoder, mut content) = (ChunkedDecoder::with_config(config), Vec::new());
        match decoder.decode_each(input, |data| content.extend_from_slice(data)) {
            Ok(used) => assert_eq!((used, None), (whole.1, whole.2)),
            Err(error) => assert_eq!(Some(error), whole.2),
        }
        assert_eq!(content, whole.0);
        for step in [1, 2, 3, 7] {
            let (mut decoder, mut content, mut used) =
                (ChunkedDecoder::with_config(config), Vec::new(), 0);
            for end in (0..input.len()).step_by(step).chain([input.len()]) {
                let each = |data: &[u8]| content.extend_from_slice(data);
                match decoder.decode_each(&input[used..end], each) {
                    Ok(len) => used += len,
                    Err(error) => assert_eq!(Some(error.shifted(used)), whole.2),
                }
            }
            assert_eq!(content, whole.0, "{} by {step}", input.escape_ascii());
        }
        for room in [1, 5, 300] {
            let (mut decoder, mut content, mut used) =
                (ChunkedDecoder::with_config(config), Vec::new(), 0);
            let error = loop {
                let mut out = std::vec![0; room];
                match decoder.decode_into(&input[used..], &mut out) {
                    Ok(Copied {
                        used: 0,
                        written: 0,
                    }) => break None,
                    Ok(copied) => {
                        content.extend_from_slice(&out[..copied.written]);
                        used += copied.used;
                    }
                    Err(error) => break Some(error.shifted(used)),
                }
            };
            assert_eq!(error, whole.2, "{} into {room}", input.escape_ascii());
            if error.is_none() {
                assert_eq!((content, used), (whole.0.clone(), whole.1));
            }
        }
        whole
    }

    #[rustfmt::skip]
    #[test]
    fn what_the_grammar_refuses() {
        let rows: &[(&[u8], ErrorKind, usize)] = &[
            (b"\r\n",                  InvalidChunkSize,      0),  // 7.1: chunk-size = 1*HEXDIG
            (b"\r\n1\r\na\r\n",         InvalidChunkSize,      0),
            (b"x\r\n",                 InvalidChunkSize,      0),
            (b"0x1\r\n",               InvalidChunkSize,      1),
            (b"+1\r\n",                InvalidChunkSize,      0),
            (b" 1\r\n",                InvalidChunkSize,      0),
            (b"1 \r\n",                InvalidChunkSize,      2),  // 7.1.1: BWS stands before ";" only
            (b"1 2\r\n",               InvalidChunkSize,      2),
            (b"1:\r\n",                InvalidChunkSize,      1),
            (b"10000000000000000\r\n", ChunkSizeOverflow,     16), // 7.1: prevent integer conversion overflows
            (b"1\n",                   BareLf,                1),  // 7.1: CRLF
            (b"1\rx",                  BareCr,                1),
            (b"1\r\nabc",              MissingChunkEnd,       4),  // 7.1: chunk-data CRLF
            (b"1\r\na\rb",             MissingChunkEnd,       5),
            (b"1\r\na\n",              MissingChunkEnd,       4),
            (b"1;\r\n",                InvalidChunkExtension, 2),  // 7.1.1: chunk-ext-name = token
            (b"1;a=\r\n",              InvalidChunkExtension, 4),  // 7.1.1: chunk-ext-val = token / quoted-string
            (b"1;a=b=c\r\n",           InvalidChunkExtension, 5),
            (b"1;a \r\n",              InvalidChunkExtension, 4),  // 7.1.1: BWS stands before ";" and "=" only
            (b"1;a=\"b\" \r\n",        InvalidChunkExtension, 8),
            (b"1;a b\r\n",             InvalidChunkExtension, 4),
            (b"1;a=b c\r\n",           InvalidChunkExtension, 6),
            (b"1;a=b \r\n",            InvalidChunkExtension, 6),
            (b"1;a=\"b\"c\r\n",        InvalidChunkExtension, 7),
            (b"1;a=\"\x01\"\r\n",      InvalidChunkExtension, 5),  // RFC 9110 5.6.4: qdtext
            (b"1;a=\"\\\x7f\"\r\n",    InvalidChunkExtension, 6),  // RFC 9110 5.6.4: quoted-pair
            (b"1;a=\"b\r\n",           InvalidChunkExtension, 6),
            (b"1;a\nb",                BareLf,                3),
            (b"1;a\rb",                BareCr,                3),
            (b"1;a=\"\n",              BareLf,                5),
            // Where chunks of one size follow each other, in every byte of the line between them.
            (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcdexx5\r\nabcde\r\n5\r\nabcde",       MissingChunkEnd,  28),
            (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcde\rx5\r\nabcde\r\n5\r\nabcde",      MissingChunkEnd,  29),
            (b"5\r\nabcde\r\n5\r\nabcde\r\n5\r\nabcde\r\nx\r\nabcde\r\n5\r\nabcde",     InvalidChunkSize, 30),
            (b"5\r\nabcde\r\n0005\r\nabcde\r\n0005\r\nabcde\r\n0005\rxabcde\r\n5\r\nabcde", BareCr,        40),
        ];
        for &(input, kind, offset) in rows {
            for tail in [b"".as_slice(), b"more"] {
                let input = [input, tail].concat();
                let (_, _, error) = decode_every_way(&input, &Config::DEFAULT);
                assert_eq!(error, Some(Error::new(kind, offset)), "{}", input.escape_ascii());
            }
        }
    }

    #[rustfmt::skip]
    #[test]
    fn what_the_grammar_allows() {
        let rows: &[(&[u8], &[u8])] = &[
            (b"0\r\n",                                              b""),
            (b"000\r\n",                                            b""),
            (b"1\r\na\r\n0\r\n",                                    b"a"),
            (b"00000000000000000000000001\r\na\r\n0\r\n",           b"a"), // zeros may lead any number of digits
            (b"A\r\n0123456789\r\na\r\nabcdefghij\r\n0\r\n",        b"0123456789abcdefghij"),
            (b"1;a\r\nx\r\n0\r\n",                                  b"x"),
            (b"1;a=b;c=d\r\nx\r\n0;last\r\n",                       b"x"),
            (b"1 ; a = \"b;\\\"\\\\ \xff\t\" ;c\r\nx\r\n0\r\n",     b"x"), // 7.1.1: BWS is to be removed
            (b"2\r\n\r\n\r\n0\r\n",                                 b"\r\n"),
            (b"1\r\na\r\nd\r\nbc\r\n1\r\nxyz123\r\n0\r\n",            b"abc\r\n1\r\nxyz123"), // no line, though it looks like one
            (b"3\r\nabc\r\n3\r\ndef\r\n3\r\nghi\r\n1\r\nj\r\n0\r\n", b"abcdefghij"),
        ];
        for &(input, content) in rows {
            for tail in [b"".as_slice(), b"\r\nmore of it"] {
                let whole = [input, tail].concat();
                let (decoded, used, error) = decode_every_way(&whole, &Config::DEFAULT);
                assert_eq!((&*decoded, used, error), (content, input.len(), None), "{}", input.escape_ascii());
            }
        }
    }

    #[test]
    fn data_is_given_as_far_as_it_is_there() {
        let mut decoder = ChunkedDecoder::new();
        let given = decoder.decode(b"5\r\nab");
        assert_eq!(given, Ok(Some((Chunked::Data(b"ab"), 5))));
        let given = decoder.decode(b"cde\r\n");
        assert_eq!(given, Ok(Some((Chunked::Data(b"cde"), 3))));
    }

    #[test]
    fn chunks_of_short_lines_are_walked_at_once() {
        let chunks =
            b"\r\n5\r\nabcde\r\n5\r\nabcde\r\n10\r\n0123456789abcdef\r\n10\r\n0123456789abcdef\
            \r\n003\r\nabc\r\n003\r\nabc\r\n0003\r\nabc\r\n0003\r\nabc";
        let wire = [chunks, b"\r\n5;\r\nabcde".as_slice()].concat();
        let mut sizes = Vec::new();
        let rest = ChunkedDecoder::new().walk_short(&wire, &mut |_, size| {
            sizes.push(size);
            size
        });
        assert_eq!(sizes, [5, 5, 16, 16, 3, 3, 3, 3]);
        assert_eq!(rest, b"\r\n5;\r\nabcde");
    }

    #[rustfmt::skip]
    #[test]
    fn what_quirks_forgive() {
        let rows: &[(Quirks, &[u8], &[u8])] = &[
            (Quirks::BARE_LF_IN_CHUNKS,      b"1\na\n1;b\nc\r\n0\n",   b"ac"),
            (Quirks::SPACE_AFTER_CHUNK_SIZE, b"1  \r\na\r\n0\t\r\n",   b"a"),
        ];
        for &(quirk, input, content) in rows {
            let config = Config::DEFAULT.quirks(quirk);
            let (decoded, used, error) = decode_every_way(input, &config);
            assert_eq!((&*decoded, used, error), (content, input.len(), None), "{}", input.escape_ascii());
            assert!(decode_every_way(input, &Config::DEFAULT).2.is_some());
        }
    }

    #[test]
    fn extensions_are_bounded_in_a_body_as_a_whole() {
        let config = Config::DEFAULT.limits(Limits::DEFAULT.max_chunk_extensions_len(4));
        let just = b"1;a\r\nx\r\n1;b\r\ny\r\n0\r\n";
        assert_eq!(
            decode_every_way(just, &config),
            (b"xy".to_vec(), just.len(), None)
        );
        let over = b"1;a\r\nx\r\n1;b\r\ny\r\n0;\r\n";
        assert_eq!(
            decode_every_way(over, &config).2,
            Some(Error::new(ChunkExtensionsTooLong { max: 4 }, 17))
        );
        let zeros = b"000000000000000000000\r\n";
        assert_eq!(
            decode_every_way(zeros, &config).2,
            Some(Error::new(ChunkExtensionsTooLong { max: 4 }, 20))
        );
    }

    #[test]
    fn every_length_is_copied_right() {
        let mut wire = Vec::new();
        let mut content = Vec::new();
        for len in (1..=300_usize)
            .chain([4096, 65535, 65536, 70000])
            .chain([16; 40])
        {
            let data: Vec<u8> = (0..len)
                .map(|index| ((index * 7 + len) % 251).try_into().unwrap())
                .collect();
            wire.extend(std::format!("{len:X}\r\n").into_bytes());
            wire.extend(&data);
            wire.extend(b"\r\n");
            content.extend(data);
        }
        wire.extend(b"0\r\n");
        let used = wire.len();
        for tail in [0, 3, 500] {
            wire.resize(used + tail, b'!');
            let mut out = std::vec![0; content.len()];
            let copied = ChunkedDecoder::new().decode_into(&wire, &mut out).unwrap();
            assert_eq!(
                copied,
                Copied {
                    used,
                    written: content.len()
                }
            );
            assert_eq!(out, content);
            let mut spans = Vec::new();
            assert_eq!(
                ChunkedDecoder::new().decode_each(&wire, |data| spans.extend_from_slice(data)),
                Ok(used)
            );
            assert_eq!(spans, content);
        }
    }
}
