//! An HTTP/1.1 server under tokio: `http1_server_tokio LISTEN`.

use core::time::Duration;
use std::io;

use http1_session::Session;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

mod http1_session;

#[tokio::main]
async fn main() -> io::Result<()> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(listen).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, remote) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = serve(stream).await {
                eprintln!("{remote}: {error}");
            }
        });
    }
}

async fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut session = Session::new();
    while session.wants_input() {
        // What is left of it may be a few bytes, which would be all that is read.
        session.input.reserve(16 * 1024);
        match timeout(Duration::from_secs(30), stream.read_buf(&mut session.input)).await?? {
            0 => session.end(),
            _ => session.advance(),
        }
        .map_err(io::Error::other)?;
        stream.write_all_buf(&mut session.output).await?;
    }
    // A client that is still sending sees the answer only if its bytes are read: RFC 9112 section 9.6.
    stream.shutdown().await?;
    let mut rest = vec![0; 64 * 1024];
    while let Ok(Ok(1..)) = timeout(Duration::from_secs(1), stream.read(&mut rest)).await {}
    Ok(())
}
