use crate::{Error, ErrorKind, MaskingKey, arch};

/// Checks UTF-8 (RFC 3629) that comes in pieces of any size, and fails at the first byte that cannot stand there.
///
/// ```
/// use wirekit_websocket::{ErrorKind, Utf8Validator};
///
/// let mut text = Utf8Validator::new();
/// text.update(b"caf\xc3")?;
/// assert!(!text.is_complete());
/// text.update(b"\xa9")?;
/// text.finish(0)?;
///
/// let error = text.update(b"\xed\xa0").unwrap_err(); // a surrogate, before its last byte
/// assert_eq!((error.kind(), error.offset()), (ErrorKind::InvalidUtf8, 1));
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Utf8Validator {
    /// Bytes that the character begun still needs.
    needed: u8,
    /// The least value that its next byte may have.
    lower: u8,
    /// The greatest.
    upper: u8,
}

impl Utf8Validator {
    /// A validator at the start of a text.
    pub const fn new() -> Self {
        Self {
            needed: 0,
            lower: 0x80,
            upper: 0xbf,
        }
    }

    /// Whether the bytes so far end between two characters.
    pub const fn is_complete(&self) -> bool {
        self.needed == 0
    }

    /// Checks the next bytes of the text.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidUtf8`] at the first byte that no valid text continues with. The validator is then
    /// spent.
    pub fn update(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let (head, rest) = bytes.split_at(bytes.len().min(self.needed.into()));
        self.step_all(head, 0)?;
        let tail_len = unfinished_len(rest);
        let (body, tail) = rest.split_at(rest.len().saturating_sub(tail_len));
        if !arch::is_utf8(body) {
            self.step_all(body, head.len())?;
        }
        self.step_all(tail, head.len() + body.len())
    }

    /// Ends the text; `offset` is where the error, if there is one, is to stand.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::TruncatedUtf8`] inside a character.
    pub const fn finish(&self, offset: usize) -> Result<(), Error> {
        if self.is_complete() {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::TruncatedUtf8, offset))
        }
    }

    /// Unmasks the next bytes of the text in place and checks them, in one pass.
    ///
    /// # Errors
    ///
    /// As for [`update`](Self::update). Whether the bytes are unmasked by then is not specified.
    pub fn update_masked(&mut self, bytes: &mut [u8], key: MaskingKey) -> Result<(), Error> {
        let head_len = bytes.len().min(self.needed.into());
        let (head, rest) = bytes.split_at_mut(head_len);
        let key = key.apply(head);
        self.step_all(head, 0)?;

        let tail_len = unfinished_masked_len(rest, key);
        let body_len = rest.len() - tail_len;
        let (body, tail) = rest.split_at_mut(body_len);
        key.advanced(body_len).apply(tail);
        if !arch::unmask_utf8(body, key) {
            self.step_all(body, head_len)?;
        }
        self.step_all(tail, head_len + body_len)
    }

    /// Checks the next bytes of the text, which stay masked.
    pub(crate) fn check_masked(&mut self, bytes: &[u8], key: MaskingKey) -> Result<(), Error> {
        let (head, rest) = bytes.split_at(bytes.len().min(self.needed.into()));
        self.step_masked(head, key, 0)?;
        // What a character needs at the end may be in the next piece.
        let (body, tail) =
            rest.split_at(rest.len() - unfinished_masked_len(rest, key.advanced(head.len())));
        if !arch::is_masked_utf8(body, key.advanced(head.len())) {
            self.step_masked(body, key.advanced(head.len()), head.len())?;
        }
        let at = head.len() + body.len();
        self.step_masked(tail, key.advanced(at), at)
    }

    fn step_masked(&mut self, bytes: &[u8], key: MaskingKey, offset: usize) -> Result<(), Error> {
        for (index, (byte, key)) in bytes.iter().zip(key.0.into_iter().cycle()).enumerate() {
            if !self.step(byte ^ key) {
                return Err(Error::new(ErrorKind::InvalidUtf8, offset + index));
            }
        }
        Ok(())
    }

    fn step_all(&mut self, bytes: &[u8], offset: usize) -> Result<(), Error> {
        for (index, &byte) in bytes.iter().enumerate() {
            if !self.step(byte) {
                return Err(Error::new(ErrorKind::InvalidUtf8, offset + index));
            }
        }
        Ok(())
    }

    /// RFC 3629 section 4, `UTF8-octets`: after some first bytes the second has a narrower range, which keeps
    /// out overlong forms, surrogates, and what lies above U+10FFFF.
    const fn step(&mut self, byte: u8) -> bool {
        if self.needed == 0 {
            let (needed, lower, upper) = match byte {
                0x00..=0x7f => return true,
                0xc2..=0xdf => (1, 0x80, 0xbf),
                0xe0 => (2, 0xa0, 0xbf),
                0xe1..=0xec | 0xee | 0xef => (2, 0x80, 0xbf),
                0xed => (2, 0x80, 0x9f),
                0xf0 => (3, 0x90, 0xbf),
                0xf1..=0xf3 => (3, 0x80, 0xbf),
                0xf4 => (3, 0x80, 0x8f),
                _ => return false,
            };
            *self = Self {
                needed,
                lower,
                upper,
            };
            return true;
        }
        if byte < self.lower || byte > self.upper {
            return false;
        }
        *self = Self {
            needed: self.needed - 1,
            lower: 0x80,
            upper: 0xbf,
        };
        true
    }
}

