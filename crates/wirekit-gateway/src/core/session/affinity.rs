//! A user stays on their server, whatever balancing would choose.

use wirekit::http1::{Field, RequestHead};

use wirekit::bridge::ResponseEvent;

use super::{Action, Rules, Session, Step, Work, Worker};
use crate::core::affinity::{Affinity, Answer, Bond, Cause, Digest, Learn, cookie};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

impl Session {
    /// What a request for an upstream says of the server that its user has; nothing where the upstream keeps nobody.
    pub(super) fn bond(
        rules: &Rules,
        upstream: usize,
        head: &RequestHead<'_>,
        unix_time: u64,
    ) -> Option<Box<Bond>> {
        let affinity = rules.affinity(upstream)?;
        let lines = head.fields().all("cookie");
        Some(Box::new(Bond::of(affinity, lines, unix_time)))
    }

    /// The `Cookie` fields that go to the server in place of the client's: those without the gateway's own cookie. None where
    /// there is nothing to be taken off.
    ///
    /// The application did not set it and cannot read it: it is better off without, as with HAProxy's `insert indirect`, while
    /// nginx passes it on. It would stand in what applications write down and send elsewhere, and take room in a packet.
    pub(super) fn cookies_without_own(&self, head: &RequestHead<'_>) -> Option<Vec<Vec<u8>>> {
        let current = self.current.as_ref()?;
        current.bond.as_ref()?;
        let Affinity::Cookie(own) = self.rules.affinity(current.upstream?)? else {
            return None;
        };
        let lines: Vec<&[u8]> = head.fields().all("cookie").collect();
        cookie::without(&lines, own.name())
    }

    /// The store said this of the session of [`Action::LookUp`].
    pub fn found(&mut self, answer: &Answer, now: Instant, worker: &mut Worker) {
        if self.looks_up() {
            self.step(Step::Found);
            let mut because = Reason::NoServer;
            if let Some(current) = &mut self.current
                && let Some(bond) = &mut current.bond
            {
                let known = current.upstream.and_then(|at| self.rules.known(at));
                let known = known.zip(bond.looks_up());
                let known = known.and_then(|(known, session)| known.reported(&session));
                bond.found(answer, known);
                because = bond.because().unwrap_or(because);
            }
            self.ask(because, now, worker);
        }
        self.drive(now, worker);
    }

    /// The store took longer than it may.
    pub(super) fn store_is_late(&mut self, now: Instant, worker: &mut Worker) {
        let upstream = self.current.as_ref().and_then(|current| current.upstream);
        if let Some(upstream) = upstream
            && let Some(Affinity::Learn(learn)) = self.rules.affinity(upstream)
            && let Some(change) = learn.known.failed(Cause::StoreSlow, worker.unix_time)
        {
            let changed = Action::StoreChanged { upstream, change };
            self.actions.push_back(changed);
        }
        self.found(&Answer::Failed(Cause::StoreSlow), now, worker);
    }

    fn looks_up(&self) -> bool {
        let mut current = self.current.iter();
        current.any(|current| matches!(current.work, Work::LookUp))
    }

    /// Asks the store for a session which another server would move, as another gateway may have moved it already; whether
    /// that is waited for. It may have had its server when the request came, and have lost it while that was received, waited
    /// for room, or was sent.
    pub(super) fn look_up_before_it_moves(
        &mut self,
        because: Reason,
        now: Instant,
        worker: &mut Worker,
    ) -> bool {
        if !self.loses_home(now, worker) {
            return false;
        }
        let look_up = self.asks_before_it_moves(because, worker);
        look_up.map(|look_up| self.look_up(look_up, now)).is_some()
    }

    fn look_up(&mut self, look_up: Action, now: Instant) {
        self.server_moved = now;
        self.step(Step::LookUp);
        self.actions.push_back(look_up);
    }

    fn asks_before_it_moves(&mut self, because: Reason, worker: &Worker) -> Option<Action> {
        let current = self.current.as_mut()?;
        let (bond, upstream) = (current.bond.as_mut()?, current.upstream?);
        let known = self.rules.known(upstream)?;
        bond.home()?;
        known.may_ask(worker.unix_time).ok()?;
        let session = bond.asks_before_it_moves(because)?;
        Some(Action::LookUp { upstream, session })
    }

    /// Whether the server that a session has, as this process knows it, may not be had.
    fn loses_home(&self, now: Instant, worker: &mut Worker) -> bool {
        let Some(current) = &self.current else {
            return false;
        };
        // One that closed a connection which it had kept is asked once more, whatever room it has.
        if current.again.is_some() {
            return false;
        }
        let (Some(bond), Some(at)) = (&current.bond, current.upstream) else {
            return false;
        };
        let Some(home) = bond.home().filter(|_| self.rules.known(at).is_some()) else {
            return false;
        };
        let upstream = self.rules.config().upstreams.get(at);
        let mut servers = upstream.iter().flat_map(|upstream| &upstream.servers);
        let server = servers.position(|server| server.id == home);
        let balancer = worker.balancer(&self.rules, at);
        let may_keep = server.zip(balancer).is_some_and(|(server, balancer)| {
            let kept = balancer.may_keep(server, now, &current.tries);
            kept.is_ok()
        });
        !may_keep
    }

