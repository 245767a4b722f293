use crate::{Error, ErrorKind, Quirks, Var};

/// The variables of a block that is checked on the way: after an error there is nothing more.
///
/// ```
/// use wirekit_uwsgi::{Var, Vars};
///
/// // The second key says that it is longer than the block; the first one is given all the same.
/// let mut walk = Vars::walk(b"\x05\0HTTPS\x02\0on\xff\0X");
/// assert_eq!(walk.next(), Some(Ok(Var::new(b"HTTPS", b"on"))));
/// assert!(walk.next().is_some_and(|var| var.is_err()));
/// assert_eq!(walk.next(), None);
/// ```
#[derive(Clone, Debug)]
pub struct Walk<'a> {
    rest: &'a [u8],
    block_len: usize,
    quirks: Quirks,
}

impl<'a> Walk<'a> {
    /// Starts at the first byte of a block.
    pub const fn new(block: &'a [u8], quirks: Quirks) -> Self {
        Self {
            rest: block,
            block_len: block.len(),
            quirks,
        }
    }
}

impl<'a> Iterator for Walk<'a> {
    type Item = Result<Var<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if let Some((var, rest)) = regular(self.rest) {
            self.rest = rest;
            return Some(Ok(var));
        }
        if self.rest.is_empty() {
            return None;
        }
        // By value: a walk whose address is taken would go through memory at every step.
        let (found, rest) = irregular(self.rest, self.block_len, self.quirks);
        self.rest = rest;
        found
    }
}

/// The next variable behind what the quirks skip, or the rule that is broken; and the bytes behind it.
#[cold]
fn irregular(
    mut rest: &[u8],
    block_len: usize,
    quirks: Quirks,
) -> (Option<Result<Var<'_>, Error>>, &[u8]) {
    loop {
        match Step::of(rest, rest.len(), quirks) {
            Step::Var { var, used } => {
                return (Some(Ok(var)), rest.get(used..).unwrap_or_default());
            }
            Step::Skip => rest = rest.get(2..).unwrap_or_default(),
            Step::Broken { kind, at } => {
                let error = Error::new(kind, block_len - rest.len() + at);
                return (Some(Err(error)), &[]);
            }
            // The whole block is here, so nothing is missing: this is its end.
            Step::Missing => return (None, &[]),
        }
    }
}

/// The variable at the front, and what is behind it, if it stands there whole and breaks no rule.
///
/// Slices, not offsets: the walk waits for nothing but each length, because the next one stands that many bytes on. With
/// slices that costs one addition; with offsets the compiler adds the two bytes of the length too, in a slower one.
#[inline(always)]
pub(crate) fn regular(block: &[u8]) -> Option<(Var<'_>, &[u8])> {
    let (len, rest) = block.split_first_chunk::<2>()?;
    let key_len = u16::from_le_bytes(*len);
    let (key, rest) = rest.split_at_checked(usize::from(key_len))?;
    let (len, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*len)))?;
    (key_len != 0).then_some((Var { key, value }, rest))
}

/// What stands at a place of a block whose end may not have arrived yet.
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
    use crate::server::{Config, Decoder, Duplicates, Event};
    use crate::{Header, Key, Modifier1, Transport, Vars};

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
        (b"\x01\0a", RESYNC, Some((ErrorKind::KeyLenTruncated, 2))),
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
                verdict(Decoder::new(*config).receive(&packet)),
                Some(expected),
                "{block:?}"
            );

            let mut dripped = Decoder::new(*config);
            let answer =
                (0..=packet.len()).find_map(|len| verdict(dripped.receive(&packet[..len])));
            assert_eq!(answer, Some(expected), "{block:?}");

            let tail = [&packet[..], b"\0\x01\0\0\xff"].concat();
            assert_eq!(
                verdict(Decoder::new(*config).receive(&tail)),
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
                assert_eq!(vars.as_bytes(), *block);
                let mut out = std::vec![0; 4 + block.len()];
                let list: Vec<_> = vars.iter().collect();
                let used = Header::WSGI.encode_vars_to_slice(&list, &mut out);
                if config.quirks == Quirks::NONE {
                    assert_eq!((used, &out[4..]), (Ok(4 + block.len()), *block));
                }
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
    fn a_value_follows_the_cache_command_that_brings_it() {
        let command = b"\x6f\x1b\0\x11\x03\0cmd\x03\0set\x03\0key\x01\0k\x04\0size\x01\x002";
        // A value that would be read as a packet.
        let stream = [&command[..], b"d\0", b"d\0\0\0"].concat();
        let mut decoder = Decoder::new(Config::DEFAULT);
        let Ok(Some((Event::Packet(_), used))) = decoder.receive(&stream) else {
            panic!()
        };
        assert_eq!(used, command.len());
        assert!(!decoder.is_between_messages());
        let data = decoder.receive(&stream[used..]);
        assert_eq!(data, Ok(Some((Event::Data(b"d\0"), 2))));
        assert_eq!(decoder.receive(b""), Ok(Some((Event::End, 0))));
        decoder.start_next();
        let next = decoder.receive(&stream[used + 2..]);
        assert!(matches!(next, Ok(Some((Event::Packet(_), 4)))));
    }

    #[test]
    fn any_modifier_that_is_no_request_is_a_bare_packet() {
        let mut decoder = Decoder::new(Config::DEFAULT);
        let event = decoder.receive(b"\x64\0\0\0");
        let Ok(Some((Event::Packet(packet), 4))) = event else {
            panic!("{event:?}")
        };
        assert_eq!(packet.modifier1(), Modifier1::PING);
        assert!(decoder.is_between_messages());
    }
}
