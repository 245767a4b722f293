use core::cell::Cell;
use core::time::Duration;
use std::rc::Rc;
use std::sync::Arc;

use super::Instant;
use crate::config::{self, Address, ServerState};
use crate::core::health::Verdict;

/// A server as the configuration has it.
#[derive(Debug)]
pub(super) struct Server {
    id: String,
    address: Address,
    pub(super) weight: u32,
    pub(super) state: ServerState,
    pub(super) max_connections: u32,
    max_failures: u32,
    pub(super) failure_timeout: Duration,
    slow_start: Duration,
    drain_timeout: Option<Duration>,
    pub(super) known: Rc<Known>,
    /// What checks say of it: the same for all workers.
    pub(super) verdict: Arc<Verdict>,
    /// nginx's smooth weighted round robin: what it is owed, in thousandths, and its weight as lowered by failures.
    pub(super) current_weight: i64,
    pub(super) effective_weight: i64,
}

/// What is known of a server: the same in the balancers of the configuration before and of the current one.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Requests that it has now.
    pub(super) active: Cell<u32>,
    failures: Cell<u32>,
    /// When it failed the last time, and when it was tried again after that.
    pub(super) failed_at: Cell<Option<Instant>>,
    pub(super) tried_at: Cell<Option<Instant>>,
    /// Whether its last request failed.
    pub(super) is_failed: Cell<bool>,
    /// When it was added, or could be had again.
    risen_at: Cell<Option<Instant>>,
    /// When it is to be left by those whom it has, as it drains.
    drain_at: Cell<Option<Instant>>,
}

impl Server {
    pub(super) fn new(server: &config::Server) -> Self {
        let known = Known::default();
        if server.state == ServerState::Drain {
            known.drain_at.set(server.drain_timeout);
        }
        Self {
            id: server.id.clone(),
            address: server.address.clone(),
            weight: server.weight,
            state: server.state,
            max_connections: server.max_connections,
            max_failures: server.max_failures,
            failure_timeout: server.failure_timeout,
            slow_start: server.slow_start,
            drain_timeout: server.drain_timeout,
            known: Rc::new(known),
            verdict: Arc::default(),
            current_weight: 0,
            effective_weight: i64::from(server.weight),
        }
    }

    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.id == other.id && self.address == other.address
    }

    /// Goes on as this server of the configuration before; where there is none, it is added now.
    pub(super) fn inherit(&mut self, other: Option<&Self>, now: Instant) {
        let is_up = matches!(self.state, ServerState::Up | ServerState::Backup);
        if let Some(other) = other {
            self.known = other.known.clone();
            if self.weight == other.weight {
                self.current_weight = other.current_weight;
                self.effective_weight = other.effective_weight;
            }
        }
        let was_up =
            other.is_some_and(|other| matches!(other.state, ServerState::Up | ServerState::Backup));
        if is_up && !was_up {
            self.known.risen_at.set(Some(now));
        }
        let is_same_drain = other.is_some_and(|other| {
            other.state == ServerState::Drain && other.drain_timeout == self.drain_timeout
        });
        if self.state != ServerState::Drain {
            self.known.drain_at.set(None);
        } else if !is_same_drain {
            let end = self.drain_timeout.map(|timeout| now + timeout);
            self.known.drain_at.set(end);
        }
    }

    /// The configuration has it no longer: it drains from now on, if it did not before.
    pub(super) fn leave(&self, now: Instant) {
        if self.state != ServerState::Drain {
            let end = self.drain_timeout.map(|timeout| now + timeout);
            self.known.drain_at.set(end);
        }
    }

    pub(super) fn drain_at(&self) -> Option<Instant> {
        self.known.drain_at.get()
    }

    pub(super) fn has_room(&self) -> bool {
        self.max_connections == 0 || self.known.active.get() < self.max_connections
    }

    /// Whether it is left out for a while: checks say that it is not well, or it failed so often. Once the time for that has
    /// passed, one request tries it.
    ///
    /// One that drains is not checked, and what was found before says nothing of it any more.
    pub(super) fn is_failing(&self, now: Instant) -> bool {
        if self.state != ServerState::Drain && !self.verdict.is_well() {
            return true;
        }
        self.max_failures > 0
            && self.known.failures.get() >= self.max_failures
            && self
                .known
                .tried_at
                .get()
                .max(self.known.failed_at.get())
                .is_some_and(|checked| now.saturating_sub(checked) <= self.failure_timeout)
    }

    /// How many thousandths of its weight it has: as nginx's `slow_start`, its weight grows from the moment at which it could be
    /// had again.
    pub(super) fn share(&self, now: Instant) -> i64 {
        const WHOLE: i64 = 1000;
        let risen = self.known.risen_at.get().max(self.verdict.risen_at());
        let Some(risen) = risen.filter(|_| !self.slow_start.is_zero()) else {
            return WHOLE;
        };
        let millis = |time: Duration| i64::try_from(time.as_millis()).unwrap_or(i64::MAX / WHOLE);
        let (since, whole) = (millis(now.saturating_sub(risen)), millis(self.slow_start));
        match since < whole {
            true => (since * WHOLE).checked_div(whole).unwrap_or(WHOLE).max(1),
            false => WHOLE,
        }
    }

    pub(super) fn failed(&mut self, now: Instant) {
        self.known.failures.update(|failures| failures + 1);
        self.known.failed_at.set(Some(now));
        self.known.tried_at.set(Some(now));
        if let Some(lost) = self.weight.checked_div(self.max_failures) {
            self.effective_weight = (self.effective_weight - i64::from(lost)).max(0);
        }
    }

    pub(super) fn recovered(&mut self, now: Instant) {
        // Answers to requests from before the failure prove nothing.
        if self.known.failed_at < self.known.tried_at {
            if self.max_failures > 0 && self.known.failures.get() >= self.max_failures {
                self.known.risen_at.set(Some(now));
            }
            self.known.failures.set(0);
        }
    }
}
