//! What the decoders of both directions keep, and what they do where a rule is broken.

use wirekit::http1::{BodyLength, BodyReader, Config, Error, Quirks, StatusCode};

use crate::events::event::Event;
use crate::events::message::{Fault, Message};
use crate::events::stream::{DataRun, Pending};

/// Whether HTTP ends where another protocol was asked for or agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it ends or it goes on")]
pub enum Switching {
    /// What follows is HTTP all the same.
    Ignored,
    /// What follows is no longer HTTP.
    Accepted,
}

/// What becomes of a direction in which a rule was broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it ends or it goes on")]
pub enum Faults {
    /// Nothing more is said.
    Final,
    /// The message is read by the laxest rules, where it is whole by them.
    Reported,
}

/// Where a direction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    Head,
    Body(BodyLength),
}

/// What both directions keep.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) pending: Pending,
    pub(super) data: DataRun,
    pub(super) switching: Switching,
    pub(super) config: Config,
    pub(super) faults: Faults,
    pub(super) reading: Reading,
    /// Where the current message began to be read by the laxest rules.
    forgiven: Option<u64>,
    /// Its body, from the place of the error on.
    pub(super) body: Option<BodyReader>,
    pub(super) done: bool,
    /// Done because of an error.
    pub(super) is_lost: bool,
}

/// The rules by which most can be read.
const LAXEST: Quirks = {
    let mut quirks = Quirks::NONE;
    let mut at = 0;
    while at < Quirks::NAMED.len() {
        if let Some((_, quirk)) = Quirks::NAMED.split_at(at).1.first() {
            quirks = quirks.union(*quirk);
        }
        at += 1;
    }
    quirks
};

impl Stream {
    pub(super) fn new(config: Config, switching: Switching) -> Self {
        Self {
            pending: Pending::default(),
            data: DataRun::default(),
            switching,
            config,
            faults: Faults::Final,
            reading: Reading::Head,
            forgiven: None,
            body: None,
            done: false,
            is_lost: false,
        }
    }

    pub(super) fn laxest(&self) -> Config {
        let mut config = self.config;
        config.quirks = LAXEST;
        config
    }

    /// A reader broke off: reports what it found, and tries again by the laxest rules; false where that was tried, and
    /// where nothing more is to be said. A head is to be read anew, a body goes on at the line with the fault.
    pub(super) fn forgive(
        &mut self,
        error: Error,
        status: StatusCode,
        events: &mut Vec<Event>,
    ) -> bool {
        // What stands there is one fault, whatever the laxest rules call it.
        if self.forgiven != Some(self.pending.offset()) {
            self.fail(error, status, events);
        }
        self.done = true;
        self.is_lost = true;
        if self.faults == Faults::Final || self.forgiven.is_some() {
            return false;
        }
        if let Reading::Body(length) = self.reading {
            // The line end behind a chunk's data is the first thing that stands there, but not before the first chunk.
            let rest = self.pending.bytes();
            let line_end_len = match rest {
                [b'\r', b'\n', ..] => 2,
                [b'\n', ..] => 1,
                _ => 0,
            };
            self.pending.consume(line_end_len);
            self.body = Some(BodyReader::new(length, self.laxest()));
        }
        self.forgiven = Some(self.pending.offset());
        self.done = false;
        self.is_lost = false;
        true
    }

    /// A message has ended; whether it was read by other rules than the next one is.
    pub(super) fn end_message(&mut self) -> bool {
        self.reading = Reading::Head;
        self.body = None;
        self.forgiven.take().is_some()
    }

    /// A reader broke off: tells what it found and how to answer it, and nothing after it.
    fn fail(&mut self, error: Error, status: StatusCode, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        let offset = self.pending.offset() + error.offset() as u64;
        let kind = error.kind();
        let mut fault = Fault::new(kind.as_str(), &kind, kind.spec());
        fault.status = Some(status.0);
        events.push(Event::error(offset, fault));
    }

    /// The input ended inside a message.
    pub(super) fn cut(&mut self, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        events.push(Event::incomplete(self.pending.offset()));
    }

    pub(super) fn held_len(&self) -> usize {
        self.pending.held_len() + self.data.held_len()
    }

    /// The rest is another protocol's.
    pub(super) fn switch(&mut self, events: &mut Vec<Event>) {
        self.done = true;
        events.push(Event::new(Message::Switch, self.pending.offset(), 0));
    }
}
