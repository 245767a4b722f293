use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::borrow::ToOwned;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use super::{Config, Ends, Event, Gone, Table};
use crate::reassembly::{self, Origin};
use crate::track::{Notes, Side};
use crate::{Flags, Header, PseudoHeader, Segment, SeqNumber};

const ANY: PseudoHeader = PseudoHeader::V4 {
    source: Ipv4Addr::LOCALHOST,
    destination: Ipv4Addr::LOCALHOST,
};
const SYN_ACK: Flags = Flags::SYN.union(Flags::ACK);
const FIN_ACK: Flags = Flags::FIN.union(Flags::ACK);

/// What is sent and seen, with a record of what came of it.
struct Seen {
    table: Table<u32>,
    packets: u64,
    time: Duration,
    record: Vec<String>,
}

impl Seen {
    fn new(config: Config) -> Self {
        Self {
            table: Table::new(config),
            packets: 0,
            time: Duration::ZERO,
            record: Vec::new(),
        }
    }

    /// A segment from the client with this port, or to it.
    fn send(&mut self, port: u16, from: Side, flags: Flags, numbers: [u32; 2], data: &[u8]) {
        self.send_in(0, port, from, flags, numbers, data);
    }

    fn send_in(
        &mut self,
        network: u32,
        port: u16,
        from: Side,
        flags: Flags,
        [sequence, acknowledgment]: [u32; 2],
        data: &[u8],
    ) {
        let (source, destination) = match from {
            Side::Client => (end(port), end(80)),
            Side::Server => (end(80), end(port)),
        };
        let header = Header {
            source_port: source.port(),
            destination_port: destination.port(),
            sequence_number: SeqNumber(sequence),
            acknowledgment_number: SeqNumber(acknowledgment),
            flags,
            window: 1000,
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header.encode(&[], &ANY, data, &mut bytes).unwrap();
        let segment = Segment::parse(&bytes).unwrap();
        self.packets += 1;
        let origin = Origin {
            packet: self.packets,
            time: self.time,
        };
        let ends = Ends::new(source, destination).network(network);
        let record = &mut self.record;
        self.table.receive(origin, ends, &segment, |flow, event| {
            record.extend(line(flow.number(), &event));
        });
    }

    fn poll(&mut self) {
        let record = &mut self.record;
        self.table.poll(self.time, |flow, event| {
            record.extend(line(flow.number(), &event));
        });
    }

    fn taken(&mut self) -> Vec<String> {
        core::mem::take(&mut self.record)
    }
}

fn end(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Nothing for a segment of which nothing stands out.
fn line(number: u64, event: &Event<'_>) -> Option<String> {
    let what = match event {
        Event::Segment { observation, .. } if observation.notes.is_empty() => return None,
        Event::Segment { observation, .. } => format!("{:?}", observation.notes),
        Event::Stream {
            from,
            event: reassembly::Event::Data(data),
            origin,
        } => format!(
            "{} {:?} by {}",
            from.as_str(),
            data.escape_ascii().to_string(),
            origin.packet
        ),
        Event::Stream { from, event, .. } => format!("{} {event:?}", from.as_str()),
        event => format!("{event:?}"),
    };
    Some(format!("{number} {what}"))
}

/// A handshake, with 100 and 500 as the first numbers.
fn open(seen: &mut Seen, port: u16) {
    seen.send(port, Side::Client, Flags::SYN, [100, 0], b"");
    seen.send(port, Side::Server, SYN_ACK, [500, 101], b"");
    seen.send(port, Side::Client, Flags::ACK, [101, 501], b"");
}

#[test]
fn a_connection_is_opened_and_read_and_closed_and_gone() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Client, Flags::ACK, [101, 501], b"hello");
    seen.send(9000, Side::Server, FIN_ACK, [501, 106], b"bye");
    seen.send(9000, Side::Client, FIN_ACK, [106, 505], b"");
    seen.send(9000, Side::Server, Flags::ACK, [505, 107], b"");
    assert_eq!(
        seen.taken(),
        [
            "1 Opened",
            "1 client \"hello\" by 4",
            "1 server \"bye\" by 5",
            "1 server End",
            "1 client End",
            "1 Closed { by_reset: false }",
        ]
    );
    // RFC 9293 section 3.6.1: TIME-WAIT takes two maximum segment lifetimes.
    seen.time = Duration::from_secs(239);
    seen.poll();
    assert_eq!((seen.taken(), seen.table.len()), (vec![], 1));
    seen.time = Duration::from_secs(240);
    seen.poll();
    assert_eq!(seen.taken(), ["1 Gone(Over)"]);
    assert!(seen.table.is_empty());
}

