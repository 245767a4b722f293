//! An HTTP/1.1 server in front of a uwsgi server: `uwsgi_proxy LISTEN UPSTREAM [MAX_SIZE]`, such as
//! `uwsgi_proxy 127.0.0.1:8000 127.0.0.1:3031`. `MAX_SIZE` is uWSGI's `--buffer-size`, 4096 if not said.

mod uwsgi_both_ways;

use core::time::Duration;
use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use uwsgi_both_ways::{close, pass, read, tunnel, wait};
use wirekit::bridge::uwsgi::{CONTINUE, Exchange, Front, FrontEvent, Upstream};
use wirekit::uwsgi::Var;
use wirekit::uwsgi::request::{Peer, Prefix};

/// As nginx: a minute.
const PATIENCE: Duration = Duration::from_secs(60);

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(backend)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other(
            "usage: uwsgi_proxy LISTEN UPSTREAM [MAX_SIZE]",
        ));
    };
    let max_size = arguments.next().map_or(Ok(4096), |size| size.parse());
    run(
        &TcpListener::bind(listen)?,
        &backend,
        max_size.map_err(io::Error::other)?,
    )
}

/// Serves until the listener fails; one thread a client.
pub(crate) fn run(listener: &TcpListener, backend: &str, max_size: usize) -> io::Result<()> {
    let local = listener.local_addr()?;
    let (name, port) = (local.ip().to_string(), local.port().to_string());
    let constants = [("SERVER_NAME", &name), ("SERVER_PORT", &port)];
    let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
    let mut storage = [0; 128];
    let prefix = Prefix::encode(&constants, &mut storage).map_err(io::Error::other)?;
    let upstream = Upstream::new(prefix).peer(Peer::UWSGI.max_size(max_size));
    thread::scope(|scope| {
        loop {
            let (client, remote) = listener.accept()?;
            scope.spawn(move || {
                let served = serve(&client, Front::new(upstream, Some(remote)), backend);
                served.map_err(|error| eprintln!("{remote}: {error}"))
            });
        }
    })
}

/// Serves one client, request after request.
fn serve(mut client: &TcpStream, mut front: Front<'_>, backend: &str) -> io::Result<()> {
    wait(client, Some(PATIENCE))?;
    let mut unread = Vec::new();
    loop {
        let event = match front.receive(&unread) {
            Ok(Some((event, used))) => {
                unread.drain(..used);
                event
            }
            Ok(None) if read(client, &mut unread)? == 0 => return Ok(()),
            Ok(None) => continue,
            Err(refusal) => {
                let mut out = Vec::new();
                refusal.encode(&mut out).map_err(io::Error::other)?;
                client.write_all(&out)?;
                return close(client);
            }
        };
        match event {
            FrontEvent::Continue => client.write_all(CONTINUE)?,
            FrontEvent::Exchange(exchange) => match forward(exchange, client, backend, unread)? {
                Some(behind) => unread = behind,
                None => return Ok(()),
            },
            FrontEvent::Held | _ => {}
        }
    }
}

/// Sends one request on and its answer back; gives what stands behind it, where another request may follow.
fn forward(
    mut exchange: Exchange,
    mut client: &TcpStream,
    backend: &str,
    unread: Vec<u8>,
) -> io::Result<Option<Vec<u8>>> {
    let Ok(backend) = TcpStream::connect(backend) else {
        let mut out = Vec::new();
        exchange.answer.refuse(&mut out).map_err(io::Error::other)?;
        client.write_all(&out)?;
        return close(client).map(|()| None);
    };
    wait(&backend, Some(PATIENCE))?;
    let unread = pass(&mut exchange, client, &backend, unread)?;
    if exchange.answer.is_switched() {
        tunnel(client, &backend, &unread).map(|()| None)
    } else if exchange.keeps_alive() {
        Ok(Some(unread))
    } else {
        close(client).map(|()| None)
    }
}
