//! What a worker counts, and the sums of all workers.
//!
//! A worker counts for itself, so that no request waits for another worker; the sums are made when somebody asks.

use core::time::Duration;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::durations::{Durations, Named};
use crate::core::affinity::{Cause, Placement};
use crate::core::balance::Instant;
use crate::core::health::State;
use crate::core::reason::Reason;
use crate::core::route::Route;
use crate::core::session::{Record, Rules, Worker};

/// The upper bounds of the histogram's buckets, in milliseconds.
pub(crate) const BOUNDS: [u64; 11] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/// What tells exchanges apart, as a configuration's places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Key {
    route: Option<Route>,
    server: Option<(usize, usize)>,
    /// The status's first digit.
    class: u16,
    reason: Reason,
}

/// The same by name; empty where there is none.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Labels {
    pub(crate) site: String,
    pub(crate) location: String,
    pub(crate) upstream: String,
    pub(crate) server: String,
    pub(crate) class: u16,
    pub(crate) reason: &'static str,
}

/// How long servers took.
#[derive(Clone, Debug, Default)]
pub(crate) struct Times {
    /// How many fell into each bucket; the last is for what took longer than every bound.
    pub(crate) counts: [u64; BOUNDS.len() + 1],
    pub(crate) sum: Duration,
}

/// What an upstream has beside its servers.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UpstreamNow {
    /// Requests that wait for a server with room.
    pub(crate) waiting: u64,
    /// Connections to its servers that are kept.
    pub(crate) idle: u64,
}

/// A server as the balancers have it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ServerNow {
    /// What the configuration says of it.
    pub(crate) state: &'static str,
    pub(crate) active: u64,
    /// In how many workers it is left out.
    pub(crate) failing: u64,
}

/// What a worker, or all of them, counted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) exchanges: BTreeMap<Labels, u64>,
    /// By upstream.
    pub(crate) times: BTreeMap<String, Times>,
    /// By upstream: how requests came to their servers, where users are kept on theirs.
    pub(crate) placements: BTreeMap<(String, Placement), u64>,
    /// How often a store failed, by cause.
    pub(crate) store_failures: BTreeMap<Cause, u64>,
    /// By upstream and server.
    pub(crate) servers: BTreeMap<(String, String), ServerNow>,
    /// Of the phases of exchanges.
    pub(crate) durations: Named,
    /// By upstream: requests that wait for a server with room, and connections that are kept.
    pub(crate) upstreams: BTreeMap<String, UpstreamNow>,
    /// Handshakes of TLS, by how they ended.
    pub(crate) handshakes: BTreeMap<&'static str, u64>,
    /// To when each certificate is good, in seconds since 1970.
    pub(crate) certificates: BTreeMap<String, i64>,
    /// Of the whole program: what health checks found.
    pub(crate) checks: Vec<State>,
    pub(crate) accepted: u64,
    pub(crate) connections: u64,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

/// A worker's counters.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    /// Of the configuration whose places the keys are.
    generation: u64,
    exchanges: HashMap<Key, u64, RandomState>,
    times: HashMap<usize, Times, RandomState>,
    placements: HashMap<(usize, Placement), u64, RandomState>,
    durations: Durations,
    /// Everything else.
    totals: Totals,
}

impl Metrics {
    pub(super) fn accepted(&mut self) {
        self.totals.accepted += 1;
    }

    pub(super) fn store_failed(&mut self, cause: Cause) {
        *self.totals.store_failures.entry(cause).or_default() += 1;
    }

    pub(super) fn handshake(&mut self, outcome: &'static str) {
        *self.totals.handshakes.entry(outcome).or_default() += 1;
    }

    pub(super) fn received(&mut self, len: usize) {
        self.totals.received += len as u64;
    }

    pub(super) fn sent(&mut self, len: usize) {
        self.totals.sent += len as u64;
    }

    /// An exchange ended.
    pub(super) fn count(&mut self, record: &Record) {
        let key = Key {
            route: record.route,
            server: record.server,
            class: record.status / 100,
            reason: record.reason,
        };
        // How long a WebSocket lives says nothing about its server.
        let time = record.upstream_time.filter(|_| record.status != 101);
        let time = time.zip(record.server);
        let placed = record.server.zip(record.placement);
        let placed = placed.map(|((upstream, _), placement)| (upstream, placement));
        let is_current = record.rules.generation() == self.generation;
        self.durations.count(record, is_current);
        if is_current {
            *self.exchanges.entry(key).or_default() += 1;
            if let Some(placed) = placed {
                *self.placements.entry(placed).or_default() += 1;
            }
            if let Some((time, (upstream, _))) = time {
                self.times.entry(upstream).or_default().note(time);
            }
            return;
        }
        let labels = Labels::of(&key, &record.rules);
        *self.totals.exchanges.entry(labels).or_default() += 1;
        if let Some((upstream, placement)) = placed {
            let key = (upstream_name(&record.rules, upstream), placement);
            *self.totals.placements.entry(key).or_default() += 1;
        }
        if let Some((time, (upstream, _))) = time {
            let name = upstream_name(&record.rules, upstream);
            self.totals.times.entry(name).or_default().note(time);
        }
    }

