//! The current request, and what is noted of it.

use std::rc::Rc;

use super::content::Held;
use super::texts::Texts;
use super::{Action, Ended, Record, Rules, Session, Work};
use crate::core::affinity::Bond;
use crate::core::balance::{Instant, Ticket, Tries};
use crate::core::failure::Attempt;
use crate::core::reason::Reason;
use crate::core::route::Route;

/// The current request.
#[derive(Clone, Debug)]
pub(super) struct Current {
    /// The site's place; there may be none of its locations.
    pub(super) site: Option<usize>,
    pub(super) route: Option<Route>,
    /// The upstream's place.
    pub(super) upstream: Option<usize>,
    pub(super) server: Option<usize>,
    /// When the server is to be left, as it drains.
    pub(super) drain_at: Option<Instant>,
    /// Whether the server's connection was counted with its balancer.
    pub(super) is_counted: bool,
    /// When the first server was chosen.
    pub(super) asked: Option<Instant>,
    /// Whether a byte was written to the server.
    pub(super) is_sent: bool,
    /// Whether all of it was made ready for the server.
    pub(super) is_forwarded: bool,
    pub(super) is_idempotent: bool,
    /// Whether the server's connection has served before, and nothing came on it since.
    pub(super) is_kept: bool,
    /// The server to be asked once more, as it closed a connection that it had kept.
    pub(super) again: Option<usize>,
    pub(super) tries: Tries,
    /// What the server that has it did so far.
    pub(super) attempt: Option<Attempt>,
    /// When it began to wait for a server with room.
    pub(super) waits_since: Option<Instant>,
    /// Where its user belongs, if its upstream keeps users.
    pub(super) bond: Option<Box<Bond>>,
    /// Its place among those who wait for a server.
    pub(super) ticket: Option<Ticket>,
    pub(super) held: Held,
    pub(super) max_content_len: u64,
    /// Which of the files that were opened is sent.
    pub(super) file_at: usize,
    pub(super) work: Work,
    pub(super) reason: Option<Reason>,
    pub(super) record: Record,
}

impl Current {
    pub(super) fn new(rules: Rc<Rules>, now: Instant) -> Self {
        Self {
            site: None,
            route: None,
            upstream: None,
            server: None,
            drain_at: None,
            is_counted: false,
            asked: None,
            is_sent: false,
            is_forwarded: false,
            is_idempotent: false,
            is_kept: false,
            again: None,
            tries: Tries::new(),
            attempt: None,
            waits_since: None,
            bond: None,
            ticket: None,
            held: Held::default(),
            max_content_len: 0,
            file_at: 0,
            work: Work::Received,
            reason: None,
            record: Record {
                rules,
                remote: None,
                texts: Texts::default(),
                status: 0,
                response_len: 0,
                reason: Reason::Served,
                route: None,
                upstream: None,
                server: None,
                tries: 0,
                placement: None,
                upstream_time: None,
                head_time: Instant::ZERO,
                wait_time: None,
                connect_time: None,
                first_byte_time: None,
                is_kept: false,
                phase: None,
                failed: Vec::new(),
                reference: None,
                trace: None,
                started: now,
                ended: now,
            },
        }
    }
}

impl Session {
    pub(super) fn record(&mut self, mut current: Box<Current>, now: Instant) {
        let attempt = current.attempt.take();
        let tries = current.tries.count();
        let places = (current.route, current.upstream, current.server);
        let reason = current.reason.unwrap_or(Reason::Served);
        let placement = current.bond.as_ref().and_then(|bond| bond.placement());
        let record = &mut current.record;
        record.reason = reason;
        record.remote = self.origin.address;
        (record.route, record.upstream) = (places.0, places.1);
        record.server = places.1.zip(places.2);
        record.tries = tries;
        record.placement = placement;
        record.ended = now;
        record.end_attempt(attempt);
        // What was given up behind a whole answer did not fail.
        record.phase = record.phase.filter(|_| record.is_failure());
        self.actions.push_back(Action::Ended(Ended(current)));
    }

    pub(super) fn count(&mut self, len: u64) {
        if let Some(current) = &mut self.current {
            current.record.response_len += len;
        }
    }
}
