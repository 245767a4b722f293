//! A WebSocket server that echoes, under tokio: `websocket_echo_server_tokio 127.0.0.1:9002`.

#[path = "websocket_echo/accept.rs"]
mod accept;
#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use accept::Accepting;
use session::Session;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use wirekit::websocket::Closing;
use wirekit::websocket::deflate::Pool;

/// A connection that says nothing for so long gives back what it compressed with.
const IDLE: Duration = Duration::from_secs(5);

#[tokio::main]
async fn main() -> io::Result<()> {
    let Some(address) = std::env::args().nth(1) else {
        return Err(io::Error::other(
            "usage: websocket_echo_server_tokio ADDRESS",
        ));
    };
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    let pool = Arc::new(Mutex::new(Pool::new(16)));
    loop {
        let (client, _) = listener.accept().await?;
        let pool = Arc::clone(&pool);
        tokio::spawn(async move {
            match serve(client, &pool).await {
                Ok(end) => println!("{end}"),
                Err(error) => eprintln!("{error}"),
            }
        });
    }
}

async fn serve(mut client: TcpStream, pool: &Mutex<Pool>) -> io::Result<String> {
    client.set_nodelay(true)?;
    let (mut buf, mut out) = (Vec::with_capacity(64 << 10), Vec::new());
    let mut session = Session::new(Accepting::new());
    let start = Instant::now();
    loop {
        client.write_all(&out).await?;
        out.clear();
        if session.wants_close() {
            let _ = client.shutdown().await;
        }
        let closing = session.closing(start.elapsed());
        let wait = match closing {
            Closing::Open => IDLE,
            Closing::Wait { until } => until.saturating_sub(start.elapsed()),
            _ => break,
        };
        // Nothing of the connection is inside the future that reads, so it may be dropped at any time.
        let read_len = match timeout(wait, client.read_buf(&mut buf)).await {
            Ok(Err(_)) if closing != Closing::Open => 0,
            Ok(read_len) => read_len?,
            Err(_) if closing != Closing::Open => continue,
            Err(_) => {
                if !session.park(&mut pool.lock().unwrap_or_else(PoisonError::into_inner)) {
                    break;
                }
                let read_len = client.read_buf(&mut buf).await?;
                session.unpark(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
                read_len
            }
        };
        if read_len == 0 {
            session.receive_eof(&mut out)?;
        }
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    let end = session.finish(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(end.unwrap_or_else(|| String::from("not opened")))
}
