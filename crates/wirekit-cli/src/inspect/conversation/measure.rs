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
// In this order what every packet needs lies together, as in a connection.
#[derive(Debug, Default)]
#[repr(C)]
pub(crate) struct Sent {
    waiting: Waiting,
    /// From a segment to its acknowledgment: to the peer and back, as seen from where the capture was made.
    pub(crate) round_trips: Samples,
    pub(crate) counts: Counts,
}

/// Segments that are not acknowledged yet, in the order in which they were seen. Seldom is there more than one.
#[derive(Debug, Default)]
struct Waiting {
    first: Option<Timed>,
    /// Those behind it.
    more: VecDeque<Timed>,
}

#[derive(Clone, Copy, Debug)]
struct Timed {
    end: SeqNumber,
    seen: Time,
}

impl Waiting {
    /// Takes one more, unless there are too many.
    fn push(&mut self, timed: Timed) {
        if self.first.is_none() {
            self.first = Some(timed);
            return;
        }
        if self.more.len() + 1 < MAX_WAITING {
            self.more.push_back(timed);
        }
    }

    /// Takes the first one out if `number` acknowledges it.
    fn pop_until(&mut self, number: SeqNumber) -> Option<Timed> {
        let first = self.first.filter(|it| it.end.precedes_or_is(number))?;
        self.first = self.more.pop_front();
        Some(first)
    }

    /// Keeps those that end at `start` or before.
    fn truncate(&mut self, start: SeqNumber) {
        let stays = |it: &Timed| !start.precedes(it.end);
        self.more.retain(stays);
        if !self.first.as_ref().is_some_and(stays) {
            self.first = self.more.pop_front();
        }
    }
}

/// How often what was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(C)]
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
        if notes.intersects(Notes::WINDOW_FULL | Notes::ZERO_WINDOW) {
            sent.counts.full_windows += u64::from(notes.contains(Notes::WINDOW_FULL));
            sent.counts.zero_windows += u64::from(notes.contains(Notes::ZERO_WINDOW));
        }
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
        if !notes.intersects(untimed) {
            sent.waiting.push(Timed { end, seen: now });
        }
    }
}

impl Sent {
    /// The peer has everything before `number`.
    fn acknowledge(&mut self, now: Time, number: SeqNumber) {
        while let Some(Timed { end, seen }) = self.waiting.pop_until(number) {
            if end == number {
                self.round_trips.push(now.since(seen));
            }
        }
    }

    /// RFC 6298 section 3, Karn's algorithm: what was sent more than once is not timed, as its acknowledgment may be of
    /// either; nor is what was sent behind it, which is acknowledged together with it.
    fn doubt(&mut self, start: SeqNumber) {
        self.waiting.truncate(start);
    }
}

/// Times in nanoseconds: all of them, or an even choice of too many.
#[derive(Clone, Debug, Default)]
pub(crate) struct Samples {
    kept: Thinned<i64>,
    /// The least and the greatest of all, where there is one.
    min: i64,
    max: i64,
}

impl Samples {
    fn push(&mut self, nanoseconds: i64) {
        if nanoseconds < 0 {
            // The capture's clock went back.
            return;
        }
        let (min, max) = self.range().unwrap_or((nanoseconds, nanoseconds));
        (self.min, self.max) = (min.min(nanoseconds), max.max(nanoseconds));
        self.kept.push(nanoseconds, MAX_SAMPLES);
    }

    pub(crate) const fn count(&self) -> u64 {
        self.kept.count
    }

    /// The least and the greatest of all.
    pub(crate) fn range(&self) -> Option<(i64, i64)> {
        (self.kept.count > 0).then_some((self.min, self.max))
    }

    /// Those that are kept, and how many each stands for.
    pub(crate) fn weighted(&self) -> impl Iterator<Item = (i64, u64)> {
        let weight = 1_u64.checked_shl(self.kept.halvings).unwrap_or(u64::MAX);
        self.kept.items.iter().map(move |&sample| (sample, weight))
    }

    pub(crate) fn summary(&self) -> Option<Summary> {
        let (min, max) = self.range()?;
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
    fn what_waits_is_taken_in_its_order_and_within_its_bound() {
        let number = |number: usize| SeqNumber(u32::try_from(number).unwrap());
        let mut waiting = Waiting::default();
        let seen = Time::default();
        for end in 1..=MAX_WAITING + 9 {
            let end = number(end);
            waiting.push(Timed { end, seen });
        }
        assert!(waiting.pop_until(number(0)).is_none());
        for end in [1, 2] {
            let first = waiting.pop_until(number(2)).map(|it| it.end);
            assert_eq!(first, Some(number(end)));
        }
        assert!(waiting.pop_until(number(2)).is_none());
        // From here on it was sent again.
        waiting.truncate(number(5));
        let ends = core::iter::from_fn(|| waiting.pop_until(number(MAX_WAITING + 9)));
        assert!(ends.map(|it| it.end.0).eq(3..=5));
        waiting.push(Timed {
            end: number(8),
            seen,
        });
        waiting.truncate(number(7));
        assert!(waiting.pop_until(number(9)).is_none());

        (1..=MAX_WAITING + 9).for_each(|end| {
            waiting.push(Timed {
                end: number(end),
                seen,
            })
        });
        let all = core::iter::from_fn(|| waiting.pop_until(number(MAX_WAITING + 9)));
        assert_eq!(all.count(), MAX_WAITING);
    }

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
