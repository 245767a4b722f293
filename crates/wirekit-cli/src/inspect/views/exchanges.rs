//! `--view exchanges`: one row a request with its answer.

use std::io;

use super::paired::Show;
use super::view::Output;
use crate::arguments::Format;
use crate::events::latin1;
use crate::inspect::capture::Time;
use crate::inspect::conversation::exchange::{Exchange, Parent};
use crate::inspect::conversation::exchanges;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text;
use crate::inspect::text::exchange::{notes, request};
use crate::inspect::text::json::Object;
use crate::inspect::text::put::{Put as _, duration, seconds};

/// One row a request with its answer, in the order of their ends.
#[derive(Debug)]
pub(crate) struct Exchanges {
    format: Format,
    filter: Filter,
    headed: bool,
}

impl Exchanges {
    pub(crate) fn new(format: Format, filter: Filter) -> Self {
        Self {
            format,
            filter,
            headed: false,
        }
    }
}

impl Show for Exchanges {
    fn over(
        &mut self,
        exchange: Exchange,
        _all: &exchanges::Exchanges,
        start: Time,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if !self.filter.keeps(&exchange) {
            return Ok(());
        }
        match self.format {
            Format::Json => json(&exchange, start, &mut out.line),
            Format::Text | Format::Hex | Format::Raw => {
                if !self.headed {
                    self.headed = true;
                    out.line.text(HEADING);
                    out.end_line()?;
                }
                row(&exchange, start, &mut out.line);
            }
        }
        out.end_line()
    }

    fn shows_totals(&self) -> bool {
        self.format == Format::Text
    }

    fn end(&mut self, _start: Time, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        match self.format {
            Format::Text => out.totals(totals),
            _ => Ok(()),
        }
    }
}

const HEADING: &str =
    "     #          at  conn  status        sent    received  first byte       total  request";

fn row(exchange: &Exchange, start: Time, line: &mut Vec<u8>) {
    line.number_right(exchange.number, 6);
    let begin = line.len();
    match exchange.times.start.or(exchange.times.first_byte) {
        Some(time) => {
            let mut at = Vec::new();
            seconds(&mut at, time.since(start));
            right(&at, 12, line);
        }
        None => line.pad(begin, 12),
    }
    line.number_right(exchange.connection, 6);
    match exchange.status {
        Some(status) => line.number_right(status.into(), 8),
        None => right(b"-", 8, line),
    }
    line.number_right(exchange.request_len, 12);
    line.number_right(exchange.response_len, 12);
    let times = exchange.times;
    for end in [times.first_byte, times.end] {
        match times.start.zip(end) {
            Some((start, end)) => right(duration(end.since(start)).as_bytes(), 12, line),
            None => right(b"-", 12, line),
        }
    }
    line.text("  ");
    line.text(&request(exchange));
    let notes = notes(exchange);
    if !notes.is_empty() {
        line.text("  [");
        line.text(&notes.join(", "));
        line.push(b']');
    }
}

fn right(text: &[u8], width: usize, line: &mut Vec<u8>) {
    let len = String::from_utf8_lossy(text).chars().count();
    line.resize(line.len() + width.saturating_sub(len), b' ');
    line.extend_from_slice(text);
}

fn json(exchange: &Exchange, start: Time, line: &mut Vec<u8>) {
    let mut object = Object::new(line);
    keys(exchange, start, &mut object);
    object.end();
}

/// The keys of the contract.
pub(super) fn keys(exchange: &Exchange, start: Time, object: &mut Object<'_>) {
    object
        .number("exchange", exchange.number)
        .number("connection", exchange.connection);
    if let Parent::Known(number) = exchange.parent {
        object.number("parent", number);
    }
    object.plain("layer", exchange.layer.name());
    if let Some(asked) = &exchange.request {
        object
            .value("method", &latin1(&asked.method))
            .value("target", &latin1(&asked.target));
        if let Some(host) = &asked.host {
            object.value("host", &latin1(host));
        }
    }
    if let Some(status) = exchange.status {
        object.number("status", status.into());
    }
    object
        .number("request_body_len", exchange.request_len)
        .number("response_body_len", exchange.response_len);
    let times = exchange.times;
    for (key, time) in [
        ("start", times.start),
        ("first_byte", times.first_byte),
        ("end", times.end),
    ] {
        if let Some(time) = time {
            let out = object.key(key);
            text::put::exact_seconds(out, time.since(start));
        }
    }
    object.plain_value(
        "complete",
        if exchange.is_complete {
            "true"
        } else {
            "false"
        },
    );
    if let Some(error) = &exchange.error {
        object.plain("error", error);
    }
}
