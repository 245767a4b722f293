//! The chunked coding behind a request's packet, as strict as RFC 9112 section 7.1 is; extensions and trailers are
//! dropped.

use crate::field::is_token_byte;
use crate::{Error, ErrorKind};

/// The most bytes of a body's chunk extensions, and of its trailers.
const MAX_DROPPED_LEN: usize = 16 * 1024;

/// Where in a chunked body the reader is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunks {
    state: State,
    /// The bytes in front of the next data that were looked at; they stay unread until data or the end is there.
    at: usize,
    dropped: usize,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Behind so many digits, of that number.
    Size(u8, u64),
    Extension(u64, Extension),
    /// Behind the CR of a size line.
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    /// At the start of a trailer, or of the empty line.
    Trailer,
    TrailerName,
    TrailerValue,
    TrailerLf,
    LastLf,
    End,
}

/// What may stand next in an extension (RFC 9112 section 7.1.1: `*( BWS ";" BWS name [ BWS "=" BWS value ] )`).
#[derive(Clone, Copy, Debug)]
enum Extension {
    /// White space behind a size or a value: only another extension may follow.
    Semicolon,
    Name,
    NameRest,
    /// White space behind a name: its value, or another extension.
    AfterName,
    Value,
    ValueRest,
    Quoted,
    QuotedPair,
    AfterQuoted,
}

impl Extension {
    /// What stands behind `byte`; `None` where the grammar has no such byte.
    const fn step(self, byte: u8) -> Option<Self> {
        use Extension::{
            AfterName, AfterQuoted, Name, NameRest, Quoted, QuotedPair, Semicolon, Value, ValueRest,
        };
        let next = match (self, byte) {
            (Semicolon | NameRest | AfterName | ValueRest | AfterQuoted, b';') => Name,
            (Semicolon | ValueRest | AfterQuoted, b' ' | b'\t') => Semicolon,
            (Name, b' ' | b'\t') => Name,
            (Name | NameRest, _) if is_token_byte(byte) => NameRest,
            (NameRest | AfterName, b' ' | b'\t') => AfterName,
            (NameRest | AfterName, b'=') => Value,
            (Value, b' ' | b'\t') => Value,
            (Value, b'"') => Quoted,
            (Value | ValueRest, _) if is_token_byte(byte) => ValueRest,
            (Quoted, b'"') => AfterQuoted,
            (Quoted, b'\\') => QuotedPair,
            (Quoted | QuotedPair, _) if is_text(byte) => Quoted,
            _ => return None,
        };
        Some(next)
    }

    /// Whether the line may end here.
    const fn is_end(self) -> bool {
        matches!(self, Self::NameRest | Self::ValueRest | Self::AfterQuoted)
    }
}

/// What is next in a chunked body.
pub(crate) enum Piece<'i> {
    Data(&'i [u8]),
    End,
}

impl Chunks {
    pub(crate) const fn new() -> Self {
        Self {
            state: State::Size(0, 0),
            at: 0,
            dropped: 0,
        }
    }

    /// The bytes that have come since the last piece.
    pub(crate) const fn seen(&self) -> usize {
        self.at
    }

