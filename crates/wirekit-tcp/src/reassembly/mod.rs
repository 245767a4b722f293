//! One direction's bytes in their order, within bounds.

mod held;
mod pool;
#[cfg(test)]
mod tests;

use alloc::vec::Vec;

use held::{Held, Piece};
pub use pool::Pool;

use crate::{Flags, Segment, SeqNumber};

/// Farther ahead than the largest window (RFC 7323 section 2.3) no segment of the connection can be.
const MAX_AHEAD: i64 = 1 << 30;

/// Which bytes count when two segments bring different ones for the same sequence numbers.
///
/// Ends differ in this, and an attacker who knows how shows an observer another stream than the one the end reads.
/// That is why every difference is told as [`StreamEvent::Conflict`]. Bytes already delivered stay delivered.
#[expect(
    clippy::exhaustive_enums,
    reason = "of two segments one is first and one is last"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// Those that came by first.
    #[default]
    First,
    /// Those that came by last.
    Last,
}

/// The bounds of a [`Reassembler`], and its overlap policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes held out of order, the administration of each piece included.
    pub max_held_len: usize,
    /// Which bytes count where segments overlap.
    pub overlap: Overlap,
}

impl Limits {
    /// One MiB a direction; the first bytes count.
    pub const DEFAULT: Self = Self {
        max_held_len: 1 << 20,
        overlap: Overlap::First,
    };

    /// The same with another bound on the bytes held.
    #[must_use]
    pub const fn max_held_len(self, max_held_len: usize) -> Self {
        Self {
            max_held_len,
            ..self
        }
    }

    /// The same with another overlap policy.
    #[must_use]
    pub const fn overlap(self, overlap: Overlap) -> Self {
        Self { overlap, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// What a segment brought to one direction's stream, in the order of the stream.
///
/// Offsets count the stream's bytes: 0 is the first after the SYN, or the first that came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamEvent<'a> {
    /// The next bytes.
    Data(&'a [u8]),
    /// Bytes that will not come: given up for want of room, cut off by the capture, or passed over on request.
    Gap {
        /// How many.
        len: u64,
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

/// Where two segments differ about the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Conflict {
    /// The place of the first byte that differs.
    pub offset: u64,
    /// From there to the last that differs.
    pub len: u64,
}

/// Puts the segments of one direction in order.
///
/// Data that arrives in order is handed on as it lies in the segment, without a copy. Data that arrives before
/// what precedes it is held, within [`Limits`] and, if there is one, a [`Pool`]. When there is no more room,
/// nothing is thrown away: the oldest gap is given up with its exact length, and what was held after it is delivered.
///
/// Without a SYN the stream begins with the first segment that comes by.
///
/// ```
/// use wirekit_tcp::{Limits, Reassembler, Segment, StreamEvent};
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
///         if let StreamEvent::Data(data) = event {
///             text.extend_from_slice(data);
///         }
///     }
/// }
/// assert_eq!(text, b"one two three");
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Debug)]
pub struct Reassembler {
    overlap: Overlap,
    held: Held,
    /// The sequence number of the next byte to deliver; nothing before the first segment.
    next: Option<SeqNumber>,
    /// Its offset.
    offset: u64,
    /// The offset after the last byte, known from the FIN.
    end: Option<u64>,
    ended: bool,
    /// Offsets of the last gap that was given up.
    gap: (u64, u64),
}

impl Reassembler {
    /// A stream of which nothing came by yet, with bounds of its own.
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
    pub fn receive<'r, 'p>(&'r mut self, segment: &Segment<'p>) -> StreamEvents<'r, 'p> {
        let flags = segment.flags();
        if flags.contains(Flags::RST) || (self.next.is_none() && segment.sequence_len() == 0) {
            return StreamEvents::new(self, Until::Gap);
        }
        let sequence = segment.sequence_number() + u32::from(flags.contains(Flags::SYN));
        let next = *self.next.get_or_insert(sequence);
        let distance = i64::from(next.distance_to(sequence));
        if distance > MAX_AHEAD {
            let mut events = StreamEvents::new(self, Until::Gap);
            events.outside = segment.payload_len() as u64;
            return events;
        }
        let mut run = Run {
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
        let mut events = StreamEvents::new(self, Until::Gap);
        (events.outside, events.late, events.conflict, events.run) = (outside, late, conflict, run);
        events
    }

    /// Tells that the peer acknowledged everything before `number`, and yields what that settles: bytes that are
    /// missing before what is held, and that the peer has, passed without the observer and will not come.
    ///
    /// For captures in which an acknowledgment never stands before the data that it acknowledges; a capture that
    /// joins several queues or devices may break that by some microseconds.
    pub fn acknowledge(&mut self, number: SeqNumber) -> StreamEvents<'_, 'static> {
        let settled = match self.next {
            Some(next) if !self.held.is_empty() => {
                let distance = i64::from(next.distance_to(number)).clamp(0, MAX_AHEAD);
                self.offset.saturating_add(distance.unsigned_abs())
            }
            _ => self.offset,
        };
        StreamEvents::new(self, Until::Offset(settled))
    }

    /// Gives up every gap and yields what is held: the connection is over, or the capture is.
    pub fn flush(&mut self) -> StreamEvents<'_, 'static> {
        StreamEvents::new(self, Until::End)
    }

    /// The part of old bytes that fills the last gap that was given up.
    fn late(&self, behind: u64, len: u64) -> Option<(u64, u64)> {
        let start = self.offset.checked_sub(behind)?;
        let from = start.max(self.gap.0);
        let to = start.saturating_add(len).min(self.gap.1);
        (from < to).then(|| (from, to - from))
    }

    fn advance(&mut self, len: u64) {
        self.offset += len;
        if let Some(next) = &mut self.next {
            // Sequence numbers are modulo 2^32, so the low half of the length is what counts.
            let [.., a, b, c, d] = len.to_be_bytes();
            *next += u32::from_be_bytes([a, b, c, d]);
        }
    }

    fn give_up(&mut self, to: u64) -> StreamEvent<'static> {
        let len = to.saturating_sub(self.offset);
        self.gap = if self.gap.1 == self.offset {
            (self.gap.0, to)
        } else {
            (self.offset, to)
        };
        self.advance(len);
        StreamEvent::Gap { len }
    }
}

/// How far the gaps are given up though there is room.
#[derive(Clone, Copy, Debug)]
enum Until {
    /// None is.
    Gap,
    /// Those before this offset.
    Offset(u64),
    /// All.
    End,
}

/// The bytes of the segment at hand that are not yet delivered or held.
#[derive(Clone, Copy, Debug)]
struct Run<'p> {
    at: u64,
    bytes: &'p [u8],
    /// Bytes after these which were sent, and which the capture cut off.
    cut_len: u64,
}

impl Run<'_> {
    fn end(&self) -> u64 {
        self.at
            .saturating_add(self.bytes.len() as u64)
            .saturating_add(self.cut_len)
    }

