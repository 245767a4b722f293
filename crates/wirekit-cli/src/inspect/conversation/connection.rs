//! A connection: what is known of it, and what each packet adds.

use core::net::SocketAddr;
use core::time::Duration;
use std::rc::Rc;

use wirekit::tcp::track::{Config, Notes, Observation, Side, State, Tracker};
use wirekit::tcp::{Flags, Segment};
use wirekit::udp::Datagram;

use super::application::{Application, by_port};
use super::doubts::{Doubts, Trust};
use super::filter::{Filter, Protocol};
use super::measure::Measure;
use super::sides::Sides;
use super::streams::Streams;
use super::subject::Subject;
use super::tale::{Said, What};
use super::text;
use crate::inspect::capture::Time;
use crate::inspect::layers::packet::{Packet, Transport};

/// A TCP connection, or the datagrams between two UDP ports.
// In this order what every packet needs lies together: a capture has many connections, and most packets wait for the memory of
// another one than the last.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Connection {
    /// Whether the flow key's low end is the client.
    low_is_client: bool,
    /// Which changes of its state were reported.
    pub(crate) reported: Reported,
    pub(crate) last: Time,
    /// The number of the last packet.
    pub(crate) last_packet: u64,
    pub(crate) packets: Sides<u64>,
    /// Payload on the wire, whatever came twice counted twice.
    pub(crate) payload_len: Sides<u64>,
    /// Absent for UDP, and where no view asks for what streams say.
    pub(crate) streams: Option<Box<Streams>>,
    /// Absent for UDP, and where no view asks for it.
    pub(crate) measure: Option<Box<Measure>>,
    /// Present once a checksum was bad.
    pub(crate) doubts: Option<Box<Doubts>>,
    /// Absent for UDP.
    pub(crate) tracker: Option<Tracker>,
    pub(crate) notes: NoteCounts,
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) ends: Sides<SocketAddr>,
    /// Of its addresses, where the capture's DNS gave some.
    pub(crate) names: Sides<Option<Rc<str>>>,
    /// Whom it is for, where messages are asked for.
    subject: Subject,
    /// Present where a filter asks for a text in its messages.
    text: Option<Box<text::Search>>,
    pub(crate) first: Time,
}

/// The changes of a connection's state that are reported once.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Reported {
    pub(crate) established: Once,
    pub(crate) closed: Once,
    /// All of it was shown.
    pub(crate) finished: Once,
}

/// Something that happens once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Once {
    #[default]
    NotYet,
    Done,
}

impl Once {
    /// True the first time.
    pub(crate) fn first(&mut self) -> bool {
        core::mem::replace(self, Self::Done) == Self::NotYet
    }
}

/// What a connection made of a packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Observed<'a> {
    pub(crate) connection: &'a Connection,
    /// Absent for UDP.
    pub(crate) tcp: Option<Observation>,
}

/// How often each note was made, for the notes that rows show.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct NoteCounts {
    counts: [u32; Self::SHOWN.len()],
    /// Every note that was made at all.
    pub(crate) all: Notes,
}

impl NoteCounts {
    const SHOWN: [(Notes, &'static str); 12] = [
        (Notes::RETRANSMISSION, "retransmission"),
        (Notes::OUT_OF_ORDER, "out_of_order"),
        (Notes::DUPLICATE_ACK, "duplicate_ack"),
        (Notes::PREVIOUS_SEGMENT_LOST, "previous_segment_lost"),
        (Notes::ACKED_UNSEEN, "acked_unseen"),
        (Notes::ZERO_WINDOW, "zero_window"),
        (Notes::WINDOW_FULL, "window_full"),
        (Notes::KEEP_ALIVE, "keep_alive"),
        (Notes::PORTS_REUSED, "ports_reused"),
        (Notes::HALF_OPEN, "half_open"),
        (Notes::DATA_AFTER_FIN, "data_after_fin"),
        (Notes::BAD_CHECKSUM, "bad_checksum"),
    ];

    pub(crate) fn add(&mut self, notes: Notes) {
        if notes.is_empty() {
            return;
        }
        self.all |= notes;
        for (count, (note, _)) in self.counts.iter_mut().zip(Self::SHOWN) {
            *count = count.saturating_add(u32::from(notes.contains(note)));
        }
    }

    /// How often something was sent again.
    pub(crate) const fn retransmissions(&self) -> u32 {
        let [count, ..] = self.counts;
        count
    }

    /// The notes that were made, and how often.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, u32)> {
        self.counts
            .iter()
            .zip(Self::SHOWN)
            .filter(|(count, _)| **count > 0)
            .map(|(count, (_, name))| (name, *count))
    }
}

