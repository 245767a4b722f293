use core::time::Duration;
use std::collections::BTreeSet;

use toml::de::DeValue;

use super::affinity::affinity;
use super::{Names, timeout};
use crate::config::model::Address;
use crate::config::section::{Section, Setting, Size, word_settings};
use crate::config::text::{Part, Template, Variable};
use crate::config::upstream::{Balance, Health, Protocol, Server, ServerState, Tracing, Upstream};

word_settings! {
    Protocol: "uwsgi" = Self::Uwsgi, "http1" = Self::Http1, "tcp" = Self::Tcp;
    ServerState: "up" = Self::Up, "down" = Self::Down, "drain" = Self::Drain, "backup" = Self::Backup;
    Tracing: "pass" = Self::Pass, "make" = Self::Make;
    Method: "round_robin" = Self::RoundRobin, "least_connections" = Self::LeastConnections, "ip_hash" = Self::IpHash,
        "hash" = Self::Hash, "hash_consistent" = Self::HashConsistent;
}

/// The words for how a server is chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    RoundRobin,
    LeastConnections,
    IpHash,
    Hash,
    HashConsistent,
}

/// The largest packet of the format: its length has 16 bits.
const MAX_PACKET: u64 = 65_535;

pub(in crate::config) fn upstream(name: &str, mut section: Section<'_>, names: &Names) -> Upstream {
    // What is wrong with it was noted; the rest is read as for the usual one.
    let protocol = section.required("protocol").unwrap_or(Protocol::Uwsgi);
    let method = section.or("balance", Method::RoundRobin);
    let balance = balance(&mut section, protocol, method);
    let packet = match section.spanned::<Size>("packet") {
        None => 4096,
        Some((_, span)) if protocol != Protocol::Uwsgi => {
            section.wrong(
                Some(span),
                "packet",
                "stands at an upstream without packets; allowed is protocol = \"uwsgi\"",
            );
            4096
        }
        Some((Size(size), span)) => match usize::try_from(size) {
            Ok(packet) if (256..=MAX_PACKET).contains(&size) => packet,
            _ => {
                section.wrong(
                    Some(span),
                    "packet",
                    "is out of range; allowed is from 256 B to 65535 B, as uWSGI's buffer-size",
                );
                4096
            }
        },
    };
    let puwsgi = match section.spanned::<bool>("puwsgi") {
        Some((true, span)) if protocol != Protocol::Uwsgi => {
            section.wrong(
                Some(span),
                "puwsgi",
                "stands at an upstream without packets; allowed is protocol = \"uwsgi\"",
            );
            false
        }
        puwsgi => puwsgi.is_some_and(|(puwsgi, _)| puwsgi),
    };
    let proxy_protocol = match section.spanned::<bool>("proxy_protocol") {
        Some((true, span)) if protocol != Protocol::Tcp => {
            section.wrong(
                Some(span),
                "proxy_protocol",
                "stands at an upstream that reads who the client is in each request; allowed is protocol = \"tcp\"",
            );
            false
        }
        spoken => spoken.is_some_and(|(is_spoken, _)| is_spoken),
    };
    // Nobody knows what is spoken: nginx's `proxy_timeout` is as long.
    let body_timeout = match protocol {
        Protocol::Tcp => 10 * 60,
        Protocol::Uwsgi | Protocol::Http1 => 60,
    };
    let affinity = section
        .table("affinity")
        .and_then(|section| affinity(section, names, protocol));
    let health = section
        .table("health")
        .map(|section| health(section, protocol));
    let upstream = Upstream {
        name: name.to_owned(),
        protocol,
        balance,
        persistent: usize::from(section.or::<u16>("persistent", 16)),
        connect_timeout: timeout(&mut section, "connect_timeout", 5),
        head_timeout: timeout(&mut section, "head_timeout", 60),
        body_timeout: timeout(&mut section, "body_timeout", body_timeout),
        proxy_protocol,
        retries: section.or("retries", 1),
        packet,
        puwsgi,
        trace: section.or("trace", Tracing::default()),
        affinity,
        health,
        servers: servers(&mut section, names, method),
    };
    section.finish();
    upstream
}

