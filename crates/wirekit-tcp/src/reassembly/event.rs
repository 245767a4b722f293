/// What a segment brought to one direction's stream, in the order of the stream.
///
/// Offsets count the stream's bytes: 0 is the first after the SYN, or the first that was seen.
///
/// The example of [`Reassembler`](super::Reassembler) handles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// Bytes that will not come.
    Gap {
        /// How many.
        len: u64,
        /// Why they are not waited for.
        cause: GapCause,
    },
    /// Other bytes than those held for the same place.
    Conflict(Conflict),
    /// Bytes for a place that was given up before.
    Late {
        /// The place of the first.
        offset: u64,
        /// How many.
        len: u64,
    },
    /// Bytes after the FIN, or so far ahead that they cannot belong to the connection. They are not kept.
    Outside {
        /// How many.
        len: u64,
    },
    /// The FIN, after every byte before it.
    End,
}

/// Why bytes of a stream are not waited for. The example of [`Reassembler`](super::Reassembler) has the event.
///
/// [`Event::Gap`] has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapCause {
    /// The peer has them, as it acknowledged them, or the stream is over: they were not seen.
    Lost,
    /// They are on the wire, and the capture cut the packet that had them.
    Cut,
    /// There was no room for what came behind them.
    Limit,
}

/// Where two segments differ about the same bytes. The example of [`Overlap`](super::Overlap) meets one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Conflict {
    /// The place of the first byte that differs.
    pub offset: u64,
    /// The bytes from there to the last that differs.
    pub len: u64,
}
