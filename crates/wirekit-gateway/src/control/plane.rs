//! Where requests to the control plane meet what runs.

use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::SystemTime;

use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::model::{Sessions, State};
use crate::core::affinity::{Digest, Session, Stores};
use crate::core::failure::Failure;
use crate::shell::{Checker, Facts, Log, Order, Part, Seen, Tls, Totals, forget};

/// How long a worker may take to say what it counted.
const WORKER: Duration = Duration::from_secs(5);

/// A state that is to serve in place of another.
#[derive(Debug)]
pub(crate) struct Submission {
    /// What is to serve. Where another than that of which it was made serves by now, nothing is changed.
    pub(crate) state: State,
    /// Whether it is to be written first.
    pub(crate) persist: Option<Persist>,
    /// Where the outcome goes.
    pub(crate) done: oneshot::Sender<Result<Arc<State>, Refused>>,
}

/// A configuration that takes the place of the file's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Persist {
    /// Where it is written.
    pub(crate) file: PathBuf,
    /// What is written.
    pub(crate) text: String,
}

/// Why a state does not serve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Another change was faster: it is to be made anew from what serves now.
    Stale,
    /// The program stops.
    Draining,
    /// It asks for what cannot be had, and this is why.
    Unfit(String),
    /// It could not be written, and this is why.
    Unwritten(String),
}

/// What runs, as the control plane has it.
#[derive(Debug)]
pub(crate) struct Plane {
    state: Mutex<Arc<State>>,
    submissions: mpsc::UnboundedSender<Submission>,
    /// Who changes something, one after the other: who waited longest is next.
    turn: tokio::sync::Mutex<()>,
    workers: OnceLock<Vec<mpsc::UnboundedSender<Order>>>,
    log: Mutex<Option<Log>>,
    tls: Mutex<Arc<Tls>>,
    checker: OnceLock<Arc<Checker>>,
    stores: OnceLock<Stores>,
    is_draining: AtomicBool,
}

impl Plane {
    /// A plane of this state; what is submitted to it comes out at the other end of the channel.
    pub(crate) fn new(
        state: State,
        log: Option<Log>,
    ) -> (Self, mpsc::UnboundedReceiver<Submission>) {
        let (submissions, submitted) = mpsc::unbounded_channel();
        let plane = Self {
            state: Mutex::new(Arc::new(state)),
            submissions,
            turn: tokio::sync::Mutex::new(()),
            workers: OnceLock::new(),
            log: Mutex::new(log),
            tls: Mutex::default(),
            checker: OnceLock::new(),
            stores: OnceLock::new(),
            is_draining: AtomicBool::new(false),
        };
        (plane, submitted)
    }

    /// The workers that are asked.
    pub(crate) fn set_workers(&self, workers: impl Iterator<Item = mpsc::UnboundedSender<Order>>) {
        let _ = self.workers.set(workers.collect());
    }

    /// Who checks the servers' health.
    pub(crate) fn set_checker(&self, checker: Arc<Checker>) {
        let _ = self.checker.set(checker);
    }

    /// What is known of users whose sessions are learnt.
    pub(crate) fn set_stores(&self, stores: Stores) {
        let _ = self.stores.set(stores);
    }

    /// What is known of the servers whose health is checked.
    pub(crate) fn checks(&self) -> Vec<crate::core::health::State> {
        let checker = self.checker.get();
        checker.map_or_else(Vec::new, |checker| checker.states())
    }

