//! Where a request goes: `uwsgi://HOST:PORT/PATH` or `uwsgi+unix:///SOCKET:/PATH`.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

/// A parsed URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Url<'a> {
    /// `HOST:PORT`, or `localhost` in front of a socket.
    pub(super) authority: &'a str,
    /// Path and query; never empty.
    pub(super) target: &'a str,
    socket: Option<&'a str>,
}

impl<'a> Url<'a> {
    pub(super) fn parse(url: &'a str) -> Result<Self, &'static str> {
        let (url, _) = url.split_once('#').unwrap_or((url, ""));
        if let Some(rest) = url.strip_prefix("uwsgi+unix://") {
            // The path starts behind the last colon that a slash follows: a socket's name may have a colon.
            let (socket, target) = match rest.find(":/") {
                Some(at) => rest.split_at(at),
                None => (rest, ":/"),
            };
            if !socket.starts_with('/') {
                return Err("the socket's path must start with a slash");
            }
            let target = target.strip_prefix(':').unwrap_or(target);
            return Ok(Self {
                authority: "localhost",
                target,
                socket: Some(socket),
            });
        }
        let rest = url
            .strip_prefix("uwsgi://")
            .ok_or("must start with uwsgi:// or uwsgi+unix://")?;
        let (authority, target) = match rest.find(['/', '?']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let target = if target.starts_with('?') {
            return Err("a path must stand in front of the query");
        } else {
            target
        };
        match authority.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse::<u16>().is_ok() => {}
            _ => return Err("a host and a port are needed"),
        }
        Ok(Self {
            authority,
            target,
            socket: None,
        })
    }

    /// What `SERVER_NAME` and `SERVER_PORT` say.
    pub(super) fn server(&self) -> (&'a str, &'a str) {
        self.authority
            .rsplit_once(':')
            .unwrap_or((self.authority, "80"))
    }

    pub(super) fn connect(&self) -> io::Result<Stream> {
        match self.socket {
            None => TcpStream::connect(self.authority).map(Stream::Tcp),
            #[cfg(unix)]
            Some(socket) => std::os::unix::net::UnixStream::connect(socket).map(Stream::Unix),
            #[cfg(not(unix))]
            Some(_) => Err(io::ErrorKind::Unsupported.into()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_where_and_what() {
        let parsed = |url| Url::parse(url).map(|url| (url.authority, url.socket, url.target));
        assert_eq!(parsed("uwsgi://h:1/a?b#c"), Ok(("h:1", None, "/a?b")));
        assert_eq!(parsed("uwsgi://[::1]:1"), Ok(("[::1]:1", None, "/")));
        assert_eq!(
            parsed("uwsgi+unix:///run/a.sock:/p"),
            Ok(("localhost", Some("/run/a.sock"), "/p"))
        );
        assert_eq!(
            parsed("uwsgi+unix:///run/a.sock"),
            Ok(("localhost", Some("/run/a.sock"), "/"))
        );
        for wrong in [
            "http://h:1/",
            "uwsgi://h/",
            "uwsgi://h:x/",
            "uwsgi://:1/",
            "uwsgi://h:1?q",
            "uwsgi+unix://a:/p",
        ] {
            assert!(Url::parse(wrong).is_err(), "{wrong}");
        }
    }
}
