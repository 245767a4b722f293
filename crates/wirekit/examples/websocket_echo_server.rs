//! A WebSocket server that echoes: `websocket_echo_server 127.0.0.1:9002`. One thread a client.

#[path = "websocket_echo/accept.rs"]
mod accept;
#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use accept::Accepting;
use session::Session;
use wirekit::websocket::Closing;
use wirekit::websocket::deflate::Pool;

/// A connection that says nothing for so long gives back what it compressed with.
const IDLE: Duration = Duration::from_secs(5);

/// A socket takes no time out of zero.
const SHORTEST: Duration = Duration::from_millis(1);

fn main() -> io::Result<()> {
    let Some(address) = std::env::args().nth(1) else {
        return Err(io::Error::other("usage: websocket_echo_server ADDRESS"));
    };
    let listener = TcpListener::bind(address)?;
    println!("listening on {}", listener.local_addr()?);
    let pool = Arc::new(Mutex::new(Pool::new(16)));
    for client in listener.incoming() {
        let (client, pool) = (client?, Arc::clone(&pool));
        thread::spawn(move || match serve(&client, &pool) {
            Ok(end) => println!("{end}"),
            Err(error) => eprintln!("{error}"),
        });
    }
    Ok(())
}

fn serve(mut client: &TcpStream, pool: &Mutex<Pool>) -> io::Result<String> {
    client.set_nodelay(true)?;
    let (mut buf, mut chunk, mut out) = (Vec::new(), vec![0; 64 << 10], Vec::new());
    let mut session = Session::new(Accepting::new());
    let start = Instant::now();
    loop {
        client.write_all(&out)?;
        out.clear();
        if session.wants_close() {
            let _ = client.shutdown(Shutdown::Write);
        }
        let closing = session.closing(start.elapsed());
        let wait = match closing {
            Closing::Open => IDLE,
            Closing::Wait { until } => until.saturating_sub(start.elapsed()).max(SHORTEST),
            _ => break,
        };
        client.set_read_timeout(Some(wait))?;
        match client.read(&mut chunk) {
            Ok(0) => session.receive_eof(&mut out)?,
            Ok(read_len) => buf.extend_from_slice(chunk.get(..read_len).unwrap_or_default()),
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                if closing != Closing::Open {
                    continue;
                }
                if !session.park(&mut pool.lock().unwrap_or_else(PoisonError::into_inner)) {
                    break;
                }
                client.set_read_timeout(None)?;
                client.peek(&mut [0])?;
                session.unpark(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            Err(error) if closing == Closing::Open => return Err(error),
            Err(_) => session.receive_eof(&mut out)?,
        }
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    let end = session.finish(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(end.unwrap_or_else(|| String::from("not opened")))
}
