//! Which server each user has, as far as that can be seen from outside the core, and why one of them may be on another.

mod causes;

use core::time::Duration;
use std::rc::Rc;

use wirekit_gateway::config::{Affinity, Config};
use wirekit_gateway::core::affinity::{Answer, Cause, Digest, Note, Placement};
use wirekit_gateway::core::session::{Record, Rules};

use super::client::Client;
use super::cookies::{routed, session};
use super::fate::Moment;
use super::site::MAX_AGE;
use super::stage::Stage;

/// How many users there are.
pub(super) const USERS: usize = 3;

/// Servers that a user of learnt sessions has had.
#[derive(Clone, Debug)]
struct Home {
    server: String,
    /// From when on.
    since: usize,
    /// Whether the core knows so for certain: nothing else happened to the user at the same time.
    is_sure: bool,
    /// Another gateway has moved the user there.
    is_elsewhere: bool,
}

/// A request of a user, from its first byte on.
#[derive(Debug)]
struct Flight {
    client: usize,
    user: usize,
    /// When it ended.
    to: Option<usize>,
}

/// What is known of all users.
#[derive(Debug, Default)]
pub(super) struct Users {
    homes: [Vec<Home>; USERS],
    /// Whether the core knows something of the user that the store has not confirmed, and the note of that, once it is written.
    is_unwritten: [bool; USERS],
    last_written: [Option<Note>; USERS],
    /// When the store last named the user's server.
    named: [Option<usize>; USERS],
    /// How often the store said of a user what the core may not have known.
    moved_elsewhere: [usize; USERS],
    /// When the store said for certain, beside a request, that another gateway moved a user, of whom nobody came since.
    unreported: [Option<usize>; USERS],
    flights: Vec<Flight>,
    /// Where their hashes put them while all servers are well.
    hashed: [Option<String>; USERS],
}

/// What a request says of its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Nothing,
    /// This one, by the application's session.
    User(usize),
    /// The server of this id, by the gateway's cookie, which is to be signed anew.
    Server(&'static str),
    Old(&'static str),
    Forged,
    Expired,
    /// More than anybody has by accident.
    TooMany,
}

/// What happened to the current request of a client.
#[derive(Clone, Debug, Default)]
pub(super) struct Course {
    pub(super) began: Moment,
    /// The question to the store that it waits for.
    pub(super) asking: Option<u64>,
    pub(super) found: Option<Answer>,
    /// What was asked and written beside the request.
    pub(super) notes: Vec<(Digest, Note)>,
    /// The servers that were asked.
    pub(super) tried: Vec<String>,
}

/// What the store said of a user.
#[derive(Clone, Copy, Debug)]
pub(super) struct Statement<'t> {
    /// The client that waits for it.
    pub(super) asker: Option<usize>,
    pub(super) user: usize,
    pub(super) server: &'t str,
    /// Another gateway wrote that.
    pub(super) is_others: bool,
    /// It says so of what was last written of them.
    pub(super) is_confirmed: bool,
    /// The client for whose request it was asked while that went on, if the core does not know better.
    pub(super) beside: Option<usize>,
    pub(super) now: Moment,
}

/// An exchange that ended, for the law.
#[derive(Debug)]
pub(super) struct Ended<'e> {
    pub(super) rules: &'e Rc<Rules>,
    /// They are no longer the current ones.
    pub(super) is_past: bool,
    pub(super) upstream: usize,
    pub(super) server: &'e str,
    pub(super) placement: Placement,
    pub(super) says: &'e Says,
    pub(super) course: &'e Course,
    /// Why the store was not asked during the exchange.
    pub(super) failed: &'e [Cause],
    pub(super) now: Moment,
}

impl Users {
    /// The servers that a user may have for a request that began then.
    fn allowed(&self, user: usize, began: usize) -> &[Home] {
        let homes = &self.homes[user];
        let base = homes
            .iter()
            .rposition(|home| home.is_sure && home.since < began);
        &homes[base.unwrap_or(0)..]
    }

    /// Whether the core knew the user's server when a request began.
    pub(super) fn is_known(&self, user: usize, began: usize) -> bool {
        let mut homes = self.homes[user].iter();
        homes.any(|home| home.is_sure && home.since < began)
    }

    fn put(&mut self, user: usize, home: Home) {
        let last = self.homes[user].last_mut();
        match last.filter(|last| last.server == home.server && last.is_sure >= home.is_sure) {
            Some(last) => last.is_elsewhere |= home.is_elsewhere,
            None => self.homes[user].push(home),
        }
    }

    /// Whether nobody else had a request of the user under way since then.
    pub(super) fn is_alone(&self, client: usize, user: usize, since: Moment) -> bool {
        let is_other = |flight: &&Flight| flight.user == user && flight.client != client;
        let mut others = self.flights.iter().filter(is_other);
        others.all(|other| other.to.is_some_and(|to| to < since.turn))
    }

