//! The line before a chunk's data: the line end of the chunk before it, the size and the extensions
//! (RFC 9112 sections 7.1 and 7.1.1).

use crate::config::{Config, Quirks};
use crate::error::{Error, ErrorKind};
use crate::token;

/// The line after a chunk's data when it is a line end, one to four digits and a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ShortLine {
    pub(super) size: usize,
    pub(super) len: usize,
    bytes: u64,
    /// The bits of `bytes` that are the line's.
    mask: u64,
}

impl ShortLine {
    /// The line at the start of a window; `None` where only [`Line`] can tell.
    ///
    /// Branching on the number of digits is cheaper than computing with it, since it hardly changes from chunk to chunk.
    #[inline(always)]
    pub(super) fn read(window: &[u8; 8]) -> Option<Self> {
        let bytes = u64::from_le_bytes(*window);
        let is_line_end = |at: usize| bytes >> (8 * at) & 0xffff == LINE_END;
        let [_, _, a, b, c, d, ..] = *window;
        if !is_line_end(0) {
            return None;
        }
        match () {
            () if is_line_end(4) => Self::of(window, [b'0', b'0', a, b], 6),
            () if is_line_end(5) => Self::of(window, [b'0', a, b, c], 7),
            () if is_line_end(3) => Self::of(window, [b'0', b'0', b'0', a], 5),
            () if is_line_end(6) => Self::of(window, [a, b, c, d], 8),
            () => None,
        }
    }

    #[inline(always)]
    fn of(window: &[u8; 8], digits: [u8; 4], len: usize) -> Option<Self> {
        Some(Self {
            size: hexadecimal(digits)?,
            len,
            bytes: u64::from_le_bytes(*window),
            mask: u64::MAX >> (8 * (window.len() - len)),
        })
    }

    /// [`read`](Self::read), unless it is the last chunk's.
    #[inline(always)]
    pub(super) fn before_data(window: &[u8; 8]) -> Option<Self> {
        match Self::read(window) {
            Some(line @ Self { size: 1.., .. }) => Some(line),
            _ => None,
        }
    }

    /// Whether the same line is at the start of this window.
    #[inline(always)]
    pub(super) const fn is_again(self, window: &[u8; 8]) -> bool {
        (u64::from_le_bytes(*window) ^ self.bytes) & self.mask == 0
    }
}

/// CR and LF as they are read into a number.
const LINE_END: u64 = u64::from_le_bytes(*b"\r\n\0\0\0\0\0\0");

/// The number that four hexadecimal digits write.
#[inline(always)]
fn hexadecimal(digits: [u8; 4]) -> Option<usize> {
    let [a, b, c, d] = digits.map(|digit| usize::from(digit_value(digit)));
    // A byte that is no digit has 0x80 in the table, which no four digits add up to.
    ((a | b | c | d) < 16).then_some(a << 12 | b << 8 | c << 4 | d)
}

/// The value of a hexadecimal digit; 0x80 for any other byte.
#[inline]
fn digit_value(byte: u8) -> u8 {
    #[expect(clippy::indexing_slicing, reason = "a u8 is an index of 256 entries")]
    HEXADECIMAL[usize::from(byte)]
}

/// The value of each hexadecimal digit; 0x80 for any other byte.
const HEXADECIMAL: [u8; 256] = {
    let mut table = [0x80; 256];
    let digits = *b"0123456789abcdef";
    let mut value = 0;
    while value < digits.len() {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "evaluated by the compiler"
        )]
        {
            table[digits[value] as usize] = value as u8;
            table[digits[value].to_ascii_uppercase() as usize] = value as u8;
        }
        value += 1;
    }
    table
};

/// What the next byte of a line may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// The CR after a chunk's data.
    DataCr,
    DataLf,
    FirstDigit,
    /// A digit, or what follows the size.
    Digit,
    /// White space after the size: only an extension may follow it.
    AfterSize,
    /// White space after a value: only an extension may follow it.
    AfterValue,
    Name,
    NameRest,
    /// White space after a name: only a value or another extension may follow it.
    AfterName,
    Value,
    ValueRest,
    Quoted,
    QuotedPair,
    AfterQuoted,
    Lf,
    /// The line is complete.
    Nothing,
}

/// What a line may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rules {
    max_extensions_len: usize,
    quirks: Quirks,
}

impl Rules {
    pub(super) const fn new(config: &Config) -> Self {
        Self {
            max_extensions_len: config.limits.max_chunk_extensions_len,
            quirks: config.quirks,
        }
    }

