use core::net::SocketAddr;
use core::task::{Context, Poll, Waker, ready};
use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::addr::SocketAddrArg;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, Shutdown, SocketAddrUnix, SocketFlags, SocketType,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::config::Address;

/// What the runtime waits for once there is no room.
const COMES_AND_ROOM: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// A connection to a server, by TCP or by a unix socket.
///
/// The runtime waits for what the server sends alone. A socket would also say that there is room in it, once it is connected
/// and, by a unix socket, each time that the server reads: a worker would wake for nothing at every request. Room is
/// [waited for](Self::await_room) once there is none.
#[derive(Debug)]
pub(super) struct Upstream {
    /// None where the runtime could not wait for it any more.
    socket: Option<AsyncFd<OwnedFd>>,
    by: Transport,
    /// Whether the runtime waits for room as well.
    awaits_room: bool,
    is_prompt: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Tcp,
    Unix,
}

impl Upstream {
    /// Begins to connect, waits for nothing, and writes the first bytes: what becomes of them says what became of the connection.
    /// On the same machine it is there at once.
    pub(super) fn connect(
        address: &Address,
        first: &[u8],
    ) -> io::Result<(Self, io::Result<usize>)> {
        let (by, socket) = match address {
            Address::Tcp(address) => {
                let family = match address {
                    SocketAddr::V4(_) => AddressFamily::INET,
                    SocketAddr::V6(_) => AddressFamily::INET6,
                };
                (Transport::Tcp, begin(family, address)?)
            }
            Address::Unix(path) => {
                let address = SocketAddrUnix::new(path)?;
                (Transport::Unix, begin(AddressFamily::UNIX, &address)?)
            }
            Address::Builtin(service) => {
                let stream = super::builtin::connect(*service)?.into_std()?;
                (Transport::Unix, stream.into())
            }
        };
        let sent = send(&socket, first);
        let awaits_room = sent.is_err();
        let interest = match awaits_room {
            true => COMES_AND_ROOM,
            false => Interest::READABLE,
        };
        let upstream = Self {
            // Where that fails it is not as if nothing had been sent: the connection is lost when it is read.
            socket: register(socket, interest).ok(),
            by,
            awaits_room,
            is_prompt: false,
        };
        Ok((upstream, sent))
    }

    /// From now on nothing that is written waits for what was written before to be acknowledged. A request that is written
    /// at once does not need it.
    pub(super) fn send_promptly(&mut self) {
        if self.by == Transport::Tcp
            && !core::mem::replace(&mut self.is_prompt, true)
            && let Some(socket) = &self.socket
        {
            let _ = rustix::net::sockopt::set_tcp_nodelay(socket.get_ref(), true);
        }
    }

    /// Reads, or waits until there is something to read.
    pub(super) fn poll_read(
        &self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let socket = self.socket()?;
        loop {
            let mut ready = ready!(socket.poll_read_ready(cx))?;
            match rustix::net::recv(socket.get_ref(), &mut *buffer, RecvFlags::empty()) {
                Ok((len, _)) => {
                    // Less than the buffer holds is all that was there, so the next call does not ask the socket before more
                    // has come.
                    if len > 0 && len < buffer.len() {
                        ready.clear_ready();
                    }
                    return Poll::Ready(Ok(len));
                }
                Err(Errno::WOULDBLOCK) => ready.clear_ready(),
                Err(Errno::INTR) => {}
                Err(error) => return Poll::Ready(Err(error.into())),
            }
        }
    }

