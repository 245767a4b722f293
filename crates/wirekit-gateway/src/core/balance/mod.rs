//! Which server of an upstream gets a request, by nginx's own algorithms and mapping.

mod hash;
mod queue;
mod server;
mod tries;

use core::net::IpAddr;
use core::time::Duration;
use std::sync::Arc;

use crate::config::{self, Balance, ServerState};
use crate::core::affinity::Cause;
use crate::core::health::Verdicts;
pub(super) use hash::Ring;
use queue::Queue;
use server::Server;

pub use queue::Ticket;
pub use tries::Tries;

/// Time since some fixed moment.
pub type Instant = Duration;

/// An upstream's servers as they are now, and the choice among them.
///
/// Without sockets and clock: what happened is reported by [`begin`](Self::begin) and [`end`](Self::end), with the time.
#[derive(Debug)]
pub struct Balancer {
    servers: Vec<Server>,
    method: Method,
    /// For `hash_consistent`, and for users whose server nobody knows, where sessions are learnt.
    ring: Option<Arc<Ring>>,
    total_weight: u64,
    queue: Queue,
}

#[derive(Debug)]
enum Method {
    RoundRobin,
    LeastConnections,
    IpHash,
    Hash,
    Consistent,
}

/// What of a request decides.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Wanted<'a> {
    /// The client's address, for `ip_hash`.
    pub address: Option<IpAddr>,
    /// The expanded `hash_key`.
    pub key: &'a [u8],
}

impl<'a> Wanted<'a> {
    /// The request of a client, with the expanded key.
    pub const fn new(address: Option<IpAddr>, key: &'a [u8]) -> Self {
        Self { address, key }
    }
}

/// How a request to a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// The server answered.
    Answered,
    /// It could not be connected to, or failed before its answer was whole.
    Failed,
    /// The client went away, or the like: it says nothing about the server.
    Abandoned,
}

/// What a request's end says of its server that its last one did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Change {
    /// It failed.
    Failed,
    /// It answered again.
    CameBack,
}

/// After so many misses a hash gives way to round robin.
const MAX_MISSES: u32 = 20;

impl Balancer {
    /// The servers of an upstream, none of which has a request.
    pub fn new(upstream: &config::Upstream) -> Self {
        Self::with_ring(upstream, Ring::of(upstream))
    }

    /// The same, with the ring of the upstream.
    pub(super) fn with_ring(upstream: &config::Upstream, ring: Option<Arc<Ring>>) -> Self {
        let servers: Vec<Server> = upstream.servers.iter().map(Server::new).collect();
        let primary = servers
            .iter()
            .filter(|server| server.state != ServerState::Backup);
        let total_weight = primary.map(|server| u64::from(server.weight)).sum();
        let method = match upstream.balance {
            Balance::RoundRobin => Method::RoundRobin,
            Balance::LeastConnections => Method::LeastConnections,
            Balance::IpHash => Method::IpHash,
            Balance::Hash(_) => Method::Hash,
            Balance::HashConsistent(_) => Method::Consistent,
        };
        // As many wait as the servers take at once: those of the next turn.
        let max_waiting = servers
            .iter()
            .map(|server| server.max_connections as usize)
            .sum();
        Self {
            servers,
            method,
            ring,
            total_weight,
            queue: Queue::new(max_waiting),
        }
    }

    /// Takes over what the balancer of an earlier configuration knows of servers whose id and address are the same.
    ///
    /// What either of them learns from now on, both know: exchanges end under the configuration they began with. Others are
    /// added now.
    pub fn inherit(&mut self, earlier: &Self, now: Instant) {
        for server in &mut self.servers {
            let mut others = earlier.servers.iter();
            server.inherit(others.find(|other| other.is_same(server)), now);
        }
    }

    /// Another configuration is the current one: those of its servers that are not in that drain from now on. None where it
    /// has no such upstream.
    pub(crate) fn leave_behind(&self, next: Option<&Self>, now: Instant) {
        let is_there = |server: &&Server| {
            let mut others = next.iter().flat_map(|next| &next.servers);
            others.any(|other| other.is_same(server))
        };
        for server in self.servers.iter().filter(|server| !is_there(server)) {
            server.leave(now);
        }
    }

