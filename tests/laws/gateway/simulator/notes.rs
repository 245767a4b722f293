//! What is asked of the store and written to it: each move of a user is written there, so that other gateways find the user.

use core::time::Duration;

use wirekit_gateway::core::affinity::{Answer, Cause, Note, Placement};

use super::client::{Client, Link};
use super::cookies::session;
use super::fate::{Fates, Moment};
use super::site::Sessions;
use super::stage::Stage;
use super::store::Said;
use super::users::{Ended, Says, USERS, Users};

/// Who was asked for within this time need not be asked for again. It is a second, and Unix time has no smaller ones.
const CONFIRMED_FOR: Duration = Duration::from_secs(2);

/// What the core knows of a user for itself.
#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// When it last learnt of them, at the latest.
    since: Option<Duration>,
    /// Since when the store lacks what the core knows.
    owed: Option<Duration>,
    /// When the store last confirmed what was written of them, and when it last said where they are.
    written: usize,
    said: Option<Duration>,
    /// Whether the store may lack something that the core knows.
    may_owe: bool,
}

/// That of all users.
#[derive(Debug, Default)]
pub(super) struct Notes([Known; USERS]);

/// What an exchange whose answer reached the client has to write.
#[derive(Debug, Default)]
struct Due {
    /// This user, from wherever the core knew them to be, to the server that answered.
    moved: Option<usize>,
    /// This user has the server that answered.
    claimed: Option<usize>,
}

impl Notes {
    /// A server answers the user whom they may not have had, or gives them their session: from now on the core may know that.
    pub(super) fn may_learn(&mut self, user: usize, now: Moment) {
        (self.0[user].since, self.0[user].may_owe) = (Some(now.time), true);
    }

    /// Whether the store may lack something that the core knows of the user.
    pub(super) fn may_owe(&self, user: usize) -> bool {
        self.0[user].may_owe
    }

    /// The store does not know a user of a request, and the core does: it is written again.
    pub(super) fn forgotten(&self, user: usize, answers: &[Said]) {
        let claimed = answers.get(1).map(|said| &said.note);
        assert!(
            matches!(claimed, Some(Note::Claim(_))) || self.0[user].may_owe,
            "the store has forgotten user {user}, and nobody writes who they are again"
        );
    }

    /// The store says where the user is, and perhaps that it has what was last written of them.
    pub(super) fn store_says(&mut self, user: usize, is_confirmed: bool, now: Moment) {
        let known = &mut self.0[user];
        if is_confirmed || !known.may_owe {
            known.said = Some(now.time);
        }
        known.since = Some(now.time);
        if is_confirmed {
            (known.owed, known.written, known.may_owe) = (None, now.turn, false);
        }
    }

    /// A note puts nobody on a server that they never had, and nobody is asked for twice in a second.
    pub(super) fn check_note(
        &self,
        user: usize,
        note: &Note,
        users: &Users,
        (began, now): (Moment, Moment),
    ) {
        match note {
            Note::Claim(to) => assert!(users.had(user, to), "user {user} never had {to}"),
            Note::Move(from, to) => {
                assert!(!from.is_empty(), "a move from nowhere");
                assert!(!from.contains(to), "a move that is none");
                for server in from.iter().chain([to]) {
                    assert!(users.had(user, server), "user {user} never had {server}");
                }
            }
            _ => {
                let said = self.0[user].said.filter(|said| *said <= began.time);
                assert!(
                    said.is_none_or(|said| said.as_secs() < now.time.as_secs()),
                    "user {user} was asked for in this second"
                );
            }
        }
    }

