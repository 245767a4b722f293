//! What the connections of a capture add up to.

use core::net::IpAddr;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use wirekit::tcp::track::Side;

use super::application::Application;
use super::connection::Connection;
use super::measure::{Counts, Samples, Summary, Thinned};
use super::sides::Sides;
use crate::inspect::capture::Time;

/// How many addresses have a row each; what further ones sent is counted together.
const MAX_TALKERS: usize = 16_384;
/// Round trips that a median is taken of; of more every second one, fourth one, and so on.
const MAX_SAMPLES: usize = 16_384;

/// The sums over the connections that were added.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    protocols: BTreeMap<(&'static str, Vec<Application>), Protocol>,
    talkers: HashMap<IpAddr, Talker>,
    /// Of those beyond the bound.
    other_talkers: Talker,
}

/// Connections that speak the same.
#[derive(Debug, Default)]
pub(crate) struct Protocol {
    pub(crate) connections: u64,
    pub(crate) packets: Sides<u64>,
    /// Payload on the wire, whatever came twice counted twice.
    pub(crate) payload_len: Sides<u64>,
    /// When one of them had its first packet, and when its last.
    span: Option<(Time, Time)>,
    pub(crate) counts: Sides<Counts>,
    /// From a segment to its acknowledgment, by the segment's sender.
    pub(crate) round_trips: Sides<RoundTrips>,
}

/// An address.
#[derive(Clone, Debug, Default)]
pub(crate) struct Talker {
    /// That of its last connection which had one.
    pub(crate) name: Option<Rc<str>>,
    pub(crate) connections: u64,
    pub(crate) packets_sent: u64,
    pub(crate) packets_received: u64,
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
}

/// The round trips of many connections.
#[derive(Debug, Default)]
pub(crate) struct RoundTrips {
    /// With how many each stands for.
    kept: Thinned<(i64, u64)>,
    pub(crate) count: u64,
    range: Option<(i64, i64)>,
}

impl Statistics {
    /// Adds a connection of which nothing more comes.
    pub(crate) fn add(&mut self, connection: &Connection) {
        let key = (
            connection.transport_name(),
            connection.applications().to_vec(),
        );
        self.protocols.entry(key).or_default().add(connection);
        for side in [Side::Client, Side::Server] {
            let address = connection.ends.of(side).ip();
            let is_full = self.talkers.len() >= MAX_TALKERS;
            let talker = match is_full && !self.talkers.contains_key(&address) {
                true => &mut self.other_talkers,
                false => self.talkers.entry(address).or_default(),
            };
            let (sent, received) = (side, side.peer());
            let is_own_peer = connection.ends.client.ip() == connection.ends.server.ip();
            if let Some(name) = connection.names.of(side) {
                talker.name = Some(Rc::clone(name));
            }
            talker.connections += u64::from(!is_own_peer || side == Side::Client);
            talker.packets_sent += connection.packets.of(sent);
            talker.packets_received += connection.packets.of(received);
            talker.bytes_sent += connection.payload_len.of(sent);
            talker.bytes_received += connection.payload_len.of(received);
        }
    }

    /// Whether none was added.
    pub(crate) fn is_empty(&self) -> bool {
        self.protocols.is_empty()
    }

    /// What connections speak, by transport and what is above it.
    pub(crate) fn protocols(
        &self,
    ) -> impl Iterator<Item = (&'static str, &[Application], &Protocol)> {
        let protocols = self.protocols.iter();
        protocols.map(|((transport, applications), protocol)| {
            (*transport, applications.as_slice(), protocol)
        })
    }

    /// The addresses, those first that sent and received most.
    pub(crate) fn talkers(&self) -> Vec<(IpAddr, &Talker)> {
        let mut talkers: Vec<(IpAddr, &Talker)> =
            self.talkers.iter().map(|(ip, it)| (*ip, it)).collect();
        let size = |it: &Talker| (it.bytes_sent + it.bytes_received, it.packets_sent);
        talkers.sort_by(|(ip, a), (other, b)| size(b).cmp(&size(a)).then(ip.cmp(other)));
        talkers
    }

    /// Those beyond the bound, together; none where it was not reached.
    pub(crate) fn other_talkers(&self) -> Option<&Talker> {
        (self.other_talkers.connections > 0).then_some(&self.other_talkers)
    }
}

impl Protocol {
    fn add(&mut self, connection: &Connection) {
        self.connections += 1;
        let (first, last) = self.span.unwrap_or((connection.first, connection.last));
        self.span = Some((first.min(connection.first), last.max(connection.last)));
        for side in [Side::Client, Side::Server] {
            *self.packets.of_mut(side) += connection.packets.of(side);
            *self.payload_len.of_mut(side) += connection.payload_len.of(side);
            let Some(measure) = &connection.measure else {
                continue;
            };
            let sent = measure.ends.of(side);
            self.counts.of_mut(side).add(&sent.counts);
            self.round_trips.of_mut(side).add(&sent.round_trips);
        }
    }

    /// Nanoseconds from the first packet of one of them to the last.
    pub(crate) fn duration(&self) -> i64 {
        self.span.map_or(0, |(first, last)| last.since(first))
    }

    /// Payload bytes a second that an end sent, over all that time; none where no time has passed.
    pub(crate) fn throughput(&self, from: Side) -> Option<u64> {
        throughput(*self.payload_len.of(from), self.duration())
    }
}

/// Bytes a second.
pub(crate) fn throughput(bytes: u64, nanoseconds: i64) -> Option<u64> {
    let nanoseconds = u64::try_from(nanoseconds).ok()?;
    let rate = (u128::from(bytes) * 1_000_000_000).checked_div(nanoseconds.into())?;
    u64::try_from(rate).ok()
}

impl RoundTrips {
    fn add(&mut self, samples: &Samples) {
        let Some((min, max)) = samples.range() else {
            return;
        };
        self.count += samples.count();
        let (low, high) = self.range.unwrap_or((min, max));
        self.range = Some((low.min(min), high.max(max)));
        for sample in samples.weighted() {
            self.kept.push(sample, MAX_SAMPLES);
        }
    }

    pub(crate) fn summary(&self) -> Option<Summary> {
        Summary::new(self.range?, &mut self.kept.items.clone())
    }
}
