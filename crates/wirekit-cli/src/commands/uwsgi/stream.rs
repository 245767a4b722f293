//! The connection to a server, and how long things may take.

use core::net::SocketAddr;
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use super::tls::Session;
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

/// Whose certificates are believed.
#[derive(Clone, Debug)]
pub(super) enum Trust {
    /// Those that the machine trusts.
    System,
    /// Those in a file.
    #[cfg_attr(
        not(feature = "suwsgi"),
        expect(dead_code, reason = "without TLS nobody reads it")
    )]
    File(PathBuf),
    /// Everybody's.
    Anybody,
}

/// What there is to connect to.
#[derive(Debug)]
enum Target {
    Tcp(String),
    Tls {
        authority: String,
        host: String,
        trust: Trust,
    },
    Unix(String),
}

impl Target {
    fn of(url: &Url<'_>, trust: Trust) -> Self {
        if let Some(socket) = url.socket() {
            return Self::Unix(socket.to_owned());
        }
        let authority = url.authority.to_owned();
        if !url.is_secure() {
            return Self::Tcp(authority);
        }
        let (host, _) = url.server();
        let address = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
        Self::Tls {
            authority,
            host: address.unwrap_or(host).to_owned(),
            trust,
        }
    }

    fn connect(self) -> io::Result<Stream> {
        match self {
            Self::Tcp(authority) => TcpStream::connect(authority).map(Stream::Tcp),
            Self::Tls {
                authority,
                host,
                trust,
            } => {
                let session = Session::start(TcpStream::connect(authority)?, &host, &trust)?;
                Ok(Stream::Tls(Box::new(session)))
            }
            Self::Unix(socket) => connect_to_socket(&socket),
        }
    }
}

#[cfg(unix)]
fn connect_to_socket(path: &str) -> io::Result<Stream> {
    std::os::unix::net::UnixStream::connect(path).map(Stream::Unix)
}

#[cfg(not(unix))]
fn connect_to_socket(_: &str) -> io::Result<Stream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// A connection to a server.
#[derive(Debug)]
pub(super) enum Stream {
    Tcp(TcpStream),
    Tls(Box<Session>),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Stream {
    pub(super) fn connect(
        url: &Url<'_>,
        trust: Trust,
        deadline: Option<Deadline>,
    ) -> io::Result<Self> {
        let target = Target::of(url, trust);
        let Some(deadline) = deadline else {
            return target.connect();
        };
        let late = || {
            let text = format!("no connection within {} s", deadline.seconds());
            io::Error::new(io::ErrorKind::TimedOut, text)
        };
        let left = deadline.left().map_err(|_| late())?;
        let (sender, receiver) = mpsc::channel();
        // Neither the look-up of a name nor the wait for a place in a socket's queue can be given a bound. Nobody waits
        // any more for what comes late.
        thread::spawn(move || sender.send(target.connect()));
        receiver.recv_timeout(left).map_err(|_| late())?
    }

    /// The socket under a connection over TCP.
    const fn tcp(&self) -> Option<&TcpStream> {
        match self {
            Self::Tcp(stream) => Some(stream),
            Self::Tls(session) => Some(session.stream()),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Our end of a connection over TCP.
    pub(super) fn local_address(&self) -> Option<SocketAddr> {
        self.tcp()?.local_addr().ok()
    }

    /// Reads once; [`io::ErrorKind::TimedOut`] when nothing came in time.
    pub(super) fn read(&self, buffer: &mut [u8], deadline: Option<Deadline>) -> io::Result<usize> {
        if let Some(deadline) = deadline {
            let left = Some(deadline.left()?);
            match self {
                Self::Tcp(stream) => stream.set_read_timeout(left),
                Self::Tls(session) => session.stream().set_read_timeout(left),
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
            Self::Tls(session) => session.stream().shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for &Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&*stream).read(buffer),
            Stream::Tls(session) => session.read(buffer),
            #[cfg(unix)]
            Stream::Unix(stream) => (&*stream).read(buffer),
        }
    }
}

impl Write for &Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Tcp(stream) => (&*stream).write(bytes),
            Stream::Tls(session) => session.write(bytes),
            #[cfg(unix)]
            Stream::Unix(stream) => (&*stream).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
