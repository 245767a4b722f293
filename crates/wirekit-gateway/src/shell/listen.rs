//! Sockets that clients connect to.

use core::net::SocketAddr;
use core::time::Duration;
use std::io;
use std::rc::Rc;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::{AbortHandle, JoinSet};

use super::Stream;
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

/// Binds the listeners for that many workers: each has its own socket for a TCP address, and shares that of a unix socket.
///
/// `ours` are addresses that this program has bound already.
pub(super) fn bind(
    listeners: &[&config::Listener],
    workers: usize,
    ours: &[config::Listener],
) -> io::Result<Vec<Vec<Bound>>> {
    let mut sockets: Vec<Vec<Bound>> = (0..workers).map(|_| Vec::new()).collect();
    for listener in listeners {
        let named = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", listener.address))
        };
        let mut bound = Vec::new();
        match &listener.address {
            Address::Tcp(address) => {
                // Sockets that share an address share it with another gateway's, too: one that was started twice.
                if !ours.iter().any(|ours| has_port(ours, address.port())) {
                    drop(bind_tcp(*address, Sharing::Alone).map_err(named)?);
                }
                for _ in 0..workers {
                    let socket = bind_tcp(*address, Sharing::Workers).map_err(named)?;
                    socket.listen(1024).map_err(named)?;
                    bound.push(Bind::Tcp(socket.into()));
                }
            }
            Address::Unix(path) => {
                // A socket that nobody listens on is left from a process that is gone.
                if std::os::unix::net::UnixStream::connect(path).is_err() {
                    let _ = std::fs::remove_file(path);
                }
                let socket = std::os::unix::net::UnixListener::bind(path).map_err(named)?;
                socket.set_nonblocking(true).map_err(named)?;
                for _ in 0..workers {
                    bound.push(Bind::Unix(socket.try_clone().map_err(named)?));
                }
            }
            // No configuration listens there.
            Address::Builtin(_) => return Err(named(io::ErrorKind::Unsupported.into())),
        }
        for (sockets, socket) in sockets.iter_mut().zip(bound) {
            let address = listener.address.clone();
            sockets.push(Bound { socket, address });
        }
    }
    Ok(sockets)
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

/// The sockets of a worker: each is waited on by a task.
pub(super) struct Sockets {
    tasks: JoinSet<()>,
    open: Vec<(Address, AbortHandle)>,
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
        self.open.retain(|(address, task)| {
            let is_there = listeners
                .iter()
                .any(|listener| listener.address == *address);
            if !is_there {
                task.abort();
            }
            is_there
        });
        for Bound { socket, address } in sockets {
            let place = Rc::new(address.clone());
            let task = accept(socket, place, self.accepted.clone());
            let task = self.tasks.spawn_local(task);
            self.open.push((address, task));
        }
    }

    /// Closes all.
    pub(super) async fn close(&mut self) {
        self.open.clear();
        self.tasks.shutdown().await;
    }
}

async fn accept(socket: Bind, place: Rc<Address>, accepted: mpsc::Sender<Accepted>) {
    let socket = match socket {
        Bind::Tcp(socket) => TcpListener::from_std(socket).map(Accepting::Tcp),
        Bind::Unix(socket) => UnixListener::from_std(socket).map(Accepting::Unix),
    };
    let socket = match socket {
        Ok(socket) => socket,
        Err(error) => return log::error!("a socket cannot be waited on: {error}"),
    };
    loop {
        let stream = match &socket {
            Accepting::Tcp(socket) => socket.accept().await.map(|(stream, address)| {
                let _ = stream.set_nodelay(true);
                Stream::tcp(stream, address)
            }),
            Accepting::Unix(socket) => {
                let accepted = socket.accept().await;
                accepted.map(|(stream, _)| Stream::unix(stream))
            }
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
