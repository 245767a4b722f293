//! What an operator sees of sessions, and may do to one.

use std::sync::Arc;

use super::{Digest, Entry, Known};

/// A session that a process knows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Session {
    /// Its name.
    pub id: Digest,
    /// The upstream whose application gave it.
    pub upstream: Arc<str>,
    /// The server of its user.
    pub server: Arc<str>,
    /// When a request had it, in Unix time.
    pub used: u64,
}

impl Session {
    fn of(id: Digest, entry: Entry) -> Self {
        Self {
            id,
            upstream: entry.upstream,
            server: entry.server,
            used: entry.used,
        }
    }
}

impl Known {
    /// All sessions, in no order. Nobody who asks for one waits for more than one step of this.
    pub fn all(&self) -> impl Iterator<Item = Session> {
        let entries = self.sessions.iter();
        entries.map(|(id, entry)| Session::of(id, entry))
    }

    /// The session of that digest.
    pub fn session(&self, id: &Digest) -> Option<Session> {
        let entry = self.sessions.peek(id)?;
        Some(Session::of(*id, entry))
    }

    /// Nothing is known of a session from now on.
    pub fn forget(&self, id: &Digest) {
        self.sessions.remove(id);
    }
}
