//! An HTTP/1.1 server on std's blocking sockets, a thread a client: `http1_server_threads LISTEN`.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use http1_session::Session;

mod http1_session;

fn main() -> io::Result<()> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8080".into());
    let listener = TcpListener::bind(listen)?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, remote) = listener.accept()?;
        thread::spawn(move || {
            if let Err(error) = serve(stream) {
                eprintln!("{remote}: {error}");
            }
        });
    }
}

fn serve(mut stream: TcpStream) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut session = Session::new();
    let mut piece = vec![0; 64 * 1024];
    while session.wants_input() {
        match stream.read(&mut piece)? {
            0 => session.end(),
            len => {
                session
                    .input
                    .extend_from_slice(piece.get(..len).unwrap_or_default());
                session.advance()
            }
        }
        .map_err(io::Error::other)?;
        stream.write_all(&session.output)?;
        session.output.clear();
    }
    // A client that is still sending sees the answer only if its bytes are read: RFC 9112 section 9.6.
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    while matches!(stream.read(&mut piece), Ok(1..)) {}
    Ok(())
}
