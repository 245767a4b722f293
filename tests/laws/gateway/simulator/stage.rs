//! What all clients of a conversation share: the worker, time, kept connections, and chance.

use core::time::Duration;
use std::rc::Rc;

use wirekit_gateway::config::{Action, Affinity, Protocol};
use wirekit_gateway::core::affinity::{Answer as StoreAnswer, Digest, Note, Stores};
use wirekit_gateway::core::health::{Checks, Outcome, Verdicts};
use wirekit_gateway::core::session::{Listener, Rules, Session, Worker};

use super::answer::{Answer, Ends};
use super::chance::Chance;
use super::fate::{Fates, Moment};
use super::header::BALANCER;
use super::notes::Notes;
use super::request::MAX_CONTENT;
use super::server::Server;
use super::site::{self, Sessions, Site};
use super::store::{By, Said, Store, Waits};
use super::users::{Ended, Statement, Users, affinity};

/// More than this is not read or written at once.
pub(super) const REPORT: usize = 64 * 1024;

/// How bytes are cut on their way.
#[derive(Clone, Copy, Debug)]
enum Cuts {
    Whole,
    Mixed,
    /// At every byte.
    Bytes,
}

#[derive(Debug)]
pub(super) struct Stage<'d> {
    pub(super) chance: Chance<'d>,
    /// The current rules, and the configuration that the conversation began with.
    pub(super) rules: Rc<Rules>,
    first: Site,
    /// The places that the servers of the current rules had there, by upstream.
    pub(super) places: Vec<Vec<usize>>,
    listener: Rc<Listener>,
    /// Whether a balancer stands before the gateway, and writes the PROXY protocol.
    pub(super) is_behind_balancer: bool,
    pub(super) worker: Worker,
    checks: Checks,
    pub(super) now: Duration,
    pub(super) turn: usize,
    /// What all gateways share, and what the processes of this one know of it.
    pub(super) store: Store,
    stores: Stores,
    pub(super) users: Users,
    notes: Notes,
    pub(super) fates: Fates,
    /// Connections that serve again.
    pool: Vec<Server>,
    cuts: Cuts,
    /// Whether anything goes wrong, and whether anything did that touches every client.
    pub(super) is_faulty: bool,
    pub(super) is_disturbed: bool,
    pub(super) is_drained: bool,
    pub(super) exchanges: usize,
    is_told: bool,
}

/// The Unix time at which time begins, and when conversations do.
const START: u64 = 1_000_000;
const BEGIN: Duration = Duration::from_secs(1000);
pub(super) const UNIX_BEGIN: u64 = START + BEGIN.as_secs();

impl<'d> Stage<'d> {
    pub(super) fn new(mut chance: Chance<'d>, is_told: bool) -> Self {
        let is_faulty = chance.below(4) > 0;
        let is_behind_balancer = chance.one_in(4);
        let first = site::draw(&mut chance);
        let cuts = match chance.below(16) {
            0..8 => Cuts::Whole,
            15 => Cuts::Bytes,
            _ => Cuts::Mixed,
        };
        let mut checks = Checks::new();
        let verdicts = match is_faulty {
            true => checks.renew(&first.config, Duration::ZERO, || 0),
            false => Verdicts::default(),
        };
        let stores = Stores::default();
        let rules = Rules::clone(&first.rules).with_verdicts(verdicts);
        let rules = Rc::new(rules.with_stores(&stores));
        let mut worker = Worker::new(&rules);
        worker.unix_time = UNIX_BEGIN;
        worker.date = "Sun, 06 Nov 1994 08:49:37 GMT".to_owned();
        let listener = first.listeners[usize::from(is_behind_balancer)].clone();
        Self {
            chance,
            listener,
            is_behind_balancer,
            places: rules
                .config()
                .upstreams
                .iter()
                .map(|it| (0..it.servers.len()).collect())
                .collect(),
            first,
            rules,
            worker,
            checks,
            now: BEGIN,
            turn: 0,
            store: Store::new(),
            stores,
            users: Users::default(),
            notes: Notes::default(),
            fates: Fates::default(),
            pool: Vec::new(),
            cuts,
            is_faulty,
            is_disturbed: false,
            is_drained: false,
            exchanges: 0,
            is_told,
        }
    }

    pub(super) fn session(&self) -> Session {
        let remote = match self.is_behind_balancer {
            true => BALANCER.into(),
            false => ([192, 0, 2, 7], 4711).into(),
        };
        let (rules, listener) = (self.rules.clone(), self.listener.clone());
        Session::new(rules, listener, Some(remote), self.now)
    }

    /// Says what happens, where somebody wants to know.
    pub(super) fn note(&self, what: impl FnOnce() -> String) {
        if self.is_told {
            println!("{:>7.1?} {}", self.now, what());
        }
    }

