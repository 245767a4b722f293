//! Whether servers are well: when each is to be asked, and what its answers mean for the balancers.
//!
//! One [`Checks`] serves a whole program. Without sockets, clock and randomness: time, outcomes and random numbers are given.

mod probe;
#[cfg(test)]
mod tests;

use core::fmt;
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::sync::Arc;

use super::balance::Instant;
use super::reason::Reason;
use crate::config::{Address, Config, Health, Server, ServerState};

pub use probe::Probe;

/// What checks say of a server, for everyone who asks: the balancers of all workers read the same one.
#[derive(Debug)]
pub struct Verdict {
    is_well: AtomicBool,
    /// When it was well again, in milliseconds; zero where it always was.
    risen_at: AtomicU64,
}

impl Default for Verdict {
    /// A server is well until checks say otherwise.
    fn default() -> Self {
        Self {
            is_well: AtomicBool::new(true),
            risen_at: AtomicU64::new(0),
        }
    }
}

impl Verdict {
    /// Whether the server may get requests.
    pub fn is_well(&self) -> bool {
        self.is_well.load(Ordering::Acquire)
    }

    /// When it was well again, if ever it was not.
    pub fn risen_at(&self) -> Option<Instant> {
        match self.risen_at.load(Ordering::Acquire) {
            0 => None,
            millis => Some(Duration::from_millis(millis)),
        }
    }

    fn set(&self, is_well: bool, now: Instant) {
        if is_well {
            let millis = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
            self.risen_at.store(millis.max(1), Ordering::Release);
        }
        self.is_well.store(is_well, Ordering::Release);
    }
}

/// The verdicts on the servers of a configuration, by their places in it.
#[derive(Clone, Debug, Default)]
pub struct Verdicts(Vec<Vec<Arc<Verdict>>>);

impl Verdicts {
    /// The verdict on a server; none where the configuration has no such server.
    pub fn get(&self, upstream: usize, server: usize) -> Option<&Arc<Verdict>> {
        self.0.get(upstream)?.get(server)
    }
}

/// What came of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It answered with this status.
    Status(u16),
    /// It was connected to, and nothing is asked of it.
    Connected,
    /// There was no answer: [`Reason::ConnectRefused`], [`Reason::ConnectTimeout`], [`Reason::UpstreamTimeout`],
    /// [`Reason::UpstreamClosedEarly`] or [`Reason::UpstreamMalformed`].
    Failed(Reason),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status) => write!(f, "status {status}"),
            Self::Connected => f.write_str("connected"),
            Self::Failed(reason) => f.write_str(reason.as_str()),
        }
    }
}

/// A check that is to be made.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Check {
    /// To be [reported](Checks::report) with its outcome.
    pub number: u64,
    /// The server's upstream.
    pub upstream: String,
    /// The server's id.
    pub server: String,
    /// Where it listens.
    pub address: Address,
    /// How long it may take.
    pub timeout: Duration,
    /// What is said and heard; none where a connection is all that is asked for.
    pub probe: Option<Probe>,
}

/// A verdict that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The server's upstream.
    pub upstream: String,
    /// The server's id.
    pub server: String,
    /// Where it listens.
    pub address: Address,
    /// Whether it may get requests now.
    pub is_well: bool,
    /// How many checks in a row said so.
    pub checks: u32,
    /// What came of the last of them.
    pub last: Outcome,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            upstream,
            server,
            address,
            checks,
            last,
            ..
        } = self;
        let (verdict, said) = match self.is_well {
            true => ("is well again", "were good"),
            false => ("is not well", "were bad"),
        };
        write!(
            f,
            "server {server} of {upstream}, {address}, {verdict}: {checks} checks {said}, the last: {last}"
        )
    }
}

/// What is known of a server that is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct State {
    /// The server's upstream.
    pub upstream: String,
    /// The server's id.
    pub server: String,
    /// Whether it may get requests.
    pub is_well: bool,
    /// When that was decided; none where it was never doubted.
    pub since: Option<Instant>,
    /// What came of the last check, and when.
    pub last: Option<(Instant, Outcome)>,
    /// Checks that were good.
    pub good: u64,
    /// Checks that were bad.
    pub bad: u64,
}

/// How the servers of an upstream are asked, all of them the same.
#[derive(Debug, PartialEq)]
struct Asked {
    health: Health,
    probe: Option<Probe>,
}

/// A server that is checked.
#[derive(Debug)]
struct Watched {
    number: u64,
    upstream: String,
    server: Server,
    asked: Arc<Asked>,
    verdict: Arc<Verdict>,
    /// Outcomes in a row that say another thing than the verdict.
    against: u32,
    due: Instant,
    is_asked: bool,
    since: Option<Instant>,
    last: Option<(Instant, Outcome)>,
    good: u64,
    bad: u64,
}

impl Watched {
    /// A server that drains keeps whom it has, and one that is down gets nobody: neither is asked.
    const fn is_wanted(&self) -> bool {
        matches!(self.server.state, ServerState::Up | ServerState::Backup)
    }

    fn is_same(&self, upstream: &str, server: &Server) -> bool {
        self.upstream == upstream
            && self.server.id == server.id
            && self.server.address == server.address
    }
}

/// The checks of all servers.
#[derive(Debug, Default)]
pub struct Checks {
    watched: Vec<Watched>,
    numbers: u64,
}

