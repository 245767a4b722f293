//! Servers that do nothing but answer, so that what is measured stands before them.

use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::runtime::{Builder, Runtime};

const HELLO: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n";

/// What a server does.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// Answers a uwsgi packet, and closes.
    Close,
    /// Answers each uwsgi packet.
    Keep,
    /// Answers each HTTP/1.1 request.
    Http,
    /// Sends each WebSocket message back.
    WebSocket,
}

/// Serves on a free port, from a thread of its own, until the program ends.
pub(crate) fn tcp(kind: Kind) -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    let runtime = runtime()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                tokio::spawn(serve(stream, kind));
            }
            #[expect(unreachable_code, reason = "says what the errors above are")]
            Ok::<(), io::Error>(())
        })
    });
    Ok(port)
}

/// The same on a unix socket, which everybody may connect to: nginx's workers are another user.
pub(crate) fn unix(kind: Kind, path: &Path) -> io::Result<()> {
    let listener = UnixListener::bind(path)?;
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o777))?;
    listener.set_nonblocking(true)?;
    let runtime = runtime()?;
    thread::spawn(move || {
        runtime.block_on(async {
            let listener = tokio::net::UnixListener::from_std(listener)?;
            loop {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(serve(stream, kind));
            }
            #[expect(unreachable_code, reason = "says what the errors above are")]
            Ok::<(), io::Error>(())
        })
    });
    Ok(())
}

fn runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, kind: Kind) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(16 * 1024);
    if matches!(kind, Kind::WebSocket) {
        read(&mut stream, &mut buffer, head_len).await?;
        // The answer to the key of RFC 6455 section 1.3.
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            .await?;
        let mut answer = vec![0x82, 126, 4, 0];
        answer.extend_from_slice(&[b'x'; 1024]);
        loop {
            read(&mut stream, &mut buffer, frame_len).await?;
            stream.write_all(&answer).await?;
        }
    }
    let len_of = match kind {
        Kind::Close | Kind::Keep => packet_len,
        Kind::Http | Kind::WebSocket => head_len,
    };
    loop {
        read(&mut stream, &mut buffer, len_of).await?;
        stream.write_all(HELLO).await?;
        if matches!(kind, Kind::Close) {
            return Ok(());
        }
    }
}

/// Reads one message; what is behind it stays in the buffer.
async fn read(
    stream: &mut (impl AsyncRead + Unpin),
    buffer: &mut Vec<u8>,
    len_of: fn(&[u8]) -> Option<usize>,
) -> io::Result<()> {
    loop {
        if let Some(len) = len_of(buffer).filter(|len| buffer.len() >= *len) {
            buffer.drain(..len);
            return Ok(());
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn packet_len(bytes: &[u8]) -> Option<usize> {
    let [_, low, high, _] = *bytes.first_chunk()?;
    Some(4 + usize::from(u16::from_le_bytes([low, high])))
}

fn head_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(end + 4)
}

/// Of the frames that the load sends.
fn frame_len(_: &[u8]) -> Option<usize> {
    Some(8 + 1024)
}
