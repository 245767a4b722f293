//! `--view har`: the HTTP exchanges as an HTTP Archive, version 1.2.

mod content;
mod entry;
mod fields;

use std::io;

use super::paired::Show;
use super::view::Output;
use crate::events::write_value;
use crate::inspect::capture::Time;
use crate::inspect::conversation::application::Application;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::conversation::exchanges::Exchanges;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text::put::{Put as _, counted};

/// What content may inflate to: so many times what is held.
const MAX_INFLATION: usize = 4;

/// One archive, an entry each exchange, in the order of their ends.
#[derive(Debug)]
pub(crate) struct Har {
    filter: Filter,
    max_decoded_len: usize,
    entries: u64,
    /// Answers whose requests were not seen: an entry has a request.
    unasked: u64,
}

impl Har {
    /// Of the messages at most so many bytes are held.
    pub(crate) fn new(filter: Filter, max_held_len: usize) -> Self {
        Self {
            filter,
            max_decoded_len: max_held_len.saturating_mul(MAX_INFLATION),
            entries: 0,
            unasked: 0,
        }
    }

    fn head(line: &mut Vec<u8>) {
        line.text("{\"log\":{\"version\":\"1.2\",\"creator\":{\"name\":\"wirekit\",\"version\":\"");
        line.text(env!("CARGO_PKG_VERSION"));
        line.text("\"},\"pages\":[],\"entries\":[");
    }
}

impl Show for Har {
    const KEEPS_MESSAGES: bool = true;

    fn over(
        &mut self,
        exchange: Exchange,
        _all: &Exchanges,
        _start: Time,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        // What a proxy asks by uwsgi, it was asked by HTTP.
        if exchange.layer != Application::Http1 || !self.filter.keeps(&exchange) {
            return Ok(());
        }
        let Some(entry) = entry::entry(&exchange, self.max_decoded_len) else {
            self.unasked += 1;
            return Ok(());
        };
        match self.entries {
            0 => Self::head(&mut out.line),
            _ => out.line.push(b','),
        }
        self.entries += 1;
        out.end_line()?;
        write_value(&entry, &mut out.line)?;
        // The entry's own line ends when it is known whether there is a next one.
        out.writer.write_all(&out.line)?;
        out.line.clear();
        Ok(())
    }

    fn shows_totals(&self) -> bool {
        false
    }

    fn end(&mut self, _start: Time, _totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        if self.entries == 0 {
            Self::head(&mut out.line);
        }
        out.end_line()?;
        out.line.push(b']');
        if self.unasked > 0 {
            out.line.text(",\"comment\":\"");
            out.line.text(&counted(self.unasked, "answer"));
            out.line.text(" without a request left out\"");
        }
        out.line.text("}}");
        out.end_line()
    }
}