    /// From now on servers are left out that checks say are not well: these are the verdicts on the servers of all upstreams,
    /// and this upstream's place among them.
    pub fn heed(&mut self, verdicts: &Verdicts, upstream: usize) {
        for (at, server) in self.servers.iter_mut().enumerate() {
            if let Some(verdict) = verdicts.get(upstream, at) {
                server.verdict = verdict.clone();
            }
        }
    }

    /// The server for a request, by its place in the configuration; none where no server may have it.
    ///
    /// Call it again for the same request, with the same `tries`, where the server could not be had.
    pub fn choose(&mut self, now: Instant, wanted: Wanted<'_>, tries: &mut Tries) -> Option<usize> {
        let is_single = self.primary().count() == 1;
        let chosen = match self.method {
            Method::RoundRobin => None,
            Method::LeastConnections => self.least_connections(now, tries),
            Method::IpHash | Method::Hash | Method::Consistent if is_single => None,
            Method::IpHash => self.by_address(now, wanted, tries),
            Method::Hash => self.by_key(now, wanted, tries),
            Method::Consistent => self.by_ring(now, wanted.key, tries),
        };
        self.or_in_turns(chosen, now, tries)
    }

    /// As [`choose`](Self::choose), by the consistent hash of a key, whatever the upstream's method is.
    pub fn choose_hashed(&mut self, now: Instant, key: &[u8], tries: &mut Tries) -> Option<usize> {
        let chosen = self.by_ring(now, key, tries);
        self.or_in_turns(chosen, now, tries)
    }

    fn or_in_turns(
        &mut self,
        chosen: Option<usize>,
        now: Instant,
        tries: &mut Tries,
    ) -> Option<usize> {
        let chosen = chosen
            .or_else(|| self.round_robin(now, tries, |state| state == ServerState::Up))
            .or_else(|| self.round_robin(now, tries, |state| state == ServerState::Backup))?;
        self.note_try(chosen, now, tries);
        Some(chosen)
    }

    fn note_try(&self, chosen: usize, now: Instant, tries: &mut Tries) {
        tries.tried.push(chosen);
        let Some(server) = self.servers.get(chosen) else {
            return;
        };
        tries.tried_before = server.known.tried_at.get();
        let failed_at = server.known.failed_at.get();
        if failed_at.is_some_and(|failed| now.saturating_sub(failed) > server.failure_timeout) {
            server.known.tried_at.set(Some(now));
        }
    }

    /// Nothing was asked of the server that was chosen last: where it was to be tried after a failure, it still is. The request
    /// has tried none.
    pub(crate) fn put_back(&self, tries: &mut Tries) {
        let last = tries.tried.last().and_then(|at| self.servers.get(*at));
        if let Some(server) = last {
            server.known.tried_at.set(tries.tried_before);
        }
        *tries = Tries::new();
    }

    /// Whether a server may have the request of a user who belongs to it, draining or not.
    pub fn is_usable(&self, server: usize, now: Instant) -> bool {
        self.servers.get(server).is_some_and(|server| {
            server.state != ServerState::Down
                && server.has_room()
                && !server.is_failing(now)
                && server.drain_at().is_none_or(|end| now < end)
        })
    }

    /// Chooses this server for a request of a user who belongs to it, draining or not.
    ///
    /// # Errors
    ///
    /// Why it may not be had.
    pub fn keep(&mut self, server: usize, now: Instant, tries: &mut Tries) -> Result<(), Cause> {
        self.may_keep(server, now, tries)?;
        self.note_try(server, now, tries);
        Ok(())
    }

    /// Whether [`keep`](Self::keep) would choose that server.
    ///
    /// # Errors
    ///
    /// Why it may not be had.
    pub fn may_keep(&self, server: usize, now: Instant, tries: &Tries) -> Result<(), Cause> {
        if tries.tried.contains(&server) {
            return Err(Cause::ServerFailed);
        }
        let found = self.servers.get(server).ok_or(Cause::ServerGone)?;
        if !self.is_usable(server, now) {
            let is_over = found.drain_at().is_some_and(|end| end <= now);
            let is_down = found.state == ServerState::Down || found.is_failing(now) || is_over;
            return Err(match is_down {
                true => Cause::ServerDown,
                false => Cause::ServerFull,
            });
        }
        Ok(())
    }

