//! How long the phases of exchanges took, counted by a worker for itself.

use core::time::Duration;
use std::collections::BTreeMap;

use crate::core::session::{Record, Rules};

/// The upper bounds of the buckets, in microseconds.
pub(crate) const BOUNDS: [u64; 18] = [
    100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
];

/// A part of an exchange that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Span {
    /// From the first byte of a request's head to its last.
    Head,
    /// From there to the end of the response.
    Whole,
    /// Until a server had room.
    Wait,
    /// Until a server was connected to.
    Connect,
    /// From the choice of a server to the first byte of its response.
    FirstByte,
}

impl Span {
    /// The label's value.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Whole => "whole",
            Self::Wait => "wait",
            Self::Connect => "connect",
            Self::FirstByte => "first_byte",
        }
    }
}

/// How often something took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Histogram {
    /// How many fell into each bucket; the last is for what took longer than every bound.
    pub(crate) counts: [u64; BOUNDS.len() + 1],
    pub(crate) sum: Duration,
}

impl Histogram {
    fn note(&mut self, time: Duration) {
        let mut bounds = BOUNDS.iter();
        let bucket = bounds.position(|bound| time <= Duration::from_micros(*bound));
        if let Some(count) = self.counts.get_mut(bucket.unwrap_or(BOUNDS.len())) {
            *count += 1;
        }
        self.sum += time;
    }

    pub(crate) fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count += more;
        }
        self.sum += other.sum;
    }
}

/// The same by name.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    /// By site, empty where there is none.
    pub(crate) sites: BTreeMap<(String, Span), Histogram>,
    /// By upstream.
    pub(crate) upstreams: BTreeMap<(String, Span), Histogram>,
    /// Requests by upstream, and whether their connection had served before.
    pub(crate) connections: BTreeMap<(String, bool), u64>,
    /// Tries that failed, by upstream, server and reason.
    pub(crate) tries: BTreeMap<(String, String, &'static str), u64>,
}

impl Named {
    pub(crate) fn add(&mut self, other: Self) {
        for (key, histogram) in &other.sites {
            self.sites.entry(key.clone()).or_default().add(histogram);
        }
        for (key, histogram) in &other.upstreams {
            self.upstreams
                .entry(key.clone())
                .or_default()
                .add(histogram);
        }
        for (key, count) in other.connections {
            *self.connections.entry(key).or_default() += count;
        }
        for (key, count) in other.tries {
            *self.tries.entry(key).or_default() += count;
        }
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Site {
    head: Histogram,
    whole: Histogram,
}

#[derive(Clone, Copy, Debug, Default)]
struct Upstream {
    wait: Histogram,
    connect: Histogram,
    first_byte: Histogram,
    fresh: u64,
    kept: u64,
}

/// By the places of a configuration, and by name what was counted under others.
#[derive(Debug, Default)]
pub(super) struct Durations {
    /// Behind the one of requests without a site.
    sites: Vec<Site>,
    upstreams: Vec<Upstream>,
    named: Named,
}

/// How many servers' failed tries are counted apart: more come and go where servers do.
const MAX_SERIES: usize = 10_000;

impl Durations {
    /// An exchange ended; its configuration is the current one, or another.
    pub(super) fn count(&mut self, record: &Record, is_current: bool) {
        if is_current {
            self.count_places(record);
        } else {
            let mut other = Self::default();
            other.count_places(record);
            other.name_all(&record.rules);
            self.named.add(other.named);
        }
        if !record.failed.is_empty() {
            self.count_tries(record);
        }
    }

    fn count_places(&mut self, record: &Record) {
        let site = slot(
            &mut self.sites,
            record.route.map_or(0, |route| route.site + 1),
        );
        if let Some(site) = site {
            site.head.note(record.head_time);
            // How long a WebSocket lives says nothing about its server.
            if record.status != 101 {
                site.whole.note(record.ended.saturating_sub(record.started));
            }
        }
        let Some((place, _)) = record.server else {
            return;
        };
        let Some(upstream) = slot(&mut self.upstreams, place) else {
            return;
        };
        if let Some(time) = record.wait_time {
            upstream.wait.note(time);
        }
        if let Some(time) = record.connect_time {
            upstream.connect.note(time);
        }
        if let Some(time) = record.first_byte_time {
            upstream.first_byte.note(time);
        }
        match record.is_kept {
            true => upstream.kept += 1,
            false => upstream.fresh += 1,
        }
    }

    fn count_tries(&mut self, record: &Record) {
        let upstreams = &record.rules.config().upstreams;
        let Some(upstream) = record.upstream.and_then(|place| upstreams.get(place)) else {
            return;
        };
        // A server that says by its status that it failed did its part of the protocol.
        let failed = record
            .failed
            .iter()
            .filter(|attempt| attempt.reason.fault().is_some());
        for attempt in failed {
            let server = upstream.servers.get(attempt.server);
            let server = server.map_or_else(String::new, |server| server.id.clone());
            let mut key = (upstream.name.clone(), server, attempt.reason.as_str());
            if self.named.tries.len() >= MAX_SERIES && !self.named.tries.contains_key(&key) {
                key.1 = String::new();
            }
            *self.named.tries.entry(key).or_default() += 1;
        }
    }

    /// All that was counted, where the places are those of these rules.
    pub(super) fn named(&mut self, rules: &Rules) -> &Named {
        self.name_all(rules);
        &self.named
    }

    fn name_all(&mut self, rules: &Rules) {
        let config = rules.config();
        for (place, site) in self.sites.drain(..).enumerate() {
            let name = place
                .checked_sub(1)
                .and_then(|place| config.sites.get(place));
            let name = name.and_then(|site| site.hosts.first().cloned());
            let name = name.unwrap_or_default();
            for (span, histogram) in [(Span::Head, site.head), (Span::Whole, site.whole)] {
                put(&mut self.named.sites, &name, span, histogram);
            }
        }
        for (place, upstream) in self.upstreams.drain(..).enumerate() {
            let Some(name) = config.upstreams.get(place).map(|upstream| &upstream.name) else {
                continue;
            };
            for (span, histogram) in [
                (Span::Wait, upstream.wait),
                (Span::Connect, upstream.connect),
                (Span::FirstByte, upstream.first_byte),
            ] {
                put(&mut self.named.upstreams, name, span, histogram);
            }
            for (is_kept, count) in [(true, upstream.kept), (false, upstream.fresh)] {
                let connections = &mut self.named.connections;
                *connections.entry((name.clone(), is_kept)).or_default() += count;
            }
        }
    }
}

fn put(
    histograms: &mut BTreeMap<(String, Span), Histogram>,
    name: &str,
    span: Span,
    histogram: Histogram,
) {
    if histogram != Histogram::default() {
        let key = (name.to_owned(), span);
        histograms.entry(key).or_default().add(&histogram);
    }
}

/// The one of that place, which is made where it is not there yet.
fn slot<T: Clone + Default>(all: &mut Vec<T>, place: usize) -> Option<&mut T> {
    if all.len() <= place {
        all.resize(place + 1, T::default());
    }
    all.get_mut(place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_falls_into_the_first_bucket_that_holds_it() {
        let rows = [
            (0, 0),
            (100, 0),
            (101, 1),
            (60_000_000, BOUNDS.len() - 1),
            (60_000_001, BOUNDS.len()),
        ];
        for (micros, bucket) in rows {
            let mut histogram = Histogram::default();
            histogram.note(Duration::from_micros(micros));
            assert_eq!(histogram.counts[bucket], 1, "{micros}");
            assert_eq!(histogram.sum, Duration::from_micros(micros));
        }
    }
}
