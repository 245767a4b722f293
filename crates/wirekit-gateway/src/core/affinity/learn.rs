use std::sync::Arc;

use super::known::{Found, Known};
use super::{Cause, Digest, Note, cookie};

/// More cookies of one name are believed by nobody.
const MAX_COOKIES: usize = 8;

/// The application's own cookie, and what is known of who has which.
#[derive(Clone, Debug)]
pub(crate) struct Learn {
    pub(crate) upstream: Arc<str>,
    pub(crate) cookie: String,
    /// Seconds for which a session without requests is known.
    pub(crate) ttl: u64,
    pub(crate) known: Arc<Known>,
}

/// What a request's cookies say, before the store was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recalled {
    /// There is no cookie.
    Nothing,
    /// There are too many.
    Wrong(Cause),
    /// The server is known; the store may have to be asked or written to beside the request.
    Server {
        session: Digest,
        server: Arc<str>,
        is_moved: bool,
        due: Option<Note>,
    },
    /// The store is to be asked first; the server as it was known, in case that it does not say.
    Ask {
        session: Digest,
        server: Option<Arc<str>>,
    },
    /// The store is not asked.
    Unasked { session: Digest, cause: Cause },
}

impl Learn {
    pub(crate) fn recall<'a>(
        &self,
        lines: impl Iterator<Item = &'a [u8]>,
        unix_time: u64,
    ) -> Recalled {
        let mut values: Vec<&[u8]> = cookie::values(lines, &self.cookie).collect();
        values.sort_unstable();
        values.dedup();
        if values.len() > MAX_COOKIES {
            return Recalled::Wrong(Cause::Duplicated);
        }
        let sessions = values.iter().map(|value| self.session(value));
        // A site that may set cookies for the domain can add one; what is known goes before it.
        let known = &self.known;
        let session = sessions.min_by_key(|session| (!known.has(session), *session));
        let Some(session) = session else {
            return Recalled::Nothing;
        };
        let found = known.find(&session, &self.upstream, self.ttl, unix_time);
        let may_ask = || known.may_ask(unix_time);
        match found {
            Some(found) if !found.is_doubtful => {
                let due = found.due.clone().filter(|_| may_ask().is_ok());
                self.server(session, found, due)
            }
            found => match (may_ask(), found) {
                (Ok(()), found) => Recalled::Ask {
                    session,
                    server: found.map(|found| found.server),
                },
                (Err(_), Some(found)) => self.server(session, found, None),
                (Err(cause), None) => Recalled::Unasked { session, cause },
            },
        }
    }

    /// A request goes to the server that is known, and is the one to say that another gateway has moved the session there.
    fn server(&self, session: Digest, found: Found, due: Option<Note>) -> Recalled {
        let reported = self.known.reported(&session);
        Recalled::Server {
            session,
            server: found.server,
            is_moved: reported.is_some_and(|(_, is_moved)| is_moved),
            due,
        }
    }

    /// Whether the server of a session is known, and was used within its time.
    pub(crate) fn knows(&self, session: &Digest, unix_time: u64) -> bool {
        let known = self.known.session(session);
        known.is_some_and(|known| known.used.saturating_add(self.ttl) > unix_time)
    }

    pub(crate) fn session(&self, value: &[u8]) -> Digest {
        Digest::new(&self.upstream, &self.cookie, value)
    }

    /// The session that an answer gives its user: of the last `Set-Cookie` of the name, as browsers take it (RFC 6265 section
    /// 5.3), if that does not take the cookie away.
    pub(crate) fn learnt<'a>(
        &self,
        fields: impl Iterator<Item = &'a [u8]>,
        unix_time: u64,
    ) -> Option<Digest> {
        let cookies = fields.filter_map(|field| cookie::SetCookie::parse(field, &self.cookie));
        let last = cookies.last()?;
        (!last.is_taken_away(unix_time)).then(|| self.session(last.value))
    }
}
