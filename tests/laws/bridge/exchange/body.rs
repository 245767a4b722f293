//! The contents of messages, and their bodies as they are sent.

use core::fmt;
use core::ops::{Deref, DerefMut};

use arbitrary::{Result, Unstructured};

/// The content of a body: a request or a response for a reader that takes it for the next message.
pub(super) const EVIL: &[u8] =
    b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n0\r\n\r\n";

/// Bytes that are shown as text.
#[derive(Clone, Default)]
pub(super) struct Text(pub(super) Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Deref for Text {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

pub(super) fn content(u: &mut Unstructured<'_>) -> Result<Text> {
    let len = match u.int_in_range(0..=3)? {
        0 => 0,
        1 => u.int_in_range(1..=9)?,
        _ => u.int_in_range(10..=600)?,
    };
    let skip = u.int_in_range(0..=EVIL.len() - 1)?;
    let endless = EVIL.iter().copied().cycle();
    Ok(Text(endless.skip(skip).take(len).collect()))
}

/// What the last, broken chunk of a body may still hold.
pub(super) const STRAY: &[u8] = b"a";

pub(super) fn chunks(
    u: &mut Unstructured<'_>,
    content: &[u8],
    has_trailers: bool,
    is_broken: bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut rest = content;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(u.int_in_range(1..=rest.len())?);
        let extension = if u.ratio(1, 5)? { ";a=\"b\"" } else { "" };
        out.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = after;
    }
    if is_broken {
        // Each is an error wherever it stands, and nothing behind it is anything.
        let faults = [
            "zz\r\n",
            "-1\r\n",
            "ffffffffffffffffff\r\n",
            "1\r\nab\r\n",
            "1\nx\r\n",
            "0\r\nA : b\r\n\r\n",
            ";\r\n",
            "1 \rx",
        ];
        out.extend_from_slice(u.choose(&faults)?.as_bytes());
        out.extend_from_slice(EVIL);
        return Ok(());
    }
    out.extend_from_slice(b"0\r\n");
    if has_trailers {
        out.extend_from_slice(trailer().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// A trailer field, of more bytes than some outputs have room for.
pub(super) fn trailer() -> String {
    format!("ETag: {}\r\n", "t".repeat(90))
}
