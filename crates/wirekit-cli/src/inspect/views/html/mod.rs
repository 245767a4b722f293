//! `--view html`: one self-contained page: a timeline, tables of the connections and exchanges, and for each connection
//! a plot and a ladder diagram.

mod aside;
mod ladder;
mod later;
mod page;
mod plot;
mod timeline;

use std::collections::BTreeMap;
use std::io;
use wirekit::tcp::track::{Notes, Side};

use crate::events::Message;
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::conversation::exchanges::Exchanges;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::statistics::Statistics;
use crate::inspect::conversation::tale::{Tale, What};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::{Body, Packet};
use crate::inspect::text::put::counted;
use crate::inspect::text::wording;
use crate::inspect::views::view::{Output, View};
use aside::Aside;
use ladder::{Ladder, Tone};
use plot::Plot;

/// Rungs of one ladder; a longer exchange is cut, and the page says by how much.
const MAX_RUNGS: usize = 400;
/// Exchanges of one page; further ones are only counted.
const MAX_EXCHANGES: usize = 2000;
/// Ladders of one page; further connections are only counted.
const MAX_LADDERS: usize = 500;
/// Bytes of the page for each that may be held: no browser opens more than a hundred megabytes within seconds.
const ASIDE: u64 = 8;

/// The page, written when the capture ends: the table stands before the ladders.
#[derive(Debug)]
pub(crate) struct Html {
    filter: Filter,
    start: Time,
    drawings: BTreeMap<u64, Drawing>,
    body_len: BTreeMap<u64, Sides<u64>>,
    finished: BTreeMap<u64, page::Part>,
    /// What is written of those that are finished.
    aside: Aside,
    exchanges: Exchanges,
    over: Vec<Exchange>,
    statistics: Statistics,
    /// Bytes that the drawings, the finished parts and the exchanges hold, about, beside what is set aside.
    held_len: usize,
    max_held_len: usize,
    max_aside_len: u64,
    left_out: u64,
    left_out_exchanges: u64,
}

/// A connection that is not finished.
#[derive(Debug)]
struct Drawing {
    ladder: Ladder,
    plot: Plot,
    /// A host and the first target, or a server's name.
    about: String,
}

impl Drawing {
    fn held_len(&self) -> usize {
        self.ladder.held_len() + plot::HELD_LEN + self.about.len()
    }
}

impl Html {
    pub(crate) fn new(filter: Filter, max_held_len: usize) -> Self {
        Self {
            filter,
            start: Time::default(),
            drawings: BTreeMap::new(),
            body_len: BTreeMap::new(),
            finished: BTreeMap::new(),
            aside: Aside::new(max_held_len / 4),
            exchanges: Exchanges::new(max_held_len),
            over: Vec::new(),
            statistics: Statistics::default(),
            held_len: 0,
            max_held_len: max_held_len - max_held_len / 4,
            max_aside_len: ASIDE.saturating_mul(max_held_len as u64),
            left_out: 0,
            left_out_exchanges: 0,
        }
    }

    /// A connection that is drawn.
    fn drawing(&mut self, connection: &Connection) -> Option<&mut Drawing> {
        if connection.is_kept(&self.filter) == Some(false) {
            self.forget(connection.number);
            return None;
        }
        let known = self.drawings.contains_key(&connection.number);
        if !known && (self.drawings.len() + self.finished.len() >= MAX_LADDERS || self.is_full()) {
            return None;
        }
        let drawing = self.drawings.entry(connection.number);
        Some(drawing.or_insert_with(|| {
            let drawing = Drawing {
                ladder: Ladder::new(connection, MAX_RUNGS),
                plot: Plot::new(connection.first),
                about: String::new(),
            };
            self.held_len += drawing.held_len();
            drawing
        }))
    }

    fn take_exchanges(&mut self) {
        for exchange in self.exchanges.done() {
            if self.over.len() >= MAX_EXCHANGES || self.is_full() {
                self.left_out_exchanges += 1;
                continue;
            }
            self.held_len += exchange.held_len();
            self.over.push(exchange);
        }
    }

    fn is_full(&self) -> bool {
        self.held_len > self.max_held_len || self.aside.len() > self.max_aside_len
    }

    fn forget(&mut self, number: u64) {
        self.body_len.remove(&number);
        if let Some(drawing) = self.drawings.remove(&number) {
            self.held_len -= drawing.held_len();
        }
    }

    /// Changes a drawing, and counts what it holds afterwards.
    fn change(&mut self, connection: &Connection, change: impl FnOnce(&mut Drawing)) {
        let is_full = self.is_full();
        let Some(drawing) = self.drawing(connection) else {
            return;
        };
        let before = drawing.held_len();
        if is_full {
            drawing.ladder.cut();
        }
        change(drawing);
        // Nothing is written of a connection that a filter may still refuse.
        let is_kept = connection.is_kept(&self.filter) == Some(true);
        let Some(drawing) = self.drawings.get_mut(&connection.number) else {
            return;
        };
        if is_kept && drawing.ladder.is_long() {
            drawing.ladder.set_aside(&mut self.aside);
        }
        let after = drawing.held_len();
        self.held_len = self.held_len + after - before;
    }

    fn draw(&mut self, connection: &Connection, change: impl FnOnce(&mut Ladder)) {
        self.change(connection, |drawing| change(&mut drawing.ladder));
    }
}

impl View for Html {
    const MEASURES: bool = true;

    fn needs(&self) -> Depth {
        Depth::Messages
    }

    fn shows_totals(&self) -> bool {
        true
    }

