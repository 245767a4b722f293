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
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use arguments::{Arguments, plain_url};
use open::Opening;
use session::Session;
use wirekit::websocket::deflate::{Parameters, Pool};

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
    while server.write_all(&out).is_ok() && session.wants_input() {
        out.clear();
        match server.read(&mut chunk)? {
            0 => {
                session.receive_eof(&mut out)?;
                break;
            }
            read_len => buf.extend_from_slice(chunk.get(..read_len).unwrap_or_default()),
        }
        session.unpark(pool);
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    // The server closes first (RFC 6455 section 7.1.1), unless it has forgotten.
    let _ = server.shutdown(Shutdown::Write);
    server.set_read_timeout(Some(Duration::from_secs(5)))?;
    while server.read(&mut chunk).is_ok_and(|read_len| read_len > 0) {}
    let end = session.finish(pool);
    let end = end.ok_or(io::ErrorKind::UnexpectedEof)?;
    Ok(format!("{} {end}", url.target()))
}