    /// The configuration changed, and places with it.
    pub(super) fn renew(&mut self, earlier: &Rules, rules: &Rules) {
        self.name_all(earlier);
        self.generation = rules.generation();
    }

    /// All that was counted, by the names of the current configuration.
    pub(super) fn totals(&mut self, rules: &Rules, worker: &Worker, now: Instant) -> Totals {
        self.name_all(rules);
        let mut totals = self.totals.clone();
        totals.durations = self.durations.named(rules).clone();
        for (upstream, balancer) in rules.config().upstreams.iter().zip(&worker.balancers) {
            let waiting = balancer.waiting() as u64;
            let now_there = UpstreamNow { waiting, idle: 0 };
            totals.upstreams.insert(upstream.name.clone(), now_there);
            for (at, server) in upstream.servers.iter().enumerate() {
                let state = ServerNow {
                    state: server.state.as_str(),
                    active: u64::from(balancer.active(at)),
                    failing: u64::from(!balancer.is_usable(at, now)),
                };
                let names = (upstream.name.clone(), server.id.clone());
                totals.servers.insert(names, state);
            }
        }
        totals
    }

    fn name_all(&mut self, rules: &Rules) {
        self.durations.named(rules);
        for (key, count) in self.exchanges.drain() {
            let labels = Labels::of(&key, rules);
            *self.totals.exchanges.entry(labels).or_default() += count;
        }
        for ((upstream, placement), count) in self.placements.drain() {
            let key = (upstream_name(rules, upstream), placement);
            *self.totals.placements.entry(key).or_default() += count;
        }
        for (upstream, times) in self.times.drain() {
            let name = upstream_name(rules, upstream);
            self.totals.times.entry(name).or_default().add(&times);
        }
    }
}

fn upstream_name(rules: &Rules, upstream: usize) -> String {
    let upstream = rules.config().upstreams.get(upstream);
    upstream.map_or_else(String::new, |upstream| upstream.name.clone())
}

impl Labels {
    fn of(key: &Key, rules: &Rules) -> Self {
        let config = rules.config();
        let site = key.route.and_then(|route| config.sites.get(route.site));
        let location = key
            .route
            .and_then(|route| site?.locations.get(route.location));
        let upstream = key.server.and_then(|(at, _)| config.upstreams.get(at));
        let server = key.server.and_then(|(_, at)| upstream?.servers.get(at));
        let text = |text: Option<&String>| text.cloned().unwrap_or_default();
        Self {
            site: text(site.and_then(|site| site.hosts.first())),
            location: text(location.map(|location| &location.path)),
            upstream: text(upstream.map(|upstream| &upstream.name)),
            server: text(server.map(|server| &server.id)),
            class: key.class,
            reason: key.reason.as_str(),
        }
    }
}

impl Times {
    fn note(&mut self, time: Duration) {
        let bucket = BOUNDS
            .iter()
            .position(|bound| time <= Duration::from_millis(*bound))
            .unwrap_or(BOUNDS.len());
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
        }
        self.sum += time;
    }

    fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.sum += other.sum;
    }
}

impl Totals {
    /// Adds what another worker counted.
    pub(crate) fn add(&mut self, other: Self) {
        for (labels, count) in other.exchanges {
            *self.exchanges.entry(labels).or_default() += count;
        }
        for (upstream, times) in &other.times {
            self.times.entry(upstream.clone()).or_default().add(times);
        }
        for (cause, count) in other.store_failures {
            *self.store_failures.entry(cause).or_default() += count;
        }
        for (key, count) in other.placements {
            *self.placements.entry(key).or_default() += count;
        }
        self.durations.add(other.durations);
        for (outcome, count) in other.handshakes {
            *self.handshakes.entry(outcome).or_default() += count;
        }
        self.certificates.extend(other.certificates);
        for (name, state) in other.upstreams {
            let sum = self.upstreams.entry(name).or_default();
            sum.waiting += state.waiting;
            sum.idle += state.idle;
        }
        for (names, state) in other.servers {
            let sum = self.servers.entry(names).or_default();
            sum.state = state.state;
            sum.active += state.active;
            sum.failing += state.failing;
        }
        self.accepted += other.accepted;
        self.connections += other.connections;
        self.received += other.received;
        self.sent += other.sent;
    }
}
