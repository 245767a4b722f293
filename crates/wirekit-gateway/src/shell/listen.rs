//! Sockets that clients connect to.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::os::fd::OwnedFd;
use std::rc::Rc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::Stream;
use super::inherit::Inherited;
use crate::config::{self, Address};

/// A socket that was bound.
#[derive(Debug)]
pub(super) struct Bound {
    socket: Bind,
    address: Address,
}

#[derive(Debug)]
enum Bind {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener),
}

impl Bound {
    /// The address.
    pub(super) const fn address(&self) -> &Address {
        &self.address
    }

    /// The same socket once more.
    pub(super) fn share(&self) -> io::Result<Self> {
        let socket = match &self.socket {
            Bind::Tcp(socket) => Bind::Tcp(socket.try_clone()?),
            Bind::Unix(socket) => Bind::Unix(socket.try_clone()?),
        };
        let address = self.address.clone();
        Ok(Self { socket, address })
    }
}

impl From<Bound> for OwnedFd {
    fn from(bound: Bound) -> Self {
        match bound.socket {
            Bind::Tcp(socket) => socket.into(),
            Bind::Unix(socket) => socket.into(),
        }
    }
}

/// Binds the listeners for that many workers: each has its own socket for a TCP address, and shares that of a unix socket.
/// What is inherited is not bound again.
///
/// `ours` are addresses that this program has bound already.
pub(super) fn bind(
    listeners: &[&config::Listener],
    workers: usize,
    ours: &[config::Listener],
    inherited: &mut Inherited,
) -> io::Result<Vec<Bound>> {
    let mut bound = Vec::new();
    for listener in listeners {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", listener.address))
        };
        let sockets = match &listener.address {
            Address::Tcp(address) => {
                let is_ours = inherited.has_port(address.port())
                    || ours.iter().any(|ours| has_port(ours, address.port()));
                let sockets = inherited.take_tcp(*address);
                match sockets.is_empty() {
                    true => tcp(*address, workers, is_ours).map_err(named)?,
                    false => sockets.into_iter().map(Bind::Tcp).collect(),
                }
            }
            Address::Unix(path) => {
                let socket = match inherited.take_unix(path) {
                    Some(socket) => socket,
                    None => unix(path).map_err(named)?,
                };
                vec![Bind::Unix(socket)]
            }
            // No configuration listens there.
            Address::Builtin(_) => return Err(named(io::ErrorKind::Unsupported.into())),
        };
        for socket in sockets {
            match &socket {
                Bind::Tcp(socket) => socket.set_nonblocking(true).map_err(named)?,
                Bind::Unix(socket) => socket.set_nonblocking(true).map_err(named)?,
            }
            let address = listener.address.clone();
            bound.push(Bound { socket, address });
        }
    }
    Ok(bound)
}

fn tcp(address: SocketAddr, workers: usize, is_ours: bool) -> io::Result<Vec<Bind>> {
    // Sockets that share an address share it with another gateway's, too: one that was started twice.
    if !is_ours {
        drop(bind_tcp(address, Sharing::Alone)?);
    }
    let sockets = (0..workers).map(|_| {
        let socket = bind_tcp(address, Sharing::Workers)?;
        socket.listen(1024)?;
        Ok(Bind::Tcp(socket.into()))
    });
    sockets.collect()
}

fn unix(path: &std::path::Path) -> io::Result<std::os::unix::net::UnixListener> {
    // A socket that nobody listens on is left from a process that is gone.
    if std::os::unix::net::UnixStream::connect(path).is_err() {
        let _ = std::fs::remove_file(path);
    }
    std::os::unix::net::UnixListener::bind(path)
}

/// Gives each worker its sockets. No socket is left out, or connections would wait there for nobody; where an address has fewer
/// sockets than there are workers, some share one.
pub(super) fn share(bound: &[Bound], workers: usize) -> io::Result<Vec<Vec<Bound>>> {
    let mut all: Vec<Vec<Bound>> = (0..workers).map(|_| Vec::new()).collect();
    let mut rest = bound;
    while let Some(first) = rest.first() {
        let len = rest
            .iter()
            .take_while(|it| it.address == first.address)
            .count();
        let (sockets, others) = rest.split_at(len);
        rest = others;
        let turns = sockets.iter().cycle().take(len.max(workers));
        for (at, socket) in turns.enumerate() {
            if let Some(worker) = at.checked_rem(workers).and_then(|at| all.get_mut(at)) {
                worker.push(socket.share()?);
            }
        }
    }
    Ok(all)
}

