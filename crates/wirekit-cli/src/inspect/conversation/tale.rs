//! What happens on a connection, one thing after the other.

use wirekit::tcp::Segment;
use wirekit::tcp::reassembly::Origin;
use wirekit::tcp::track::Side;

use super::application::Application;
use crate::events::Event;
use crate::inspect::capture::Time;
use crate::inspect::layers::packet::{Check, PacketError};

/// One thing that happened.
#[derive(Clone, Debug)]
pub(crate) struct Tale {
    /// The packet that says so.
    pub(crate) packet: u64,
    pub(crate) time: Time,
    /// Who did it.
    pub(crate) from: Side,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// An end's SYN.
    Open(Syn),
    /// The handshake is complete.
    Established {
        /// From the SYN to the acknowledgment of its answer, in nanoseconds.
        round_trip: Option<i64>,
    },
    /// An end said that it sends no more, while the other goes on.
    HalfClosed,
    /// Both ends said so, and both know.
    Closed,
    /// An end broke the connection off, and may say why: RFC 9293 section 3.5.2.
    Reset { text: Box<[u8]> },
    /// An end waits for what may still be on the way.
    TimeWait,
    /// It has waited long enough.
    Timeout,
    /// Bytes of the stream that the capture does not hold.
    Gap {
        offset: u64,
        len: u64,
        cause: GapCause,
    },
    /// Bytes of the stream that differ from those seen before.
    Conflict { offset: u64, len: u64 },
    /// Bytes of the stream themselves, where they are asked for and not what they say.
    /// The packet is the one that brought them, as they may have waited.
    Bytes {
        offset: u64,
        bytes: Box<[u8]>,
        origin: Origin,
    },
    /// Bytes of the stream that no decoder reads.
    Data { offset: u64, bytes: Box<[u8]> },
    /// From here on the bytes of a direction are not read as `application`, or not before its next message.
    Unread {
        application: Application,
        reason: Unread,
    },
    /// The peer acknowledges what came with a bad checksum: from here on this end's are not looked at.
    ChecksumsIgnored,
    /// What stands out about one segment.
    Note {
        name: &'static str,
        sequence_number: u32,
        payload_len: usize,
    },
    /// A UDP datagram.
    Datagram { payload_len: usize, checksum: Check },
    /// What the stream says, above TCP. `base` is the place in the stream from which the event's offset counts.
    Message {
        application: Application,
        base: u64,
        event: Event,
    },
    /// A rule that the packet breaks.
    Error(PacketError),
}

/// A SYN's header, kept as it was read: its options are a view of the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Syn(Box<[u8]>);

impl Syn {
    pub(crate) fn new(segment: &Segment<'_>) -> Self {
        let bytes = segment.as_bytes();
        let header_len = bytes.len().saturating_sub(segment.payload().len());
        Self(bytes.get(..header_len).unwrap_or_default().into())
    }

    /// The segment without its payload; none is not to be had of a header that was read before.
    pub(crate) fn segment(&self) -> Option<Segment<'_>> {
        Segment::parse(&self.0).ok()
    }
}

/// Why bytes of a stream are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GapCause {
    /// The capture does not hold them.
    Lost,
    /// There was no room for what came after them, so they were not waited for.
    Limit,
}

impl GapCause {
    /// For programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Limit => "limit",
        }
    }
}

/// Why bytes are not read any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Bytes are missing, and nothing tells where the next message begins behind them.
    Gap,
    /// What was read had to be held, and there was no room for it.
    NoRoom,
    /// There is no reader of that protocol.
    Unsupported,
}

impl Unread {
    /// For programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Gap => "gap",
            Self::NoRoom => "no_room",
            Self::Unsupported => "unsupported",
        }
    }
}

/// Something that a stream said, before it is known which packet completed it.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) from: Side,
    pub(crate) what: What,
}