    fn begin(&mut self, start: Time) {
        self.start = start;
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        _out: &mut Output<'_>,
    ) -> io::Result<()> {
        let Some(observed) = observed else {
            return Ok(());
        };
        match &packet.body {
            Body::Tcp(transport) => self.change(observed.connection, |drawing| {
                let from = sender(observed.connection, transport.source);
                let ladder = &mut drawing.ladder;
                ladder.segment(packet, from, transport, observed.tcp.as_ref());
                if transport.payload_len > 0 {
                    let again = observed
                        .tcp
                        .is_some_and(|it| it.notes.contains(Notes::RETRANSMISSION));
                    let plot = &mut drawing.plot;
                    plot.add(packet.time, from, transport.payload_len, again);
                }
            }),
            Body::Udp(transport) => self.draw(observed.connection, |ladder| {
                let from = sender(observed.connection, transport.source);
                let label = format!(
                    "datagram, {}",
                    counted(transport.payload_len as u64, "byte")
                );
                ladder.rung(packet, from, label, Tone::Data);
            }),
            _ => {}
        }
        Ok(())
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        _out: &mut Output<'_>,
    ) -> io::Result<()> {
        if connection.is_kept(&self.filter) != Some(false) {
            self.exchanges.take(connection, &tale);
            self.take_exchanges();
        }
        match &tale.what {
            What::Message { event, .. } => {
                if let Some(about) = wording::about(event) {
                    self.change(connection, |drawing| {
                        if drawing.about.is_empty() {
                            drawing.about = about;
                        }
                    });
                }
                let number = connection.number;
                let text = match event.message() {
                    Message::Data(data) => {
                        let lens = self.body_len.entry(number).or_default();
                        *lens.of_mut(tale.from) += data.len() as u64;
                        return Ok(());
                    }
                    end @ (Message::End(_) | Message::BodyEnd) => {
                        let lens = self.body_len.entry(number).or_default();
                        wording::body(core::mem::take(lens.of_mut(tale.from)), end)
                    }
                    Message::Switch => Some(String::from("from here on another protocol")),
                    message => {
                        if matches!(
                            message,
                            Message::Request(_) | Message::Response(_) | Message::Packet(_)
                        ) && let Some(lens) = self.body_len.get_mut(&number)
                        {
                            // The body of a message that was broken off counts no further.
                            *lens.of_mut(tale.from) = 0;
                        }
                        wording::of(event)
                    }
                };
                let tone = match event.message() {
                    Message::Error(_) | Message::Incomplete => Tone::Fault,
                    _ => Tone::Message,
                };
                if let Some(text) = text {
                    self.draw(connection, |ladder| ladder.say(&tale, text, tone));
                }
            }
            What::Gap { len, .. } => {
                let text = format!("{} missing", counted(*len, "byte"));
                self.draw(connection, |ladder| ladder.lost(&tale, text));
            }
            What::Conflict { len, .. } => {
                let text = format!("{} differ from those seen before", counted(*len, "byte"));
                self.draw(connection, |ladder| ladder.say(&tale, text, Tone::Fault));
            }
            What::Unread {
                application,
                reason,
            } => {
                let text = wording::unread(*application, *reason);
                self.draw(connection, |ladder| ladder.say(&tale, text, Tone::Fault));
            }
            What::ChecksumsIgnored => {
                let text = wording::CHECKSUMS_IGNORED.to_owned();
                self.draw(connection, |ladder| ladder.say(&tale, text, Tone::Note));
            }
            What::Note { name, .. } => {
                self.draw(connection, |ladder| ladder.note(&tale, name));
            }
            What::Error(error) => {
                let text = format!("{}: {error}", error.kind());
                self.draw(connection, |ladder| ladder.say(&tale, text, Tone::Fault));
            }
            What::Reset { text } if !text.is_empty() => {
                let text = wording::reset(text);
                self.draw(connection, |ladder| ladder.say(&tale, text, Tone::Note));
            }
            What::Timeout => {
                self.draw(connection, |ladder| {
                    ladder.pause(&tale, "TIME-WAIT is over")
                });
            }
            // The arrows and the states beside them say so already.
            _ => {}
        }
        Ok(())
    }

    fn finished(&mut self, connection: &Connection, _out: &mut Output<'_>) -> io::Result<()> {
        self.exchanges.finish(connection);
        self.take_exchanges();
        if connection.is_kept(&self.filter) != Some(true) {
            self.forget(connection.number);
            return Ok(());
        }
        self.statistics.add(connection);
        self.body_len.remove(&connection.number);
        let Some(drawing) = self.drawings.remove(&connection.number) else {
            self.left_out += 1;
            return Ok(());
        };
        self.held_len -= drawing.held_len();
        let Drawing {
            ladder,
            plot,
            about,
        } = drawing;
        match page::Part::new(connection, (ladder, &plot), &about, &mut self.aside) {
            Some(part) => {
                self.held_len += part.held_len();
                self.finished.insert(connection.number, part);
            }
            None => self.left_out += 1,
        }
        Ok(())
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        // In the order of their beginnings, as a waterfall falls.
        self.over.sort_by_key(|exchange| exchange.number);
        let page = page::Page {
            parts: self.finished.values(),
            exchanges: &self.over,
            statistics: &self.statistics,
            totals,
            start: self.start,
            left_out: (self.left_out, self.left_out_exchanges),
        };
        page.write(&mut self.aside, out.writer)
    }
}

/// The end that a packet came from.
fn sender(connection: &Connection, source: core::net::SocketAddr) -> Side {
    if connection.ends.client == source {
        Side::Client
    } else {
        Side::Server
    }
}
