//! What a server gets of a request: its head, and its content as it comes.

use core::net::SocketAddr;

use bytes::Buf;
use wirekit::bridge::{Error, Forwarded, Refusal, Request, Upstream, UwsgiServer};
use wirekit::http1::{self, Field, RequestHead};
use wirekit::uwsgi::request::Peer;
use wirekit::uwsgi::{EncodeError, Transport, Var};

use super::affinity::cookie_fields;
use super::tracing::Headers;
use super::{Action, HEAD_ROOM, HIGH_WATER, Session, Step, Worker};
use crate::config::{self, Balance, Protocol};
use crate::core::balance::{Instant, Wanted};
use crate::core::failure::Attempt;
use crate::core::reason::Reason;

/// The name that the gateway has in `Via`.
const VIA: &str = "wirekit-gateway";

/// What became of the request's head.
pub(super) enum Sent {
    /// It is written, for this server.
    To(usize),
    /// The server wants the length of the content first.
    NeedsLength,
    /// All servers have as many requests as they take.
    Full,
    Refused(Reason),
}

impl Session {
    /// Chooses a server, writes the request's head for it, and asks for a connection.
    ///
    /// `because` is what the client learns where no server is left: what the last one did, if one was asked.
    pub(super) fn ask(&mut self, because: Reason, now: Instant, worker: &mut Worker) {
        if self.look_up_before_it_moves(because, now, worker) {
            return;
        }
        let Some(current) = &mut self.current else {
            return;
        };
        // The head as it was received, read once more.
        let texts = core::mem::take(&mut current.record.texts);
        let mut fields = worker.lend_fields();
        let parsed = RequestHead::parse_with(texts.head(), &mut fields, &self.rules.http1());
        let sent = match parsed {
            Ok(Some((head, _))) => self.send_head(&head, now, worker),
            _ => Sent::Refused(Reason::Internal),
        };
        worker.take_back_fields(fields);
        if let Some(current) = &mut self.current {
            current.record.texts = texts;
        }
        self.asked(sent, because, now, worker);
    }

    /// Goes on with what became of the request's head.
    pub(super) fn asked(&mut self, sent: Sent, because: Reason, now: Instant, worker: &mut Worker) {
        match sent {
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
                current.is_forwarded = false;
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

    /// Chooses a server, and writes the head for it.
    pub(super) fn send_head(
        &mut self,
        head: &RequestHead<'_>,
        now: Instant,
        worker: &mut Worker,
    ) -> Sent {
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
        let key = match &upstream.balance {
            Balance::Hash(key) | Balance::HashConsistent(key) => self.expand(key, head),
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
        let tracing = current.trace_of(head, upstream.trace, worker);
        self.current = Some(current);
        worker.lend(&mut self.to_server);
        let sent = match chosen {
            None if is_full => Sent::Full,
            None => Sent::Refused(Reason::NoServer),
            Some(server) => match self.write_request(head, upstream, &listener, tracing) {
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
        if let (Sent::NeedsLength, Some(current)) = (&sent, &mut self.current)
            && let Some(balancer) = worker.balancer(&rules, upstream_at)
        {
            balancer.put_back(&mut current.tries);
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

    pub(super) fn hold(&mut self, now: Instant, worker: &mut Worker) {
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

    pub(super) fn forward_request(&mut self, now: Instant, worker: &mut Worker) {
        let mut current = self.current.iter();
        let is_forwarded = current.any(|current| current.is_forwarded);
        if is_forwarded || self.to_server.len() >= HIGH_WATER {
            return;
        }
        worker.lend(&mut self.to_server);
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
                let is_received = self.is_received();
                let len = self.exchange.request_content_len();
                let max = self
                    .current
                    .as_ref()
                    .map_or(u64::MAX, |current| current.max_content_len);
                if self.has_server() && len > max {
                    self.refuse(Reason::BodyTooLarge, worker);
                } else if self.client_ended && !is_received {
                    self.give_up(Reason::ClientClosed, now, worker);
                } else if self.has_server()
                    && let Some(current) = &mut self.current
                {
                    current.is_forwarded = is_received;
                }
            }
            Err(Error::Client { error }) => {
                self.refuse(Reason::of_request(error.kind()), worker);
            }
            Err(_) => self.refuse(Reason::Internal, worker),
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