#[test]
fn data_that_waited_says_which_packet_it_came_in() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Client, Flags::ACK, [104, 501], b"def");
    seen.send(9000, Side::Client, Flags::ACK, [107, 501], b"ghi");
    assert!(seen.table.held_len() > 6);
    seen.send(9000, Side::Client, Flags::ACK, [101, 501], b"abc");
    let taken = seen.taken();
    let data: Vec<_> = taken.iter().filter(|line| line.contains(" by ")).collect();
    assert_eq!(
        data,
        [
            "1 client \"abc\" by 6",
            "1 client \"def\" by 4",
            "1 client \"ghi\" by 5",
        ]
    );
    assert_eq!(seen.table.held_len(), 0);
}

// RFC 9293 section 3.5.2 and RFC 5961: an end ignores a FIN or RST that is not its peer's, and the stream goes on.
#[test]
fn a_stream_goes_on_behind_a_fin_that_nobody_heeded() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Client, FIN_ACK, [101, 501], b"");
    seen.send(9000, Side::Client, Flags::ACK, [101, 501], b"abc");
    seen.send(9000, Side::Client, FIN_ACK, [104, 501], b"");
    let taken = seen.taken();
    let said: Vec<_> = taken
        .iter()
        .filter(|line| !line.contains("Notes") && !line.contains("Opened"))
        .collect();
    assert_eq!(
        said,
        [
            "1 client End",
            "1 Resumed { from: Client }",
            "1 client \"abc\" by 5",
            "1 client End",
        ]
    );
}

#[test]
fn what_is_acknowledged_and_was_not_seen_is_not_waited_for() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Client, Flags::ACK, [104, 501], b"def");
    seen.taken();
    seen.send(9000, Side::Server, Flags::ACK, [501, 107], b"");
    let taken = seen.taken();
    assert!(
        taken.contains(&"1 client Gap { len: 3, cause: Lost }".to_owned()),
        "{taken:?}"
    );
    assert!(
        taken.contains(&"1 client \"def\" by 4".to_owned()),
        "{taken:?}"
    );
}

#[test]
fn the_same_ports_again_are_another_connection() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Client, Flags::ACK, [104, 501], b"def");
    seen.taken();
    seen.send(9000, Side::Client, Flags::SYN, [90_000, 0], b"");
    assert_eq!(
        seen.taken(),
        [
            "1 client Gap { len: 3, cause: Lost }".to_owned(),
            "1 client \"def\" by 4".to_owned(),
            "1 Gone(Reused)".to_owned(),
            "2 Opened".to_owned(),
            format!("2 {:?}", Notes::PORTS_REUSED),
        ]
    );
}

#[test]
fn who_is_silent_too_long_is_gone_with_a_poll_or_without() {
    let config = Config::DEFAULT.idle_timeout(Duration::from_secs(10));
    let mut seen = Seen::new(config);
    open(&mut seen, 9000);
    open(&mut seen, 9001);
    seen.taken();
    seen.time = Duration::from_secs(9);
    seen.send(9001, Side::Client, Flags::ACK, [101, 501], b"x");
    seen.poll();
    assert_eq!(seen.taken(), ["2 client \"x\" by 7"]);
    seen.time = Duration::from_secs(10);
    seen.poll();
    assert_eq!(seen.taken(), ["1 Gone(Idle)"]);
    seen.time = Duration::from_secs(19);
    seen.send(9001, Side::Client, Flags::ACK, [102, 501], b"y");
    let taken = seen.taken();
    assert_eq!(taken.first().map(String::as_str), Some("2 Gone(Idle)"));
    assert_eq!(taken.get(1).map(String::as_str), Some("3 Opened"));
}

