//! Var blocks: the checked view, its iterator, and the walk that checks on the way.

use core::fmt;

use crate::{Error, ErrorKind, Quirks};

/// One variable of a var block: two byte strings.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the two parts")]
pub struct Var<'a> {
    /// The key; never empty in what this crate encodes.
    pub key: &'a [u8],
    /// The value; may be empty.
    pub value: &'a [u8],
}

impl<'a> Var<'a> {
    /// A variable of these parts.
    pub const fn new(key: &'a [u8], value: &'a [u8]) -> Self {
        Self { key, value }
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}={:?}",
            self.key.escape_ascii(),
            self.value.escape_ascii()
        )
    }
}

/// A checked var block: key, value, key, value, each behind its length as a little-endian `u16`.
///
/// Keys and values are bytes; nothing says that they are UTF-8. Order and duplicates are kept as they stand.
///
/// ```
/// use wirekit_uwsgi::Vars;
///
/// let vars = Vars::parse(b"\x09\0PATH_INFO\x04\0/env")?;
/// assert_eq!(vars.get(b"PATH_INFO"), Some(&b"/env"[..]));
/// for var in vars {
///     println!("{var:?}");
/// }
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
///
/// Specification section 2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Vars<'a> {
    block: &'a [u8],
    quirks: Quirks,
}

impl<'a> Vars<'a> {
    /// Checks a whole block by the strict rules.
    ///
    /// # Errors
    ///
    /// `KeyLenTruncated`, `EmptyKey`, `KeyOverrun`, `ValueLenTruncated`, `ValueOverrun`, at the first byte of the
    /// length that is wrong.
    pub fn parse(block: &'a [u8]) -> Result<Self, Error> {
        Self::parse_with(block, Quirks::NONE)
    }

    /// Checks a whole block, with quirks.
    ///
    /// # Errors
    ///
    /// As [`Vars::parse`], except for what `quirks` permits.
    pub fn parse_with(block: &'a [u8], quirks: Quirks) -> Result<Self, Error> {
        for var in Walk::new(block, quirks) {
            var?;
        }
        Ok(Self { block, quirks })
    }

    /// Walks a block that is not checked yet: one pass, errors as they come.
    pub fn walk(block: &'a [u8]) -> Walk<'a> {
        Walk::new(block, Quirks::NONE)
    }

    /// A block that was checked with the same quirks.
    pub(crate) const fn checked(block: &'a [u8], quirks: Quirks) -> Self {
        Self { block, quirks }
    }

    /// The block's bytes, without a packet's header.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.block
    }

    /// The variables in their order.
    pub fn iter(&self) -> Iter<'a> {
        Iter {
            walk: Walk::new(self.block, self.quirks),
        }
    }

    /// The last value of a key, which is what uWSGI and gunicorn hand to an application.
    ///
    /// It walks the block; for the keys that matter, [`Index`](crate::Index) does it once.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.iter()
            .filter(|var| var.key == key)
            .last()
            .map(|var| var.value)
    }
}

impl fmt::Debug for Vars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Vars<'a> {
    type Item = Var<'a>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// The variables of a checked block.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for Iter<'a> {
    type Item = Var<'a>;

    #[inline]
    fn next(&mut self) -> Option<Var<'a>> {
        // `Vars::parse_with` walked the same block with the same quirks to its end.
        self.walk.next().and_then(Result::ok)
    }
}

/// The variables of a block that is checked on the way: after an error there is nothing more.
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    block: &'a [u8],
    at: usize,
    quirks: Quirks,
}

impl<'a> Walk<'a> {
    /// Starts at the first byte of a block.
    pub const fn new(block: &'a [u8], quirks: Quirks) -> Self {
        Self {
            block,
            at: 0,
            quirks,
        }
    }

