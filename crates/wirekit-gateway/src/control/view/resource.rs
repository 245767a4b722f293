//! Upstreams and servers as JSON: the keys of a configuration with every default filled in.

use serde_json::{Map, Value, json};

use crate::config::text::{Shown, size_text};
use crate::config::{Affinity, Balance, Health, Server, Upstream};
use crate::control::model::Resource;

/// An upstream with its servers.
pub(crate) fn upstream(resource: Resource<'_, Upstream>) -> Value {
    let upstream = resource.value;
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("name", upstream.name.as_str().into());
    set("protocol", upstream.protocol.as_str().into());
    set("balance", upstream.balance.as_str().into());
    if let Balance::Hash(key) | Balance::HashConsistent(key) = &upstream.balance {
        set("hash_key", key.to_string().into());
    }
    set("persistent", upstream.persistent.into());
    for (key, time) in [
        ("connect_timeout", upstream.connect_timeout),
        ("head_timeout", upstream.head_timeout),
        ("body_timeout", upstream.body_timeout),
    ] {
        set(key, Shown(time).to_string().into());
    }
    set("retries", upstream.retries.into());
    if upstream.protocol == crate::config::Protocol::Uwsgi {
        set("packet", size_text(upstream.packet as u64).into());
        set("puwsgi", upstream.puwsgi.into());
    }
    if let Some(of) = &upstream.affinity {
        set("affinity", affinity(of));
    }
    if let Some(of) = &upstream.health {
        set("health", health(of));
    }
    let servers = upstream
        .servers
        .iter()
        .map(|server| Value::from(members(server)));
    set("servers", servers.collect());
    set("persisted", resource.is_persisted.into());
    json.into()
}

/// One server.
pub(crate) fn server(resource: Resource<'_, Server>) -> Value {
    let mut json = members(resource.value);
    json.insert("persisted".to_owned(), resource.is_persisted.into());
    json.into()
}

fn members(server: &Server) -> Map<String, Value> {
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("id", server.id.as_str().into());
    set("address", server.address.to_string().into());
    set("weight", server.weight.into());
    set("state", server.state.as_str().into());
    set("max_connections", server.max_connections.into());
    set("max_failures", server.max_failures.into());
    set(
        "failure_timeout",
        Shown(server.failure_timeout).to_string().into(),
    );
    if !server.slow_start.is_zero() {
        set("slow_start", Shown(server.slow_start).to_string().into());
    }
    if let Some(timeout) = server.drain_timeout {
        set("drain_timeout", Shown(timeout).to_string().into());
    }
    json
}

fn affinity(affinity: &Affinity) -> Value {
    match affinity {
        Affinity::Cookie {
            cookie,
            key_file,
            max_age,
            path,
            // Shown to nobody.
            keys: _,
        } => json!({
            "cookie": cookie,
            "key_file": key_file.display().to_string(),
            "max_age": max_age.map_or_else(String::new, |age| Shown(age).to_string()),
            "path": path,
        }),
        Affinity::Learn {
            learn,
            store,
            ttl,
            budget,
        } => json!({
            "learn": learn,
            "store": store,
            "ttl": Shown(*ttl).to_string(),
            "budget": Shown(*budget).to_string(),
        }),
    }
}

fn health(health: &Health) -> Value {
    json!({
        "path": health.path,
        "host": health.host,
        "interval": Shown(health.interval).to_string(),
        "timeout": Shown(health.timeout).to_string(),
        "rise": health.rise,
        "fall": health.fall,
        "status": health.status,
    })
}
