//! An HTTP/1.1 server in front of a uwsgi server: `uwsgi_proxy LISTEN UPSTREAM`, such as
//! `uwsgi_proxy 127.0.0.1:8000 127.0.0.1:3031`.

mod uwsgi_both_ways;

use std::io::{self, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use uwsgi_both_ways::{close, exchange, read, tunnel};
use wirekit::bridge::uwsgi::{CONTINUE, Front, FrontEvent, Upstream};
use wirekit::uwsgi::{Var, request::Prefix};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(backend)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: uwsgi_proxy LISTEN UPSTREAM"));
    };
    run(&TcpListener::bind(listen)?, &backend)
}

/// Serves until the listener fails; one thread a client.
pub(crate) fn run(listener: &TcpListener, backend: &str) -> io::Result<()> {
    let local = listener.local_addr()?;
    let (name, port) = (local.ip().to_string(), local.port().to_string());
    let constants = [("SERVER_NAME", &name), ("SERVER_PORT", &port)];
    let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
    let mut storage = [0; 128];
    let prefix = Prefix::encode(&constants, &mut storage).map_err(io::Error::other)?;
    let upstream = Upstream::new(prefix);
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
            FrontEvent::Exchange(mut begun) => {
                let Ok(backend) = TcpStream::connect(backend) else {
                    let mut out = Vec::new();
                    begun.answer.refuse(&mut out).map_err(io::Error::other)?;
                    client.write_all(&out)?;
                    return close(client);
                };
                unread = exchange(&mut begun, client, &backend, unread)?;
                if begun.answer.is_switched() {
                    return tunnel(client, &backend, &unread);
                } else if !begun.answer.keeps_alive() {
                    return close(client);
                }
            }
            FrontEvent::Continue => client.write_all(CONTINUE)?,
            FrontEvent::Held | _ => {}
        }
    }
}