    /// The log that there is now.
    pub(crate) fn set_log(&self, log: Log) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = Some(log);
    }

    /// The certificates that there are now.
    pub(crate) fn set_tls(&self, tls: Arc<Tls>) {
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = tls;
    }

    /// What the certificate of that name says, if it is there: one that is to be had by ACME may not be.
    pub(crate) fn facts(&self, name: &str) -> Option<Facts> {
        let tls = self.tls.lock().unwrap_or_else(PoisonError::into_inner);
        tls.facts(name)
    }

    /// What serves now.
    pub(crate) fn set_state(&self, state: Arc<State>) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = state;
    }

    /// What serves now.
    pub(crate) fn state(&self) -> Arc<State> {
        self.state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// From now on no more connections are taken, and nothing is changed.
    pub(crate) fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Whether the program stops.
    pub(crate) fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    /// Lets go of the log.
    pub(crate) fn close(&self) {
        *self.log.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Waits until nobody else changes anything.
    pub(crate) async fn turn(&self) -> tokio::sync::MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Has a state serve that was made from another. Once this says that it does, the next request is served by it.
    ///
    /// # Errors
    ///
    /// See [`Refused`]; nothing has then changed.
    pub(crate) async fn submit(
        &self,
        state: State,
        persist: Option<Persist>,
    ) -> Result<Arc<State>, Refused> {
        if self.is_draining() {
            return Err(Refused::Draining);
        }
        let (done, is_done) = oneshot::channel();
        let submission = Submission {
            state,
            persist,
            done,
        };
        if self.submissions.send(submission).is_err() {
            return Err(Refused::Draining);
        }
        is_done.await.unwrap_or(Err(Refused::Draining))
    }

    /// What all workers counted.
    pub(crate) async fn totals(&self) -> Totals {
        let mut totals = Totals {
            checks: self.checks(),
            ..Totals::default()
        };
        for other in self.ask(Order::Measure).await {
            totals.add(other);
        }
        totals
    }

    /// The last exchanges that failed, of all workers.
    pub(crate) async fn failures(&self) -> Vec<Failure> {
        self.ask(Order::Failures).await.concat()
    }

    /// So many sessions at most, of those behind this digest.
    pub(crate) fn sessions(&self, after: Option<Digest>, max: usize) -> Sessions {
        let stores = self.stores.get();
        stores.map_or_else(Sessions::default, |stores| {
            self.state().sessions(stores, after, max, unix_time())
        })
    }

    /// The session of that digest.
    pub(crate) fn session(&self, id: Digest) -> Option<Session> {
        let state = self.state();
        let (_, session) = state.session(self.stores.get()?, &id, unix_time())?;
        Some(session)
    }

    /// Forgets a session here and in its store.
    ///
    /// # Errors
    ///
    /// What the store said of it; it is forgotten here.
    pub(crate) async fn forget(&self, id: Digest) -> Result<(), String> {
        let state = self.state();
        let stores = self.stores.get();
        let found = stores.and_then(|stores| {
            let (url, _) = state.session(stores, &id, unix_time())?;
            Some((url, stores.known(url)))
        });
        let Some((url, known)) = found else {
            return Ok(());
        };
        known.forget(&id);
        let forgotten = forget(url, &id).await;
        // A request may have asked the store just before.
        known.forget(&id);
        forgotten
    }

    /// So many connections at most of all workers, of those behind this number, in the order of their numbers.
    pub(crate) async fn connections(&self, after: u64, max: usize) -> Part {
        let mut all = Part::default();
        for part in self.ask(|tell| Order::Connections(after, max, tell)).await {
            all.total += part.total;
            all.connections.extend(part.connections);
        }
        all.connections.sort_by_key(|seen| seen.number);
        all.connections.truncate(max);
        all
    }

    /// The connection of this number.
    pub(crate) async fn connection(&self, number: u64) -> Option<Seen> {
        let found = self.ask(|tell| Order::Connection(number, tell)).await;
        found.into_iter().flatten().next()
    }

    /// Ends the connection of this number; whether there was one.
    pub(crate) async fn end_connection(&self, number: u64) -> bool {
        let ended = self.ask(|tell| Order::EndConnection(number, tell)).await;
        ended.contains(&true)
    }

    /// What each worker answers.
    async fn ask<T>(&self, order: impl Fn(oneshot::Sender<T>) -> Order) -> Vec<T> {
        let mut answers = Vec::new();
        for worker in self.workers.get().into_iter().flatten() {
            let (tell, told) = oneshot::channel();
            if worker.send(order(tell)).is_ok() {
                answers.push(told);
            }
        }
        let mut all = Vec::new();
        for answer in answers {
            // One that has ended has nothing to say.
            if let Ok(Ok(one)) = timeout(WORKER, answer).await {
                all.push(one);
            }
        }
        all
    }

    /// Lines of the access log for which there was no room.
    pub(crate) fn lost_lines(&self) -> u64 {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.as_ref().map_or(0, Log::lost)
    }
}

fn unix_time() -> u64 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}
