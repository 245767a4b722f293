//! A WebSocket client that echoes, under tokio: `websocket_echo_client_tokio ws://127.0.0.1:9001/a ws://..` connects to all
//! URLs at once, sends back what it gets, and says how each connection ended: code, messages, the last text.

#[path = "websocket_echo/arguments.rs"]
mod arguments;
#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/open.rs"]
mod open;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use arguments::{Arguments, plain_url};
use open::Opening;
use session::Session;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wirekit::websocket::Closing;
use wirekit::websocket::deflate::{Parameters, Pool};

#[tokio::main]
async fn main() -> io::Result<()> {
    let Some(Arguments { wish, urls }) = Arguments::read(std::env::args().skip(1)) else {
        return Err(io::Error::other(
            "usage: websocket_echo_client_tokio [--window-bits BITS] URL..",
        ));
    };
    let pool = Arc::new(Mutex::new(Pool::new(16)));
    let connections: Vec<_> = urls
        .into_iter()
        .map(|url| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { run(&url, wish, &pool).await })
        })
        .collect();
    for connection in connections {
        println!("{}", connection.await??);
    }
    Ok(())
}

async fn run(url: &str, wish: Parameters, pool: &Mutex<Pool>) -> io::Result<String> {
    let url = plain_url(url)?;
    let mut server = TcpStream::connect((url.host(), url.port())).await?;
    server.set_nodelay(true)?;
    let (mut buf, mut out) = (Vec::with_capacity(64 << 10), Vec::new());
    let mut session = Session::new(Opening::send(&url, wish, &mut out)?);
    let start = Instant::now();
    while server.write_all(&out).await.is_ok() {
        out.clear();
        if session.wants_close() {
            let _ = server.shutdown().await;
        }
        // The server closes first (RFC 6455 section 7.1.1), unless it has forgotten.
        let closing = session.closing(start.elapsed());
        let wait = match closing {
            Closing::Open => Duration::MAX,
            Closing::Wait { until } => until.saturating_sub(start.elapsed()),
            _ => break,
        };
        match timeout(wait, server.read_buf(&mut buf)).await {
            Ok(Err(error)) if closing == Closing::Open => return Err(error),
            Ok(Ok(0) | Err(_)) => session.receive_eof(&mut out)?,
            Ok(Ok(_)) | Err(_) => {}
        }
        session.unpark(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    let end = session.finish(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(format!("{} {end}", url.target()))
}