    /// How much of that many bytes gets through at once.
    pub(super) fn cut(&mut self, len: usize) -> usize {
        let len = len.min(REPORT);
        let most = match self.cuts {
            Cuts::Whole => len,
            // What is large is not worth it.
            Cuts::Bytes if len < 1200 => 1,
            Cuts::Bytes => len - 1000,
            Cuts::Mixed => match self.chance.below(4) {
                0 => len,
                1 => 1,
                2 => 1 + self.chance.below(40),
                _ => 1 + self.chance.below(1000),
            },
        };
        most.min(len)
    }

    /// The places that a server had in the first configuration: it may have moved up since.
    pub(super) fn place(&self, rules: &Rules, upstream: usize, server: usize) -> (usize, usize) {
        let address = &rules.config().upstreams[upstream].servers[server].address;
        let servers = &self.first.config.upstreams[upstream].servers;
        let at = servers.iter().position(|server| server.address == *address);
        (upstream, at.expect("a server of the first configuration"))
    }

    /// Each server's health is checked: every other one that was well is not, or the other way round.
    pub(super) fn check_health(&mut self) {
        let later = self.now + Duration::from_secs(2);
        let mut is_odd = self.exchanges.is_multiple_of(2);
        while let Some(check) = self.checks.begin(later, 0) {
            is_odd = !is_odd;
            let outcome = Outcome::Status(if is_odd { 200 } else { 503 });
            let change = self.checks.report(check.number, outcome, self.now);
            if let Some(change) = change {
                self.note(|| change.to_string());
                let (upstream, server) = (&change.upstream, &change.server);
                let unix_time = self.worker.unix_time;
                self.stores.server_changed(upstream, server, unix_time);
                let now = self.moment();
                self.fates.checked(&change.address, change.is_well, now);
            }
        }
        self.worker.call_all(self.now);
    }

    /// Another configuration: a location does something else, or a server drains or is gone.
    pub(super) fn reload(&mut self) {
        let mut config = self.rules.config().clone();
        let upstream = self.chance.below(config.upstreams.len());
        let upstream_name = config.upstreams[upstream].name.clone();
        let servers = &mut config.upstreams[upstream].servers;
        match self.chance.below(3) {
            0 => {
                // The time that is left of it may be over at once, or outlast the conversation.
                let at = self.exchanges % servers.len();
                let timeout = [30, 90, 0][self.exchanges % 3];
                let timeout = (timeout > 0).then(|| Duration::from_secs(timeout));
                let (name, id) = (upstream_name, servers[at].id.clone());
                assert!(config.drain(&name, &id, timeout), "it is there");
            }
            1 if servers.len() > 1 => drop(servers.remove(self.chance.below(servers.len()))),
            _ => {
                for location in &mut config.sites[0].locations {
                    match &mut location.action {
                        Action::Redirect(redirect) => redirect.status = 307,
                        Action::Static(files) => files.cache_control.push('x'),
                        // The same limit, written down: that is a change, too.
                        _ => location.body = u64::try_from(MAX_CONTENT).ok(),
                    }
                }
            }
        }
        let generation = self.rules.generation() + 1;
        let verdicts = self.checks.renew(&config, self.now, || 0);
        let rules = Rules::new(config).with_generation(generation);
        let rules = Rc::new(rules.with_verdicts(verdicts).with_stores(&self.stores));
        let earlier = core::mem::replace(&mut self.rules, rules.clone());
        self.worker.renew(&earlier, &rules, self.now);
        let now = self.moment();
        self.fates.renew(rules.config(), now);
        let upstreams = rules.config().upstreams.iter().enumerate();
        let places = upstreams.map(|(at, upstream)| {
            let servers = 0..upstream.servers.len();
            servers
                .map(|server| self.place(&rules, at, server).1)
                .collect()
        });
        self.places = places.collect();
        self.is_disturbed = true;
        let addresses = |rules: &Rules, at: usize| -> Vec<_> {
            let servers = rules.config().upstreams[at].servers.iter();
            servers.map(|server| server.address.clone()).collect()
        };
        let there: Vec<_> = (0..self.first.config.upstreams.len())
            .map(|at| addresses(&rules, at))
            .collect();
        let first = self.first.config.clone();
        self.pool.retain(|kept| {
            let servers = &first.upstreams[kept.upstream].servers;
            there[kept.upstream].contains(&servers[kept.server].address)
        });
    }

    /// Where the conversation is.
    pub(super) const fn moment(&self) -> Moment {
        Moment {
            turn: self.turn,
            time: self.now,
        }
    }

    /// Time goes on.
    pub(super) fn pass(&mut self, time: Duration) {
        self.now += time;
        self.worker.unix_time = START + self.now.as_secs();
    }

    /// How many seconds ago the conversation began.
    pub(super) const fn age(&self) -> u64 {
        self.now.as_secs() - BEGIN.as_secs()
    }

    /// Whether users stay on their servers.
    pub(super) fn has_users(&self) -> bool {
        affinity(&self.first.config, 0).is_some()
    }

