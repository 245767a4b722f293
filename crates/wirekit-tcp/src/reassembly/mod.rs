//! One direction's bytes in their order, within bounds.

mod event;
mod events;
mod held;
mod limits;
mod origin;
mod pool;
mod run;
#[cfg(test)]
mod tests;

pub use event::{Conflict, Event, GapCause};
pub use events::Events;
use events::{GivenUp, Steps};
use held::Held;
pub use limits::{Limits, Overlap};
pub use origin::Origin;
pub use pool::Pool;
use run::Run;

use crate::{Flags, Segment, SeqNumber};

/// Farther ahead than the largest window (RFC 7323 section 2.3) no segment of the connection can be.
const MAX_AHEAD: i64 = 1 << 30;
/// Flags that take a sequence number.
const CONTROLS: Flags = Flags::SYN.union(Flags::FIN);

/// Puts the segments of one direction in order: RFC 9293 section 3.10.7.4, "processing is done in SEG.SEQ order".
///
/// Data that arrives in order is handed on as it lies in the segment, without a copy. Data that arrives before
/// what precedes it is held, within [`Limits`] and, if there is one, a [`Pool`]. When there is no more room,
/// nothing is thrown away: the oldest gap is given up with its exact length, and what was held after it is delivered.
///
/// Without a SYN the stream begins with the first segment that is seen.
///
/// ```
/// use wirekit_tcp::reassembly::{Event, Limits, Reassembler};
/// use wirekit_tcp::Segment;
///
/// let segment = |sequence: u8, data: &[u8]| {
///     let mut bytes = vec![0, 80, 0, 81, 0, 0, 0, sequence, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0];
///     bytes.extend_from_slice(data);
///     bytes
/// };
/// let mut stream = Reassembler::new(Limits::DEFAULT);
/// let mut text = Vec::new();
/// for bytes in [segment(1, b"one "), segment(9, b"three"), segment(5, b"two ")] {
///     let mut events = stream.receive(&Segment::parse(&bytes)?);
///     while let Some(event) = events.next_event() {
///         if let Event::Data(data) = event {
///             text.extend_from_slice(data);
///         }
///     }
/// }
/// assert_eq!(text, b"one two three");
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Debug)]
pub struct Reassembler {
    /// The sequence number of the next byte to deliver; nothing before the first segment.
    next: Option<SeqNumber>,
    /// Its offset.
    offset: u64,
    /// The offset after the last byte, known from the FIN.
    end: Option<u64>,
    held: Held,
    /// Offsets of the last gap that was given up.
    gap: (u64, u64),
    ended: bool,
    overlap: Overlap,
}

impl Reassembler {
    /// A stream of which nothing was seen yet, with bounds of its own.
    pub const fn new(limits: Limits) -> Self {
        Self::build(limits, None)
    }

    /// The same, which shares the pool's bound with others.
    pub const fn with_pool(limits: Limits, pool: Pool) -> Self {
        Self::build(limits, Some(pool))
    }

    const fn build(limits: Limits, pool: Option<Pool>) -> Self {
        Self {
            overlap: limits.overlap,
            held: Held::new(&limits, pool),
            next: None,
            offset: 0,
            end: None,
            ended: false,
            gap: (0, 0),
        }
    }

    /// Bytes delivered or given up so far: the offset of the next one.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The sequence number of the next byte; nothing before the first segment.
    pub const fn next_sequence_number(&self) -> Option<SeqNumber> {
        self.next
    }

    /// Whether everything up to the FIN was delivered or given up.
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The bytes held out of order, the administration of each piece included.
    pub const fn held_len(&self) -> usize {
        self.held.cost()
    }

    /// The bytes that are missing before those that are held; nothing when none are held.
    pub fn missing_len(&self) -> Option<u64> {
        self.held
            .first_offset()
            .map(|first| first.saturating_sub(self.offset))
    }

    /// Takes a segment of this direction and yields what it brought.
    ///
    /// A RST brings nothing. The events are to be read to their end: dropping them passes over the rest.
    #[inline]
    pub fn receive<'r, 'p>(&'r mut self, segment: &Segment<'p>) -> Events<'r, 'p> {
        self.receive_from(Origin::default(), segment)
    }

    /// The same, and [`Events::next_with_origin`] says of all data which packet brought it, in whatever order it came.
    #[inline]
    pub fn receive_from<'r, 'p>(
        &'r mut self,
        origin: Origin,
        segment: &Segment<'p>,
    ) -> Events<'r, 'p> {
        let flags = segment.flags();
        if flags.contains(Flags::RST) || segment.sequence_len() == 0 {
            return Events::in_order(&[], origin);
        }
        let payload = segment.payload();
        if self.next == Some(segment.sequence_number())
            && !flags.intersects(CONTROLS)
            && self.end.is_none()
            && self.held.is_empty()
            && segment.payload_len() == payload.len()
        {
            self.advance(payload.len() as u64);
            return Events::in_order(payload, origin);
        }
        Events::of(self.place(origin, segment))
    }

