//! Sockets, files and the clock: what the rules ask for is done here, and what happened is reported to them.
//!
//! Each worker is a thread with a runtime, sockets, balancers and connections of its own; workers share nothing.

mod acme;
mod builtin;
mod client;
mod clients;
mod connection;
mod connections;
pub(crate) mod durations;
mod file;
mod health;
mod held;
mod inherit;
mod listen;
mod log;
mod messages;
pub(crate) mod metrics;
mod passthrough;
mod pool;
mod proxied;
mod serve;
mod store;
mod stream;
mod successor;
mod tls;
mod upstream;
mod worker;
mod writer;

use core::cell::{Cell, RefCell};
use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use tokio::sync::Notify;
use wirekit::websocket::MaskingKeys;

use crate::config::{Address, Security};
use crate::core::balance::Ticket;
use crate::core::failure::{Failure, Failures};
use crate::core::session::{Listener, Record, Rules, Worker};
use clients::Clients;
use connections::Connections;
pub(crate) use connections::{Part, Seen};
use file::Files;
pub(crate) use health::Checker;
pub(crate) use inherit::Inherited;
pub(crate) use log::Log;
use metrics::Metrics;
pub(crate) use metrics::Totals;
use pool::Pool;
use stream::Stream;
pub(crate) use tls::{Facts, Misfit, Tls, fits};
pub(crate) use worker::Order;
use worker::Renewal;

pub use serve::serve;
pub(crate) use store::forget;
pub use tls::{Findings, check};

/// What a worker has.
struct Shared {
    rules: RefCell<Rc<Rules>>,
    /// Those of the configuration, in its order.
    listeners: RefCell<Vec<Rc<Listener>>>,
    worker: RefCell<Worker>,
    pool: RefCell<Pool>,
    files: RefCell<Files>,
    log: RefCell<Log>,
    clients: RefCell<Clients>,
    connections: Rc<Connections>,
    tls: RefCell<Arc<Tls>>,
    metrics: RefCell<Metrics>,
    failures: RefCell<Failures>,
    stores: RefCell<store::Connections>,
    /// Requests that wait for a server with room.
    waiting: RefCell<HashMap<(usize, Ticket), Rc<Notify>>>,
    /// The start of time for the rules.
    start: Instant,
    /// When the date is another one, by that time.
    date_ends: Cell<Duration>,
}

impl Shared {
    fn new(first: &Renewal) -> io::Result<Self> {
        let rules = Rc::new(first.rules());
        let mut worker = Worker::new(&rules);
        worker.masking_keys = MaskingKeys::new()?;
        Ok(Self {
            worker: RefCell::new(worker),
            pool: RefCell::new(Pool::new(&rules)),
            files: RefCell::new(Files::new()),
            listeners: RefCell::new(listeners(&rules)),
            rules: RefCell::new(rules),
            log: RefCell::new(first.log.clone()),
            clients: RefCell::new(first.clients.clone()),
            connections: Rc::default(),
            tls: RefCell::new(first.tls.clone()),
            metrics: RefCell::default(),
            failures: RefCell::default(),
            stores: RefCell::default(),
            waiting: RefCell::default(),
            start: first.start,
            date_ends: Cell::new(Duration::ZERO),
        })
    }

    /// The rules for what begins now.
    fn rules(&self) -> Rc<Rules> {
        self.rules.borrow().clone()
    }

    /// Another configuration is the current one.
    fn renew(&self, renewal: &Renewal) {
        let now = self.now();
        self.tick(now);
        let rules = Rc::new(renewal.rules());
        let earlier = self.rules.replace(rules.clone());
        self.listeners.replace(listeners(&rules));
        self.worker.borrow_mut().renew(&earlier, &rules, now);
        self.pool.borrow_mut().renew(earlier.config(), &rules);
        self.metrics.borrow_mut().renew(&earlier, &rules);
        self.leave_stores();
        self.files.replace(Files::new());
        self.log.replace(renewal.log.clone());
        self.clients.replace(renewal.clients.clone());
        self.tls.replace(renewal.tls.clone());
    }

    /// What was counted so far.
    fn totals(&self, connections: usize) -> Totals {
        let mut metrics = self.metrics.borrow_mut();
        let mut totals = metrics.totals(&self.rules(), &self.worker.borrow(), self.now());
        totals.connections = connections as u64;
        totals.certificates = self.tls.borrow().expiries();
        let rules = self.rules();
        let upstreams = &rules.config().upstreams;
        for (upstream, idle) in upstreams.iter().zip(self.pool.borrow().idle()) {
            if let Some(now) = totals.upstreams.get_mut(&upstream.name) {
                now.idle = idle as u64;
            }
        }
        totals
    }

    /// An exchange ended.
    fn ended(&self, record: &mut Record) {
        if record.is_failure() {
            let reference = record.reference;
            let reference = reference.unwrap_or_else(|| self.worker.borrow_mut().draw_reference());
            record.reference = Some(reference);
            let failure = Failure::new(record, reference, SystemTime::now());
            self.failures.borrow_mut().put(failure);
        }
        self.metrics.borrow_mut().count(record);
        self.log.borrow().put(record);
    }

    /// The last exchanges that failed.
    fn failures(&self) -> Vec<Failure> {
        self.failures.borrow().iter().cloned().collect()
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    /// A server is well again: a request that waits for one may have it.
    fn call_all(&self) {
        let now = self.now();
        self.worker.borrow_mut().call_all(now);
        self.call();
    }

    /// A server is not well: its connections are not kept for requests that it will not get.
    fn leave(&self, upstream: &str, server: &str, address: &Address) {
        let rules = self.rules();
        let mut upstreams = rules.config().upstreams.iter();
        let Some(at) = upstreams.position(|other| other.name == upstream) else {
            return;
        };
        let servers = rules.config().upstreams.get(at).map(|it| &it.servers);
        let mut servers = servers.into_iter().flatten();
        if let Some(server) = servers.position(|it| it.id == server && it.address == *address) {
            self.pool.borrow_mut().close((at, server));
        }
    }

    /// Tells those for whom a server has room now.
    fn call(&self) {
        let mut worker = self.worker.borrow_mut();
        if worker.called.is_empty() {
            return;
        }
        let waiting = self.waiting.borrow();
        for place in worker.called.drain(..) {
            if let Some(waits) = waiting.get(&place) {
                waits.notify_one();
            }
        }
    }

    /// Writes the date anew when the second is another: a clock that is set shows within a second.
    fn tick(&self, now: Duration) {
        if now < self.date_ends.get() {
            return;
        }
        let wall = SystemTime::now();
        let unix = wall.duration_since(SystemTime::UNIX_EPOCH);
        let unix = unix.unwrap_or_default();
        let left = Duration::from_secs(1) - Duration::from_nanos(unix.subsec_nanos().into());
        self.date_ends.set(now + left);
        let mut worker = self.worker.borrow_mut();
        worker.date = httpdate::fmt_http_date(wall);
        worker.unix_time = unix.as_secs();
    }
}

/// The listeners of a configuration, once for all connections.
fn listeners(rules: &Rules) -> Vec<Rc<Listener>> {
    let listeners = rules.config().listeners.iter().map(|listener| {
        let listens = match &listener.security {
            // Its header of the PROXY protocol stands before the handshake.
            Security::Tls(_) => return Rc::new(Listener::encrypted(&listener.address)),
            Security::Plain | Security::Passthrough(_) => Listener::new(&listener.address),
        };
        Rc::new(match listener.proxy_protocol {
            true => listens.with_proxy_header(),
            false => listens,
        })
    });
    listeners.collect()
}
