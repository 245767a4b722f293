//! The program's life: start, signals, stop.

mod renew;
mod signals;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::SystemTime;

use sd_notify::NotifyState;
use tokio::sync::{mpsc, oneshot};

use super::acme::Acme;
use super::builtin;
use super::clients::Clients;
use super::health::Checker;
use super::inherit::Inherited;
use super::listen::{Bound, Closing, bind, share};
use super::log::Log;
use super::messages::{self, say};
use super::store;
use super::successor::{Program, Successor};
use super::tls::Tls;
use super::worker::{Order, Renewal, run};
use super::writer::Writing;
use crate::config::{Address, Config, Listener, Security};
use crate::control::controller::Control;
use crate::control::model::State;
use crate::control::{Plane, Submission};
use crate::core::affinity::Stores;
use crate::core::health::Verdicts;
use signals::{Asked, Signals};

/// Serves until a signal says to stop, and then until the last exchange ends or the deadline passes.
///
/// # Errors
///
/// An address cannot be bound, or a thread not be started; nothing is bound then. Or the service manager cannot be notified that
/// this process takes over from another.
pub fn serve(config: Config) -> io::Result<()> {
    can_serve(&config)?;
    messages::start(config.log.level);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // A signal that comes early must not find the program without hands.
    let mut signals = {
        let _guard = runtime.enter();
        Signals::new()?
    };
    let program = Program::current()?;
    let mut inherited = Inherited::from_environment();
    let control = config.control.as_ref();
    let control = control.map(|control| Control::bind(control, &mut inherited));
    let control = control.transpose()?;
    let mut gateway = Gateway::start(config, &mut inherited)?;
    gateway.control_socket = control.as_ref().map(Control::share).transpose()?;
    let mut controlled = None;
    if let Some(control) = control {
        let orders = gateway.workers.iter().map(|worker| worker.orders.clone());
        gateway.plane.set_workers(orders);
        controlled = Some(runtime.spawn(control.serve(gateway.plane.clone())));
    }
    let workers = gateway.workers.iter();
    gateway
        .checker
        .set_workers(workers.map(|worker| worker.orders.clone()));
    let checks = runtime.spawn(gateway.checker.clone().run());
    // What clients will not take, or will not take for long.
    let findings = super::check(&gateway.config, SystemTime::now());
    for found in findings.problems.iter().chain(&findings.warnings) {
        log::warn!("{found}");
    }
    say_ready(&gateway.config, gateway.config.listeners.iter());
    // The service manager has this before the process that this one takes over from learns that it may end, and would take that
    // for the end of all otherwise. Where it cannot be notified, that process goes on.
    let is_main = [NotifyState::Ready, NotifyState::MainPid(std::process::id())];
    match sd_notify::notify(&is_main) {
        Err(error) if inherited.takes_over() => return Err(unnotified(&error)),
        notified => warn_of(notified),
    }
    inherited.finish();
    log::info!("serves with {} workers", gateway.workers.len());
    runtime.block_on(async {
        gateway.acme.restart(&gateway.config, &gateway.tls);
        let mut successor = None;
        let ending = loop {
            tokio::select! {
                asked = signals.next() => match asked {
                    Asked::Stop => break Ending::Stops,
                    Asked::Renew => gateway.reload().await,
                    Asked::Reopen => gateway.reopen(),
                    Asked::Replace if successor.is_some() => {
                        log::warn!("a process that is to take over starts already");
                    }
                    Asked::Replace => successor = gateway.replace(&program),
                },
                is_ready = ready(&mut successor) => {
                    if let Some(successor) = successor.take().filter(|_| is_ready) {
                        break Ending::HandsOver(successor.process());
                    }
                    log::error!("the process that was to take over has ended: this one goes on");
                }
                Some(submission) = gateway.submitted.recv() => gateway.change(submission).await,
            }
        };
        checks.abort();
        if let (Some(controlled), Ending::HandsOver(_)) = (controlled, ending) {
            controlled.abort();
        }
        gateway.stop(ending, &mut signals).await;
    });
    Ok(())
}

