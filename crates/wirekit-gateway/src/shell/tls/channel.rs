use core::cell::RefCell;
use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};
use std::sync::Arc;

use bytes::{Buf, BytesMut};
use rustls::ServerConfig;
use rustls::server::UnbufferedServerConnection;
use rustls::unbuffered::{ConnectionState, EncodeError, EncryptError, UnbufferedStatus};

use super::resolver;
use crate::shell::stream::Stream;

/// How much is read from a socket at once.
const READ_LEN: usize = 32 * 1024;
/// What may be left of earlier reads: a record that is not whole, or a handshake message of the longest that is taken.
const MAX_CUT_LEN: usize = 64 * 1024;
/// How much is encrypted at once: four records.
const MAX_PIECE_LEN: usize = 64 * 1024;
/// What the records around such a piece add to it, and more.
const MAX_ADDED_LEN: usize = 1024;
/// No flight of a handshake takes more steps.
const MAX_STEPS: usize = 64;

thread_local! {
    /// Records go through here in both directions: a silent connection holds no buffer.
    static RECORDS: RefCell<Vec<u8>> = RefCell::new(vec![0; MAX_CUT_LEN + READ_LEN]);
}

/// The TLS on a client's connection.
///
/// rustls reads and writes records in the worker's buffers; what is held here is what a socket cut in two.
pub(in crate::shell) struct Channel {
    connection: UnbufferedServerConnection,
    /// Bytes of the client's that make no whole record, or no whole message, yet.
    cut: Vec<u8>,
    /// What the client said and nobody has read yet.
    unread: BytesMut,
    /// Records that the socket had no room for.
    unsent: BytesMut,
    /// What the client asked for by name, until the handshake is done.
    server_name: Option<String>,
    has_ended: bool,
    /// rustls has ended it: it is not asked again, or it would say so a second time.
    has_failed: bool,
}

impl Channel {
    /// A connection on which nothing was said yet.
    pub(in crate::shell) fn new(config: Arc<ServerConfig>) -> io::Result<Self> {
        let connection = UnbufferedServerConnection::new(config).map_err(io::Error::other)?;
        Ok(Self {
            connection,
            cut: Vec::new(),
            unread: BytesMut::new(),
            unsent: BytesMut::new(),
            server_name: None,
            has_ended: false,
            has_failed: false,
        })
    }

    pub(super) const fn connection(&self) -> &UnbufferedServerConnection {
        &self.connection
    }

    /// The server name that the client asked for; this is asked once.
    pub(super) fn take_server_name(&mut self) -> Option<String> {
        self.server_name.take()
    }

    /// What came before the handshake, behind a header of the PROXY protocol.
    pub(super) fn received(&mut self, bytes: &[u8]) {
        self.cut.extend_from_slice(bytes);
    }

