//! The connections of a capture, as `wirekit inspect` follows them and as `tcp::flow::Table` does.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use serde_json::Value;
use wirekit::tcp::flow::{Config, Ends, Event, Flow, Table};
use wirekit::tcp::reassembly::{self, Origin};
use wirekit::tcp::track::Side;
use wirekit::tcp::{Flags, Header, Segment, SeqNumber};

use super::frames::{RAW_IP, segment};
use super::inspect::{inspect, pcap};

const CLIENT: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 1);
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 2);

/// The streams of a connection, in pieces: of which packet, by whom, and the bytes, or how many are missing.
type Pieces = Vec<(Option<u64>, String, String)>;

/// Law 10, of programs: a program that embeds the table gets the streams that `inspect` shows, byte for byte, each of the same
/// packet.
pub fn flows(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut packets = Vec::new();
    while !input.is_empty() && packets.len() < 40 {
        packets.extend(packet(&mut input));
    }
    let frames: Vec<&[u8]> = packets.iter().map(|(_, frame)| &frame[..]).collect();
    let file = pcap(RAW_IP, &frames);
    let (expected, count) = by_table(&packets);
    for number in 1..=count {
        let number_text = number.to_string();
        let view = ["--view", "stream", "--format", "json", "--connection"];
        let arguments: Vec<&str> = view.into_iter().chain([&*number_text]).collect();
        let (status, lines, _) = inspect(&file[..], &arguments);
        assert_eq!(status, 0);
        let shown: Pieces = lines.lines().map(shown).collect();
        let pieces = expected.get(&number).cloned().unwrap_or_default();
        assert_eq!(shown, pieces, "connection {number}");
    }
    let (status, lines, _) = inspect(&file[..], &["--view", "connections", "--format", "json"]);
    // What stands behind the rows adds them up.
    let rows = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let rows = rows.filter(|row| row.get("connection").is_some());
    assert_eq!((status, rows.count() as u64), (0, count));
}

/// A segment of one of three clients, or to it, in an IPv4 packet.
fn packet(input: &mut Unstructured<'_>) -> Result<(Ends, Vec<u8>)> {
    let client = SocketAddr::from((CLIENT, 9000 + u16::from(input.arbitrary::<u8>()? % 3)));
    let server = SocketAddr::from((SERVER, 80));
    let (source, destination) = match input.arbitrary()? {
        true => (client, server),
        false => (server, client),
    };
    let header = Header {
        source_port: source.port(),
        destination_port: destination.port(),
        sequence_number: SeqNumber(u32::from(input.arbitrary::<u8>()? % 64)),
        acknowledgment_number: SeqNumber(u32::from(input.arbitrary::<u8>()? % 64)),
        flags: Flags::from_bits(u16::from(input.arbitrary::<u8>()? & 0x17)),
        ..Header::default()
    };
    let len = usize::from(input.arbitrary::<u8>()? % 16);
    let payload = vec![b'a' + input.arbitrary::<u8>()? % 26; len];
    let (from, to) = match source.port() {
        80 => (SERVER, CLIENT),
        _ => (CLIENT, SERVER),
    };
    let frame = segment(header, [from, to], &payload);
    Ok((Ends::new(source, destination), frame))
}

/// What the table delivers of each connection, and how many there are.
fn by_table(packets: &[(Ends, Vec<u8>)]) -> (BTreeMap<u64, Pieces>, u64) {
    let mut streams: BTreeMap<u64, Pieces> = BTreeMap::new();
    let mut count = 0;
    let mut take = |flow: &mut Flow, event: Event<'_>| {
        let number = flow.number();
        count = count.max(number);
        let pieces = streams.entry(number).or_default();
        if let Some((from, data, origin)) = event.data() {
            let text = String::from_utf8_lossy(data).into_owned();
            pieces.push((Some(origin.packet), from.as_str().into(), text));
        } else if let Event::Stream {
            from,
            event: reassembly::Event::Gap { len, .. },
            ..
        } = event
        {
            pieces.push((None, Side::as_str(from).into(), len.to_string()));
        }
    };
    let config = Config::DEFAULT.idle_timeout(Duration::MAX);
    let mut table = Table::new(config);
    for (packet, (ends, frame)) in (1..).zip(packets) {
        let segment = Segment::parse(&frame[20..]).expect("a segment");
        let time = Duration::from_millis(packet);
        table.receive(Origin { packet, time }, *ends, &segment, &mut take);
    }
    table.finish(&mut take);
    (streams, count)
}

fn shown(line: &str) -> (Option<u64>, String, String) {
    let row: Value = serde_json::from_str(line).expect("JSON");
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    match row.get("gap") {
        Some(_) => (None, text("from"), row["len"].to_string()),
        None => (row["packet"].as_u64(), text("from"), text("data")),
    }
}
