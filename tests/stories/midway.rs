//! Connections that the capture does not hold from their beginning, or not whole, and those inside of tunnels.

use core::net::Ipv4Addr;

use wirekit::tcp::{Flags, Header, PseudoHeader, SeqNumber};

use crate::capture::{Capture, Order, Packet};
use crate::inspect;

const CLIENT: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 1), 40_000);
const SERVER: (Ipv4Addr, u16) = (Ipv4Addr::new(192, 0, 2, 2), 80);
const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789";

/// An IPv4 packet around a segment.
fn segment(from_client: bool, flags: Flags, numbers: (u32, u32), payload: &[u8]) -> Vec<u8> {
    let (source, destination) = if from_client {
        (CLIENT, SERVER)
    } else {
        (SERVER, CLIENT)
    };
    let header = Header {
        source_port: source.1,
        destination_port: destination.1,
        sequence_number: SeqNumber(numbers.0),
        acknowledgment_number: SeqNumber(numbers.1),
        flags,
        window: 65_535,
        urgent_pointer: 0,
    };
    let pseudo = PseudoHeader::V4 {
        source: source.0,
        destination: destination.0,
    };
    let mut bytes = Vec::new();
    header
        .encode(&[], &pseudo, payload, &mut bytes)
        .expect("a segment");
    ipv4(source.0, destination.0, 6, &bytes)
}

fn ipv4(source: Ipv4Addr, destination: Ipv4Addr, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let len = (20 + payload.len() as u16).to_be_bytes();
    let mut packet = vec![0x45, 0, len[0], len[1], 0, 0, 0, 0, 64, protocol, 0, 0];
    packet.extend(source.octets());
    packet.extend(destination.octets());
    packet.extend(payload);
    packet
}

fn file(packets: Vec<Vec<u8>>, snap_len: usize) -> Vec<u8> {
    let packets = packets.into_iter().zip(1..).map(|(mut data, number)| {
        let original_len = data.len() as u32;
        data.truncate(snap_len);
        Packet {
            nanoseconds: number * 1_000_000,
            original_len,
            data,
        }
    });
    Capture {
        link: 101,
        packets: packets.collect(),
    }
    .pcap(Order::Little, 1000)
}

const DATA: Flags = Flags::PSH.union(Flags::ACK);

#[test]
fn a_stream_that_began_before_is_read_from_its_next_message_on() {
    let packets = vec![
        segment(false, DATA, (1000, 500), b"the rest of a body"),
        segment(true, DATA, (500, 1018), REQUEST),
        segment(false, DATA, (1018, 528), RESPONSE),
    ];
    let printed = inspect(&file(packets, 65_535), &[]).stdout;
    assert!(printed.contains("←  18 bytes"), "{printed}");
    assert!(printed.contains("GET /a HTTP/1.1"), "{printed}");
    assert!(
        printed.contains("HTTP/1.1 200 OK, body 10 bytes"),
        "{printed}"
    );
    assert!(!printed.contains("broken"), "{printed}");
}

