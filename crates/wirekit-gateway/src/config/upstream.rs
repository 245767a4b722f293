//! Servers that do the same, and what is done with requests for them.

use core::time::Duration;
use std::path::PathBuf;

use super::keys::Keys;
use super::model::Address;
use super::text::Template;

/// Servers that do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Upstream {
    /// Its name.
    pub name: String,
    /// What they speak.
    pub protocol: Protocol,
    /// Which of them gets a request.
    pub balance: Balance,
    /// Idle connections that a worker keeps.
    pub persistent: usize,
    /// Whether a connection begins with a header of the PROXY protocol, version 2: of servers that are passed TLS.
    pub proxy_protocol: bool,
    /// For a connection to be there.
    pub connect_timeout: Duration,
    /// From the request's end to the response's head.
    pub head_timeout: Duration,
    /// Between two reads of a response's body.
    pub body_timeout: Duration,
    /// How many other servers are tried.
    pub retries: u32,
    /// Bytes of a uwsgi packet that the servers take.
    pub packet: usize,
    /// Whether the servers are uWSGI's `--puwsgi-socket`, which keep their connections and take no content.
    pub puwsgi: bool,
    /// What is done about the trace that a request belongs to.
    pub trace: Tracing,
    /// What keeps a user on one server.
    pub affinity: Option<Affinity>,
    /// How servers are asked whether they are well.
    pub health: Option<Health>,
    /// At least one.
    pub servers: Vec<Server>,
}

/// What is done about the trace that a request belongs to (W3C Trace Context).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tracing {
    /// A `traceparent` is passed on; what is none is left out, and `tracestate` with it.
    #[default]
    Pass,
    /// The same, and where there is none one is made.
    Make,
}

/// What servers speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Protocol {
    /// uwsgi packets.
    Uwsgi,
    /// HTTP/1.1.
    Http1,
    /// Bytes: for listeners that pass TLS through.
    Tcp,
}

/// Which server gets a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Balance {
    /// In turns, by weight.
    RoundRobin,
    /// That with the fewest requests in relation to its weight.
    LeastConnections,
    /// By the client's address, as nginx's `ip_hash`.
    IpHash,
    /// By this key, as nginx's `hash`.
    Hash(Template),
    /// By this key, as nginx's `hash .. consistent`.
    HashConsistent(Template),
}

/// What keeps a user on one server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Affinity {
    /// A cookie of the gateway's own.
    Cookie {
        /// The cookie's name.
        cookie: String,
        /// The file of the keys that sign its value.
        key_file: PathBuf,
        /// The keys themselves.
        keys: Keys,
        /// How long browsers keep it; none for their session.
        max_age: Option<Duration>,
        /// Its path.
        path: String,
    },
    /// The application's own cookie, and a store that says which server owns it.
    Learn {
        /// The cookie's name.
        learn: String,
        /// The URL of the store.
        store: String,
        /// How long a session without requests is known.
        ttl: Duration,
        /// How long a request waits for the store.
        budget: Duration,
    },
}

/// How servers are asked whether they are well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Health {
    /// The path of the request.
    pub path: String,
    /// Its `Host`.
    pub host: String,
    /// Between two requests.
    pub interval: Duration,
    /// For the answer.
    pub timeout: Duration,
    /// Good answers in a row after which a server is up.
    pub rise: u32,
    /// Bad answers in a row after which it is not.
    pub fall: u32,
    /// Which statuses are good.
    pub status: Vec<u16>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Its stable name.
    pub id: String,
    /// Its address.
    pub address: Address,
    /// How much it gets in relation to the others.
    pub weight: u32,
    /// Whether it gets requests.
    pub state: ServerState,
    /// Requests at once; zero for no limit.
    pub max_connections: u32,
    /// Failures within `failure_timeout` after which it is left out for as long; zero for never.
    pub max_failures: u32,
    /// See `max_failures`.
    pub failure_timeout: Duration,
    /// How long its weight grows once it is added or well again; zero for not at all.
    pub slow_start: Duration,
    /// How long it keeps whom it has once it drains; none for as long as they stay.
    pub drain_timeout: Option<Duration>,
}

/// Whether a server gets requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerState {
    /// It does.
    Up,
    /// It does not.
    Down,
    /// It keeps the users that it has.
    Drain,
    /// It does while no other can.
    Backup,
}
