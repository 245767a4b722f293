//! What `wirekit inspect` holds is bounded by its options, whatever is captured.

use core::net::Ipv4Addr;
use std::io::Read;

use wirekit::checksum::{Checksum, PseudoHeader};
use wirekit::tcp::{Flags, Header, SeqNumber};

use super::peak_len;

const MAX_CONNECTIONS: usize = 50;
const MAX_BUFFERED_LEN: usize = 128 * 1024;
/// What a connection costs beside what it holds: it, its tracker, its streams, its part of a section.
const CONNECTION_LEN: usize = 3 * 1024;
/// What the reader, the recently used slots and the tables cost, however much is captured.
const BASE_LEN: usize = 400 * 1024;

/// Out-of-order segments, messages that are not whole, exchanges and text that waits have the bound each, and a vector that
/// grows has twice what it needs for a moment; the page keeps more kinds of text.
const VIEWS: [(&[&str], usize); 5] = [
    (&["--view", "story"], 4),
    (&["--view", "story", "--format", "json"], 4),
    (&["--view", "packets", "--protocol", "websocket"], 4),
    (&["--view", "journeys"], 4),
    (&["--view", "html"], 6),
];

/// One segment: of which client, at which place of its stream, with what.
struct Sent {
    client: u32,
    sequence: u32,
    flags: Flags,
    data: Vec<u8>,
    /// Whether its checksum is right.
    is_good: bool,
}

/// A capture that is made while it is read, so that it is not held itself.
struct Made<I> {
    packets: I,
    bytes: Vec<u8>,
    used: usize,
}

impl<I: Iterator<Item = Sent>> Read for Made<I> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.used == self.bytes.len() {
            let Some(sent) = self.packets.next() else {
                return Ok(0);
            };
            (self.bytes, self.used) = (record(&sent), 0);
        }
        let rest = &self.bytes[self.used..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.used += len;
        Ok(len)
    }
}

fn made(packets: impl Iterator<Item = Sent>) -> impl Read {
    let words = [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101];
    Made {
        packets,
        bytes: words.iter().flat_map(|word| word.to_le_bytes()).collect(),
        used: 0,
    }
}

/// The segment in an IPv4 packet, as a record of a capture.
fn record(sent: &Sent) -> Vec<u8> {
    let [_, high, middle, low] = sent.client.to_be_bytes();
    let source = Ipv4Addr::new(10, high, middle, low);
    let destination = Ipv4Addr::new(11, 0, 0, 1);
    let header = Header {
        source_port: 40_000,
        destination_port: 80,
        sequence_number: SeqNumber(sent.sequence),
        flags: sent.flags,
        window: 65_535,
        ..Header::default()
    };
    let pseudo = PseudoHeader::V4 {
        source,
        destination,
    };
    let mut segment = Vec::new();
    let encoded = header.encode(&[], &pseudo, &sent.data, &mut segment);
    let len = u16::try_from(20 + encoded.expect("a segment")).expect("a packet");
    if !sent.is_good {
        segment[16] ^= 0x55;
    }
    let mut packet = vec![0x45, 0];
    packet.extend(len.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 6, 0, 0]);
    packet.extend(source.octets());
    packet.extend(destination.octets());
    let mut checksum = Checksum::new();
    checksum.update(&packet);
    packet[10..12].copy_from_slice(&checksum.finish().to_be_bytes());
    packet.extend(segment);
    let words = [1_700_000_000, 0, u32::from(len), u32::from(len)];
    let mut record: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    record.append(&mut packet);
    record
}

/// A segment with data, which its client sends at this place.
fn data(client: u32, sequence: u32, data: impl Into<Vec<u8>>) -> Sent {
    Sent {
        client,
        sequence,
        flags: Flags::ACK.union(Flags::PSH),
        data: data.into(),
        is_good: true,
    }
}

fn syn(client: u32) -> Sent {
    Sent {
        sequence: 0,
        flags: Flags::SYN,
        ..data(client, 0, "")
    }
}

/// What a client sends of which the end never comes: a SYN, and `first` followed by as much filling.
fn endless(
    clients: u32,
    first: &'static [u8],
    (filling, pieces): (u8, u32),
) -> impl Iterator<Item = Sent> {
    (0..clients).flat_map(move |client| {
        let rest = (0..pieces).map(move |piece| {
            let sequence = 1 + u32::try_from(first.len()).unwrap() + piece * 1000;
            data(client, sequence, vec![filling; 1000])
        });
        [syn(client), data(client, 1, first)]
            .into_iter()
            .chain(rest)
    })
}

