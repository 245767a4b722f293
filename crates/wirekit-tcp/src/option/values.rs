//! The values of options that are more than a number: selective acknowledgments, a timeout, counters.

use super::pair;
use crate::{OptionKind, SeqNumber};

/// One to four runs of sequence numbers, most recently received first: RFC 2018 section 3.
///
/// ```
/// use wirekit_tcp::{SackBlock, SackBlocks, SeqNumber, TcpOption};
///
/// let bytes = [SackBlock { left: SeqNumber(2921), right: SeqNumber(4381) }.to_bytes()];
/// let option = TcpOption::Sack(SackBlocks::new(&bytes).expect("one to four"));
/// let mut out = [0; TcpOption::MAX_LEN];
/// let len = option.encode_to_slice(&mut out)?;
/// assert_eq!(out[..len], [5, 10, 0, 0, 0x0b, 0x69, 0, 0, 0x11, 0x1d]);
/// # Ok::<(), wirekit_tcp::EncodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SackBlocks<'a>(pub(super) &'a [[u8; 8]]);

/// One run of received bytes: RFC 2018 section 3. The example of [`SackBlocks`] has one.
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
        pair(self.left.0, self.right.0)
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
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::UserTimeout;
///
/// let timeout = UserTimeout::from_minutes(5).expect("at most 32 767");
/// assert_eq!(timeout.bits(), 0x8005);
/// assert_eq!(timeout.duration(), Duration::from_secs(300));
/// ```
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

/// Which counter an Accurate ECN option begins with: RFC 9768 section 3.2.3. The example of [`EcnCounters`] has one.
#[expect(clippy::exhaustive_enums, reason = "RFC 9768 has two orders")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EcnOrder {
    /// ECT(0), CE, ECT(1): kind 172.
    Zero,
    /// ECT(1), CE, ECT(0): kind 174.
    One,
}

impl EcnOrder {
    pub(super) const fn kind(self) -> OptionKind {
        match self {
            Self::Zero => OptionKind::ACCURATE_ECN_0,
            Self::One => OptionKind::ACCURATE_ECN_1,
        }
    }
}

/// None to three counters of 24 bits: bytes received with each ECN codepoint, modulo 2^24 (RFC 9768 section 3.2.3).
///
/// ```
/// use wirekit_tcp::{EcnCounters, EcnOrder};
///
/// let counters = EcnCounters::new(EcnOrder::Zero, &[[0, 5, 0xb4], [0, 0, 0]]).expect("at most three");
/// assert_eq!((counters.ect_0(), counters.ce(), counters.ect_1()), (Some(1460), Some(0), None)); // bytes
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct EcnCounters<'a> {
    order: EcnOrder,
    pub(super) bytes: &'a [[u8; 3]],
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