    /// Asks the store for the session, where it is to be asked first, and a server after it has answered; otherwise a server.
    pub(super) fn ask_with_affinity(
        &mut self,
        head: &RequestHead<'_>,
        now: Instant,
        worker: &mut Worker,
    ) {
        if self.look_up_before_it_moves(Reason::NoServer, now, worker) {
            return;
        }
        if let Some(current) = &mut self.current
            && let Some(bond) = &mut current.bond
            && let Some(upstream) = current.upstream
        {
            if let Some(session) = bond.looks_up() {
                return self.look_up(Action::LookUp { upstream, session }, now);
            }
            if let Some((session, note)) = bond.tells() {
                let tell = Action::Tell {
                    upstream,
                    session,
                    note,
                };
                self.actions.push_back(tell);
            }
        }
        let sent = self.send_head(head, now, worker);
        self.asked(sent, Reason::NoServer, now, worker);
    }

    /// A server failed or came back: other gateways may have moved its users.
    pub(super) fn note_change(&self, upstream: usize, server: usize, unix_time: u64) {
        let config = self.rules.config().upstreams.get(upstream);
        if let Some(known) = self.rules.known(upstream)
            && let Some(config) = config
            && let Some(server) = config.servers.get(server)
        {
            known.server_changed(&config.name, &server.id, unix_time);
        }
    }

    fn learning(&self) -> Option<&Learn> {
        let current = self.current.as_ref()?;
        current.bond.as_ref()?;
        match self.rules.affinity(current.upstream?)? {
            Affinity::Learn(learn) => Some(learn),
            Affinity::Cookie(_) => None,
        }
    }

    /// Whether the head of an answer is still to come from which a session may be learnt.
    pub(super) fn may_learn(&self) -> bool {
        self.exchange.status().is_none() && self.learning().is_some()
    }

    /// The session that the head of an answer gives, if it is there and whole.
    pub(super) fn given(&self, input: &[u8], worker: &mut Worker) -> Option<Digest> {
        let learn = self.learning()?;
        // A look at what is forwarded afterwards.
        let mut exchange = self.exchange.clone();
        let mut at = 0;
        loop {
            let rest = input.get(at..)?;
            let (event, used) = exchange.receive_response(rest, &mut worker.table).ok()??;
            at += used;
            if let ResponseEvent::Head(head) = event {
                let fields = head.fields().filter(|field| field.is_named("set-cookie"));
                return learn.learnt(fields.map(|field| field.value), worker.unix_time);
            }
        }
    }

    /// The head of an answer goes to the client, which gives them that session: the store learns whose it is.
    pub(super) fn learn(&mut self, given: Option<Digest>, worker: &Worker) {
        let Some(learn) = self.learning() else {
            return;
        };
        let found = self.current.as_ref().and_then(|current| {
            let upstream = self.rules.config().upstreams.get(current.upstream?)?;
            let server = upstream.servers.get(current.server?)?;
            Some((current.upstream?, current.bond.as_ref()?, server))
        });
        let Some((upstream, bond, server)) = found else {
            return;
        };
        let notes = bond.learn(learn, &server.id, given, worker.unix_time);
        // A store that fails is written to when the session is used again.
        let may_tell = !notes.is_empty() && learn.known.may_ask(worker.unix_time).is_ok();
        for (session, note) in notes.into_iter().filter(|_| may_tell) {
            self.actions.push_back(Action::Tell {
                upstream,
                session,
                note,
            });
        }
    }

    /// The field that puts the user on the server that answers, where that is not said by what they sent.
    pub(super) fn set_cookie(&self, worker: &Worker) -> Option<String> {
        let current = self.current.as_ref()?;
        let bond = current.bond.as_ref()?;
        // It stands in the head, which goes once.
        if self.exchange.status().is_some() {
            return None;
        }
        let upstream = current.upstream?;
        let affinity = self.rules.affinity(upstream)?;
        let upstream = self.rules.config().upstreams.get(upstream)?;
        let server = upstream.servers.get(current.server?)?;
        let is_secure = self.listener.scheme() == "https" || self.origin.is_secure;
        bond.set_cookie(affinity, &server.id, worker.unix_time, is_secure)
    }
}

/// `Cookie` fields of these values.
pub(super) fn cookie_fields(values: &[Vec<u8>]) -> Vec<Field<'_>> {
    values
        .iter()
        .map(|value| Field::new("Cookie", value.as_slice()))
        .collect()
}