#[test]
fn what_inspect_holds_is_bounded() {
    const HEAD: &[u8] = b"POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n";
    const UPGRADE: &[u8] =
        b"GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    type Capture = Box<dyn Fn() -> Box<dyn Iterator<Item = Sent>>>;
    let captures: [(&str, Capture); 9] = [
        ("flows", Box::new(|| Box::new((0..1_000).map(syn)))),
        (
            "heads",
            Box::new(|| Box::new(endless(80, b"GET /", (b'x', 30)))),
        ),
        (
            "bodies",
            Box::new(|| Box::new(endless(80, HEAD, (b'x', 30)))),
        ),
        (
            "changes of protocol",
            Box::new(|| Box::new(endless(60, UPGRADE, (b'x', 60)))),
        ),
        (
            "hellos",
            Box::new(|| {
                Box::new(endless(
                    800,
                    &[22, 3, 1, 0x3f, 0xff, 1, 0, 0x3f, 0xf0],
                    (7, 15),
                ))
            }),
        ),
        (
            "packets of uwsgi",
            Box::new(|| {
                let first = b"\0\xff\xff\0\x0c\0QUERY_STRING\xe0\xff";
                Box::new(endless(80, first, (b'x', 60)))
            }),
        ),
        (
            "gaps",
            Box::new(|| {
                let pieces =
                    |client| (1..60).map(move |at| data(client, at * 1001, vec![b'x'; 1000]));
                Box::new(
                    (0..80).flat_map(move |client| {
                        core::iter::once(syn(client)).chain(pieces(client))
                    }),
                )
            }),
        ),
        (
            "requests without answers",
            Box::new(|| {
                let request = b"GET /a/rather/long/target/of/a/request HTTP/1.1\r\nHost: www.example.com\r\n\r\n";
                let len = u32::try_from(request.len()).unwrap();
                Box::new((0..10).flat_map(move |client| {
                    let sent = (0..500).map(move |at| data(client, 1 + at * len, request));
                    core::iter::once(syn(client)).chain(sent)
                }))
            }),
        ),
        (
            "bad checksums",
            Box::new(|| {
                Box::new(endless(80, b"GET /", (b'x', 30)).map(|sent| Sent {
                    is_good: sent.flags.contains(Flags::SYN),
                    ..sent
                }))
            }),
        ),
    ];
    let (connections, buffered) = (MAX_CONNECTIONS.to_string(), MAX_BUFFERED_LEN.to_string());
    let mut faults = Vec::new();
    for (name, packets) in &captures {
        for (view, buffers) in VIEWS {
            let max = BASE_LEN + MAX_CONNECTIONS * CONNECTION_LEN + buffers * MAX_BUFFERED_LEN;
            let bounds = [
                "--max-connections",
                &*connections,
                "--max-buffered",
                &*buffered,
            ];
            let arguments = ["wirekit", "inspect", "-"]
                .iter()
                .chain(&bounds)
                .chain(view);
            let peak = peak_len(|| {
                let status =
                    wirekit_cli::run(arguments, made(packets()), std::io::sink(), std::io::sink());
                assert_eq!(status, 0, "{name} {view:?}");
            });
            if peak > max {
                faults.push(format!("{name} {view:?}: {peak} bytes of {max}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// No capture takes more than 64 MiB: more connections are opened here than are followed by default.
#[test]
fn a_flood_is_held_in_64_mb() {
    const FLOOD: u32 = 80_000;
    /// The program takes ten million more beside what it allocates here: its code, stacks and buffers of output.
    const MAX_LEN: usize = 56_000_000;
    for view in ["connections", "story", "html"] {
        let arguments = ["wirekit", "inspect", "-", "--view", view];
        let peak = peak_len(|| {
            let capture = made((0..FLOOD).map(syn));
            let status = wirekit_cli::run(arguments, capture, std::io::sink(), std::io::sink());
            assert_eq!(status, 0);
        });
        assert!(peak <= MAX_LEN, "{view}: {peak} bytes");
    }
}

/// A writer that only counts how often it is given a text, which is short and stands in one line.
struct Counting {
    text: &'static [u8],
    line: Vec<u8>,
    count: usize,
}

impl std::io::Write for &mut Counting {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(line);
            if line.ends_with(b"\n") {
                let found = self.line.windows(self.text.len());
                self.count += found.filter(|found| found == &self.text).count();
                self.line.clear();
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_page_does_not_hold_what_is_finished() {
    const CLIENTS: u32 = 70;
    const SEGMENTS: u32 = 300;
    let packets = (0..CLIENTS).flat_map(|client| {
        let sent = (0..SEGMENTS).map(move |at| data(client, 1 + at * 10, "0123456789"));
        core::iter::once(syn(client)).chain(sent)
    });
    let buffered = MAX_BUFFERED_LEN.to_string();
    let arguments = [
        "wirekit",
        "inspect",
        "-",
        "--view",
        "html",
        "--max-buffered",
        &*buffered,
        "--max-connections",
        "1",
    ];
    let mut lines = Counting {
        text: b"PSH ACK, 10 bytes",
        line: Vec::new(),
        count: 0,
    };
    let peak = peak_len(|| {
        let status = wirekit_cli::run(arguments, made(packets), &mut lines, std::io::sink());
        assert_eq!(status, 0);
    });
    // Each connection takes the place of the one before, which is finished by that. All of them together are seven times what
    // may be held.
    assert_eq!(lines.count, (CLIENTS * SEGMENTS) as usize);
    let max = BASE_LEN + 2 * MAX_BUFFERED_LEN;
    assert!(peak <= max, "{peak} bytes of {max}");
}
