use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// What stands out about one segment of a connection: a set, empty for most.
///
/// Notes are conclusions from what passed the observer, not what the ends know: a segment that was lost before it
/// came by is told from one that was delayed by time alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Notes(u32);

macro_rules! notes {
    ($($(#[$doc:meta])* $konst:ident = $bit:literal, $name:literal;)+) => {
        impl Notes {
            $($(#[$doc])* pub const $konst: Self = Self(1 << $bit);)+

            const NAMES: &'static [(Self, &'static str)] = &[$((Self::$konst, $name)),+];
        }
    };
}

notes! {
    /// Sequence numbers that came by before, or that came by too late to have been only reordered.
    RETRANSMISSION = 0, "retransmission";
    /// A retransmission that three equal acknowledgments asked for: RFC 5681 section 3.2.
    FAST_RETRANSMISSION = 1, "fast_retransmission";
    /// A retransmission of what the peer has acknowledged.
    SPURIOUS_RETRANSMISSION = 2, "spurious_retransmission";
    /// Sequence numbers before those of an earlier segment, seen for the first time and soon after it.
    OUT_OF_ORDER = 3, "out_of_order";
    /// An acknowledgment that repeats the last one and brings nothing else: RFC 5681 section 2.
    DUPLICATE_ACK = 4, "duplicate_ack";
    /// Sequence numbers are missing before this segment.
    PREVIOUS_SEGMENT_LOST = 5, "previous_segment_lost";
    /// It acknowledges sequence numbers that never came by: the observer missed them.
    ACKED_UNSEEN = 6, "acked_unseen";
    /// The sender's receive window is closed: RFC 9293 section 3.8.6.
    ZERO_WINDOW = 7, "zero_window";
    /// One byte sent into a closed window, to ask whether it has opened: RFC 9293 section 3.8.6.1.
    ZERO_WINDOW_PROBE = 8, "zero_window_probe";
    /// The answer to a probe: the window is still closed.
    ZERO_WINDOW_PROBE_ACK = 9, "zero_window_probe_ack";
    /// Nothing new but a window.
    WINDOW_UPDATE = 10, "window_update";
    /// The segment fills the peer's receive window to its end.
    WINDOW_FULL = 11, "window_full";
    /// The last sequence number again, to hear whether the peer is there: RFC 9293 section 3.8.4.
    KEEP_ALIVE = 12, "keep_alive";
    /// The answer to a keep-alive.
    KEEP_ALIVE_ACK = 13, "keep_alive_ack";
    /// A new connection between the ports of an earlier one.
    PORTS_REUSED = 14, "ports_reused";
    /// The connection was there before the observer: no SYN of it came by.
    MID_STREAM = 15, "mid_stream";
    /// An end answers a SYN out of a connection that the other end no longer has: RFC 9293 section 3.5.1.
    HALF_OPEN = 16, "half_open";
    /// Both ends send SYN: RFC 9293 section 3.5, figure 7.
    SIMULTANEOUS_OPEN = 17, "simultaneous_open";
    /// Both ends send FIN before they hear the other's: RFC 9293 section 3.6, figure 13.
    SIMULTANEOUS_CLOSE = 18, "simultaneous_close";
    /// A RST whose numbers the receiver has to ignore: RFC 9293 section 3.10.7.
    RESET_IGNORED = 19, "reset_ignored";
    /// Sequence numbers beyond the sender's own FIN.
    DATA_AFTER_FIN = 20, "data_after_fin";
    /// The checksum is bad, so the receiver drops the segment: nothing else was concluded from it.
    BAD_CHECKSUM = 21, "bad_checksum";
}

impl Notes {
    /// No note.
    pub const NONE: Self = Self(0);

    /// Whether every one of these notes is in the set.
    #[inline]
    pub const fn contains(self, notes: Self) -> bool {
        self.0 & notes.0 == notes.0
    }

    /// Whether any one of these notes is in the set.
    #[inline]
    pub const fn intersects(self, notes: Self) -> bool {
        self.0 & notes.0 != 0
    }

    /// Whether there is no note.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Both sets together.
    #[inline]
    #[must_use]
    pub const fn union(self, notes: Self) -> Self {
        Self(self.0 | notes.0)
    }

    /// The names of the notes, such as `"retransmission"`: never renamed.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .iter()
            .filter(move |&&(note, _)| self.contains(note))
            .map(|&(_, name)| name)
    }
}

impl BitOr for Notes {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Notes {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Notes")?;
        f.debug_set().entries(self.names()).finish()
    }
}