    /// Whether nothing was known of the user before that, and nobody else may have learnt of them since.
    pub(super) fn is_first(&self, client: usize, user: usize, since: Moment) -> bool {
        let mut homes = self.homes[user].iter();
        homes.all(|home| home.since >= since.turn)
            && self.named[user].is_none_or(|at| at < since.turn)
            && self.is_alone(client, user, since)
    }

    /// Whether a user whom that server answers may have had another one.
    pub(super) fn may_move(&self, user: usize, server: &str, now: Moment) -> bool {
        let mut homes = self.allowed(user, now.turn + 1).iter();
        homes.any(|home| home.server != server)
    }

    /// Whether the user ever had that server.
    pub(super) fn had(&self, user: usize, server: &str) -> bool {
        self.homes[user].iter().any(|home| home.server == server)
    }

    /// Whether the core knew another server than the one which the store named during an exchange.
    pub(super) fn is_elsewhere(&self, user: usize, ended: &Ended<'_>) -> bool {
        let began = ended.course.began.turn;
        let is_named = ended.course.found == Some(Answer::Server(ended.server.to_owned()));
        let mut before = self.allowed(user, began).iter();
        is_named
            && self.is_known(user, began)
            && before.all(|home| home.since >= began || home.server != ended.server)
    }

    /// A request of the user begins to be sent.
    pub(super) fn departs(&mut self, client: usize, user: usize) {
        let is_it = |it: &Flight| (it.client, it.user, it.to) == (client, user, None);
        if !self.flights.iter().any(is_it) {
            let to = None;
            self.flights.push(Flight { client, user, to });
        }
    }

    /// A server answers a request of the user, or gives somebody that session: from now on the core may know that.
    pub(super) fn may_learn(&mut self, user: usize, is_given: bool, server: &str, now: Moment) {
        self.is_unwritten[user] = true;
        let last = self.homes[user].last();
        let is_same = last.is_some_and(|last| last.server == server);
        if is_given || !is_same {
            self.last_written[user] = None;
        }
        if is_same {
            return;
        }
        let home = Home {
            server: server.to_owned(),
            since: now.turn,
            is_sure: false,
            is_elsewhere: false,
        };
        self.put(user, home);
    }

    /// Something is written to the store of the user.
    pub(super) fn writes(&mut self, user: usize, note: &Note) {
        if *note != Note::Confirm {
            self.last_written[user] = Some(note.clone());
        }
    }

    /// Whether the store, which has seen this note, has all that the core knows.
    pub(super) fn is_last_written(&self, user: usize, note: &Note) -> bool {
        let is_last = self.last_written[user].as_ref() == Some(note);
        *note != Note::Confirm && (is_last || !self.is_unwritten[user])
    }

    /// The client has seen that answer: it is known, unless something else happened to the user at the same time.
    pub(super) fn learns(
        &mut self,
        client: usize,
        user: usize,
        server: &str,
        (since, now): (Moment, Moment),
    ) {
        let is_alone = self.is_alone(client, user, since);
        let mut homes = self.homes[user].iter();
        let is_undisturbed = homes.all(|home| home.since < since.turn || home.server == server);
        let home = Home {
            server: server.to_owned(),
            since: now.turn,
            is_sure: is_alone && is_undisturbed,
            is_elsewhere: false,
        };
        self.put(user, home);
    }

    /// The core learns of the user from an answer, or a request that began then has said what other gateways did.
    pub(super) fn reports(&mut self, user: usize, until: usize) {
        self.unreported[user] = self.unreported[user].filter(|at| *at >= until);
    }

    /// The request ended.
    pub(super) fn arrives(&mut self, client: usize, now: Moment) {
        let flights = self.flights.iter_mut();
        for flight in flights.filter(|it| it.client == client) {
            flight.to.get_or_insert(now.turn);
        }
    }

    /// The store says that the user has this server.
    pub(super) fn store_says(&mut self, statement: &Statement<'_>) {
        let Statement {
            asker,
            user,
            server,
            is_others,
            is_confirmed,
            beside,
            now,
        } = *statement;
        self.named[user] = Some(now.turn);
        let mut others = self.homes[user].iter();
        let is_elsewhere = is_others && others.any(|home| home.server != server);
        // What this gateway learns meanwhile goes before what was asked for.
        let mut flights = self.flights.iter();
        let is_other = |it: &Flight| it.user == user && it.to.is_none() && Some(it.client) != asker;
        let is_sure = (is_confirmed || !self.is_unwritten[user]) && !flights.any(is_other);
        let home = Home {
            server: server.to_owned(),
            since: now.turn,
            is_sure,
            is_elsewhere,
        };
        let is_news = is_others && self.may_move(user, server, now);
        self.moved_elsewhere[user] += usize::from(is_news);
        let is_anothers =
            |it: &Flight| it.user == user && it.to.is_none() && Some(it.client) != beside;
        let is_certain = beside.is_some() && !self.flights.iter().any(is_anothers);
        let mut possible = self.allowed(user, now.turn + 1).iter();
        if is_certain && self.is_known(user, now.turn + 1) && possible.all(|it| it.server != server)
        {
            self.unreported[user] = Some(now.turn);
        }
        self.is_unwritten[user] &= !is_confirmed;
        self.put(user, home);
    }
}

