//! What of a file is written to a client, and how.

use core::cell::RefCell;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, OwnedFd};

use wirekit::http::range::Span;

use super::opened::{Content, Opened};
use crate::shell::client::Client;
use crate::shell::stream::Stream;

/// How much of a file is read at once where it is neither held nor sent by the system.
const MAX_READ_LEN: u64 = 256 * 1024;
/// The longest content that is copied behind its head: above it two pieces cost less.
const MAX_COPY_LEN: usize = 4096;
/// How much of a file is encrypted at once.
const MAX_ENCRYPTED_LEN: u64 = 64 * 1024;
/// How much of a file goes to a client before the worker looks at the others.
const MAX_PIECE_LEN: usize = 1024 * 1024;

thread_local! {
    /// What of a file is neither in memory nor sent by the system goes through here.
    static CHUNK: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

impl Opened {
    /// Writes the head, or what is left of it, and of the span of a file as much as there is room for: how many bytes of both.
    ///
    /// # Errors
    ///
    /// Those of the socket, and [`ErrorKind::UnexpectedEof`] where the file has become shorter.
    pub(in crate::shell) fn write(
        &self,
        at: usize,
        span: Span,
        head: &[u8],
        client: &mut Client,
    ) -> io::Result<usize> {
        let Some(client) = client.as_plain() else {
            return self.write_copied(at, span, head, client);
        };
        match self.contents.get(at) {
            Some(Content::Memory(content)) => {
                let last = span.first.saturating_add(span.len());
                let piece = content.get(index(span.first)..index(last));
                let piece = piece.unwrap_or_default();
                if head.is_empty() {
                    client.try_send(piece)
                } else if piece.len() <= MAX_COPY_LEN {
                    together(head, piece, |piece| client.try_send(piece))
                } else {
                    client.try_write(&[IoSlice::new(head), IoSlice::new(piece)])
                }
            }
            Some(Content::Handle(handle)) if span.len() > self.sendfile_above => {
                if head.is_empty() {
                    return send_file(handle, span, client);
                }
                let sent = client.try_write_more(head)?;
                if sent < head.len() {
                    return Ok(sent);
                }
                // What became of the content, the next call finds out: the head is on its way.
                Ok(sent + send_file(handle, span, client).unwrap_or_default())
            }
            Some(Content::Handle(handle)) => copy(handle, span, head, MAX_READ_LEN, |piece| {
                client.try_send(piece)
            }),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The same, where what is written is not what lies in the file.
    fn write_copied(
        &self,
        at: usize,
        span: Span,
        head: &[u8],
        client: &mut Client,
    ) -> io::Result<usize> {
        match self.contents.get(at) {
            Some(Content::Memory(content)) => {
                let last = span.first.saturating_add(span.len().min(MAX_ENCRYPTED_LEN));
                let piece = content.get(index(span.first)..index(last));
                let piece = piece.unwrap_or_default();
                match head.is_empty() {
                    true => client.try_send(piece),
                    false => together(head, piece, |piece| client.try_send(piece)),
                }
            }
            Some(Content::Handle(handle)) => copy(handle, span, head, MAX_ENCRYPTED_LEN, |piece| {
                client.try_send(piece)
            }),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Has the system write so much of an open file.
fn send_file(handle: &OwnedFd, span: Span, client: &Stream) -> io::Result<usize> {
    let len = index(span.len()).min(MAX_PIECE_LEN);
    match client.try_send_file(handle.as_fd(), span.first, len) {
        Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
        // Not every file system can.
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ) =>
        {
            copy(handle, span, &[], MAX_READ_LEN, |piece| {
                client.try_send(piece)
            })
        }
        sent => sent,
    }
}

/// Writes both as one piece.
fn together(
    head: &[u8],
    piece: &[u8],
    send: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    CHUNK.with_borrow_mut(|chunk| {
        chunk.clear();
        chunk.extend_from_slice(head);
        chunk.extend_from_slice(piece);
        send(chunk)
    })
}

/// Writes the head and so much of an open file behind it.
fn copy(
    handle: &OwnedFd,
    span: Span,
    head: &[u8],
    max_len: u64,
    send: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    CHUNK.with_borrow_mut(|chunk| {
        chunk.clear();
        chunk.extend_from_slice(head);
        let len = index(span.len().min(max_len));
        chunk.resize(head.len().saturating_add(len), 0);
        let room = chunk.get_mut(head.len()..).unwrap_or_default();
        let read = rustix::io::pread(handle, room, span.first)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(head.len().saturating_add(read));
        send(chunk)
    })
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;

    use super::*;

    /// A file that can be read, and that the system does not send: of the processes' own.
    const UNSENDABLE: &str = "/proc/self/cmdline";

    /// What a client gets of the span behind this head.
    async fn written(opened: &Opened, mut span: Span, mut head: &[u8]) -> Vec<u8> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut client = Client::plain(Stream::unix(ours));
        let mut got = Vec::new();
        let mut room = [0; 4096];
        let len = head.len() + index(span.len());
        while got.len() < len {
            core::future::poll_fn(|cx| client.poll_writable(cx))
                .await
                .unwrap();
            let wrote = opened.write(0, span, head, &mut client).unwrap();
            let of_head = wrote.min(head.len());
            head = &head[of_head..];
            span.first += u64::try_from(wrote - of_head).unwrap();
            theirs.readable().await.unwrap();
            let read = theirs.try_read(&mut room).unwrap();
            got.extend_from_slice(&room[..read]);
        }
        got
    }

    #[tokio::test]
    async fn what_the_system_does_not_send_is_read() {
        let content = std::fs::read(UNSENDABLE).unwrap();
        let handle = OwnedFd::from(std::fs::File::open(UNSENDABLE).unwrap());
        let (ours, _theirs) = UnixStream::pair().unwrap();
        ours.writable().await.unwrap();
        let error = Stream::unix(ours).try_send_file(handle.as_fd(), 0, content.len());
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
        let last = content.len() as u64 - 1;
        let opened = Opened::of_content(Content::Handle(handle));
        for first in [0, 3, last] {
            let span = Span { first, last };
            let got = written(&opened, span, b"head").await;
            assert_eq!(got, [b"head", &content[index(first)..]].concat());
        }
    }
}
