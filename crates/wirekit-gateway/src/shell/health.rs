//! Health checks: one task for the whole program asks servers, and what it finds the balancers of all workers see at once.

use core::future::{pending, poll_fn};
use core::hash::{BuildHasher, Hasher};
use core::time::Duration;
use std::hash::RandomState;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use tokio::sync::{Notify, mpsc};

use super::stream::Stream;
use super::worker::Order;
use crate::config::{Address, Config};
use crate::core::affinity::Stores;
use crate::core::health::{Check, Checks, Outcome, Probe, Verdicts};
use crate::core::reason::Reason;

/// The checks of the program.
#[derive(Debug)]
pub(crate) struct Checker {
    checks: Mutex<Checks>,
    /// Another check may be due than was waited for.
    changed: Notify,
    /// The start of time, for the workers too.
    start: Instant,
    workers: OnceLock<Vec<mpsc::UnboundedSender<Order>>>,
    /// What is known of users, some of whom have a server that changes.
    stores: Stores,
}

impl Checker {
    /// Time begins now.
    pub(super) fn new(stores: Stores) -> Self {
        Self {
            checks: Mutex::default(),
            changed: Notify::new(),
            start: Instant::now(),
            workers: OnceLock::new(),
            stores,
        }
    }

    /// The start of time.
    pub(super) const fn start(&self) -> Instant {
        self.start
    }

    /// The workers that learn that a server is well again.
    pub(super) fn set_workers(&self, workers: impl Iterator<Item = mpsc::UnboundedSender<Order>>) {
        let _ = self.workers.set(workers.collect());
    }

    /// Goes on with another configuration: the verdicts on its servers.
    pub(super) fn renew(&self, config: &Config) -> Verdicts {
        let verdicts = self.checks().renew(config, self.start.elapsed(), random);
        self.changed.notify_one();
        verdicts
    }

    /// What is known of the servers that are checked.
    pub(crate) fn states(&self) -> Vec<crate::core::health::State> {
        self.checks().states()
    }

    fn checks(&self) -> MutexGuard<'_, Checks> {
        self.checks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes the checks that are due, for ever.
    pub(super) async fn run(self: Arc<Self>) {
        loop {
            let next = {
                let mut checks = self.checks();
                while let Some(check) = checks.begin(self.start.elapsed(), random()) {
                    tokio::spawn(self.clone().make(check));
                }
                checks.next_due()
            };
            let due = async {
                match next {
                    Some(due) => tokio::time::sleep_until((self.start + due).into()).await,
                    None => pending().await,
                }
            };
            tokio::select! {
                () = due => {}
                () = self.changed.notified() => {}
            }
        }
    }

    async fn make(self: Arc<Self>, check: Check) {
        let outcome = ask(&check.address, check.probe, check.timeout).await;
        let change = self
            .checks()
            .report(check.number, outcome, self.start.elapsed());
        self.changed.notify_one();
        let Some(change) = change else {
            return;
        };
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let unix_time = since.map_or(0, |since| since.as_secs());
        let (upstream, server) = (&change.upstream, &change.server);
        self.stores.server_changed(upstream, server, unix_time);
        match change.is_well {
            true => log::info!("{change}"),
            false => log::warn!("{change}"),
        }
        for worker in self.workers.get().into_iter().flatten() {
            let _ = worker.send(match change.is_well {
                true => Order::Call,
                false => {
                    let (upstream, server) = (upstream.clone(), server.clone());
                    Order::Unwell(upstream, server, change.address.clone())
                }
            });
        }
    }
}

/// What a server says within its time.
async fn ask(address: &Address, probe: Option<Probe>, timeout: Duration) -> Outcome {
    // Those inside the program are there as long as it is.
    if let Address::Builtin(_) = address {
        return Outcome::Connected;
    }
    let deadline = tokio::time::Instant::now() + timeout;
    let stream = match tokio::time::timeout_at(deadline, Stream::connect(address)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) if error.kind() == ErrorKind::TimedOut => {
            return Outcome::Failed(Reason::ConnectTimeout);
        }
        Ok(Err(_)) => return Outcome::Failed(Reason::ConnectRefused),
        Err(_) => return Outcome::Failed(Reason::ConnectTimeout),
    };
    let Some(probe) = probe else {
        return Outcome::Connected;
    };
    match tokio::time::timeout_at(deadline, talk(stream, probe)).await {
        Ok(Ok(outcome)) => outcome,
        Ok(Err(_)) => Outcome::Failed(Reason::UpstreamClosedEarly),
        Err(_) => Outcome::Failed(Reason::UpstreamTimeout),
    }
}

async fn talk(mut stream: Stream, mut probe: Probe) -> io::Result<Outcome> {
    let mut written = 0;
    while let Some(rest) = probe.to_server().get(written..).filter(|it| !it.is_empty()) {
        match stream.try_send(rest) {
            Ok(len) => written += len,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                poll_fn(|cx| stream.poll_writable(cx)).await?;
            }
            Err(error) => return Err(error),
        }
    }
    let mut buffer = vec![0; 4096];
    loop {
        let len = poll_fn(|cx| stream.poll_read(cx, &mut buffer)).await?;
        let read = buffer.get(..len).unwrap_or_default();
        if read.is_empty() {
            return Ok(probe.ended());
        }
        if let Some(outcome) = probe.received(read) {
            return Ok(outcome);
        }
    }
}

/// A random number: std draws one for each of its hash tables.
fn random() -> u32 {
    let [a, b, c, d, ..] = RandomState::new().build_hasher().finish().to_ne_bytes();
    u32::from_ne_bytes([a, b, c, d])
}
