//! `--view packets`: one row a packet.

use std::io;
use wirekit::tcp::track::State;

use super::kept::Kept;
use super::view::{Output, View};
use crate::arguments::Format;
use crate::inspect::capture::Time;
use crate::inspect::conversation::connection::{Connection, Observed};
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::names::Names;
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::{Body, Check, Packet, PacketError, Transport};
use crate::inspect::text::json::Object;
use crate::inspect::text::options::{self, Timestamps};
use crate::inspect::text::put::{Put as _, seconds};

/// One row a packet.
#[derive(Debug)]
pub(crate) struct Packets {
    format: Format,
    kept: Kept,
    /// The time of the capture's first packet.
    start: Time,
}

impl Packets {
    pub(crate) fn new(format: Format, filter: Filter, max_held_len: usize) -> Self {
        Self {
            format,
            kept: Kept::new(filter, max_held_len),
            start: Time::default(),
        }
    }
}

impl View for Packets {
    fn needs(&self) -> Depth {
        Depth::Packets
    }

    fn begin(&mut self, start: Time) {
        self.start = start;
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if observed.is_some_and(|observed| !self.kept.wants(observed.connection)) {
            return Ok(());
        }
        match self.format {
            Format::Text | Format::Hex | Format::Raw => {
                let row = Row {
                    packet,
                    start: self.start,
                    observed: observed.as_ref(),
                    names: &out.names,
                };
                row.text(&mut out.line);
            }
            Format::Json => json(packet, observed.as_ref(), &mut out.line),
        }
        match observed {
            Some(observed) => self.kept.end_line(observed.connection, out),
            None => out.end_line(),
        }
    }

    fn finished(&mut self, connection: &Connection, _out: &mut Output<'_>) -> io::Result<()> {
        self.kept.finish(connection);
        Ok(())
    }

    fn left_out(&self) -> u64 {
        self.kept.left_out()
    }

    fn end(&mut self, _totals: &Totals, _out: &mut Output<'_>) -> io::Result<()> {
        Ok(())
    }
}

/// What a row of text is about.
struct Row<'r> {
    packet: &'r Packet<'r>,
    /// The time of the capture's first packet.
    start: Time,
    observed: Option<&'r Observed<'r>>,
    /// For packets that belong to no connection.
    names: &'r Names,
}

impl Row<'_> {
    fn text(&self, line: &mut Vec<u8>) {
        let packet = self.packet;
        line.number_right(packet.number, 6);
        line.text("  ");
        seconds(line, packet.time.since(self.start));
        line.text("  ");
        match &packet.body {
            Body::Tcp(transport) => {
                self.ends(transport, line);
                tcp_text(transport, self.observed, line);
            }
            Body::Udp(transport) => {
                self.ends(transport, line);
                line.text("udp len ");
                line.number(transport.payload_len as u64);
                check_text(transport.checksum, line);
            }
            Body::Fragment => {
                self.addresses(line);
                line.text("ip fragment");
            }
            Body::Other(name) => {
                self.addresses(line);
                line.text(name);
            }
            Body::Error(error) => {
                self.addresses(line);
                line.text(error.kind());
                line.text(": ");
                line.text(&error.to_string());
            }
        }
    }

    /// Source and destination of a packet that belongs to no connection, with the ports where they can be read.
    fn addresses(&self, line: &mut Vec<u8>) {
        let Some((source, destination)) = self.packet.addresses else {
            return;
        };
        let ports = self.packet.start.as_ref();
        let ports = ports.map(|start| (start.source_port, start.destination_port));
        let (from, to) = ports.unzip();
        for (address, port, separator) in [(source, from, " > "), (destination, to, "  ")] {
            match port {
                Some(port) => line.end((address, port).into()),
                None => line.address(address),
            }
            line.name(self.names.of(address));
            line.text(separator);
        }
    }

    fn ends<T>(&self, transport: &Transport<T>, line: &mut Vec<u8>) {
        let name = |end| self.observed?.connection.name_of(end);
        line.end(transport.source);
        line.name(name(transport.source));
        line.text(" > ");
        line.end(transport.destination);
        line.name(name(transport.destination));
        if let Some(observed) = self.observed {
            line.text("  #");
            line.number(observed.connection.number);
        }
        line.text("  ");
    }
}

