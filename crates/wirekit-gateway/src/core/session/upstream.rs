//! The server's side of an exchange.

use bytes::Buf;
use wirekit::bridge::Outcome;

use super::{Action, Session, Step, Work, Worker};
use crate::core::balance::{Ending, Instant};
use crate::core::reason::Reason;

impl Session {
    // Reports

    /// The server was connected to.
    pub fn connected(&mut self, now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        self.server_ended = false;
        self.server_is_deaf = false;
        if let Some(attempt) = self.attempt() {
            attempt.connected = Some(now);
        }
        self.step(Step::Connected);
        self.drive(now, worker);
    }

    /// The server cannot be connected to: [`Reason::ConnectRefused`] or [`Reason::ConnectTimeout`].
    pub fn connect_failed(&mut self, reason: Reason, now: Instant, worker: &mut Worker) {
        self.lose_server(reason, now, worker);
        self.drive(now, worker);
    }

    /// The server sent this.
    pub fn server_sent(&mut self, bytes: &[u8], now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        if let Some(current) = &mut self.current {
            current.is_kept = false;
        }
        if let Some(attempt) = self.attempt() {
            attempt.first_byte.get_or_insert(now);
        }
        worker.lend(&mut self.server_unread);
        self.server_unread.extend_from_slice(bytes);
        self.drive(now, worker);
    }

    /// The server ended its side of the connection in order.
    pub fn server_ended(&mut self, now: Instant, worker: &mut Worker) {
        self.server_ended = true;
        self.drive(now, worker);
    }

    /// The server's connection is lost, by a reset or the like: never the end of a response.
    pub fn server_lost(&mut self, now: Instant, worker: &mut Worker) {
        // What came before the reset is as good as ever: an early answer, perhaps.
        self.drive(now, worker);
        if self.has_server() && !self.exchange.is_switched() {
            self.lose_server(Reason::UpstreamClosedEarly, now, worker);
        } else if self.exchange.is_switched() {
            self.server_ended = true;
        }
        self.drive(now, worker);
    }

    /// So many bytes of [`to_server`](Self::to_server) were written.
    pub fn wrote_to_server(&mut self, len: usize, now: Instant, worker: &mut Worker) {
        self.server_moved = now;
        self.to_server.advance(len.min(self.to_server.len()));
        if let Some(current) = &mut self.current {
            current.is_sent |= len > 0;
        }
        // Whoever waits for the answer alone goes on when it comes.
        match self.awaits_response() || self.is_relaying() {
            true => worker.take_back(&mut self.to_server),
            false => self.drive(now, worker),
        }
    }

    /// Whether the server has all of the request, or will once the output is written.
    fn awaits_response(&self) -> bool {
        let mut current = self.current.iter();
        !self.is_closing
            && !self.exchange.is_switched()
            && current.any(|current| current.is_forwarded && matches!(current.work, Work::Server))
    }

    /// The server takes nothing more, though it may still answer: what is left for it is dropped.
    pub fn server_takes_no_more(&mut self) {
        self.server_is_deaf = true;
        self.to_server.clear();
    }

    /// Whether a server has the request.
    pub(super) fn has_server(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Server))
    }

    /// Goes as far with the current request as can be gone.
    pub(super) fn advance(&mut self, now: Instant, worker: &mut Worker) {
        let Some(current) = &self.current else {
            return;
        };
        match current.work {
            Work::Received | Work::LookUp | Work::Connect | Work::File | Work::Wait => {}
            Work::Hold => self.hold(now, worker),
            Work::Server => {
                self.forward_request(now, worker);
                if self.has_server() {
                    self.forward_response(now, worker);
                }
            }
            // What is left of a request that was answered early is read, so that the answer arrives.
            Work::Answer if !self.is_received() => {
                self.forward_request(now, worker);
            }
            Work::Answer => {}
        }
    }

    pub(super) fn count_end(&mut self, ending: Ending, now: Instant, worker: &mut Worker) {
        let Some(current) = &mut self.current else {
            return;
        };
        if !core::mem::take(&mut current.is_counted) {
            return;
        }
        let taken = current.asked.map(|asked| now.saturating_sub(asked));
        current.record.upstream_time = taken;
        let (Some(upstream), Some(server)) = (current.upstream, current.server) else {
            return;
        };
        let balancer = worker.balancer(&self.rules, upstream);
        if let Some(change) = balancer.and_then(|balancer| balancer.end(server, now, ending)) {
            self.note_change(upstream, server, worker.unix_time);
            self.actions.push_back(Action::ServerChanged {
                upstream,
                server,
                change,
            });
        }
        worker.call(&self.rules, upstream, now);
    }

    /// Lets the server go, whatever state it is in.
    pub(super) fn leave_server(&mut self, ending: Ending, now: Instant, worker: &mut Worker) {
        let has_server = self
            .current
            .as_ref()
            .is_some_and(|current| matches!(current.work, Work::Connect | Work::Server));
        self.count_end(ending, now, worker);
        self.leave_queue(now, worker);
        self.to_server.clear();
        self.server_unread.clear();
        if has_server {
            self.actions.push_back(Action::CloseServer);
        }
    }

    /// A server that may still be there when an exchange ends.
    pub(super) fn release(&mut self, now: Instant, worker: &mut Worker) {
        self.leave_server(Ending::Abandoned, now, worker);
        self.server_ended = false;
    }

    /// The server failed: another one is asked, if the request may be sent again, or the client learns of it.
    pub(super) fn lose_server(&mut self, reason: Reason, now: Instant, worker: &mut Worker) {
        let was_kept = reason == Reason::UpstreamClosedEarly && self.is_kept();
        self.fail_attempt(reason, now);
        // Neither says that the server is at fault.
        let ending = match was_kept || reason == Reason::Drained {
            true => Ending::Abandoned,
            false => Ending::Failed,
        };
        self.leave_server(ending, now, worker);
        self.server_ended = false;
        let outcome = self.exchange.lose_server();
        self.step(Step::Lost);
        let Some(current) = &mut self.current else {
            return;
        };
        let retries = current
            .upstream
            .and_then(|upstream| self.rules.config().upstreams.get(upstream))
            .map_or(0, |upstream| upstream.retries);
        // Content that was held is sent again; content that was streamed is gone, even if none of it was written.
        let is_there = self.exchange.request_content_len() == current.held.len();
        let may_repeat = is_there && (!current.is_sent || current.is_idempotent);
        let has_tries = was_kept || current.tries.count() <= retries as usize;
        current.again = current.server.filter(|_| was_kept);
        match outcome {
            Outcome::Unanswered if may_repeat && has_tries => self.ask(reason, now, worker),
            Outcome::Unanswered => self.refuse(reason, worker),
            Outcome::Aborted => {
                current.reason = Some(reason);
                self.is_reset = true;
                self.give_up(reason, now, worker);
            }
            Outcome::Answered | Outcome::Complete => self.step(Step::Answered),
        }
    }
}
