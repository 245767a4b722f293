use core::time::Duration;

use super::{Config, Ends, Event, Flow, Gone, Streams};
use crate::reassembly::{Origin, Pool};
use crate::track::{Notes, Side, Tracker};
use crate::{Flags, Segment};

/// A connection and its two streams.
#[derive(Debug)]
pub(super) struct Followed<T> {
    pub(super) flow: Flow<T>,
    low_is_client: bool,
    is_reused: bool,
    is_closed: bool,
    streams: Streams,
}

impl<T: Default> Followed<T> {
    /// The connection that a segment belongs to, which is the first one seen of it.
    pub(super) fn new(
        number: u64,
        (ends, from_low): (&Ends, bool),
        (origin, segment): (Origin, &Segment<'_>),
        (config, pool): (&Config, &Pool),
    ) -> Self {
        let from = sender(ends, segment);
        Self {
            flow: Flow::new(number, ends, from, Tracker::new(config.tracking), origin),
            low_is_client: from_low == (from == Side::Client),
            is_reused: false,
            is_closed: false,
            streams: Streams::new(config.limits, pool),
        }
    }
}

impl<T> Followed<T> {
    const fn side(&self, from_low: bool) -> Side {
        if from_low == self.low_is_client {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// Whether a segment begins another connection between the same ports.
    pub(super) fn is_reopened_by(&self, from_low: bool, segment: &Segment<'_>) -> bool {
        let from = self.side(from_low);
        self.flow.tracker.is_reopened_by(from, segment)
    }

    /// It takes the place of another between the same ports.
    pub(super) const fn reuse(&mut self) {
        self.is_reused = true;
    }

    /// Why it is not to be followed any more, if that is so by now.
    pub(super) fn gone(&mut self, now: Duration, config: &Config) -> Option<Gone> {
        let silence = now.saturating_sub(self.flow.last.time);
        let time_wait = config.tracking.msl.saturating_mul(2);
        if self.is_closed && silence >= time_wait.min(config.idle_timeout) {
            self.flow.tracker.poll(now);
            return Some(Gone::Over);
        }
        (silence >= config.idle_timeout).then_some(Gone::Idle)
    }

    /// Takes a segment that its receiver drops, as its checksum is bad.
    pub(super) fn receive_damaged(
        &mut self,
        from_low: bool,
        (origin, segment): (Origin, &Segment<'_>),
        take: &mut impl FnMut(&mut Flow<T>, Event<'_>),
    ) {
        let from = self.side(from_low);
        let flow = &mut self.flow;
        flow.last = origin;
        let observation = flow.tracker.observe_damaged(origin.time, from, segment);
        take(flow, Event::Segment { from, observation });
    }

    /// Takes a segment.
    pub(super) fn receive(
        &mut self,
        from_low: bool,
        (origin, segment): (Origin, &Segment<'_>),
        take: &mut impl FnMut(&mut Flow<T>, Event<'_>),
    ) {
        let from = self.side(from_low);
        let (flow, flags) = (&mut self.flow, segment.flags());
        flow.last = origin;
        let mut observation = flow.tracker.observe(origin.time, from, segment);
        if core::mem::take(&mut self.is_reused) {
            observation.notes |= Notes::PORTS_REUSED;
        }
        take(flow, Event::Segment { from, observation });
        self.streams.forget(flow);
        self.streams
            .receive(from, origin, segment, |event| deliver(flow, event, take));
        if !self.is_closed && flow.tracker.is_over() {
            self.is_closed = true;
            let by_reset = flags.contains(Flags::RST);
            take(flow, Event::Closed { by_reset });
        }
    }

    /// Ends it: what its streams hold is delivered, with the gaps before it.
    pub(super) fn end(mut self, gone: Gone, take: &mut impl FnMut(&mut Flow<T>, Event<'_>)) {
        let flow = &mut self.flow;
        let last = flow.last;
        for from in [Side::Client, Side::Server] {
            self.streams.forget(flow);
            self.streams
                .flush(from, last, |event| deliver(flow, event, take));
        }
        take(flow, Event::Gone(gone));
    }
}

impl Streams {
    /// Throws away what the flow ignores.
    fn forget<T>(&mut self, flow: &Flow<T>) {
        for from in [Side::Client, Side::Server] {
            if flow.ignores(from) {
                self.ignore(from);
            }
        }
    }
}

/// Hands on what a stream brings, unless its end is ignored since then.
fn deliver<T>(
    flow: &mut Flow<T>,
    event: Event<'_>,
    take: &mut impl FnMut(&mut Flow<T>, Event<'_>),
) {
    let is_ignored = match event {
        Event::Stream { from, .. } | Event::Resumed { from } => flow.ignores(from),
        _ => false,
    };
    if !is_ignored {
        take(flow, event);
    }
}

/// Who sent the first segment that is seen. Of a connection that was there before it means nothing who is seen first, but
/// clients' ports are high.
fn sender(ends: &Ends, segment: &Segment<'_>) -> Side {
    let flags = segment.flags();
    let is_client = match (flags.contains(Flags::SYN), flags.contains(Flags::ACK)) {
        (true, false) => true,
        (true, true) => false,
        (false, _) => ends.source.port() >= ends.destination.port(),
    };
    if is_client {
        Side::Client
    } else {
        Side::Server
    }
}
