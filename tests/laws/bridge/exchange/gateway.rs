//! A gateway as its documentation says to write one: it carries bytes, and judges nothing.

use bytes::BufMut;
use wirekit::bridge::{
    Edit, End, Error, Exchange, Loss, Outcome, Refusal, Request as Extra, ResponseTable, Upstream,
    UwsgiServer,
};
use wirekit::http1::server::Event;
use wirekit::http1::{
    BodyLength, Config, EncodeError, FieldTable, Method, SendError, StatusCode, StatusLine, client,
};
use wirekit::uwsgi::Var;
use wirekit::uwsgi::request::{Peer, Prefix, Uploads};

use super::answer::{Ending, Kind, Verdict};
use super::body::Text;
use super::cuts::Cuts;
use super::plan::{Plan, Request};
use super::record::{Conclusion, Outcomes, Seen, Sent};

pub(super) struct Gateway<'a> {
    plan: &'a Plan,
    cuts: Cuts<'a>,
    exchange: Exchange,
    fields: FieldTable,
    table: ResponseTable,
    /// How much of the client's bytes arrived, and was taken.
    arrived: usize,
    taken: usize,
    server_arrived: usize,
    server_taken: usize,
    server_ended: bool,
    out: Outcomes,
}

const EDIT: Edit<'_> = Edit::NONE.date("now").remove(Edit::X_ACCEL);
/// The content of every answer of the gateway's own.
pub(super) const OWN: &[u8] = b"the gateway's own";

impl<'a> Gateway<'a> {
    pub(super) fn new(plan: &'a Plan, cuts: Cuts<'a>) -> Self {
        Self {
            plan,
            cuts,
            exchange: Exchange::new(
                wirekit::bridge::Config::DEFAULT.max_drained_len(plan.max_drained_len),
            ),
            fields: FieldTable::new(),
            table: ResponseTable::new(),
            arrived: 0,
            taken: 0,
            server_arrived: 0,
            server_taken: 0,
            server_ended: false,
            out: Outcomes {
                to_client: Text::default(),
                seen: Vec::new(),
            },
        }
    }

    pub(super) fn run(mut self) -> Outcomes {
        let mut start = 0;
        for request in &self.plan.requests {
            assert_eq!(
                self.taken, start,
                "a request begins elsewhere: {:#?}",
                self.plan
            );
            self.serve(request, start);
            start += request.wire.len();
            if self.seen().ending != Conclusion::Idle {
                return self.out;
            }
            assert_eq!(
                self.taken, start,
                "a request ends elsewhere: {:#?}",
                self.plan
            );
        }
        self.out
    }

    fn seen(&mut self) -> &mut Seen {
        self.out.seen.last_mut().expect("a request is served")
    }

