use core::future::poll_fn;
use core::task::{Context, Poll, ready};
use core::time::Duration;
use std::io::{self, ErrorKind};

use super::stream::Stream;
use super::tls::Channel;

/// A client's connection, in TLS or not.
pub(super) struct Client {
    stream: Stream,
    tls: Option<Box<Channel>>,
}

impl Client {
    /// A connection on which HTTP is spoken as it is.
    pub(super) const fn plain(stream: Stream) -> Self {
        Self { stream, tls: None }
    }

    /// A connection whose handshake is done.
    pub(super) fn encrypted(stream: Stream, channel: Box<Channel>) -> Self {
        Self {
            stream,
            tls: Some(channel),
        }
    }

    /// The socket, where what is written there is what the client reads.
    pub(super) fn as_plain(&self) -> Option<&Stream> {
        self.tls.is_none().then_some(&self.stream)
    }

    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.tls {
            Some(tls) => tls.poll_read(cx, &mut self.stream, buffer),
            None => self.stream.poll_read(cx, buffer),
        }
    }

    pub(super) fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.poll_writable(cx)
    }

    /// Writes one piece, or the front of it.
    pub(super) fn try_send(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.tls {
            Some(tls) => tls.try_send(&self.stream, bytes),
            None => self.stream.try_send(bytes),
        }
    }

    /// Whether something that counts as written waits for the socket.
    pub(super) fn has_unsent(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.has_unsent())
    }

    /// Writes what waits for the socket.
    pub(super) fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(tls) = &mut self.tls else {
            return Poll::Ready(Ok(()));
        };
        loop {
            match tls.flush(&self.stream) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(self.stream.poll_writable(cx))?;
                }
                flushed => return Poll::Ready(flushed),
            }
        }
    }

    /// Ends the connection so that the client cannot take what it has for a whole.
    pub(super) fn reset(&self) {
        self.stream.reset();
    }

    /// Nothing more is sent: what waits for the socket is written first, if the client takes it in that time.
    ///
    /// RFC 9112 section 9.8: "A server MUST attempt to initiate an exchange of closure alerts with the client before closing
    /// the connection".
    pub(super) async fn shutdown(&mut self, patience: Duration) {
        if let Some(tls) = &mut self.tls {
            tls.end();
            let flushed = poll_fn(|cx| self.poll_flush(cx));
            let _ = tokio::time::timeout(patience, flushed).await;
        }
        self.stream.shutdown();
    }

    /// Reads what is of no use any more: zero at the end.
    pub(super) fn poll_discard(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.stream.poll_read(cx, buffer)
    }
}
