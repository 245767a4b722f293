//! A client's connection: the core's session, and what stands on either side of it.

use std::rc::Rc;
use std::time::SystemTime;

use wirekit_gateway::config::Address;
use wirekit_gateway::core::affinity::StoreChange;
use wirekit_gateway::core::balance::Ticket;
use wirekit_gateway::core::reason::Reason;
use wirekit_gateway::core::session::{File, Rules, Session};

use super::answer::{Answer, Ends, Truth, answer};
use super::body::find;
use super::check::max_held;
use super::fate::Moment;
use super::header::{self, Says};
use super::reader::Reader;
use super::request::{self, After, Kind, MAX_IN_MEMORY, Manner, Request};
use super::server::Server;
use super::stage::Stage;
use super::tunnel;
use super::users::{Course, Says as User};

/// The one file that there is.
pub(super) const FILE: &[u8] = &[b'f'; 3000];

/// The server's side.
#[derive(Debug)]
pub(super) enum Link {
    None,
    Connecting(Server),
    Connected(Server),
}

#[derive(Debug)]
pub(super) struct Client {
    /// The number of its first request: no other client has it.
    pub(super) number: usize,
    pub(super) session: Session,
    pub(super) requests: Vec<Request>,
    /// How many of them are on their way.
    departed: usize,
    /// The most that its connection may hold.
    pub(super) max_held: usize,
    pub(super) wire: Vec<u8>,
    /// What stands in front of its first request.
    pub(super) header: Says,
    /// Whether the gateway has read that.
    pub(super) is_proxied: bool,
    pub(super) sent: usize,
    pub(super) has_ended: bool,
    /// It went away without a word.
    pub(super) is_lost: bool,
    /// It reads less often than all else happens.
    is_slow: bool,
    /// A configuration that it did not hear of yet.
    pub(super) renewal: Option<Rc<Rules>>,
    /// The exchange that was the last when the worker began to stop.
    pub(super) drained: Option<usize>,
    /// It waited for 100 (Continue) long enough.
    pub(super) is_impatient: bool,
    pub(super) reader: Reader,
    pub(super) link: Link,
    /// Its place among those who wait for a server, and whether there is one now.
    pub(super) waiting: Option<(usize, Ticket)>,
    pub(super) is_called: bool,
    /// The file for content that is held.
    pub(super) stored: Vec<u8>,
    /// The server that has its request.
    pub(super) server_at: Option<Address>,
    /// What happened to its request, and when the one before ended.
    pub(super) course: Course,
    pub(super) ended: Moment,
    /// What the core says of the store.
    pub(super) said: Option<StoreChange>,
    /// Whether the file that is looked for is there.
    pub(super) opening: Option<bool>,
    /// Exchanges that ended, and the bytes of their responses.
    pub(super) records: usize,
    pub(super) recorded_len: u64,
    /// What the last server that was asked meant to answer.
    pub(super) answered: Option<Answer>,
    /// What the client sends behind a switch of protocols.
    pub(super) frames: Vec<u8>,
    pub(super) frames_sent: usize,
    /// What the last server sent and got there.
    pub(super) relayed: Option<Server>,
    /// What the last response brought is not all of it, and only the connection's end says where that is.
    pub(super) is_cut: bool,
    pub(super) is_over: bool,
}

/// What may happen next without a fault.
#[derive(Clone, Copy, Debug)]
enum Move {
    TakeFromGateway,
    ServerTakes,
    Connect,
    Open,
    Called,
    Found,
    ServerSends,
    Send,
}