impl Connection {
    /// The connection that a segment belongs to, which is the first one seen of it.
    pub(crate) fn tcp(
        number: u64,
        time: Time,
        from_low: bool,
        transport: &Transport<Segment<'_>>,
    ) -> Self {
        let flags = transport.unit.flags();
        let from_client = if flags.contains(Flags::SYN) {
            !flags.contains(Flags::ACK)
        } else {
            joined_from_client(transport.source, transport.destination)
        };
        let mut connection = Self::new(
            number,
            time,
            transport,
            from_low == from_client,
            from_client,
        );
        connection.tracker = Some(Tracker::new(Config::DEFAULT));
        connection
    }

    /// The exchange that a datagram belongs to, which is the first one seen of it.
    pub(crate) fn udp(
        number: u64,
        time: Time,
        from_low: bool,
        transport: &Transport<Datagram<'_>>,
    ) -> Self {
        let from_client = from_client(transport.source, transport.destination);
        Self::new(
            number,
            time,
            transport,
            from_low == from_client,
            from_client,
        )
    }

    fn new<T>(
        number: u64,
        time: Time,
        transport: &Transport<T>,
        low_is_client: bool,
        from_client: bool,
    ) -> Self {
        let (client, server) = if from_client {
            (transport.source, transport.destination)
        } else {
            (transport.destination, transport.source)
        };
        Self {
            number,
            ends: Sides { client, server },
            names: Sides::default(),
            subject: Subject::default(),
            text: None,
            low_is_client,
            first: time,
            last: time,
            last_packet: 0,
            packets: Sides::default(),
            payload_len: Sides::default(),
            notes: NoteCounts::default(),
            tracker: None,
            streams: None,
            measure: None,
            doubts: None,
            reported: Reported::default(),
        }
    }

    /// The sender of a packet.
    pub(crate) const fn side(&self, from_low: bool) -> Side {
        if from_low == self.low_is_client {
            Side::Client
        } else {
            Side::Server
        }
    }

    /// Counts a packet.
    pub(crate) fn count<T>(&mut self, packet: &Packet<'_>, from: Side, transport: &Transport<T>) {
        self.last = self.last.max(packet.time);
        self.last_packet = packet.number;
        *self.packets.of_mut(from) += 1;
        *self.payload_len.of_mut(from) += transport.payload_len as u64;
    }

    /// Lets the tracker see a segment.
    pub(crate) fn observe(
        &mut self,
        now: Duration,
        from: Side,
        segment: &Segment<'_>,
        trust: Trust,
    ) -> Option<Observation> {
        let tracker = self.tracker.as_mut()?;
        let observation = match trust {
            Trust::Damaged => tracker.observe_damaged(now, from, segment),
            Trust::Believed => tracker.observe(now, from, segment),
        };
        self.notes.add(observation.notes);
        Some(observation)
    }

    /// What the capture's DNS calls the address of one of its ends.
    pub(crate) fn name_of(&self, end: SocketAddr) -> Option<&Rc<str>> {
        let side = match end == self.ends.client {
            true => Side::Client,
            false => Side::Server,
        };
        self.names.of(side).as_ref()
    }

