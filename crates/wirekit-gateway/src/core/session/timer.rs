//! How long each side may take.

use core::time::Duration;

use super::{Session, Work, Worker};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

/// How long a connection that is to be closed may take to take what is left.
pub(super) const CLOSING: Duration = Duration::from_secs(5);

/// What happens when the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Late {
    /// The connection is closed; nothing was asked.
    Close,
    /// The header of the PROXY protocol did not come.
    NoProxyHeader,
    /// The client learns that it was too slow.
    Refuse(Reason),
    /// The client does not read.
    GiveUp,
    /// The server was too slow.
    Server(Reason),
    /// No server had room.
    NoRoom,
    /// The server drains, and keeps nobody any longer.
    Drained,
    /// The store did not say whose a session is.
    Store,
    /// No frame came, or no answer to a Close frame.
    WebSocket,
}

impl Session {
    /// When [`time_passed`](Self::time_passed) is to be called at the latest.
    pub fn deadline(&self) -> Instant {
        self.first_late().0
    }

    /// What was to happen by the [`deadline`](Self::deadline) did not, if it is that late.
    pub fn time_passed(&mut self, now: Instant, worker: &mut Worker) {
        let (deadline, late) = self.first_late();
        if now < deadline {
            return;
        }
        match late {
            Late::Close => self.is_closing = true,
            Late::GiveUp => self.give_up(Reason::ClientClosed, now, worker),
            Late::Refuse(reason) => {
                if self.current.is_none() {
                    self.begin_nothing(now);
                }
                self.exchange.close_after_response();
                self.refuse(reason, worker);
                self.is_closing = true;
            }
            Late::Server(reason) => self.lose_server(reason, now, worker),
            Late::Store => self.store_is_late(now, worker),
            Late::NoRoom => self.refuse(Reason::NoServer, worker),
            Late::NoProxyHeader => self.proxy_header_late(now),
            Late::Drained => self.leave_drained(now, worker),
            Late::WebSocket => self.relay_late(now, worker),
        }
        if matches!(late, Late::Close | Late::GiveUp) {
            self.to_client.clear();
            self.pieces.clear();
        }
        self.drive(now, worker);
    }

    fn first_late(&self) -> (Instant, Late) {
        let late = self.late();
        let drained = self.drain_deadline().filter(|_| !self.is_closing);
        drained.filter(|drained| drained.0 < late.0).unwrap_or(late)
    }

    /// How long a client may say nothing: where the gateway stops, no longer than it takes to send a first request.
    fn first_wait(&self, timeout: Duration) -> Duration {
        match self.is_draining {
            true => timeout.min(CLOSING),
            false => timeout,
        }
    }

    fn late(&self) -> (Instant, Late) {
        let limits = &self.rules.config().limits;
        if self.is_closing {
            return (self.client_moved + CLOSING, Late::GiveUp);
        }
        if self.awaits_header {
            let timeout = match self.unread.is_empty() {
                true => self.first_wait(limits.head_timeout),
                false => limits.head_timeout,
            };
            return (self.head_started + timeout, Late::NoProxyHeader);
        }
        let Some(current) = &self.current else {
            return match self.unread.is_empty() {
                true if self.to_client.is_empty() => {
                    let timeout = self.first_wait(limits.idle_timeout);
                    (self.client_moved + timeout, Late::Close)
                }
                true => (self.client_moved + limits.body_timeout, Late::GiveUp),
                false => (
                    self.head_started + limits.head_timeout,
                    Late::Refuse(Reason::HeadTimeout),
                ),
            };
        };
        let upstream = current
            .upstream
            .and_then(|upstream| self.rules.config().upstreams.get(upstream));
        let server = |timeout: fn(&crate::config::Upstream) -> Duration, reason| {
            let timeout = upstream.map_or(limits.body_timeout, timeout);
            (self.server_moved + timeout, Late::Server(reason))
        };
        if self.exchange.is_switched() {
            let timeout = upstream.map_or(limits.body_timeout, |upstream| upstream.body_timeout);
            let moved = self.client_moved.max(self.server_moved);
            let ended = self.websocket.as_ref().and_then(|socket| socket.ended());
            let deadline = ended.map_or(moved + timeout, |ended| ended + CLOSING);
            return (deadline, Late::WebSocket);
        }
        let has_output = !self.to_client.is_empty() || !self.pieces.is_empty();
        let slow_reader = (self.client_moved + limits.body_timeout, Late::GiveUp);
        let slow_writer = (
            self.client_moved + limits.body_timeout,
            Late::Refuse(Reason::BodyTimeout),
        );
        match current.work {
            Work::Connect => server(|upstream| upstream.connect_timeout, Reason::ConnectTimeout),
            Work::LookUp => {
                let budget = upstream.and_then(|upstream| match &upstream.affinity {
                    Some(crate::config::Affinity::Learn { budget, .. }) => Some(*budget),
                    _ => None,
                });
                (self.server_moved + budget.unwrap_or_default(), Late::Store)
            }
            Work::Wait => {
                let timeout =
                    upstream.map_or(limits.body_timeout, |upstream| upstream.connect_timeout);
                (self.server_moved + timeout, Late::NoRoom)
            }
            Work::Hold => slow_writer,
            Work::Received | Work::File | Work::Answer => slow_reader,
            Work::Server if has_output => slow_reader,
            Work::Server if !self.is_received() && self.to_server.is_empty() => slow_writer,
            Work::Server if self.exchange.owes_response() => {
                server(|upstream| upstream.head_timeout, Reason::UpstreamTimeout)
            }
            Work::Server => server(|upstream| upstream.body_timeout, Reason::UpstreamTimeout),
        }
    }
}
