//! The server's side of an exchange.

use core::net::SocketAddr;

use bytes::Buf;
use wirekit::bridge::{
    Edit, End, Error, Fault, Forwarded, Outcome, Refusal, Request, Upstream, UwsgiServer,
};
use wirekit::http1::{self, Field, FieldTable, RequestHead};
use wirekit::uwsgi::request::Peer;
use wirekit::uwsgi::{EncodeError, Transport, Var};

use super::affinity::cookie_fields;
use super::tracing::Headers;
use super::{Action, HIGH_WATER, Session, Step, Work, Worker};
use crate::config::{self, Balance, Protocol};
use crate::core::balance::{Ending, Instant, Wanted};
use crate::core::failure::Attempt;
use crate::core::reason::Reason;

/// The name that the gateway has in `Via`.
const VIA: &str = "wirekit-gateway";

/// What a head has in addition on its way, as a rule: uwsgi variables and forwarding fields, a date.
const HEAD_ROOM: usize = 512;

/// What does not go from a server to a client where the site has a `Strict-Transport-Security` of its own.
const X_ACCEL_AND_HSTS: &[&str] = &[
    "X-Accel-Redirect",
    "X-Accel-Expires",
    "X-Accel-Limit-Rate",
    "X-Accel-Buffering",
    "X-Accel-Charset",
    "Strict-Transport-Security",
];

/// What became of the request's head.
enum Sent {
    /// It is written, for this server.
    To(usize),
    /// The server wants the length of the content first.
    NeedsLength,
    /// All servers have as many requests as they take.
    Full,
    Refused(Reason),
}

impl Session {
    // Reports

    /// The server was connected to.
    pub fn connected(&mut self, now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        self.server_ended = false;
        self.server_is_deaf = false;
        if let Some(attempt) = self.attempt() {
            attempt.connected = Some(now);
        }
        self.step(Step::Connected);
        self.drive(now, worker);
    }

    /// The server cannot be connected to: [`Reason::ConnectRefused`] or [`Reason::ConnectTimeout`].
    pub fn connect_failed(&mut self, reason: Reason, now: Instant, worker: &mut Worker) {
        self.lose_server(reason, now, worker);
        self.drive(now, worker);
    }

    /// The server sent this.
    pub fn server_sent(&mut self, bytes: &[u8], now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        if let Some(current) = &mut self.current {
            current.is_kept = false;
        }
        if let Some(attempt) = self.attempt() {
            attempt.first_byte.get_or_insert(now);
        }
        self.server_unread.extend_from_slice(bytes);
        self.drive(now, worker);
    }

    /// The server ended its side of the connection in order.
    pub fn server_ended(&mut self, now: Instant, worker: &mut Worker) {
        self.server_ended = true;
        self.drive(now, worker);
    }

    /// The server's connection is lost, by a reset or the like: never the end of a response.
    pub fn server_lost(&mut self, now: Instant, worker: &mut Worker) {
        // What came before the reset is as good as ever: an early answer, perhaps.
        self.drive(now, worker);
        if self.has_server() && !self.exchange.is_switched() {
            self.lose_server(Reason::UpstreamClosedEarly, now, worker);
        } else if self.exchange.is_switched() {
            self.server_ended = true;
        }
        self.drive(now, worker);
    }

    /// So many bytes of [`to_server`](Self::to_server) were written.
    pub fn wrote_to_server(&mut self, len: usize, now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        self.to_server.advance(len.min(self.to_server.len()));
        if let Some(current) = &mut self.current {
            current.is_sent |= len > 0;
        }
        self.drive(now, worker);
    }

    /// The server takes nothing more, though it may still answer: what is left for it is dropped.
    pub fn server_takes_no_more(&mut self) {
        self.server_is_deaf = true;
        self.to_server.clear();
    }

