//! Checksums that a network card was still to fill in when the capture was made: they say nothing against the packet.

use core::net::Ipv4Addr;

use wirekit::checksum::Protocol;
use wirekit::tcp::{Flags, Header, PseudoHeader, SeqNumber, TcpOption};

use crate::capture::{Capture, Order, Packet};
use crate::inspect;

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nzzzzzzzzzzzzzzzzzzzz";

/// What a driver leaves in the field of a segment of so many bytes.
type Field = fn(&PseudoHeader, u32) -> u16;

/// A connection from its SYN to its last ACK, each checksum of it as `field` has it.
fn connection(field: Field) -> Vec<u8> {
    let (syn, data, fin) = (Flags::SYN, Flags::PSH | Flags::ACK, Flags::FIN | Flags::ACK);
    let rows: [(bool, Flags, u32, u32, &[u8]); 8] = [
        (true, syn, 1000, 0, b""),
        (false, syn | Flags::ACK, 5000, 1001, b""),
        (true, Flags::ACK, 1001, 5001, b""),
        (true, data, 1001, 5001, REQUEST),
        (false, data, 5001, 1037, RESPONSE),
        (true, fin, 1037, 5060, b""),
        (false, fin, 5060, 1038, b""),
        (true, Flags::ACK, 1038, 5061, b""),
    ];
    let packets = rows.into_iter().zip(1_u64..).map(|(row, number)| {
        let (from_client, flags, sequence, acknowledgment, payload) = row;
        let (ports, source, destination) = match from_client {
            true => ((40_000, 80), CLIENT, SERVER),
            false => ((80, 40_000), SERVER, CLIENT),
        };
        let header = Header {
            source_port: ports.0,
            destination_port: ports.1,
            sequence_number: SeqNumber(sequence),
            acknowledgment_number: SeqNumber(acknowledgment),
            flags,
            window: 64_240,
            urgent_pointer: 0,
        };
        let options = [TcpOption::MaximumSegmentSize(1460)];
        let options = if flags.contains(syn) {
            &options[..]
        } else {
            &[]
        };
        let pseudo = PseudoHeader::V4 {
            source,
            destination,
        };
        let mut segment = Vec::new();
        header
            .encode(options, &pseudo, payload, &mut segment)
            .expect("a segment");
        let left = field(&pseudo, segment.len() as u32);
        segment[16..18].copy_from_slice(&left.to_be_bytes());
        let [high, low] = (20 + segment.len() as u16).to_be_bytes();
        let mut data = vec![0x45, 0, high, low, 0, 0, 0, 0, 64, 6, 0, 0];
        data.extend(source.octets());
        data.extend(destination.octets());
        data.extend(segment);
        Packet {
            nanoseconds: number * 1_000_000,
            original_len: data.len() as u32,
            data,
        }
    });
    Capture {
        link: 101,
        packets: packets.collect(),
    }
    .pcap(Order::Little, 1000)
}

#[test]
fn whatever_the_driver_left_is_offloaded_and_the_stream_is_read() {
    let drivers: [(&str, Field); 3] = [
        ("the sum of the pseudo-header", |pseudo, len| {
            pseudo.checksum(Protocol::TCP, len).sum()
        }),
        (
            "that of large send offload, without a length",
            |pseudo, _| pseudo.checksum(Protocol::TCP, 0).sum(),
        ),
        ("zero", |_, _| 0),
    ];
    for (driver, field) in drivers {
        let file = connection(field);
        let packets = inspect(&file, &["--view", "packets", "--format", "json"]).stdout;
        let offloaded = r#""checksum":"offloaded""#;
        assert_eq!(packets.matches(offloaded).count(), 8, "{driver}: {packets}");
        assert_eq!(packets.matches("bad").count(), 0, "{driver}: {packets}");
        let story = inspect(&file, &[]).stdout;
        assert!(story.contains("GET /a HTTP/1.1"), "{driver}: {story}");
        assert!(story.contains("200 OK, body 20 bytes"), "{driver}: {story}");
        assert!(!story.contains("bad checksum"), "{driver}: {story}");
    }
}

#[test]
fn what_no_driver_leaves_is_bad() {
    let file = connection(|pseudo, len| pseudo.checksum(Protocol::TCP, len).sum() ^ 0x0100);
    let packets = inspect(&file, &["--view", "packets", "--format", "json"]).stdout;
    assert_eq!(
        packets.matches(r#""checksum":"bad""#).count(),
        8,
        "{packets}"
    );
}