    /// What stops the walk, or the next variable behind what the quirks skip.
    #[cold]
    fn irregular(&mut self) -> Option<Result<Var<'a>, Error>> {
        loop {
            let rest = self.block.get(self.at..).unwrap_or_default();
            match Step::of(rest, rest.len(), self.quirks) {
                Step::Var { var, used } => {
                    self.at += used;
                    return Some(Ok(var));
                }
                Step::Skip => self.at += 2,
                Step::Broken { kind, at: within } => {
                    let error = Error::new(kind, self.at + within);
                    self.at = self.block.len();
                    return Some(Err(error));
                }
                // The whole block is here, so nothing is missing: only its end answers so.
                Step::Missing => return None,
            }
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Var<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some((var, end)) = regular_at(self.block, self.at) {
            self.at = end;
            return Some(Ok(var));
        }
        if self.at == self.block.len() {
            return None;
        }
        self.irregular()
    }
}

/// The variable at a place, and where it ends, if it stands there whole and breaks no rule.
///
/// By offsets from the block's first byte: the next length's place is then one addition behind the last length, and
/// that chain of loads is all that the walk waits for.
#[inline(always)]
pub(crate) fn regular_at(block: &[u8], at: usize) -> Option<(Var<'_>, usize)> {
    let key_at = at + 2;
    let key_len = usize::from(u16::from_le_bytes(*block.get(at..)?.first_chunk()?));
    let key_end = key_at + key_len;
    let value_at = key_end + 2;
    let value_len = usize::from(u16::from_le_bytes(*block.get(key_end..)?.first_chunk()?));
    let end = value_at + value_len;
    let (key, value) = (block.get(key_at..key_end)?, block.get(value_at..end)?);
    (key_len != 0).then_some((Var { key, value }, end))
}

/// What stands at a place of a block of which the end may not have arrived yet.
pub(crate) enum Step<'a> {
    /// A variable.
    Var { var: Var<'a>, used: usize },
    /// Two bytes that the quirks pass over.
    Skip,
    /// More bytes are needed, or the block ends here.
    Missing,
    /// A broken rule, `at` bytes further on.
    Broken { kind: ErrorKind, at: usize },
}

impl<'a> Step<'a> {
    /// `arrived` are the bytes at hand, `left` how many the block has from here to its end.
    pub(crate) fn of(arrived: &'a [u8], left: usize, quirks: Quirks) -> Self {
        let resync = quirks.contains(Quirks::RESYNC);
        // uWSGI wants a third byte before it looks at the two of a length.
        if left == 1 || (resync && left == 2) {
            return Self::Broken {
                kind: ErrorKind::KeyLenTruncated,
                at: 0,
            };
        }
        let Some((len, after)) = arrived.split_first_chunk::<2>() else {
            return Self::Missing;
        };
        let key_len = u16::from_le_bytes(*len);
        let after_len = left.saturating_sub(2);
        if key_len == 0 && !quirks.contains(Quirks::EMPTY_KEY) {
            return Self::Broken {
                kind: ErrorKind::EmptyKey,
                at: 0,
            };
        }
        let key_len_bytes = usize::from(key_len);
        if resync && key_len_bytes >= after_len {
            return Self::Skip;
        }
        if key_len_bytes > after_len {
            let kind = ErrorKind::KeyOverrun {
                len: key_len,
                left: narrow(after_len),
            };
            return Self::Broken { kind, at: 0 };
        }
        let value_left = after_len - key_len_bytes;
        if value_left < 2 {
            return Self::Broken {
                kind: ErrorKind::ValueLenTruncated,
                at: 0,
            };
        }
        let Some((key, after)) = after.split_at_checked(key_len_bytes) else {
            return Self::Missing;
        };
        let Some((len, after)) = after.split_first_chunk::<2>() else {
            return Self::Missing;
        };
        let value_len = u16::from_le_bytes(*len);
        if usize::from(value_len) > value_left - 2 {
            let kind = ErrorKind::ValueOverrun {
                len: value_len,
                left: narrow(value_left - 2),
            };
            return Self::Broken {
                kind,
                at: 2 + key_len_bytes,
            };
        }
        let Some(value) = after.get(..usize::from(value_len)) else {
            return Self::Missing;
        };
        Self::Var {
            var: Var { key, value },
            used: 4 + key_len_bytes + value.len(),
        }
    }
}

