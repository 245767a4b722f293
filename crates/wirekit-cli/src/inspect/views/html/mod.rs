//! `--view html`: one self-contained page, a table of the connections and a ladder diagram for each.

mod ladder;
mod page;

use std::collections::BTreeMap;
use std::io;
use wirekit::tcp::track::Side;

use crate::events::Message;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::tale::{Tale, What};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::{Body, Packet};
use crate::inspect::text::put::counted;
use crate::inspect::text::wording;
use crate::inspect::views::view::{Output, View};
use ladder::{Ladder, Tone};

/// Rungs of one ladder; a longer exchange is cut, and the page says by how much.
const MAX_RUNGS: usize = 400;
/// Ladders of one page; further connections are only counted.
const MAX_LADDERS: usize = 500;

/// The page, written when the capture ends: the table stands before the ladders.
#[derive(Debug)]
pub(crate) struct Html {
    filter: Filter,
    ladders: BTreeMap<u64, Ladder>,
    body_len: BTreeMap<u64, Sides<u64>>,
    finished: BTreeMap<u64, page::Part>,
    /// Bytes that the ladders and the finished parts hold, about.
    held_len: usize,
    max_held_len: usize,
    left_out: u64,
}

impl Html {
    pub(crate) fn new(filter: Filter, max_held_len: usize) -> Self {
        Self {
            filter,
            ladders: BTreeMap::new(),
            body_len: BTreeMap::new(),
            finished: BTreeMap::new(),
            held_len: 0,
            max_held_len,
            left_out: 0,
        }
    }

    /// The ladder of a connection that is drawn.
    fn ladder(&mut self, connection: &Connection) -> Option<&mut Ladder> {
        if connection.is_kept(&self.filter) == Some(false) {
            self.forget(connection.number);
            return None;
        }
        let known = self.ladders.contains_key(&connection.number);
        if !known && (self.ladders.len() + self.finished.len() >= MAX_LADDERS || self.is_full()) {
            return None;
        }
        let ladder = self.ladders.entry(connection.number);
        Some(ladder.or_insert_with(|| Ladder::new(connection.first, MAX_RUNGS)))
    }

    fn is_full(&self) -> bool {
        self.held_len > self.max_held_len
    }

    fn forget(&mut self, number: u64) {
        self.body_len.remove(&number);
        if let Some(ladder) = self.ladders.remove(&number) {
            self.held_len -= ladder.held_len();
        }
    }

    /// Changes a ladder, and counts what it holds afterwards.
    fn draw(&mut self, connection: &Connection, change: impl FnOnce(&mut Ladder)) {
        let is_full = self.is_full();
        let Some(ladder) = self.ladder(connection) else {
            return;
        };
        let before = ladder.held_len();
        if is_full {
            ladder.cut();
        }
        change(ladder);
        let after = ladder.held_len();
        self.held_len = self.held_len + after - before;
    }
}

impl View for Html {
    fn needs(&self) -> Depth {
        Depth::Messages
    }

    fn shows_totals(&self) -> bool {
        true
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
            Body::Tcp(transport) => self.draw(observed.connection, |ladder| {
                let from = sender(observed.connection, transport.source);
                ladder.segment(packet, from, transport, observed.tcp.as_ref());
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
        match &tale.what {
            What::Message { event, .. } => {
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
        if connection.is_kept(&self.filter) != Some(true) {
            self.forget(connection.number);
            return Ok(());
        }
        self.body_len.remove(&connection.number);
        let Some(ladder) = self.ladders.remove(&connection.number) else {
            self.left_out += 1;
            return Ok(());
        };
        self.held_len -= ladder.held_len();
        let part = page::Part::new(connection, &ladder);
        self.held_len += part.held_len();
        self.finished.insert(connection.number, part);
        Ok(())
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        page::write(self.finished.values(), totals, self.left_out, out.writer)
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