fn tcp_text(
    transport: &Transport<wirekit::tcp::Segment<'_>>,
    observed: Option<&Observed<'_>>,
    line: &mut Vec<u8>,
) {
    let segment = &transport.unit;
    for (index, name) in segment.flags().names().enumerate() {
        if index > 0 {
            line.push(b' ');
        }
        line.text(name);
    }
    line.text("  seq ");
    line.number(segment.sequence_number().0.into());
    line.text(" ack ");
    line.number(segment.acknowledgment_number().0.into());
    line.text(" win ");
    line.number(segment.window().into());
    line.text(" len ");
    line.number(transport.payload_len as u64);
    check_text(transport.checksum, line);
    if !segment.options().as_bytes().is_empty() {
        line.text("  <");
        options::text(segment.options(), Timestamps::Numbered, line);
        line.push(b'>');
    }
    let Some(observation) = observed.and_then(|observed| observed.tcp) else {
        return;
    };
    if observation.states != observation.before {
        let [client, server] = observation.states;
        line.text("  ");
        line.text(client.as_str());
        line.push(b'/');
        line.text(server.as_str());
    }
    if !observation.notes.is_empty() {
        for (index, name) in observation.notes.names().enumerate() {
            line.text(if index == 0 { "  [" } else { ", " });
            line.text(name);
        }
        line.push(b']');
    }
}

fn check_text(checksum: Check, line: &mut Vec<u8>) {
    if checksum.is_bad() {
        line.text(" bad checksum");
    }
}

fn json(packet: &Packet<'_>, observed: Option<&Observed<'_>>, line: &mut Vec<u8>) {
    let mut object = Object::new(line);
    object.number("number", packet.number);
    object.key("timestamp").time(packet.time);
    if let Some((source, destination)) = packet.addresses {
        for (key, address) in [("source", source), ("destination", destination)] {
            let out = object.key(key);
            out.push(b'"');
            out.address(address);
            out.push(b'"');
        }
    }
    match &packet.body {
        Body::Tcp(transport) => {
            object.plain("protocol", "tcp");
            ports(transport, observed, &mut object);
            tcp_json(transport, observed, &mut object);
        }
        Body::Udp(transport) => {
            object.plain("protocol", "udp");
            ports(transport, observed, &mut object);
            object
                .number("payload_len", transport.payload_len as u64)
                .plain("checksum", transport.checksum.as_str());
        }
        Body::Fragment => {
            object.plain("protocol", "fragment");
        }
        Body::Other(name) => {
            object.plain("protocol", name);
        }
        Body::Error(error) => {
            object.plain("protocol", error.layer());
            if let Some(start) = packet.start {
                object
                    .number("source_port", start.source_port.into())
                    .number("destination_port", start.destination_port.into());
                for (key, number) in [
                    ("sequence_number", start.sequence_number),
                    ("acknowledgment_number", start.acknowledgment_number),
                ] {
                    if let Some(number) = number {
                        object.number(key, number.into());
                    }
                }
            }
            error_json(error, &mut object);
        }
    }
    object.end();
}

fn ports<T>(transport: &Transport<T>, observed: Option<&Observed<'_>>, object: &mut Object<'_>) {
    object.number("source_port", transport.source.port().into());
    object.number("destination_port", transport.destination.port().into());
    if let Some(observed) = observed {
        object.number("connection", observed.connection.number);
    }
}

fn tcp_json(
    transport: &Transport<wirekit::tcp::Segment<'_>>,
    observed: Option<&Observed<'_>>,
    object: &mut Object<'_>,
) {
    let segment = &transport.unit;
    object
        .number("sequence_number", segment.sequence_number().0.into())
        .number(
            "acknowledgment_number",
            segment.acknowledgment_number().0.into(),
        )
        .names("flags", segment.flags().names())
        .number("window", segment.window().into())
        .number("payload_len", transport.payload_len as u64)
        .plain("checksum", transport.checksum.as_str());
    options::json(segment.options(), object.key("options"));
    if let Some(observation) = observed.and_then(|observed| observed.tcp) {
        object.names("state", observation.states.map(State::as_str));
        object.names("notes", observation.notes.names());
    }
    if let Some(Err(error)) = segment.options().iter().find(Result::is_err) {
        error_json(&PacketError::Tcp(error), object);
    }
}

fn error_json(error: &PacketError, object: &mut Object<'_>) {
    let mut inner = Object::new(object.key("error"));
    inner
        .plain("kind", error.kind())
        .plain("message", &error.to_string());
    inner.end();
}