    /// What an exchange of a client said to the store of its user, and of the one whom its answer gave a session.
    pub(super) fn check(
        &mut self,
        client: usize,
        set: Option<&[Vec<u8>]>,
        ended: &Ended<'_>,
        (sessions, users, fates): (&Sessions, &Users, &Fates),
    ) {
        // What a store failed to take is written at the user's next request.
        let is_well = ended.failed.is_empty();
        let notes = |user: usize| {
            let notes = ended.course.notes.iter();
            notes
                .filter(move |(digest, _)| *digest == sessions.digests[user])
                .map(|(_, note)| note)
        };
        let moves = |note: &Note| matches!(note, Note::Move(_, to) if to == ended.server);
        let claims = |note: &Note| matches!(note, Note::Claim(to) if to == ended.server);
        let mut due = set.map(|set| Due::of(set, ended)).unwrap_or_default();
        // Who was first has a session that is given again.
        due.claimed = due
            .claimed
            .filter(|user| users.is_first(client, *user, ended.course.began));
        if let Some(user) = due.moved {
            let is_noted = notes(user).any(moves);
            assert!(is_noted || !is_well, "a move of user {user} is not noted");
        }
        if let Some(user) = due.claimed {
            let is_noted = notes(user).any(claims);
            assert!(is_noted || !is_well, "user {user} is not noted");
        }
        for user in due.moved.into_iter().chain(due.claimed) {
            let known = &mut self.0[user];
            if known.written < ended.course.began.turn {
                known.owed = Some(ended.now.time);
            }
        }
        let Says::User(user) = *ended.says else {
            return;
        };
        match ended.placement {
            Placement::Moved(cause) if cause != Cause::Elsewhere => {
                assert!(
                    ended.course.found.is_some() || !is_well,
                    "user {user} moves, and the store was not asked before"
                );
            }
            Placement::Kept if is_well => {
                self.check_kept(user, ended, notes(user).collect());
                self.check_doubtful(user, ended, fates);
                let is_alone = users.is_alone(client, user, ended.course.began);
                assert!(
                    !is_alone || !users.is_elsewhere(user, ended),
                    "another gateway moved user {user}, and nobody says so"
                );
            }
            _ => {}
        }
    }

    /// Another gateway may have moved the users of a server that failed, or came back.
    fn check_doubtful(&self, user: usize, ended: &Ended<'_>, fates: &Fates) {
        let Known {
            since,
            may_owe,
            written,
            ..
        } = self.0[user];
        // What is yet to be written the core knows better than the store.
        let may_owe = may_owe || written >= ended.course.began.turn;
        let servers = &ended.rules.config().upstreams[ended.upstream].servers;
        let mut servers = servers.iter().filter(|server| server.id == ended.server);
        let changed = servers.find_map(|server| fates.changed_at(&server.address));
        let is_doubtful = |(since, changed): (Duration, Moment)| {
            let is_before = changed.turn < ended.course.began.turn;
            since <= changed.time && is_before && ended.course.found.is_none()
        };
        assert!(
            may_owe || !since.zip(changed).is_some_and(is_doubtful),
            "user {user} stays on {}, which was away, and the store was not asked",
            ended.server
        );
    }

    /// Who stays is asked for once in a while, and noted where that is still to be done.
    fn check_kept(&self, user: usize, ended: &Ended<'_>, notes: Vec<&Note>) {
        let Known { since, owed, .. } = self.0[user];
        let began = ended.course.began.time;
        let is_fresh = since.is_none_or(|since| since + CONFIRMED_FOR > began);
        if is_fresh || ended.course.found.is_some() {
            return;
        }
        assert!(
            !notes.is_empty(),
            "user {user} stays, and the store was not asked for long"
        );
        let is_written = notes.iter().any(|note| **note != Note::Confirm);
        assert!(
            owed.is_none() || is_written,
            "user {user} stays where nobody else knows them to be"
        );
    }
}

impl Due {
    fn of(set: &[Vec<u8>], ended: &Ended<'_>) -> Self {
        let given = (0..USERS).find(|user| {
            let cookie = format!("sid={}; Path=/", session(*user));
            set.iter().any(|field| *field == cookie.as_bytes())
        });
        // Whose server is known, and where the store says that it is, if it was asked.
        let known = match (ended.says, ended.placement) {
            (Says::User(user), Placement::Kept | Placement::Moved(_)) => Some(*user),
            _ => None,
        };
        let is_moved = match (&ended.course.found, ended.placement) {
            (_, Placement::Kept) => false,
            (Some(Answer::Server(home)), _) => home != ended.server,
            (_, Placement::Moved(cause)) => cause != Cause::Elsewhere,
            _ => false,
        };
        Self {
            moved: known.filter(|_| is_moved),
            claimed: given.filter(|_| given != known),
        }
    }
}

impl Client {
    /// A head may have come: whose the users are that it is for, and that it names.
    pub(super) fn may_learn(&self, stage: &mut Stage<'_>) {
        let Link::Connected(server) = &self.link else {
            return;
        };
        let request = &self.requests[self.records];
        let (upstream, place) = (server.upstream, server.server);
        let learns = stage.has_users() && !stage.has_own_cookie(upstream);
        if let Some(answer) = server.answer.as_ref().filter(|_| learns) {
            let user = match request.session {
                Says::User(user) => Some(user),
                _ => None,
            };
            for it in user.into_iter().chain(answer.gives) {
                let is_given = answer.gives == Some(it);
                // Who was first has the session, whatever server names it later.
                if user == Some(it) || !stage.users.is_known(it, stage.turn) {
                    stage.may_learn(self.number, it, is_given, (upstream, place));
                }
            }
        }
    }
}