    /// Whether a server has the request.
    pub(super) fn has_server(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Server))
    }

    /// Chooses a server, writes the request's head for it, and asks for a connection.
    ///
    /// `because` is what the client learns where no server is left: what the last one did, if one was asked.
    pub(super) fn ask(&mut self, because: Reason, now: Instant, worker: &mut Worker) {
        match self.send_head(now, worker) {
            Sent::To(server) => {
                self.server_moved = now;
                self.leave_queue(now, worker);
                self.step(Step::Ask);
                let Some(current) = &mut self.current else {
                    return;
                };
                current.server = Some(server);
                current.is_counted = true;
                current.asked.get_or_insert(now);
                current.record.wait_time =
                    current.waits_since.map(|since| now.saturating_sub(since));
                current.record.phase = None;
                current.attempt = Some(Attempt::new(server, now));
                current.is_sent = false;
                current.is_kept = false;
                let upstream = current.upstream;
                self.learn_drain(worker);
                if let Some(upstream) = upstream {
                    self.actions.push_back(Action::Connect { upstream, server });
                }
            }
            Sent::NeedsLength => {
                // Who was called is gone for a while, and the next one can use the room.
                self.leave_queue(now, worker);
                self.step(Step::NeedsLength);
            }
            Sent::Full => self.wait(now, worker),
            Sent::Refused(Reason::NoServer) => self.refuse(because, worker),
            Sent::Refused(reason) => self.refuse(reason, worker),
        }
    }

    fn send_head(&mut self, now: Instant, worker: &mut Worker) -> Sent {
        let rules = self.rules.clone();
        let listener = self.listener.clone();
        let Some(mut current) = self.current.take() else {
            return Sent::Refused(Reason::Internal);
        };
        let upstream_at = current.upstream.unwrap_or(usize::MAX);
        let Some(upstream) = rules.config().upstreams.get(upstream_at) else {
            self.current = Some(current);
            return Sent::Refused(Reason::Internal);
        };
        let bytes = core::mem::take(&mut current.head);
        let mut fields = FieldTable::new();
        let parsed = RequestHead::parse_with(&bytes, &mut fields, &rules.http1());
        let Ok(Some((head, _))) = parsed else {
            self.current = Some(current);
            return Sent::Refused(Reason::Internal);
        };
        let key = match &upstream.balance {
            Balance::Hash(key) | Balance::HashConsistent(key) => self.expand(key, &head),
            _ => Vec::new(),
        };
        let wanted = Wanted::new(self.origin.address, &key);
        let mut is_full = false;
        let chosen = worker.balancer(&rules, upstream_at).and_then(|balancer| {
            if let Some(server) = current.again.take() {
                return Some(server);
            }
            // Who was with a server already is answered rather than kept waiting.
            let is_first_try = current.tries.count() == 0;
            let chosen = match !is_first_try || balancer.is_next(current.ticket) {
                true => match &mut current.bond {
                    Some(bond) => bond.choose(upstream, balancer, now, wanted, &mut current.tries),
                    None => balancer.choose(now, wanted, &mut current.tries),
                },
                false => None,
            };
            is_full = chosen.is_none() && is_first_try && balancer.is_full(now);
            chosen
        });
        current.held.rewind();
        let tracing = current.trace_of(&head, upstream.trace, worker);
        self.current = Some(current);
        let sent = match chosen {
            None if is_full => Sent::Full,
            None => Sent::Refused(Reason::NoServer),
            Some(server) => match self.write_request(&head, upstream, &listener, tracing) {
                Ok(()) => {
                    if let Some(balancer) = worker.balancer(&rules, upstream_at) {
                        balancer.begin(server);
                    }
                    Sent::To(server)
                }
                Err(Refusal::LengthRequired) if !self.is_received() => Sent::NeedsLength,
                Err(refusal) => Sent::Refused(of_refusal(refusal)),
            },
        };
        if let Some(current) = &mut self.current {
            current.head = bytes;
            if matches!(sent, Sent::NeedsLength)
                && let Some(balancer) = worker.balancer(&rules, upstream_at)
            {
                balancer.put_back(&mut current.tries);
            }
        }
        sent
    }

    fn write_request(
        &mut self,
        head: &RequestHead<'_>,
        upstream: &config::Upstream,
        listener: &super::Listener,
        tracing: Headers,
    ) -> Result<(), Refusal> {
        let proxy = self.proxy();
        let upgrade = proxy
            .is_some_and(|proxy| proxy.websocket)
            .then_some("websocket");
        let params: Vec<(String, Vec<u8>)> = proxy.map_or_else(Vec::new, |proxy| {
            let expanded = proxy.params.iter();
            expanded
                .map(|(name, value)| (name.clone(), self.expand(value, head)))
                .collect()
        });
        let vars: Vec<Var<'_>> = params
            .iter()
            .map(|(name, value)| Var::new(name.as_bytes(), value))
            .collect();
        let forwarded = if self.origin.is_believed {
            Forwarded::Append
        } else {
            Forwarded::Overwrite
        };
        let made = tracing.made();
        let added = made
            .as_ref()
            .map(|made| Field::new("traceparent", made.as_bytes()));
        let (mut removed, mut added) = (tracing.removed(), added.as_slice());
        let cookies = self.cookies_without_own(head);
        let replaced = cookies.as_deref().map(|cookies| {
            let fields = cookie_fields(cookies);
            ([removed, &["Cookie"]].concat(), [added, &fields].concat())
        });
        if let Some((without, with)) = &replaced {
            (removed, added) = (without, with);
        }
        let mut request = Request::new(listener.scheme())
            .forwarded(forwarded)
            .via(VIA)
            .remove(removed)
            .add(added)
            .upgrade(upgrade);
        if let Some(remote) = self.remote {
            request = request.remote(remote);
        }
        let peer = self.remote.map(|remote| remote.ip().to_canonical());
        if let Some(client) = self.origin.address.filter(|client| Some(*client) != peer) {
            request = request.client(SocketAddr::new(client, 0));
        }
        let server = match upstream.protocol {
            Protocol::Uwsgi => {
                let Some(prefix) = listener.prefix() else {
                    return Err(Refusal::Tunnel);
                };
                let transport = match upstream.puwsgi {
                    true => Transport::Persistent,
                    false => Transport::Socket,
                };
                let peer = Peer::UWSGI
                    .max_size(upstream.packet)
                    .max_vars(1024)
                    .transport(transport);
                Upstream::Uwsgi(UwsgiServer::new(prefix).vars(&vars).peer(peer))
            }
            Protocol::Http1 | Protocol::Tcp => {
                Upstream::Http1(http1::client::Connection::new(http1::Config::DEFAULT))
            }
        };
        self.to_server.reserve(head.as_bytes().len() + HEAD_ROOM);
        self.exchange
            .send_request(head, server, &request, &mut self.to_server)
            .map(drop)
    }

    /// Goes as far with the current request as can be gone.
    pub(super) fn advance(&mut self, now: Instant, worker: &mut Worker) {
        let Some(current) = &self.current else {
            return;
        };
        match current.work {
            Work::Received | Work::LookUp | Work::Connect | Work::File | Work::Wait => {}
            Work::Hold => self.hold(now, worker),
            Work::Server => {
                self.forward_request(now, worker);
                if self.has_server() {
                    self.forward_response(now, worker);
                }
            }
            // What is left of a request that was answered early is read, so that the answer arrives.
            Work::Answer if !self.is_received() => {
                self.forward_request(now, worker);
            }
            Work::Answer => {}
        }
    }

    fn hold(&mut self, now: Instant, worker: &mut Worker) {
        self.send_due(worker);
        if let Err(error) = self.receive_content(worker) {
            return self.refuse(Reason::of_request(error.kind()), worker);
        }
        let too_much = self
            .current
            .as_ref()
            .is_some_and(|current| current.held.len() > current.max_content_len);
        if too_much {
            self.refuse(Reason::BodyTooLarge, worker);
        } else if self.is_received() {
            self.ask(Reason::NoServer, now, worker);
        } else if self.client_ended {
            self.give_up(Reason::ClientClosed, now, worker);
        }
    }

    /// 100 (Continue), where the client waits for it and its content will be read.
    fn send_due(&mut self, worker: &Worker) {
        let date = [Field::new("Date", worker.date.as_bytes())];
        let _ = self.exchange.send_due(&date, &mut self.to_client);
    }

    fn forward_request(&mut self, now: Instant, worker: &mut Worker) {
        if self.to_server.len() >= HIGH_WATER {
            return;
        }
        if self.has_server() {
            self.send_due(worker);
            if self.keeps_content()
                && let Err(error) = self.receive_content(worker)
            {
                return self.refuse(Reason::of_request(error.kind()), worker);
            }
            match self.send_held() {
                Ok(true) => {}
                Ok(false) => return,
                Err(_) => return self.refuse(Reason::Internal, worker),
            }
        }
        let input = core::mem::take(&mut self.unread);
        let taken = self
            .exchange
            .forward_request(&input, &mut worker.fields, &mut self.to_server);
        self.unread = input;
        match taken {
            Ok(used) => {
                self.unread.advance(used);
                let len = self.exchange.request_content_len();
                let max = self
                    .current
                    .as_ref()
                    .map_or(u64::MAX, |current| current.max_content_len);
                if self.has_server() && len > max {
                    self.refuse(Reason::BodyTooLarge, worker);
                } else if self.client_ended && !self.is_received() {
                    self.give_up(Reason::ClientClosed, now, worker);
                }
            }
            Err(Error::Client { error }) => {
                self.refuse(Reason::of_request(error.kind()), worker);
            }
            Err(_) => self.refuse(Reason::Internal, worker),
        }
    }

    fn forward_response(&mut self, now: Instant, worker: &mut Worker) {
        let is_over = self.server_unread.is_empty() && !self.server_ended;
        if is_over || self.to_client.len() >= HIGH_WATER {
            return;
        }
        let input = core::mem::take(&mut self.server_unread);
        // A head, and the content that came with it, find room without growing the buffer piece by piece.
        if self.to_client.is_empty() {
            self.to_client.reserve(input.len() + HEAD_ROOM);
        }
        let rules = self.rules.clone();
        let hsts = self.hsts(&rules);
        let set_cookie = self.set_cookie(worker);
        let learns = self.may_learn();
        let given = match learns {
            true => self.given(&input, worker),
            false => None,
        };
        // The first one counts (RFC 6797 section 8.1), and the configuration is whose word it is.
        let remove = match &hsts {
            Some(_) => X_ACCEL_AND_HSTS,
            None => Edit::X_ACCEL,
        };
        let own = set_cookie
            .as_ref()
            .map(|value| Field::new("Set-Cookie", value));
        let own: Vec<Field<'_>> = own.into_iter().chain(hsts).collect();
        let edit = Edit::NONE.date(&worker.date).remove(remove).add(&own);
        let taken =
            self.exchange
                .forward_response(&input, &mut worker.table, &edit, &mut self.to_client);
        self.server_unread = input;
        let result = match taken {
            Ok(used) => {
                self.server_unread.advance(used);
                if self.server_ended && (self.server_unread.is_empty() || used == 0) {
                    self.exchange
                        .forward_response_end(End::Clean, &mut self.to_client)
                } else {
                    Ok(())
                }
            }
            Err(error) => Err(error),
        };
        if let Some(status) = self.exchange.status()
            && let Some(current) = &mut self.current
        {
            current.record.status = status.0;
            if learns {
                self.learn(given, worker);
            }
        }
        match result {
            Ok(()) => {}
            Err(Error::Upstream {
                fault: Fault::NoResponse | Fault::Truncated,
            }) => {
                self.lose_server(Reason::UpstreamClosedEarly, now, worker);
            }
            Err(_) => self.lose_server(Reason::UpstreamMalformed, now, worker),
        }
        if self.has_server() && !self.exchange.wants_response() && !self.exchange.is_switched() {
            self.part(now, worker);
        }
    }

    /// The server's response is whole: its connection is kept, where it can serve again, or closed.
    fn part(&mut self, now: Instant, worker: &mut Worker) {
        let serves_again = self.exchange.upstream_serves_again(&self.server_unread)
            && !self.server_ended
            && !self.server_is_deaf
            && self.to_server.is_empty();
        self.count_end(Ending::Answered, now, worker);
        self.step(Step::Answered);
        let Some(current) = &self.current else {
            return;
        };
        let places = current.upstream.zip(current.server);
        match places {
            Some((upstream, server)) if serves_again => {
                self.actions.push_back(Action::Keep { upstream, server });
            }
            _ => self.actions.push_back(Action::CloseServer),
        }
        self.to_server.clear();
        self.server_unread.clear();
    }

    pub(super) fn count_end(&mut self, ending: Ending, now: Instant, worker: &mut Worker) {
        let Some(current) = &mut self.current else {
            return;
        };
        if !core::mem::take(&mut current.is_counted) {
            return;
        }
        let taken = current.asked.map(|asked| now.saturating_sub(asked));
        current.record.upstream_time = taken;
        let (Some(upstream), Some(server)) = (current.upstream, current.server) else {
            return;
        };
        let balancer = worker.balancer(&self.rules, upstream);
        if let Some(change) = balancer.and_then(|balancer| balancer.end(server, now, ending)) {
            self.note_change(upstream, server, worker.unix_time);
            self.actions.push_back(Action::ServerChanged {
                upstream,
                server,
                change,
            });
        }
        worker.call(&self.rules, upstream, now);
    }

    /// Lets the server go, whatever state it is in.
    pub(super) fn leave_server(&mut self, ending: Ending, now: Instant, worker: &mut Worker) {
        let has_server = self
            .current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Connect | Work::Server));
        self.count_end(ending, now, worker);
        self.leave_queue(now, worker);
        self.to_server.clear();
        self.server_unread.clear();
        if has_server {
            self.actions.push_back(Action::CloseServer);
        }
    }

    /// A server that may still be there when an exchange ends.
    pub(super) fn release(&mut self, now: Instant, worker: &mut Worker) {
        self.leave_server(Ending::Abandoned, now, worker);
        self.server_ended = false;
    }

    /// The server failed: another one is asked, if the request may be sent again, or the client learns of it.
    pub(super) fn lose_server(&mut self, reason: Reason, now: Instant, worker: &mut Worker) {
        let was_kept = reason == Reason::UpstreamClosedEarly && self.is_kept();
        self.fail_attempt(reason, now);
        // Neither says that the server is at fault.
        let ending = match was_kept || reason == Reason::Drained {
            true => Ending::Abandoned,
            false => Ending::Failed,
        };
        self.leave_server(ending, now, worker);
        self.server_ended = false;
        let outcome = self.exchange.lose_server();
        self.step(Step::Lost);
        let Some(current) = &mut self.current else {
            return;
        };
        let retries = current
            .upstream
            .and_then(|upstream| self.rules.config().upstreams.get(upstream))
            .map_or(0, |upstream| upstream.retries);
        // Content that was held is sent again; content that was streamed is gone, even if none of it was written.
        let is_there = self.exchange.request_content_len() == current.held.len();
        let may_repeat = is_there && (!current.is_sent || current.is_idempotent);
        let has_tries = was_kept || current.tries.count() <= retries as usize;
        current.again = current.server.filter(|_| was_kept);
        match outcome {
            Outcome::Unanswered if may_repeat && has_tries && was_kept => {
                self.ask(reason, now, worker);
            }
            Outcome::Unanswered if may_repeat && has_tries => {
                self.ask_another(reason, now, worker);
            }
            Outcome::Unanswered => self.refuse(reason, worker),
            Outcome::Aborted => {
                current.reason = Some(reason);
                self.is_reset = true;
                self.give_up(reason, now, worker);
            }
            Outcome::Answered | Outcome::Complete => self.step(Step::Answered),
        }
    }
}

fn of_refusal(refusal: Refusal) -> Reason {
    match refusal {
        Refusal::Packet {
            error:
                EncodeError::SizeTooLarge { .. }
                | EncodeError::TooManyVars { .. }
                | EncodeError::TooManyFields { .. },
        } => Reason::PacketTooLarge,
        Refusal::Packet {
            error: EncodeError::BodyOnPersistent,
        } => Reason::NoContentTaken,
        Refusal::Path { .. } => Reason::MalformedPath,
        Refusal::Tunnel => Reason::NotImplemented,
        Refusal::Http1 { error } => Reason::of_request(error.kind()),
        refusal if refusal.status().0 == 400 => Reason::MalformedRequest,
        _ => Reason::Internal,
    }
}
