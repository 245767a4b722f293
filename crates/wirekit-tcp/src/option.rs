use crate::{EncodeError, Multipath, OptionKind, SeqNumber};

/// One option of a header: what an options list yields, and what a sender appends.
///
/// Every kind that is in use has its own variant; any other, obsolete ones included, is [`Unknown`](Self::Unknown)
/// with its kind and its bytes, so that nothing is lost between parsing and encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TcpOption<'a> {
    /// The list ends here, and what follows is padding: RFC 9293 section 3.2.
    EndOfOptionList,
    /// Padding between options: RFC 9293 section 3.2.
    NoOperation,
    /// The largest segment that the sender wants to receive, in bytes of data: RFC 9293 section 3.7.1.
    MaximumSegmentSize(u16),
    /// The sender's window field is shifted left by this many bits: RFC 7323 section 2.2. More than 14 means 14.
    WindowScale(u8),
    /// The sender understands [`Sack`](Self::Sack): RFC 2018 section 2.
    SackPermitted,
    /// Runs that the sender received beyond the acknowledgment number: RFC 2018 section 3.
    Sack(SackBlocks<'a>),
    /// The sender's clock and the last value heard from the peer: RFC 7323 section 3.2.
    Timestamps {
        /// `TSval`, the sender's clock.
        value: u32,
        /// `TSecr`, the peer's clock; meaningful in segments that acknowledge.
        echo_reply: u32,
    },
    /// A digest over the segment and a shared secret: RFC 2385 section 3.
    Md5Signature(&'a [u8; 16]),
    /// How long the sender lets data go unacknowledged: RFC 5482 section 2.
    UserTimeout(UserTimeout),
    /// TCP-AO: RFC 5925 section 2.2.
    Authentication {
        /// The key that made the code.
        key_id: u8,
        /// The key that the sender is ready to receive.
        receive_next_key_id: u8,
        /// The message authentication code.
        mac: &'a [u8],
    },
    /// Multipath TCP, by subtype: RFC 8684 section 3.
    Multipath(Multipath<'a>),
    /// A Fast Open cookie of 4 to 16 bytes, or empty to ask for one: RFC 7413 section 4.1.1.
    FastOpen(&'a [u8]),
    /// Byte counters of Accurate ECN: RFC 9768 section 3.2.3.
    AccurateEcn(EcnCounters<'a>),
    /// One of the two kinds for experiments, told apart by an experiment identifier: RFC 6994 section 3.
    Experiment {
        /// [`OptionKind::EXPERIMENT_1`] or [`OptionKind::EXPERIMENT_2`].
        kind: OptionKind,
        /// The identifier, or the first half of one of 32 bits.
        exid: u16,
        /// What follows it.
        data: &'a [u8],
    },
    /// Any other kind.
    Unknown {
        /// The option's kind.
        kind: OptionKind,
        /// The bytes after its length.
        data: &'a [u8],
    },
}

impl TcpOption<'_> {
    /// The option's kind.
    pub const fn kind(&self) -> OptionKind {
        match self {
            Self::EndOfOptionList => OptionKind::END_OF_OPTION_LIST,
            Self::NoOperation => OptionKind::NO_OPERATION,
            Self::MaximumSegmentSize(_) => OptionKind::MAXIMUM_SEGMENT_SIZE,
            Self::WindowScale(_) => OptionKind::WINDOW_SCALE,
            Self::SackPermitted => OptionKind::SACK_PERMITTED,
            Self::Sack(_) => OptionKind::SACK,
            Self::Timestamps { .. } => OptionKind::TIMESTAMPS,
            Self::Md5Signature(_) => OptionKind::MD5_SIGNATURE,
            Self::UserTimeout(_) => OptionKind::USER_TIMEOUT,
            Self::Authentication { .. } => OptionKind::AUTHENTICATION,
            Self::Multipath(_) => OptionKind::MULTIPATH,
            Self::FastOpen(_) => OptionKind::FAST_OPEN,
            Self::AccurateEcn(counters) => counters.order.kind(),
            Self::Experiment { kind, .. } | Self::Unknown { kind, .. } => *kind,
        }
    }

    /// The bytes that the option takes in a header, kind and length included.
    pub const fn encoded_len(&self) -> usize {
        let data_len = match self {
            Self::EndOfOptionList | Self::NoOperation => return 1,
            Self::SackPermitted => 0,
            Self::WindowScale(_) => 1,
            Self::MaximumSegmentSize(_) | Self::UserTimeout(_) => 2,
            Self::Timestamps { .. } => 8,
            Self::Md5Signature(_) => 16,
            Self::Sack(blocks) => blocks.0.as_flattened().len(),
            Self::Authentication { mac, .. } => mac.len().saturating_add(2),
            Self::Multipath(option) => option.as_bytes().len(),
            Self::FastOpen(cookie) => cookie.len(),
            Self::AccurateEcn(counters) => counters.bytes.as_flattened().len(),
            Self::Experiment { data, .. } => data.len().saturating_add(2),
            Self::Unknown { data, .. } => data.len(),
        };
        data_len.saturating_add(2)
    }

    /// The encoded length, after a check of what the types leave open.
    #[inline]
    pub(crate) fn measure(&self) -> Result<usize, EncodeError> {
        match self {
            Self::EndOfOptionList | Self::NoOperation => Ok(1),
            Self::SackPermitted => Ok(2),
            Self::WindowScale(_) => Ok(3),
            Self::MaximumSegmentSize(_) => Ok(4),
            Self::Timestamps { .. } => Ok(10),
            _ => self.measure_rare(),
        }
    }

    fn measure_rare(&self) -> Result<usize, EncodeError> {
        let valid = match *self {
            Self::FastOpen(cookie) => is_cookie_len(cookie.len()),
            Self::Experiment { kind, .. } => {
                matches!(kind, OptionKind::EXPERIMENT_1 | OptionKind::EXPERIMENT_2)
            }
            // A kind that has its own variant would be parsed as that.
            Self::Unknown {
                kind: OptionKind(0..=5 | 8 | 19 | 28 | 29 | 30 | 34 | 172 | 174),
                ..
            } => false,
            Self::Unknown {
                kind: OptionKind(253 | 254),
                data,
            } => data.len() < 2,
            _ => true,
        };
        if valid {
            Ok(self.encoded_len())
        } else {
            Err(EncodeError::OptionInvalid { kind: self.kind() })
        }
    }

    /// Writes the option at the start of `out` and returns the rest; nothing when it does not fit.
    #[inline]
    pub(crate) fn write<'o>(&self, out: &'o mut [u8]) -> Option<&'o mut [u8]> {
        match *self {
            Self::EndOfOptionList => put(out, [0]),
            Self::NoOperation => put(out, [1]),
            Self::MaximumSegmentSize(size) => {
                let [a, b] = size.to_be_bytes();
                put(out, [2, 4, a, b])
            }
            Self::WindowScale(shift) => put(out, [3, 3, shift]),
            Self::SackPermitted => put(out, [4, 2]),
            Self::Timestamps { value, echo_reply } => {
                let [a, b, c, d] = value.to_be_bytes();
                let [e, f, g, h] = echo_reply.to_be_bytes();
                put(out, [8, 10, a, b, c, d, e, f, g, h])
            }
            _ => self.write_rare(out),
        }
    }

    fn write_rare<'o>(&self, out: &'o mut [u8]) -> Option<&'o mut [u8]> {
        let kind = self.kind();
        match *self {
            Self::Sack(blocks) => put_data(out, kind, blocks.0.as_flattened()),
            Self::Md5Signature(digest) => put_data(out, kind, digest),
            Self::UserTimeout(timeout) => put_data(out, kind, &timeout.0.to_be_bytes()),
            Self::Authentication {
                key_id,
                receive_next_key_id,
                mac,
            } => {
                let len = option_len(mac.len().saturating_add(2))?;
                put_slice(put(out, [kind.0, len, key_id, receive_next_key_id])?, mac)
            }
            Self::Multipath(option) => put_data(out, kind, option.as_bytes()),
            Self::FastOpen(cookie) => put_data(out, kind, cookie),
            Self::AccurateEcn(counters) => put_data(out, kind, counters.bytes.as_flattened()),
            Self::Experiment { exid, data, .. } => {
                let [a, b] = exid.to_be_bytes();
                let len = option_len(data.len().saturating_add(2))?;
                put_slice(put(out, [kind.0, len, a, b])?, data)
            }
            Self::Unknown { data, .. } => put_data(out, kind, data),
            // The others are written by `write`.
            _ => None,
        }
    }
}

