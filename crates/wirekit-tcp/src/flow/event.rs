use crate::reassembly;
use crate::reassembly::Origin;
use crate::track::{Observation, Side};

/// What happened to a connection.
///
/// The example of [`Table`](super::Table) handles some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// It is new: the first event of each. What is not wanted of it is best ignored now.
    Opened,
    /// One of its ends sent a segment.
    Segment {
        /// The sender.
        from: Side,
        /// What it did to the states, and what stands out about it.
        observation: Observation,
    },
    /// A stream goes on behind its end: data came behind a FIN, so that its receiver did not heed the FIN, as it may have been
    /// somebody else's. The bytes count on.
    Resumed {
        /// Whose stream.
        from: Side,
    },
    /// A stream goes on: data in its order, a gap, the end of it.
    Stream {
        /// Whose stream.
        from: Side,
        /// What comes next in it.
        event: reassembly::Event<'a>,
        /// The packet that brought the data; of what is no data, the packet that showed it.
        origin: Origin,
    },
    /// Both ends are done with it, by FIN or by RST: said once. What is seen of it after this, such as the last
    /// acknowledgment sent again, still belongs to it.
    Closed {
        /// Whether a RST ended it.
        by_reset: bool,
    },
    /// It is not followed any more: the last event of each, after what was held of its streams.
    Gone(Gone),
}

impl<'a> Event<'a> {
    /// What comes next in a stream, whose it is, and the packet that brought it; nothing where the event is another.
    pub const fn data(&self) -> Option<(Side, &'a [u8], Origin)> {
        match *self {
            Self::Stream {
                from,
                event: reassembly::Event::Data(data),
                origin,
            } => Some((from, data, origin)),
            _ => None,
        }
    }
}

/// Why a connection is not followed any more.
///
/// The example of [`Table`](super::Table) handles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gone {
    /// It was closed, and TIME-WAIT is over.
    Over,
    /// The same ports began another connection.
    Reused,
    /// Nothing was seen of it for [`Config::idle_timeout`](super::Config::idle_timeout).
    Idle,
    /// Another one needed its place.
    Evicted,
    /// [`Table::finish`](super::Table::finish) was called.
    Finished,
}
