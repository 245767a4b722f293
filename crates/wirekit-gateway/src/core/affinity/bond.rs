use std::sync::Arc;

use super::{Affinity, Answer, Cause, Digest, Learn, Note, Placement, Recalled, Route};
use crate::config;
use crate::core::balance::{Balancer, Instant, Tries, Wanted};
use crate::core::reason::Reason;

/// Where the user of a request belongs, and where they are put.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bond {
    /// The servers that they may belong to, the first that can be had before the others.
    routes: Vec<Route>,
    /// Why they may not be where they were, as far as that is known before a server is chosen.
    cause: Option<Cause>,
    /// The application's session, where that says who they are.
    session: Option<Digest>,
    /// What the store is to be asked: before a server is chosen, or beside the request.
    wish: Option<Wish>,
    /// The store was asked for this request, and why.
    is_asked: bool,
    because: Option<Reason>,
    placement: Option<Placement>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Wish {
    LookUp,
    Tell(Note),
}

impl Bond {
    /// What the lines of a request's `Cookie` fields say.
    pub(crate) fn of<'a>(
        affinity: &Affinity,
        lines: impl Iterator<Item = &'a [u8]>,
        unix_time: u64,
    ) -> Self {
        let learn = match affinity {
            Affinity::Cookie(cookie) => {
                let (routes, cause) = match cookie.routes(lines, unix_time) {
                    Ok(routes) => (routes, None),
                    Err(cause) => (Vec::new(), Some(cause)),
                };
                return Self {
                    routes,
                    cause,
                    ..Self::default()
                };
            }
            Affinity::Learn(learn) => learn,
        };
        let mut bond = Self::default();
        match learn.recall(lines, unix_time) {
            Recalled::Nothing => {}
            Recalled::Wrong(cause) => bond.cause = Some(cause),
            Recalled::Server {
                session,
                server,
                is_moved,
                due,
            } => {
                bond.session = Some(session);
                bond.routes = vec![Route::endless(&server)];
                bond.cause = is_moved.then_some(Cause::Elsewhere);
                bond.wish = due.map(Wish::Tell);
            }
            Recalled::Ask { session, server } => {
                bond.session = Some(session);
                bond.routes = server.iter().map(|server| Route::endless(server)).collect();
                bond.wish = Some(Wish::LookUp);
            }
            Recalled::Unasked { session, cause } => {
                bond.session = Some(session);
                bond.cause = Some(cause);
            }
        }
        bond
    }

    /// How the request came to its server, once it has one.
    pub(crate) const fn placement(&self) -> Option<Placement> {
        self.placement
    }

    /// The session that the store is to be asked for first.
    pub(crate) fn looks_up(&self) -> Option<Digest> {
        self.session.filter(|_| self.wish == Some(Wish::LookUp))
    }

    /// The server that a session had is not to be had: unless this is what the store said, it is asked before the session moves,
    /// as another gateway may have moved it already. Whether it is to be asked.
    pub(crate) fn asks_before_it_moves(&mut self, because: Reason) -> Option<Digest> {
        let session = self.session.filter(|_| !self.routes.is_empty())?;
        if self.is_asked {
            return None;
        }
        (self.wish, self.because) = (Some(Wish::LookUp), Some(because));
        Some(session)
    }

    /// The server that the user had, as far as is known.
    pub(crate) fn home(&self) -> Option<&str> {
        self.routes.first().map(|route| route.server.as_str())
    }

    /// What the client learns where no server is left, since the store was asked.
    pub(crate) fn because(&mut self) -> Option<Reason> {
        self.because.take()
    }

    /// What is to be written to the store of the session, beside the request; once.
    pub(crate) fn tells(&mut self) -> Option<(Digest, Note)> {
        match self.wish.take() {
            Some(Wish::Tell(note)) => Some((self.session?, note)),
            wish => {
                self.wish = wish;
                None
            }
        }
    }

    /// The store said this, or nothing in time, and the process knows this now: of an answer that is older than what it has yet
    /// to write, nothing; and whether another gateway has moved the session, which is no other request of it.
    pub(crate) fn found(&mut self, answer: &Answer, known: Option<(Arc<str>, bool)>) {
        (self.wish, self.is_asked) = (None, true);
        if let Some((server, is_moved)) = known {
            if is_moved {
                self.cause = Some(Cause::Elsewhere);
            }
            self.routes = vec![Route::endless(&server)];
            return;
        }
        match answer {
            // An operator had it forgotten a moment ago.
            Answer::Server(server) => self.routes = vec![Route::endless(server)],
            // What this process knew is as good as ever.
            _ if !self.routes.is_empty() => {}
            Answer::Unknown => self.cause = Some(Cause::UnknownSession),
            Answer::Failed(cause) => self.cause = Some(*cause),
        }
    }

    /// The server for the request: the user's own, draining or not, or another one.
    ///
    /// That is chosen as for everybody where the gateway's cookie says who the user is from then on. A session of the
    /// application's is put by its hash, so that every gateway puts it on the same server.
    pub(crate) fn choose(
        &mut self,
        upstream: &config::Upstream,
        balancer: &mut Balancer,
        now: Instant,
        wanted: Wanted<'_>,
        tries: &mut Tries,
    ) -> Option<usize> {
        let mut cause = self.cause;
        for route in &self.routes {
            let mut servers = upstream.servers.iter();
            let kept = match servers.position(|server| server.id == route.server) {
                Some(at) => balancer.keep(at, now, tries).map(|()| at),
                None => Err(Cause::ServerGone),
            };
            match kept {
                Ok(at) => {
                    self.placement = Some(cause.map_or(Placement::Kept, Placement::Moved));
                    return Some(at);
                }
                Err(why) => cause = cause.or(Some(why)),
            }
        }
        let chosen = self.choose_other(balancer, now, wanted, tries)?;
        // Of another try, too, the first cause counts.
        let before = self.placement.and_then(Placement::cause);
        let cause = before.or(cause);
        self.placement = Some(match cause {
            None => Placement::New,
            Some(cause) if self.session.is_some() && self.routes.is_empty() => {
                Placement::Hashed(cause)
            }
            Some(cause) => Placement::Moved(cause),
        });
        Some(chosen)
    }

    fn choose_other(
        &self,
        balancer: &mut Balancer,
        now: Instant,
        wanted: Wanted<'_>,
        tries: &mut Tries,
    ) -> Option<usize> {
        match &self.session {
            Some(session) => balancer.choose_hashed(now, session.as_bytes(), tries),
            None => balancer.choose(now, wanted, tries),
        }
    }

    /// The value of `Set-Cookie` that the answer of this server brings; none where the user has it already.
    pub(crate) fn set_cookie(
        &self,
        affinity: &Affinity,
        server: &str,
        unix_time: u64,
        is_secure: bool,
    ) -> Option<String> {
        let Affinity::Cookie(cookie) = affinity else {
            return None;
        };
        let has_it = self.placement == Some(Placement::Kept)
            && self
                .routes
                .first()
                .is_some_and(|route| !cookie.is_due(route, unix_time));
        (!has_it).then(|| cookie.set(server, unix_time, is_secure))
    }

    /// A server answers, and gives the user this session if it gives any: what is to be written to the store of that.
    pub(crate) fn learn(
        &self,
        learn: &Learn,
        server: &str,
        given: Option<Digest>,
        unix_time: u64,
    ) -> Vec<(Digest, Note)> {
        let mut notes = Vec::new();
        let was = self.routes.first().map(|route| route.server.as_str());
        if let (Some(session), Some(was)) = (self.session, was)
            && was != server
        {
            notes.push((session, Note::Move(vec![was.to_owned()], server.to_owned())));
        }
        // Who was first has a session, as at the store: what the application says of one that is known is nothing new.
        let is_new = |session: &Digest| !learn.knows(session, unix_time);
        if let Some(session) = given.filter(is_new) {
            notes.push((session, Note::Claim(server.to_owned())));
        }
        let place = (&learn.upstream, server);
        let put = |(session, note)| (session, learn.known.put(session, place, note, unix_time));
        notes.into_iter().map(put).collect()
    }
}

impl Route {
    fn endless(server: &str) -> Self {
        Self {
            server: server.to_string(),
            expires: 0,
        }
    }
}
