//! What a process knows of sessions, before it asks the store, and of the store itself.

use core::fmt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::UnitWeighter;
use quick_cache::sync::{Cache, DefaultLifecycle};

pub use listed::Session;

use super::Cause;
use super::digest::{BuildTaken, Digest};

/// So many sessions are known in a process; of more, those that come least are asked for again.
const MAX_SESSIONS: usize = 100_000;
/// Seconds after which a session that is used is looked up again, beside its request: for so long a gateway may not know
/// that another one has moved it.
const CONFIRMED_FOR: u64 = 1;
/// Seconds for which a store that failed is not asked, and then by one request.
const PAUSE: u64 = 1;

/// The sessions that belong to one store, as all workers of a process know them.
pub struct Known {
    sessions: Cache<Digest, Entry, UnitWeighter, BuildTaken>,
    store: Mutex<Store>,
}

impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Known({})", self.sessions.len())
    }
}

#[derive(Clone, Debug)]
struct Entry {
    upstream: Arc<str>,
    server: Arc<str>,
    /// When a request had it, and when the store was asked for it or written to, in Unix time.
    used: u64,
    asked: u64,
    /// Another gateway has moved it, and no request has said so yet.
    is_moved: bool,
    /// What is to be written to the store, and it has not confirmed. Until then this process knows better.
    unwritten: Option<Note>,
}

#[derive(Debug, Default)]
struct Store {
    /// Why it is not asked, and until when.
    failed: Option<Cause>,
    asked_from: u64,
    /// Whether it takes nothing more.
    is_full: bool,
    /// When a server of an upstream failed or came back for the last time.
    changed: HashMap<(String, String), u64>,
}

/// What a store said.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer {
    /// The session belongs to the server of this id.
    Server(String),
    /// It has no such session.
    Unknown,
    /// It said nothing, for this cause.
    Failed(Cause),
}

/// What is written to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The session is in use: who has it?
    Confirm,
    /// The session belongs to this server, unless somebody was first.
    Claim(String),
    /// The session belongs to the last server, unless it belongs to another one than the first ones: those that it may still
    /// have there, as an earlier note was perhaps not written.
    Move(Vec<String>, String),
}

impl Note {
    /// Whether the store, which has the session on that server, would not take the note.
    fn is_refused_by(&self, answer: &Answer) -> bool {
        match (self, answer) {
            (Self::Move(from, to), Answer::Server(server)) => {
                server != to && !from.contains(server)
            }
            _ => false,
        }
    }

    /// The note to be written in place of what is known, which the store may have or not.
    fn after(self, before: &Entry) -> Self {
        let Self::Move(mut from, to) = self else {
            return self;
        };
        from.push(before.server.to_string());
        if let Some(Self::Move(earlier, _)) = &before.unwritten {
            from.extend_from_slice(earlier);
        }
        from.sort_unstable();
        from.dedup();
        from.retain(|server| *server != to);
        Self::Move(from, to)
    }
}

/// What is to be said of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreChange {
    /// It is not asked for a while.
    Failed(Cause),
    /// It is asked again.
    CameBack,
}

/// What is known of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) server: Arc<str>,
    /// It is to be asked for before it is used, as its server failed or came back since.
    pub(super) is_doubtful: bool,
    /// What the store is to be asked, or what is to be written to it, beside the request.
    pub(super) due: Option<Note>,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            sessions: Cache::with(
                1024,
                MAX_SESSIONS as u64,
                UnitWeighter,
                BuildTaken::default(),
                DefaultLifecycle::default(),
            ),
            store: Mutex::default(),
        }
    }
}

impl Known {
    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of a session that a request has.
    pub(super) fn find(
        &self,
        session: &Digest,
        upstream: &str,
        ttl: u64,
        unix_time: u64,
    ) -> Option<Found> {
        let mut entry = self.sessions.get(session)?;
        if entry.used.saturating_add(ttl) <= unix_time {
            self.sessions.remove(session);
            return None;
        }
        let key = (upstream.to_owned(), entry.server.to_string());
        let changed = self.store().changed.get(&key).copied();
        let is_due = entry.asked.saturating_add(CONFIRMED_FOR) <= unix_time;
        let found = Found {
            server: entry.server.clone(),
            is_doubtful: entry.unwritten.is_none()
                && changed.is_some_and(|changed| entry.asked <= changed),
            due: is_due.then(|| entry.unwritten.clone().unwrap_or(Note::Confirm)),
        };
        if entry.used != unix_time {
            entry.used = unix_time;
            self.sessions.insert(*session, entry);
        }
        Some(found)
    }

    /// Whether a session is known, without a request that has it.
    pub(super) fn has(&self, session: &Digest) -> bool {
        self.sessions.peek(session).is_some()
    }

