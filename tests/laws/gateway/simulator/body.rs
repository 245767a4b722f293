//! The content of a message, read as it comes: lengths and chunks, and nothing more of HTTP.

use std::io::Write;

/// Where a message's content ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Whole,
    /// So many bytes are missing.
    Length(usize),
    Chunked(Chunk),
    /// With the connection.
    Close,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// The number so far, and its digits.
    Size(usize, usize),
    SizeEnd(usize),
    Data(usize),
    DataEnd(u8),
    /// The length of a trailer's line so far.
    Trailer(usize),
    TrailerEnd(usize),
}

impl Body {
    pub(super) const CHUNKED: Self = Self::Chunked(Chunk::Size(0, 0));

    pub(super) const fn length(len: usize) -> Self {
        match len {
            0 => Self::Whole,
            len => Self::Length(len),
        }
    }

    pub(super) fn is_whole(self) -> bool {
        self == Self::Whole
    }

    /// Adds what belongs to the content; how many bytes belong to the message.
    pub(super) fn feed(&mut self, bytes: &[u8], content: &mut Vec<u8>) -> usize {
        let mut used = 0;
        while used < bytes.len() && !self.is_whole() {
            let rest = &bytes[used..];
            match self {
                Self::Whole => {}
                Self::Close => {
                    content.extend_from_slice(rest);
                    used += rest.len();
                }
                Self::Length(missing) => {
                    let len = rest.len().min(*missing);
                    content.extend_from_slice(&rest[..len]);
                    used += len;
                    *self = Self::length(*missing - len);
                }
                Self::Chunked(Chunk::Data(missing)) => {
                    let len = rest.len().min(*missing);
                    content.extend_from_slice(&rest[..len]);
                    used += len;
                    *self = Self::Chunked(match *missing - len {
                        0 => Chunk::DataEnd(b'\r'),
                        missing => Chunk::Data(missing),
                    });
                }
                Self::Chunked(chunk) => {
                    *self = chunk.after(rest[0]);
                    used += 1;
                }
            }
        }
        used
    }
}

impl Chunk {
    fn after(self, byte: u8) -> Body {
        let next = match (self, byte) {
            (Self::Size(size, 1..), b'\r') => Self::SizeEnd(size),
            (Self::Size(size, digits), digit) if digits < 8 => {
                let value = char::from(digit).to_digit(16).expect("a chunk's size");
                Self::Size(
                    size * 16 + usize::try_from(value).expect("a digit"),
                    digits + 1,
                )
            }
            (Self::SizeEnd(0), b'\n') => Self::Trailer(0),
            (Self::SizeEnd(size), b'\n') => Self::Data(size),
            (Self::DataEnd(b'\r'), b'\r') => Self::DataEnd(b'\n'),
            (Self::DataEnd(b'\n'), b'\n') => Self::Size(0, 0),
            (Self::Trailer(len), b'\r') => Self::TrailerEnd(len),
            (Self::Trailer(len), _) => Self::Trailer(len + 1),
            (Self::TrailerEnd(0), b'\n') => return Body::Whole,
            (Self::TrailerEnd(_), b'\n') => Self::Trailer(0),
            (state, byte) => panic!("{byte:#x} in {state:?} of a chunked body"),
        };
        Body::Chunked(next)
    }
}

/// Content in one to three chunks, with a trailer where it is asked for.
pub(super) fn chunked(content: &[u8], pieces: usize, trailer: &str, wire: &mut Vec<u8>) {
    wire.reserve(content.len() + 64);
    let len = content.len().div_ceil(pieces.max(1)).max(1);
    for piece in content.chunks(len) {
        write!(wire, "{:x}\r\n", piece.len()).expect("room");
        wire.extend_from_slice(piece);
        wire.extend_from_slice(b"\r\n");
    }
    put(wire, &["0\r\n", trailer, "\r\n"]);
}

/// `k17k`: what belongs to the request of that number.
pub(super) fn token(number: usize) -> Token {
    let (mut text, mut start, mut rest) = ([b'k'; 8], 7, number);
    loop {
        start -= 1;
        text[start] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
        if rest == 0 {
            return Token(text, start - 1);
        }
    }
}

/// A short text, and where it begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token([u8; 8], usize);

impl core::ops::Deref for Token {
    type Target = str;

    fn deref(&self) -> &str {
        core::str::from_utf8(&self.0[self.1..]).expect("letters and digits")
    }
}

impl core::fmt::Display for Token {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self)
    }
}

/// Adds texts.
pub(super) fn put(wire: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        wire.extend_from_slice(text.as_bytes());
    }
}

/// Adds a field with a number.
pub(super) fn put_number(wire: &mut Vec<u8>, name: &str, number: usize) {
    write!(wire, "{name}: {number}\r\n").expect("room");
}

/// The number of the token at the start of the bytes behind its first letter.
fn number(bytes: &[u8]) -> Option<usize> {
    let mut number = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'0'..=b'9' => number = number * 10 + usize::from(byte - b'0'),
            b'k' if at > 0 => return Some(number),
            _ => return None,
        }
    }
    None
}

/// The numbers of all tokens in a text.
pub(super) fn numbers(bytes: &[u8]) -> impl Iterator<Item = usize> {
    // Most of a text has no such letter, which is faster to see in many bytes at once.
    let pieces = bytes.chunks(64).enumerate();
    let pieces = pieces.filter(|(_, piece)| piece.contains(&b'k'));
    let starts = pieces.flat_map(|(at, piece)| {
        let letters = piece.iter().enumerate().filter(|(_, byte)| **byte == b'k');
        letters.map(move |(offset, _)| at * 64 + offset)
    });
    starts.filter_map(|at| number(&bytes[at + 1..]))
}

/// Content of that length in which every few bytes say whose it is.
pub(super) fn content(number: usize, len: usize) -> Vec<u8> {
    repeated(token(number).as_bytes(), len)
}

/// A text again and again, up to that length.
pub(super) fn repeated(text: &[u8], len: usize) -> Vec<u8> {
    let mut bytes = text.repeat(len.div_ceil(text.len()));
    bytes.truncate(len);
    bytes
}

pub(super) fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    let (first, rest) = what.split_first()?;
    let mut from = 0;
    loop {
        let at = from + bytes[from..].iter().position(|byte| byte == first)?;
        if bytes[at + 1..].starts_with(rest) {
            return Some(at);
        }
        from = at + 1;
    }
}