    fn serve(&mut self, request: &Request, start: usize) {
        self.out.seen.push(Seen {
            starts_at: self.out.to_client.len(),
            has_head: false,
            is_head: request.method == "HEAD" && self.plan.wire.len() >= start + "HEAD ".len(),
            servers: Vec::new(),
            refused: None,
            sent_continue: false,
            client_failed: false,
            lost: None,
            serves_again: false,
            ending: Conclusion::Silent,
        });
        (self.server_arrived, self.server_taken, self.server_ended) = (0, 0, false);
        let wire = &self.plan.wire;
        let head_end = (start + request.head_len).min(wire.len());
        let mut table = FieldTable::<100>::new();
        let (head, used) = loop {
            let input = &wire[self.taken..self.arrived];
            let received = self.exchange.receive_request(input, &mut table);
            match received.expect("heads break no rule") {
                Some((Event::Head { head, .. }, used)) => break (head, used),
                Some((event, _)) => panic!("{event:?} before a head"),
                None if self.arrived < head_end => {
                    self.arrived = head_end.min(self.arrived.saturating_add(self.cuts.len()));
                }
                None => return self.client_left(),
            }
        };
        self.taken += used;
        self.seen().has_head = true;
        assert_eq!(
            (head.method(), head.target()),
            (
                Method::new(request.method.as_bytes()).expect("a method"),
                &*request.target
            ),
        );
        if request.is_continued && self.exchange.client().awaits_continue() {
            self.seen().sent_continue = true;
            self.exchange
                .send_due(&[], &mut self.out.to_client.0)
                .expect("there is room");
        }
        let is_tunnel = request.kind == Kind::Own && request.method == "CONNECT";
        if is_tunnel {
            let line = StatusLine::new(StatusCode::OK);
            let out = &mut self.out.to_client.0;
            self.exchange
                .send_head(&line, &[], BodyLength::None, out)
                .expect("a tunnel");
            return self.settle(request);
        }
        let mut held = Vec::new();
        if request.is_held && self.hold(&mut held).is_err() {
            self.client_fault(StatusCode::BAD_REQUEST);
            return self.settle(request);
        }
        if request.kind == Kind::Own {
            self.refuse(StatusCode::NOT_FOUND);
            for &(len, _) in &request.phases {
                self.client_sends(len);
            }
            self.client_sends(usize::MAX);
            return self.settle(request);
        }
        if self.send(request, &head, &held).is_err() {
            self.client_sends(usize::MAX);
            return self.settle(request);
        }
        let phases = request.phases.iter().chain(&[(usize::MAX, usize::MAX)]);
        for (index, &(client, server)) in phases.enumerate() {
            if let Some((_, loss)) = request.leaves.filter(|leaves| leaves.0 == index)
                && self.ending().is_none()
            {
                return self.client_lost(loss);
            }
            self.client_sends(client);
            self.server_sends(request, server);
        }
        // The server is silent.
        if self.exchange.owes_response() || self.exchange.wants_response() {
            self.server_ends(End::Lost(Loss::Timeout));
        }
        assert!(
            !self.exchange.owes_response(),
            "no answer: {:#?}",
            self.plan
        );
        self.client_sends(usize::MAX);
        self.settle(request);
    }

    fn send(
        &mut self,
        request: &Request,
        head: &wirekit::http1::RequestHead<'_>,
        held: &[u8],
    ) -> Result<(), Refusal> {
        let mut storage = [0; 64];
        let constants = [
            Var::new(b"SERVER_NAME", b"s"),
            Var::new(b"SERVER_PORT", b"80"),
        ];
        let prefix = Prefix::encode(&constants, &mut storage).expect("constants");
        let (server, chunks) = (
            UwsgiServer::new(prefix),
            Peer::UWSGI.uploads(Uploads::Chunked),
        );
        let upstream = match request.kind {
            Kind::Http1 => Upstream::Http1(client::Connection::new(Config::DEFAULT)),
            _ if request.is_streamed => Upstream::Uwsgi(server.peer(chunks)),
            _ => Upstream::Uwsgi(server),
        };
        let mut bytes = Vec::new();
        let extra = Extra::new("http").via("gw");
        let sent = self
            .exchange
            .send_request(head, upstream, &extra, &mut bytes);
        if let Err(refusal) = sent {
            assert!(bytes.is_empty());
            self.refuse(refusal.status());
            return Err(refusal);
        }
        if request.is_held {
            self.exchange
                .send_request_data(held, &mut bytes)
                .expect("what was received");
            let ended = self.exchange.send_request_end(&[], &mut bytes);
            assert!(ended.is_ok(), "{ended:?}");
        }
        let kind = request.kind;
        self.seen().servers.push(Sent {
            kind,
            bytes: Text(bytes),
        });
        Ok(())
    }

