use core::net::SocketAddr;
use std::io;

use tokio::io::{Interest, Ready};
use tokio::net::{TcpStream, UnixStream};

use crate::config::Address;

/// A connection by TCP or by a unix socket.
#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    remote: Option<SocketAddr>,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    pub(super) const fn tcp(stream: TcpStream, remote: SocketAddr) -> Self {
        Self {
            socket: Socket::Tcp(stream),
            remote: Some(remote),
        }
    }

    pub(super) const fn unix(stream: UnixStream) -> Self {
        Self {
            socket: Socket::Unix(stream),
            remote: None,
        }
    }

    pub(super) async fn connect(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => {
                let stream = TcpStream::connect(address).await?;
                stream.set_nodelay(true)?;
                Ok(Self::tcp(stream, *address))
            }
            Address::Unix(path) => UnixStream::connect(path).await.map(Self::unix),
            Address::Builtin(service) => super::builtin::connect(*service).map(Self::unix),
        }
    }

    pub(super) const fn remote(&self) -> Option<SocketAddr> {
        self.remote
    }

    pub(super) async fn ready(&self, interest: Interest) -> io::Result<Ready> {
        match &self.socket {
            Socket::Tcp(stream) => stream.ready(interest).await,
            Socket::Unix(stream) => stream.ready(interest).await,
        }
    }

    pub(super) fn try_read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(stream) => stream.try_read(buffer),
            Socket::Unix(stream) => stream.try_read(buffer),
        }
    }

    pub(super) fn try_write(&self, buffers: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(stream) => stream.try_write_vectored(buffers),
            Socket::Unix(stream) => stream.try_write_vectored(buffers),
        }
    }

    /// Ends the connection so that the peer cannot take what it has for a whole.
    pub(super) fn reset(&self) {
        if let Socket::Tcp(stream) = &self.socket {
            let _ = socket2::SockRef::from(stream).set_linger(Some(core::time::Duration::ZERO));
        }
    }

    /// Nothing more is sent.
    pub(super) fn shutdown(&self) {
        let _ = match &self.socket {
            Socket::Tcp(stream) => {
                socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write)
            }
            Socket::Unix(stream) => {
                socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write)
            }
        };
    }
}
