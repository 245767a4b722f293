use core::time::Duration;
use std::vec::Vec;

use super::followed::Followed;
use super::map::{Map, Slot};
use super::{Config, Ends, Event, Flow, Gone};
use crate::Segment;
use crate::reassembly::{Origin, Pool};

/// Follows all connections of a capture or a link, within bounds.
///
/// Each segment goes to [`receive`](Self::receive), in the order in which it was seen, with what says which connection it
/// belongs to ([`Ends`]) and which packet it is ([`Origin`]). What comes of it is handed to a function of the caller's, with
/// the [`Flow`] that it is about, which has room for a value of the caller's own. Every flow has [`Event::Opened`] first and
/// [`Event::Gone`] last.
///
/// Time is a parameter, by the packets' own. Connections of which nothing more is seen go while others' segments are taken,
/// about a second after their time; [`poll`](Self::poll) is for a link on which nothing at all is seen.
///
/// ```
/// use std::net::SocketAddr;
/// use wirekit_tcp::Segment;
/// use wirekit_tcp::flow::{Config, Ends, Event, Table};
/// use wirekit_tcp::reassembly::{self, Origin};
///
/// let [client, server]: [SocketAddr; 2] = ["10.0.0.1:40000".parse()?, "10.0.0.2:80".parse()?];
/// let bytes = [0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0, b'h', b'i'];
/// // Each flow's value is what its client said.
/// let mut table: Table<Vec<u8>> = Table::new(Config::DEFAULT);
/// let mut said = Vec::new();
/// table.receive(Origin::default(), Ends::new(client, server), &Segment::parse(&bytes)?, |flow, event| {
///     if let Event::Stream { event: reassembly::Event::Data(data), .. } = event {
///         flow.value.extend_from_slice(data);
///     }
/// });
/// table.finish(|flow, event| {
///     if let Event::Gone(_) = event {
///         said.push((flow.client(), flow.value.clone()));
///     }
/// });
/// assert_eq!(said, [(client, b"hi".to_vec())]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Table<T = ()> {
    config: Config,
    pool: Pool,
    flows: Map<Followed<T>>,
    count: u64,
    /// When all connections were looked at, and how many segments were taken since then.
    polled_at: Duration,
    taken: usize,
}

/// How long a connection may stay beyond its time.
const PRECISION: Duration = Duration::from_secs(1);

impl<T: Default> Table<T> {
    /// A table without a connection.
    pub fn new(config: Config) -> Self {
        Self {
            pool: Pool::new(config.max_held_len),
            flows: Map::new(config.max_flows),
            config,
            count: 0,
            polled_at: Duration::ZERO,
            taken: 0,
        }
    }

    /// Takes a segment that was seen, and hands what it brought to `take`.
    ///
    /// Segments with a bad checksum go to [`receive_damaged`](Self::receive_damaged) instead.
    #[inline]
    pub fn receive(
        &mut self,
        origin: Origin,
        ends: Ends,
        segment: &Segment<'_>,
        mut take: impl FnMut(&mut Flow<T>, Event<'_>),
    ) {
        let (slot, from_low) = self.enter(origin, &ends, segment, &mut take);
        if let Some(followed) = self.flows.get_mut(slot) {
            followed.receive(from_low, (origin, segment), &mut take);
        }
        self.taken += 1;
        // Not more often than connections are there, whatever the packets say of time: a segment costs the same.
        let since = origin.time.saturating_sub(self.polled_at);
        if since >= PRECISION && self.taken >= self.flows.len() {
            self.poll(origin.time, take);
        }
    }

    /// Takes a segment whose checksum is bad: its receiver drops it, so that it belongs to its connection and changes nothing.
    pub fn receive_damaged(
        &mut self,
        origin: Origin,
        ends: Ends,
        segment: &Segment<'_>,
        mut take: impl FnMut(&mut Flow<T>, Event<'_>),
    ) {
        let (key, from_low) = ends.key();
        let slot = match self.flows.find(&key) {
            Some(slot) => slot,
            None => self.enter(origin, &ends, segment, &mut take).0,
        };
        if let Some(followed) = self.flows.get_mut(slot) {
            followed.receive_damaged(from_low, (origin, segment), &mut take);
        }
    }

    /// Finds the connection of a segment, or makes it, and whether the segment comes from its low end.
    #[inline]
    fn enter(
        &mut self,
        origin: Origin,
        ends: &Ends,
        segment: &Segment<'_>,
        take: &mut impl FnMut(&mut Flow<T>, Event<'_>),
    ) -> (Slot, bool) {
        let (key, from_low) = ends.key();
        let found = self.flows.find(&key);
        let mut is_reused = false;
        if let Some(slot) = found
            && let Some(followed) = self.flows.get_mut(slot)
        {
            let gone = match followed.is_reopened_by(from_low, segment) {
                true => Some(Gone::Reused),
                false => followed.gone(origin.time, &self.config),
            };
            let Some(gone) = gone else {
                return (slot, from_low);
            };
            is_reused = gone == Gone::Reused;
            self.end(slot, gone, take);
        }
        if self.flows.is_full()
            && let Some(followed) = self.flows.evict()
        {
            followed.end(Gone::Evicted, take);
        }
        self.count += 1;
        let (seen, with) = ((origin, segment), (&self.config, &self.pool));
        let mut followed = Followed::new(self.count, (ends, from_low), seen, with);
        if is_reused {
            followed.reuse();
        }
        take(&mut followed.flow, Event::Opened);
        // There is room: nothing goes for it.
        (self.flows.insert(key, followed).0, from_low)
    }
}

impl<T> Table<T> {
    /// How many connections are followed.
    pub fn len(&self) -> usize {
        self.flows.len()
    }

    /// Whether no connection is followed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The connections that are followed, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Flow<T>> {
        self.flows.iter().map(|(_, followed)| &followed.flow)
    }

    /// The bytes that all streams hold out of order, the administration of each piece included.
    pub fn held_len(&self) -> usize {
        self.pool.held_len()
    }

    /// Lets time pass: connections that are over, or in which nothing was seen for too long, go.
    ///
    /// It looks at every connection. [`receive`](Self::receive) does so now and then.
    pub fn poll(&mut self, now: Duration, mut take: impl FnMut(&mut Flow<T>, Event<'_>)) {
        (self.polled_at, self.taken) = (now, 0);
        let slots = self.slots();
        for slot in slots {
            let config = self.config;
            let followed = self.flows.get_mut(slot);
            if let Some(gone) = followed.and_then(|followed| followed.gone(now, &config)) {
                self.end(slot, gone, &mut take);
            }
        }
    }

    /// Ends all connections, as nothing more will be seen: the capture is over.
    pub fn finish(&mut self, mut take: impl FnMut(&mut Flow<T>, Event<'_>)) {
        for slot in self.slots() {
            self.end(slot, Gone::Finished, &mut take);
        }
    }

    /// Those of all connections, in the order of their numbers.
    fn slots(&self) -> Vec<Slot> {
        let flows = self.flows.iter();
        let mut slots: Vec<(u64, Slot)> = flows
            .map(|(slot, followed)| (followed.flow.number(), slot))
            .collect();
        slots.sort_unstable();
        slots.into_iter().map(|(_, slot)| slot).collect()
    }

    fn end(&mut self, slot: Slot, gone: Gone, take: &mut impl FnMut(&mut Flow<T>, Event<'_>)) {
        if let Some(followed) = self.flows.remove(slot) {
            followed.end(gone, take);
        }
    }
}
