mod kind;
mod list;
mod multipath;
mod table;
mod values;

pub use kind::OptionKind;
pub use list::{Options, OptionsIter};
pub use multipath::{Mapping, Multipath, MultipathMessage, MultipathSubtype};
pub use values::{EcnCounters, EcnOrder, SackBlock, SackBlocks, UserTimeout};

use crate::EncodeError;
use crate::header::MAX_OPTIONS_LEN;
use table::{is_inline, kind_of, len_of, options, write_kind, write_option};

options! {
    /// The largest segment that the sender wants to receive, in bytes of data: RFC 9293 section 3.7.1.
    MaximumSegmentSize(u16) => {
        kind: MAXIMUM_SEGMENT_SIZE,
        read(_, data) => match data {
            &[a, b] => Some(Self::MaximumSegmentSize(u16::from_be_bytes([a, b]))),
            _ => None,
        },
        write: Self::MaximumSegmentSize(size) => size.to_be_bytes(), &[],
        place: inline,
    }
    /// The sender's window field is shifted left by this many bits: RFC 7323 section 2.2. More than 14 means 14.
    WindowScale(u8) => {
        kind: WINDOW_SCALE,
        read(_, data) => match data {
            &[shift] => Some(Self::WindowScale(shift)),
            _ => None,
        },
        write: Self::WindowScale(shift) => [shift], &[],
        place: inline,
    }
    /// The sender understands [`Sack`](Self::Sack): RFC 2018 section 2.
    SackPermitted => {
        kind: SACK_PERMITTED,
        read(_, data) => match data {
            [] => Some(Self::SackPermitted),
            _ => None,
        },
        write: Self::SackPermitted => [], &[],
        place: inline,
    }
    /// Runs that the sender received beyond the acknowledgment number: RFC 2018 section 3.
    Sack(SackBlocks<'a>) => {
        kind: SACK,
        read(_, data) => match data.as_chunks() {
            (blocks, []) => Some(Self::Sack(SackBlocks::new(blocks)?)),
            _ => None,
        },
        write: Self::Sack(blocks) => [], blocks.0.as_flattened(),
    }
    /// The sender's clock and the last value received from the peer: RFC 7323 section 3.2.
    Timestamps {
        /// `TSval`, the sender's clock.
        value: u32,
        /// `TSecr`, the peer's clock; meaningful in segments that acknowledge.
        echo_reply: u32,
    } => {
        kind: TIMESTAMPS,
        read(_, data) => match data {
            &[a, b, c, d, e, f, g, h] => Some(Self::Timestamps {
                value: u32::from_be_bytes([a, b, c, d]),
                echo_reply: u32::from_be_bytes([e, f, g, h]),
            }),
            _ => None,
        },
        write: Self::Timestamps { value, echo_reply } => pair(value, echo_reply), &[],
        place: inline,
    }
    /// A digest over the segment and a shared secret: RFC 2385 section 3.
    Md5Signature(&'a [u8; 16]) => {
        kind: MD5_SIGNATURE,
        read(_, data) => data.try_into().ok().map(Self::Md5Signature),
        write: Self::Md5Signature(digest) => [], digest,
    }
    /// How long the sender lets data go unacknowledged: RFC 5482 section 2.
    UserTimeout(UserTimeout) => {
        kind: USER_TIMEOUT,
        read(_, data) => match data {
            &[a, b] => Some(Self::UserTimeout(UserTimeout::from_bits(u16::from_be_bytes([a, b])))),
            _ => None,
        },
        write: Self::UserTimeout(timeout) => timeout.bits().to_be_bytes(), &[],
    }
    /// TCP-AO: RFC 5925 section 2.2.
    Authentication {
        /// The key that made the code.
        key_id: u8,
        /// The key that the sender is ready to receive.
        receive_next_key_id: u8,
        /// The message authentication code.
        mac: &'a [u8],
    } => {
        kind: AUTHENTICATION,
        read(_, data) => data.split_first_chunk().map(|(&[key_id, receive_next_key_id], mac)| {
            Self::Authentication { key_id, receive_next_key_id, mac }
        }),
        write: Self::Authentication { key_id, receive_next_key_id, mac } => [key_id, receive_next_key_id], mac,
    }
    /// Multipath TCP, by subtype: RFC 8684 section 3.
    Multipath(Multipath<'a>) => {
        kind: MULTIPATH,
        read(_, data) => Multipath::new(data).map(Self::Multipath),
        write: Self::Multipath(option) => [], option.as_bytes(),
    }
    /// A Fast Open cookie of 4 to 16 bytes, or empty to ask for one: RFC 7413 section 4.1.1.
    FastOpen(&'a [u8]) => {
        kind: FAST_OPEN,
        read(_, cookie) => is_cookie_len(cookie.len()).then_some(Self::FastOpen(cookie)),
        write: Self::FastOpen(cookie) => [], cookie,
        only_if: is_cookie_len(cookie.len()),
    }
    /// Byte counters of Accurate ECN: RFC 9768 section 3.2.3.
    AccurateEcn(EcnCounters<'a>) => {
        kind: ACCURATE_ECN_0 | ACCURATE_ECN_1 by counters.order().kind(),
        read(kind, data) => {
            let order = match kind {
                OptionKind::ACCURATE_ECN_0 => EcnOrder::Zero,
                _ => EcnOrder::One,
            };
            chunks(data).and_then(|bytes| EcnCounters::new(order, bytes)).map(Self::AccurateEcn)
        },
        write: Self::AccurateEcn(counters) => [], counters.bytes.as_flattened(),
    }
    /// One of the two kinds for experiments, told apart by an experiment identifier: RFC 6994 section 3.
    Experiment {
        /// [`OptionKind::EXPERIMENT_1`] or [`OptionKind::EXPERIMENT_2`].
        kind: OptionKind,
        /// The identifier, or the first half of one of 32 bits.
        exid: u16,
        /// What follows it.
        data: &'a [u8],
    } => {
        kind: EXPERIMENT_1 | EXPERIMENT_2 by kind,
        // Without an identifier, as RFC 3692 had it, there is no saying what it is.
        read(kind, whole) => Some(match whole.split_first_chunk() {
            Some((&exid, data)) => Self::Experiment { kind, exid: u16::from_be_bytes(exid), data },
            None => Self::Unknown { kind, data: whole },
        }),
        write: Self::Experiment { kind, exid, data } => exid.to_be_bytes(), data,
        only_if: matches!(kind, OptionKind::EXPERIMENT_1 | OptionKind::EXPERIMENT_2),
    }
}