    /// Whether an upstream's users have a cookie of the gateway's own.
    pub(super) fn has_own_cookie(&self, upstream: usize) -> bool {
        matches!(
            affinity(&self.first.config, upstream),
            Some(Affinity::Cookie { .. })
        )
    }

    /// A server of the first configuration answers a request of the user, or gives somebody that session.
    pub(super) fn may_learn(
        &mut self,
        client: usize,
        user: usize,
        is_given: bool,
        (upstream, server): (usize, usize),
    ) {
        let now = self.moment();
        let id = &self.first.config.upstreams[upstream].servers[server].id;
        self.users.departs(client, user);
        if is_given || self.users.may_move(user, id, now) {
            self.notes.may_learn(user, now);
        }
        if is_given {
            self.users.reports(user, usize::MAX);
        }
        self.users.may_learn(user, is_given, id, now);
    }

    /// The users' sessions.
    pub(super) fn sessions(&self) -> &Sessions {
        let sessions = self.first.sessions.as_ref();
        sessions.expect("an upstream that learns")
    }

    /// A request that began then asks or writes something beside its way.
    pub(super) fn asks_beside(&mut self, session: &Digest, note: &Note, began: Moment) {
        let mut digests = self.sessions().digests.iter();
        let user = digests.position(|it| it == session).expect("a user");
        let now = self.moment();
        self.notes.check_note(user, note, &self.users, (began, now));
        self.users.writes(user, note);
    }

    /// What an exchange of a client said to the store.
    pub(super) fn check_notes(
        &mut self,
        client: usize,
        set: Option<&[Vec<u8>]>,
        ended: &Ended<'_>,
    ) {
        let sessions = self.first.sessions.as_ref();
        let sessions = sessions.expect("an upstream that learns");
        self.notes
            .check(client, set, ended, (sessions, &self.users, &self.fates));
    }

    /// The store answers a question.
    pub(super) fn store_answers(&mut self, at: usize) -> StoreAnswer {
        let question = self.store.take(at);
        let (now, unix_time) = (self.moment(), self.worker.unix_time);
        let answers = self.store.answer(&question, unix_time, now);
        self.note(|| format!("the store: {answers:?}"));
        let mut digests = self.sessions().digests.iter();
        let user = digests.position(|digest| *digest == question.session);
        if let (Some(user), Waits::No, Note::Confirm, StoreAnswer::Unknown) =
            (user, question.waits, &answers[0].note, &answers[0].answer)
        {
            self.notes.forgotten(user, &answers);
        }
        for Said { note, answer, by } in &answers {
            if let (StoreAnswer::Server(server), Some(user)) = (answer, user) {
                let is_confirmed = self.users.is_last_written(user, note);
                let is_beside = question.waits == Waits::No && *note == Note::Confirm;
                self.users.store_says(&Statement {
                    asker: question.asker,
                    user,
                    server,
                    is_others: *by == By::Another,
                    is_confirmed,
                    beside: (is_beside && !self.notes.may_owe(user)).then_some(question.client),
                    now,
                });
                self.notes.store_says(user, is_confirmed, now);
            }
        }
        let first = answers.into_iter().next().expect("an answer");
        first.answer
    }

    pub(super) fn is_uwsgi(&self, upstream: usize) -> bool {
        self.first.config.upstreams[upstream].protocol == Protocol::Uwsgi
    }

    /// Whether each server of that upstream takes only so many requests at once.
    pub(super) fn has_few_places(&self, upstream: Option<usize>) -> bool {
        let upstream = upstream.map(|at| &self.rules.config().upstreams[at]);
        upstream.is_some_and(|it| it.servers.iter().all(|server| server.max_connections > 0))
    }

    /// How many servers may get a request of that upstream.
    pub(super) fn max_attempts(&self, upstream: usize) -> usize {
        let retries = self.first.config.upstreams[upstream].retries;
        1 + usize::try_from(retries).expect("few")
    }

    /// A connection to that server that was kept: it may have ended meanwhile.
    pub(super) fn take(&mut self, upstream: usize, server: usize) -> Option<Server> {
        let is_it = |kept: &Server| (kept.upstream, kept.server) == (upstream, server);
        let at = self.pool.iter().position(is_it)?;
        let mut kept = self.pool.swap_remove(at);
        if self.is_faulty && self.chance.one_in(8) {
            let ends = self
                .chance
                .pick(&[Ends::Closes, Ends::Resets, Ends::Stalls]);
            kept.answer = Some(Answer::gone(ends));
        }
        Some(kept)
    }

    /// Keeps a connection for the next request, unless there are enough, or something that is no answer came on it.
    pub(super) fn keep(&mut self, server: Server, answered: Option<&Answer>) {
        let max = self.first.config.upstreams[server.upstream].persistent;
        let is_clean = answered.is_some_and(|it| it.wire.len() == it.len && it.ends == Ends::Stays);
        let kept = self.pool.iter().filter(|it| it.upstream == server.upstream);
        if is_clean && kept.count() < max {
            self.pool.push(server);
        }
    }
}