/// Waits until the process that was started is ready, or has ended; for ever where there is none.
async fn ready(successor: &mut Option<Successor>) -> bool {
    match successor {
        Some(successor) => successor.is_ready().await,
        None => core::future::pending().await,
    }
}

fn unnotified(error: &io::Error) -> io::Error {
    let text = format!("the service manager cannot be notified: {error}");
    io::Error::new(error.kind(), text)
}

fn warn_of(notified: io::Result<()>) {
    if let Err(error) = notified {
        log::warn!("{}", unnotified(&error));
    }
}

/// Why the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// A signal asked for it.
    Stops,
    /// The process of that number has its sockets.
    HandsOver(u32),
}

/// Whether all that a configuration asks for is there.
fn can_serve(config: &Config) -> io::Result<()> {
    config.upstreams.iter().try_for_each(store::check)
}

/// A worker, from outside.
struct Handle {
    orders: mpsc::UnboundedSender<Order>,
    /// Closed when the worker has ended.
    ended: mpsc::Sender<()>,
    thread: JoinHandle<()>,
}

/// The workers, and what they share.
struct Gateway {
    config: Arc<Config>,
    tls: Arc<Tls>,
    acme: Acme,
    generation: u64,
    log: Log,
    clients: Clients,
    stores: Stores,
    /// Of this log, and of those before it.
    writings: Vec<Writing>,
    workers: Vec<Handle>,
    /// Each once more, for a process that takes over.
    sockets: Vec<Bound>,
    control_socket: Option<OwnedFd>,
    checker: Arc<Checker>,
    verdicts: Verdicts,
    /// What the control address tells of, and what it asks for.
    plane: Arc<Plane>,
    submitted: mpsc::UnboundedReceiver<Submission>,
}

impl Gateway {
    fn start(config: Config, inherited: &mut Inherited) -> io::Result<Self> {
        let workers = match usize::from(config.workers.unwrap_or(0)) {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            workers => workers,
        };
        let (log, writing) = Log::start(&config.log)?;
        let listeners: Vec<&Listener> = config.listeners.iter().collect();
        let sockets = bind(&listeners, workers, &[], inherited)?;
        let shares = share(&sockets, workers)?;
        let stores = Stores::default();
        let checker = Arc::new(Checker::new(stores.clone()));
        let verdicts = checker.renew(&config);
        let config = Arc::new(config);
        let (plane, submitted) = Plane::new(State::loaded(config.clone(), 0), Some(log.clone()));
        let tls = Arc::new(Tls::load(&config, &Tls::default())?);
        plane.set_checker(checker.clone());
        plane.set_tls(tls.clone());
        plane.set_stores(stores.clone());
        let mut gateway = Self {
            plane: Arc::new(plane),
            submitted,
            checker,
            verdicts,
            clients: Clients::new(config.limits.connections_per_address),
            tls,
            stores,
            acme: Acme::default(),
            config,
            generation: 0,
            log,
            writings: writing.into_iter().collect(),
            workers: Vec::new(),
            sockets,
            control_socket: None,
        };
        for sockets in shares {
            let (first, name) = (
                gateway.renewal(sockets),
                format!("worker-{}", gateway.workers.len()),
            );
            let (orders, received) = mpsc::unbounded_channel();
            let (ended, ends) = mpsc::channel(1);
            let thread = std::thread::Builder::new().name(name).spawn(move || {
                run(first, received);
                drop(ends);
            })?;
            gateway.workers.push(Handle {
                orders,
                ended,
                thread,
            });
        }
        Ok(gateway)
    }

    fn renewal(&self, sockets: Vec<Bound>) -> Renewal {
        Renewal {
            config: self.config.clone(),
            generation: self.generation,
            sockets,
            log: self.log.clone(),
            clients: self.clients.clone(),
            verdicts: self.verdicts.clone(),
            start: self.checker.start(),
            stores: self.stores.clone(),
            tls: self.tls.clone(),
        }
    }