impl Checks {
    /// Nothing to be checked yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Goes on with the servers of a configuration. What is known of one whose upstream, id and address are the same stays
    /// known. `random` is asked for a number wherever a first check is due.
    pub fn renew(
        &mut self,
        config: &Config,
        now: Instant,
        mut random: impl FnMut() -> u32,
    ) -> Verdicts {
        let mut before = core::mem::take(&mut self.watched);
        let verdicts = config.upstreams.iter().map(|upstream| {
            let asked = upstream.health.as_ref().map(|health| {
                let (probe, health) = (Probe::new(upstream, health), health.clone());
                Arc::new(Asked { health, probe })
            });
            let servers = upstream.servers.iter();
            let verdicts = servers.map(|server| {
                let at = before
                    .iter()
                    .position(|other| other.is_same(&upstream.name, server));
                let known = at.map(|at| before.swap_remove(at));
                match &asked {
                    Some(asked) => {
                        let first = now + part(asked.health.interval.min(SPREAD), random());
                        self.watch((&upstream.name, server), asked, known, first)
                    }
                    None => Arc::default(),
                }
            });
            verdicts.collect()
        });
        Verdicts(verdicts.collect())
    }

    fn watch(
        &mut self,
        (upstream, server): (&str, &Server),
        asked: &Arc<Asked>,
        known: Option<Watched>,
        first: Instant,
    ) -> Arc<Verdict> {
        let mut watched = match known {
            Some(mut known) => {
                let was_wanted = known.is_wanted();
                known.server = server.clone();
                if known.asked != *asked || !was_wanted {
                    known.against = 0;
                    known.due = first;
                }
                known
            }
            None => {
                self.numbers += 1;
                Watched {
                    number: self.numbers,
                    upstream: upstream.to_owned(),
                    server: server.clone(),
                    asked: asked.clone(),
                    verdict: Arc::default(),
                    against: 0,
                    due: first,
                    is_asked: false,
                    since: None,
                    last: None,
                    good: 0,
                    bad: 0,
                }
            }
        };
        watched.asked = asked.clone();
        let verdict = watched.verdict.clone();
        self.watched.push(watched);
        verdict
    }

    /// When the next check is due, if one is; none while all that are left are under way.
    pub fn next_due(&self) -> Option<Instant> {
        let waiting = self.watched.iter().filter(|it| it.is_wanted());
        waiting.filter(|it| !it.is_asked).map(|it| it.due).min()
    }

    /// A check that is due now: the next one of that server is so an interval later, or a tenth of that sooner or later, so that
    /// many gateways do not ask at the same time.
    pub fn begin(&mut self, now: Instant, random: u32) -> Option<Check> {
        let mut waiting = self.watched.iter_mut();
        let watched = waiting.find(|it| it.is_wanted() && !it.is_asked && it.due <= now)?;
        let interval = watched.asked.health.interval;
        watched.due = now + interval - interval / 10 + part(interval / 5, random);
        watched.is_asked = true;
        Some(Check {
            number: watched.number,
            upstream: watched.upstream.clone(),
            server: watched.server.id.clone(),
            address: watched.server.address.clone(),
            timeout: watched.asked.health.timeout,
            probe: watched.asked.probe.clone(),
        })
    }

    /// What came of a check that was [begun](Self::begin); the change where it is one that decides.
    pub fn report(&mut self, number: u64, outcome: Outcome, now: Instant) -> Option<Change> {
        let mut all = self.watched.iter_mut();
        // A server that is gone since is nobody's concern.
        let watched = all.find(|it| it.number == number)?;
        watched.is_asked = false;
        if !watched.is_wanted() {
            return None;
        }
        watched.last = Some((now, outcome));
        let is_good = match outcome {
            Outcome::Status(status) => watched.asked.health.status.contains(&status),
            Outcome::Connected => true,
            Outcome::Failed(_) => false,
        };
        match is_good {
            true => watched.good += 1,
            false => watched.bad += 1,
        }
        if is_good == watched.verdict.is_well() {
            watched.against = 0;
            return None;
        }
        watched.against += 1;
        let enough = match is_good {
            true => watched.asked.health.rise,
            false => watched.asked.health.fall,
        };
        if watched.against < enough {
            return None;
        }
        watched.against = 0;
        watched.since = Some(now);
        watched.verdict.set(is_good, now);
        Some(Change {
            upstream: watched.upstream.clone(),
            server: watched.server.id.clone(),
            address: watched.server.address.clone(),
            is_well: is_good,
            checks: enough,
            last: outcome,
        })
    }

    /// What is known of each server that is checked.
    pub fn states(&self) -> Vec<State> {
        let states = self.watched.iter().map(|watched| State {
            upstream: watched.upstream.clone(),
            server: watched.server.id.clone(),
            is_well: watched.verdict.is_well(),
            since: watched.since,
            last: watched.last,
            good: watched.good,
            bad: watched.bad,
        });
        states.collect()
    }
}

/// First checks are made within this time, so that not all servers are asked at once.
const SPREAD: Duration = Duration::from_millis(500);

/// Of a time as much as the number is of the largest one.
fn part(time: Duration, random: u32) -> Duration {
    let nanos = time.as_nanos() * u128::from(random) / u128::from(u32::MAX);
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}