/// Whether a Fast Open option of so many bytes is a cookie, or asks for one.
pub(crate) const fn is_cookie_len(len: usize) -> bool {
    matches!(len, 0 | 4 | 6 | 8 | 10 | 12 | 14 | 16)
}

fn option_len(data_len: usize) -> Option<u8> {
    u8::try_from(data_len.checked_add(2)?).ok()
}

#[inline]
fn put<const N: usize>(out: &mut [u8], bytes: [u8; N]) -> Option<&mut [u8]> {
    let (place, rest) = out.split_first_chunk_mut()?;
    *place = bytes;
    Some(rest)
}

fn put_slice<'o>(out: &'o mut [u8], bytes: &[u8]) -> Option<&'o mut [u8]> {
    let (place, rest) = out.split_at_mut_checked(bytes.len())?;
    place.copy_from_slice(bytes);
    Some(rest)
}

fn put_data<'o>(out: &'o mut [u8], kind: OptionKind, data: &[u8]) -> Option<&'o mut [u8]> {
    put_slice(put(out, [kind.0, option_len(data.len())?])?, data)
}

/// One to four runs of sequence numbers, most recently received first: RFC 2018 section 3.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SackBlocks<'a>(&'a [[u8; 8]]);

/// One run of received bytes.
#[expect(clippy::exhaustive_structs, reason = "RFC 2018 fixes the two edges")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SackBlock {
    /// The first sequence number of the run.
    pub left: SeqNumber,
    /// The number after the last one of the run.
    pub right: SeqNumber,
}