fn balance(section: &mut Section<'_>, protocol: Protocol, method: Method) -> Balance {
    let key = section.spanned::<Template>("hash_key");
    let takes_key = matches!(method, Method::Hash | Method::HashConsistent);
    if let Some((key, span)) = &key {
        let of_request = |part: &Part| {
            !matches!(
                part,
                Part::Text(_) | Part::Variable(Variable::RemoteAddress | Variable::Host)
            )
        };
        if !takes_key {
            section.wrong(
                Some(span.clone()),
                "hash_key",
                "has no effect; allowed is balance = \"hash\" or \"hash_consistent\" beside it",
            );
        } else if key.is_constant() {
            section.wrong(
                Some(span.clone()),
                "hash_key",
                "is the same for every request, so that one server would get all; allowed is text with a variable",
            );
        } else if protocol == Protocol::Tcp && key.parts().iter().any(of_request) {
            section.wrong(
                Some(span.clone()),
                "hash_key",
                "needs a request, which nobody reads here; allowed are $remote_address and $host",
            );
        }
    }
    let key = key.map_or_else(Template::remote_address, |(key, _)| key);
    match method {
        Method::RoundRobin => Balance::RoundRobin,
        Method::LeastConnections => Balance::LeastConnections,
        Method::IpHash => Balance::IpHash,
        Method::Hash => Balance::Hash(key),
        Method::HashConsistent => Balance::HashConsistent(key),
    }
}

fn health(mut section: Section<'_>, protocol: Protocol) -> Health {
    for name in ["path", "host", "status"] {
        if protocol == Protocol::Tcp && section.has(name) {
            section.wrong(
                None,
                name,
                "has no effect, as a connection is all that is asked of such a server; allowed is protocol = \"uwsgi\" or \"http1\"",
            );
        }
    }
    let path = match section.spanned::<String>("path") {
        Some((path, _))
            if path.starts_with('/') && path.bytes().all(|byte| matches!(byte, b'!'..=b'~')) =>
        {
            path
        }
        Some((path, span)) => {
            section.wrong(
                Some(span),
                "path",
                format!("{path:?} is no path; allowed is one that begins with a slash"),
            );
            "/".to_owned()
        }
        None => "/".to_owned(),
    };
    let host = match section.spanned::<String>("host") {
        Some((host, _)) if is_host(&host) => host,
        Some((host, span)) => {
            section.wrong(
                Some(span),
                "host",
                format!(
                    "{host:?} is no host; allowed is a name or an address, with a port or without"
                ),
            );
            DEFAULT_HOST.to_owned()
        }
        None => DEFAULT_HOST.to_owned(),
    };
    let (rise, fall) = (
        count(&mut section, "rise", 2),
        count(&mut section, "fall", 3),
    );
    let status = match section.spanned::<Vec<u16>>("status") {
        Some((status, _))
            if !status.is_empty() && status.iter().all(|status| (200..=599).contains(status)) =>
        {
            status
        }
        Some((_, span)) => {
            section.wrong(
                Some(span),
                "status",
                "is wrong; allowed are final statuses, from 200 to 599",
            );
            vec![200]
        }
        None => vec![200],
    };
    let health = Health {
        path,
        host,
        interval: timeout(&mut section, "interval", 5),
        timeout: timeout(&mut section, "timeout", 1),
        rise,
        fall,
        status,
    };
    section.finish();
    health
}

/// A number that is at least one.
/// What a server may weigh. Hashing lays 160 points a unit on a circle, in each worker: without a bound one number in a file, or
/// in a request to the API, would take all memory.
const MAX_WEIGHT: u32 = 1000;

fn weight(section: &mut Section<'_>) -> u32 {
    match section.spanned::<u32>("weight") {
        Some((weight, _)) if (1..=MAX_WEIGHT).contains(&weight) => weight,
        Some((weight, span)) => {
            let text = format!("{weight} is wrong; allowed is 1 to {MAX_WEIGHT}");
            section.wrong(Some(span), "weight", text);
            1
        }
        None => 1,
    }
}

fn count(section: &mut Section<'_>, name: &'static str, default: u32) -> u32 {
    match section.spanned::<u32>(name) {
        Some((0, span)) => {
            section.wrong(Some(span), name, "0 is wrong; allowed is at least 1");
            default
        }
        Some((count, _)) => count,
        None => default,
    }
}

/// The `Host` of a health check that says none.
const DEFAULT_HOST: &str = "localhost";

fn is_host(host: &str) -> bool {
    let is_letter = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
    };
    !host.is_empty() && host.bytes().all(is_letter)
}

