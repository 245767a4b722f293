//! The connection to a server, and how long things may take.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::url::Url;

/// When something must be done, and how long that was from its beginning.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    end: Instant,
    span: Duration,
}

impl Deadline {
    /// So long from now; `None` for what is too long for the clock, which is no bound.
    pub(super) fn within(span: Duration) -> Option<Self> {
        let end = Instant::now().checked_add(span)?;
        Some(Self { end, span })
    }

    /// The one that comes first.
    pub(super) fn earlier(one: Option<Self>, other: Option<Self>) -> Option<Self> {
        [one, other].into_iter().flatten().min_by_key(|it| it.end)
    }

    /// The time that is left, unless there is none.
    fn left(self) -> io::Result<Duration> {
        let left = self.end.checked_duration_since(Instant::now());
        left.filter(|left| !left.is_zero())
            .ok_or_else(|| io::ErrorKind::TimedOut.into())
    }

    /// The bound as its caller gave it.
    pub(super) fn seconds(self) -> f64 {
        self.span.as_secs_f64()
    }
}

/// A connection to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Stream {
    pub(super) fn connect(url: &Url<'_>, deadline: Option<Deadline>) -> io::Result<Self> {
        let Some(deadline) = deadline else {
            return match url.socket() {
                None => TcpStream::connect(url.authority).map(Self::Tcp),
                Some(socket) => Self::connect_to_socket(socket),
            };
        };
        let late = || {
            let text = format!("no connection within {} s", deadline.seconds());
            io::Error::new(io::ErrorKind::TimedOut, text)
        };
        let left = deadline.left().map_err(|_| late())?;
        let (authority, socket) = (url.authority.to_owned(), url.socket().map(str::to_owned));
        let (sender, receiver) = mpsc::channel();
        // Neither the look-up of a name nor the wait for a place in a socket's queue can be given a bound.
        thread::spawn(move || {
            let connected = match socket {
                None => TcpStream::connect(authority).map(Self::Tcp),
                Some(socket) => Self::connect_to_socket(&socket),
            };
            // Nobody waits any more for what comes late.
            let _ = sender.send(connected);
        });
        receiver.recv_timeout(left).map_err(|_| late())?
    }

    #[cfg(unix)]
    fn connect_to_socket(path: &str) -> io::Result<Self> {
        std::os::unix::net::UnixStream::connect(path).map(Self::Unix)
    }

    #[cfg(not(unix))]
    fn connect_to_socket(_: &str) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Our end of a connection over TCP.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Reads once; [`io::ErrorKind::TimedOut`] when nothing came in time.
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Option<Deadline>) -> io::Result<usize> {
        if let Some(deadline) = deadline {
            let left = Some(deadline.left()?);
            match self {
                Self::Tcp(stream) => stream.set_read_timeout(left),
                #[cfg(unix)]
                Self::Unix(stream) => stream.set_read_timeout(left),
            }?;
        }
        crate::io::read(&mut &*self, buffer).map_err(|error| match error.kind() {
            // What Unix says of it.
            io::ErrorKind::WouldBlock => io::ErrorKind::TimedOut.into(),
            _ => error,
        })
    }

    pub(super) fn shutdown(&self) {
        // The other side may have closed first.
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&*stream).read(buffer),
            #[cfg(unix)]
            Stream::Unix(stream) => (&*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&*stream).write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => (&*stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