impl Client {
    pub(super) fn new(session: Session, first: usize, stage: &mut Stage<'_>) -> Self {
        let mut wire = Vec::with_capacity(4096);
        let header = match stage.is_behind_balancer {
            true => header::write(&mut stage.chance, &mut wire),
            false => Says::Nothing,
        };
        let manner = Manner {
            is_believed: header == Says::Balancer,
            has_cookies: stage.has_users(),
        };
        let mut requests = Vec::new();
        // Users are followed from server to server.
        let most = if stage.has_users() { 16 } else { 6 };
        for number in first..=first + stage.chance.below(most) {
            requests.push(request::write(&mut stage.chance, number, manner, &mut wire));
            let last = requests.last().expect("a request");
            // What follows is another protocol, or nothing that would be read.
            if last.kind == Kind::WebSocket || matches!(last.kind, Kind::Refused(_, After::Ends)) {
                break;
            }
        }
        let frames = 1 + stage.chance.below(4);
        let is_last = |it: &&Request| it.kind == Kind::WebSocket;
        let frames = match requests.last().filter(is_last) {
            Some(_) => tunnel::frames(first, frames, true),
            None => Vec::new(),
        };
        let mut lens = requests.iter().map(|it| it.content.len());
        let is_huge = lens.any(|len| len > MAX_IN_MEMORY);
        Self {
            number: first,
            session,
            frames,
            max_held: max_held(is_huge),
            departed: 0,
            requests,
            wire,
            header,
            is_proxied: false,
            sent: 0,
            has_ended: false,
            is_lost: false,
            is_slow: stage.chance.one_in(8),
            renewal: None,
            drained: None,
            is_impatient: false,
            reader: Reader::new(),
            link: Link::None,
            waiting: None,
            is_called: false,
            stored: Vec::new(),
            server_at: None,
            course: Course::default(),
            ended: Moment::default(),
            said: None,
            opening: None,
            records: 0,
            recorded_len: 0,
            answered: None,
            frames_sent: 0,
            relayed: None,
            is_cut: false,
            is_over: false,
        }
    }

    /// How far it sends: to a head that waits for 100 (Continue).
    fn limit(&self) -> usize {
        // Those before were answered.
        let next = self.reader.finals.len() + usize::from(self.reader.is_continued);
        let mut next = self.requests.iter().skip(next);
        let waiting = next.find(|request| request.expects);
        let waiting = waiting.map(|request| request.head_end);
        match waiting {
            Some(limit) if !self.is_impatient => limit,
            _ => self.wire.len(),
        }
    }

    pub(super) fn has_sent_all(&self) -> bool {
        self.sent == self.wire.len()
            && (!self.reader.is_tunnel() || self.frames_sent == self.frames.len())
    }

    /// Whether every request was answered.
    pub(super) fn has_all(&self) -> bool {
        let is_at_rest = self.reader.is_between() || self.reader.is_tunnel();
        self.reader.finals.len() == self.requests.len() && is_at_rest
    }

    /// Something that may happen does, if there is anything.
    pub(super) fn gets_on(&mut self, stage: &mut Stage<'_>) -> bool {
        let mut moves = [Move::Send; 8];
        let mut count = 0;
        let mut may = |is_due: bool, it: Move| {
            if is_due {
                moves[count] = it;
                count += 1;
            }
        };
        let has_output =
            !self.session.to_client().is_empty() || self.session.file_piece().is_some();
        may(has_output, Move::TakeFromGateway);
        match &self.link {
            Link::None => {}
            Link::Connecting(_) => may(true, Move::Connect),
            Link::Connected(server) => {
                may(!self.session.to_server().is_empty(), Move::ServerTakes);
                may(
                    self.session.wants_server() && server.may_send(),
                    Move::ServerSends,
                );
            }
        }
        may(self.opening.is_some(), Move::Open);
        may(self.waiting.is_some() && self.is_called, Move::Called);
        let question = self.course.asking;
        let question = question.and_then(|number| stage.store.due(Some(number), stage.now));
        may(question.is_some(), Move::Found);
        let frames = self.reader.is_tunnel() && self.frames_sent < self.frames.len();
        may(
            self.session.wants_client() && !self.has_ended && (frames || self.sent < self.limit()),
            Move::Send,
        );
        if count == 0 {
            return false;
        }
        // Who reads slowly does so while everything else goes on.
        let waits = self.is_slow && has_output && count > 1 && !stage.chance.one_in(32);
        let first = usize::from(waits);
        let chosen = moves[first + stage.chance.below(count - first)];
        stage.note(|| format!("{chosen:?}"));
        match chosen {
            Move::TakeFromGateway => self.takes(stage),
            Move::ServerTakes => self.server_takes(stage),
            Move::Connect => self.connects(stage),
            Move::Open => self.opens(stage),
            Move::Called => {
                self.is_called = false;
                self.session.called(stage.now, &mut stage.worker);
            }
            Move::Found => {
                let answer = stage.store_answers(question.expect("a question"));
                self.course.asking = None;
                self.course.found = Some(answer.clone());
                self.session.found(&answer, stage.now, &mut stage.worker);
            }
            Move::ServerSends => self.server_sends(stage),
            Move::Send => self.sends(stage),
        }
        true
    }

