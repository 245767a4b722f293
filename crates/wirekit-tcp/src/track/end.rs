use core::time::Duration;

use super::moment::Moment;
use super::{Event, Notes, State};
use crate::{Flags, Segment, SeqNumber, TcpOption};

/// One end of a connection, as its segments show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) state: State,
    /// Whether a segment of this end was seen; if not, the numbers below mean nothing.
    pub(super) seen: bool,
    /// The number of its SYN, if that was seen.
    pub(super) initial: Option<SeqNumber>,
    /// `SND.NXT`: the number after the last one it sent.
    pub(super) next: SeqNumber,
    /// When that number last moved.
    pub(super) next_at: Moment,
    /// Up to here everything it sent was seen, or was acknowledged.
    pub(super) contiguous: SeqNumber,
    /// From here to `next` nothing is missing: where the last gap ends, or before `contiguous`.
    pub(super) run: SeqNumber,
    /// The highest number of this end that the peer may acknowledge without surprise: up to the first gap, or what it
    /// acknowledged before.
    pub(super) acknowledgeable: SeqNumber,
    /// The number after its FIN.
    pub(super) fin: Option<SeqNumber>,
    /// Whether the FIN arrived, with everything before it.
    pub(super) fin_delivered: bool,
    /// Its last acknowledgment number.
    pub(super) acknowledged: Option<SeqNumber>,
    pub(super) acknowledged_at: Moment,
    pub(super) duplicate_acks: u32,
    /// Its last window field.
    pub(super) window: u16,
    /// Whether that field stood in a SYN, where it is not scaled.
    pub(super) window_of_syn: bool,
    /// Its window scale option; nothing when its SYN did not come by.
    pub(super) scale: Option<Scale>,
    /// The notes on its last segment.
    pub(super) last_notes: Notes,
}

/// What a SYN said about scaling the sender's windows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scale {
    NotOffered,
    Shift(u8),
}

impl End {
    pub(super) const fn new(state: State) -> Self {
        Self {
            state,
            seen: false,
            initial: None,
            next: SeqNumber(0),
            next_at: Moment::ZERO,
            contiguous: SeqNumber(0),
            run: SeqNumber(0),
            acknowledgeable: SeqNumber(0),
            fin: None,
            fin_delivered: false,
            acknowledged: None,
            acknowledged_at: Moment::ZERO,
            duplicate_acks: 0,
            window: 0,
            window_of_syn: false,
            scale: None,
            last_notes: Notes::NONE,
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        if let Some(state) = self.state.after(event) {
            self.state = state;
        }
    }

    /// Whether an acknowledgment of the peer covers this end's SYN.
    pub(super) fn is_syn_acknowledged_by(&self, number: SeqNumber) -> bool {
        self.initial.is_none_or(|initial| initial.precedes(number))
    }

    /// Whether an acknowledgment of the peer covers this end's FIN.
    pub(super) fn is_fin_acknowledged_by(&self, number: SeqNumber) -> bool {
        self.fin.is_some_and(|fin| fin.precedes_or_is(number))
    }

    /// The window in bytes; nothing when the handshake that settles the scale did not come by.
    #[inline]
    pub(super) fn window_len(&self, peer: &Self) -> Option<u32> {
        let window = u32::from(self.window);
        if self.window_of_syn {
            return Some(window);
        }
        let (Some(own), Some(other)) = (self.scale, peer.scale) else {
            return self.unsettled_window_len(peer);
        };
        match (own, other) {
            // RFC 7323 section 2.3: more than 14 is taken as 14.
            (Scale::Shift(shift), Scale::Shift(_)) => Some(window << shift.min(14)),
            _ => Some(window),
        }
    }

    /// Where a SYN did not come by: one end that does not offer scaling is enough, RFC 7323 section 2.2.
    #[cold]
    fn unsettled_window_len(&self, peer: &Self) -> Option<u32> {
        match self.scale.or(peer.scale)? {
            Scale::NotOffered => Some(self.window.into()),
            Scale::Shift(_) => None,
        }
    }

    /// Whether a segment is the first one of this end, or of another connection that it has in its state.
    pub(super) fn is_begun_by(&self, segment: &Segment<'_>) -> bool {
        let is_another = segment.flags().contains(Flags::SYN)
            && !self.state.is_synchronized()
            && self.initial != Some(segment.sequence_number());
        !self.seen || is_another
    }

    /// The number of its first segment that was seen: nothing is known of what was before.
    pub(super) const fn begin(&mut self, now: Duration, sequence: SeqNumber) {
        *self = Self::new(self.state);
        self.seen = true;
        (self.next, self.contiguous, self.acknowledgeable) = (sequence, sequence, sequence);
        (self.run, self.next_at) = (sequence, Moment::of(now));
    }

    /// Learns from a segment that this end sent.
    pub(super) fn learn(&mut self, now: Duration, segment: &Segment<'_>, notes: Notes) {
        let (flags, sequence) = (segment.flags(), segment.sequence_number());
        let end = sequence + segment.sequence_len();
        if flags.contains(Flags::SYN) {
            self.initial = Some(sequence);
            self.scale = Some(offered_scale(segment));
        }
        if !flags.contains(Flags::RST) {
            if !self.next.precedes_or_is(end) || notes.contains(Notes::ZERO_WINDOW_PROBE) {
                // Nothing new.
            } else if self.next != end {
                if self.next.precedes(sequence) {
                    self.run = sequence;
                }
                (self.next, self.next_at) = (end, Moment::of(now));
            }
            if sequence.precedes_or_is(self.acknowledgeable) {
                // Where this fills a gap, what was seen behind the gap is taken to be whole.
                self.acknowledgeable = self.acknowledgeable.latest(self.next).latest(end);
            }
            if sequence.precedes_or_is(self.contiguous) {
                self.contiguous = self.contiguous.latest(end);
            }
            if self.run.precedes_or_is(self.contiguous) {
                self.contiguous = self.contiguous.latest(self.next);
            }
            if flags.contains(Flags::FIN) && self.fin.is_none() {
                self.fin = Some(end);
            }
        }
        if flags.contains(Flags::ACK) {
            let number = Some(segment.acknowledgment_number());
            if notes.contains(Notes::DUPLICATE_ACK) {
                self.duplicate_acks = self.duplicate_acks.saturating_add(1);
            } else if self.acknowledged != number {
                self.duplicate_acks = 0;
            }
            (self.acknowledged, self.acknowledged_at) = (number, Moment::of(now));
        }
        (self.window, self.window_of_syn) = (segment.window(), flags.contains(Flags::SYN));
        self.last_notes = notes;
    }
}

fn offered_scale(segment: &Segment<'_>) -> Scale {
    for option in segment.options().iter().flatten() {
        if let TcpOption::WindowScale(shift) = option {
            return Scale::Shift(shift);
        }
    }
    Scale::NotOffered
}