    /// The next piece, and the bytes up to its end; `None` until more have come.
    pub(crate) fn receive<'i>(
        &mut self,
        input: &'i [u8],
    ) -> Result<Option<(Piece<'i>, usize)>, Error> {
        loop {
            let rest = input.get(self.at..).unwrap_or_default();
            match self.state {
                State::Data(left) => {
                    let most = usize::try_from(left).unwrap_or(usize::MAX);
                    let data = rest.get(..most).unwrap_or(rest);
                    if data.is_empty() {
                        return Ok(None);
                    }
                    let left = left - data.len() as u64;
                    self.state = if left == 0 {
                        State::DataCr
                    } else {
                        State::Data(left)
                    };
                    let used = core::mem::take(&mut self.at) + data.len();
                    return Ok(Some((Piece::Data(data), used)));
                }
                State::End => return Ok(Some((Piece::End, self.at))),
                _ => {}
            }
            let Some(&byte) = rest.first() else {
                return Ok(None);
            };
            self.state = self.step(byte).map_err(|kind| Error::new(kind, self.at))?;
            self.at += 1;
        }
    }

    fn step(&mut self, byte: u8) -> Result<State, ErrorKind> {
        let next = match (self.state, byte) {
            (State::Size(seen, size), _) if byte.is_ascii_hexdigit() => {
                // RFC 9112 section 7.1: "recipients MUST anticipate potentially large hexadecimal numerals".
                let digit = char::from(byte).to_digit(16).unwrap_or_default();
                let size = size
                    .checked_mul(16)
                    .ok_or(ErrorKind::ChunkSizeOverflow)?
                    .saturating_add(u64::from(digit));
                let state = State::Size(seen.saturating_add(1), size);
                // Zeros in front of a size have a limit, too.
                if seen < 16 { state } else { self.drop(state)? }
            }
            (State::Size(1.., size), b'\r') => State::SizeLf(size),
            (State::Extension(size, extension), b'\r') if extension.is_end() => State::SizeLf(size),
            (State::Size(1.., size), b';' | b' ' | b'\t') => {
                self.extension(size, Extension::Semicolon, byte)?
            }
            (State::Extension(size, extension), _) => self.extension(size, extension, byte)?,
            (State::SizeLf(0), b'\n') => State::Trailer,
            (State::SizeLf(size), b'\n') => State::Data(size),
            (State::DataCr, b'\r') => State::DataLf,
            (State::DataLf, b'\n') => State::Size(0, 0),
            (State::Trailer, b'\r') => State::LastLf,
            (State::Trailer | State::TrailerName, _) if is_token_byte(byte) => {
                self.drop(State::TrailerName)?
            }
            (State::TrailerName, b':') => State::TrailerValue,
            (State::TrailerValue, b'\r') => State::TrailerLf,
            (State::TrailerValue, _) if is_text(byte) => self.drop(State::TrailerValue)?,
            (State::TrailerLf, b'\n') => State::Trailer,
            (State::LastLf, b'\n') => State::End,
            _ => return Err(ErrorKind::ChunkSyntax),
        };
        Ok(next)
    }

    fn extension(&mut self, size: u64, extension: Extension, byte: u8) -> Result<State, ErrorKind> {
        let next = extension.step(byte).ok_or(ErrorKind::ChunkSyntax)?;
        self.drop(State::Extension(size, next))
    }

    /// Counts a byte that goes nowhere.
    const fn drop(&mut self, state: State) -> Result<State, ErrorKind> {
        self.dropped += 1;
        if self.dropped > MAX_DROPPED_LEN {
            return Err(ErrorKind::ChunkLinesTooLong {
                max: MAX_DROPPED_LEN,
            });
        }
        Ok(state)
    }
}

