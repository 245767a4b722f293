//! The page around the ladders.

use std::io;

use wirekit::tcp::track::Side;

use super::aside::{Aside, Place};
use super::ladder::Ladder;
use super::later::{Block, Later};
use super::plot::Plot;
use super::timeline::{Axis, Lane, row};
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::exchange::Exchange;
use crate::inspect::conversation::statistics::Statistics;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text;
use crate::inspect::text::put::{Put as _, counted, duration, grouped};
use crate::inspect::text::statistics::Table;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// Bytes of diagrams that a browser reads at once; those of further connections wait.
const PLAIN_DIAGRAMS_LEN: usize = 512 * 1024;
/// And of the rows of exchanges.
const PLAIN_ROWS_LEN: usize = 128 * 1024;
/// Rows of exchanges that stand or wait together.
const ROWS: usize = 100;
const ROW_HEIGHT: usize = 28;
/// What stands above a diagram.
const HEADING_HEIGHT: u32 = 180;

/// A connection's row and diagram.
#[derive(Debug)]
pub(super) struct Part {
    row: Place,
    /// The connection's number.
    number: u64,
    heading: Place,
    diagram: Vec<Place>,
    height: u32,
    lane: Lane,
}

impl Part {
    /// `about` is what it is about: a host and the first target, or a server's name. `None` if there is no room for it.
    pub(super) fn new(
        connection: &Connection,
        (ladder, plot): (Ladder, &Plot),
        about: &str,
        aside: &mut Aside,
    ) -> Option<Self> {
        let ends = [Side::Client, Side::Server].map(|side| end(connection, side));
        let [client, server] = &ends;
        let number = connection.number;
        let mut path = String::from(connection.transport_name());
        for application in connection.applications() {
            path.push_str(" › ");
            path.push_str(application.name());
        }
        let state = connection
            .states()
            .map_or_else(String::new, |[client, server]| {
                format!("{client} / {server}")
            });
        let notes: Vec<String> = connection
            .notes
            .iter()
            .map(|(name, count)| format!("{} {count}", name.replace('_', " ")))
            .collect();
        let packets = connection.packets.client + connection.packets.server;
        let cells = [
            format!("<a href=\"#connection-{number}\">{number}</a>"),
            escaped(client),
            escaped(server),
            escaped(&path),
            escaped(about),
            escaped(&state),
            grouped(packets),
            grouped(connection.payload_len.client),
            grouped(connection.payload_len.server),
            escaped(&duration(connection.duration())),
            escaped(&notes.join(", ")),
        ];
        let row = format!("<tr><td>{}</td></tr>\n", cells.join("</td><td>"));
        let heading = format!(
            "<h2>#{number} {} → {} <small>{}, {}, {}{}</small></h2>",
            escaped(client),
            escaped(server),
            escaped(&path),
            counted(packets, "packet"),
            escaped(&duration(connection.duration())),
            match about {
                "" => String::new(),
                about => format!(", {}", escaped(about)),
            },
        );
        let mut plotted = String::new();
        plot.draw(&mut plotted);
        let mut diagram = vec![aside.put(&plotted)?];
        let (ladder, height) = ladder.finish(aside)?;
        diagram.extend(ladder);
        let name = match about {
            "" => format!("{client} → {server}"),
            about => about.to_owned(),
        };
        Some(Self {
            row: aside.put(&row)?,
            number,
            heading: aside.put(&heading)?,
            diagram,
            height: height + HEADING_HEIGHT,
            lane: Lane::new(connection, name),
        })
    }

    /// Bytes held.
    pub(super) fn held_len(&self) -> usize {
        self.lane.held_len() + self.diagram.len() * size_of::<Place>() + size_of::<Self>()
    }

    fn write(
        &self,
        aside: &mut Aside,
        later: &mut Later,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let (mut heading, mut diagram) = (Vec::new(), Vec::new());
        aside.get(&self.heading, &mut heading)?;
        for place in &self.diagram {
            aside.get(place, &mut diagram)?;
        }
        let block = Block {
            name: "section",
            attributes: &format!(" id=\"connection-{}\" tabindex=\"-1\"", self.number),
            height: self.height,
            head: &heading,
            body: &diagram,
        };
        later.write(&block, out)
    }
}

/// What the page shows.
pub(super) struct Page<'v, P> {
    pub(super) parts: P,
    pub(super) exchanges: &'v [Exchange],
    pub(super) statistics: &'v Statistics,
    pub(super) totals: &'v Totals,
    pub(super) start: Time,
    /// Connections and exchanges that are not shown.
    pub(super) left_out: (u64, u64),
}

