//! Exchanges that failed: what is kept of each, and the last of them.
//!
//! Nothing is kept that may be a secret: no body, no field but `Host`, and of the target the path alone, as passwords and tokens
//! are known to stand in queries.

mod kept;
mod ring;

use core::fmt;

use super::balance::Instant;
use super::reason::Reason;

pub use kept::{Failure, NamedTry};
pub use ring::{Failures, MAX_FAILURES};

/// What an error page, the log and `/requests` call the same failure: 16 hexadecimal digits, drawn at random.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Reference(pub u64);

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// What was done when an exchange, or one try of it, failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Phase {
    /// The request's head was received.
    Head,
    /// Where the request belongs was looked for.
    Route,
    /// A file was opened.
    File,
    /// The request's content was received whole, as the server wants its length first.
    Content,
    /// The request waited for a server with room.
    Wait,
    /// A server was connected to.
    Connect,
    /// The request was sent to the server.
    Request,
    /// The server had the request, and its response's head was to come.
    ResponseHead,
    /// The response's content was on its way.
    ResponseBody,
    /// A WebSocket's frames went both ways.
    Frames,
    /// The gateway's own answer was sent.
    Answer,
}

impl Phase {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Head => "head",
            Self::Route => "route",
            Self::File => "file",
            Self::Content => "content",
            Self::Wait => "wait",
            Self::Connect => "connect",
            Self::Request => "request",
            Self::ResponseHead => "response_head",
            Self::ResponseBody => "response_body",
            Self::Frames => "frames",
            Self::Answer => "answer",
        }
    }
}

/// A try of a request at a server that did not serve it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Try {
    /// The server's place in the upstream.
    pub server: usize,
    /// Why it ended.
    pub reason: Reason,
    /// What was done then.
    pub phase: Phase,
    /// Whether the connection had served before.
    pub is_kept: bool,
    /// From the choice of the server to the connection.
    pub connect: Option<Instant>,
    /// From the choice of the server to the first byte of a response.
    pub first_byte: Option<Instant>,
    /// From the choice of the server to the end.
    pub whole: Instant,
}

/// A server that has a request, and since when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attempt {
    pub(crate) server: usize,
    pub(crate) began: Instant,
    pub(crate) is_kept: bool,
    pub(crate) connected: Option<Instant>,
    pub(crate) first_byte: Option<Instant>,
}

impl Attempt {
    pub(crate) const fn new(server: usize, began: Instant) -> Self {
        Self {
            server,
            began,
            is_kept: false,
            connected: None,
            first_byte: None,
        }
    }

    pub(crate) fn end(self, reason: Reason, phase: Phase, now: Instant) -> Try {
        let since = |time: Instant| time.saturating_sub(self.began);
        Try {
            server: self.server,
            reason,
            phase,
            is_kept: self.is_kept,
            connect: self.connected.map(since),
            first_byte: self.first_byte.map(since),
            whole: since(now),
        }
    }
}