impl<'a> TcpOption<'a> {
    /// The longest option: all 40 bytes that a header has for options.
    pub const MAX_LEN: usize = MAX_OPTIONS_LEN;

    /// As [`read`](Self::read) for the kinds that nearly every segment has, and nothing for any other: short enough to
    /// be part of the loop that walks the options.
    #[inline]
    pub(crate) fn read_common(kind: OptionKind, data: &'a [u8]) -> Option<Self> {
        match kind {
            OptionKind::MAXIMUM_SEGMENT_SIZE => {
                Self::read_row(OptionKind::MAXIMUM_SEGMENT_SIZE, data)
            }
            OptionKind::WINDOW_SCALE => Self::read_row(OptionKind::WINDOW_SCALE, data),
            OptionKind::SACK_PERMITTED => Self::read_row(OptionKind::SACK_PERMITTED, data),
            OptionKind::TIMESTAMPS => Self::read_row(OptionKind::TIMESTAMPS, data),
            OptionKind::SACK => Self::read_row(OptionKind::SACK, data),
            _ => None,
        }
    }

    /// The option of that kind and of the bytes behind its length; nothing when their number is not one that the kind
    /// has.
    pub(crate) fn read(kind: OptionKind, data: &'a [u8]) -> Option<Self> {
        Self::read_row(kind, data)
    }

    /// Writes the option as it stands in a header at the start of `out`, and returns its length: its kind, its length
    /// and its data, whatever the option is.
    ///
    /// ```
    /// use wirekit_tcp::TcpOption;
    ///
    /// let mut out = [0; TcpOption::MAX_LEN];
    /// let len = TcpOption::MaximumSegmentSize(1460).encode_to_slice(&mut out)?;
    /// assert_eq!(out[..len], [2, 4, 0x05, 0xb4]);
    /// # Ok::<(), wirekit_tcp::EncodeError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`EncodeError::OptionInvalid`], [`EncodeError::OptionsTooLong`], [`EncodeError::OutputTooSmall`]; nothing is
    /// written then.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = self.measure()?;
        if needed > Self::MAX_LEN {
            return Err(EncodeError::OptionsTooLong { len: needed });
        }
        match out.get_mut(..needed).and_then(|out| self.write(out)) {
            Some(_) => Ok(needed),
            None => Err(EncodeError::OutputTooSmall { needed }),
        }
    }
}

/// Whether a Fast Open option of so many bytes is a cookie, or asks for one.
const fn is_cookie_len(len: usize) -> bool {
    matches!(len, 0 | 4 | 6 | 8 | 10 | 12 | 14 | 16)
}

/// Data that is a list of values of one length.
#[inline]
fn chunks<const N: usize>(data: &[u8]) -> Option<&[[u8; N]]> {
    match data.as_chunks() {
        (chunks, []) => Some(chunks),
        _ => None,
    }
}

#[inline]
const fn pair(first: u32, second: u32) -> [u8; 8] {
    let [a, b, c, d] = first.to_be_bytes();
    let [e, f, g, h] = second.to_be_bytes();
    [a, b, c, d, e, f, g, h]
}
