//! What is measured of a connection: round trips, and what was sent again.

use std::collections::VecDeque;

use wirekit::tcp::track::{Notes, Observation, Side};
use wirekit::tcp::{Flags, Segment, SeqNumber};

use super::sides::Sides;
use crate::inspect::capture::Time;

/// Segments of one end that wait for their acknowledgments; further ones are not timed.
const MAX_WAITING: usize = 64;
/// Round trips of one end that are kept; of more every second one, fourth one, and so on.
const MAX_SAMPLES: usize = 128;

/// The measures of a TCP connection.
#[derive(Debug, Default)]
pub(crate) struct Measure {
    pub(crate) ends: Sides<Sent>,
}

/// What one end sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub(crate) counts: Counts,
    /// From a segment to its acknowledgment: to the peer and back, as seen from where the capture was made.
    pub(crate) round_trips: Samples,
    /// The end of each segment that is not acknowledged yet, and when it was seen.
    waiting: VecDeque<(SeqNumber, Time)>,
}

/// How often what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Segments with payload.
    pub(crate) data_segments: u64,
    /// Those of them that were sent again, by [`Notes::RETRANSMISSION`].
    pub(crate) retransmissions: u64,
    /// Their payload.
    pub(crate) retransmitted_len: u64,
    /// Segments that filled the peer's window.
    pub(crate) full_windows: u64,
    /// Segments that closed the sender's own.
    pub(crate) zero_windows: u64,
}

impl Counts {
    pub(crate) const fn add(&mut self, other: &Self) {
        self.data_segments += other.data_segments;
        self.retransmissions += other.retransmissions;
        self.retransmitted_len += other.retransmitted_len;
        self.full_windows += other.full_windows;
        self.zero_windows += other.zero_windows;
    }
}

impl Measure {
    /// Takes a segment that was received.
    pub(crate) fn take(
        &mut self,
        now: Time,
        from: Side,
        segment: &Segment<'_>,
        observation: &Observation,
    ) {
        let notes = observation.notes;
        let flags = segment.flags();
        if flags.contains(Flags::ACK) && !flags.contains(Flags::RST) {
            let number = segment.acknowledgment_number();
            self.ends.of_mut(from.peer()).acknowledge(now, number);
        }
        let sent = self.ends.of_mut(from);
        sent.counts.full_windows += u64::from(notes.contains(Notes::WINDOW_FULL));
        sent.counts.zero_windows += u64::from(notes.contains(Notes::ZERO_WINDOW));
        let payload_len = segment.payload_len();
        if payload_len > 0 {
            sent.counts.data_segments += 1;
        }
        if segment.sequence_len() == 0 || flags.contains(Flags::RST) {
            return;
        }
        let (start, end) = (
            segment.sequence_number(),
            segment.sequence_number() + segment.sequence_len(),
        );
        if notes.contains(Notes::RETRANSMISSION) {
            if payload_len > 0 {
                sent.counts.retransmissions += 1;
                sent.counts.retransmitted_len += payload_len as u64;
            }
            return sent.doubt(start);
        }
        // The same SYN again, now with an acknowledgment.
        if notes.contains(Notes::SIMULTANEOUS_OPEN) {
            return sent.doubt(start);
        }
        // Out of order it was on its way for longer than it looks; a probe need not be acknowledged at all.
        let untimed = Notes::OUT_OF_ORDER | Notes::KEEP_ALIVE | Notes::ZERO_WINDOW_PROBE;
        if !notes.intersects(untimed) && sent.waiting.len() < MAX_WAITING {
            sent.waiting.push_back((end, now));
        }
    }
}

impl Sent {
    /// The peer has everything before `number`.
    fn acknowledge(&mut self, now: Time, number: SeqNumber) {
        while let Some(&(end, sent)) = self.waiting.front()
            && end.precedes_or_is(number)
        {
            self.waiting.pop_front();
            if end == number {
                self.round_trips.push(now.since(sent));
            }
        }
    }