#[test]
fn others_segments_are_enough_for_the_silent_to_go() {
    let config = Config::DEFAULT.idle_timeout(Duration::from_secs(10));
    let mut seen = Seen::new(config);
    for port in 9000..9003 {
        seen.send(port, Side::Client, Flags::SYN, [1, 0], b"");
    }
    seen.taken();
    seen.time = Duration::from_secs(9);
    seen.send(9000, Side::Client, Flags::SYN, [1, 0], b"");
    seen.taken();
    seen.time = Duration::from_secs(10);
    for _ in 0..3 {
        seen.send(9000, Side::Client, Flags::SYN, [1, 0], b"");
    }
    let gone: Vec<_> = seen
        .taken()
        .into_iter()
        .filter(|it| it.contains("Gone"))
        .collect();
    assert_eq!(gone, ["2 Gone(Idle)", "3 Gone(Idle)"]);
}

#[test]
fn one_that_is_little_used_makes_room() {
    let mut seen = Seen::new(Config::DEFAULT.max_flows(2));
    open(&mut seen, 9000);
    seen.send(9001, Side::Client, Flags::SYN, [1, 0], b"");
    seen.send(9002, Side::Client, Flags::SYN, [1, 0], b"");
    assert_eq!(
        seen.taken(),
        ["1 Opened", "2 Opened", "2 Gone(Evicted)", "3 Opened"]
    );
    assert_eq!(seen.table.len(), 2);
    let mut numbers: Vec<u64> = seen.table.iter().map(super::Flow::number).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 3]);
}

#[test]
fn a_reset_closes_at_once() {
    let mut seen = Seen::new(Config::DEFAULT);
    open(&mut seen, 9000);
    seen.send(9000, Side::Server, Flags::RST, [501, 0], b"");
    seen.send(9000, Side::Server, Flags::RST, [501, 0], b"");
    let taken = seen.taken();
    let closed: Vec<_> = taken.iter().filter(|it| it.contains("Closed")).collect();
    assert_eq!(closed, ["1 Closed { by_reset: true }"]);
}

#[test]
fn a_direction_that_is_ignored_is_neither_held_nor_delivered() {
    let mut table: Table<()> = Table::new(Config::DEFAULT);
    let mut heard = Vec::new();
    for (packet, (from, sequence)) in [
        (Side::Server, 10_u32),
        (Side::Client, 10),
        (Side::Server, 30),
        (Side::Client, 11),
    ]
    .into_iter()
    .enumerate()
    {
        let (source, destination) = match from {
            Side::Client => (9000, 80),
            Side::Server => (80, 9000),
        };
        let header = Header {
            source_port: source,
            destination_port: destination,
            sequence_number: SeqNumber(sequence),
            ..Header::default()
        };
        let mut bytes = Vec::new();
        header.encode(&[], &ANY, b"x", &mut bytes).unwrap();
        let segment = Segment::parse(&bytes).unwrap();
        let origin = Origin {
            packet: packet as u64,
            time: Duration::ZERO,
        };
        let ends = Ends::new(end(source), end(destination));
        table.receive(origin, ends, &segment, |flow, event| match event {
            Event::Opened => flow.ignore(Side::Server),
            Event::Stream { from, .. } => heard.push(from),
            _ => {}
        });
    }
    assert_eq!(heard, [Side::Client, Side::Client]);
    assert_eq!(table.held_len(), 0);
    assert!(
        table
            .iter()
            .all(|flow| flow.ignores(Side::Server) && !flow.ignores(Side::Client))
    );
}

#[test]
fn networks_are_apart_and_the_client_is_known_without_a_syn() {
    let mut seen = Seen::new(Config::DEFAULT);
    seen.send_in(1, 9000, Side::Server, Flags::ACK, [501, 101], b"a");
    seen.send_in(2, 9000, Side::Server, SYN_ACK, [501, 101], b"");
    let mut found: Vec<_> = seen
        .table
        .iter()
        .map(|flow| (flow.number(), flow.network(), flow.client(), flow.server()))
        .collect();
    found.sort_unstable();
    assert_eq!(
        found,
        [(1, 1, end(9000), end(80)), (2, 2, end(9000), end(80))]
    );
    seen.table.finish(|flow, event| {
        if let Event::Gone(gone) = event {
            let number = flow.number();
            assert_eq!((gone, flow.last().packet), (Gone::Finished, number));
            let shown = format!("#{number} {} > {}", end(9000), end(80));
            assert_eq!(flow.to_string(), shown);
            flow.value += 1;
        }
    });
    assert!(seen.table.is_empty());
}
