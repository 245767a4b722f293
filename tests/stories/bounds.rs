//! What is dropped to stay within the bounds is counted and said.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;
use std::fs;

use wirekit::tcp::{Flags, Header, PseudoHeader, SeqNumber};

use crate::capture::{Capture, Order, Packet};
use crate::{inspect, package};

/// A segment from an end of its own to the same server.
fn segment(number: u32, sequence: u32, flags: Flags, payload: &[u8]) -> Packet {
    let [_, b, c, d] = number.to_be_bytes();
    let [high, low] = u16::try_from(40 + payload.len())
        .expect("a short packet")
        .to_be_bytes();
    let mut data = vec![
        0x45, 0, high, low, 0, 0, 0, 0, 64, 6, 0, 0, 10, b, c, d, 192, 0, 2, 1,
    ];
    let header = Header {
        source_port: 40_000,
        destination_port: 80,
        sequence_number: SeqNumber(sequence),
        acknowledgment_number: SeqNumber(0),
        flags,
        window: 65_535,
        urgent_pointer: 0,
    };
    let pseudo = PseudoHeader::V4 {
        source: Ipv4Addr::new(10, b, c, d),
        destination: Ipv4Addr::new(192, 0, 2, 1),
    };
    header
        .encode(&[], &pseudo, payload, &mut data)
        .expect("a segment");
    let original_len = data.len() as u32;
    Packet {
        nanoseconds: u64::from(number) * 1000,
        original_len,
        data,
    }
}

fn syn(number: u32) -> Packet {
    segment(number, number, Flags::SYN, &[])
}

#[test]
fn a_flood_of_connections_is_reported_in_full_and_held_in_part() {
    let flood = Capture {
        link: 101,
        packets: (0..5000).map(syn).collect(),
    };
    let file = flood.pcap(Order::Little, 1000);
    for view in ["connections", "story"] {
        let run = inspect(&file, &["--view", view, "--max-connections", "100"]);
        let dropped = "dropped: 4,900 connections made room for others (--max-connections)";
        assert!(run.stdout.lines().any(|line| line == dropped), "{view}");
    }
    // Where the output is for programs, people read it on stderr.
    for view in ["connections", "story", "packets"] {
        let options = [
            "--view",
            view,
            "--format",
            "json",
            "--max-connections",
            "100",
        ];
        let run = inspect(&file, &options);
        let dropped = "dropped: 4,900 connections made room for others (--max-connections)\n";
        assert!(run.stderr.ends_with(dropped), "{view}: {}", run.stderr);
        assert!(!run.stdout.contains("dropped"), "{view}");
        assert_eq!(run.status, 0);
    }
    let run = inspect(
        &file,
        &["--view", "connections", "--max-connections", "100"],
    );
    assert_eq!(
        run.stdout
            .lines()
            .filter(|line| line.contains("SYN-SENT"))
            .count(),
        5000
    );
}

#[test]
fn waiting_text_is_bounded_and_nothing_of_it_is_lost() {
    let file = fs::read(package().join("captures/raw_loss_reorder.pcap")).expect("a capture");
    let whole = inspect(&file, &[]);
    let bounded = inspect(&file, &["--max-buffered", "5000"]);
    assert!(bounded.stdout.contains("(to be continued)") && bounded.stdout.contains("(continued)"));
    let heads = |text: &str| {
        text.lines()
            .filter(|line| line.contains("HTTP/1.1"))
            .count()
    };
    assert_eq!(heads(&whole.stdout), heads(&bounded.stdout));
}

#[test]
fn messages_that_never_end_are_held_within_the_bound() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n";
    let mut packets = Vec::new();
    for number in 0..100 {
        packets.push(segment(number, 0, Flags::SYN, &[]));
        packets.push(segment(number, 1, Flags::ACK, head));
        packets.push(segment(
            number,
            1 + head.len() as u32,
            Flags::ACK,
            &[b'x'; 20_000],
        ));
    }
    let flood = Capture { link: 101, packets };
    let file = flood.pcap(Order::Little, 1000);
    let bound = ["--max-buffered", "1000000"];
    let run = inspect(&file, &bound);
    // Each holds 20,000 bytes of its body.
    let dropped = "dropped: 50 messages given up for want of room (--max-buffered)";
    assert!(
        run.stdout.lines().any(|line| line == dropped),
        "{}",
        run.stdout
    );
    assert_eq!(run.stdout.matches("http1 is not read on").count(), 50);
    let run = inspect(&file, &[&bound[..], &["--format", "json"]].concat());
    let unread = r#""note":"unread","protocol":"http1","reason":"no_room""#;
    assert_eq!(run.stdout.matches(unread).count(), 50);
    assert!(run.stderr.contains(dropped), "{}", run.stderr);
    // With room for all none is given up.
    let run = inspect(&file, &["--format", "json"]);
    assert!(!run.stdout.contains("unread") && run.stderr.is_empty());
}

