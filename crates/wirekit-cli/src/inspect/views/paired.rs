//! What all views of exchanges share: requests and answers are put together, and each exchange is shown when it is over.

use std::io;

use wirekit::tcp::track::Side;

use super::view::{Output, View};
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::conversation::exchanges::Exchanges;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::tale::Tale;
use crate::inspect::conversation::totals::Totals;

/// Shows exchanges.
pub(crate) trait Show {
    /// Whether it shows the messages themselves.
    const KEEPS_MESSAGES: bool = false;

    /// One that is over; `all` knows which are under way. `start` is the time of the capture's first packet.
    fn over(
        &mut self,
        exchange: Exchange,
        all: &Exchanges,
        start: Time,
        out: &mut Output<'_>,
    ) -> io::Result<()>;

    /// Whether it says itself what was dropped.
    fn shows_totals(&self) -> bool;

    /// The capture's end.
    fn end(&mut self, start: Time, totals: &Totals, out: &mut Output<'_>) -> io::Result<()>;
}

/// A view of exchanges.
#[derive(Debug)]
pub(crate) struct Paired<S> {
    show: S,
    filter: Filter,
    exchanges: Exchanges,
    start: Time,
}

impl<S: Show> Paired<S> {
    /// The exchanges of the connections that the filter keeps; at most so many bytes are held.
    pub(crate) fn new(show: S, filter: Filter, max_held_len: usize) -> Self {
        Self {
            show,
            filter,
            exchanges: match S::KEEPS_MESSAGES {
                true => Exchanges::new(max_held_len).with_messages(),
                false => Exchanges::new(max_held_len),
            },
            start: Time::default(),
        }
    }

    fn show(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        for exchange in self.exchanges.done() {
            self.show.over(exchange, &self.exchanges, self.start, out)?;
        }
        Ok(())
    }
}

impl<S: Show> View for Paired<S> {
    fn needs(&self) -> Depth {
        Depth::Messages
    }

    fn shows_totals(&self) -> bool {
        self.show.shows_totals()
    }

    fn begin(&mut self, start: Time) {
        self.start = start;
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if connection.is_kept(&self.filter) == Some(false) {
            return Ok(());
        }
        let is_kept = || self.filter.keeps_tale(connection, &tale);
        // The first part of a request begins an exchange, the last of an answer ends it.
        match tale.from {
            Side::Client => {
                self.exchanges.take(connection, &tale);
                self.exchanges.mark(connection, tale.from, is_kept);
            }
            Side::Server => {
                self.exchanges.mark(connection, tale.from, is_kept);
                self.exchanges.take(connection, &tale);
                self.exchanges.mark(connection, tale.from, is_kept);
            }
        }
        self.show(out)
    }

    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()> {
        self.exchanges.finish(connection);
        self.show(out)
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        self.show.end(self.start, totals, out)
    }
}