    fn takes(&mut self, stage: &mut Stage<'_>) {
        let waiting = self.session.to_client();
        if waiting.is_empty() {
            let Some(span) = self.session.file_piece() else {
                return;
            };
            let first = usize::try_from(span.first).expect("within the file");
            let len = stage.cut(usize::try_from(span.len()).expect("within the file"));
            self.reader
                .read(&FILE[first..first + len], &self.requests, self.sent);
            let len = u64::try_from(len).expect("a length");
            self.session
                .wrote_of_file(len, stage.now, &mut stage.worker);
        } else {
            let len = stage.cut(waiting.len());
            self.reader.read(&waiting[..len], &self.requests, self.sent);
            self.session
                .wrote_to_client(len, stage.now, &mut stage.worker);
        }
        self.in_order();
    }

    /// A response begins when its request was sent, and no server is asked for the next before it is whole.
    fn in_order(&self) {
        let finals = &self.reader.finals;
        let Some(before) = finals.len().checked_sub(2) else {
            return;
        };
        assert!(
            !self.requests[before].closes,
            "the client said that it was the last"
        );
    }

    /// The exchange that is current begins to do something: all before it is done in both directions.
    pub(super) fn begins(&self) -> &Request {
        let request = self
            .requests
            .get(self.records)
            .expect("a request for each exchange");
        assert!(
            self.reader.finals.len() <= self.records + 1
                && self.reader.finals.len() >= self.records,
            "as many responses as exchanges"
        );
        let answered = &self.reader.finals[..self.records];
        assert!(
            answered.iter().all(|it| it.is_whole),
            "the response before is not whole"
        );
        if let Some(before) = self.records.checked_sub(1) {
            assert!(
                self.sent >= self.requests[before].end,
                "the request before is not whole"
            );
            let is_last = self.requests[before].closes || answered[before].closes;
            assert!(!is_last, "a request behind the last one is served");
        }
        request
    }

    fn server_takes(&mut self, stage: &mut Stage<'_>) {
        let waiting = self.session.to_server();
        let len = stage.cut(waiting.len());
        let Link::Connected(server) = &mut self.link else {
            return;
        };
        let is_early = server
            .answer
            .as_ref()
            .is_some_and(|answer| !answer.is_patient);
        if is_early && !server.has_request() && stage.chance.one_in(4) {
            // It answers, and closes the other side of its connection.
            server.is_deaf = true;
        }
        if server.is_deaf {
            return self.session.server_takes_no_more();
        }
        let request = &mut self.requests[self.records];
        if server.got.is_empty() && !server.is_tunnel {
            request.attempts += 1;
            let is_begun = self.reader.finals.len() > self.records;
            assert!(!is_begun, "a server is asked though the response has begun");
            let is_repeated = request.attempts > 1;
            assert!(
                !is_repeated || request.is_idempotent(),
                "{} is sent twice",
                request.method
            );
            assert!(
                request.attempts <= stage.max_attempts(server.upstream),
                "too many tries"
            );
        }
        server.receives(&waiting[..len], request);
        if server.has_head() && stage.has_own_cookie(server.upstream) {
            let own = find(&server.got, b"route=");
            assert!(own.is_none(), "a server sees the gateway's own cookie");
        }
        if server.has_head() && server.answer.is_none() {
            server.answer = Some(match request.kind {
                Kind::WebSocket if !stage.chance.one_in(4) => {
                    let count = stage.chance.below(4);
                    server.frames = tunnel::frames(request.number, count, false);
                    tunnel::switch()
                }
                _ => answer(&mut stage.chance, request, stage.is_faulty),
            });
        }
        self.session
            .wrote_to_server(len, stage.now, &mut stage.worker);
    }

