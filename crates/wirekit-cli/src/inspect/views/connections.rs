//! `--view connections`: one row a connection.

use std::io;

use serde_json::Value;
use wirekit::tcp::track::{Side, State};

use super::statistics;
use super::view::{Output, View};
use crate::arguments::Format;
use crate::events::latin1;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::statistics::Statistics;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::text;
use crate::inspect::text::json::Object;
use crate::inspect::text::put::{Put as _, duration, grouped};
use crate::inspect::text::wording::quoted_bytes;

/// One row a connection.
#[derive(Debug)]
pub(crate) struct Connections {
    format: Format,
    filter: Filter,
    headed: bool,
    statistics: Statistics,
}

impl Connections {
    pub(crate) fn new(format: Format, filter: Filter) -> Self {
        Self {
            format,
            filter,
            headed: false,
            statistics: Statistics::default(),
        }
    }
}

impl View for Connections {
    const MEASURES: bool = true;

    fn needs(&self) -> Depth {
        Depth::Streams
    }

    fn shows_totals(&self) -> bool {
        self.format == Format::Text
    }

    fn finished(&mut self, connection: &Connection, out: &mut Output<'_>) -> io::Result<()> {
        if connection.is_kept(&self.filter) != Some(true) {
            return Ok(());
        }
        self.statistics.add(connection);
        match self.format {
            Format::Json => {
                json(connection, &mut out.line);
                out.end_line()
            }
            Format::Text | Format::Hex | Format::Raw => {
                if !self.headed {
                    self.headed = true;
                    heading(&mut out.line);
                    out.end_line()?;
                }
                text(connection, &mut out.line);
                out.end_line()
            }
        }
    }

    fn end(&mut self, totals: &Totals, out: &mut Output<'_>) -> io::Result<()> {
        if self.format == Format::Json {
            return statistics::json(&self.statistics, out);
        }
        for table in text::statistics::tables(&self.statistics) {
            out.end_line()?;
            for line in table.lines() {
                out.line.text(&line);
                out.end_line()?;
            }
        }
        if !self.statistics.is_empty() {
            out.end_line()?;
        }
        out.totals(totals)
    }
}

const WIDTHS: [usize; 6] = [6, 24, 24, 18, 26, 20];

fn heading(line: &mut Vec<u8>) {
    let mut column = 0;
    for (name, width) in ["#", "client", "server", "protocol", "state", "packets >/<"]
        .into_iter()
        .zip(WIDTHS)
    {
        line.text(name);
        line.pad(column, width);
        column = column.max(line.len() - width) + width;
    }
    line.text("bytes >/<               duration    notes");
}

fn text(connection: &Connection, line: &mut Vec<u8>) {
    let [number, client, server, protocol, state, packets] = WIDTHS;
    let mut column = 0;
    line.number(connection.number);
    line.pad(column, number);
    column += number;
    line.end(connection.ends.client);
    line.pad(column, client);
    column += client;
    line.end(connection.ends.server);
    line.pad(column, server);
    column += server;
    line.text(&text::put::path(
        connection.transport_name(),
        connection.applications(),
    ));
    line.pad(column, protocol);
    column += protocol;
    match connection.states() {
        Some([client, server]) => {
            line.text(client.as_str());
            line.push(b'/');
            line.text(server.as_str());
        }
        None => line.push(b'-'),
    }
    line.pad(column, state);
    column += state;
    line.number(connection.packets.client);
    line.push(b'/');
    line.number(connection.packets.server);
    line.pad(column, packets);
    column += packets;
    line.text(&grouped(connection.payload_len.client));
    line.push(b'/');
    line.text(&grouped(connection.payload_len.server));
    line.pad(column, 24);
    column += 24;
    line.text(&duration(connection.duration()));
    let mut separator = "";
    for (name, count) in connection.notes.iter() {
        if separator.is_empty() {
            line.pad(column, 12);
        }
        line.text(separator);
        line.text(name);
        line.push(b' ');
        line.number(count.into());
        separator = ", ";
    }
    about(connection, line);
}

/// Whom it is for, and the names of its addresses.
fn about(connection: &Connection, line: &mut Vec<u8>) {
    let subject = connection.subject();
    let host = subject.hosts.first().map(|host| quoted_bytes(host, 60));
    let target = subject.target.as_deref().map(|it| quoted_bytes(it, 60));
    if host.is_some() || target.is_some() {
        line.text("  ");
        line.text(&host.unwrap_or_default());
        line.text(&target.unwrap_or_default());
    }
    for side in [Side::Client, Side::Server] {
        if let Some(name) = connection.names.of(side) {
            line.text("  (");
            line.text(&text::wording::is_named(side, name));
            line.push(b')');
        }
    }
}

fn json(connection: &Connection, line: &mut Vec<u8>) {
    let mut object = Object::new(line);
    object.number("connection", connection.number);
    object.plain("transport", connection.transport_name());
    for (key, side) in [("client", Side::Client), ("server", Side::Server)] {
        let end = connection.ends.of(side);
        let out = object.key(key);
        out.push(b'"');
        out.address(end.ip());
        out.push(b'"');
        object.number(
            if side == Side::Client {
                "client_port"
            } else {
                "server_port"
            },
            end.port().into(),
        );
    }
    for (key, side) in [("client_name", Side::Client), ("server_name", Side::Server)] {
        if let Some(name) = connection.names.of(side) {
            object.value(key, &Value::from(&**name));
        }
    }
    let subject = connection.subject();
    if let Some(host) = subject.hosts.first() {
        object.value("host", &latin1(host));
    }
    if let Some(target) = &subject.target {
        object.value("target", &latin1(target));
    }
    object.names(
        "protocols",
        connection
            .applications()
            .iter()
            .map(|application| application.name()),
    );
    if let Some(states) = connection.states() {
        object.names("state", states.map(State::as_str));
    }
    object.number("packets_from_client", connection.packets.client);
    object.number("packets_from_server", connection.packets.server);
    object.number("bytes_from_client", connection.payload_len.client);
    object.number("bytes_from_server", connection.payload_len.server);
    object.key("timestamp").time(connection.first);
    let nanoseconds = u64::try_from(connection.duration()).unwrap_or_default();
    let out = object.key("duration");
    out.number(nanoseconds / 1_000_000_000);
    out.push(b'.');
    out.digits(nanoseconds % 1_000_000_000, 9);
    if let Some(streams) = &connection.streams {
        object.number("missing_from_client", streams.missing_len(Side::Client));
        object.number("missing_from_server", streams.missing_len(Side::Server));
    }
    if let Some(measure) = &connection.measure {
        statistics::measure(measure, &mut object);
    }
    let mut notes = Object::new(object.key("notes"));
    for (name, count) in connection.notes.iter() {
        notes.number(name, count.into());
    }
    notes.end();
    object.end();
}