    fn reopen(&self) {
        self.log.reopen();
        log::info!("the access log is opened anew");
    }

    /// Starts what is at the program's path now, with all sockets.
    fn replace(&self, program: &Program) -> Option<Successor> {
        let shared = self
            .sockets
            .iter()
            .map(|bound| bound.share().map(OwnedFd::from));
        let control = self.control_socket.iter().map(OwnedFd::try_clone);
        let started = shared
            .chain(control)
            .collect::<io::Result<Vec<OwnedFd>>>()
            .and_then(|sockets| Successor::start(program, sockets));
        match started {
            Ok(successor) => {
                let process = successor.process();
                log::info!("process {process} starts, and is to take over");
                Some(successor)
            }
            Err(error) => {
                log::error!("no process can be started that takes over: {error}");
                None
            }
        }
    }

    /// Waits for what is begun; a second signal ends that.
    async fn stop(self, ending: Ending, signals: &mut Signals) {
        let timeout = self.config.shutdown_timeout;
        self.plane.drain();
        let closing = match ending {
            Ending::Stops => {
                warn_of(sd_notify::notify(&[NotifyState::Stopping]));
                log::info!("stops; what was begun has {timeout:?} to end");
                Closing::TakeLast
            }
            // Who is not accepted yet is the other's.
            Ending::HandsOver(process) => {
                log::info!("process {process} takes over; what was begun has {timeout:?} to end");
                Closing::Leave
            }
        };
        let Self {
            config,
            log,
            clients,
            writings,
            workers,
            plane,
            sockets,
            control_socket,
            ..
        } = self;
        drop((sockets, control_socket));
        let order = |order: fn() -> Order| {
            for worker in &workers {
                let _ = worker.orders.send(order());
            }
        };
        // No worker ends a connection before all have closed their sockets: a client that connects again finds nobody.
        let mut closed = Vec::new();
        for worker in &workers {
            let (done, is_done) = oneshot::channel();
            if worker.orders.send(Order::Close(closing, done)).is_ok() {
                closed.push(is_done);
            }
        }
        for is_done in closed {
            let _ = is_done.await;
        }
        order(|| Order::Stop);
        // Here, so that what waits for the workers is gone when they are joined.
        {
            let all_ended = async {
                for worker in &workers {
                    worker.ended.closed().await;
                }
            };
            tokio::pin!(all_ended);
            loop {
                tokio::select! {
                    () = &mut all_ended => break,
                    asked = signals.next() => if asked == Asked::Stop {
                        order(|| Order::Cut);
                    },
                }
            }
        }
        for worker in workers {
            let _ = worker.thread.join();
        }
        if ending == Ending::Stops {
            remove_sockets(config.listeners.iter());
            let control = config.control.as_ref();
            if let Some(Address::Unix(path)) = control.map(|control| &control.address) {
                let _ = std::fs::remove_file(path);
            }
        }
        // The log is written to its end once nobody has it.
        plane.close();
        drop((log, clients));
        for writing in writings {
            writing.finish();
        }
        log::info!("has stopped");
    }
}

fn remove_sockets<'l>(listeners: impl Iterator<Item = &'l Listener>) {
    for listener in listeners {
        if let Address::Unix(path) = &listener.address {
            let _ = std::fs::remove_file(path);
        }
    }
}

fn say_ready<'l>(config: &Config, listeners: impl Iterator<Item = &'l Listener>) {
    for listener in listeners {
        match &listener.address {
            Address::Tcp(address) => {
                let scheme = match listener.security {
                    Security::Plain => "http",
                    Security::Tls(_) => "https",
                    Security::Passthrough(_) => "tls",
                };
                say(&format!("ready {scheme}://{address}/"));
            }
            address => say(&format!("ready {address}")),
        }
        if config.file.is_none() {
            for (path, what) in builtin::VISITS {
                say(&format!("  http://{}/{path:<10}  {what}", listener.address));
            }
        }
    }
}
