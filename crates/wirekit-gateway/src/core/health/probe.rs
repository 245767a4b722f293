//! What is said to a server that is checked, and what it says: a GET by the server's own protocol.

use wirekit::bridge::{self, Edit, End, Exchange, Request, ResponseTable, UwsgiServer};
use wirekit::http1::server::Event;
use wirekit::http1::{self, FieldTable};
use wirekit::uwsgi::Transport;
use wirekit::uwsgi::Var;
use wirekit::uwsgi::request::{Peer, Prefix};

use super::Outcome;
use crate::config::{Health, Protocol, Upstream};
use crate::core::reason::Reason;

/// So much of an answer is read; a longer one is left.
const MAX_ANSWER: usize = 64 * 1024;

/// One request and its answer. What comes of it is known once the head of the answer is there.
#[derive(Clone, Debug)]
pub struct Probe {
    head: Vec<u8>,
    exchange: Exchange,
    out: Vec<u8>,
    unread: Vec<u8>,
    read_len: usize,
}

impl PartialEq for Probe {
    /// Whether both say the same.
    fn eq(&self, other: &Self) -> bool {
        self.out == other.out
    }
}

impl Probe {
    /// The request that a server of an upstream is asked with; none where it speaks no protocol that has any.
    pub fn new(upstream: &Upstream, health: &Health) -> Option<Self> {
        if upstream.protocol == Protocol::Tcp {
            return None;
        }
        let head = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: wirekit-gateway\r\nConnection: close\r\n\r\n",
            health.path, health.host
        );
        let mut probe = Self {
            head: head.into_bytes(),
            exchange: Exchange::new(bridge::Config::DEFAULT),
            out: Vec::new(),
            unread: Vec::new(),
            read_len: 0,
        };
        probe.send(upstream, &health.host)?;
        Some(probe)
    }

    /// Writes the request; nothing where it cannot be written.
    fn send(&mut self, upstream: &Upstream, host: &str) -> Option<()> {
        let mut fields = FieldTable::new();
        let received = self.exchange.receive_request(&self.head, &mut fields);
        let Ok(Some((Event::Head { head, .. }, _))) = received else {
            return None;
        };
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let vars = [
            Var::new(b"SERVER_NAME", name.as_bytes()),
            Var::new(b"SERVER_PORT", b"80"),
            Var::new(b"REQUEST_SCHEME", b"http"),
            Var::new(b"SERVER_SOFTWARE", b"wirekit-gateway"),
        ];
        let mut storage = [0; 1024];
        let prefix = Prefix::encode(&vars, &mut storage).ok()?;
        let server = match upstream.protocol {
            Protocol::Uwsgi => {
                let transport = match upstream.puwsgi {
                    true => Transport::Persistent,
                    false => Transport::Socket,
                };
                let peer = Peer::UWSGI.max_size(upstream.packet).transport(transport);
                bridge::Upstream::Uwsgi(UwsgiServer::new(prefix).peer(peer))
            }
            Protocol::Http1 | Protocol::Tcp => {
                let connection = http1::client::Connection::new(http1::Config::DEFAULT);
                bridge::Upstream::Http1(connection)
            }
        };
        let local = ([127, 0, 0, 1], 0).into();
        let request = Request::new("http").remote(local);
        let sent = self
            .exchange
            .send_request(&head, server, &request, &mut self.out);
        sent.ok().map(drop)
    }

    /// What is to be written to the server.
    pub fn to_server(&self) -> &[u8] {
        &self.out
    }

    /// The server sent this; what came of the check, once that is known and enough was read.
    pub fn received(&mut self, bytes: &[u8]) -> Option<Outcome> {
        self.read_len += bytes.len();
        self.unread.extend_from_slice(bytes);
        let mut table = ResponseTable::new();
        let mut passed = Vec::new();
        let taken =
            self.exchange
                .forward_response(&self.unread, &mut table, &Edit::NONE, &mut passed);
        match taken {
            Ok(used) => drop(self.unread.drain(..used)),
            Err(_) => return Some(Outcome::Failed(Reason::UpstreamMalformed)),
        }
        let is_enough = !self.exchange.wants_response() || self.read_len >= MAX_ANSWER;
        is_enough.then(|| self.outcome(Reason::UpstreamMalformed))
    }

    /// The server ended its side.
    pub fn ended(&mut self) -> Outcome {
        let mut passed = Vec::new();
        match self.exchange.forward_response_end(End::Clean, &mut passed) {
            Ok(()) => self.outcome(Reason::UpstreamClosedEarly),
            Err(_) => Outcome::Failed(Reason::UpstreamClosedEarly),
        }
    }

    /// The status, or why there is none.
    fn outcome(&self, otherwise: Reason) -> Outcome {
        match self.exchange.status() {
            Some(status) => Outcome::Status(status.0),
            None => Outcome::Failed(otherwise),
        }
    }
}