    /// Drops bytes in front without moving the rest, and returns how many there were.
    fn skip(&mut self, len: u64) -> u64 {
        let from_bytes = len.min(self.bytes.len() as u64);
        let from_cut = (len - from_bytes).min(self.cut_len);
        self.bytes = tail(self.bytes, from_bytes);
        self.cut_len -= from_cut;
        from_bytes + from_cut
    }

    /// Drops what lies after `end`, and returns how many bytes that were.
    fn truncate(&mut self, end: u64) -> u64 {
        let excess = self.end().saturating_sub(end.max(self.at));
        let from_cut = excess.min(self.cut_len);
        self.cut_len -= from_cut;
        let len = (self.bytes.len() as u64).saturating_sub(excess - from_cut);
        self.bytes = head(self.bytes, len);
        excess
    }
}

fn head(bytes: &[u8], len: u64) -> &[u8] {
    usize::try_from(len)
        .ok()
        .and_then(|len| bytes.get(..len))
        .unwrap_or(bytes)
}

fn tail(bytes: &[u8], from: u64) -> &[u8] {
    usize::try_from(from)
        .ok()
        .and_then(|from| bytes.get(from..))
        .unwrap_or_default()
}

/// What a segment brought, one event at a time.
///
/// Not an iterator, because data that was held is lent until the next call.
#[derive(Debug)]
#[must_use = "the events are the stream"]
pub struct StreamEvents<'r, 'p> {
    stream: &'r mut Reassembler,
    until: Until,
    run: Run<'p>,
    outside: u64,
    late: Option<(u64, u64)>,
    conflict: Option<Conflict>,
    /// The end of a piece that the capture cut, while that is the next offset to come.
    cut_end: Option<u64>,
    /// The piece that is lent out.
    piece: Vec<u8>,
}

impl<'r, 'p> StreamEvents<'r, 'p> {
    const fn new(stream: &'r mut Reassembler, until: Until) -> Self {
        let run = Run {
            at: stream.offset,
            bytes: &[],
            cut_len: 0,
        };
        Self {
            stream,
            until,
            run,
            outside: 0,
            late: None,
            conflict: None,
            cut_end: None,
            piece: Vec::new(),
        }
    }