fn has_port(listener: &config::Listener, port: u16) -> bool {
    matches!(&listener.address, Address::Tcp(address) if address.port() == port)
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

/// A connection, and where it came in.
pub(super) type Accepted = (Stream, Rc<Address>);

/// What becomes of connections that are made, and that nobody took yet, when a socket is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Closing {
    /// They are for another process that has the socket, or for nobody.
    Leave,
    /// They are taken first: nobody else has the socket.
    TakeLast,
}

/// The sockets of a worker: each is waited on by a task.
pub(super) struct Sockets {
    tasks: JoinSet<()>,
    open: Vec<(Address, oneshot::Sender<Closing>)>,
    accepted: mpsc::Sender<Accepted>,
}

impl Sockets {
    pub(super) fn new(accepted: mpsc::Sender<Accepted>) -> Self {
        Self {
            tasks: JoinSet::new(),
            open: Vec::new(),
            accepted,
        }
    }

    /// Takes in new sockets, and closes those whose listener is gone.
    pub(super) fn renew(&mut self, listeners: &[config::Listener], sockets: Vec<Bound>) {
        // Without its sender, a socket is closed.
        self.open.retain(|(address, _)| {
            listeners
                .iter()
                .any(|listener| listener.address == *address)
        });
        for Bound { socket, address } in sockets {
            let place = Rc::new(address.clone());
            let (close, closing) = oneshot::channel();
            self.tasks
                .spawn_local(accept(socket, place, self.accepted.clone(), closing));
            self.open.push((address, close));
        }
    }

    /// Closes all. Those who were accepted come out at the other end of the channel meanwhile, and are to be taken there.
    pub(super) async fn close(&mut self, closing: Closing) {
        for (_, close) in self.open.drain(..) {
            let _ = close.send(closing);
        }
        while self.tasks.join_next().await.is_some() {}
    }
}

async fn accept(
    socket: Bind,
    place: Rc<Address>,
    accepted: mpsc::Sender<Accepted>,
    mut closing: oneshot::Receiver<Closing>,
) {
    let socket = match Accepting::new(socket) {
        Ok(socket) => socket,
        Err(error) => return log::error!("a socket cannot be waited on: {error}"),
    };
    loop {
        // Nothing is accepted that is not passed on: no connection that was accepted may be lost.
        let stream = tokio::select! {
            biased;
            closing = &mut closing => {
                if closing == Ok(Closing::TakeLast) {
                    for stream in socket.rest() {
                        let _ = accepted.send((stream, place.clone())).await;
                    }
                }
                return;
            }
            stream = socket.accept() => stream,
        };
        match stream {
            Ok(stream) => {
                if accepted.send((stream, place.clone())).await.is_err() {
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

impl Accepting {
    fn new(socket: Bind) -> io::Result<Self> {
        match socket {
            Bind::Tcp(socket) => TcpListener::from_std(socket).map(Self::Tcp),
            Bind::Unix(socket) => UnixListener::from_std(socket).map(Self::Unix),
        }
    }

    async fn accept(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(socket) => {
                let (stream, address) = socket.accept().await?;
                let _ = stream.set_nodelay(true);
                Ok(Stream::tcp(stream, address))
            }
            Self::Unix(socket) => Ok(Stream::unix(socket.accept().await?.0)),
        }
    }

    /// Those who wait to be accepted; the socket is closed then. It is asked, whatever the runtime knows of it.
    fn rest(self) -> Vec<Stream> {
        let mut rest = Vec::new();
        match self {
            Self::Tcp(socket) => {
                let Ok(socket) = socket.into_std() else {
                    return rest;
                };
                while let Ok((stream, address)) = socket.accept() {
                    let _ = stream.set_nonblocking(true);
                    let _ = stream.set_nodelay(true);
                    let stream = tokio::net::TcpStream::from_std(stream);
                    rest.extend(stream.map(|stream| Stream::tcp(stream, address)));
                }
            }
            Self::Unix(socket) => {
                let Ok(socket) = socket.into_std() else {
                    return rest;
                };
                while let Ok((stream, _)) = socket.accept() {
                    let _ = stream.set_nonblocking(true);
                    rest.extend(tokio::net::UnixStream::from_std(stream).map(Stream::unix));
                }
            }
        }
        rest
    }
}
