//! One client's connection: what happened goes in, what is to be done comes out.
//!
//! A [`Session`] has four families of methods. *Reports* say what happened: bytes came, a server was connected to, a file
//! was opened, time passed. [`next_action`](Session::next_action) says what is to be done: connect, open a file, close, keep a
//! server's connection. *Output* is what is to be written to either side. *Wishes* say what to wait for: which side is
//! to be read, and until when. No method waits, and none touches a socket, a file or a clock.
//!
//! ```text
//!            head received                whole response written
//!   Idle ------------------> Answering --------------------------> Idle
//!    |                          |  |
//!    |                          |  +-- 101 sent --> frames both ways -- closed or ended --> Closed
//!    |                          +-- file asked for --> Opening -- opened --> Answering
//!    +-- ended, too slow, broken --> Closing -- written --> Closed
//! ```

mod action;
mod affinity;
mod answer;
mod begin;
mod content;
mod current;
mod draining;
mod exchange;
mod failing;
mod file;
mod held;
mod kept;
mod operator;
mod peer;
mod proxied;
mod refuse;
mod renew;
mod request;
mod response;
mod rules;
mod texts;
mod timer;
mod tracing;
mod upstream;
mod waiting;
mod websocket;
mod work;
mod worker;

use core::net::SocketAddr;
use std::collections::VecDeque;
use std::rc::Rc;

use bytes::{Buf, BytesMut};
use wirekit::http::range::Span;
use wirekit::http1::{Field, State};

use super::balance::Instant;
use super::client::Origin;
use super::reason::Reason;

pub use action::{Action, Ended, Record};
pub(crate) use begin::expects_more;
use current::Current;
use exchange::CurrentExchange;
pub use file::File;
pub use kept::Repeats;
pub use operator::Activity;
pub use peer::Peer;
pub use rules::{Listener, Rules};
use websocket::WebSocket;
use work::{Step, Work};
pub use worker::Worker;

/// Bytes for one side above which nothing more is made for it until some are written.
const HIGH_WATER: usize = 64 * 1024;

/// What a head has in addition on its way, as a rule: uwsgi variables and forwarding fields, a date.
const HEAD_ROOM: usize = 512;

/// A piece of a response that is written from where it lies.
#[derive(Clone, Debug)]
enum Piece {
    Text(Vec<u8>),
    Span(Span),
}

/// A client's connection, and the server that answers its request.
///
/// What is done with a request is a state of this table:
///
#[doc = include_str!("work.md")]
#[derive(Debug)]
pub struct Session {
    rules: Rc<Rules>,
    /// For the next exchange, where the configuration changed during this one.
    next_rules: Option<Rc<Rules>>,
    listener: Rc<Listener>,
    remote: Option<SocketAddr>,
    /// What the handshake of TLS said.
    peer: Option<Box<Peer>>,
    /// Whom the current request is from.
    origin: Origin,
    exchange: CurrentExchange,
    current: Option<Box<Current>>,
    /// Bytes of the client that nothing took yet.
    unread: BytesMut,
    /// Bytes of the server that nothing took yet.
    server_unread: BytesMut,
    to_client: BytesMut,
    to_server: BytesMut,
    pieces: VecDeque<Piece>,
    websocket: Option<Box<WebSocket>>,
    actions: VecDeque<Action>,
    requests: u32,
    client_ended: bool,
    server_ended: bool,
    /// The server takes nothing more.
    server_is_deaf: bool,
    is_closing: bool,
    is_reset: bool,
    is_draining: bool,
    /// Whether the header of the PROXY protocol is still to come.
    awaits_header: bool,
    /// No request follows the current one.
    is_last: bool,
    /// When something last came from or went to the client, and the server.
    client_moved: Instant,
    server_moved: Instant,
    /// When the first byte of the head came that is not whole.
    head_started: Instant,
}

impl Session {
    /// A connection that was accepted on that listener.
    pub fn new(
        rules: Rc<Rules>,
        listener: Rc<Listener>,
        remote: Option<SocketAddr>,
        now: Instant,
    ) -> Self {
        let awaits_header = listener.has_proxy_header();
        let mut session = Self {
            rules,
            next_rules: None,
            listener,
            remote,
            peer: None,
            origin: Origin::of_peer(remote.map(|remote| remote.ip())),
            exchange: CurrentExchange::NONE,
            current: None,
            unread: BytesMut::new(),
            server_unread: BytesMut::new(),
            to_client: BytesMut::new(),
            to_server: BytesMut::new(),
            pieces: VecDeque::new(),
            websocket: None,
            actions: VecDeque::new(),
            requests: 0,
            client_ended: false,
            server_ended: false,
            server_is_deaf: false,
            is_closing: false,
            is_reset: false,
            is_draining: false,
            awaits_header,
            is_last: false,
            client_moved: now,
            server_moved: now,
            head_started: now,
        };
        if awaits_header {
            session.check_peer(now);
        }
        session
    }