    const fn bare_lf(self) -> bool {
        self.quirks.contains(Quirks::BARE_LF_IN_CHUNKS)
    }
}

/// A line as far as it has been read, so that one that arrives in pieces is read once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    expect: Expect,
    size: u64,
    digits: u8,
    /// Bytes of the line read so far.
    pub(super) len: usize,
    /// Bytes of extensions, and of leading zeros beyond what a size needs, in the body so far.
    pub(super) extensions_len: usize,
}

impl Line {
    /// A line at the start of a chunked body.
    pub(super) const fn first() -> Self {
        Self {
            expect: Expect::FirstDigit,
            size: 0,
            digits: 0,
            len: 0,
            extensions_len: 0,
        }
    }

    /// The line after a chunk's data; what extensions took so far goes on counting.
    pub(super) const fn after_data(self) -> Self {
        Self {
            expect: Expect::DataCr,
            extensions_len: self.extensions_len,
            ..Self::first()
        }
    }

    /// Whether no byte behind a chunk's data was read yet.
    pub(super) fn is_at_data_end(self) -> bool {
        self.expect == Expect::DataCr && self.len == 0
    }

    /// The line, no longer at the front of the input.
    pub(super) const fn consumed(self) -> Self {
        Self { len: 0, ..self }
    }

    /// Reads on in `input`, which starts where the line does, and returns the size at the line's end.
    #[inline]
    pub(super) fn read(&mut self, input: &[u8], rules: &Rules) -> Result<Option<u64>, Error> {
        if self.is_at_data_end()
            && let Some(window) = input.first_chunk()
            && let Some(line) = ShortLine::read(window)
        {
            self.len = line.len;
            return Ok(Some(line.size as u64));
        }
        self.read_bytewise(input, rules)
    }

    fn read_bytewise(&mut self, input: &[u8], rules: &Rules) -> Result<Option<u64>, Error> {
        for &byte in input.get(self.len..).unwrap_or_default() {
            match self.step(byte, rules) {
                Ok(Expect::Nothing) => {
                    self.len += 1;
                    return Ok(Some(self.size));
                }
                Ok(expect) => self.expect = expect,
                // A CR that no LF follows is itself the offence.
                Err(kind @ ErrorKind::BareCr) => {
                    return Err(Error::new(kind, self.len.saturating_sub(1)));
                }
                Err(kind) => return Err(Error::new(kind, self.len)),
            }
            self.len += 1;
        }
        Ok(None)
    }

    fn step(&mut self, byte: u8, rules: &Rules) -> Result<Expect, ErrorKind> {
        use Expect::{
            AfterName, AfterQuoted, AfterSize, AfterValue, DataCr, DataLf, Digit, FirstDigit, Lf,
            Name, NameRest, Nothing, Quoted, QuotedPair, Value, ValueRest,
        };
        let next = match (self.expect, byte) {
            (DataCr, b'\r') => return Ok(DataLf),
            (DataLf, b'\n') => return Ok(FirstDigit),
            (DataCr, b'\n') if rules.bare_lf() => return Ok(FirstDigit),
            (DataCr | DataLf, _) => return Err(ErrorKind::MissingChunkEnd),
            (FirstDigit | Digit, _) if byte.is_ascii_hexdigit() => return self.digit(byte, rules),
            (FirstDigit, _) => return Err(ErrorKind::InvalidChunkSize),
            (Lf, b'\n') => return Ok(Nothing),
            (Lf, _) => return Err(ErrorKind::BareCr),
            (Digit | NameRest | ValueRest | AfterQuoted, b'\r') => return Ok(Lf),
            (Digit | NameRest | ValueRest | AfterQuoted, b'\n') if rules.bare_lf() => {
                return Ok(Nothing);
            }
            (AfterSize, b'\r') if rules.quirks.contains(Quirks::SPACE_AFTER_CHUNK_SIZE) => {
                return Ok(Lf);
            }
            (_, b'\n') => return Err(ErrorKind::BareLf),
            (
                Digit | AfterSize | NameRest | AfterName | ValueRest | AfterQuoted | AfterValue,
                b';',
            ) => Name,
            (Digit | AfterSize, b' ' | b'\t') => AfterSize,
            (Digit | AfterSize, _) => return Err(ErrorKind::InvalidChunkSize),
            (Name, b' ' | b'\t') => Name,
            (Name | NameRest, _) if token::is(byte, token::TOKEN) => NameRest,
            (NameRest | AfterName, b' ' | b'\t') => AfterName,
            (NameRest | AfterName, b'=') => Value,
            (Value, b' ' | b'\t') => Value,
            (Value, b'"') => Quoted,
            (Value | ValueRest, _) if token::is(byte, token::TOKEN) => ValueRest,
            (ValueRest | AfterQuoted | AfterValue, b' ' | b'\t') => AfterValue,
            (Quoted, b'"') => AfterQuoted,
            (Quoted, b'\\') => QuotedPair,
            (Quoted | QuotedPair, _) if token::is(byte, token::VALUE) => Quoted,
            _ => return Err(ErrorKind::InvalidChunkExtension),
        };
        self.count_extension_byte(rules)?;
        Ok(next)
    }

