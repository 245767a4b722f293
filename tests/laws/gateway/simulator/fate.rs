//! What became of each server: whether it is down, full or failing, as the conversation made it so.

use core::time::Duration;
use std::collections::HashMap;

use wirekit_gateway::config::{Address, Config, ServerState};

use super::users::FAILURE_TIMEOUT;

/// A point of the conversation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) turn: usize,
    pub(super) time: Duration,
}

/// Something that is so now, or was until then.
#[derive(Clone, Copy, Debug, Default)]
struct Phase {
    is_on: bool,
    since: usize,
    until: Option<usize>,
}

impl Phase {
    fn set(&mut self, is_on: bool, now: Moment) {
        if self.is_on && !is_on {
            self.until = Some(now.turn);
        }
        if !self.is_on && is_on {
            self.since = now.turn;
        }
        self.is_on = is_on;
    }

    fn was_on(self, since: Moment) -> bool {
        self.is_on || self.until.is_some_and(|until| until >= since.turn)
    }
}

#[derive(Debug, Default)]
struct Fate {
    down: Phase,
    unwell: Phase,
    full: Phase,
    links: u32,
    /// Somebody said what it is to be.
    is_set: bool,
    /// When it was last asked, or failed, once it has failed.
    failing: Option<Duration>,
    /// When it last failed or came back, or checks said so.
    changed: Option<Moment>,
    /// When it is left by those whom it keeps while it drains.
    drained: Option<Duration>,
}

/// That of each server, by its address.
#[derive(Debug, Default)]
pub(super) struct Fates(HashMap<Address, Fate>);

impl Fates {
    fn of(&mut self, address: &Address) -> &mut Fate {
        self.0.entry(address.clone()).or_default()
    }

    /// Another configuration is the current one.
    pub(super) fn renew(&mut self, config: &Config, now: Moment) {
        for server in config.upstreams.iter().flat_map(|it| &it.servers) {
            let fate = self.of(&server.address);
            fate.down.set(server.state == ServerState::Down, now);
            fate.is_set = true;
            if server.state == ServerState::Drain
                && let Some(timeout) = server.drain_timeout
            {
                // The same time that is said again does not begin anew.
                fate.drained.get_or_insert(now.time + timeout);
            }
        }
    }

    pub(super) fn set_state(&mut self, address: &Address, state: ServerState, now: Moment) {
        let fate = self.of(address);
        fate.down.set(state == ServerState::Down, now);
        fate.is_set = true;
    }

    pub(super) fn checked(&mut self, address: &Address, is_well: bool, now: Moment) {
        let fate = self.of(address);
        fate.unwell.set(!is_well, now);
        fate.changed = Some(now);
    }

    /// The core says that it failed, or came back.
    pub(super) fn changed(&mut self, address: &Address, now: Moment) {
        self.of(address).changed = Some(now);
    }

    pub(super) fn asked(&mut self, address: &Address, max: u32, now: Moment) {
        let fate = self.of(address);
        fate.links += 1;
        fate.full.set(max > 0 && fate.links >= max, now);
        if fate.failing.is_some() {
            fate.failing = Some(now.time);
        }
    }

    pub(super) fn left(&mut self, address: &Address, has_failed: bool, now: Moment) {
        let fate = self.of(address);
        fate.links -= 1;
        fate.full.set(false, now);
        if has_failed {
            fate.failing = Some(now.time);
        }
    }

    /// Whether nothing happened to any server yet.
    pub(super) fn is_quiet(&self) -> bool {
        self.0.values().all(|fate| {
            let phases = [fate.down, fate.unwell, fate.full];
            !fate.is_set
                && fate.failing.is_none()
                && phases.iter().all(|it| !it.is_on && it.until.is_none())
        })
    }

    /// Whether the server is down, and was before that.
    pub(super) fn is_down(&self, address: &Address, since: Moment) -> bool {
        let down = self.0.get(address).map(|fate| fate.down);
        down.is_some_and(|down| down.is_on && down.since < since.turn)
    }

    /// Whether the server was not to be had at some time since then.
    pub(super) fn was_down(&self, address: &Address, since: Moment, now: Moment) -> bool {
        self.0.get(address).is_some_and(|fate| {
            fate.down.was_on(since)
                || fate.unwell.was_on(since)
                || fate.drained.is_some_and(|end| end <= now.time)
                || fate
                    .failing
                    .is_some_and(|at| since.time.saturating_sub(at) <= FAILURE_TIMEOUT)
        })
    }

    /// When the server last failed or came back.
    pub(super) fn changed_at(&self, address: &Address) -> Option<Moment> {
        self.0.get(address)?.changed
    }

    pub(super) fn was_full(&self, address: &Address, since: Moment) -> bool {
        self.0
            .get(address)
            .is_some_and(|fate| fate.full.was_on(since))
    }
}
