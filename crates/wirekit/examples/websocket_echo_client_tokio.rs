//! A WebSocket client that echoes, under tokio: `websocket_echo_client_tokio 127.0.0.1:9001 /a /b` connects to all
//! targets at once, sends back what it gets, and says how each connection ended: code, messages, the last text.

#[path = "websocket_echo/echo.rs"]
mod echo;
#[path = "websocket_echo/open.rs"]
mod open;
#[path = "websocket_echo/session.rs"]
mod session;

use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use open::Opening;
use session::Session;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wirekit::websocket::deflate::Pool;

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let Some(address) = arguments.next() else {
        return Err(io::Error::other(
            "usage: websocket_echo_client_tokio ADDRESS TARGET..",
        ));
    };
    let pool = Arc::new(Mutex::new(Pool::new(16)));
    let connections: Vec<_> = arguments
        .map(|target| {
            let (address, pool) = (address.clone(), Arc::clone(&pool));
            tokio::spawn(
                async move { run(&address, &target, &pool).await.map(|end| (target, end)) },
            )
        })
        .collect();
    for connection in connections {
        let (target, end) = connection.await??;
        println!("{target} {end}");
    }
    Ok(())
}

async fn run(address: &str, target: &str, pool: &Mutex<Pool>) -> io::Result<String> {
    let mut server = TcpStream::connect(address).await?;
    server.set_nodelay(true)?;
    let (mut buf, mut out) = (Vec::with_capacity(64 << 10), Vec::new());
    let mut session = Session::new(Opening::send(target, address, &mut out)?);
    while server.write_all(&out).await.is_ok() && session.wants_input() {
        out.clear();
        if server.read_buf(&mut buf).await? == 0 {
            session.receive_eof(&mut out)?;
            break;
        }
        session.unpark(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
        let taken = session.receive(&mut buf, &mut out)?;
        buf.drain(..taken);
    }
    // The server closes first (RFC 6455 section 7.1.1), unless it has forgotten.
    let _ = server.shutdown().await;
    let drained = async {
        while server
            .read_buf(&mut buf)
            .await
            .is_ok_and(|read_len| read_len > 0)
        {
            buf.clear();
        }
    };
    let _ = timeout(Duration::from_secs(5), drained).await;
    let end = session.finish(&mut pool.lock().unwrap_or_else(PoisonError::into_inner));
    end.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}