    fn digit(&mut self, byte: u8, rules: &Rules) -> Result<Expect, ErrorKind> {
        let digit = u64::from(digit_value(byte));
        // "Recipients MUST anticipate potentially large hexadecimal numerals and prevent parsing errors due to
        // integer conversion overflows": any number may have leading zeros, but not endlessly many, so they count as
        // extensions do.
        match self.size.checked_mul(16) {
            Some(size) => self.size = size | digit,
            None => return Err(ErrorKind::ChunkSizeOverflow),
        }
        if usize::from(self.digits) < 16 {
            self.digits += 1;
        } else {
            self.count_extension_byte(rules)?;
        }
        Ok(Expect::Digit)
    }

    fn count_extension_byte(&mut self, rules: &Rules) -> Result<(), ErrorKind> {
        let max = rules.max_extensions_len;
        if self.extensions_len >= max {
            return Err(ErrorKind::ChunkExtensionsTooLong { max });
        }
        self.extensions_len += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_line_is_there_again() {
        let window = *b"\r\n5\r\nabc";
        let line = ShortLine::read(&window).unwrap();
        assert!(line.is_again(b"\r\n5\r\nxyz"));
        for at in 0..5 {
            for byte in 0..=u8::MAX {
                let mut other = window;
                other[at] = byte;
                assert_eq!(line.is_again(&other), other == window, "{byte:#x} at {at}");
            }
        }
        // RFC 9112 section 7.1: "chunk-size = 1*HEXDIG". Here no bit is the same, or none but those of the data.
        let [.., a, b, c] = window;
        let [cr, lf, digit, ..] = window.map(|byte| !byte);
        assert!(!line.is_again(&[0; 8]));
        assert!(!line.is_again(&[cr, lf, digit, cr, lf, a, b, c]));
    }

    #[test]
    fn only_a_line_after_data_may_be_short() {
        let mut line = Line::first();
        assert!(!line.is_at_data_end());
        line = line.after_data();
        assert!(line.is_at_data_end());
        let rules = Rules::new(&Config::DEFAULT);
        assert_eq!(line.read(b"\r", &rules), Ok(None));
        assert!(!line.is_at_data_end());
        assert_eq!(line.read(b"\r\n1\r\n", &rules), Ok(Some(1)));
        assert!(!line.consumed().is_at_data_end());
    }

    /// Every window of these bytes, in which a line may end at any place, or nowhere.
    #[test]
    fn a_short_line_is_what_any_line_is() {
        let bytes = *b"\r\n09aFgx\x80";
        let rules = Rules::new(&Config::DEFAULT);
        let mut window = *b"\r\n......";
        for picks in 0..bytes.len().pow(6) {
            let mut rest = picks;
            for byte in &mut window[2..] {
                *byte = bytes[rest % bytes.len()];
                rest /= bytes.len();
            }
            let mut line = Line::first().after_data();
            let size = line.read_bytewise(&window, &rules).ok().flatten();
            let expected = size.map(|size| (usize::try_from(size).unwrap(), line.len));
            // Data that begins with a line end hides the end of a shorter line.
            let data = window.get(line.len..).unwrap_or_default();
            let is_hidden = data.contains(&b'\n');
            let short = ShortLine::read(&window).map(|line| (line.size, line.len));
            if short.is_some() || !is_hidden {
                assert_eq!(short, expected, "{}", window.escape_ascii());
            }
        }
        for front in [*b"\r\r", *b"\n\n", *b"\n\r", *b"xx"] {
            window[..2].copy_from_slice(&front);
            window[2..].copy_from_slice(b"1\r\nabc");
            assert_eq!(ShortLine::read(&window), None, "{}", window.escape_ascii());
        }
    }
}
