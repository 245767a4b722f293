use core::mem::MaybeUninit;
use core::net::SocketAddr;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType};
use tokio::io::{AsyncRead, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};

use crate::config::Address;

/// A connection by TCP or by a unix socket.
#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    remote: Option<SocketAddr>,
    is_prompt: bool,
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
            is_prompt: false,
        }
    }

    pub(super) const fn unix(stream: UnixStream) -> Self {
        Self {
            socket: Socket::Unix(stream),
            remote: None,
            is_prompt: false,
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

    /// Begins to connect, and waits for nothing: what is [sent first](Self::send_first) says what became of it.
    pub(super) fn begin_connect(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp(address) => {
                let family = match address {
                    SocketAddr::V4(_) => AddressFamily::INET,
                    SocketAddr::V6(_) => AddressFamily::INET6,
                };
                let socket = begin(family, address)?;
                Ok(Self::tcp(TcpStream::from_std(socket.into())?, *address))
            }
            Address::Unix(path) => {
                let socket = begin(AddressFamily::UNIX, &SocketAddrUnix::new(path)?)?;
                UnixStream::from_std(socket.into()).map(Self::unix)
            }
            Address::Builtin(service) => super::builtin::connect(*service).map(Self::unix),
        }
    }

    /// Writes to a connection that was begun, whether the runtime knows yet that it can be written to or not: on the same
    /// machine it can.
    pub(super) fn send_first(&self, bytes: &[u8]) -> io::Result<usize> {
        let socket = match &self.socket {
            Socket::Tcp(stream) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        };
        Ok(rustix::net::send(socket, bytes, SendFlags::NOSIGNAL)?)
    }

    /// From now on nothing that is written waits for what was written before to be acknowledged. A request that is written
    /// at once does not need it.
    pub(super) fn send_promptly(&mut self) {
        if let Socket::Tcp(stream) = &self.socket
            && !core::mem::replace(&mut self.is_prompt, true)
        {
            let _ = stream.set_nodelay(true);
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
    pub(super) fn is_silent(&self) -> bool {
        let peeked = match &self.socket {
            Socket::Tcp(stream) => {
                socket2::SockRef::from(stream).peek(&mut [MaybeUninit::uninit()])
            }
            Socket::Unix(stream) => {
                socket2::SockRef::from(stream).peek(&mut [MaybeUninit::uninit()])
            }
        };
        peeked.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    /// The same, as far as the runtime knows: what came a moment ago it has not seen yet.
    pub(super) fn seems_silent(&self) -> bool {
        let cx = &mut Context::from_waker(Waker::noop());
        let is_ready = match &self.socket {
            Socket::Tcp(stream) => stream.poll_read_ready(cx).is_ready(),
            Socket::Unix(stream) => stream.poll_read_ready(cx).is_ready(),
        };
        !is_ready
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

/// A socket whose connection was begun.
fn begin(family: AddressFamily, address: &impl SocketAddrArg) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    match rustix::net::connect(&socket, address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}