impl Default for Utf8Validator {
    fn default() -> Self {
        Self::new()
    }
}

/// How many of the last bytes begin a character that does not end there: 0 to 3.
fn unfinished_len(bytes: &[u8]) -> usize {
    for (index, &byte) in bytes.iter().rev().take(3).enumerate() {
        let needed = match byte {
            0x00..=0x7f => return 0,
            0x80..=0xbf => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            _ => 4,
        };
        return if index + 1 < needed { index + 1 } else { 0 };
    }
    0
}

/// The same for bytes that are masked.
fn unfinished_masked_len(bytes: &[u8], key: MaskingKey) -> usize {
    let mut last = [0; 3];
    let len = bytes.len().min(last.len());
    let start = bytes.len() - len;
    let (Some(last), Some(masked)) = (last.get_mut(..len), bytes.get(start..)) else {
        return 0;
    };
    last.copy_from_slice(masked);
    key.advanced(start).apply(last);
    unfinished_len(last)
}

/// The error of a text that is not valid UTF-8 from its first byte to its last.
#[cold]
pub(crate) fn whole_text_error(bytes: &[u8]) -> Error {
    let mut text = Utf8Validator::new();
    match text.step_all(bytes, 0) {
        Err(error) => error,
        Ok(()) => Error::new(ErrorKind::TruncatedUtf8, bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 3629 section 4 row by row, and what it leaves out. The number is the first bad byte.
    #[rustfmt::skip]
    const ROWS: &[(&[u8], Option<usize>)] = &[
        (b"\x00\x7f",         None),    // UTF8-1
        (b"\xc2\x80\xdf\xbf", None),    // UTF8-2
        (b"\xe0\xa0\x80",     None),    // UTF8-3, least
        (b"\xed\x9f\xbf",     None),    // before the surrogates
        (b"\xee\x80\x80",     None),    // after the surrogates
        (b"\xef\xbf\xbf",     None),    // UTF8-3, greatest
        (b"\xf0\x90\x80\x80", None),    // UTF8-4, least
        (b"\xf4\x8f\xbf\xbf", None),    // U+10FFFF
        (b"a\x80",            Some(1)), // a continuation alone
        (b"\xbf",             Some(0)),
        (b"\xc0\x80",         Some(0)), // overlong
        (b"\xc1\xbf",         Some(0)),
        (b"\xe0\x9f\xbf",     Some(1)),
        (b"\xf0\x8f\xbf\xbf", Some(1)),
        (b"\xed\xa0\x80",     Some(1)), // surrogates
        (b"\xed\xbf\xbf",     Some(1)),
        (b"\xf4\x90\x80\x80", Some(1)), // above U+10FFFF
        (b"\xf5\x80\x80\x80", Some(0)),
        (b"\xff",             Some(0)),
        (b"\xc3a",            Some(1)), // a character cut short
        (b"\xe4\xb8a",        Some(2)),
        (b"\xf0\x9f\x98a",    Some(3)),
        (b"\xc3\xc3\xa9",     Some(1)),
    ];

    fn run(pieces: &[&[u8]]) -> Result<(), usize> {
        let key = MaskingKey([0x5a, 0xc3, 0x0f, 0x99]);
        let (mut plain, mut masked) = (Utf8Validator::new(), Utf8Validator::new());
        let mut offset = 0;
        for piece in pieces {
            let mut wire = piece.to_vec();
            key.apply(&mut wire);
            let result = plain.update(piece);
            let mut ahead = masked;
            assert_eq!(ahead.check_masked(&wire, key), result, "{pieces:x?}");
            assert_eq!(masked.update_masked(&mut wire, key), result, "{pieces:x?}");
            assert_eq!(ahead, masked);
            assert_eq!(masked, plain);
            result.map_err(|error| offset + error.offset())?;
            assert_eq!(wire, *piece);
            offset += piece.len();
        }
        plain.finish(offset).map_err(|error| error.offset())
    }

    #[test]
    fn rows_hold_at_every_place_and_under_every_cut() {
        for &(row, bad) in ROWS {
            for before in 0..80 {
                let mut bytes = std::vec![b'a'; before];
                bytes.extend(row);
                bytes.extend([b'z'; 5]);
                let expected = bad.map_or(Ok(()), |bad| Err(before + bad));
                assert_eq!(run(&[&bytes]), expected, "{row:x?} {before}");
                assert_eq!(
                    run(&bytes.chunks(1).collect::<std::vec::Vec<_>>()),
                    expected,
                    "{row:x?} {before}"
                );
                for cut in before..bytes.len() {
                    let (first, second) = bytes.split_at(cut);
                    assert_eq!(run(&[first, second]), expected, "{row:x?} {before} {cut}");
                }
            }
        }
    }

    #[test]
    fn a_text_must_not_end_inside_a_character() {
        for &(row, bad) in ROWS {
            if bad.is_none() && !row[0].is_ascii() {
                let cut = row.len() - 1;
                assert_eq!(run(&[&row[..cut]]), Err(cut), "{row:x?}");
                assert_eq!(
                    whole_text_error(&row[..cut]),
                    Error::new(ErrorKind::TruncatedUtf8, cut)
                );
            }
        }
    }
}