    /// The same connection, whose client said this by TLS before its first request.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        Self {
            peer: Some(Box::new(peer)),
            ..self
        }
    }

    /// `Strict-Transport-Security` for the current response (RFC 6797 section 7.1), where the client came by TLS.
    fn hsts<'r>(&self, rules: &'r Rules) -> Option<Field<'r>> {
        if self.listener.scheme() == "http" && !self.origin.is_secure {
            return None;
        }
        let value = rules.hsts(self.current.as_ref()?.site?);
        let is_there = !value.is_empty();
        is_there.then(|| Field::new("Strict-Transport-Security", value.as_bytes()))
    }

    /// The next thing to be done.
    pub fn next_action(&mut self) -> Option<Action> {
        let action = self.actions.pop_front();
        if action.is_none() && self.current.is_none() {
            self.actions = VecDeque::new();
        }
        action
    }

    // Reports

    /// The client sent this.
    pub fn client_sent(&mut self, bytes: &[u8], now: Instant, worker: &mut Worker) {
        self.client_moved = now;
        if self.unread.is_empty() {
            self.head_started = now;
        }
        worker.lend(&mut self.unread);
        self.unread.extend_from_slice(bytes);
        self.drive(now, worker);
    }

    /// The client sends nothing more.
    pub fn client_ended(&mut self, now: Instant, worker: &mut Worker) {
        self.client_ended = true;
        self.drive(now, worker);
    }

    /// The client's connection is lost.
    pub fn client_lost(&mut self, now: Instant, worker: &mut Worker) {
        self.give_up(Reason::ClientClosed, now, worker);
    }

    /// So many bytes of [`to_client`](Self::to_client) were written.
    pub fn wrote_to_client(&mut self, len: usize, now: Instant, worker: &mut Worker) {
        self.client_moved = now;
        self.count(len as u64);
        self.to_client.advance(len.min(self.to_client.len()));
        match self.is_relaying() {
            true => worker.take_back(&mut self.to_client),
            false => self.drive(now, worker),
        }
    }

    /// So many bytes of the file piece that [`file_piece`](Self::file_piece) named were written.
    pub fn wrote_of_file(&mut self, len: u64, now: Instant, worker: &mut Worker) {
        self.client_moved = now;
        self.count(len);
        if let Some(Piece::Span(span)) = self.pieces.front_mut() {
            if len >= span.len() {
                self.pieces.pop_front();
            } else {
                span.first += len;
            }
        }
        self.drive(now, worker);
    }

    /// A worker stops: no further request is taken, and an answer that is still to come says so.
    pub fn drain(&mut self, now: Instant, worker: &mut Worker) {
        self.is_draining = true;
        if !self.exchange.is_switched() {
            self.exchange.close_after_response();
        }
        self.drive(now, worker);
    }

    /// The time to stop is over: what is not done will not be.
    pub fn cut(&mut self, now: Instant, worker: &mut Worker) {
        // Bytes that were sent must not look like the whole of an answer.
        self.is_reset = self.current.is_some();
        self.give_up(Reason::Drained, now, worker);
    }

    // Output

    /// What is to be written to the client first.
    pub fn to_client(&self) -> &[u8] {
        &self.to_client
    }

    /// The bytes of the file that was [opened](Self::opened) that are to be written to the client behind
    /// [`to_client`](Self::to_client).
    pub fn file_piece(&self) -> Option<Span> {
        match self.pieces.front() {
            Some(Piece::Span(span)) => Some(*span),
            _ => None,
        }
    }

    /// What is to be written to the server.
    pub fn to_server(&self) -> &[u8] {
        &self.to_server
    }

    // Wishes

    /// Whether the client is to be read.
    pub fn wants_client(&self) -> bool {
        if self.is_closing || self.client_ended {
            return false;
        }
        if self.exchange.is_switched() {
            return self.to_server.len() < HIGH_WATER;
        }
        self.unread.len() < HIGH_WATER && self.to_server.len() < HIGH_WATER
    }

    /// Whether the server is to be read.
    pub fn wants_server(&self) -> bool {
        let has_server = self
            .current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Server));
        has_server
            && !self.server_ended
            && self.to_client.len() < HIGH_WATER
            && self.server_unread.len() < HIGH_WATER
    }

    /// Whether all is written that will be, and the client's connection is to be closed.
    pub fn is_done(&self) -> bool {
        self.is_closing && self.to_client.is_empty() && self.pieces.is_empty()
    }

    /// Whether the client's connection is to be reset: a response that was begun will never be whole.
    pub fn is_reset(&self) -> bool {
        self.is_reset
    }

    /// Goes as far as can be gone with what is there. A connection that waits for something holds no empty buffer.
    fn drive(&mut self, now: Instant, worker: &mut Worker) {
        self.go_on(now, worker);
        worker.take_back(&mut self.unread);
        worker.take_back(&mut self.server_unread);
        worker.take_back(&mut self.to_client);
        worker.take_back(&mut self.to_server);
    }

    fn go_on(&mut self, now: Instant, worker: &mut Worker) {
        loop {
            self.write_pieces();
            if self.is_closing {
                if self.current.is_some() && self.to_client.is_empty() && self.pieces.is_empty() {
                    self.finish(now, worker);
                }
                return;
            }
            if self.exchange.is_switched() {
                self.relay(now, worker);
                if self.is_closing {
                    continue;
                }
                return;
            }
            if self.current.is_some() {
                self.advance(now, worker);
                if self.is_closing || self.exchange.is_switched() {
                    continue;
                }
                if !self.is_answered() {
                    return;
                }
                self.finish(now, worker);
                continue;
            }
            if !self.begin(now, worker) {
                return self.rest();
            }
        }
    }

    /// Gives back what an idle connection has no use for.
    fn rest(&mut self) {
        if self.pieces.is_empty() {
            self.pieces = VecDeque::new();
        }
        if self.unread.is_empty() && self.exchange.is_idle() {
            self.exchange.end();
        }
    }

    /// Whether the request was answered whole, and the answer is written.
    fn is_answered(&self) -> bool {
        let is_made = self.exchange.is_idle() || self.exchange.wants_close();
        is_made && self.pieces.is_empty() && self.to_client.is_empty()
    }

    /// Moves text between file pieces to the output.
    fn write_pieces(&mut self) {
        while let Some(Piece::Text(_)) = self.pieces.front() {
            if let Some(Piece::Text(text)) = self.pieces.pop_front() {
                self.to_client.extend_from_slice(&text);
            }
        }
    }

    /// Notes the end of an exchange, and readies the connection for the next.
    fn finish(&mut self, now: Instant, worker: &mut Worker) {
        self.release(now, worker);
        if let Some(current) = self.current.take() {
            self.record(current, now);
        }
        let limit = self.rules.config().limits.requests_per_connection;
        let is_last = limit > 0 && self.requests >= limit;
        if self.exchange.wants_close() || is_last || self.is_last || self.is_draining {
            self.is_closing = true;
        }
    }

    /// Something happened to the request, if there is one.
    fn step(&mut self, step: Step) {
        if let Some(current) = &mut self.current {
            let after = current.work.after(step);
            debug_assert!(after.is_some(), "{step:?} in {:?}", current.work);
            current.work = after.unwrap_or(current.work);
        }
    }

    /// Ends everything: nothing more is written.
    fn give_up(&mut self, reason: Reason, now: Instant, worker: &mut Worker) {
        self.fail_in_phase();
        let ending = super::balance::Ending::Abandoned;
        self.leave_server(ending, now, worker);
        if let Some(mut current) = self.current.take() {
            let is_cut = !self.to_client.is_empty() || !self.pieces.is_empty();
            // A response that lasts until the connection's end would be whole by an end in order.
            self.is_reset |= is_cut || self.exchange.client().server_state() == State::SendBody;
            match &mut current.reason {
                // The answer was made, and not sent whole.
                Some(made) if *made == Reason::Served && is_cut => *made = reason,
                made => _ = made.get_or_insert(reason),
            }
            self.record(current, now);
        }
        self.to_client.clear();
        self.pieces.clear();
        self.is_closing = true;
    }

    /// Whether the request was received whole.
    fn is_received(&self) -> bool {
        self.exchange.client().client_state() != State::SendBody
    }
}

#[cfg(test)]
mod tests;