impl<'a, P: Iterator<Item = &'a Part> + Clone> Page<'_, P> {
    pub(super) fn write(&self, aside: &mut Aside, out: &mut dyn io::Write) -> io::Result<()> {
        write!(
            out,
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
             <title>wirekit inspect</title>\n<style>\n{STYLE}</style>\n\
             <header><h1>Connections</h1><input id=\"search\" type=\"search\" aria-label=\"search\" placeholder=\"search hosts, targets, messages, notes\">\
             <span id=\"found\" aria-live=\"polite\"></span>\
             <small><kbd>/</kbd> search <kbd>j</kbd> <kbd>k</kbd> next, previous <kbd>e</kbd> unfold all</small></header>\n"
        )?;
        for line in text::totals::lines(self.totals) {
            writeln!(out, "<p>{}</p>", escaped(&line))?;
        }
        let (connections, exchanges) = self.left_out;
        if connections > 0 {
            let words = counted(connections, "further connection");
            writeln!(
                out,
                "<p class=\"fault\">{words} not shown: keep fewer with --connection, --protocol or --port</p>"
            )?;
        }
        let lasts = self.parts.clone().map(|part| part.lane.last());
        let axis = Axis {
            start: self.start,
            len: lasts.max().map_or(0, |last| last.since(self.start)),
        };
        self.timeline(axis, out)?;
        self.connections(aside, out)?;
        self.waterfall(axis, exchanges, out)?;
        for table in text::statistics::tables(self.statistics) {
            statistics(&table, out)?;
        }
        let mut later = Later::after(PLAIN_DIAGRAMS_LEN);
        for part in self.parts.clone() {
            part.write(aside, &mut later, out)?;
        }
        write!(out, "<script>\n{SCRIPT}</script>\n</html>\n")
    }

    fn timeline(&self, axis: Axis, out: &mut dyn io::Write) -> io::Result<()> {
        let mut lanes = String::new();
        axis.ticks(&mut lanes);
        for part in self.parts.clone() {
            part.lane.draw(axis, &mut lanes);
        }
        writeln!(out, "<div class=\"timeline\">{lanes}</div>")
    }

    fn connections(&self, aside: &mut Aside, out: &mut dyn io::Write) -> io::Result<()> {
        out.write_all(
            b"<div class=\"wide\"><table id=\"connections\">\n<thead><tr><th>#</th><th>client</th><th>server</th><th>protocol</th><th>about</th>\
              <th>state</th><th>packets</th><th>bytes sent</th><th>bytes received</th><th>duration</th><th>notes</th></tr></thead>\n\
              <tbody class=\"searched\">\n",
        )?;
        let mut row = Vec::new();
        for part in self.parts.clone() {
            row.clear();
            aside.get(&part.row, &mut row)?;
            out.write_all(&row)?;
        }
        out.write_all(b"</tbody>\n</table></div>\n")
    }

    fn waterfall(&self, axis: Axis, left_out: u64, out: &mut dyn io::Write) -> io::Result<()> {
        if self.exchanges.is_empty() {
            return Ok(());
        }
        let mut ticks = String::new();
        axis.ticks(&mut ticks);
        write!(
            out,
            "<h2>Exchanges <small class=\"key\"><i class=\"send\"></i>request<i class=\"wait\"></i>waiting<i class=\"receive\"></i>answer</small></h2>\n\
             <div class=\"wide\" id=\"exchanges\">\n<table>\n<thead><tr><th>#</th><th>connection</th><th>request</th><th>status</th><th>sent</th>\
             <th>received</th><th>total</th><th>{ticks}</th></tr></thead>\n</table>\n"
        )?;
        let mut later = Later::after(PLAIN_ROWS_LEN);
        for exchanges in self.exchanges.chunks(ROWS) {
            let mut rows = String::from("<table>\n<tbody class=\"searched\">\n");
            for exchange in exchanges {
                row(exchange, axis, &mut rows);
            }
            rows.push_str("</tbody>\n</table>");
            let block = Block {
                name: "div",
                attributes: "",
                height: u32::try_from(exchanges.len() * ROW_HEIGHT).unwrap_or(u32::MAX),
                head: b"",
                body: rows.as_bytes(),
            };
            later.write(&block, out)?;
        }
        out.write_all(b"</div>\n")?;
        if left_out > 0 {
            let words = counted(left_out, "further exchange");
            writeln!(out, "<p class=\"fault\">{words} not shown</p>")?;
        }
        Ok(())
    }
}

fn statistics(table: &Table, out: &mut dyn io::Write) -> io::Result<()> {
    let cells = |name: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
        let cells = cells.map(|cell| format!("<{name}>{}</{name}>", escaped(cell)));
        format!("<tr>{}</tr>\n", cells.collect::<String>())
    };
    out.write_all(b"<h2>")?;
    out.write_all(escaped(table.title).as_bytes())?;
    out.write_all(b"</h2>\n<div class=\"wide\"><table class=\"statistics\">\n<thead>")?;
    out.write_all(cells("th", &mut table.heading.iter().copied()).as_bytes())?;
    out.write_all(b"</thead>\n<tbody>\n")?;
    for row in &table.rows {
        out.write_all(cells("td", &mut row.iter().map(String::as_str)).as_bytes())?;
    }
    out.write_all(b"</tbody>\n</table></div>\n")?;
    match &table.rest {
        Some(rest) => writeln!(out, "<p>{}</p>", escaped(rest)),
        None => Ok(()),
    }
}

fn end(connection: &Connection, side: Side) -> String {
    let mut text = Vec::new();
    text.end(*connection.ends.of(side));
    text.name(connection.names.of(side).as_ref());
    String::from_utf8_lossy(&text).into_owned()
}

/// Text as it may stand in an element or an attribute.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_from_the_wire_becomes_markup() {
        assert_eq!(
            escaped("<script>\"a\" & b</script>"),
            "&lt;script&gt;&quot;a&quot; &amp; b&lt;/script&gt;"
        );
    }
}
