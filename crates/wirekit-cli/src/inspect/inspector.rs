//! The one pass over a capture: every packet goes to its connection, and what comes of it to the view.

use std::io;

use wirekit::tcp::Segment;
use wirekit::tcp::flow::{Ends, Key, Map, Slot};
use wirekit::tcp::reassembly::Origin;
use wirekit::tcp::track::{Notes, Observation, Side, Tracker};
use wirekit::udp::Datagram;

use super::capture::Time;
use super::conversation::application::Application;
use super::conversation::connection::{Connection, Observed};
use super::conversation::depth::Depth;
use super::conversation::doubts::{Doubts, Trust};
use super::conversation::filter::Filter;
use super::conversation::life;
use super::conversation::names::Names;
use super::conversation::streams::{Room, Streams};
use super::conversation::tale::{Said, Tale, What};
use super::conversation::totals::Totals;
use super::layers::packet::{Body, Packet, PacketReader, Transport};
use super::settings::{Checksums, Settings};
use super::views::view::{Output, View};

/// The protocol number of UDP.
const UDP: u8 = 17;
/// Connections that are remembered to be over; further ones are shown at the end.
const MAX_OVER: usize = 4096;

/// The state of the pass.
///
/// It stands on what `flow::Table` is made of (`flow::Map`, `Tracker`, `flow::Streams`), and not on the table itself, as it asks
/// five things that a program on a link has no use for, and that would make the table slower or its states more:
///
/// - datagrams under the same bound and the same numbers, the oldest of either kind to go first;
/// - a segment that is taken late, behind others: one whose checksum is bad, once its peer acknowledges it;
/// - who is the client of a connection that was joined, by the ports of services;
/// - connections that stay once they are over, whatever the time, so that sections and rows come in the order of their numbers;
/// - no streams at all where a view looks at packets alone, and values that are made of what the inspector knows.
///
/// What both make of a capture is held equal by the law `cli::flows`.
pub(crate) struct Inspector<'s, V> {
    settings: &'s Settings,
    view: V,
    depth: Depth,
    connections: Map<Connection>,
    room: Room,
    totals: Totals,
    /// The time of the last packet.
    now: Time,
    /// Where connections stand that are over, until somebody asks.
    over: Vec<Slot>,
    /// What the packet says, kept for its memory.
    said: Vec<Said>,
}

impl<'s, V: View> Inspector<'s, V> {
    pub(crate) fn new(settings: &'s Settings, view: V) -> Self {
        Self {
            settings,
            depth: view.needs().max(settings.filter.needs()),
            view,
            connections: Map::new(settings.max_connections),
            room: Room::new(settings.max_buffered_len, settings.rules),
            totals: Totals::default(),
            now: Time::default(),
            over: Vec::new(),
            said: Vec::new(),
        }
    }

    /// How much of the capture is looked at.
    pub(crate) const fn depth(&self) -> Depth {
        self.depth
    }

    /// Takes the next packet.
    pub(crate) fn packet(&mut self, packet: &Packet<'_>, out: &mut Output<'_>) -> io::Result<()> {
        if self.totals.packets == 0 {
            self.view.begin(packet.time);
        }
        self.totals.packets += 1;
        self.now = packet.time;
        match &packet.body {
            Body::Tcp(transport) => return self.tcp(packet, transport, out),
            Body::Udp(transport) => return self.udp(packet, transport, out),
            Body::Fragment => self.totals.fragments += 1,
            Body::Other(name) => *self.totals.others.entry(name).or_default() += 1,
            Body::Error(error) => *self.totals.errors.entry(error.kind()).or_default() += 1,
        }
        if self.settings.filter.is_empty() {
            self.view.packet(packet, None, out)?;
        }
        Ok(())
    }