    /// When a server that drains is to be left by those it still has; none where it keeps them.
    pub fn drain_at(&self, server: usize) -> Option<Instant> {
        self.servers.get(server)?.drain_at()
    }

    /// Whether checks say that a server is well.
    pub fn is_well(&self, server: usize) -> bool {
        let server = self.servers.get(server);
        server.is_some_and(|server| server.verdict.is_well())
    }

    /// Whether a request that finds no server may wait for one: some server lacks room alone, or others wait already.
    pub fn is_full(&self, now: Instant) -> bool {
        !self.queue.is_empty()
            || self.servers.iter().any(|server| {
                matches!(server.state, ServerState::Up | ServerState::Backup)
                    && !server.is_failing(now)
                    && !server.has_room()
            })
    }

    /// Tickets of one configuration are never those of another.
    pub fn number_tickets(&mut self, generation: u64) {
        self.queue.number_from(generation << 32);
    }

    /// How many requests wait for a server with room.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Lines up for a server with room; none where as many wait as may.
    pub fn wait(&mut self) -> Option<Ticket> {
        self.queue.enter()
    }

    /// Whether a request may [choose](Self::choose) now: nobody waits, or nobody before it.
    pub fn is_next(&self, ticket: Option<Ticket>) -> bool {
        match ticket {
            Some(ticket) => self.queue.is_first(ticket),
            None => self.queue.is_empty(),
        }
    }

    /// The request that was [called](Self::call) found no room: another one was faster.
    pub fn stay(&mut self) {
        self.queue.stay();
    }

    /// A request waits no longer: it has a server, or gave up.
    pub fn leave(&mut self, ticket: Ticket) {
        self.queue.leave(ticket);
    }

    /// The request that is to be called as a server has room, if one waits and was not called.
    pub fn call(&mut self, now: Instant) -> Option<Ticket> {
        let has_room = self.servers.iter().any(|server| {
            matches!(server.state, ServerState::Up | ServerState::Backup)
                && server.has_room()
                && !server.is_failing(now)
        });
        has_room.then(|| self.queue.call())?
    }

    /// Changes what a server may get.
    pub fn set_state(&mut self, server: usize, state: ServerState) {
        if let Some(server) = self.servers.get_mut(server) {
            server.state = state;
        }
    }

    /// A request is sent to the server.
    pub fn begin(&mut self, server: usize) {
        if let Some(server) = self.servers.get(server) {
            server.known.active.update(|active| active + 1);
        }
    }

    /// A request that was [begun](Self::begin) has ended; whether the server fails now, where that changed.
    pub fn end(&mut self, server: usize, now: Instant, ending: Ending) -> Option<Change> {
        let is_single = self.servers.len() == 1;
        let server = self.servers.get_mut(server)?;
        server
            .known
            .active
            .update(|active| active.saturating_sub(1));
        match ending {
            Ending::Answered => server.recovered(now),
            // The one server there is is asked in any case.
            Ending::Failed if !is_single => server.failed(now),
            Ending::Failed | Ending::Abandoned => {}
        }
        let is_failed = ending == Ending::Failed;
        if ending == Ending::Abandoned || server.known.is_failed.replace(is_failed) == is_failed {
            return None;
        }
        Some(match is_failed {
            true => Change::Failed,
            false => Change::CameBack,
        })
    }

    /// Requests that a server has now.
    pub fn active(&self, server: usize) -> u32 {
        self.servers
            .get(server)
            .map_or(0, |server| server.known.active.get())
    }

    fn primary(&self) -> impl Iterator<Item = &Server> {
        self.servers
            .iter()
            .filter(|server| server.state != ServerState::Backup)
    }

    fn may_have(&self, at: usize, now: Instant, tries: &Tries) -> bool {
        !tries.tried.contains(&at)
            && self.servers.get(at).is_some_and(|server| {
                server.state == ServerState::Up && server.has_room() && !server.is_failing(now)
            })
    }