/// Lengths inside a packet's block fit its 16-bit size; a longer slice is the caller's own, and only its message
/// loses precision.
fn narrow(len: usize) -> u16 {
    u16::try_from(len).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::{Config, Duplicates, Event, Header, Key, Modifier1, RequestDecoder, Transport};

    const DEFAULT: Config = Config::DEFAULT;
    const RESYNC: Config = DEFAULT.quirks(Quirks::RESYNC);
    const EMPTY: Config = DEFAULT.quirks(Quirks::EMPTY_KEY);

    type Row = (&'static [u8], Config, Option<(ErrorKind, usize)>);

    /// Block, configuration, the error with its offset in the block; sections are the specification's.
    #[rustfmt::skip]
    const ROWS: &[Row] = &[
        // 2: an empty block is a legal one.
        (b"", DEFAULT, None),
        // 2: an empty value is legal, also the last one.
        (b"\x01\0a\0\0", DEFAULT, None),
        (b"\x01\0a\x01\0b\x01\0c\0\0", DEFAULT, None),
        // 2: bytes are bytes.
        (b"\x02\0\xff\0\x01\0\0", DEFAULT, None),
        // 2: a length takes two bytes.
        (b"\x01", DEFAULT, Some((ErrorKind::KeyLenTruncated, 0))),
        (b"\x01\0a\0\0\x05", DEFAULT, Some((ErrorKind::KeyLenTruncated, 5))),
        // 2: a key has at least one byte.
        (b"\0\0\x01\0a", DEFAULT, Some((ErrorKind::EmptyKey, 0))),
        (b"\0\0\x01\0a", EMPTY, None),
        (b"\0\0\0\0", EMPTY, None),
        // 2: a key ends inside the block.
        (b"\x02\0a", DEFAULT, Some((ErrorKind::KeyOverrun { len: 2, left: 1 }, 0))),
        (b"\x01\0a\0\0\xff\x7f\x09\0PATH_INFO\0\0", DEFAULT, Some((ErrorKind::KeyOverrun { len: 0x7fff, left: 13 }, 5))),
        // 8.1: uWSGI reads the key's bytes again.
        (b"\x01\0a\0\0\xff\x7f\x09\0PATH_INFO\0\0", RESYNC, None),
        (b"\xff\x7f\xff\x7f\x01\0a\0\0", RESYNC, None),
        (b"\xff\x7f\xff\x7f\x01\0a\0", RESYNC, Some((ErrorKind::ValueLenTruncated, 4))),
        (b"\x05\0", RESYNC, Some((ErrorKind::KeyLenTruncated, 0))),
        (b"\x05\0\0\0\0", RESYNC, Some((ErrorKind::EmptyKey, 2))),
        // 2: behind a key comes a value's length.
        (b"\x01\0a", DEFAULT, Some((ErrorKind::ValueLenTruncated, 0))),
        (b"\x01\0a\0", DEFAULT, Some((ErrorKind::ValueLenTruncated, 0))),
        (b"\x01\0a\0", RESYNC, Some((ErrorKind::ValueLenTruncated, 0))),
        // 2: a value ends inside the block.
        (b"\x01\0a\x02\0b", DEFAULT, Some((ErrorKind::ValueOverrun { len: 2, left: 1 }, 3))),
        (b"\x01\0a\xff\xffb", RESYNC, Some((ErrorKind::ValueOverrun { len: 0xffff, left: 1 }, 3))),
        // 4.2: what the front says, it says once.
        (b"\x09\0PATH_INFO\x01\0a\x09\0PATH_INFO\x01\0a", DEFAULT, None),
        (b"\x09\0PATH_INFO\x01\0a\x09\0PATH_INFO\x01\0b", DEFAULT, Some((ErrorKind::RepeatedKey { key: Key::PathInfo }, 27))),
        (b"\x09\0PATH_INFO\x01\0a\x09\0PATH_INFO\x01\0b", DEFAULT.duplicates(Duplicates::Last), None),
        (b"\x0b\0HTTP_COOKIE\x01\0a\x0b\0HTTP_COOKIE\x01\0b", DEFAULT, None),
        // RFC 3875 section 4.1.2: digits.
        (b"\x0e\0CONTENT_LENGTH\x02\0+5", DEFAULT, Some((ErrorKind::ContentLengthSyntax, 18))),
        (b"\x0e\0CONTENT_LENGTH\x02\x005 ", DEFAULT, Some((ErrorKind::ContentLengthSyntax, 19))),
        (b"\x0e\0CONTENT_LENGTH\x14\x0099999999999999999999", DEFAULT, Some((ErrorKind::ContentLengthOverflow, 37))),
        // 4.4: a persistent socket has no bodies.
        (b"\x0e\0CONTENT_LENGTH\x01\x005", DEFAULT.transport(Transport::Persistent), Some((ErrorKind::BodyOnPersistent, 18))),
        (b"\x0e\0CONTENT_LENGTH\x01\x000", DEFAULT.transport(Transport::Persistent), None),
    ];

    fn verdict(
        answer: Result<Option<(Event<'_>, usize)>, Error>,
    ) -> Option<Result<usize, (ErrorKind, usize)>> {
        match answer {
            Ok(None) => None,
            Ok(Some((Event::Request(_), used))) => Some(Ok(used)),
            Ok(Some(other)) => panic!("{other:?}"),
            Err(error) => Some(Err((error.kind(), error.offset()))),
        }
    }

    #[test]
    fn a_block_answers_the_same_whole_dripped_and_with_bytes_behind() {
        for (block, config, expected) in ROWS {
            let mut packet = Vec::new();
            Header::WSGI.encode(block, &mut packet).unwrap();
            let expected = match expected {
                None => Ok(packet.len()),
                Some((kind, at)) => Err((*kind, at + 4)),
            };
            assert_eq!(
                verdict(RequestDecoder::with_config(*config).receive(&packet)),
                Some(expected),
                "{block:?}"
            );

            let mut dripped = RequestDecoder::with_config(*config);
            let answer =
                (0..=packet.len()).find_map(|len| verdict(dripped.receive(&packet[..len])));
            assert_eq!(answer, Some(expected), "{block:?}");

            let tail = [&packet[..], b"\0\x01\0\0\xff"].concat();
            assert_eq!(
                verdict(RequestDecoder::with_config(*config).receive(&tail)),
                Some(expected),
                "{block:?}"
            );
        }
    }

    #[test]
    fn the_walk_and_the_view_agree_with_the_decoder() {
        for (block, config, expected) in ROWS {
            let structural = expected.filter(|(kind, _)| kind.spec().ends_with("section 2"));
            let parsed = Vars::parse_with(block, config.quirks);
            assert_eq!(
                parsed.err().map(|error| (error.kind(), error.offset())),
                structural,
                "{block:?}"
            );
            if let Ok(vars) = parsed {
                let walked: Result<Vec<_>, _> = Walk::new(block, config.quirks).collect();
                assert_eq!(walked.unwrap(), vars.iter().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn the_resync_finds_the_var_inside_the_key() {
        let vars = Vars::parse_with(b"\xff\x7f\x09\0PATH_INFO\x02\0/x", Quirks::RESYNC).unwrap();
        assert_eq!(
            vars.iter().collect::<Vec<_>>(),
            [Var::new(b"PATH_INFO", b"/x")]
        );
    }

    #[test]
    fn the_last_of_repeated_keys_is_got() {
        let vars = Vars::parse(b"\x01\0a\x01\x001\x01\0a\x01\x002").unwrap();
        assert_eq!(vars.get(b"a"), Some(&b"2"[..]));
        assert_eq!(vars.get(b"b"), None);
    }

    #[test]
    fn any_modifier_that_is_no_request_is_a_bare_packet() {
        let mut decoder = RequestDecoder::new();
        let event = decoder.receive(b"\x64\0\0\0");
        let Ok(Some((Event::Packet(packet), 4))) = event else {
            panic!("{event:?}")
        };
        assert_eq!(packet.modifier1(), Modifier1::PING);
        assert!(decoder.is_between_messages());
    }
}
