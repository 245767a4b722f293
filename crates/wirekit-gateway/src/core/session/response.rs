//! What a client gets of a server's response.

use bytes::Buf;
use wirekit::bridge::{Edit, End, Error, Fault};
use wirekit::http1::Field;

use super::{Action, HEAD_ROOM, HIGH_WATER, Session, Step, Worker};
use crate::core::balance::{Ending, Instant};
use crate::core::reason::Reason;

/// What does not go from a server to a client where the site has a `Strict-Transport-Security` of its own.
const X_ACCEL_AND_HSTS: &[&str] = &[
    "X-Accel-Redirect",
    "X-Accel-Expires",
    "X-Accel-Limit-Rate",
    "X-Accel-Buffering",
    "X-Accel-Charset",
    "Strict-Transport-Security",
];

impl Session {
    pub(super) fn forward_response(&mut self, now: Instant, worker: &mut Worker) {
        let is_over = self.server_unread.is_empty() && !self.server_ended;
        if is_over || self.to_client.len() >= HIGH_WATER {
            return;
        }
        let input = core::mem::take(&mut self.server_unread);
        worker.lend(&mut self.to_client);
        // A head, and the content that came with it, find room without growing the buffer piece by piece.
        if self.to_client.is_empty() {
            self.to_client.reserve(input.len() + HEAD_ROOM);
        }
        let rules = self.rules.clone();
        let hsts = self.hsts(&rules);
        let set_cookie = self.set_cookie(worker);
        let learns = self.may_learn();
        let given = match learns {
            true => self.given(&input, worker),
            false => None,
        };
        // The first one counts (RFC 6797 section 8.1), and the configuration is whose word it is.
        let remove = match &hsts {
            Some(_) => X_ACCEL_AND_HSTS,
            None => Edit::X_ACCEL,
        };
        let own = set_cookie
            .as_ref()
            .map(|value| Field::new("Set-Cookie", value));
        let own: Vec<Field<'_>> = own.into_iter().chain(hsts).collect();
        let edit = Edit::NONE.date(&worker.date).remove(remove).add(&own);
        let taken =
            self.exchange
                .forward_response(&input, &mut worker.table, &edit, &mut self.to_client);
        self.server_unread = input;
        let result = match taken {
            Ok(used) => {
                self.server_unread.advance(used);
                if self.server_ended && (self.server_unread.is_empty() || used == 0) {
                    self.exchange
                        .forward_response_end(End::Clean, &mut self.to_client)
                } else {
                    Ok(())
                }
            }
            Err(error) => Err(error),
        };
        if let Some(status) = self.exchange.status()
            && let Some(current) = &mut self.current
        {
            current.record.status = status.0;
            if learns {
                self.learn(given, worker);
            }
        }
        match result {
            Ok(()) => {}
            Err(Error::Upstream {
                fault: Fault::NoResponse | Fault::Truncated,
            }) => {
                self.lose_server(Reason::UpstreamClosedEarly, now, worker);
            }
            Err(_) => self.lose_server(Reason::UpstreamMalformed, now, worker),
        }
        if self.has_server() && !self.exchange.wants_response() && !self.exchange.is_switched() {
            self.part(now, worker);
        }
    }

    /// The server's response is whole: its connection is kept, where it can serve again, or closed.
    fn part(&mut self, now: Instant, worker: &mut Worker) {
        let serves_again = self.exchange.upstream_serves_again(&self.server_unread)
            && !self.server_ended
            && !self.server_is_deaf
            && self.to_server.is_empty();
        self.count_end(Ending::Answered, now, worker);
        self.step(Step::Answered);
        let Some(current) = &self.current else {
            return;
        };
        let places = current.upstream.zip(current.server);
        match places {
            Some((upstream, server)) if serves_again => {
                self.actions.push_back(Action::Keep { upstream, server });
            }
            _ => self.actions.push_back(Action::CloseServer),
        }
        self.to_server.clear();
        self.server_unread.clear();
    }
}