impl Client {
    /// When its current request began to be anybody's concern.
    pub(super) fn began(&self) -> Moment {
        let departed = self.requests[self.records].departed.unwrap_or_default();
        match departed.turn > self.ended.turn {
            true => departed,
            false => self.ended,
        }
    }

    /// What the end of an exchange says of its user.
    pub(super) fn check_user(&mut self, record: &Record, stage: &mut Stage<'_>) {
        let now = stage.moment();
        let mut course = core::mem::take(&mut self.course);
        if let Some(number) = course.asking {
            stage.store.leave(number);
        }
        course.began = self.began();
        let request = &self.requests[self.records];
        let last = self.reader.finals.get(self.records);
        let answered = last.filter(|last| last.token.is_some() || last.status == 101);
        let own: Vec<&[u8]> = last
            .into_iter()
            .flat_map(|last| last.set_cookies.iter())
            .filter_map(|field| routed(field))
            .collect();
        let config = record.rules.config();
        let places = record
            .server
            .filter(|(at, _)| affinity(config, *at).is_some());
        match places {
            Some((upstream, server)) => {
                let has_own = stage.has_own_cookie(upstream);
                let ended = Ended {
                    rules: &record.rules,
                    is_past: record.rules.generation() != stage.rules.generation(),
                    upstream,
                    server: &config.upstreams[upstream].servers[server].id,
                    placement: record.placement.expect("how a request came to its server"),
                    says: if has_own {
                        &request.route
                    } else {
                        &request.session
                    },
                    course: &course,
                    failed: &stage.store.failed_since(course.began),
                    now,
                };
                stage.users.check(&ended, &stage.fates);
                if !has_own {
                    let set = answered.map(|last| last.set_cookies.as_slice());
                    stage.check_notes(self.number, set, &ended);
                }
                match answered {
                    Some(_) if has_own => check_own(&own, &ended, stage),
                    Some(last) => {
                        assert!(own.is_empty(), "a cookie of another upstream");
                        learns(self.number, &last.set_cookies, &ended, stage);
                    }
                    None => assert!(own.is_empty(), "a cookie without a server"),
                }
            }
            None => assert!(own.is_empty(), "a cookie without an upstream"),
        }
        if let Says::User(user) = self.requests[self.records].session {
            let stays = matches!(record.placement, None | Some(Placement::Kept));
            let until = if stays { course.began.turn } else { usize::MAX };
            // One that no server was wanted for has nothing to report.
            if record.upstream.is_some() {
                stage.users.reports(user, until);
            }
        }
        stage.users.arrives(self.number, now);
        self.ended = now;
    }
}

/// The gateway's own cookie is set where the client does not have it.
fn check_own(own: &[&[u8]], ended: &Ended<'_>, stage: &Stage<'_>) {
    let has_it = ended.placement == Placement::Kept;
    // In the second half of its time it is signed anew.
    let is_old = matches!(ended.says, Says::Old(_));
    let is_due = is_old || stage.age() > MAX_AGE / 2;
    match own {
        [] => assert!(
            has_it && !is_old,
            "no cookie for a user who is {:?} and says {:?}",
            ended.placement,
            ended.says
        ),
        [id] => {
            assert!(!has_it || is_due, "a cookie that the user has");
            assert_eq!(*id, ended.server.as_bytes(), "another server's cookie");
        }
        more => panic!("{} cookies", more.len()),
    }
}

/// The core has learnt from an answer.
fn learns(client: usize, set: &[Vec<u8>], ended: &Ended<'_>, stage: &mut Stage<'_>) {
    let is_given = |user: &usize| {
        let cookie = format!("sid={}; Path=/", session(*user));
        set.iter().any(|field| field == cookie.as_bytes())
    };
    let given = (0..USERS).find(is_given);
    let own = match ended.says {
        // Who is put by a hash is put there again, until the application says whose the session is.
        Says::User(user) if !matches!(ended.placement, Placement::Hashed(_)) => Some(*user),
        _ => None,
    };
    let began = ended.course.began;
    let given = given.filter(|user| stage.users.is_first(client, *user, began));
    for user in given
        .into_iter()
        .chain(own.filter(|own| Some(*own) != given))
    {
        stage
            .users
            .learns(client, user, ended.server, (began, ended.now));
    }
}

/// How an upstream keeps its users.
pub(super) fn affinity(config: &Config, upstream: usize) -> Option<&Affinity> {
    config.upstreams[upstream].affinity.as_ref()
}

/// For how long a server that failed is left out.
pub(super) const FAILURE_TIMEOUT: Duration = Duration::from_secs(10);