    /// A session belongs to this server of an upstream, as this process says; what is to be written to the store of that.
    pub(crate) fn put(
        &self,
        session: Digest,
        (upstream, server): (&Arc<str>, &str),
        note: Note,
        unix_time: u64,
    ) -> Note {
        let note = match self.sessions.peek(&session) {
            Some(before) => note.after(&before),
            None => note,
        };
        let entry = Entry {
            upstream: upstream.clone(),
            server: server.into(),
            used: unix_time,
            asked: unix_time,
            is_moved: false,
            unwritten: Some(note.clone()),
        };
        self.sessions.insert(session, entry);
        note
    }

    /// A server of an upstream failed or came back: others may have moved its sessions.
    pub(crate) fn server_changed(&self, upstream: &str, server: &str, unix_time: u64) {
        let key = (upstream.to_owned(), server.to_owned());
        self.store().changed.insert(key, unix_time);
    }

    /// Whether the store is to be asked now; while it fails, once in a while.
    pub(crate) fn may_ask(&self, unix_time: u64) -> Result<(), Cause> {
        let mut store = self.store();
        let Some(cause) = store.failed else {
            return Ok(());
        };
        if unix_time < store.asked_from {
            return Err(cause);
        }
        store.asked_from = unix_time.saturating_add(PAUSE);
        Ok(())
    }

    /// The store said nothing in time, or failed.
    pub fn failed(&self, cause: Cause, unix_time: u64) -> Option<StoreChange> {
        let mut store = self.store();
        if cause == Cause::StoreFull {
            let was_full = core::mem::replace(&mut store.is_full, true);
            return (!was_full).then_some(StoreChange::Failed(cause));
        }
        store.asked_from = unix_time.saturating_add(PAUSE);
        let before = store.failed.replace(cause);
        before.is_none().then_some(StoreChange::Failed(cause))
    }

    /// The store did in time what the note asks for; what is to be said of it.
    pub fn did(&self, note: &Note) -> Option<StoreChange> {
        let mut store = self.store();
        let was_failed = store.failed.take().is_some();
        let was_full = *note != Note::Confirm && core::mem::take(&mut store.is_full);
        (was_failed || was_full).then_some(StoreChange::CameBack)
    }

    /// What the store said of a session of an upstream, in time or not, is known from now on; what is to be written to it then.
    pub fn learnt(
        &self,
        (upstream, session): (&Arc<str>, Digest),
        note: &Note,
        answer: &Answer,
        unix_time: u64,
    ) -> Option<Note> {
        let before = self.sessions.peek(&session);
        let unwritten = before.as_ref().and_then(|entry| entry.unwritten.as_ref());
        // An answer to anything but the note itself is older, unless it says that the note comes too late.
        if unwritten.is_some_and(|it| it != note && !it.is_refused_by(answer)) {
            return None;
        }
        let server: Arc<str> = match (answer, &before) {
            (Answer::Server(server), _) => server.as_str().into(),
            // It was flushed, or its time was over.
            (Answer::Unknown, Some(entry)) => return Some(Note::Claim(entry.server.to_string())),
            (Answer::Unknown, None) | (Answer::Failed(_), _) => return None,
        };
        let is_moved = before
            .as_ref()
            .is_some_and(|entry| entry.is_moved || entry.server != server);
        let entry = Entry {
            upstream: upstream.clone(),
            server,
            used: before.map_or(unix_time, |entry| entry.used),
            asked: unix_time,
            is_moved,
            unwritten: None,
        };
        self.sessions.insert(session, entry);
        None
    }

    /// The server of a session, and whether another gateway has moved it there and no request has said so: this one does.
    pub(crate) fn reported(&self, session: &Digest) -> Option<(Arc<str>, bool)> {
        let mut entry = self.sessions.peek(session)?;
        let server = entry.server.clone();
        let is_moved = core::mem::take(&mut entry.is_moved);
        if is_moved {
            self.sessions.insert(*session, entry);
        }
        Some((server, is_moved))
    }
}

/// The stores of a process, by URL: what is known stays known in the next configuration.
#[derive(Clone, Debug, Default)]
pub struct Stores(Arc<Mutex<HashMap<String, Arc<Known>>>>);

impl Stores {
    /// A server of an upstream is well again, or not any longer: other gateways may have moved its sessions.
    pub fn server_changed(&self, upstream: &str, server: &str, unix_time: u64) {
        let stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for known in stores.values() {
            known.server_changed(upstream, server, unix_time);
        }
    }

    /// What is known of the sessions of a store.
    pub fn known(&self, url: &str) -> Arc<Known> {
        let mut stores = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        stores.entry(url.to_owned()).or_default().clone()
    }
}

mod listed;
#[cfg(test)]
mod tests;
