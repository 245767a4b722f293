//! The table of connections, beside a tracker and two reassemblers of each connection's own.

use core::net::{Ipv4Addr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

use arbitrary::{Result, Unstructured};
use wirekit::tcp::flow::{Config, Ends, Event, Flow, Gone, Table};
use wirekit::tcp::reassembly::{self, Limits, Origin, Reassembler};
use wirekit::tcp::track::{self, Side, Tracker};
use wirekit::tcp::{Flags, Header, Segment, SeqNumber};

use super::LOCAL;

/// Law 10 for the table: however segments of several connections alternate, each connection is given what it would be given
/// alone; each begins once and ends once, within the bounds.
pub fn flow(data: &[u8]) {
    let _ = flow_of(&mut Unstructured::new(data));
}

/// What is known of a connection that was begun and is not gone.
struct Alone {
    tracker: Tracker,
    ports: (u16, u16),
    streams: [Reassembler; 2],
    /// What is to be delivered next, of each side: the bytes, each with the packet that brought it.
    expected: [Vec<(u8, u64)>; 2],
}

/// The connections that there are, by number.
#[derive(Default)]
struct Model {
    open: BTreeMap<u64, Alone>,
    begun: u64,
}

const LIMITS: Limits = Limits::DEFAULT.max_held_len(usize::MAX);

fn flow_of(input: &mut Unstructured<'_>) -> Result<()> {
    let max_flows = input.int_in_range(1..=4)?;
    let idle_timeout = Duration::from_secs(input.int_in_range(1..=400)?);
    let config = Config::DEFAULT
        .max_flows(max_flows)
        .idle_timeout(idle_timeout)
        .max_held_len(usize::MAX)
        .limits(LIMITS);
    let mut table: Table<u64> = Table::new(config);
    let mut model = Model::default();
    let (mut packet, mut time) = (0, Duration::ZERO);
    while !input.is_empty() && packet < 200 {
        packet += 1;
        if input.ratio(1, 8)? {
            time += Duration::from_secs(input.int_in_range(0..=300)?);
            table.poll(time, |flow, event| model.take(flow, &event, packet));
        }
        let ports = (9000 + u16::from(input.arbitrary::<u8>()? % 6), 80);
        let is_client = input.arbitrary()?;
        let (source, destination) = if is_client { ports } else { (ports.1, ports.0) };
        let header = Header {
            source_port: source,
            destination_port: destination,
            sequence_number: SeqNumber(u32::from(input.arbitrary::<u8>()?)),
            acknowledgment_number: SeqNumber(u32::from(input.arbitrary::<u8>()?)),
            flags: Flags::from_bits(u16::from(input.arbitrary::<u8>()? & 0x17)),
            ..Header::default()
        };
        let len = usize::from(input.arbitrary::<u8>()? % 16);
        let payload = vec![u8::try_from(packet).expect("few packets"); len];
        let mut bytes = Vec::new();
        header
            .encode(&[], &LOCAL, &payload, &mut bytes)
            .expect("a segment");
        let segment = Segment::parse(&bytes).expect("a segment");
        let origin = Origin { packet, time };
        let ends = Ends::new(end(source), end(destination));
        if input.ratio(1, 16)? {
            table.receive_damaged(origin, ends, &segment, |flow, event| {
                model.take(flow, &event, packet);
            });
            continue;
        }
        let mut is_fed = false;
        table.receive(origin, ends, &segment, |flow, event| {
            // The connection that the segment belongs to is known once it says so.
            if let Event::Segment { from, .. } = event {
                assert!(!core::mem::replace(&mut is_fed, true));
                assert_eq!(from == Side::Client, source == flow.client().port());
                model.feed(flow.number(), from, origin, &segment);
            }
            model.take(flow, &event, packet);
        });
        assert!(is_fed && table.len() <= max_flows && table.len() == model.open.len());
        assert!(model.open.values().all(Alone::is_delivered));
    }
    table.finish(|flow, event| {
        model.take(flow, &event, packet);
        if let Event::Gone(gone) = event {
            assert_eq!(gone, Gone::Finished);
        }
    });
    assert!(table.is_empty() && model.open.is_empty() && table.held_len() == 0);
    Ok(())
}

impl Model {
    /// A connection's own reassemblers take what the table takes.
    fn feed(&mut self, number: u64, from: Side, origin: Origin, segment: &Segment<'_>) {
        let alone = self.open.get_mut(&number).expect("it was opened");
        assert!(!alone.tracker.is_reopened_by(from, segment));
        alone.tracker.observe(origin.time, from, segment);
        let [client, server] = &mut alone.streams;
        let [of_client, of_server] = &mut alone.expected;
        let (stream, expected, peer, of_peer) = match from {
            Side::Client => (client, of_client, server, of_server),
            Side::Server => (server, of_server, client, of_client),
        };
        if stream.is_resumed_by(segment) {
            stream.resume();
        }
        gather(stream.receive_from(origin, segment), expected);
        if segment.flags().contains(Flags::ACK) {
            gather(peer.acknowledge(segment.acknowledgment_number()), of_peer);
        }
    }

    fn take(&mut self, flow: &mut Flow<u64>, event: &Event<'_>, packet: u64) {
        let number = flow.number();
        if *event == Event::Opened {
            self.begun += 1;
            assert_eq!((number, flow.value), (self.begun, 0));
            let [one, other] = [flow.client().port(), flow.server().port()];
            let ports = (one.min(other), one.max(other));
            let is_alone = self.open.values().all(|other| other.ports != ports);
            assert!(is_alone, "{ports:?} are open already");
            let tracker = Tracker::new(track::Config::DEFAULT);
            let streams = [(); 2].map(|()| Reassembler::new(LIMITS));
            let expected = Default::default();
            self.open.insert(
                number,
                Alone {
                    tracker,
                    ports,
                    streams,
                    expected,
                },
            );
        }
        flow.value += 1;
        let alone = self.open.get_mut(&number).expect("it is open");
        match event {
            Event::Stream {
                from,
                event: reassembly::Event::Data(data),
                origin,
            } => {
                assert!(origin.packet <= packet && origin.packet >= flow.first().packet);
                let expected = alone.expected(*from);
                let given: Vec<_> = data.iter().map(|byte| (*byte, origin.packet)).collect();
                assert!(expected.len() >= given.len(), "{given:?}, not {expected:?}");
                let next: Vec<_> = expected.drain(..given.len()).collect();
                assert_eq!(next, given);
            }
            Event::Gone(_) => {
                let mut gone = self.open.remove(&number).expect("it is open");
                // What it held was delivered: nothing is left to be flushed.
                for from in [Side::Client, Side::Server] {
                    assert!(gone.expected(from).is_empty());
                }
            }
            _ => {}
        }
    }
}

impl Alone {
    fn expected(&mut self, from: Side) -> &mut Vec<(u8, u64)> {
        let place = match from {
            Side::Client => 0,
            Side::Server => 1,
        };
        // Data that comes unasked is what was held: the connection is at its end.
        if self.expected[place].is_empty() {
            gather(self.streams[place].flush(), &mut self.expected[place]);
        }
        &mut self.expected[place]
    }

    fn is_delivered(&self) -> bool {
        self.expected.iter().all(Vec::is_empty)
    }
}

fn gather(mut events: reassembly::Events<'_, '_>, into: &mut Vec<(u8, u64)>) {
    while let Some((event, origin)) = events.next_with_origin() {
        if let reassembly::Event::Data(data) = event {
            into.extend(data.iter().map(|byte| (*byte, origin.packet)));
        }
    }
}

fn end(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}
