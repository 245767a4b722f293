//! What stands out about a segment, judged by what was seen before it.

use core::time::Duration;

use super::end::End;
use super::{Config, Handshake, Notes};
use crate::{Flags, Segment, SeqNumber};

/// A segment about to be learnt, and what both ends showed before it.
pub(super) struct Analysis<'a, 's> {
    pub(super) config: &'a Config,
    pub(super) handshake: &'a Handshake,
    pub(super) now: Duration,
    pub(super) sender: &'a End,
    pub(super) receiver: &'a End,
    pub(super) segment: &'a Segment<'s>,
}

const CONTROLS: Flags = Flags::SYN.union(Flags::FIN).union(Flags::RST);

impl Analysis<'_, '_> {
    pub(super) fn notes(&self) -> Notes {
        if self.is_probe() {
            return Notes::ZERO_WINDOW_PROBE;
        }
        let mut notes = self.windows() | self.place();
        notes |= self.acknowledgment(notes);
        notes |= self.acknowledged_unseen();
        notes |= self.repetition(notes);
        if self.is_simultaneous_open() {
            notes |= Notes::SIMULTANEOUS_OPEN;
        }
        notes
    }

    fn flags(&self) -> Flags {
        self.segment.flags()
    }

    fn start(&self) -> SeqNumber {
        self.segment.sequence_number()
    }

    fn end(&self) -> SeqNumber {
        self.start() + self.segment.sequence_len()
    }

    fn is_control(&self) -> bool {
        self.flags().intersects(CONTROLS)
    }

    fn is_probe(&self) -> bool {
        let closed = self.receiver.seen && self.receiver.window == 0;
        self.segment.payload_len() == 1
            && self.start() == self.sender.next
            && closed
            && !self.is_control()
    }

    /// The sender's own window, and the receiver's.
    fn windows(&self) -> Notes {
        let mut notes = Notes::NONE;
        if self.segment.window() == 0 && !self.is_control() {
            notes |= Notes::ZERO_WINDOW;
        }
        if self.fills_the_window() {
            notes |= Notes::WINDOW_FULL;
        }
        notes
    }

    /// Where the segment stands in the stream.
    fn place(&self) -> Notes {
        let (start, next) = (self.start(), self.sender.next);
        let mut notes = Notes::NONE;
        if next.precedes(start) && !self.flags().contains(Flags::RST) {
            notes |= Notes::PREVIOUS_SEGMENT_LOST;
        }
        if self.segment.payload_len() <= 1 && start == next - 1 && !self.is_control() {
            notes |= Notes::KEEP_ALIVE;
        }
        if self.sender.fin.is_some_and(|fin| fin.precedes(self.end())) {
            notes |= Notes::DATA_AFTER_FIN;
        }
        notes
    }

    fn fills_the_window(&self) -> bool {
        if self.segment.payload_len() == 0 || self.is_control() {
            return false;
        }
        match (
            self.receiver.acknowledged,
            self.receiver.window_len(self.sender),
        ) {
            (Some(acknowledged), Some(window)) => self.end() == acknowledged + window,
            _ => false,
        }
    }

    /// A segment without data or controls that repeats the last acknowledgment.
    fn acknowledgment(&self, so_far: Notes) -> Notes {
        let repeats = self.segment.payload_len() == 0
            && !self.is_control()
            && self.flags().contains(Flags::ACK)
            && self.start() == self.sender.next
            && self.sender.acknowledged == Some(self.segment.acknowledgment_number());
        if !repeats || so_far.contains(Notes::KEEP_ALIVE) {
            return Notes::NONE;
        }
        let window = self.segment.window();
        if window != self.sender.window {
            return if window == 0 {
                Notes::NONE
            } else {
                Notes::WINDOW_UPDATE
            };
        }
        let answered = self.receiver.last_notes;
        if window == 0 {
            if answered.contains(Notes::ZERO_WINDOW_PROBE) {
                return Notes::ZERO_WINDOW_PROBE_ACK;
            }
            return Notes::NONE;
        }
        if answered.contains(Notes::KEEP_ALIVE) {
            return Notes::KEEP_ALIVE_ACK;
        }
        Notes::DUPLICATE_ACK
    }

    fn acknowledged_unseen(&self) -> Notes {
        let beyond = self.receiver.seen
            && self.flags().contains(Flags::ACK)
            && !self.flags().contains(Flags::RST)
            && self
                .receiver
                .acknowledgeable
                .precedes(self.segment.acknowledgment_number());
        if beyond {
            Notes::ACKED_UNSEEN
        } else {
            Notes::NONE
        }
    }

    /// Sequence numbers that do not go on from the last ones.
    fn repetition(&self, so_far: Notes) -> Notes {
        let is_next = !self.start().precedes(self.sender.next);
        if self.segment.sequence_len() == 0
            || self.flags().contains(Flags::RST)
            || (is_next && !self.is_acknowledged())
            || so_far.contains(Notes::KEEP_ALIVE)
            || self.is_simultaneous_open()
        {
            return Notes::NONE;
        }
        if self.is_acknowledged() {
            return Notes::RETRANSMISSION | Notes::SPURIOUS_RETRANSMISSION;
        }
        if let Some(acknowledged) = self.receiver.acknowledged {
            let since = self.receiver.acknowledged_at.until(self.now);
            if self.receiver.duplicate_acks >= 2
                && acknowledged == self.start()
                && since <= self.config.fast
            {
                return Notes::RETRANSMISSION | Notes::FAST_RETRANSMISSION;
            }
        }
        let seen_before = self.start().precedes(self.sender.contiguous);
        let since = self.sender.next_at.until(self.now);
        let reordering = self.handshake.rtt().unwrap_or(self.config.reordering);
        if !seen_before && since < reordering && self.end() != self.sender.next {
            Notes::OUT_OF_ORDER
        } else {
            Notes::RETRANSMISSION
        }
    }

    /// Whether it is data that the peer has, though perhaps it was never seen.
    #[inline]
    fn is_acknowledged(&self) -> bool {
        self.receiver.acknowledged.is_some_and(|acknowledged| {
            self.start().precedes(acknowledged)
                && self.segment.payload_len() > 0
                && self.end().precedes_or_is(acknowledged)
        })
    }

    /// The SYN again, now with the acknowledgment of the peer's.
    fn is_simultaneous_open(&self) -> bool {
        self.flags().contains(Flags::SYN | Flags::ACK)
            && self.sender.initial == Some(self.start())
            && self.receiver.initial.is_some()
            && self.sender.acknowledged.is_none()
    }
}