fn servers(section: &mut Section<'_>, names: &Names, method: Method) -> Vec<Server> {
    let sections = section.array("server");
    if sections.is_empty() {
        section.wrong(None, "server", "is missing; allowed is at least one server");
    }
    let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    let servers: Vec<Server> = sections
        .into_iter()
        .filter_map(|mut section| {
            let server = server(&mut section, names, method, (&mut ids, &mut addresses));
            section.finish();
            server
        })
        .collect();
    if !servers.is_empty()
        && servers
            .iter()
            .all(|server| server.state == ServerState::Backup)
    {
        section.wrong(
            None,
            "server",
            "all servers are backup; allowed is at least one of another state",
        );
    }
    servers
}

/// A server by itself, of an upstream that chooses so.
pub(in crate::config) fn lone_server(
    mut section: Section<'_>,
    names: &Names,
    balance: &Balance,
) -> Option<Server> {
    let method = match balance {
        Balance::RoundRobin => Method::RoundRobin,
        Balance::LeastConnections => Method::LeastConnections,
        Balance::IpHash => Method::IpHash,
        Balance::Hash(_) => Method::Hash,
        Balance::HashConsistent(_) => Method::HashConsistent,
    };
    let (mut ids, mut addresses) = (BTreeSet::new(), BTreeSet::new());
    let server = server(&mut section, names, method, (&mut ids, &mut addresses));
    section.finish();
    server
}

fn server(
    section: &mut Section<'_>,
    names: &Names,
    method: Method,
    (ids, addresses): (&mut BTreeSet<String>, &mut BTreeSet<Address>),
) -> Option<Server> {
    let (id, id_span) = match section.has("id") {
        true => section.spanned::<String>("id").unzip(),
        false => (section.required("id"), None),
    };
    if let Some(id) = &id {
        section.is_called(id);
        let is_id = !id.is_empty()
            && id
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
        if !is_id {
            section.wrong(
                id_span,
                "id",
                format!("{id:?} is no id; allowed are letters, digits, -, _ and ."),
            );
        } else if !ids.insert(id.clone()) {
            section.wrong(
                id_span,
                "id",
                format!("{id:?} is there twice; allowed is each id once"),
            );
        }
    }
    let (address, span) = match section.has("address") {
        true => section.spanned::<Address>("address").unzip(),
        false => (section.required("address"), None),
    };
    let address = address.map(|address| names.address(address));
    if let Some(address) = &address
        && !addresses.insert(address.clone())
    {
        section.wrong(
            span,
            "address",
            format!("{address} is there twice; allowed is each address once"),
        );
    }
    let server = Server {
        weight: weight(section),
        state: section.or("state", ServerState::Up),
        max_connections: section.or("max_connections", 0),
        max_failures: section.or("max_failures", 1),
        failure_timeout: timeout(section, "failure_timeout", 10),
        slow_start: slow_start(section, method),
        drain_timeout: drain_timeout(section),
        id: id?,
        address: address?,
    };
    Some(server)
}

/// As with nginx it is for methods that go by weight alone: a hash would give users away and take them back.
fn slow_start(section: &mut Section<'_>, method: Method) -> Duration {
    let by_weight = matches!(method, Method::RoundRobin | Method::LeastConnections);
    match section.spanned::<Duration>("slow_start") {
        Some((time, span)) if !time.is_zero() && !by_weight => {
            section.wrong(
                Some(span),
                "slow_start",
                "has no effect; allowed is balance = \"round_robin\" or \"least_connections\" beside it",
            );
            Duration::ZERO
        }
        Some((time, _)) => time,
        None => Duration::ZERO,
    }
}

fn drain_timeout(section: &mut Section<'_>) -> Option<Duration> {
    let is_there = section.has("drain_timeout");
    let time = timeout(section, "drain_timeout", 30);
    is_there.then_some(time)
}

impl Balance {
    /// The word that a file has for it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastConnections => "least_connections",
            Self::IpHash => "ip_hash",
            Self::Hash(_) => "hash",
            Self::HashConsistent(_) => "hash_consistent",
        }
    }
}

impl ServerState {
    /// The word that a file has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Drain => "drain",
            Self::Backup => "backup",
        }
    }
}

impl Tracing {
    /// The word that a file has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Make => "make",
        }
    }
}
