//! A WebSocket client that echoes: `websocket_echo_client ws://127.0.0.1:9001/a ws://..` connects to each URL in turn,
//! sends back what it gets, and says how the connection ended: code, messages, the last text.

#[path = "websocket_echo/arguments.rs"]
mod arguments;
#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/open.rs"]
mod open;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Instant;

use arguments::{Arguments, plain_url};
use open::Opening;
use session::Session;
use wirekit::websocket::Closing;
use wirekit::websocket::deflate::{Parameters, Pool};

/// A socket takes no time out of zero.
const SHORTEST: Duration = Duration::from_millis(1);

fn main() -> io::Result<()> {
    let Some(Arguments { wish, urls }) = Arguments::read(std::env::args().skip(1)) else {
        return Err(io::Error::other(
            "usage: websocket_echo_client [--window-bits BITS] URL..",
        ));
    };
    let mut pool = Pool::new(1);
    for url in urls {
        println!("{}", run(&url, wish, &mut pool)?);
    }
    Ok(())
}

fn run(url: &str, wish: Parameters, pool: &mut Pool) -> io::Result<String> {
    let url = plain_url(url)?;
    let mut server = TcpStream::connect((url.host(), url.port()))?;
    server.set_nodelay(true)?;
    let (mut buf, mut chunk, mut out) = (Vec::new(), vec![0; 64 << 10], Vec::new());
    let mut session = Session::new(Opening::send(&url, wish, &mut out)?);
    let start = Instant::now();
    while server.write_all(&out).is_ok() {
        out.clear();
        if session.wants_close() {
            let _ = server.shutdown(Shutdown::Write);
        }
        // The server closes first (RFC 6455 section 7.1.1), unless it has forgotten.
        let closing = session.closing(start.elapsed());
        let wait = match closing {
            Closing::Open => None,
            Closing::Wait { until } => Some(until.saturating_sub(start.elapsed()).max(SHORTEST)),
            _ => break,
        };
        server.set_read_timeout(wait)?;
        match server.read(&mut chunk) {
            Ok(0) => session.receive_eof(&mut out)?,
            Ok(read_len) => buf.extend_from_slice(chunk.get(..read_len).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) if closing == Closing::Open => return Err(error),
            Err(_) => session.receive_eof(&mut out)?,
        }
        session.unpark(pool);
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    let end = session.finish(pool);
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(format!("{} {end}", url.target()))
}
