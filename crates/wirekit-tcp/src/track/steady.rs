//! The short way for what nearly every segment is: the next one of an established connection in which nothing is missing.
//!
//! It adds no rule: `Tracker::observe_any` says the same of each segment that is taken here.

use core::time::Duration;

use super::end::End;
use super::moment::Moment;
use super::{Notes, Observation, Side, State, Tracker};
use crate::{Flags, Segment};

const CONTROLS: Flags = Flags::SYN.union(Flags::FIN).union(Flags::RST);

impl Tracker {
    /// Takes a segment if it keeps the connection steady: the sender's next number, data or a new acknowledgment of what was seen,
    /// and both windows open.
    #[inline]
    pub(super) fn observe_steady(
        &mut self,
        now: Duration,
        from: Side,
        segment: &Segment<'_>,
    ) -> Option<Observation> {
        let states = self.states();
        let is_steady = self.is_steady;
        let (sender, receiver) = self.ends_mut(from);
        let flags = segment.flags();
        let (start, number) = (segment.sequence_number(), segment.acknowledgment_number());
        let (window, len) = (segment.window(), segment.sequence_len());
        let is_new = len > 0 || sender.acknowledged != Some(number);
        if !is_steady
            || flags.intersects(CONTROLS)
            || !flags.contains(Flags::ACK)
            || start != sender.next
            || !number.precedes_or_is(receiver.next)
            || !is_new
            || window == 0
            || receiver.window == 0
        {
            return None;
        }
        let end = start + len;
        if len > 0 {
            let (acknowledged, offered) = (receiver.acknowledged?, receiver.window_len(sender)?);
            // What was acknowledged before it came, and what fills the window, has a note.
            if !acknowledged.precedes_or_is(start) || end == acknowledged + offered {
                return None;
            }
            (sender.next, sender.next_at) = (end, Moment::of(now));
            (sender.contiguous, sender.acknowledgeable) = (end, end);
        }
        if sender.acknowledged != Some(number) {
            sender.duplicate_acks = 0;
        }
        (sender.acknowledged, sender.acknowledged_at) = (Some(number), Moment::of(now));
        sender.window = window;
        sender.last_notes = Notes::NONE;
        Some(Observation {
            before: states,
            states,
            notes: Notes::NONE,
            window_len: sender.window_len(receiver),
            missing_len: 0,
        })
    }

    /// Whether what follows may be taken the short way.
    pub(super) fn stays_steady(&self) -> bool {
        let (client, server) = (&self.client, &self.server);
        let is_timed = self.handshake.ack.is_some() || self.handshake.syn_ack.is_none();
        is_steady(client) && is_steady(server) && is_timed && self.deadline.is_none()
    }
}

/// The same of what one end sent.
fn is_steady(end: &End) -> bool {
    end.state == State::Established
        && end.seen
        && end.fin.is_none()
        && !end.window_of_syn
        && end.scale.is_some()
        && end.contiguous == end.next
        && end.acknowledgeable == end.next
}
