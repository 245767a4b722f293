//! An HTTP/1.1 server on mio, one thread for all clients: `http1_server_mio LISTEN`.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;

use bytes::Buf;
use http1_session::Session;
use mio::event::Event;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Registry, Token};

mod http1_session;

const LISTENER: Token = Token(0);

struct Client {
    stream: TcpStream,
    session: Session,
    is_shut: bool,
}

fn main() -> io::Result<()> {
    let listen = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "127.0.0.1:8080".into());
    let mut listener = TcpListener::bind(listen.parse().map_err(io::Error::other)?)?;
    println!("listening on {}", listener.local_addr()?);
    let mut poll = Poll::new()?;
    poll.registry()
        .register(&mut listener, LISTENER, Interest::READABLE)?;
    let (mut events, mut clients, mut next) = (Events::with_capacity(256), HashMap::new(), 1);
    loop {
        poll.poll(&mut events, None)?;
        for event in &events {
            if event.token() == LISTENER {
                while let Some(client) = accept(&listener, poll.registry(), Token(next))? {
                    clients.insert(Token(next), client);
                    next += 1;
                }
            } else if let Some(client) = clients.get_mut(&event.token())
                && !serve(client, event).unwrap_or(false)
            {
                clients.remove(&event.token());
            }
        }
    }
}

fn accept(listener: &TcpListener, registry: &Registry, token: Token) -> io::Result<Option<Client>> {
    match listener.accept() {
        Ok((mut stream, _)) => {
            registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
            Ok(Some(Client {
                stream,
                session: Session::new(),
                is_shut: false,
            }))
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads and writes as far as the socket lets it; false when the client is done with.
fn serve(client: &mut Client, event: &Event) -> io::Result<bool> {
    let mut piece = [0; 64 * 1024];
    loop {
        while !client.session.output.is_empty() {
            match client.stream.write(&client.session.output) {
                Ok(len) => client.session.output.advance(len),
                // What the client does not take yet waits, and nothing more is read meanwhile.
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(true),
                Err(error) => return Err(error),
            }
        }
        if !client.session.wants_input() && !client.is_shut {
            client.stream.shutdown(Shutdown::Write)?;
            client.is_shut = true;
        }
        match client.stream.read(&mut piece) {
            Ok(0) if client.is_shut => return Ok(false),
            Ok(0) => client.session.end().map_err(io::Error::other)?,
            Ok(_) if client.is_shut => {}
            Ok(len) => {
                client
                    .session
                    .input
                    .extend_from_slice(piece.get(..len).unwrap_or_default());
                client.session.advance().map_err(io::Error::other)?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(!event.is_error()),
            Err(error) => return Err(error),
        }
    }
}
