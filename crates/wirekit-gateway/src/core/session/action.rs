use core::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::rc::Rc;

use super::Rules;
use crate::core::balance::{Change, Instant, Ticket};
use crate::core::reason::Reason;
use crate::core::route::Route;

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
        root: PathBuf,
        /// Relative to it.
        files: Vec<PathBuf>,
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
    Ended(Record),
}

/// What an access log says of an exchange.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Record {
    /// The rules that it had: what the places below are places in.
    pub rules: Rc<Rules>,
    /// The client's address, behind trusted proxies too; none by a unix socket.
    pub remote: Option<IpAddr>,
    /// The request line, as far as it was read.
    pub request_line: Vec<u8>,
    /// The `Host`, `Referer` and `User-Agent` fields.
    pub host: Vec<u8>,
    /// `Referer`.
    pub referer: Vec<u8>,
    /// `User-Agent`.
    pub user_agent: Vec<u8>,
    /// The response's status; zero where there was none.
    pub status: u16,
    /// Bytes of the response, its head included.
    pub response_len: u64,
    /// Why it ended so.
    pub reason: Reason,
    /// Where the request belonged.
    pub route: Option<Route>,
    /// The upstream and the server that answered or failed last.
    pub server: Option<(usize, usize)>,
    /// How many servers were asked.
    pub tries: usize,
    /// From the choice of the first server to the end of the last one's part; none where no server was asked.
    pub upstream_time: Option<Instant>,
    /// When its head was whole.
    pub started: Instant,
    /// When the end was made.
    pub ended: Instant,
}
