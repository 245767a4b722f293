//! Statistics as JSON: a line a protocol, then a line an address.

use std::io;

use serde_json::Value;
use wirekit::tcp::track::Side;

use super::view::Output;
use crate::inspect::conversation::measure::{Counts, Measure, Summary};
use crate::inspect::conversation::sides::Sides;
use crate::inspect::conversation::statistics::{Statistics, Talker};
use crate::inspect::text::json::Object;
use crate::inspect::text::put::{Put as _, exact_seconds};

/// The lines behind those of the connections.
pub(super) fn json(statistics: &Statistics, out: &mut Output<'_>) -> io::Result<()> {
    for (transport, applications, it) in statistics.protocols() {
        let mut object = Object::new(&mut out.line);
        object
            .plain("statistics", "protocol")
            .plain("transport", transport)
            .names("protocols", applications.iter().map(|it| it.name()))
            .number("connections", it.connections)
            .number("packets_from_client", it.packets.client)
            .number("packets_from_server", it.packets.server)
            .number("bytes_from_client", it.payload_len.client)
            .number("bytes_from_server", it.payload_len.server);
        exact_seconds(object.key("duration"), it.duration());
        let rates = [
            ("throughput_from_client", Side::Client),
            ("throughput_from_server", Side::Server),
        ];
        for (key, side) in rates {
            if let Some(rate) = it.throughput(side) {
                object.number(key, rate);
            }
        }
        if transport == "tcp" {
            sent(&it.counts, &mut object);
            for (key, side) in ROUND_TRIPS {
                let round_trips = it.round_trips.of(side);
                round_trip(key, (round_trips.count, round_trips.summary()), &mut object);
            }
        }
        object.end();
        out.end_line()?;
    }
    for (address, it) in statistics.talkers() {
        let mut object = Object::new(&mut out.line);
        object.plain("statistics", "talker");
        let key = object.key("address");
        key.push(b'"');
        key.address(address);
        key.push(b'"');
        if let Some(name) = &it.name {
            object.value("name", &Value::from(&**name));
        }
        talker(it, &mut object);
        object.end();
        out.end_line()?;
    }
    if let Some(others) = statistics.other_talkers() {
        let mut object = Object::new(&mut out.line);
        object.plain("statistics", "other_talkers");
        talker(others, &mut object);
        object.end();
        out.end_line()?;
    }
    Ok(())
}

fn talker(talker: &Talker, object: &mut Object<'_>) {
    object
        .number("connections", talker.connections)
        .number("packets_sent", talker.packets_sent)
        .number("packets_received", talker.packets_received)
        .number("bytes_sent", talker.bytes_sent)
        .number("bytes_received", talker.bytes_received);
}

/// Whose segments are acknowledged by whom.
const ROUND_TRIPS: [(&str, Side); 2] = [
    ("round_trip_to_server", Side::Client),
    ("round_trip_to_client", Side::Server),
];

/// The measures of one connection, as keys of its row.
pub(super) fn measure(measure: &Measure, object: &mut Object<'_>) {
    let (client, server) = (&measure.ends.client, &measure.ends.server);
    let counts = Sides {
        client: client.counts,
        server: server.counts,
    };
    sent(&counts, object);
    for (key, side) in ROUND_TRIPS {
        let round_trips = &measure.ends.of(side).round_trips;
        round_trip(key, (round_trips.count(), round_trips.summary()), object);
    }
}

fn sent(counts: &Sides<Counts>, object: &mut Object<'_>) {
    let Sides { client, server } = counts;
    object
        .number("data_segments_from_client", client.data_segments)
        .number("data_segments_from_server", server.data_segments)
        .number("retransmissions_from_client", client.retransmissions)
        .number("retransmissions_from_server", server.retransmissions)
        .number("retransmitted_from_client", client.retransmitted_len)
        .number("retransmitted_from_server", server.retransmitted_len)
        .number("full_windows_from_client", client.full_windows)
        .number("full_windows_from_server", server.full_windows)
        .number("zero_windows_from_client", client.zero_windows)
        .number("zero_windows_from_server", server.zero_windows);
}

fn round_trip(key: &str, (count, summary): (u64, Option<Summary>), object: &mut Object<'_>) {
    let Some(summary) = summary else {
        return;
    };
    let mut times = Object::new(object.key(key));
    times.number("count", count);
    exact_seconds(times.key("min"), summary.min);
    exact_seconds(times.key("median"), summary.median);
    exact_seconds(times.key("max"), summary.max);
    times.end();
}