#[test]
fn where_reading_ends_at_a_gap_it_is_said() {
    // The client's first message in the one, its hello in the other.
    for (name, first) in [
        ("websocket", b"\x81\x85".as_slice()),
        ("tls", b"\x16\x03\x01"),
    ] {
        let file = fs::read(package().join(format!("captures/{name}.pcap"))).expect("a capture");
        let mut capture = Capture::read(&file);
        let holds_first = |packet: &Packet| packet.data.windows(first.len()).any(|it| it == first);
        let at = capture.packets.iter().position(holds_first);
        capture.packets.remove(at.expect("the first message"));
        let run = inspect(&capture.pcap(Order::Little, 1000), &["--format", "json"]);
        let unread = format!(r#""note":"unread","protocol":"{name}","reason":"gap""#);
        assert_eq!(run.stdout.matches(&unread).count(), 1, "{name}");
    }
}

#[test]
fn filters_keep_what_they_name() {
    let file = fs::read(package().join("captures/cooked_v1_uwsgi.pcap")).expect("a capture");
    let rows: [(&[&str], &str, usize); 6] = [
        (&[], "#", 2),
        (&["--connection", "2"], "#2 ", 1),
        (&["--port", "8080"], "#1 ", 1),
        (&["--protocol", "uwsgi"], "#2 ", 1),
        (&["--protocol", "tcp"], "#", 2),
        (&["--protocol", "udp"], "#", 0),
    ];
    for (arguments, start, count) in rows {
        let run = inspect(&file, arguments);
        let found: Vec<&str> = run
            .stdout
            .lines()
            .filter(|line| line.starts_with('#'))
            .collect();
        assert_eq!(found.len(), count, "{arguments:?}");
        assert!(
            found.iter().all(|line| line.starts_with(start)),
            "{arguments:?}"
        );
    }
    for view in ["packets", "story"] {
        let all = inspect(&file, &["--view", view, "--format", "json"]);
        let kept = inspect(
            &file,
            &["--view", view, "--format", "json", "--protocol", "uwsgi"],
        );
        let expected: Vec<&str> = all
            .stdout
            .lines()
            .filter(|line| line.contains(r#""connection":2,"#))
            .collect();
        assert_eq!(kept.stdout.lines().collect::<Vec<_>>(), expected, "{view}");
    }
}

/// HTTP may turn into WebSocket as long as the connection lasts, and no longer.
#[test]
fn http_that_never_switched_is_no_websocket() {
    let file = fs::read(package().join("../crates/wirekit-cli/sample.pcap")).expect("a capture");
    for (view, line) in [
        ("connections", r#"{"connection":"#),
        ("story", r#""event":"open""#),
    ] {
        let kept = inspect(
            &file,
            &[
                "--view",
                view,
                "--format",
                "json",
                "--protocol",
                "websocket",
            ],
        );
        let numbers = kept.stdout.lines().filter(|it| it.contains(line));
        let numbers: BTreeSet<&str> = numbers
            .filter_map(|it| it.split([':', ',']).nth(1))
            .collect();
        assert_eq!(numbers, BTreeSet::from(["7", "8"]), "{view}");
    }
}

#[test]
fn recognition_can_be_overridden() {
    let file = fs::read(package().join("captures/loopback_uwsgi.pcap")).expect("a capture");
    let run = inspect(
        &file,
        &["--view", "connections", "--decode-as", "3031=unknown"],
    );
    assert!(run.stdout.contains("tcp/unknown"));
    let run = inspect(&file, &["--decode-as", "3031=http1"]);
    assert_eq!(run.status, 0);
    assert!(run.stdout.contains("broken at byte 0"), "{}", run.stdout);
}
