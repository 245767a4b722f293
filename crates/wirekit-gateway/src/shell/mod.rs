//! Sockets, files and the clock: what the rules ask for is done here, and what happened is reported to them.
//!
//! Each worker is a thread with a runtime, sockets, balancers and connections of its own; workers share nothing.

mod builtin;
mod clients;
mod connection;
mod file;
mod log;
mod messages;
mod pool;
mod serve;
mod stream;
mod writer;

use core::cell::{Cell, RefCell};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio::runtime::LocalRuntime;
use tokio::sync::{Notify, watch};
use wirekit::websocket::MaskingKeys;

use crate::config::{Address, Config};
use crate::core::balance::Ticket;
use crate::core::client::is_trusted;
use crate::core::session::{Listener, Rules, Worker};
pub use serve::serve;

use clients::Clients;
use file::Files;
use log::Log;
use pool::Pool;
use stream::Stream;

/// What a worker has.
struct Shared {
    rules: Rc<Rules>,
    worker: RefCell<Worker>,
    pool: RefCell<Pool>,
    files: RefCell<Files>,
    log: Log,
    clients: Clients,
    /// Requests that wait for a server with room.
    waiting: RefCell<HashMap<(usize, Ticket), Rc<Notify>>>,
    /// The start of time for the rules.
    start: Instant,
    date_of: Cell<u64>,
}

impl Shared {
    fn now(&self) -> Duration {
        self.start.elapsed()
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

    /// Writes the date anew when the second is another.
    fn tick(&self) {
        let wall = SystemTime::now();
        let second = wall
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |time| time.as_secs());
        if self.date_of.replace(second) != second {
            self.worker.borrow_mut().date = httpdate::fmt_http_date(wall);
        }
    }
}

/// A socket that was bound.
enum Bound {
    Tcp(std::net::TcpListener, usize),
    Unix(std::os::unix::net::UnixListener, usize),
}

/// Every worker has its own socket for each TCP address, and shares that of a unix socket.
fn bind(config: &Config, workers: usize) -> io::Result<Vec<Vec<Bound>>> {
    let mut sockets: Vec<Vec<Bound>> = (0..workers).map(|_| Vec::new()).collect();
    for (at, listener) in config.listeners.iter().enumerate() {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", listener.address))
        };
        match &listener.address {
            Address::Tcp(address) => {
                // Sockets that share an address share it with another gateway's, too: one that was started twice.
                drop(bind_tcp(*address, Sharing::Alone).map_err(named)?);
                for sockets in &mut sockets {
                    let socket = bind_tcp(*address, Sharing::Workers).map_err(named)?;
                    socket.listen(1024).map_err(named)?;
                    sockets.push(Bound::Tcp(socket.into(), at));
                }
            }
            Address::Unix(path) => {
                // A socket that nobody listens on is left from a process that is gone.
                if std::os::unix::net::UnixStream::connect(path).is_err() {
                    let _ = std::fs::remove_file(path);
                }
                let socket = std::os::unix::net::UnixListener::bind(path).map_err(named)?;
                socket.set_nonblocking(true).map_err(named)?;
                for sockets in &mut sockets {
                    let socket = socket.try_clone().map_err(named)?;
                    sockets.push(Bound::Unix(socket, at));
                }
            }
            // No configuration listens there.
            Address::Builtin(_) => return Err(named(io::ErrorKind::Unsupported.into())),
        }
    }
    Ok(sockets)
}

/// Whether other sockets may have the same address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sharing {
    Alone,
    Workers,
}

fn bind_tcp(address: SocketAddr, sharing: Sharing) -> io::Result<Socket> {
    let domain = Domain::for_address(address);
    let socket = Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    socket.set_reuse_port(sharing == Sharing::Workers)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}

fn run(
    config: &Config,
    sockets: Vec<Bound>,
    clients: &Clients,
    log: Log,
    stopped: watch::Receiver<bool>,
) {
    let runtime = match LocalRuntime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("no runtime: {error}");
            return;
        }
    };
    let rules = Rc::new(Rules::new(config.clone()));
    let mut worker = Worker::new(&rules);
    match MaskingKeys::new() {
        Ok(keys) => worker.masking_keys = keys,
        Err(error) => {
            eprintln!("no randomness: {error}");
            return;
        }
    }
    let shared = Rc::new(Shared {
        worker: RefCell::new(worker),
        pool: RefCell::new(Pool::new(&rules)),
        files: RefCell::new(Files::new()),
        rules,
        log,
        clients: clients.clone(),
        waiting: RefCell::default(),
        start: Instant::now(),
        date_of: Cell::new(0),
    });
    let timeout = config.shutdown_timeout;
    let clients = clients.clone();
    runtime.block_on(async move {
        let mut tasks = tokio::task::JoinSet::new();
        let mut acceptors = tokio::task::JoinSet::new();
        let (accepted, mut incoming) = tokio::sync::mpsc::channel(64);
        for socket in sockets {
            let accepted = accepted.clone();
            acceptors.spawn_local(accept(socket, accepted));
        }
        drop(accepted);
        let mut stopping = stopped.clone();
        loop {
            tokio::select! {
                connection = incoming.recv() => {
                    let Some((stream, at)) = connection else { break };
                    let Some(listener) = shared.rules.config().listeners.get(at) else { continue };
                    let address = stream.remote().map(|remote| remote.ip());
                    // Behind a proxy are many clients; a header of the PROXY protocol says which this is.
                    let address = address.filter(|address| {
                        !listener.proxy_protocol && !is_trusted(&shared.rules.config().trusted_proxies, *address)
                    });
                    // One too many is closed before it is read.
                    let Ok(place) = clients.enter(address) else { continue };
                    let mut rules = Listener::new(&listener.address);
                    if listener.proxy_protocol {
                        rules = rules.with_proxy_header();
                    }
                    let listener = Rc::new(rules);
                    let served = connection::serve(stream, listener, shared.clone(), stopped.clone());
                    tasks.spawn_local(async move {
                        served.await;
                        drop(place);
                    });
                }
                _ = stopping.changed() => break,
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
        acceptors.shutdown().await;
        let _ = tokio::time::timeout(timeout, async {
            while tasks.join_next().await.is_some() {}
        })
        .await;
    });
}

async fn accept(socket: Bound, accepted: tokio::sync::mpsc::Sender<(Stream, usize)>) {
    let (listener, at) = match socket {
        Bound::Tcp(socket, at) => (TcpListener::from_std(socket).map(Accepting::Tcp), at),
        Bound::Unix(socket, at) => (UnixListener::from_std(socket).map(Accepting::Unix), at),
    };
    let Ok(listener) = listener else { return };
    loop {
        let stream = match &listener {
            Accepting::Tcp(listener) => listener.accept().await.map(|(stream, address)| {
                let _ = stream.set_nodelay(true);
                Stream::tcp(stream, address)
            }),
            Accepting::Unix(listener) => listener
                .accept()
                .await
                .map(|(stream, _)| Stream::unix(stream)),
        };
        match stream {
            Ok(stream) => {
                if accepted.send((stream, at)).await.is_err() {
                    return;
                }
            }
            // No descriptor is left, or the client is gone already: waiting is all that helps.
            Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
}

enum Accepting {
    Tcp(TcpListener),
    Unix(UnixListener),
}