    /// RFC 6298 section 3, Karn's algorithm: what was sent more than once is not timed, as its acknowledgment may be of
    /// either; nor is what was sent behind it, which is acknowledged together with it.
    fn doubt(&mut self, start: SeqNumber) {
        self.waiting.retain(|(end, _)| !start.precedes(*end));
    }
}

/// Times in nanoseconds: all of them, or an even choice of too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    kept: Thinned<i64>,
    /// The least and the greatest of all.
    pub(crate) range: Option<(i64, i64)>,
}

impl Samples {
    fn push(&mut self, nanoseconds: i64) {
        if nanoseconds < 0 {
            // The capture's clock went back.
            return;
        }
        let (min, max) = self.range.unwrap_or((nanoseconds, nanoseconds));
        self.range = Some((min.min(nanoseconds), max.max(nanoseconds)));
        self.kept.push(nanoseconds, MAX_SAMPLES);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.kept.count
    }

    /// Those that are kept, and how many each stands for.
    pub(crate) fn weighted(&self) -> impl Iterator<Item = (i64, u64)> {
        let weight = 1_u64.checked_shl(self.kept.halvings).unwrap_or(u64::MAX);
        self.kept.items.iter().map(move |&sample| (sample, weight))
    }

    pub(crate) fn summary(&self) -> Option<Summary> {
        let (min, max) = self.range?;
        let mut samples = self.kept.items.clone();
        let middle = samples.len().checked_sub(1)? / 2;
        let (_, &mut median, _) = samples.select_nth_unstable(middle);
        Some(Summary { min, median, max })
    }
}

/// Items in their order: all of them, or of too many every second one, fourth one, and so on.
#[derive(Clone, Debug)]
pub(crate) struct Thinned<T> {
    pub(crate) items: Vec<T>,
    /// Of all that came.
    pub(crate) count: u64,
    halvings: u32,
}

impl<T> Default for Thinned<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            count: 0,
            halvings: 0,
        }
    }
}

impl<T> Thinned<T> {
    /// Takes an item; of all that came at most `max`, which is even, are kept.
    pub(crate) fn push(&mut self, item: T, max: usize) {
        let is_chosen = self.count.trailing_zeros() >= self.halvings;
        self.count += 1;
        if !is_chosen {
            return;
        }
        if self.items.len() >= max {
            let mut index = 0;
            self.items.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.halvings += 1;
        }
        self.items.push(item);
    }
}

/// Least, middle and greatest, in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summary {
    pub(crate) min: i64,
    pub(crate) median: i64,
    pub(crate) max: i64,
}

impl Summary {
    /// Of samples with what each stands for, whose least and greatest are known.
    pub(crate) fn new((min, max): (i64, i64), samples: &mut [(i64, u64)]) -> Option<Self> {
        let median = median(samples)?;
        Some(Self { min, median, max })
    }
}

/// The value that half of the weight is at or below.
fn median(samples: &mut [(i64, u64)]) -> Option<i64> {
    samples.sort_unstable();
    let whole: u64 = samples.iter().map(|(_, weight)| weight).sum();
    let mut below = 0;
    let middle = samples.iter().find(|(_, weight)| {
        below += weight;
        below >= whole.div_ceil(2)
    });
    middle.map(|(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_samples_are_exact_and_many_are_thinned_evenly() {
        for (count, expected) in [(1, 0), (4, 1), (5, 2), (127, 63), (128, 63)] {
            let mut samples = Samples::default();
            (0..count).for_each(|sample| samples.push(sample));
            let median = samples.summary().map(|summary| summary.median);
            assert_eq!(median, Some(expected), "{count}");
        }
        let mut samples = Samples::default();
        (0..100_000).for_each(|sample| samples.push(sample));
        let summary = samples.summary().unwrap();
        assert_eq!(
            (samples.count(), summary.min, summary.max),
            (100_000, 0, 99_999)
        );
        let kept = samples.kept.items.len();
        assert!(kept <= MAX_SAMPLES && kept > MAX_SAMPLES / 2);
        assert!((49_000..51_000).contains(&summary.median), "{summary:?}");
        let whole: u64 = samples.weighted().map(|(_, weight)| weight).sum();
        assert!((99_000..101_000).contains(&whole), "{whole}");
    }
}
