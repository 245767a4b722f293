//! Captures of any bytes, read by `wirekit inspect`.

use std::collections::BTreeMap;
use std::io::{Read, Write as _};

use arbitrary::Unstructured;
use serde_json::Value;

/// The kinds of link that most captures are of: Ethernet, raw IP, BSD loopback, Linux cooked.
const LINKS: [u32; 6] = [1, 101, 0, 113, 276, 127];
const ETHERNET: u32 = 1;
const VIEWS: [&[&str]; 9] = [
    &["--view", "packets"],
    &["--view", "packets", "--format", "json"],
    &["--view", "connections"],
    &["--view", "story"],
    &["--view", "story", "--format", "json"],
    &["--view", "exchanges", "--format", "json"],
    &["--view", "journeys"],
    &["--view", "html"],
    &["--view", "stream", "--connection", "1"],
];

/// Gives so many bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = self.1.min(self.0.len()).min(buffer.len());
        let (piece, rest) = self.0.split_at(len);
        buffer[..len].copy_from_slice(piece);
        self.0 = rest;
        Ok(len)
    }
}

pub(super) fn inspect(capture: impl Read, arguments: &[&str]) -> (u8, String, String) {
    run("-", capture, arguments)
}

/// As [`inspect`], of a file, which a thread of its own reads.
fn inspect_file(capture: &[u8], arguments: &[&str]) -> (u8, String, String) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(capture).expect("a file with a capture");
    let name = file.path().to_str().expect("a name in UTF-8");
    let (status, stdout, stderr) = run(name, &b""[..], arguments);
    (status, stdout, stderr.replace(name, "-"))
}

fn run(name: &str, stdin: impl Read, arguments: &[&str]) -> (u8, String, String) {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let all = ["wirekit", "inspect", name];
    let all = all.iter().chain(arguments);
    let status = wirekit_cli::run(all, stdin, &mut stdout, &mut stderr);
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status, text(stdout), text(stderr))
}

/// A capture of one kind of link, and its packets.
fn capture<'a>(input: &mut Unstructured<'a>) -> (u32, Vec<&'a [u8]>) {
    let link = *input.choose(&LINKS).unwrap_or(&ETHERNET);
    let mut packets = Vec::new();
    // Of nothing more comes a zero, and no error.
    while !input.is_empty() {
        let len = input.arbitrary::<u8>().unwrap_or_default();
        // Most packets are short; a long one has the bytes behind its length for one more.
        let len = match len {
            255 => input.arbitrary::<u16>().map_or(255, usize::from),
            len => len.into(),
        };
        let len = len.min(input.len());
        packets.push(input.bytes(len).unwrap_or_default());
    }
    (link, packets)
}

pub(super) fn pcap(link: u32, packets: &[&[u8]]) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, link] {
        file.extend(word.to_le_bytes());
    }
    for (packet, number) in packets.iter().zip(1_u32..) {
        let len = u32::try_from(packet.len()).expect("a short packet");
        for word in [
            1_700_000_000 + number / 1000,
            number % 1000 * 1000,
            len,
            len,
        ] {
            file.extend(word.to_le_bytes());
        }
        file.extend_from_slice(packet);
    }
    file
}

/// Law 4: however a capture arrives, the same is printed; cut anywhere, what stands before the cut is.
pub fn capture_splits(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let Ok(view) = input.choose(&VIEWS) else {
        return;
    };
    let (Ok(step), Ok(cut), Ok(is_file)) = (
        input.arbitrary::<u8>(),
        input.arbitrary::<u16>(),
        input.arbitrary::<bool>(),
    ) else {
        return;
    };
    let file = match is_file {
        true => input.take_rest().to_vec(),
        false => {
            let (link, packets) = capture(&mut input);
            pcap(link, &packets)
        }
    };
    let whole = inspect(&file[..], view);
    assert!(matches!(whole.0, 0 | 1), "{whole:?}");
    let pieces = inspect(Pieces(&file, usize::from(step).max(1)), view);
    assert_eq!(whole, pieces, "{step} bytes at a time");
    assert_eq!(whole, inspect_file(&file, view), "of a file");
    let cut = usize::from(cut).min(file.len());
    let rows = ["--view", "packets"];
    let (all, part) = (inspect(&file[..], &rows), inspect(&file[..cut], &rows));
    assert!(
        all.1.starts_with(&part.1),
        "cut at {cut}: {part:?} of {all:?}"
    );
}

