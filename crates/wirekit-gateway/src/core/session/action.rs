use core::net::{IpAddr, SocketAddr};
use core::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

use super::texts::Texts;
use super::{Current, Rules};
use crate::core::affinity::{Digest, Note, Placement, StoreChange};
use crate::core::balance::{Change, Instant, Ticket};
use crate::core::failure::{Phase, Reference, Try};
use crate::core::reason::Reason;
use crate::core::route::Route;
use crate::core::trace::Trace;

/// What is to be done for a session.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Action {
    /// The header of the PROXY protocol names this client: the connection counts as one of its, not of the peer's.
    Proxied(Option<SocketAddr>),
    /// Connect to a server, by its places in the configuration; a connection that was kept will do.
    Connect {
        /// The upstream.
        upstream: usize,
        /// The server in it.
        server: usize,
    },
    /// Wait until the worker [calls](super::Worker::called) this request, and report it by [`Session::called`](super::Session::called).
    Wait {
        /// The upstream.
        upstream: usize,
        /// The request's place in its queue.
        ticket: Ticket,
    },
    /// Write content into a file that is this connection's alone, from this place on; at 0 into a new one. Report a failure by
    /// [`Session::store_failed`](super::Session::store_failed).
    Store {
        /// From which byte on.
        at: u64,
        /// What is written.
        bytes: Vec<u8>,
    },
    /// Read that file, and report it by [`Session::loaded`](super::Session::loaded).
    Load {
        /// From which byte on.
        at: u64,
        /// How many bytes.
        len: usize,
    },
    /// The server's connection can serve another request: keep it, or close it.
    Keep {
        /// The upstream.
        upstream: usize,
        /// The server in it.
        server: usize,
    },
    /// Nothing more is written to the server: end that side of its connection.
    EndServer,
    /// Close the server's connection.
    CloseServer,
    /// Open the first of these files below the root that is there, and report it by [`Session::opened`](super::Session::opened).
    Open {
        /// The folder that no file may lie outside of.
        root: Arc<Path>,
        /// Relative to it.
        files: Vec<PathBuf>,
    },
    /// Ask the upstream's store which server has a session, and report it by [`Session::found`](super::Session::found).
    LookUp {
        /// The upstream.
        upstream: usize,
        /// The session.
        session: Digest,
    },
    /// Tell the upstream's store something of a session; nobody waits for that.
    Tell {
        /// The upstream.
        upstream: usize,
        /// The session.
        session: Digest,
        /// What is written to it.
        note: Note,
    },
    /// The upstream's store does not answer in time, or came back: there is something to be said.
    StoreChanged {
        /// The upstream.
        upstream: usize,
        /// What it did.
        change: StoreChange,
    },
    /// A server failed, or came back: there is something to be said.
    ServerChanged {
        /// The upstream.
        upstream: usize,
        /// The server in it.
        server: usize,
        /// What it did.
        change: Change,
    },
    /// An exchange ended.
    Ended(Ended),
}

/// An exchange that ended: its [`Record`].
///
/// The record stays where it was made, as a copy of it would cost as much as the rest of an exchange's end.
#[derive(Clone, Debug)]
pub struct Ended(pub(super) Box<Current>);

impl Deref for Ended {
    type Target = Record;

    fn deref(&self) -> &Record {
        &self.0.record
    }
}

impl DerefMut for Ended {
    fn deref_mut(&mut self) -> &mut Record {
        &mut self.0.record
    }
}

/// What an access log says of an exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// The rules that it had: what the places below are places in.
    pub rules: Rc<Rules>,
    /// The client's address, behind trusted proxies too; none by a unix socket.
    pub remote: Option<IpAddr>,
    /// What the request said.
    pub(super) texts: Texts,
    /// The response's status; zero where there was none.
    pub status: u16,
    /// Bytes of the response, its head included.
    pub response_len: u64,
    /// Why it ended so.
    pub reason: Reason,
    /// Where the request belonged.
    pub route: Option<Route>,
    /// The upstream that the location names, whether a server of it was asked or not.
    pub upstream: Option<usize>,
    /// The upstream and the server that answered or failed last.
    pub server: Option<(usize, usize)>,
    /// How many servers were asked.
    pub tries: usize,
    /// How it came to its server, where the upstream keeps users on theirs.
    pub placement: Option<Placement>,
    /// From the choice of the first server to the end of the last one's part; none where no server was asked.
    pub upstream_time: Option<Instant>,
    /// From the head's first byte to its last.
    pub head_time: Instant,
    /// How long it waited for a server with room; none where one had room at once.
    pub wait_time: Option<Instant>,
    /// From the choice of the last server to its connection; none where there was none, or one that was kept.
    pub connect_time: Option<Instant>,
    /// From the choice of the last server to the first byte of its response.
    pub first_byte_time: Option<Instant>,
    /// Whether the last server's connection had served before.
    pub is_kept: bool,
    /// What was done when it failed; none where it did not.
    pub phase: Option<Phase>,
    /// Tries that failed; of an exchange that failed the last one too, whatever became of it.
    pub failed: Vec<Try>,
    /// What the error page calls it, if there was one.
    pub reference: Option<Reference>,
    /// The trace that it belongs to, as a server got it.
    pub trace: Option<Trace>,
    /// When its head was whole.
    pub started: Instant,
    /// When the end was made.
    pub ended: Instant,
}

impl Record {
    /// The request line, as far as it was read.
    pub fn request_line(&self) -> &[u8] {
        self.texts.request_line()
    }

    /// The `Host` field, or the name that a connection is for.
    pub fn host(&self) -> &[u8] {
        self.texts.host()
    }

    /// The `Referer` field.
    pub fn referer(&self) -> &[u8] {
        self.texts.referer()
    }

    /// The `User-Agent` field.
    pub fn user_agent(&self) -> &[u8] {
        self.texts.user_agent()
    }

    /// Whether the exchange did not do what it was to do, or a server says that it failed.
    pub fn is_failure(&self) -> bool {
        self.reason.fault().is_some() || self.status >= 500
    }
}
