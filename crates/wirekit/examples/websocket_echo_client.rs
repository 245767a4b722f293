//! A WebSocket client that echoes: `websocket_echo_client 127.0.0.1:9001 /a /b` connects to each target in turn,
//! sends back what it gets, and says how the connection ended: code, messages, the last text.

#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/open.rs"]
mod open;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};

use open::Opening;
use session::Session;
use wirekit::websocket::deflate::Pool;

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(address) = arguments.next() else {
        return Err(io::Error::other(
            "usage: websocket_echo_client ADDRESS TARGET..",
        ));
    };
    let mut pool = Pool::new(1);
    for target in arguments {
        println!("{target} {}", run(&address, &target, &mut pool)?);
    }
    Ok(())
}

fn run(address: &str, target: &str, pool: &mut Pool) -> io::Result<String> {
    let mut server = TcpStream::connect(address)?;
    server.set_nodelay(true)?;
    let (mut buf, mut chunk, mut out) = (Vec::new(), vec![0; 64 << 10], Vec::new());
    let mut session = Session::new(Opening::send(target, address, &mut out)?);
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
    end.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