    fn tcp(
        &mut self,
        packet: &Packet<'_>,
        transport: &Transport<Segment<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        self.totals.tcp_packets += 1;
        self.totals.bad_checksums += u64::from(transport.checksum.is_bad());
        let segment = &transport.unit;
        let ends = Ends::new(transport.source, transport.destination).network(packet.network);
        let (key, from_low) = ends.key();
        let mut found = self.connections.find(&key);
        let mut reused = false;
        if let Some(slot) = found
            && !transport.checksum.is_bad()
            && let Some(connection) = self.connections.get_mut(slot)
        {
            let from = connection.side(from_low);
            reused = connection
                .tracker
                .as_ref()
                .is_some_and(|tracker| tracker.is_reopened_by(from, segment));
            if reused {
                self.close(slot, out)?;
                found = None;
            }
        }
        let slot = match found {
            Some(slot) => slot,
            None => {
                let mut connection =
                    Connection::tcp(self.next_number(), packet.time, from_low, transport);
                if reused {
                    connection.notes.add(Notes::PORTS_REUSED);
                }
                connection.streams = self.streams(&connection);
                name(&mut connection, &out.names);
                connection.measure = V::MEASURES.then(Box::default);
                self.insert(key, connection, out)?
            }
        };
        let Some(connection) = self.connections.get_mut(slot) else {
            return Ok(());
        };
        let from = connection.side(from_low);
        connection.count(packet, from, transport);
        let trust = match transport.checksum.is_bad() {
            true => self.settings.checksums.trust(connection, from),
            false => Trust::Believed,
        };
        let mut taking = Taking {
            depth: self.depth,
            origin: Origin {
                packet: packet.number,
                time: packet.time.duration(),
            },
            said: &mut self.said,
        };
        if trust == Trust::Damaged || connection.doubts.is_some() {
            let memory = &self.room.memory;
            let doubts = || Box::new(Doubts::new(memory.share()));
            connection.doubts.get_or_insert_with(doubts);
            taking.settle(connection, from, segment, trust);
        }
        let notes = match reused {
            true => Notes::PORTS_REUSED,
            false => Notes::NONE,
        };
        let observation = taking.take(connection, (from, trust), segment, notes);
        if observation.is_some_and(|it| it.states != it.before)
            && connection.tracker.as_ref().is_some_and(Tracker::is_over)
            && self.over.len() < MAX_OVER
        {
            self.over.push(slot);
        }
        let observed = Observed {
            connection,
            tcp: observation,
        };
        self.view.packet(packet, Some(observed), out)?;
        if self.said.is_empty() {
            return Ok(());
        }
        tell(
            &mut self.view,
            (connection, &self.settings.filter),
            (packet.number, packet.time),
            &mut self.said,
            out,
        )
    }

    fn udp(
        &mut self,
        packet: &Packet<'_>,
        transport: &Transport<Datagram<'_>>,
        out: &mut Output<'_>,
    ) -> io::Result<()> {
        self.totals.udp_packets += 1;
        self.totals.bad_checksums += u64::from(transport.checksum.is_bad());
        let ends = Ends::new(transport.source, transport.destination).network(packet.network);
        let (key, from_low) = ends.key();
        let key = key.protocol(UDP);
        let slot = match self.connections.find(&key) {
            Some(slot) => slot,
            None => {
                let mut connection =
                    Connection::udp(self.next_number(), packet.time, from_low, transport);
                name(&mut connection, &out.names);
                self.insert(key, connection, out)?
            }
        };
        if self.settings.names {
            let port = transport.source.port();
            out.names.learn(port, transport.unit.payload());
        }
        let Some(connection) = self.connections.get_mut(slot) else {
            return Ok(());
        };
        let from = connection.side(from_low);
        connection.count(packet, from, transport);
        let observed = Observed {
            connection,
            tcp: None,
        };
        self.view.packet(packet, Some(observed), out)?;
        if self.depth == Depth::Messages {
            let what = What::Datagram {
                payload_len: transport.payload_len,
                checksum: transport.checksum,
            };
            self.said.push(Said { from, what });
        }
        tell(
            &mut self.view,
            (connection, &self.settings.filter),
            (packet.number, packet.time),
            &mut self.said,
            out,
        )
    }