    /// Writes, whether the runtime knows of room or not. Where there is none, room is waited for.
    pub(super) fn try_send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = send(self.socket()?.get_ref(), bytes);
        if sent
            .as_ref()
            .is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
        {
            self.await_room()?;
        }
        sent
    }

    /// Waits for room from now on, as there is none.
    fn await_room(&mut self) -> io::Result<()> {
        if !core::mem::replace(&mut self.awaits_room, true)
            && let Some(socket) = self.socket.take()
        {
            self.socket = Some(register(socket.into_inner(), COMES_AND_ROOM)?);
        } else if let Poll::Ready(Ok(mut ready)) = self
            .socket()?
            .poll_write_ready(&mut Context::from_waker(Waker::noop()))
        {
            // What it knew of room is no longer so.
            ready.clear_ready();
        }
        Ok(())
    }

    /// Ready once there may be room, where there was [none](Self::try_send).
    pub(super) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.socket()?.poll_write_ready(cx).map_ok(drop)
    }

    /// Whether the peer neither sent anything nor ended its side. The socket is asked, whatever the runtime knows of it.
    pub(super) fn is_silent(&self) -> bool {
        let Some(socket) = &self.socket else {
            return false;
        };
        let peeked = rustix::net::recv(socket.get_ref(), &mut [0; 1], RecvFlags::PEEK);
        peeked == Err(Errno::WOULDBLOCK)
    }

    /// The same, as far as the runtime knows: what came a moment ago it has not seen yet.
    pub(super) fn seems_silent(&self) -> bool {
        let cx = &mut Context::from_waker(Waker::noop());
        self.socket
            .as_ref()
            .is_some_and(|socket| socket.poll_read_ready(cx).is_pending())
    }

    /// Nothing more is sent.
    pub(super) fn shutdown(&self) {
        if let Some(socket) = &self.socket {
            let _ = rustix::net::shutdown(socket.get_ref(), Shutdown::Write);
        }
    }

    fn socket(&self) -> io::Result<&AsyncFd<OwnedFd>> {
        self.socket
            .as_ref()
            .ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

#[expect(
    deprecated,
    reason = "unsound for what lets its descriptor go, which an OwnedFd does not; what takes its place is unsafe"
)]
fn register(socket: OwnedFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(socket, interest)
}

fn send(socket: &impl AsFd, bytes: &[u8]) -> io::Result<usize> {
    Ok(rustix::net::send(socket, bytes, SendFlags::NOSIGNAL)?)
}

/// A socket whose connection was begun.
fn begin(family: AddressFamily, address: &impl SocketAddrArg) -> io::Result<OwnedFd> {
    let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, None)?;
    if family != AddressFamily::UNIX {
        // The acknowledgment that opens the connection (RFC 9293 section 3.5) goes with the request, which is there already: a
        // segment less. What comes after is acknowledged as usual. A kernel that refuses sends one more.
        let _ = rustix::net::sockopt::set_tcp_quickack(&socket, false);
    }
    match rustix::net::connect(&socket, address) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
impl Upstream {
    /// A connection that is there.
    pub(super) fn of(stream: std::os::unix::net::UnixStream) -> Self {
        stream.set_nonblocking(true).unwrap();
        Self {
            socket: Some(register(stream.into(), Interest::READABLE).unwrap()),
            by: Transport::Unix,
            awaits_room: false,
            is_prompt: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use core::future::poll_fn;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    use super::*;

    #[tokio::test]
    async fn room_is_waited_for_once_there_is_none() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut upstream = Upstream::of(ours);
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..3 {
            let mut len = 0;
            loop {
                match upstream.try_send(&piece) {
                    Ok(sent) => len += sent,
                    Err(error) => {
                        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                        break;
                    }
                }
            }
            let pending = poll_fn(|cx| Poll::Ready(upstream.poll_writable(cx).is_pending()));
            assert!(len > 0 && pending.await);
            theirs.read_exact(&mut vec![0; len]).unwrap();
            poll_fn(|cx| upstream.poll_writable(cx)).await.unwrap();
        }
        // What is read is waited for as before.
        theirs.write_all(b"answer").unwrap();
        let mut buffer = [0; 16];
        let read = poll_fn(|cx| upstream.poll_read(cx, &mut buffer)).await;
        assert_eq!(read.unwrap(), 6);
        let pending = poll_fn(|cx| Poll::Ready(upstream.poll_read(cx, &mut buffer).is_pending()));
        assert!(pending.await);
        drop(theirs);
        let read = poll_fn(|cx| upstream.poll_read(cx, &mut buffer)).await;
        assert_eq!(read.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_server_that_ends_behind_its_answer_is_read_to_the_end() {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let upstream = Upstream::of(ours);
        assert!(upstream.is_silent() && upstream.seems_silent());
        theirs.write_all(b"answer").unwrap();
        drop(theirs);
        assert!(!upstream.is_silent());
        let mut buffer = [0; 16];
        for len in [6, 0, 0] {
            let read = poll_fn(|cx| upstream.poll_read(cx, &mut buffer)).await;
            assert_eq!(read.unwrap(), len);
        }
        assert!(!upstream.seems_silent());
    }
}