#[test]
fn clients_of_connections_that_began_before_have_the_higher_port() {
    let mut packet = segment(false, DATA, (1000, 500), b"who knows");
    // Ports 9000 and 40,000; the checksum follows.
    packet[20..22].copy_from_slice(&9000_u16.to_be_bytes());
    packet[36..38].copy_from_slice(&[0, 0]);
    let printed = inspect(
        &file(vec![packet], 65_535),
        &["--view", "connections", "--format", "json"],
    )
    .stdout;
    assert!(
        printed.contains(r#""client":"192.0.2.1","client_port":40000"#),
        "{printed}"
    );
}

#[test]
fn a_body_that_is_broken_off_does_not_count_for_the_next() {
    let (head, tail) = RESPONSE.split_at(41);
    let packets = vec![
        segment(true, Flags::SYN, (499, 0), b""),
        segment(false, Flags::SYN | Flags::ACK, (999, 500), b""),
        segment(true, DATA, (500, 1000), REQUEST),
        segment(false, DATA, (1000, 528), head),
        // Three bytes are missing, which the client has.
        segment(false, DATA, (1044, 528), &tail[3..]),
        segment(true, DATA, (528, 1049), REQUEST),
        segment(false, DATA, (1049, 556), RESPONSE),
    ];
    let file = file(packets, 65_535);
    for view in ["story", "html"] {
        let printed = inspect(&file, &["--view", view]).stdout;
        assert!(printed.contains("3 bytes missing"), "{printed}");
        assert!(printed.contains("body 10 bytes"), "{printed}");
        assert!(!printed.contains("body 12 bytes"), "{printed}");
    }
}

#[test]
fn a_tunnel_shows_what_is_in_it() {
    let inner = segment(true, DATA, (500, 1000), REQUEST);
    let (one, two) = (
        Ipv4Addr::new(198, 51, 100, 1),
        Ipv4Addr::new(198, 51, 100, 2),
    );
    let gre = [&[0, 0, 0x08, 0][..], &inner].concat();
    // In two pieces, of which the first has a multiple of eight bytes.
    let whole = ipv4(one, two, 47, &gre);
    let mut first = ipv4(one, two, 47, &whole[20..60]);
    first[6] = 0x20;
    let mut second = ipv4(one, two, 47, &whole[60..]);
    second[7] = 5;
    let expected = inspect(&file(vec![inner.clone()], 65_535), &[]).stdout;
    for packets in [vec![ipv4(one, two, 4, &inner)], vec![whole]] {
        assert_eq!(inspect(&file(packets, 65_535), &[]).stdout, expected);
    }
    let printed = inspect(&file(vec![first, second], 65_535), &[]).stdout;
    assert!(printed.contains("GET /a HTTP/1.1"), "{printed}");
}

#[test]
fn headers_cut_in_their_options_are_followed() {
    let mut syn = segment(true, Flags::SYN, (499, 0), b"");
    // The data offset of 24 more bytes of options; a maximum segment size is what the capture keeps of them.
    syn[32] = 11 << 4;
    syn[2..4].copy_from_slice(&64_u16.to_be_bytes());
    syn.extend([2, 4, 5, 0xb4, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0]);
    syn.extend([1; 10]);
    let printed = inspect(
        &file(vec![syn], 46),
        &["--view", "packets", "--format", "json"],
    )
    .stdout;
    assert!(
        printed.contains(r#""state":["SYN-SENT","SYN-RECEIVED"]"#),
        "{printed}"
    );
    assert!(printed.contains(r#""options":[{"kind":2,"#), "{printed}");
    assert!(printed.contains(r#""checksum":"unverified""#), "{printed}");
}

#[test]
fn lines_that_wait_too_long_for_their_protocol_are_counted() {
    let mut packets = vec![segment(true, Flags::ACK, (500, 1000), b""); 2000];
    packets.push(segment(true, DATA, (500, 1000), REQUEST));
    let file = file(packets, 65_535);
    let options = ["--view", "packets", "--protocol", "http1"];
    let run = inspect(&file, &options);
    let kept = run.stdout.lines().count();
    assert!((300..2000).contains(&kept), "{kept}");
    let left_out = grouped(2001 - kept);
    let said = format!("dropped: {left_out} lines of connections");
    assert!(run.stderr.contains(&said), "{}: {said}", run.stderr);
    // A filter by another protocol leaves nothing out.
    let run = inspect(&file, &["--view", "packets", "--protocol", "tls"]);
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
}

#[test]
fn a_segment_that_breaks_a_rule_still_names_its_ends() {
    let mut packet = segment(true, DATA, (500, 1000), REQUEST);
    packet[32] = 0x40;
    let file = file(vec![packet], 65_535);
    let printed = inspect(&file, &["--view", "packets", "--format", "json"]).stdout;
    let ends = r#""protocol":"tcp","source_port":40000,"destination_port":80,"sequence_number":500,"acknowledgment_number":1000,"error":{"kind":"tcp.data_offset_too_small""#;
    assert!(printed.contains(ends), "{printed}");
    let printed = inspect(&file, &["--view", "packets"]).stdout;
    let ends = "192.0.2.1:40000 > 192.0.2.2:80  tcp.data_offset_too_small";
    assert!(printed.contains(ends), "{printed}");
}

/// As the program writes numbers for people.
fn grouped(number: usize) -> String {
    match (number / 1000, number % 1000) {
        (0, rest) => rest.to_string(),
        (thousands, rest) => format!("{thousands},{rest:03}"),
    }
}
