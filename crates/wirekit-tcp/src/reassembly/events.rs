use alloc::vec::Vec;

use super::held::{NoRoom, Piece};
use super::run::{Run, head};
use super::{Conflict, Event, GapCause, Origin, Reassembler};

/// Which gaps are given up though there is room.
#[derive(Clone, Copy, Debug)]
pub(super) enum GivenUp {
    None,
    /// Those before this offset.
    Before(u64),
    All,
}

/// What a segment brought, one event at a time.
///
/// Not an iterator, because data that was held is lent until the next call.
///
/// The example of [`Reassembler`](super::Reassembler) asks until there is none.
#[derive(Debug)]
#[must_use = "the events are the stream"]
pub struct Events<'r, 'p> {
    /// Data that nothing stands before.
    in_order: &'p [u8],
    origin: Origin,
    /// Absent where that is all there is.
    steps: Option<Steps<'r, 'p>>,
}

impl<'r, 'p> Events<'r, 'p> {
    /// Data that is delivered already, or none.
    #[inline]
    pub(super) const fn in_order(data: &'p [u8], origin: Origin) -> Self {
        Self {
            in_order: data,
            origin,
            steps: None,
        }
    }

    pub(super) const fn of(steps: Steps<'r, 'p>) -> Self {
        Self {
            in_order: &[],
            origin: steps.run.origin,
            steps: Some(steps),
        }
    }

    /// The next event; nothing when the segment has brought all it had.
    #[inline]
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        if !self.in_order.is_empty() {
            return Some(Event::Data(core::mem::take(&mut self.in_order)));
        }
        let steps = self.steps.as_mut()?;
        steps.next_step().map(|step| steps.event(step))
    }

    /// The same, with the packet that brought it: of data the one that it came in, which may be earlier than the one that
    /// is read now; of what is no data the one that is read now.
    #[inline]
    pub fn next_with_origin(&mut self) -> Option<(Event<'_>, Origin)> {
        if !self.in_order.is_empty() {
            let data = core::mem::take(&mut self.in_order);
            return Some((Event::Data(data), self.origin));
        }
        let steps = self.steps.as_mut()?;
        steps
            .next_step()
            .map(|step| (steps.event(step), steps.origin))
    }
}

impl Drop for Events<'_, '_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(steps) = &mut self.steps {
            while steps.next_step().is_some() {}
        }
    }
}

/// The way through a segment, and through what was held before it arrived.
#[derive(Debug)]
pub(super) struct Steps<'r, 'p> {
    stream: &'r mut Reassembler,
    given_up: GivenUp,
    pub(super) run: Run<'p>,
    pub(super) outside: u64,
    pub(super) late: Option<(u64, u64)>,
    pub(super) conflict: Option<Conflict>,
    /// The end of a piece that the capture cut, while that is the next offset to come.
    cut_end: Option<u64>,
    /// The piece that is lent out.
    piece: Vec<u8>,
    /// Of what was yielded last.
    origin: Origin,
}

impl<'r, 'p> Steps<'r, 'p> {
    pub(super) const fn new(
        stream: &'r mut Reassembler,
        origin: Origin,
        given_up: GivenUp,
    ) -> Self {
        let run = Run {
            origin,
            at: stream.offset,
            bytes: &[],
            cut_len: 0,
        };
        Self {
            stream,
            given_up,
            run,
            outside: 0,
            late: None,
            conflict: None,
            cut_end: None,
            piece: Vec::new(),
            origin,
        }
    }

    fn next_step(&mut self) -> Option<Step<'p>> {
        self.origin = self.run.origin;
        if let Some((offset, len)) = self.late.take() {
            return Some(Step::Event(Event::Late { offset, len }));
        }
        if let Some(conflict) = self.conflict.take() {
            return Some(Step::Event(Event::Conflict(conflict)));
        }
        self.step()
    }

    /// What a step brought.
    fn event(&self, step: Step<'p>) -> Event<'_> {
        match step {
            Step::Event(event) => event,
            Step::Run(bytes) => Event::Data(bytes),
            Step::Piece(from, to) => Event::Data(self.piece.get(from..to).unwrap_or_default()),
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
                return Some(Step::Event(Event::End));
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
            len => Some(Step::Event(Event::Outside { len })),
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
        self.origin = piece.origin;
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
        match self.stream.held.insert(run) {
            Ok(()) => {
                *run = Run {
                    origin: run.origin,
                    at: offset,
                    bytes: &[],
                    cut_len: 0,
                };
                None
            }
            Err(NoRoom) => {
                let first = self.stream.held.first_offset().unwrap_or(u64::MAX);
                let to = first.min(self.run.at);
                Some(Step::Event(self.stream.give_up(to, GapCause::Limit)))
            }
        }
    }

    /// A gap that need not be waited for.
    fn take_gap(&mut self) -> Option<Event<'static>> {
        let offset = self.stream.offset;
        let end = self.stream.end.unwrap_or(u64::MAX);
        let first = self.stream.held.first_offset();
        let known = first.unwrap_or(u64::MAX).min(end);
        let (to, cause) = match (self.cut_end.take(), self.given_up) {
            (Some(cut_end), _) if cut_end > offset => (cut_end.min(known), GapCause::Cut),
            (_, GivenUp::Before(settled)) => (settled.min(known), GapCause::Lost),
            (_, GivenUp::All) if known < u64::MAX => (known, GapCause::Lost),
            _ => return None,
        };
        (to > offset).then(|| self.stream.give_up(to, cause))
    }
}

/// One step: what it brought.
enum Step<'p> {
    Event(Event<'static>),
    Run(&'p [u8]),
    /// A part of the piece that is lent out.
    Piece(usize, usize),
}
