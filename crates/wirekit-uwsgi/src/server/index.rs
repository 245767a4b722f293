use core::fmt;

use super::{Config, Duplicates};
use crate::packet::HEADER_LEN;
use crate::packet::key::{NUMBERS, number_of};
use crate::packet::walk::{Step, regular};
use crate::{Error, ErrorKind, Key, Packet, Quirks, Transport, Var, Vars, content_length};

/// The known keys of a packet's var block, found in the one pass that checks the block.
///
/// ```
/// use wirekit_uwsgi::server::Index;
/// use wirekit_uwsgi::{Key, Packet};
///
/// let input = b"\x00\x1e\x00\x00\x09\x00PATH_INFO\x02\x00/a\x09\x00HTTP_HOST\x02\x00up";
/// let Some((packet, _)) = Packet::parse(input) else { panic!("not all there yet") };
/// let index = Index::parse(packet)?;
/// assert_eq!(index.get(Key::PathInfo), Some(&b"/a"[..]));
/// assert_eq!(index.get(Key::QueryString), None);
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Index<'a> {
    block: &'a [u8],
    config: Config,
    spans: Spans,
}

impl<'a> Index<'a> {
    /// Checks and indexes a packet's variables by the strict rules.
    ///
    /// # Errors
    ///
    /// As [`Vars::parse`], and `RepeatedKey`, `ContentLengthSyntax`, `ContentLengthOverflow` at the value.
    #[inline]
    pub fn parse(packet: Packet<'a>) -> Result<Self, Error> {
        Self::parse_with(packet, &Config::DEFAULT)
    }

    /// Checks and indexes a packet's variables.
    ///
    /// # Errors
    ///
    /// As [`Index::parse`], but for what `config` permits; and `BodyOnPersistent`.
    #[inline]
    pub fn parse_with(packet: Packet<'a>, config: &Config) -> Result<Self, Error> {
        let block = packet.block();
        // Filled where it is returned: it is large enough for a copy to be felt.
        let mut index = Ok(Self {
            block,
            config: *config,
            spans: Spans::new(),
        });
        if let Ok(Self { spans, .. }) = &mut index
            && let Err(error) = spans.scan(block, 0, block.len(), config)
        {
            index = Err(error.shifted(HEADER_LEN));
        }
        index
    }

    pub(crate) fn from_spans(block: &'a [u8], config: Config, spans: Spans) -> Self {
        Self {
            block,
            config,
            spans,
        }
    }

    /// The value of a known key, if the key is there.
    #[inline]
    pub fn get(&self, key: Key) -> Option<&'a [u8]> {
        self.spans.get(key, self.block)
    }

    /// `CONTENT_LENGTH` as a number: zero where it is absent or empty, which is how nginx says that there is no body.
    pub const fn content_length(&self) -> u64 {
        self.spans.content_length
    }

    /// Every variable, in order.
    pub const fn vars(&self) -> Vars<'a> {
        Vars::checked(self.block, self.config.quirks)
    }
}

impl fmt::Debug for Index<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Index").field(&self.vars()).finish()
    }
}

/// Where the values of the known keys stand in a block.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Spans {
    /// By the key's number.
    spans: [Span; NUMBERS],
    content_length: u64,
}

/// Start in the low half, length in the high one: read and written as one word.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Span(u32);

impl Span {
    /// Of a key that is not there: no block reaches so far, so that looking there finds nothing.
    const ABSENT: Self = Self(0xffff_ffff);
    /// Of a key that is not there, and whose value is looked at when it comes.
    const AWAITED: Self = Self(0xfffe_ffff);

    #[inline]
    fn new(start: usize, len: usize) -> Self {
        let [a, b] = narrow(start).to_le_bytes();
        let [c, d] = narrow(len).to_le_bytes();
        Self(u32::from_le_bytes([a, b, c, d]))
    }

    #[inline]
    fn start(self) -> usize {
        let [low, high, ..] = self.0.to_le_bytes();
        usize::from(u16::from_le_bytes([low, high]))
    }

    #[inline]
    fn of(self, block: &[u8]) -> Option<&[u8]> {
        let [.., low, high] = self.0.to_le_bytes();
        let len = usize::from(u16::from_le_bytes([low, high]));
        block.get(self.start()..self.start() + len)
    }
}

/// Offsets and lengths in a packet's block fit its 16-bit size.
#[inline]
fn narrow(offset: usize) -> u16 {
    let [low, high, ..] = offset.to_le_bytes();
    u16::from_le_bytes([low, high])
}

