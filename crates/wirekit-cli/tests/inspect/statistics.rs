//! What stands behind the connections.

use serde_json::{Value, json};

use crate::talk::{Client, Server, Talk, file};
use crate::{inspect, json};

fn statistics(capture: &[u8], kind: &str) -> Vec<Value> {
    let rows = json(capture, &["--view", "connections"]).into_iter();
    rows.filter(|row| row["statistics"] == kind).collect()
}

/// The only protocol's.
fn protocol(capture: &[u8]) -> Value {
    let [row] = <[Value; 1]>::try_from(statistics(capture, "protocol")).unwrap();
    row
}

fn ask(talk: Talk) -> Talk {
    talk.say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n")
}

#[test]
fn round_trips_are_by_acknowledgments() {
    // Seen near the client: what it sends comes back late, what the server sends at once.
    let talk = ask(Talk::to(80).open().wait(10))
        .wait(30)
        .acknowledge(Server)
        .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n")
        .say(Server, "body")
        // Of both; the later one is timed.
        .wait(5)
        .acknowledge(Client)
        .close();
    let row = protocol(&talk.file());
    // SYN, request, FIN: 1, 31 and 1 ms.
    assert_eq!(
        row["round_trip_to_server"],
        json!({"count": 3, "min": 0.001, "median": 0.001, "max": 0.031})
    );
    // SYN, body, FIN.
    assert_eq!(
        row["round_trip_to_client"],
        json!({"count": 3, "min": 0.001, "median": 0.001, "max": 0.006})
    );
}

/// RFC 6298 section 3: an acknowledgment of what was sent twice may be of either.
#[test]
fn what_was_sent_twice_is_not_timed() {
    let talk = ask(Talk::to(80).open())
        .wait(500)
        .repeat(0)
        .wait(20)
        .acknowledge(Server)
        // The first of two is sent again, and both are acknowledged by what follows it.
        .say(Client, "POST /2")
        .say(Client, " HTTP/1.1\r\n")
        .wait(300)
        .repeat(1)
        .wait(20)
        .acknowledge(Server);
    let row = protocol(&talk.file());
    assert_eq!(
        row["round_trip_to_server"],
        json!({"count": 1, "min": 0.001, "median": 0.001, "max": 0.001})
    );
    assert_eq!(row["data_segments_from_client"], 5);
    assert_eq!(row["retransmissions_from_client"], 2);
    assert_eq!(row["retransmitted_from_client"], 35 + 7);
    assert_eq!(row["retransmissions_from_server"], 0);
    let text = inspect(&talk.file(), &["--view", "connections"]);
    assert!(text.contains("2 of 5 (40.0 %)"), "{text}");
}

/// RFC 9293 section 3.8.6.
#[test]
fn full_and_closed_windows_are_counted() {
    let talk = ask(Talk::to(80).open().window(6))
        .say(Server, "HTTP/1")
        .acknowledge(Client)
        .window(0)
        .wait(100)
        .acknowledge(Client)
        .window(6)
        .say(Server, ".1 200");
    let row = protocol(&talk.file());
    // The request was sent with a window of 65,000, so only the last segment fills one.
    assert_eq!(row["full_windows_from_server"], 1);
    assert_eq!(row["full_windows_from_client"], 0);
    assert_eq!(row["zero_windows_from_client"], 1);
    assert_eq!(row["zero_windows_from_server"], 0);
}

#[test]
fn throughput_is_payload_by_time() {
    let talk = ask(Talk::to(80).open().wait(496))
        .wait(498)
        .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 960\r\n\r\n")
        .say(Server, "x".repeat(960))
        .acknowledge(Client);
    // 35 bytes and 1,000 within a second.
    let row = protocol(&talk.file());
    assert_eq!(row["duration"], 1.0);
    assert_eq!(row["throughput_from_client"], 35);
    assert_eq!(row["throughput_from_server"], 1000);
    let text = inspect(&talk.file(), &["--view", "connections"]);
    assert!(text.contains("35 B/s/1.00 kB/s"), "{text}");
}

#[test]
fn connections_add_up_by_protocol_and_address() {
    let web = |port| ask(Talk::to(80).from(port).open()).close();
    let inside = Talk::to(3031).inside().open().close();
    let (one, two) = (web(40_001), web(40_002));
    let capture = file(&[&one, &two, &inside]);
    let rows = statistics(&capture, "protocol");
    let seen: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!([
                row["transport"],
                row["protocols"],
                row["connections"],
                row["packets_from_client"],
                row["packets_from_server"],
                row["bytes_from_client"],
                row["bytes_from_server"],
            ])
        })
        .collect();
    assert_eq!(
        seen,
        [
            // Nothing was said that tells what it is.
            json!(["tcp", [], 1, 4, 2, 0, 0]),
            json!(["tcp", ["http1"], 2, 10, 4, 70, 0]),
        ]
    );
    let talkers = statistics(&capture, "talker");
    assert_eq!(
        talkers,
        [
            json!({"statistics": "talker", "address": "192.0.2.1", "connections": 2, "packets_sent": 10,
                "packets_received": 4, "bytes_sent": 70, "bytes_received": 0}),
            json!({"statistics": "talker", "address": "198.51.100.2", "connections": 3, "packets_sent": 8,
                "packets_received": 12, "bytes_sent": 0, "bytes_received": 70}),
            json!({"statistics": "talker", "address": "198.51.100.9", "connections": 1, "packets_sent": 2,
                "packets_received": 4, "bytes_sent": 0, "bytes_received": 0}),
        ]
    );
    // Of those alone that a filter keeps.
    let rows = json(&capture, &["--view", "connections", "--port", "3031"]);
    assert_eq!(rows.len(), 4, "{rows:?}");
}
