//! `--view journeys`: each request that came from outside, with those that it caused.

use std::io;

use super::exchanges::keys;
use super::paired::Show;
use super::view::Output;
use crate::arguments::Format;
use crate::inspect::capture::Time;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::conversation::exchanges::Exchanges;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::journey::{self, Journey, Shares};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text::exchange::{notes, request};
use crate::inspect::text::json::Object;
use crate::inspect::text::paint::Paint;
use crate::inspect::text::put::{Put as _, counted, duration, exact_seconds, seconds};

/// Each journey when it is over.
#[derive(Debug)]
pub(crate) struct Journeys {
    format: Format,
    filter: Filter,
    paint: Paint,
    journeys: journey::Journeys,
    closing: Closing,
}

/// What stands behind the journeys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Closing {
    Totals,
    /// Another view has given them.
    Nothing,
}

impl Journeys {
    pub(crate) fn new(format: Format, filter: Filter, paint: Paint) -> Self {
        Self {
            format,
            filter,
            paint,
            journeys: journey::Journeys::default(),
            closing: Closing::Totals,
        }
    }

    /// The same, for behind a view that gives the totals.
    pub(crate) fn without_totals(mut self) -> Self {
        self.closing = Closing::Nothing;
        self
    }

    fn tell(&self, journey: &Journey, start: Time, out: &mut Output<'_>) -> io::Result<()> {
        if !journey.any(&|exchange| self.filter.keeps(exchange)) {
            return Ok(());
        }
        match self.format {
            Format::Json => {
                json(journey, start, &mut out.line);
                out.end_line()
            }
            Format::Text | Format::Hex | Format::Raw => {
                self.lines(journey, (0, start), out)?;
                out.end_line()
            }
        }
    }

    /// The exchange, those that it caused below it, and where the time went.
    fn lines(
        &self,
        journey: &Journey,
        (depth, start): (usize, Time),
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let exchange = &journey.exchange;
        let indent = |line: &mut Vec<u8>| line.resize(line.len() + 5 * depth, b' ');
        indent(&mut out.line);
        if depth > 0 {
            out.line.text("└ ");
        }
        let heading = format!("{}  {}", exchange.number, request(exchange));
        self.paint.heading(&heading, &mut out.line);
        out.line.text(&outcome(exchange));
        if depth == 0
            && let Some(begun) = exchange.times.start
        {
            out.line.text("  at ");
            seconds(&mut out.line, begun.since(start));
        }
        let notes = notes(exchange);
        if !notes.is_empty() {
            out.line.text("  ");
            let notes = format!("[{}]", notes.join(", "));
            self.paint.note(&notes, &mut out.line);
        }
        out.end_line()?;
        for child in &journey.children {
            self.lines(child, (depth + 1, start), out)?;
        }
        let shares = journey.shares().map(|shares| words(&shares, journey));
        let network = network(exchange);
        if let Some(words) = shares
            .into_iter()
            .chain(network)
            .reduce(|a, b| format!("{a}; {b}"))
        {
            indent(&mut out.line);
            out.line.text("     ");
            self.paint.life(&words, &mut out.line);
            out.end_line()?;
        }
        Ok(())
    }
}

impl Show for Journeys {
    fn over(
        &mut self,
        exchange: Exchange,
        all: &Exchanges,
        start: Time,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        match self.journeys.take(exchange, all) {
            Some(journey) => self.tell(&journey, start, out),
            None => Ok(()),
        }
    }

    fn shows_totals(&self) -> bool {
        self.format == Format::Text && self.closing == Closing::Totals
    }

    fn end(&mut self, start: Time, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        for journey in self.journeys.rest() {
            self.tell(&journey, start, out)?;
        }
        match self.shows_totals() {
            true => out.totals(totals),
            false => Ok(()),
        }
    }
}

/// `  200, 654 µs on connection 3`.
fn outcome(exchange: &Exchange) -> String {
    let status = exchange
        .status
        .map_or_else(String::new, |status| format!("{status}, "));
    let times = exchange.times;
    let total = match times.start.zip(times.end) {
        Some((start, end)) => format!("{} ", duration(end.since(start))),
        None => String::new(),
    };
    format!("  {status}{total}on connection {}", exchange.connection)
}

/// Where the time went, the parts that are any.
fn words(shares: &Shares, journey: &Journey) -> String {
    let has_children = !journey.children.is_empty();
    let server = match has_children {
        true => "proxy",
        false => "application",
    };
    let parts = [
        (shares.client, "client"),
        (shares.server, server),
        (shares.waiting, "waiting for others"),
        (shares.fetching, "their answers"),
        (shares.answer, "answer"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(share, _)| *share > 0)
        .map(|(share, name)| format!("{name} {}", duration(share)))
        .collect();
    match parts.is_empty() {
        true => String::from("no time that the capture's clock shows"),
        false => parts.join(", "),
    }
}

/// What the network added, where it is known.
fn network(exchange: &Exchange) -> Option<String> {
    let network = exchange.network;
    let round_trip = network
        .round_trip
        .map(|round_trip| format!("round trip {}", duration(round_trip)));
    let lost = match network.retransmissions {
        0 => None,
        count => Some(counted(count.into(), "retransmission")),
    };
    round_trip
        .into_iter()
        .chain(lost)
        .reduce(|a, b| format!("{a}, {b}"))
}

fn json(journey: &Journey, start: Time, line: &mut Vec<u8>) {
    let mut object = Object::new(line);
    keys(&journey.exchange, start, &mut object);
    if let Some(shares) = journey.shares() {
        let mut times = Object::new(object.key("shares"));
        for (key, share) in [
            ("client", shares.client),
            ("server", shares.server),
            ("waiting", shares.waiting),
            ("fetching", shares.fetching),
            ("answer", shares.answer),
        ] {
            exact_seconds(times.key(key), share);
        }
        times.end();
    }
    let network = journey.exchange.network;
    if let Some(round_trip) = network.round_trip {
        exact_seconds(object.key("round_trip"), round_trip);
    }
    object.number("retransmissions", network.retransmissions.into());
    let out = object.key("children");
    out.push(b'[');
    for (index, child) in journey.children.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        json(child, start, out);
    }
    out.push(b']');
    object.end();
}