    /// Waits for the end of the handshake.
    ///
    /// # Errors
    ///
    /// Those of the socket, [`ErrorKind::InvalidData`] where rustls ends the handshake, and [`ErrorKind::UnexpectedEof`] where
    /// the client does.
    pub(super) fn poll_handshake(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
    ) -> Poll<io::Result<()>> {
        loop {
            let taken = self.take_cut();
            let sent = self.flush(stream);
            if let Err(error) = taken {
                return Poll::Ready(Err(invalid(error)));
            }
            match sent {
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    ready!(stream.poll_writable(cx))?;
                    continue;
                }
                sent => sent?,
            }
            if !self.connection.is_handshaking() {
                return Poll::Ready(Ok(()));
            }
            if self.has_ended || ready!(self.poll_records(cx, stream))? == 0 {
                return Poll::Ready(Err(ErrorKind::UnexpectedEof.into()));
            }
        }
    }

    /// Reads what the client says, up to the whole of `out`; zero where it says no more.
    ///
    /// A connection that ends without close_notify has ended as well: where a request ends is said by its framing, never by
    /// the connection's end. RFC 9112 section 9.8: "Servers SHOULD be prepared to receive an incomplete close from the
    /// client, since the client can often locate the end of server data".
    pub(in crate::shell) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
        out: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        loop {
            if !self.unread.is_empty() {
                let len = self.unread.len().min(out.len());
                self.unread
                    .copy_to_slice(out.get_mut(..len).unwrap_or_default());
                if self.unread.is_empty() {
                    self.unread = BytesMut::new();
                }
                return Poll::Ready(Ok(len));
            }
            if self.has_ended || ready!(self.poll_records(cx, stream))? == 0 {
                self.has_ended = true;
                return Poll::Ready(Ok(0));
            }
        }
    }

    /// Reads once from the socket, and takes the records: zero where the socket has ended.
    fn poll_records(
        &mut self,
        cx: &mut Context<'_>,
        stream: &mut Stream,
    ) -> Poll<io::Result<usize>> {
        RECORDS.with_borrow_mut(|records| {
            let cut = self.cut.len();
            let (Some(front), true) = (records.get_mut(..cut), cut <= MAX_CUT_LEN) else {
                return Poll::Ready(Err(ErrorKind::InvalidData.into()));
            };
            front.copy_from_slice(&self.cut);
            let room = records.get_mut(cut..cut + READ_LEN).unwrap_or_default();
            let len = ready!(stream.poll_read(cx, room))?;
            let incoming = records.get_mut(..cut + len).unwrap_or_default();
            let (used, taken) = self.take(incoming);
            self.cut.clear();
            match incoming.get(used..) {
                Some(rest) if !rest.is_empty() => self.cut.extend_from_slice(rest),
                _ => self.cut = Vec::new(),
            }
            if let Err(error) = taken {
                let _ = self.flush(stream);
                return Poll::Ready(Err(invalid(error)));
            }
            match self.flush(stream) {
                Err(error) if error.kind() != ErrorKind::WouldBlock => Poll::Ready(Err(error)),
                _ => Poll::Ready(Ok(len)),
            }
        })
    }

    fn take_cut(&mut self) -> Result<(), rustls::Error> {
        let mut cut = core::mem::take(&mut self.cut);
        let (used, taken) = self.take(&mut cut);
        cut.drain(..used.min(cut.len()));
        self.cut = cut;
        taken
    }

    /// Takes records: how many bytes of them are done with.
    fn take(&mut self, incoming: &mut [u8]) -> (usize, Result<(), rustls::Error>) {
        let mut used = 0;
        let mut failed = None;
        if self.has_failed {
            return (incoming.len(), Ok(()));
        }
        for _ in 0..MAX_STEPS + incoming.len() {
            let rest = incoming.get_mut(used..).unwrap_or_default();
            let UnbufferedStatus { discard, state, .. } = self.connection.process_tls_records(rest);
            let mut is_over = false;
            match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(Ok(record)) = traffic.next_record() {
                        self.unread.extend_from_slice(record.payload);
                    }
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    let start = self.unsent.len();
                    if let Err(EncodeError::InsufficientSize(needed)) = data.encode(&mut []) {
                        self.unsent.resize(start + needed.required_size, 0);
                        let _ = data.encode(self.unsent.get_mut(start..).unwrap_or_default());
                    }
                }
                Ok(ConnectionState::TransmitTlsData(data)) => data.done(),
                Ok(ConnectionState::PeerClosed) => self.has_ended = true,
                Ok(_) => is_over = true,
                Err(error) => {
                    failed.get_or_insert(error);
                }
            }
            used += discard;
            // Behind an error, on for the alert that says what is wrong.
            if is_over || (failed.is_some() && !self.connection.wants_write()) {
                break;
            }
        }
        if failed.is_some() {
            (self.has_failed, self.has_ended, used) = (true, true, incoming.len());
        }
        if let Some(name) = resolver::take_asked() {
            self.server_name = Some(name);
        }
        (used, failed.map_or(Ok(()), Err))
    }

    /// Encrypts and writes as much as is taken at once: how many bytes of `plain` are written, or wait for the socket.
    ///
    /// # Errors
    ///
    /// Those of the socket; [`ErrorKind::WouldBlock`] where earlier records have to be written first.
    pub(in crate::shell) fn try_send(
        &mut self,
        stream: &Stream,
        plain: &[u8],
    ) -> io::Result<usize> {
        self.flush(stream)?;
        let piece = plain.get(..MAX_PIECE_LEN).unwrap_or(plain);
        RECORDS.with_borrow_mut(|records| {
            let room = records.get_mut(..MAX_PIECE_LEN + MAX_ADDED_LEN);
            let len = self.encrypt(piece, room.unwrap_or_default())?;
            let records = records.get(..len).unwrap_or_default();
            if self.unsent.is_empty() {
                let written = match stream.try_send(records) {
                    Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
                    written => written?,
                };
                let rest = records.get(written..).unwrap_or_default();
                self.unsent.extend_from_slice(rest);
            } else {
                self.unsent.extend_from_slice(records);
            }
            Ok(piece.len())
        })
    }

    fn encrypt(&mut self, plain: &[u8], out: &mut [u8]) -> io::Result<usize> {
        self.write(|traffic| traffic.encrypt(plain, out))
    }

    /// Says that nothing more comes, behind all that is to be written first.
    pub(in crate::shell) fn end(&mut self) {
        let mut alert = [0; MAX_ADDED_LEN];
        let written = self.write(|traffic| traffic.queue_close_notify(&mut alert));
        let alert = alert.get(..written.unwrap_or_default()).unwrap_or_default();
        self.unsent.extend_from_slice(alert);
    }

    fn write(
        &mut self,
        write: impl FnOnce(
            &mut rustls::unbuffered::WriteTraffic<'_, rustls::server::ServerConnectionData>,
        ) -> Result<usize, EncryptError>,
    ) -> io::Result<usize> {
        // What came meanwhile may have to be answered first.
        self.take_cut().map_err(invalid)?;
        if self.has_failed {
            return Err(ErrorKind::BrokenPipe.into());
        }
        let status = self.connection.process_tls_records(&mut self.cut);
        match status.state {
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                write(&mut traffic).map_err(io::Error::other)
            }
            _ => Err(ErrorKind::BrokenPipe.into()),
        }
    }

    /// Whether some records wait for the socket.
    pub(in crate::shell) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Writes what waits for the socket.
    pub(in crate::shell) fn flush(&mut self, stream: &Stream) -> io::Result<()> {
        while !self.unsent.is_empty() {
            let written = stream.try_send(&self.unsent)?;
            self.unsent.advance(written);
        }
        self.unsent = BytesMut::new();
        Ok(())
    }
}

fn invalid(error: rustls::Error) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests;
