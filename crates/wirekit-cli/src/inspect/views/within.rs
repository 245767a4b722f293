//! A view of a part of the capture's time.

use std::io;

use super::view::{Output, View};
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::{Moments, Span};
use crate::inspect::conversation::tale::Tale;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::Packet;

/// Hands on what falls into a span of time; all of the capture is looked at, so that states and numbers are right.
#[derive(Debug)]
pub(crate) struct Within<V> {
    view: V,
    moments: Moments,
    span: Span,
    start: Time,
}

impl<V> Within<V> {
    pub(crate) fn new(view: V, moments: Moments) -> Self {
        Self {
            view,
            moments,
            span: Span::ALL,
            start: Time::default(),
        }
    }

    fn holds(&self, time: Time) -> bool {
        self.span.holds(time.since(self.start))
    }
}

impl<V: View> View for Within<V> {
    const MEASURES: bool = V::MEASURES;

    fn needs(&self) -> Depth {
        self.view.needs()
    }

    fn shows_totals(&self) -> bool {
        self.view.shows_totals()
    }

    fn begin(&mut self, start: Time) {
        self.start = start;
        self.span = self.moments.of(start);
        self.view.begin(start);
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        match self.holds(packet.time) {
            true => self.view.packet(packet, observed, out),
            false => Ok(()),
        }
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        match self.holds(tale.time) {
            true => self.view.tale(connection, tale, out),
            false => Ok(()),
        }
    }

    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()> {
        let (first, last) = (
            connection.first.since(self.start),
            connection.last.since(self.start),
        );
        match self.span.meets(first, last) {
            true => self.view.finished(connection, out),
            false => Ok(()),
        }
    }

    fn idle(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        self.view.idle(out)
    }

    fn left_out(&self) -> u64 {
        self.view.left_out()
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        self.view.end(totals, out)
    }
}
