//! Upstreams and servers as JSON: the keys of a configuration with every default filled in.

use serde_json::{Map, Value, json};

use crate::config::text::{Shown, size_text};
use crate::config::{Affinity, Balance, Health, Protocol, Server, Upstream};
use crate::control::model::Resource;

/// An upstream with its servers.
pub(crate) fn upstream(resource: Resource<'_, Upstream>) -> Value {
    // Whole, so that a new key is not left out.
    let Upstream {
        name,
        protocol,
        balance,
        persistent,
        proxy_protocol,
        connect_timeout,
        head_timeout,
        body_timeout,
        retries,
        packet,
        puwsgi,
        trace,
        affinity: of_affinity,
        health: of_health,
        servers,
    } = resource.value;
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("name", name.as_str().into());
    set("protocol", protocol.as_str().into());
    set("balance", balance.as_str().into());
    if let Balance::Hash(key) | Balance::HashConsistent(key) = balance {
        set("hash_key", key.to_string().into());
    }
    set("persistent", (*persistent).into());
    set(
        "connect_timeout",
        Shown(*connect_timeout).to_string().into(),
    );
    set("head_timeout", Shown(*head_timeout).to_string().into());
    set("body_timeout", Shown(*body_timeout).to_string().into());
    set("retries", (*retries).into());
    set("trace", trace.as_str().into());
    if *protocol == Protocol::Uwsgi {
        set("packet", size_text(*packet as u64).into());
        set("puwsgi", (*puwsgi).into());
    }
    if *protocol == Protocol::Tcp {
        set("proxy_protocol", (*proxy_protocol).into());
    }
    if let Some(of) = of_affinity {
        set("affinity", affinity(of));
    }
    if let Some(of) = of_health {
        set("health", health(of));
    }
    let servers = servers.iter().map(|server| Value::from(members(server)));
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
    let Server {
        id,
        address,
        weight,
        state,
        max_connections,
        max_failures,
        failure_timeout,
        slow_start,
        drain_timeout,
    } = server;
    let mut json = Map::new();
    let mut set = |key: &str, value: Value| json.insert(key.to_owned(), value);
    set("id", id.as_str().into());
    set("address", address.to_string().into());
    set("weight", (*weight).into());
    set("state", state.as_str().into());
    set("max_connections", (*max_connections).into());
    set("max_failures", (*max_failures).into());
    set(
        "failure_timeout",
        Shown(*failure_timeout).to_string().into(),
    );
    if !slow_start.is_zero() {
        set("slow_start", Shown(*slow_start).to_string().into());
    }
    if let Some(timeout) = drain_timeout {
        set("drain_timeout", Shown(*timeout).to_string().into());
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
            "store": public(store),
            "ttl": Shown(*ttl).to_string(),
            "budget": Shown(*budget).to_string(),
        }),
    }
}

fn health(health: &Health) -> Value {
    let Health {
        path,
        host,
        interval,
        timeout,
        rise,
        fall,
        status,
    } = health;
    json!({
        "path": path,
        "host": host,
        "interval": Shown(*interval).to_string(),
        "timeout": Shown(*timeout).to_string(),
        "rise": rise,
        "fall": fall,
        "status": status,
    })
}
/// A store's URL without what it may say of a password, in front of the host or behind a question mark.
fn public(url: &str) -> String {
    let (url, _) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    format!("{scheme}://{host}")
}
