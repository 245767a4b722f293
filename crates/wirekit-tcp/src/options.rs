use crate::option::is_cookie_len;
use crate::segment::FIXED_HEADER_LEN;
use crate::{
    EcnCounters, EcnOrder, Error, ErrorKind, Multipath, OptionKind, SackBlocks, TcpOption,
    UserTimeout,
};

/// The options of a segment.
///
/// Iteration yields every option, the end of the list included. An option whose length cannot be right is one error
/// item and the last one: where the next option would begin is anybody's guess. An unknown kind is an item like any
/// other, because its length says where it ends.
///
/// ```
/// # let bytes = [0, 80, 0, 81, 0, 0, 0, 0, 0, 0, 0, 0, 0x70, 2, 0, 0, 0, 0, 0, 0, 2, 4, 5, 0xb4, 200, 3, 7, 1];
/// use wirekit_tcp::{OptionKind, Segment, TcpOption};
///
/// let segment = Segment::parse(&bytes)?;
/// let options: Vec<_> = segment.options().iter().collect();
/// assert_eq!(options[0], Ok(TcpOption::MaximumSegmentSize(1460)));
/// assert_eq!(options[1], Ok(TcpOption::Unknown { kind: OptionKind(200), data: &[7] }));
/// assert_eq!(options[2], Ok(TcpOption::NoOperation));
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options<'a> {
    bytes: &'a [u8],
}

impl<'a> Options<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The options as they stand in the header, padding included.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Walks the options in their order.
    #[inline]
    pub const fn iter(self) -> OptionsIter<'a> {
        OptionsIter {
            rest: self.bytes,
            len: self.bytes.len(),
        }
    }
}

impl<'a> IntoIterator for Options<'a> {
    type Item = Result<TcpOption<'a>, Error>;
    type IntoIter = OptionsIter<'a>;

    #[inline]
    fn into_iter(self) -> OptionsIter<'a> {
        self.iter()
    }
}

/// Walks the options of a segment.
#[derive(Clone, Debug)]
pub struct OptionsIter<'a> {
    rest: &'a [u8],
    /// Of all the options, to tell how far `rest` is from the segment's start.
    len: usize,
}

impl<'a> OptionsIter<'a> {
    #[cold]
    fn fail(&mut self, kind: ErrorKind, at: usize) -> Result<TcpOption<'a>, Error> {
        let offset = FIXED_HEADER_LEN + (self.len - self.rest.len()) + at;
        self.rest = &[];
        Err(Error::new(kind, offset))
    }
}

impl<'a> Iterator for OptionsIter<'a> {
    type Item = Result<TcpOption<'a>, Error>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (&kind, rest) = self.rest.split_first()?;
        if kind == OptionKind::NO_OPERATION.0 {
            self.rest = rest;
            return Some(Ok(TcpOption::NoOperation));
        }
        if kind == OptionKind::END_OF_OPTION_LIST.0 {
            self.rest = &[];
            return Some(Ok(TcpOption::EndOfOptionList));
        }
        let kind = OptionKind(kind);
        let Some((&found, _)) = rest.split_first() else {
            return Some(self.fail(ErrorKind::OptionLengthMissing { kind }, 0));
        };
        if found < 2 {
            return Some(self.fail(ErrorKind::OptionLengthTooSmall { kind, found }, 1));
        }
        let Some((whole, after)) = self.rest.split_at_checked(usize::from(found)) else {
            return Some(self.fail(ErrorKind::OptionTruncated { kind, found }, 1));
        };
        let data = match whole {
            [_, _, data @ ..] => data,
            _ => &[],
        };
        match read(kind, data) {
            Some(option) => {
                self.rest = after;
                Some(Ok(option))
            }
            None => Some(self.fail(ErrorKind::OptionLengthWrong { kind, found }, 1)),
        }
    }
}

impl core::iter::FusedIterator for OptionsIter<'_> {}

/// The option of that kind and data; nothing when the data's length is not one that the kind has.
#[inline]
fn read(kind: OptionKind, data: &[u8]) -> Option<TcpOption<'_>> {
    Some(match (kind, data) {
        (OptionKind::MAXIMUM_SEGMENT_SIZE, &[a, b]) => {
            TcpOption::MaximumSegmentSize(u16::from_be_bytes([a, b]))
        }
        (OptionKind::WINDOW_SCALE, &[shift]) => TcpOption::WindowScale(shift),
        (OptionKind::SACK_PERMITTED, []) => TcpOption::SackPermitted,
        (OptionKind::TIMESTAMPS, &[a, b, c, d, e, f, g, h]) => TcpOption::Timestamps {
            value: u32::from_be_bytes([a, b, c, d]),
            echo_reply: u32::from_be_bytes([e, f, g, h]),
        },
        (OptionKind::SACK, data) => match data.as_chunks() {
            (blocks, []) => TcpOption::Sack(SackBlocks::new(blocks)?),
            _ => return None,
        },
        (kind, data) => return read_rare(kind, data),
    })
}

fn read_rare(kind: OptionKind, data: &[u8]) -> Option<TcpOption<'_>> {
    Some(match (kind, data) {
        (OptionKind::MAXIMUM_SEGMENT_SIZE, _)
        | (OptionKind::WINDOW_SCALE, _)
        | (OptionKind::SACK_PERMITTED, _)
        | (OptionKind::TIMESTAMPS, _) => return None,
        (OptionKind::MD5_SIGNATURE, data) => match data.as_chunks() {
            ([digest], []) => TcpOption::Md5Signature(digest),
            _ => return None,
        },
        (OptionKind::USER_TIMEOUT, &[a, b]) => {
            TcpOption::UserTimeout(UserTimeout::from_bits(u16::from_be_bytes([a, b])))
        }
        (OptionKind::USER_TIMEOUT, _) => return None,
        (OptionKind::AUTHENTICATION, &[key_id, receive_next_key_id, ref mac @ ..]) => {
            TcpOption::Authentication {
                key_id,
                receive_next_key_id,
                mac,
            }
        }
        (OptionKind::AUTHENTICATION, _) => return None,
        (OptionKind::MULTIPATH, data) => TcpOption::Multipath(Multipath::new(data)?),
        (OptionKind::FAST_OPEN, cookie) if is_cookie_len(cookie.len()) => {
            TcpOption::FastOpen(cookie)
        }
        (OptionKind::FAST_OPEN, _) => return None,
        (OptionKind::ACCURATE_ECN_0, data) => accurate_ecn(EcnOrder::Zero, data)?,
        (OptionKind::ACCURATE_ECN_1, data) => accurate_ecn(EcnOrder::One, data)?,
        (OptionKind::EXPERIMENT_1 | OptionKind::EXPERIMENT_2, &[a, b, ref data @ ..]) => {
            TcpOption::Experiment {
                kind,
                exid: u16::from_be_bytes([a, b]),
                data,
            }
        }
        (kind, data) => TcpOption::Unknown { kind, data },
    })
}

fn accurate_ecn(order: EcnOrder, data: &[u8]) -> Option<TcpOption<'_>> {
    match data.as_chunks() {
        (counters, []) => EcnCounters::new(order, counters).map(TcpOption::AccurateEcn),
        _ => None,
    }
}