    /// `"tcp"` or `"udp"`.
    pub(crate) const fn transport_name(&self) -> &'static str {
        if self.tracker.is_some() { "tcp" } else { "udp" }
    }

    /// The states of client and server; none for UDP.
    pub(crate) fn states(&self) -> Option<[State; 2]> {
        self.tracker.as_ref().map(Tracker::states)
    }

    /// That of the handshake, in nanoseconds, if it was seen.
    pub(crate) fn round_trip(&self) -> Option<i64> {
        let round_trip = self.tracker.as_ref()?.handshake().rtt()?;
        i64::try_from(round_trip.as_nanos()).ok()
    }

    /// When its SYN was seen, and the acknowledgment that ended its handshake.
    pub(crate) fn opened(&self) -> Option<(Time, Time)> {
        let handshake = self.tracker.as_ref()?.handshake();
        let time = Time::from_duration;
        Some((time(handshake.syn?), time(handshake.ack?)))
    }

    /// Nanoseconds from the first packet to the last.
    pub(crate) fn duration(&self) -> i64 {
        self.last.since(self.first)
    }

    /// The protocols above the transport, the first one first. Empty as long as nothing tells.
    pub(crate) fn applications(&self) -> &[Application] {
        self.streams
            .as_ref()
            .map_or(&[], |streams| streams.applications())
    }

    /// Whom it is for, as far as that is known.
    pub(crate) fn subject(&self) -> &Subject {
        match &self.streams {
            Some(streams) if self.subject.target.is_none() && self.subject.hosts.is_empty() => {
                streams.subject()
            }
            _ => &self.subject,
        }
    }

    /// Takes what happened on it, as far as a filter or a view may ask for it.
    pub(crate) fn learn(&mut self, said: &Said, filter: &Filter) {
        if let (Side::Client, What::Message { event, .. }) = (said.from, &said.what) {
            self.subject.take(event.message());
        }
        if let Some(text) = &filter.text {
            self.text.get_or_insert_default().take(said, text);
        }
    }

    /// Whether the text that a filter asks for is in what happened last.
    pub(super) fn says_text(&self) -> bool {
        self.text.as_ref().is_some_and(|it| it.is_in_last())
    }

    /// Whether the filter keeps it; nothing as long as what it speaks and says does not tell.
    pub(crate) fn is_kept(&self, filter: &Filter) -> Option<bool> {
        let by_ends = self.is_kept_by_ends(filter);
        if by_ends == Some(false) || filter.host.is_none() && filter.text.is_none() {
            return by_ends;
        }
        let is_host = filter.host.as_deref().is_none_or(|host| {
            let names = [&self.names.client, &self.names.server];
            let mut names = names.into_iter().flatten();
            names.any(|name| **name == *host) || self.subject().names(host)
        });
        let has_text = || self.text.as_ref().is_some_and(|it| it.is_in_any());
        let is_text = filter.text.is_none() || has_text();
        match is_host && is_text {
            true => by_ends,
            false => None,
        }
    }

    fn is_kept_by_ends(&self, filter: &Filter) -> Option<bool> {
        let is_other = !filter.connections.is_empty() && !filter.connections.contains(&self.number);
        let is_elsewhere = |address| {
            let ends = [self.ends.client.ip(), self.ends.server.ip()];
            !ends.contains(&address)
        };
        if is_other
            || filter.address.is_some_and(is_elsewhere)
            || filter.port.is_some_and(|port| {
                port != self.ends.client.port() && port != self.ends.server.port()
            })
        {
            return Some(false);
        }
        match filter.protocol {
            None => Some(true),
            Some(Protocol::Tcp) => Some(self.tracker.is_some()),
            Some(Protocol::Udp) => Some(self.tracker.is_none()),
            Some(Protocol::Application(_)) if self.tracker.is_none() => Some(false),
            Some(Protocol::Application(application)) => {
                let spoken = self.applications();
                if spoken.contains(&application) {
                    Some(true)
                } else if spoken.iter().all(|it| *it == Application::Proxy)
                    || (application == Application::WebSocket && spoken == [Application::Http1])
                {
                    None
                } else {
                    Some(false)
                }
            }
        }
    }
}

/// Who asked, by the ports: the server's is known or small, the client's neither. Else the one that was seen first.
fn from_client(source: SocketAddr, destination: SocketAddr) -> bool {
    !is_service(source) || is_service(destination)
}

/// The same of a connection that was there before, so that it means nothing who was seen first: clients' ports are high.
fn joined_from_client(source: SocketAddr, destination: SocketAddr) -> bool {
    if is_service(source) == is_service(destination) {
        source.port() >= destination.port()
    } else {
        is_service(destination)
    }
}

fn is_service(end: SocketAddr) -> bool {
    end.port() < 1024 || by_port(end.port()) != Application::Unknown
}
