//! What a page that watches is sent: counters since the start, and of servers what changed since the last time.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use crate::control::model::State;
use crate::shell::Totals;
use crate::shell::durations::{BOUNDS, Histogram, Span};

/// What one page knows already.
#[derive(Debug, Default)]
pub(crate) struct Live {
    servers: BTreeMap<(String, String), Value>,
}

impl Live {
    /// The next message.
    pub(crate) fn tell(&mut self, state: &State, totals: &Totals, is_draining: bool) -> Value {
        let now = servers(state, totals);
        let changed = now
            .iter()
            .filter(|(key, server)| self.servers.get(*key) != Some(*server));
        let changed: Vec<Value> = changed.map(|(_, server)| server.clone()).collect();
        let gone = self.servers.keys().filter(|key| !now.contains_key(*key));
        let gone: Vec<Value> = gone.map(|(upstream, id)| json!([upstream, id])).collect();
        self.servers = now;
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        json!({
            "seconds": since.map_or(0.0, |since| since.as_secs_f64()),
            "draining": is_draining,
            "requests": requests(totals),
            "latency": latency(totals),
            "connections": totals.connections,
            "upstreams": upstreams(state, totals),
            "servers": changed,
            "gone": gone,
        })
    }
}

fn requests(totals: &Totals) -> Value {
    let (mut all, mut failed, mut classes) = (0, 0, Map::new());
    let mut by_class = [0; 6];
    for (labels, count) in &totals.exchanges {
        all += count;
        if labels.class >= 5 || !matches!(labels.reason, "served" | "redirected" | "not_modified") {
            failed += count;
        }
        if let Some(sum) = by_class.get_mut(usize::from(labels.class)) {
            *sum += count;
        }
    }
    for (class, count) in by_class.iter().enumerate().filter(|(_, count)| **count > 0) {
        classes.insert(format!("{class}xx"), (*count).into());
    }
    json!({"total": all, "failed": failed, "classes": classes})
}

/// How long whole exchanges took, of all sites.
fn latency(totals: &Totals) -> Value {
    let mut all = Histogram::default();
    let sites = totals.durations.sites.iter();
    for (_, histogram) in sites.filter(|((_, span), _)| *span == Span::Whole) {
        all.add(histogram);
    }
    let bounds: Vec<u64> = BOUNDS.to_vec();
    json!({"bounds_us": bounds, "counts": all.counts, "sum": all.sum.as_secs_f64()})
}

fn upstreams(state: &State, totals: &Totals) -> Value {
    let upstreams = state.config().upstreams.iter().map(|upstream| {
        let now = totals
            .upstreams
            .get(&upstream.name)
            .copied()
            .unwrap_or_default();
        json!({
            "name": upstream.name,
            "protocol": upstream.protocol.as_str(),
            "balance": upstream.balance.as_str(),
            "waiting": now.waiting,
            "idle": now.idle,
        })
    });
    upstreams.collect()
}

fn servers(state: &State, totals: &Totals) -> BTreeMap<(String, String), Value> {
    let mut servers = BTreeMap::new();
    for upstream in &state.config().upstreams {
        for server in &upstream.servers {
            let key = (upstream.name.clone(), server.id.clone());
            let now = totals.servers.get(&key).copied().unwrap_or_default();
            let mut checks = totals.checks.iter();
            let check = checks.find(|check| check.upstream == key.0 && check.server == key.1);
            let json = json!({
                "upstream": upstream.name,
                "id": server.id,
                "address": server.address.to_string(),
                "weight": server.weight,
                "state": server.state.as_str(),
                "active": now.active,
                "failing": now.failing > 0,
                "well": check.map(|check| check.is_well),
            });
            servers.insert(key, json);
        }
    }
    servers
}