    /// Receives all of a body before a server is chosen.
    fn hold(&mut self, held: &mut Vec<u8>) -> Result<(), ()> {
        let wire = &self.plan.wire;
        loop {
            let input = &wire[self.taken..self.arrived];
            match self.exchange.receive_request(input, &mut self.fields) {
                Ok(Some((event, used))) => {
                    self.taken += used;
                    match event {
                        Event::Data(data) => held.extend_from_slice(data),
                        Event::End(_) => return Ok(()),
                        Event::Head { .. } => panic!("a head in a body: {:#?}", self.plan),
                    }
                }
                Ok(None) if self.arrived < wire.len() => {
                    self.arrived = wire.len().min(self.arrived.saturating_add(self.cuts.len()));
                }
                Ok(None) => {
                    assert!(self.exchange.forward_request_end(End::Clean).is_err());
                    return Err(());
                }
                Err(_) => return Err(()),
            }
        }
    }

    /// So many more bytes of the client arrive.
    fn client_sends(&mut self, len: usize) {
        let wire = &self.plan.wire;
        let end = wire.len().min(self.arrived.saturating_add(len));
        loop {
            let mut sent = Vec::new();
            let mut out = (&mut sent).limit(self.cuts.room());
            let input = &wire[self.taken..self.arrived];
            let forwarded = self
                .exchange
                .forward_request(input, &mut self.fields, &mut out);
            if let Some(server) = self.seen().servers.last_mut() {
                server.bytes.extend_from_slice(&sent);
            } else {
                assert!(sent.is_empty());
            }
            match forwarded {
                Ok(0) if sent.is_empty() && self.arrived == end => return,
                Ok(0) if sent.is_empty() => {
                    self.arrived = end.min(self.arrived.saturating_add(self.cuts.len()));
                }
                Ok(used) => self.taken += used,
                Err(Error::Client { error }) => return self.client_fault(error.kind().status()),
                Err(error) => {
                    assert!(sent.is_empty());
                    self.has_no_room(error);
                }
            }
        }
    }

    /// So many more bytes of the server arrive; after all of them, how its connection ends.
    fn server_sends(&mut self, request: &Request, len: usize) {
        let wire = &request.answer.wire;
        let end = wire.len().min(self.server_arrived.saturating_add(len));
        while !self.server_ended {
            let room = self.cuts.room();
            let before = self.out.to_client.len();
            let mut out = (&mut self.out.to_client.0).limit(room);
            let input = &wire[self.server_taken..self.server_arrived];
            let forwarded = self
                .exchange
                .forward_response(input, &mut self.table, &EDIT, &mut out);
            match forwarded {
                Ok(0) if self.out.to_client.len() == before && self.server_arrived == end => break,
                Ok(0) if self.out.to_client.len() == before => {
                    let arrived = self.server_arrived.saturating_add(self.cuts.len());
                    self.server_arrived = end.min(arrived);
                }
                Ok(used) => self.server_taken += used,
                Err(error) => {
                    if matches!(error, Error::Send { .. }) {
                        assert_eq!(self.out.to_client.len(), before);
                        self.has_no_room(error);
                        continue;
                    }
                    return self.lost(error.status());
                }
            }
        }
        if self.server_ended
            || self.server_arrived < wire.len()
            || request.answer.ending == Ending::Open
        {
            return;
        }
        self.server_ended = true;
        let end = request.answer.end.unwrap_or(wire.len());
        let is_unread = self.server_taken < end
            && request.answer.verdict() == Verdict::Whole
            && !request.answer.switches;
        assert!(!is_unread, "unread: {:#?}", self.plan);
        self.server_ends(match request.answer.ending {
            Ending::Lost(loss) => End::Lost(loss),
            _ => End::Clean,
        });
    }

    fn server_ends(&mut self, end: End) {
        let out = &mut self.out.to_client.0;
        let before = out.len();
        let ended = self.exchange.forward_response_end(end, out);
        if end != End::Clean {
            assert_eq!(out.len(), before, "a loss ends nothing: {:#?}", self.plan);
        }
        if let Err(error) = ended {
            self.lost(error.status());
        }
        let exchange = &self.exchange;
        let is_over = !exchange.wants_response() && !exchange.upstream_serves_again(b"");
        assert!(is_over, "{end:?} {exchange:?} {:#?}", self.plan);
    }