    /// The next event; nothing when the segment has brought all it had.
    pub fn next_event(&mut self) -> Option<StreamEvent<'_>> {
        if let Some((offset, len)) = self.late.take() {
            return Some(StreamEvent::Late { offset, len });
        }
        if let Some(conflict) = self.conflict.take() {
            return Some(StreamEvent::Conflict(conflict));
        }
        match self.step()? {
            Step::Event(event) => Some(event),
            Step::Run(bytes) => Some(StreamEvent::Data(bytes)),
            Step::Piece(from, to) => Some(StreamEvent::Data(
                self.piece.get(from..to).unwrap_or_default(),
            )),
        }
    }

    fn step(&mut self) -> Option<Step<'p>> {
        if self.stream.ended {
            return self.outside();
        }
        loop {
            if self.stream.end == Some(self.stream.offset) {
                self.stream.ended = true;
                self.outside += self.stream.held.clear();
                return Some(Step::Event(StreamEvent::End));
            }
            if let Some((start, piece)) = self.stream.held.pop_until(self.stream.offset) {
                if let Some(step) = self.take_piece(start, piece) {
                    return Some(step);
                }
            } else if let Some(step) = self.take_run() {
                return Some(step);
            } else if let Some(gap) = self.take_gap() {
                return Some(Step::Event(gap));
            } else {
                return self.outside();
            }
        }
    }

    fn outside(&mut self) -> Option<Step<'p>> {
        match core::mem::take(&mut self.outside) {
            0 => None,
            len => Some(Step::Event(StreamEvent::Outside { len })),
        }
    }

    /// The part of a held piece that was not delivered yet, if there is one.
    fn take_piece(&mut self, start: u64, piece: Piece) -> Option<Step<'p>> {
        let stream = &mut *self.stream;
        let limit = stream.end.unwrap_or(u64::MAX);
        let piece_end = start.saturating_add(piece.bytes.len() as u64);
        if piece.cut_len > 0 {
            self.cut_end = Some(piece_end.saturating_add(piece.cut_len));
        }
        self.outside += piece_end.saturating_sub(limit);
        let len = piece_end.min(limit).saturating_sub(stream.offset);
        if len == 0 {
            return None;
        }
        let from = usize::try_from(stream.offset - start).ok()?;
        let to = from.checked_add(usize::try_from(len).ok()?)?;
        stream.advance(len);
        self.piece = piece.bytes;
        Some(Step::Piece(from, to))
    }

    /// The part of the segment that comes next, up to what is held; what does not come next is held.
    fn take_run(&mut self) -> Option<Step<'p>> {
        let offset = self.stream.offset;
        if self.run.at < offset {
            self.run.skip(offset - self.run.at);
            self.run.at = offset;
        }
        if self.run.at == offset {
            let whole = self.run.bytes;
            let until = self.stream.held.first_offset().unwrap_or(u64::MAX);
            let bytes = head(whole, until - offset);
            if !bytes.is_empty() {
                self.stream.advance(bytes.len() as u64);
                return Some(Step::Run(bytes));
            }
            if self.run.cut_len > 0 {
                self.cut_end = Some(self.run.end());
                self.run.cut_len = 0;
            }
            return None;
        }
        if self.run.bytes.is_empty() {
            return None;
        }
        let run = &mut self.run;
        match self.stream.held.insert(run.at, run.bytes, run.cut_len) {
            Ok(()) => {
                *run = Run {
                    at: offset,
                    bytes: &[],
                    cut_len: 0,
                };
                None
            }
            Err(held::NoRoom) => {
                let first = self.stream.held.first_offset().unwrap_or(u64::MAX);
                Some(Step::Event(self.stream.give_up(first.min(self.run.at))))
            }
        }
    }

    /// A gap that need not be waited for.
    fn take_gap(&mut self) -> Option<StreamEvent<'static>> {
        let offset = self.stream.offset;
        let end = self.stream.end.unwrap_or(u64::MAX);
        let first = self.stream.held.first_offset();
        let known = first.unwrap_or(u64::MAX).min(end);
        let to = match (self.cut_end.take(), self.until) {
            (Some(cut_end), _) if cut_end > offset => cut_end.min(known),
            (_, Until::Offset(settled)) => settled.min(known),
            (_, Until::End) if known < u64::MAX => known,
            _ => return None,
        };
        (to > offset).then(|| self.stream.give_up(to))
    }
}

impl Drop for StreamEvents<'_, '_> {
    fn drop(&mut self) {
        while self.next_event().is_some() {}
    }
}

enum Step<'p> {
    Event(StreamEvent<'static>),
    Run(&'p [u8]),
    /// A part of the piece that is lent out.
    Piece(usize, usize),
}