impl SackBlock {
    /// The block as it stands on the wire.
    #[inline]
    pub const fn to_bytes(self) -> [u8; 8] {
        let [a, b, c, d] = self.left.0.to_be_bytes();
        let [e, f, g, h] = self.right.0.to_be_bytes();
        [a, b, c, d, e, f, g, h]
    }

    /// The block of these bytes.
    #[inline]
    pub const fn from_bytes(bytes: [u8; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = bytes;
        Self {
            left: SeqNumber(u32::from_be_bytes([a, b, c, d])),
            right: SeqNumber(u32::from_be_bytes([e, f, g, h])),
        }
    }
}

impl<'a> SackBlocks<'a> {
    /// Most blocks that a header holds.
    pub const MAX: usize = 4;

    /// The blocks of these bytes, made by [`SackBlock::to_bytes`]; nothing unless there are one to four.
    #[inline]
    pub const fn new(blocks: &'a [[u8; 8]]) -> Option<Self> {
        match blocks.len() {
            1..=Self::MAX => Some(Self(blocks)),
            _ => None,
        }
    }

    /// The blocks in their order.
    #[inline]
    pub fn iter(self) -> impl ExactSizeIterator<Item = SackBlock> + Clone + 'a {
        self.0.iter().map(|&bytes| SackBlock::from_bytes(bytes))
    }
}

impl core::fmt::Debug for SackBlocks<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A user timeout of 15 bits, in seconds or minutes: RFC 5482 section 2.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct UserTimeout(u16);

impl UserTimeout {
    const MINUTES: u16 = 1 << 15;

    /// A timeout in seconds; nothing above 32 767.
    pub const fn from_seconds(seconds: u16) -> Option<Self> {
        if seconds < Self::MINUTES {
            Some(Self(seconds))
        } else {
            None
        }
    }

    /// A timeout in minutes; nothing above 32 767.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes < Self::MINUTES {
            Some(Self(minutes | Self::MINUTES))
        } else {
            None
        }
    }

    /// The timeout as it stands on the wire: the granularity in the top bit, set for minutes.
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits)
    }

    /// The bits as they stand on the wire.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// The timeout.
    pub const fn duration(self) -> core::time::Duration {
        let count = (self.0 & !Self::MINUTES) as u64;
        let unit = if self.0 & Self::MINUTES == 0 { 1 } else { 60 };
        core::time::Duration::from_secs(count * unit)
    }
}

impl core::fmt::Debug for UserTimeout {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("UserTimeout")
            .field(&self.duration())
            .finish()
    }
}

/// Which counter an Accurate ECN option begins with.
#[expect(clippy::exhaustive_enums, reason = "RFC 9768 has two orders")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcnOrder {
    /// ECT(0), CE, ECT(1): kind 172.
    Zero,
    /// ECT(1), CE, ECT(0): kind 174.
    One,
}

impl EcnOrder {
    const fn kind(self) -> OptionKind {
        match self {
            Self::Zero => OptionKind::ACCURATE_ECN_0,
            Self::One => OptionKind::ACCURATE_ECN_1,
        }
    }
}

/// None to three counters of 24 bits: bytes received with each ECN codepoint, modulo 2^24 (RFC 9768 section 3.2.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EcnCounters<'a> {
    order: EcnOrder,
    bytes: &'a [[u8; 3]],
}

impl<'a> EcnCounters<'a> {
    /// The counters as they stand on the wire; nothing when there are more than three.
    pub const fn new(order: EcnOrder, counters: &'a [[u8; 3]]) -> Option<Self> {
        if counters.len() <= 3 {
            Some(Self {
                order,
                bytes: counters,
            })
        } else {
            None
        }
    }

    /// Which counter comes first.
    pub const fn order(self) -> EcnOrder {
        self.order
    }

    /// The counters in the order of the wire.
    pub fn iter(self) -> impl ExactSizeIterator<Item = u32> + Clone + 'a {
        self.bytes
            .iter()
            .map(|&[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Bytes received as ECT(0), if sent.
    pub fn ect_0(self) -> Option<u32> {
        self.iter().nth(match self.order {
            EcnOrder::Zero => 0,
            EcnOrder::One => 2,
        })
    }

    /// Bytes received as CE, if sent.
    pub fn ce(self) -> Option<u32> {
        self.iter().nth(1)
    }

    /// Bytes received as ECT(1), if sent.
    pub fn ect_1(self) -> Option<u32> {
        self.iter().nth(match self.order {
            EcnOrder::Zero => 2,
            EcnOrder::One => 0,
        })
    }
}

impl core::fmt::Debug for EcnCounters<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("EcnCounters")
            .field("ect_0", &self.ect_0())
            .field("ce", &self.ce())
            .field("ect_1", &self.ect_1())
            .finish()
    }
}
