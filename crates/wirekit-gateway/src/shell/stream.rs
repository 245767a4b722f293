use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::net::SendFlags;
use tokio::io::{AsyncRead, Interest, ReadBuf};
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

    /// The address that the peer connected to.
    pub(super) fn local(&self) -> Option<SocketAddr> {
        match &self.socket {
            Socket::Tcp(stream) => stream.local_addr().ok(),
            Socket::Unix(_) => None,
        }
    }

    /// Reads, or waits until there is something to read.
    ///
    /// Less than the buffer holds is all that was there, so the next call does not ask the socket before more has come.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(buffer);
        let read = match &mut self.socket {
            Socket::Tcp(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
            Socket::Unix(stream) => Pin::new(stream).poll_read(cx, &mut buffer),
        };
        ready!(read)?;
        Poll::Ready(Ok(buffer.filled().len()))
    }

    pub(super) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &self.socket {
            Socket::Tcp(stream) => stream.poll_write_ready(cx),
            Socket::Unix(stream) => stream.poll_write_ready(cx),
        }
    }

    /// Whether the peer neither sent anything nor ended its side. The socket is asked, whatever the runtime knows of it.
    #[cfg(test)]
    pub(super) fn is_silent(&self) -> bool {
        let room = &mut [core::mem::MaybeUninit::uninit()];
        let peeked = match &self.socket {
            Socket::Tcp(stream) => socket2::SockRef::from(stream).peek(room),
            Socket::Unix(stream) => socket2::SockRef::from(stream).peek(room),
        };
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// Writes one piece, which costs less than several.
    pub(super) fn try_send(&self, bytes: &[u8]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(stream) => stream.try_write(bytes),
            Socket::Unix(stream) => stream.try_write(bytes),
        }
    }

    pub(super) fn try_write(&self, buffers: &[io::IoSlice<'_>]) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(stream) => stream.try_write_vectored(buffers),
            Socket::Unix(stream) => stream.try_write_vectored(buffers),
        }
    }

    /// Writes what more follows at once.
    pub(super) fn try_write_more(&self, bytes: &[u8]) -> io::Result<usize> {
        self.try_io(|socket| Ok(rustix::net::send(socket, bytes, SendFlags::MORE)?))
    }

    /// Sends from an offset of a file, without a copy.
    pub(super) fn try_send_file(
        &self,
        file: BorrowedFd<'_>,
        mut offset: u64,
        len: usize,
    ) -> io::Result<usize> {
        self.try_io(|socket| Ok(rustix::fs::sendfile(socket, file, Some(&mut offset), len)?))
    }

    fn try_io(&self, write: impl FnOnce(BorrowedFd<'_>) -> io::Result<usize>) -> io::Result<usize> {
        match &self.socket {
            Socket::Tcp(stream) => stream.try_io(Interest::WRITABLE, || write(stream.as_fd())),
            Socket::Unix(stream) => stream.try_io(Interest::WRITABLE, || write(stream.as_fd())),
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