    /// Finds out where a segment lies that is not just the next bytes.
    fn place<'r, 'p>(&'r mut self, origin: Origin, segment: &Segment<'p>) -> Steps<'r, 'p> {
        let flags = segment.flags();
        let sequence = segment.sequence_number() + u32::from(flags.contains(Flags::SYN));
        let next = *self.next.get_or_insert(sequence);
        let distance = i64::from(next.distance_to(sequence));
        if distance > MAX_AHEAD {
            let mut steps = Steps::new(self, origin, GivenUp::None);
            steps.outside = segment.payload_len() as u64;
            return steps;
        }
        let mut run = Run {
            origin,
            at: self.offset,
            bytes: segment.payload(),
            cut_len: 0,
        };
        run.cut_len = (segment.payload_len() - run.bytes.len()) as u64;
        let mut old_len = 0;
        if let Ok(ahead) = u64::try_from(distance) {
            run.at += ahead;
        } else {
            old_len = run.skip(distance.unsigned_abs());
        }
        // What is left of a segment that is old altogether ends before the next byte, and so does its FIN.
        let is_old = old_len < distance.unsigned_abs() && distance < 0;
        if flags.contains(Flags::FIN) && !is_old {
            self.end.get_or_insert(run.end());
        }
        let outside = self.end.map_or(0, |end| run.truncate(end));
        let late = self.late(distance.unsigned_abs(), old_len);
        let conflict = self.held.merge(run.at, run.bytes, self.overlap);
        let mut steps = Steps::new(self, origin, GivenUp::None);
        (steps.outside, steps.late, steps.conflict, steps.run) = (outside, late, conflict, run);
        steps
    }

    /// Takes note that the peer acknowledged everything before `number`, and yields what that settles: bytes that are
    /// missing before what is held, and that the peer has, passed without the observer and will not come.
    ///
    /// For captures in which an acknowledgment never stands before the data that it acknowledges; a capture that
    /// joins several queues or devices may break that by some microseconds.
    #[inline]
    pub fn acknowledge(&mut self, number: SeqNumber) -> Events<'_, 'static> {
        let next = match self.next {
            Some(next) if !self.held.is_empty() => next,
            _ => return Events::in_order(&[], Origin::default()),
        };
        let distance = i64::from(next.distance_to(number)).clamp(0, MAX_AHEAD);
        let settled = self.offset.saturating_add(distance.unsigned_abs());
        Events::of(Steps::new(
            self,
            Origin::default(),
            GivenUp::Before(settled),
        ))
    }

    /// Gives up every gap and yields what is held: the connection is over, or the capture is.
    pub fn flush(&mut self) -> Events<'_, 'static> {
        Events::of(Steps::new(self, Origin::default(), GivenUp::All))
    }

    /// Whether a segment goes on behind the end that a FIN said, and brings no byte before it: then the receiver did not heed
    /// the FIN, as it may have been somebody else's.
    pub fn is_resumed_by(&self, segment: &Segment<'_>) -> bool {
        let is_behind = |end: SeqNumber| end.precedes_or_is(segment.sequence_number());
        self.ended && segment.payload_len() > 0 && self.next.is_some_and(is_behind)
    }

    /// Goes on behind the FIN, which is taken for none: offsets and sequence numbers count on.
    pub const fn resume(&mut self) {
        self.end = None;
        self.ended = false;
    }

    /// The part of old bytes that fills the last gap that was given up.
    fn late(&self, behind: u64, len: u64) -> Option<(u64, u64)> {
        let start = self.offset.checked_sub(behind)?;
        let from = start.max(self.gap.0);
        let to = start.saturating_add(len).min(self.gap.1);
        (from < to).then(|| (from, to - from))
    }

    #[inline]
    fn advance(&mut self, len: u64) {
        self.offset += len;
        if let Some(next) = &mut self.next {
            // Sequence numbers are modulo 2^32, so the low half of the length is what counts.
            let [.., a, b, c, d] = len.to_be_bytes();
            *next += u32::from_be_bytes([a, b, c, d]);
        }
    }

    fn give_up(&mut self, to: u64, cause: GapCause) -> Event<'static> {
        let len = to.saturating_sub(self.offset);
        self.gap = if self.gap.1 == self.offset {
            (self.gap.0, to)
        } else {
            (self.offset, to)
        };
        self.advance(len);
        Event::Gap { len, cause }
    }
}
