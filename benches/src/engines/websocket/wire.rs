//! Payloads, frames, and a socket without a kernel.

use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::io::{self, Read, Write};
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use wirekit::websocket::{FrameHeader, MaskingKeys, Opcode, Rsv};

/// What one read of a socket gives at most.
pub(super) const READ_LEN: usize = 16 << 10;

/// `len` bytes of ASCII words, not the same everywhere.
pub(super) fn ascii(len: usize) -> Vec<u8> {
    (b'a'..=b'z').chain(*b" ,.").cycle().take(len).collect()
}

/// About `len` bytes of Chinese text.
pub(super) fn chinese(len: usize) -> Vec<u8> {
    "\u{4e2d}\u{6587}\u{5b57}\u{7b26}\u{6d4b}\u{8bd5}"
        .bytes()
        .cycle()
        .take(len - len % 3)
        .collect()
}

/// `count` masked frames with this payload, as a server receives them.
pub(super) fn masked_frames(opcode: Opcode, payload: &[u8], count: usize) -> Arc<[u8]> {
    let mut keys = MaskingKeys::from_seed([7; 32]);
    let mut wire = Vec::new();
    for _ in 0..count {
        let key = keys.next_key();
        let payload_len = payload.len() as u64;
        let header = FrameHeader {
            fin: true,
            rsv: Rsv::NONE,
            opcode,
            masking_key: Some(key),
            payload_len,
        };
        header.encode(&mut wire).expect("the header is legal");
        let mut payload = payload.to_vec();
        key.apply(&mut payload);
        wire.extend(payload);
    }
    wire.into()
}

/// What stands for a message in a digest.
pub(super) fn digest(payload: &[u8]) -> u64 {
    let ends = payload
        .first()
        .zip(payload.last())
        .map_or(0, |(&first, &last)| u64::from(first) + u64::from(last));
    payload.len() as u64 + ends
}

/// A socket that repeats the same bytes for ever and forgets what is written.
#[derive(Debug)]
pub(super) struct Socket {
    wire: Arc<[u8]>,
    at: usize,
}

impl Socket {
    pub(super) fn new(wire: &Arc<[u8]>) -> Self {
        Self {
            wire: Arc::clone(wire),
            at: 0,
        }
    }

    /// The next bytes: up to `max`, never past the end of the last frame.
    pub(super) fn next(&mut self, max: usize) -> &[u8] {
        let rest = self.wire.get(self.at..).unwrap_or_default();
        let piece = rest.get(..max.min(READ_LEN)).unwrap_or(rest);
        self.at = (self.at + piece.len()) % self.wire.len();
        piece
    }
}

impl Read for Socket {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let piece = self.next(out.len());
        out.get_mut(..piece.len())
            .unwrap_or_default()
            .copy_from_slice(piece);
        Ok(piece.len())
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let piece = self.next(out.remaining());
        out.put_slice(piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Runs a future whose sockets are always ready.
pub(super) fn run<T>(future: impl Future<Output = T>) -> T {
    let mut future = core::pin::pin!(future);
    match future
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()))
    {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("the socket is always ready"),
    }
}
