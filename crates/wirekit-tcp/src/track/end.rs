use core::time::Duration;

use super::{Event, Notes, State};
use crate::{Flags, Segment, SeqNumber, TcpOption};

/// One end of a connection, as its segments show it.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) state: State,
    /// Whether a segment of this end came by; if not, the numbers below mean nothing.
    pub(super) seen: bool,
    /// The number of its SYN, if that came by.
    pub(super) initial: Option<SeqNumber>,
    /// `SND.NXT`: the number after the last one it sent.
    pub(super) next: SeqNumber,
    /// When that number last moved.
    pub(super) next_at: Duration,
    /// Up to here everything it sent came by, or was acknowledged.
    pub(super) contiguous: SeqNumber,
    /// The highest number of this end that the peer may acknowledge without surprise: up to the first gap, or what it
    /// acknowledged before.
    pub(super) acknowledgeable: SeqNumber,
    /// The number after its FIN.
    pub(super) fin: Option<SeqNumber>,
    /// Whether the FIN arrived, with everything before it.
    pub(super) fin_delivered: bool,
    /// Its last acknowledgment number.
    pub(super) acknowledged: Option<SeqNumber>,
    pub(super) acknowledged_at: Duration,
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
            next_at: Duration::ZERO,
            contiguous: SeqNumber(0),
            acknowledgeable: SeqNumber(0),
            fin: None,
            fin_delivered: false,
            acknowledged: None,
            acknowledged_at: Duration::ZERO,
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
    pub(super) fn window_len(&self, peer: &Self) -> Option<u32> {
        let window = u32::from(self.window);
        if self.window_of_syn {
            return Some(window);
        }
        match (self.scale, peer.scale) {
            // RFC 7323 section 2.3: more than 14 is taken as 14.
            (Some(Scale::Shift(shift)), Some(Scale::Shift(_))) => Some(window << shift.min(14)),
            // One end that does not offer it is enough: section 2.2.
            (Some(Scale::NotOffered), _) | (_, Some(Scale::NotOffered)) => Some(window),
            _ => None,
        }
    }

    /// Learns from a segment that this end sent.
    pub(super) fn learn(&mut self, now: Duration, segment: &Segment<'_>, notes: Notes) {
        let (flags, sequence) = (segment.flags(), segment.sequence_number());
        let end = sequence + segment.sequence_len();
        if !self.seen {
            self.seen = true;
            (self.next, self.contiguous, self.acknowledgeable) = (sequence, sequence, sequence);
            self.next_at = now;
        }
        if flags.contains(Flags::SYN) {
            self.initial = Some(sequence);
            self.scale = Some(offered_scale(segment));
        }
        if !flags.contains(Flags::RST) {
            if !self.next.precedes_or_is(end) || notes.contains(Notes::ZERO_WINDOW_PROBE) {
                // Nothing new.
            } else if self.next != end {
                (self.next, self.next_at) = (end, now);
            }
            if notes.contains(Notes::ZERO_WINDOW_PROBE) {
                self.acknowledgeable = self.acknowledgeable.latest(end);
            } else if sequence.precedes_or_is(self.acknowledgeable) {
                // Where this fills a gap, what came by behind the gap is taken to be whole.
                self.acknowledgeable = self.acknowledgeable.latest(self.next);
            }
            if sequence.precedes_or_is(self.contiguous) {
                self.contiguous = self.contiguous.latest(end);
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
            (self.acknowledged, self.acknowledged_at) = (number, now);
        }
        (self.window, self.window_of_syn) = (segment.window(), flags.contains(Flags::SYN));
        self.last_notes = notes;
    }

    /// Learns from an acknowledgment of the peer.
    pub(super) fn learn_acknowledged(&mut self, number: SeqNumber) {
        if !self.seen {
            return;
        }
        // Told once, as far as it is a surprise.
        self.acknowledgeable = self.acknowledgeable.latest(number);
        // The peer took the byte of a zero window probe.
        if self.next + 1 == number && number.precedes_or_is(self.contiguous) {
            self.next = number;
        }
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