impl Spans {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "the array has every key's number")]
    pub(crate) const fn new() -> Self {
        // Not a constant to copy from: equal words are set faster.
        let mut spans = [Span::ABSENT; NUMBERS];
        spans[Key::ContentLength as usize] = Span::AWAITED;
        Self {
            spans,
            content_length: 0,
        }
    }

    #[inline]
    fn get<'a>(&self, key: Key, block: &'a [u8]) -> Option<&'a [u8]> {
        self.spans.get(key as usize)?.of(block)
    }

    /// Checks and notes what stands behind the first `from` bytes of a block; gives how many are checked then, which is
    /// where the next call goes on.
    ///
    /// `arrived` is the block as far as it is there, `size` its whole length. Where to start comes as a value: read from
    /// a table that was just set, it would wait until all of the table is written.
    pub(crate) fn scan(
        &mut self,
        arrived: &[u8],
        from: usize,
        size: usize,
        config: &Config,
    ) -> Result<usize, Error> {
        let mut rest = arrived.get(from..).unwrap_or_default();
        loop {
            while let Some((var, after)) = regular(rest) {
                rest = after;
                self.record(var, arrived.len() - rest.len(), arrived, config)?;
            }
            let at = arrived.len() - rest.len();
            if at == size {
                return Ok(at);
            }
            let used = match Step::of(rest, size - at, config.quirks) {
                Step::Missing => return Ok(at),
                Step::Broken { kind, at: within } => return Err(Error::new(kind, at + within)),
                Step::Skip => 2,
                Step::Var { var, used } => {
                    self.record(var, at + used, arrived, config)?;
                    used
                }
            };
            rest = rest.get(used..).unwrap_or_default();
        }
    }

    /// Notes a variable that ends at `end` of the block.
    #[inline(always)]
    fn record(
        &mut self,
        var: Var<'_>,
        end: usize,
        block: &[u8],
        config: &Config,
    ) -> Result<(), Error> {
        let Some(number) = number_of(var.key) else {
            return Ok(());
        };
        let Some(span) = self.spans.get_mut(number) else {
            return Ok(());
        };
        let len = var.value.len();
        let before = core::mem::replace(span, Span::new(end - len, len));
        if before != Span::ABSENT {
            return self.decide(number, before, block, config);
        }
        Ok(())
    }

    /// The rules for `CONTENT_LENGTH`, and for a key that is there already.
    #[inline(never)]
    fn decide(
        &mut self,
        number: usize,
        before: Span,
        block: &[u8],
        config: &Config,
    ) -> Result<(), Error> {
        let (Some(&key), Some(span)) = (Key::ALL.get(number), self.spans.get_mut(number)) else {
            return Ok(());
        };
        let start = span.start();
        let value = span.of(block).unwrap_or_default();
        if let Some(earlier) = before.of(block).filter(|_| !key.is_field()) {
            match config.duplicates {
                Duplicates::Refuse if earlier != value => {
                    return Err(Error::new(ErrorKind::RepeatedKey { key }, start));
                }
                Duplicates::Refuse | Duplicates::Last => {}
                Duplicates::First => *span = before,
            }
        }
        if matches!(key, Key::ContentLength) {
            let length = match content_length(value) {
                Ok(length) => length,
                Err(_) if config.quirks.contains(Quirks::LEADING_DIGITS) => leading_digits(value),
                Err(error) => return Err(error.shifted(start)),
            };
            if length > 0 && matches!(config.transport, Transport::Persistent) {
                return Err(Error::new(ErrorKind::BodyOnPersistent, start));
            }
            if before == Span::AWAITED || !matches!(config.duplicates, Duplicates::First) {
                self.content_length = length;
            }
        }
        Ok(())
    }
}

/// What uWSGI makes of a value that is not all digits, or too large: see [`Quirks::LEADING_DIGITS`].
fn leading_digits(value: &[u8]) -> u64 {
    let digits = value.iter().take_while(|byte| byte.is_ascii_digit());
    digits.fold(0, |length: u64, byte| {
        length.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::Header;

    #[test]
    fn a_repeated_key_means_what_the_policy_says() {
        use Duplicates::{First, Last, Refuse};
        // Specification section 4.2: key, policy, and which of the values `5` and `3` counts.
        #[rustfmt::skip]
        let rows: &[(Key, Duplicates, Option<&[u8]>)] = &[
            (Key::PathInfo, Refuse, None),
            (Key::PathInfo, First, Some(b"5")),
            (Key::PathInfo, Last, Some(b"3")),
            (Key::ContentLength, Refuse, None),
            (Key::ContentLength, First, Some(b"5")),
            (Key::ContentLength, Last, Some(b"3")),
            // Of fields the last one counts, whatever the policy.
            (Key::HttpCookie, Refuse, Some(b"3")),
            (Key::HttpCookie, First, Some(b"3")),
        ];
        for &(key, duplicates, expected) in rows {
            let vars = [b"5", b"3"].map(|value| Var::new(key.as_str().as_bytes(), value));
            let mut packet = Vec::new();
            Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
            let (packet, _) = Packet::parse(&packet).unwrap();
            let index = Index::parse_with(packet, &Config::DEFAULT.duplicates(duplicates));
            let got = index.map(|index| (index.get(key), index.content_length()));
            let length = match (key, expected) {
                (Key::ContentLength, Some([digit])) => u64::from(digit - b'0'),
                _ => 0,
            };
            match expected {
                Some(_) => assert_eq!(got, Ok((expected, length)), "{key} {duplicates:?}"),
                None => assert_eq!(got.unwrap_err().kind(), ErrorKind::RepeatedKey { key }),
            }
        }
    }

    #[test]
    fn a_lenient_length_is_the_digits_in_front() {
        // Specification section 8.1; each value live to uWSGI 2.0.21.
        #[rustfmt::skip]
        let rows: &[(&[&str], u64)] = &[
            (&["5"], 5), (&["5, 5"], 5), (&["+5"], 0), (&[" 5"], 0), (&["-1"], 0), (&["0x5"], 0), (&["007"], 7),
            (&["18446744073709551621"], 5), (&["36893488147419103235"], 3),
            (&["5", "3"], 3), (&["5", ""], 0), (&["5", "x"], 0), (&["x", "5"], 5),
        ];
        for (values, expected) in rows {
            let vars: Vec<Var<'_>> = values
                .iter()
                .map(|value| Var::new(b"CONTENT_LENGTH", value.as_bytes()))
                .collect();
            let mut packet = Vec::new();
            Header::WSGI.encode_vars(&vars, &mut packet).unwrap();
            let (packet, _) = Packet::parse(&packet).unwrap();
            let index = Index::parse_with(packet, &Config::LENIENT).unwrap();
            assert_eq!(index.content_length(), *expected, "{values:?}");
        }
    }
}