    /// Nothing comes at the moment: what is known by now is shown.
    pub(crate) fn idle(&mut self, out: &mut Output<'_>) -> io::Result<()> {
        for slot in core::mem::take(&mut self.over) {
            let Some(connection) = self.connections.get_mut(slot) else {
                continue;
            };
            // The place may be another connection's by now.
            let is_over = connection.tracker.as_ref().is_some_and(Tracker::is_over);
            if is_over && connection.reported.finished.first() {
                report(
                    (&mut self.view, &self.settings.filter),
                    (connection, self.now),
                    &mut self.totals,
                    (&mut self.said, out),
                )?;
            }
        }
        self.view.idle(out)
    }

    /// The capture's end: what is open is finished, in the order of the numbers.
    pub(crate) fn end(mut self, reader: &PacketReader, out: &mut Output<'_>) -> io::Result<Totals> {
        let mut open: Vec<(u64, Slot)> = self
            .connections
            .iter()
            .map(|(slot, connection)| (connection.number, slot))
            .collect();
        open.sort_unstable();
        for (_, slot) in open {
            self.close(slot, out)?;
        }
        self.totals.dropped_fragmented = reader.fragments().dropped();
        self.totals.incomplete_fragmented = reader.fragments().incomplete() as u64;
        self.totals.left_out_lines = self.view.left_out();
        self.totals.unread_messages = self.room.memory.refusals();
        self.view.end(&self.totals, out)?;
        Ok(self.totals)
    }

    fn next_number(&mut self) -> u64 {
        self.totals.connections += 1;
        self.totals.connections
    }

    fn streams(&self, connection: &Connection) -> Option<Box<Streams>> {
        let depth = self.depth;
        let is_kept = || connection.is_kept(&self.settings.filter) != Some(false);
        if depth < Depth::Streams || depth == Depth::Bytes && !is_kept() {
            return None;
        }
        let server_port = connection.ends.server.port();
        let decode_as = self.decode_as(connection);
        let streams = Streams::new(&self.room, depth, server_port, decode_as);
        Some(Box::new(streams))
    }

    fn decode_as(&self, connection: &Connection) -> Option<Application> {
        let ports = [connection.ends.server.port(), connection.ends.client.port()];
        self.settings
            .decode_as
            .iter()
            .rev()
            .find(|(port, _)| ports.contains(port))
            .map(|(_, application)| *application)
    }

    fn insert(
        &mut self,
        key: Key,
        connection: Connection,
        out: &mut Output<'_>,
    ) -> io::Result<Slot> {
        let (slot, gone) = self.connections.insert(key, connection);
        if let Some(idle) = gone {
            self.totals.evicted_connections += 1;
            self.finish(idle, out)?;
        }
        Ok(slot)
    }

    fn close(&mut self, slot: Slot, out: &mut Output<'_>) -> io::Result<()> {
        match self.connections.remove(slot) {
            Some(connection) => self.finish(connection, out),
            None => Ok(()),
        }
    }

    fn finish(&mut self, mut connection: Connection, out: &mut Output<'_>) -> io::Result<()> {
        if !connection.reported.finished.first() {
            return Ok(());
        }
        report(
            (&mut self.view, &self.settings.filter),
            (&mut connection, self.now),
            &mut self.totals,
            (&mut self.said, out),
        )
    }
}

/// Gives a connection the names of its addresses.
fn name(connection: &mut Connection, names: &Names) {
    for side in [Side::Client, Side::Server] {
        let address = connection.ends.of(side).ip();
        *connection.names.of_mut(side) = names.of(address).cloned();
    }
}