    fn connects(&mut self, stage: &mut Stage<'_>) {
        let Link::Connecting(server) = core::mem::replace(&mut self.link, Link::None) else {
            return;
        };
        if stage.is_faulty && stage.chance.one_in(8) {
            let reason = stage
                .chance
                .pick(&[Reason::ConnectRefused, Reason::ConnectTimeout]);
            self.session
                .connect_failed(reason, stage.now, &mut stage.worker);
            return;
        }
        self.link = Link::Connected(server);
        self.session.connected(stage.now, &mut stage.worker);
    }

    fn opens(&mut self, stage: &mut Stage<'_>) {
        let Some(is_there) = self.opening.take() else {
            return;
        };
        let len = u64::try_from(FILE.len()).expect("a length");
        let file = File::new(len, SystemTime::UNIX_EPOCH, "v1", "text/plain");
        let opened = match is_there {
            true if stage.is_faulty && stage.chance.one_in(8) => Err(Reason::Forbidden),
            true => Ok(core::slice::from_ref(&file)),
            false => Err(Reason::NotFound),
        };
        let wall = SystemTime::UNIX_EPOCH;
        self.session
            .opened(opened, wall, stage.now, &mut stage.worker);
    }

    fn server_sends(&mut self, stage: &mut Stage<'_>) {
        self.may_learn(stage);
        let Link::Connected(server) = &mut self.link else {
            return;
        };
        let pending = server.pending();
        if !pending.is_empty() {
            let len = stage.cut(pending.len());
            stage.note(|| pending[..len].escape_ascii().to_string());
            server.sent += len;
            if server.pending().is_empty()
                && server
                    .answer
                    .as_ref()
                    .is_some_and(|it| it.status == 101 && it.truth == Truth::Whole)
            {
                server.is_tunnel = true;
            }
            let bytes = server.sent_last(len);
            self.session
                .server_sent(bytes, stage.now, &mut stage.worker);
            return;
        }
        if server.is_tunnel && server.tunnel_sent < server.frames.len() {
            let len = stage.cut(server.frames.len() - server.tunnel_sent);
            let bytes = &server.frames[server.tunnel_sent..][..len];
            server.tunnel_sent += len;
            self.session
                .server_sent(bytes, stage.now, &mut stage.worker);
            return;
        }
        server.has_ended = true;
        match server.answer.as_ref().map(|answer| answer.ends) {
            Some(Ends::Resets) => {
                server.is_deaf = true;
                self.session.server_lost(stage.now, &mut stage.worker);
            }
            _ => self.session.server_ended(stage.now, &mut stage.worker),
        }
    }

    /// Requests of which a byte was sent are on their way.
    fn departs(&mut self, stage: &mut Stage<'_>) {
        let now = stage.moment();
        let before = self.departed.checked_sub(1);
        let mut start = before.map_or(0, |before| self.requests[before].end);
        for request in &mut self.requests[self.departed..] {
            if start >= self.sent {
                return;
            }
            request.departed = Some(now);
            if let User::User(user) = request.session {
                stage.users.departs(self.number, user);
            }
            self.departed += 1;
            start = request.end;
        }
    }

    fn sends(&mut self, stage: &mut Stage<'_>) {
        let limit = self.limit();
        let bytes = match self.sent < limit {
            true => {
                let len = stage.cut(limit - self.sent);
                self.sent += len;
                self.departs(stage);
                &self.wire[self.sent - len..self.sent]
            }
            false => {
                let len = stage.cut(self.frames.len() - self.frames_sent);
                self.frames_sent += len;
                &self.frames[self.frames_sent - len..self.frames_sent]
            }
        };
        self.session
            .client_sent(bytes, stage.now, &mut stage.worker);
    }
}
