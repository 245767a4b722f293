//! `--view story --format json`: one event a line, as it happens.

use std::io;

use super::kept::Kept;
use super::view::{Output, View};
use crate::events::latin1;
use crate::inspect::conversation::connection::Connection;
use crate::inspect::conversation::connection::Observed;
use crate::inspect::conversation::depth::Depth;
use crate::inspect::conversation::filter::Filter;
use crate::inspect::conversation::tale::{Tale, What};
use crate::inspect::conversation::totals::Totals;
use crate::inspect::layers::packet::{Body, Packet};
use crate::inspect::text::json::Object;
use crate::inspect::text::options;
use crate::inspect::text::put::Put as _;

/// One event a line.
#[derive(Debug)]
pub(crate) struct StoryJson {
    kept: Kept,
}

impl StoryJson {
    pub(crate) fn new(filter: Filter, max_held_len: usize) -> Self {
        Self {
            kept: Kept::new(filter, max_held_len),
        }
    }
}

impl View for StoryJson {
    fn needs(&self) -> Depth {
        Depth::Messages
    }

    fn packet(
        &mut self,
        packet: &Packet<'_>,
        observed: Option<Observed<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        let (Body::Error(error), None) = (&packet.body, observed) else {
            return Ok(());
        };
        let mut object = Object::new(&mut out.line);
        object.number("packet", packet.number);
        object.key("timestamp").time(packet.time);
        object.plain("layer", error.layer()).plain("event", "error");
        object
            .plain("kind", error.kind())
            .plain("message", &error.to_string());
        object.end();
        out.end_line()
    }

    fn tale(
        &mut self,
        connection: &Connection,
        tale: Tale,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        if !self.kept.wants(connection) {
            return Ok(());
        }
        let mut object = Object::new(&mut out.line);
        object
            .number("connection", connection.number)
            .number("packet", tale.packet);
        object.key("timestamp").time(tale.time);
        object.plain("from", tale.from.as_str());
        what(connection, &tale, &mut object);
        object.end();
        self.kept.end_line(connection, out)
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

fn what(connection: &Connection, tale: &Tale, object: &mut Object<'_>) {
    if let What::Message {
        application,
        base,
        event,
    } = &tale.what
    {
        object
            .plain("layer", application.name())
            .plain("event", event.name());
        object.number("offset", base + event.offset());
        if let Some(len) = event.len() {
            object.number("len", len);
        }
        for (key, value) in &event.message().to_json() {
            object.value(key, value);
        }
        return;
    }
    object.plain("layer", connection.transport_name());
    match &tale.what {
        What::Open(syn) => {
            object.plain("event", "open");
            ends(connection, tale, object);
            if let Some(segment) = syn.segment() {
                object.number("sequence_number", segment.sequence_number().0.into());
                options::json(segment.options(), object.key("options"));
            }
            object
        }
        What::Established { round_trip } => {
            object.plain("event", "established");
            if let Some(round_trip) = round_trip {
                let nanoseconds = u64::try_from(*round_trip).unwrap_or_default();
                let out = object.key("round_trip");
                out.number(nanoseconds / 1_000_000_000);
                out.push(b'.');
                out.digits(nanoseconds % 1_000_000_000, 9);
            }
            object
        }
        What::HalfClosed => object.plain("event", "half_closed"),
        What::Closed => object.plain("event", "closed"),
        What::Reset { text } => {
            object.plain("event", "reset");
            if !text.is_empty() {
                object.value("data", &latin1(text));
            }
            object
        }
        What::TimeWait => object.plain("event", "time_wait"),
        What::Timeout => object.plain("event", "timeout"),
        What::Gap { offset, len, cause } => object
            .plain("event", "gap")
            .number("offset", *offset)
            .number("len", *len)
            .plain("cause", cause.as_str()),
        What::Data { offset, bytes } => object
            .plain("event", "data")
            .number("offset", *offset)
            .number("len", bytes.len() as u64)
            .value("data", &latin1(bytes)),
        What::Bytes { offset, bytes, .. } => object
            .plain("event", "data")
            .number("offset", *offset)
            .number("len", bytes.len() as u64),
        What::Conflict { offset, len } => object
            .plain("event", "note")
            .plain("note", "conflict")
            .number("offset", *offset)
            .number("len", *len),
        What::ChecksumsIgnored => object
            .plain("event", "note")
            .plain("note", "checksums_ignored"),
        What::Unread {
            application,
            reason,
        } => object
            .plain("event", "note")
            .plain("note", "unread")
            .plain("protocol", application.name())
            .plain("reason", reason.as_str()),
        What::Note {
            name,
            sequence_number,
            payload_len,
        } => object
            .plain("event", "note")
            .plain("note", name)
            .number("sequence_number", (*sequence_number).into())
            .number("payload_len", *payload_len as u64),
        What::Datagram {
            payload_len,
            checksum,
        } => {
            object.plain("event", "datagram");
            ends(connection, tale, object);
            object
                .number("payload_len", *payload_len as u64)
                .plain("checksum", checksum.as_str())
        }
        What::Error(error) => object
            .plain("event", "error")
            .plain("kind", error.kind())
            .plain("message", &error.to_string()),
        What::Message { .. } => object,
    };
}

fn ends(connection: &Connection, tale: &Tale, object: &mut Object<'_>) {
    let (source, destination) = (
        connection.ends.of(tale.from),
        connection.ends.of(tale.from.peer()),
    );
    for (key, end) in [("source", source), ("destination", destination)] {
        let out = object.key(key);
        out.push(b'"');
        out.address(end.ip());
        out.push(b'"');
    }
    object
        .number("source_port", source.port().into())
        .number("destination_port", destination.port().into());
}