/// What may stand in a value: RFC 9110 section 5.5.
const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~' | 0x80..)
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    type Verdict = Result<(Vec<u8>, Option<usize>), (ErrorKind, usize)>;

    /// The data, and how many bytes the body took, if it is all there.
    fn read(input: &[u8], step: usize) -> Verdict {
        let mut chunks = Chunks::new();
        let (mut data, mut at, mut have) = (Vec::new(), 0, 0);
        loop {
            match chunks.receive(&input[at..have]) {
                Ok(Some((Piece::Data(piece), used))) => {
                    data.extend_from_slice(piece);
                    at += used;
                }
                Ok(Some((Piece::End, used))) => return Ok((data, Some(at + used))),
                Ok(None) if have < input.len() => have = (have + step).min(input.len()),
                Ok(None) => return Ok((data, None)),
                Err(error) => return Err((error.kind(), at + error.offset())),
            }
        }
    }

    #[test]
    fn a_chunked_body_reads_the_same_at_every_split() {
        let all = |data: &[u8], len| Ok((data.to_vec(), Some(len)));
        // RFC 9112 sections: 7.1 but where another is named.
        #[rustfmt::skip]
        let rows: &[(&[u8], Verdict)] = &[
            (b"0\r\n\r\n", all(b"", 5)),
            (b"2\r\nhi\r\n0\r\n\r\n", all(b"hi", 12)),
            (b"2\r\nhi\r\n0a\r\n0123456789\r\n000\r\n\r\nGET", all(b"hi0123456789", 30)),
            (b"2\r\nh", Ok((b"h".to_vec(), None))),
            (b"2\r\nhi\r\n0\r\n", Ok((b"hi".to_vec(), None))),
            // 7.1.1: extensions are ignored; 7.1.2: trailers may be discarded.
            (b"2;a=b;c=\"d\"\r\nhi\r\n0;x\r\nA: b\r\nC:\r\n\r\n", all(b"hi", 34)),
            (b"2 \t; a\t= b ;c=\"\\\"\" ; d\r\nhi\r\n0\r\n\r\n", all(b"hi", 33)),
            // 7.1.1: an extension has a name, and a value where `=` stands; white space stands before `;` and `=` only.
            (b"2;\r\n", Err((ErrorKind::ChunkSyntax, 2))),
            (b"2;=b\r\n", Err((ErrorKind::ChunkSyntax, 2))),
            (b"2;a=\r\n", Err((ErrorKind::ChunkSyntax, 4))),
            (b"2;a=b=c\r\n", Err((ErrorKind::ChunkSyntax, 5))),
            (b"2;a b\r\n", Err((ErrorKind::ChunkSyntax, 4))),
            (b"2;a \r\n", Err((ErrorKind::ChunkSyntax, 4))),
            (b"2;a=b \r\n", Err((ErrorKind::ChunkSyntax, 6))),
            // 9110 5.6.4: what is quoted ends, and holds no control bytes.
            (b"2;a=\"b\r\n", Err((ErrorKind::ChunkSyntax, 6))),
            (b"2;a=\"b\"c\r\n", Err((ErrorKind::ChunkSyntax, 7))),
            (b"2;a=\"\\\x7f\"\r\n", Err((ErrorKind::ChunkSyntax, 6))),
            (b"00000000000000002\r\nhi\r\n0\r\n\r\n", all(b"hi", 28)),
            // No digit, a sign, white space, another base.
            (b"\r\n", Err((ErrorKind::ChunkSyntax, 0))),
            (b";a\r\n", Err((ErrorKind::ChunkSyntax, 0))),
            (b"+2\r\n", Err((ErrorKind::ChunkSyntax, 0))),
            (b" 2\r\n", Err((ErrorKind::ChunkSyntax, 0))),
            (b"2 \r\n", Err((ErrorKind::ChunkSyntax, 2))),
            (b"0x2\r\n", Err((ErrorKind::ChunkSyntax, 1))),
            (b"2_0\r\n", Err((ErrorKind::ChunkSyntax, 1))),
            (b"10000000000000000\r\n", Err((ErrorKind::ChunkSizeOverflow, 16))),
            // Line ends.
            (b"2\nhi", Err((ErrorKind::ChunkSyntax, 1))),
            (b"2\r\rhi", Err((ErrorKind::ChunkSyntax, 2))),
            (b"2;a\nhi", Err((ErrorKind::ChunkSyntax, 3))),
            (b"2\r\nhi0\r\n", Err((ErrorKind::ChunkSyntax, 5))),
            (b"2\r\nhi\n0\r\n", Err((ErrorKind::ChunkSyntax, 5))),
            (b"2\r\nhi\rx", Err((ErrorKind::ChunkSyntax, 6))),
            (b"0\r\n\n", Err((ErrorKind::ChunkSyntax, 3))),
            (b"0\r\n\rx", Err((ErrorKind::ChunkSyntax, 4))),
            // 9110 5.1, 5.5: trailers are fields.
            (b"0\r\nA b\r\n\r\n", Err((ErrorKind::ChunkSyntax, 4))),
            (b"0\r\n: b\r\n\r\n", Err((ErrorKind::ChunkSyntax, 3))),
            (b"0\r\nA: \0\r\n\r\n", Err((ErrorKind::ChunkSyntax, 6))),
            (b"0\r\nA: b\n\r\n", Err((ErrorKind::ChunkSyntax, 7))),
        ];
        for (input, expected) in rows {
            for step in 1..=input.len() {
                assert_eq!(read(input, step), *expected, "{}", input.escape_ascii());
            }
        }
    }

    #[test]
    fn what_is_dropped_has_a_limit() {
        let kind = ErrorKind::ChunkLinesTooLong {
            max: MAX_DROPPED_LEN,
        };
        let long = vec![b'a'; MAX_DROPPED_LEN + 1];
        let body = [&b"1;"[..], &long].concat();
        assert_eq!(read(&body, body.len()), Err((kind, 1 + MAX_DROPPED_LEN)));
        // Of a size, the zeros beyond sixteen digits.
        let body = [&[b'0'; 15], &vec![b'0'; MAX_DROPPED_LEN + 2][..]].concat();
        assert_eq!(read(&body, body.len()), Err((kind, 16 + MAX_DROPPED_LEN)));
        let body = [&b"0\r\n"[..], &long].concat();
        assert_eq!(read(&body, body.len()), Err((kind, 3 + MAX_DROPPED_LEN)));
    }
}
