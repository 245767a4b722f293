//! Segments whose checksum is bad, as long as nothing says that they arrived all the same.
//!
//! RFC 9293 section 3.1: a receiver drops a segment that is damaged, so what it acknowledges was not: the sum was made
//! wrong where the capture was, by a network card or by a program that wrote the file anew.

use wirekit::tcp::reassembly::Origin;
use wirekit::tcp::track::Side;
use wirekit::tcp::{Flags, Segment, SeqNumber};

use super::memory::Share;
use super::sides::Sides;

/// As far apart as two numbers of one window can be: RFC 7323 section 2.3.
const MAX_WINDOW_LEN: i32 = 1 << 30;

/// Whether a segment is taken for what was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trust {
    Believed,
    Damaged,
}

/// A damaged segment.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) origin: Origin,
    bytes: Vec<u8>,
}

impl Held {
    /// The segment; it was one when it was kept.
    pub(crate) fn segment(&self) -> Option<Segment<'_>> {
        Segment::parse(&self.bytes).ok()
    }

    /// From its first number to the one behind its last.
    fn place(&self) -> Option<(SeqNumber, SeqNumber)> {
        self.segment().map(|segment| place(&segment))
    }
}

/// What is not believed yet of a connection.
#[derive(Debug)]
pub(crate) struct Doubts {
    held: Sides<Vec<Held>>,
    /// The directions whose checksums say nothing.
    believed: Sides<bool>,
    share: Share,
}

impl Doubts {
    pub(crate) fn new(share: Share) -> Self {
        Self {
            held: Sides::default(),
            believed: Sides::default(),
            share,
        }
    }

    /// Whether what this end sends is believed whatever its checksums say.
    pub(crate) const fn believes(&self, from: Side) -> bool {
        *self.believed.of(from)
    }

    /// Keeps a damaged segment until the peer acknowledges it, if there is room.
    pub(crate) fn hold(&mut self, origin: Origin, from: Side, segment: &Segment<'_>) {
        if segment.sequence_len() == 0 {
            return;
        }
        let bytes = segment.as_bytes().to_vec();
        self.held.of_mut(from).push(Held { origin, bytes });
        if self.share.set(self.held_len()).is_err() {
            self.held.of_mut(from).pop();
            self.share.settle(self.held_len());
        }
    }

    /// An end sends a good segment: what it repeats of a damaged one counts, and not that.
    pub(crate) fn repeat(&mut self, from: Side, segment: &Segment<'_>) {
        let held = self.held.of_mut(from);
        if held.is_empty() || segment.sequence_len() == 0 {
            return;
        }
        let (start, end) = place(segment);
        held.retain(|damaged| {
            damaged.place().is_some_and(|damaged| {
                damaged.1.distance_to(start) >= 0 || end.distance_to(damaged.0) >= 0
            })
        });
        self.share.settle(self.held_len());
    }

    /// The segments of the peer that a segment acknowledges. A damaged one has to name the very end of one, which does
    /// not happen by chance.
    pub(crate) fn settle(&mut self, from: Side, segment: &Segment<'_>, trust: Trust) -> Vec<Held> {
        let peer = from.peer();
        let held = self.held.of_mut(peer);
        if held.is_empty() || !segment.flags().contains(Flags::ACK) {
            return Vec::new();
        }
        let number = segment.acknowledgment_number();
        let ends_at = |held: &Held| held.place().is_some_and(|(_, end)| end == number);
        if trust == Trust::Damaged && !held.iter().any(ends_at) {
            return Vec::new();
        }
        let is_acknowledged = |held: &mut Held| {
            held.place()
                .is_some_and(|(_, end)| (0..MAX_WINDOW_LEN).contains(&end.distance_to(number)))
        };
        let settled: Vec<Held> = held.extract_if(.., is_acknowledged).collect();
        if !settled.is_empty() {
            *self.believed.of_mut(peer) = true;
            self.share.settle(self.held_len());
        }
        settled
    }

    fn held_len(&self) -> usize {
        [&self.held.client, &self.held.server]
            .into_iter()
            .flatten()
            .map(|held| held.bytes.capacity() + size_of::<Held>())
            .sum()
    }
}

/// From the first number of a segment to the one behind its last.
fn place(segment: &Segment<'_>) -> (SeqNumber, SeqNumber) {
    let start = segment.sequence_number();
    (start, start + segment.sequence_len())
}