    /// nginx's smooth weighted round robin among the servers in one state: each turn gives every server its weight, and the
    /// one that is owed most pays for all.
    fn round_robin(
        &mut self,
        now: Instant,
        tries: &Tries,
        is_asked: impl Fn(ServerState) -> bool,
    ) -> Option<usize> {
        self.smooth(now, |at, server| {
            is_asked(server.state)
                && !tries.tried.contains(&at)
                && server.has_room()
                && !server.is_failing(now)
        })
    }

    fn smooth(
        &mut self,
        now: Instant,
        mut may_have: impl FnMut(usize, &Server) -> bool,
    ) -> Option<usize> {
        let mut total = 0;
        let mut best: Option<(usize, i64)> = None;
        for (at, server) in self.servers.iter_mut().enumerate() {
            if !may_have(at, server) {
                continue;
            }
            let weight = server.effective_weight * server.share(now);
            server.current_weight += weight;
            total += weight;
            if server.effective_weight < i64::from(server.weight) {
                server.effective_weight += 1;
            }
            if best.is_none_or(|(_, weight)| server.current_weight > weight) {
                best = Some((at, server.current_weight));
            }
        }
        let (best, _) = best?;
        self.servers.get_mut(best)?.current_weight -= total;
        Some(best)
    }

    /// The server with the fewest requests for its weight; among equals in turns.
    fn least_connections(&mut self, now: Instant, tries: &Tries) -> Option<usize> {
        let load = |server: &Server| {
            let weight = i128::from(server.weight) * i128::from(server.share(now));
            (i128::from(server.known.active.get()), weight)
        };
        let is_less = |a: (i128, i128), b: (i128, i128)| a.0 * b.1 < b.0 * a.1;
        let candidates = (0..self.servers.len()).filter(|at| self.may_have(*at, now, tries));
        let loads = candidates.filter_map(|at| self.servers.get(at).map(load));
        let least =
            loads.reduce(|least, other| if is_less(other, least) { other } else { least })?;
        self.smooth(now, |at, server| {
            let other = load(server);
            !tries.tried.contains(&at)
                && server.state == ServerState::Up
                && server.has_room()
                && !server.is_failing(now)
                && !is_less(least, other)
        })
    }

    /// The server at which a hash stands: each takes as many places as its weight says, those that are down too.
    fn at_weight(&self, hash: u64) -> Option<usize> {
        let mut place = hash.checked_rem(self.total_weight)?;
        for (at, server) in self.servers.iter().enumerate() {
            if server.state == ServerState::Backup {
                continue;
            }
            match place.checked_sub(u64::from(server.weight)) {
                Some(rest) => place = rest,
                None => return Some(at),
            }
        }
        None
    }

    fn by_address(&self, now: Instant, wanted: Wanted<'_>, tries: &mut Tries) -> Option<usize> {
        let mut hash = tries.hash.unwrap_or(hash::ADDRESS_START);
        while tries.misses <= MAX_MISSES {
            hash = hash::address(hash, wanted.address);
            tries.hash = Some(hash);
            let at = self.at_weight(hash)?;
            if self.may_have(at, now, tries) {
                return Some(at);
            }
            tries.misses += 1;
        }
        None
    }

    fn by_key(&self, now: Instant, wanted: Wanted<'_>, tries: &mut Tries) -> Option<usize> {
        if wanted.key.is_empty() {
            return None;
        }
        while tries.misses <= MAX_MISSES {
            // Each look, also one that succeeded for an earlier try, counts.
            let looks = tries.misses as usize + tries.tried.len();
            let hash = tries.hash.unwrap_or(0) + hash::key(looks, wanted.key);
            tries.hash = Some(hash);
            let at = self.at_weight(hash)?;
            if self.may_have(at, now, tries) {
                return Some(at);
            }
            tries.misses += 1;
        }
        None
    }

    fn by_ring(&self, now: Instant, key: &[u8], tries: &mut Tries) -> Option<usize> {
        let ring = self.ring.as_ref()?;
        if key.is_empty() {
            return None;
        }
        let mut place = tries.hash.unwrap_or_else(|| ring.place(key));
        while tries.misses <= MAX_MISSES {
            tries.hash = Some(place);
            let at = ring.server(place)?;
            if self.may_have(at, now, tries) {
                return Some(at);
            }
            place += 1;
            tries.misses += 1;
        }
        None
    }
}

#[cfg(test)]
mod tests;