/// Law 7, of numbers: no packet is reported twice or left out, and the counts of the views add up.
pub fn counts(data: &[u8]) {
    let (link, packets) = capture(&mut Unstructured::new(data));
    let file = pcap(link, &packets);
    let json = |view| -> Vec<Value> {
        let (status, lines, words) = inspect(&file[..], &["--view", view, "--format", "json"]);
        assert_eq!((status, words.as_str()), (0, ""));
        let value = |line| serde_json::from_str(line).expect("JSON");
        lines.lines().map(value).collect()
    };
    let rows = json("packets");
    let numbers = rows.iter().map(|row| row["number"].as_u64());
    assert!(numbers.eq((1..=packets.len() as u64).map(Some)), "{rows:?}");
    let mut by_connection: BTreeMap<u64, u64> = BTreeMap::new();
    for connection in rows.iter().filter_map(|row| row["connection"].as_u64()) {
        *by_connection.entry(connection).or_default() += 1;
    }
    let counted: BTreeMap<u64, u64> = json("connections")
        .iter()
        // Statistics stand behind them.
        .filter(|row| row["statistics"].is_null())
        .map(|row| {
            let count = |key: &str| row[key].as_u64().expect("a count");
            let both = count("packets_from_client") + count("packets_from_server");
            (count("connection"), both)
        })
        .collect();
    assert_eq!(by_connection, counted);
    let events = json("story");
    let mut last = 0;
    for event in events.iter().filter_map(|event| event["packet"].as_u64()) {
        assert!(
            (1..=packets.len() as u64).contains(&event),
            "packet {event}"
        );
        last = last.max(event);
    }
    assert!(last <= packets.len() as u64);
}

/// Where etherparse finds a segment or datagram in an Ethernet frame, so do we, and the same one.
pub fn versus_etherparse(data: &[u8]) {
    let (_, packets) = capture(&mut Unstructured::new(data));
    let file = pcap(ETHERNET, &packets);
    let (status, lines, _) = inspect(&file[..], &["--view", "packets", "--format", "json"]);
    assert_eq!(status, 0);
    for (frame, line) in packets.iter().zip(lines.lines()) {
        let row: Value = serde_json::from_str(line).expect("JSON");
        let Ok(sliced) = etherparse::SlicedPacket::from_ethernet(frame) else {
            continue;
        };
        let is_fragment = sliced.net.as_ref().is_some_and(|net| match net {
            etherparse::NetSlice::Ipv4(ip) => ip.header().is_fragmenting_payload(),
            etherparse::NetSlice::Ipv6(ip) => ip.is_payload_fragmented(),
            etherparse::NetSlice::Arp(_) => false,
        });
        let Some(etherparse::TransportSlice::Tcp(tcp)) = &sliced.transport else {
            continue;
        };
        // It takes the first piece of a packet for all of it.
        if is_fragment || row["protocol"] == "link" || row["protocol"] == "ip" {
            continue;
        }
        assert_eq!(row["protocol"], "tcp", "{row} of {frame:02x?}");
        let ports = (tcp.source_port(), tcp.destination_port());
        let found = (&row["source_port"], &row["destination_port"]);
        assert_eq!(found, (&ports.0.into(), &ports.1.into()), "{frame:02x?}");
        if row.get("error").is_none() {
            assert_eq!(
                row["sequence_number"],
                tcp.sequence_number(),
                "{frame:02x?}"
            );
            assert_eq!(row["payload_len"], tcp.payload().len(), "{frame:02x?}");
        }
    }
}
