//! Sockets that the program was started with: from a service manager, or from the process that it takes over from.

use core::net::SocketAddr;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use listenfd::ListenFd;
use socket2::{Domain, Type};

/// The name in `LISTEN_FDNAMES` of the socket by which the process before learns that this one is ready.
pub(super) const READY: &str = "ready";

/// What is said by it.
const WORD: &[u8] = b"ready\n";

/// Sockets that nobody asked for yet. They are known by their addresses, whatever their names.
#[derive(Debug, Default)]
pub(crate) struct Inherited {
    tcp: Vec<(SocketAddr, TcpListener)>,
    unix: Vec<UnixListener>,
    before: Option<UnixStream>,
    /// Of all TCP sockets that there were: who shares them shares the port.
    ports: Vec<u16>,
}

impl Inherited {
    /// Takes what `LISTEN_FDS` and `LISTEN_PID` say is this process's, and keeps it from those that this one starts.
    pub(super) fn from_environment() -> Self {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut names = names.split(':');
        let (mut found, mut all) = (ListenFd::from_env(), Self::default());
        for at in 0..found.len() {
            if names.next() == Some(READY) {
                let (family, kind) = (Domain::UNIX.into(), Type::STREAM.into());
                all.before = found.take_custom(at, family, kind, READY).ok().flatten();
            } else if let Ok(Some(socket)) = found.take_tcp_listener(at) {
                if let Ok(address) = socket.local_addr() {
                    all.ports.push(address.port());
                    all.tcp.push((address, socket));
                }
            } else if let Ok(Some(socket)) = found.take_unix_listener(at) {
                all.unix.push(socket);
            } else {
                log::warn!(
                    "descriptor {} of LISTEN_FDS is no socket to listen on",
                    at + 3
                );
            }
        }
        all
    }

    /// All sockets of that address: a process had one for each of its workers.
    pub(crate) fn take_tcp(&mut self, address: SocketAddr) -> Vec<TcpListener> {
        let tcp = self.tcp.extract_if(.., |(other, _)| *other == address);
        tcp.map(|(_, socket)| socket).collect()
    }

    /// The socket of that name.
    pub(crate) fn take_unix(&mut self, path: &Path) -> Option<UnixListener> {
        let is_it = |socket: &UnixListener| {
            let address = socket.local_addr();
            address.is_ok_and(|address| address.as_pathname() == Some(path))
        };
        let at = self.unix.iter().position(is_it)?;
        Some(self.unix.swap_remove(at))
    }

    /// Whether a socket had that port.
    pub(super) fn has_port(&self, port: u16) -> bool {
        self.ports.contains(&port)
    }

    /// Whether another process waits for this one to be ready, and ends then.
    pub(super) const fn takes_over(&self) -> bool {
        self.before.is_some()
    }

    /// All sockets listen: says so to the process before, which may stop, and closes those that no listener has.
    pub(super) fn finish(mut self) {
        let left = self.tcp.len() + self.unix.len();
        if left > 0 {
            log::warn!(
                "{left} sockets of LISTEN_FDS are at no address of the configuration, and are closed"
            );
        }
        if let Some(before) = &mut self.before
            && let Err(error) = before.write_all(WORD)
        {
            log::warn!("the process before cannot learn that this one is ready: {error}");
        }
    }
}