/// Reports the last of a connection.
fn report(
    (view, filter): (&mut impl View, &Filter),
    (connection, now): (&mut Connection, Time),
    totals: &mut Totals,
    (said, out): (&mut Vec<Said>, &mut Output<'_>),
) -> io::Result<()> {
    if let Some(streams) = &mut connection.streams {
        streams.finish();
        totals.missing_len += streams.missing_len(Side::Client) + streams.missing_len(Side::Server);
        totals.given_up_len += streams.given_up_len();
        said.extend(streams.said());
    }
    let last = (connection.last_packet, connection.last);
    tell(view, (connection, filter), last, said, out)?;
    if let Some((when, what)) = life::timeout(connection, now.duration()) {
        let when = Time::from_duration(when);
        said.push(what);
        tell(view, (connection, filter), (last.0, when), said, out)?;
    }
    view.finished(connection, out)
}

/// What a segment is taken into a connection with.
struct Taking<'a> {
    depth: Depth,
    origin: Origin,
    said: &'a mut Vec<Said>,
}

impl Taking<'_> {
    /// What a segment says about those whose checksum is bad.
    #[cold]
    fn settle(
        &mut self,
        connection: &mut Connection,
        from: Side,
        segment: &Segment<'_>,
        trust: Trust,
    ) {
        let Some(doubts) = &mut connection.doubts else {
            return;
        };
        let settled = doubts.settle(from, segment, trust);
        match trust {
            Trust::Damaged => doubts.hold(self.origin, from, segment),
            Trust::Believed => doubts.repeat(from, segment),
        }
        let peer = from.peer();
        if !settled.is_empty() && self.depth == Depth::Messages {
            let what = What::ChecksumsIgnored;
            self.said.push(Said { from: peer, what });
        }
        for held in settled {
            if let Some(segment) = held.segment() {
                let mut taking = Taking {
                    origin: held.origin,
                    depth: self.depth,
                    said: self.said,
                };
                taking.take(connection, (peer, Trust::Believed), &segment, Notes::NONE);
            }
        }
    }

    /// Lets the connection see a segment; `notes` are known of it already.
    #[inline(always)]
    fn take(
        &mut self,
        connection: &mut Connection,
        (from, trust): (Side, Trust),
        segment: &Segment<'_>,
        notes: Notes,
    ) -> Option<Observation> {
        let mut observation = connection.observe(self.origin.time, from, segment, trust);
        if let Some(observation) = &mut observation {
            observation.notes |= notes;
        }
        if let Some(streams) = &mut connection.streams
            && observation.is_some_and(|it| it.notes.contains(Notes::MID_STREAM))
        {
            streams.join();
        }
        let tells = self.depth == Depth::Messages;
        if tells && let Some(observation) = &observation {
            life::before_payload(connection, from, segment, observation, self.said);
        }
        if trust == Trust::Believed
            && let Some(streams) = &mut connection.streams
        {
            streams.receive(self.origin, from, segment);
            if self.depth >= Depth::Bytes {
                self.said.extend(streams.said());
            }
        }
        if tells && let Some(observation) = &observation {
            life::after_payload(connection, from, segment, observation, self.said);
        }
        if trust == Trust::Believed
            && let Some(measure) = &mut connection.measure
            && let Some(observation) = &observation
        {
            measure.take(
                Time::from_duration(self.origin.time),
                from,
                segment,
                observation,
            );
        }
        observation
    }
}

impl Checksums {
    /// Whether a segment with a bad checksum is believed.
    fn trust(self, connection: &Connection, from: Side) -> Trust {
        let doubts = connection.doubts.as_ref();
        match self {
            Self::Ignored => Trust::Believed,
            Self::Verified if doubts.is_some_and(|it| it.believes(from)) => Trust::Believed,
            Self::Verified => Trust::Damaged,
        }
    }
}

/// Hands on what a packet says.
fn tell(
    view: &mut impl View,
    (connection, filter): (&mut Connection, &Filter),
    (packet, time): (u64, Time),
    said: &mut Vec<Said>,
    out: &mut Output<'_>,
) -> io::Result<()> {
    for it in said.drain(..) {
        connection.learn(&it, filter);
        let Said { from, what } = it;
        view.tale(
            connection,
            Tale {
                packet,
                time,
                from,
                what,
            },
            out,
        )?;
    }
    Ok(())
}