    /// A head, or trailers, are to get all the room that they need.
    fn has_no_room(&mut self, error: Error) {
        let is_room = matches!(
            error,
            Error::Send {
                error: SendError::Encode {
                    error: EncodeError::OutputTooSmall { .. }
                },
            }
        );
        assert!(
            is_room && !self.cuts.has_room,
            "{error} in {:#?}",
            self.plan
        );
        self.cuts.has_room = true;
    }

    /// The server is gone.
    fn lost(&mut self, status: StatusCode) {
        self.server_ended = true;
        if self.exchange.lose_server() == Outcome::Unanswered {
            self.refuse(status);
        }
        assert!(!self.exchange.upstream_serves_again(b""));
    }

    fn refuse(&mut self, status: StatusCode) {
        let line = StatusLine::new(status);
        let refused = self
            .exchange
            .refuse(&line, &[], OWN, &mut self.out.to_client.0);
        let outcome = refused.unwrap_or_else(|error| panic!("{error} in {:#?}", self.plan));
        if outcome == Outcome::Answered {
            let seen = self.seen();
            assert_eq!(seen.refused, None);
            seen.refused = Some(status);
        }
    }

    fn client_fault(&mut self, status: StatusCode) {
        self.server_ended = true;
        self.seen().client_failed = true;
        self.refuse(status);
        assert!(!self.exchange.upstream_serves_again(b""));
    }

    /// The client sends nothing more.
    fn client_left(&mut self) {
        self.seen().client_failed = true;
        match self.plan.client_ends {
            Ending::Open => return,
            Ending::Lost(loss) => return self.client_lost(loss),
            Ending::Closed => {}
        }
        if let Err(error) = self.exchange.forward_request_end(End::Clean) {
            self.client_fault(error.status());
        }
        self.seen().ending = self.ending().unwrap_or(Conclusion::Closes);
    }

    /// The client is gone, or silent for too long: nothing more goes either way but an answer that says so.
    fn client_lost(&mut self, loss: Loss) {
        (self.seen().client_failed, self.seen().lost) = (true, Some(loss));
        let answered = self.seen().refused;
        if let Err(error) = self.exchange.forward_request_end(End::Lost(loss)) {
            self.client_fault(error.status());
        }
        if loss == Loss::Broken {
            assert_eq!(self.seen().refused, answered, "an answer for nobody");
        }
        let exchange = &mut self.exchange;
        assert!(!exchange.wants_request() && !exchange.wants_response());
        assert!(exchange.wants_close() && !exchange.upstream_serves_again(b""));
        self.seen().ending = self.ending().unwrap_or(Conclusion::Closes);
    }

    fn ending(&self) -> Option<Conclusion> {
        if self.exchange.is_aborted() {
            Some(Conclusion::Aborted)
        } else if self.exchange.is_switched() {
            Some(Conclusion::Switched)
        } else if self.exchange.wants_close() {
            Some(Conclusion::Closes)
        } else {
            self.exchange.is_idle().then_some(Conclusion::Idle)
        }
    }

    /// Records how a request ended, or what it waits for.
    fn settle(&mut self, request: &Request) {
        if let Some(ending) = self.ending() {
            let unread = &request.answer.wire[self.server_taken..self.server_arrived];
            let serves = self.exchange.upstream_serves_again(unread);
            self.seen().serves_again = serves;
            self.seen().ending = ending;
            assert_eq!(
                self.exchange.take_upstream(unread).is_some(),
                serves && request.kind == Kind::Http1
            );
            return;
        }
        assert!(
            self.exchange.wants_request(),
            "stalls: {:?} {:#?}",
            self.exchange,
            self.plan
        );
        assert_eq!(self.arrived, self.plan.wire.len());
        assert!(
            !request.is_broken
                || self.plan.wire.len() < self.plan.requests.iter().map(|it| it.wire.len()).sum()
        );
        self.client_left();
    }
}
