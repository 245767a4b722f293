//! An HTTP/1.1 server in front of a uwsgi server: `uwsgi_proxy LISTEN UPSTREAM`, such as
//! `uwsgi_proxy 127.0.0.1:8000 127.0.0.1:3031`.
//!
//! One thread a client, and one more while a body is on its way: the answer is read while the body is still being
//! sent, so that an early 413 arrives whole.

use core::net::SocketAddr;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use wirekit::bridge::uwsgi::{Answer, Upstream};
use wirekit::http1::{
    Body, BodyLength, BodyReader, Config, FieldTable, Progress, Quirks, RequestHead, StatusCode,
    StatusLine,
};
use wirekit::uwsgi::{Var, request::Prefix};

fn main() -> io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(listen), Some(upstream)) = (arguments.next(), arguments.next()) else {
        return Err(io::Error::other("usage: uwsgi_proxy LISTEN UPSTREAM"));
    };
    run(&TcpListener::bind(listen)?, &upstream)
}

/// Serves until the listener fails.
pub(crate) fn run(listener: &TcpListener, upstream: &str) -> io::Result<()> {
    let local = listener.local_addr()?;
    loop {
        let (client, remote) = listener.accept()?;
        let upstream = upstream.to_owned();
        thread::spawn(move || {
            if let Err(error) = serve(&client, remote, local, &upstream) {
                eprintln!("{remote}: {error}");
            }
        });
    }
}

/// Serves one client, request after request.
fn serve(
    mut client: &TcpStream,
    remote: SocketAddr,
    local: SocketAddr,
    upstream: &str,
) -> io::Result<()> {
    client.set_nodelay(true)?;
    let (name, port) = (local.ip().to_string(), local.port().to_string());
    let constants = [
        Var::new(b"SERVER_NAME", name.as_bytes()),
        Var::new(b"SERVER_PORT", port.as_bytes()),
    ];
    let mut storage = [0; 128];
    let server = Upstream::new(Prefix::encode(&constants, &mut storage).map_err(io::Error::other)?);

    let mut unread = Vec::new();
    loop {
        let mut fields = FieldTable::new();
        let mut progress = Progress::new();
        while RequestHead::resume(&unread, &mut fields, &Config::DEFAULT, &mut progress)
            .is_ok_and(|head| head.is_none())
        {
            if read(&mut client, &mut unread)? == 0 {
                return Ok(());
            }
        }
        let (head, head_len) = match RequestHead::parse(&unread, &mut fields) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(error) => return refuse(client, error.kind().status()),
        };
        let mut packet = Vec::new();
        if let Err(refusal) = server.encode(&head, Some(remote), None, &mut packet) {
            return refuse(client, refusal.status());
        }
        let framing = head.framing(Quirks::NONE).map_err(io::Error::other)?;
        if framing.expect_continue() {
            client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut answer = Answer::to(&head).map_err(io::Error::other)?;
        let Ok(mut backend) = TcpStream::connect(upstream) else {
            return refuse(client, StatusCode(502));
        };
        // A packet that is refused comes back as a closed connection, which reading the answer tells.
        let _ = backend.write_all(&packet);

        let body = unread.split_off(head_len);
        let (after_body, outcome) = thread::scope(|scope| {
            let sender = scope.spawn(|| send_body(client, &backend, body, framing.body()));
            let outcome = relay_answer(&mut answer, &backend, client);
            if !answer.is_switched() {
                let _ = backend.shutdown(Shutdown::Both);
            }
            (sender.join(), outcome)
        });
        outcome?;
        unread = after_body.map_err(|_| io::Error::other("a sender panicked"))??;
        if answer.is_switched() {
            return tunnel(client, &backend, &unread);
        }
        if !answer.is_done() && !answer.has_begun() {
            return refuse(client, StatusCode(502));
        }
        if !answer.keeps_alive() {
            return client.shutdown(Shutdown::Write);
        }
    }
}

/// Sends the body on, and gives back what the client has sent behind it. A backend that stops listening is no fault:
/// the rest of the body is read all the same, lest closing with bytes unread takes the answer from the client.
fn send_body(
    mut client: &TcpStream,
    mut backend: &TcpStream,
    mut unread: Vec<u8>,
    length: BodyLength,
) -> io::Result<Vec<u8>> {
    let mut reader = BodyReader::new(length, &Config::DEFAULT);
    let mut trailers = FieldTable::new();
    let mut listening = true;
    loop {
        let mut at = 0;
        while let Some((piece, used)) = reader
            .receive(unread.get(at..).unwrap_or_default(), &mut trailers)
            .map_err(io::Error::other)?
        {
            if let Body::Data(data) = piece {
                listening = listening && backend.write_all(data).is_ok();
            }
            at += used;
        }
        unread.drain(..at);
        if reader.is_done() {
            return Ok(unread);
        }
        if read(&mut client, &mut unread)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

/// Passes the answer on until it is complete, or a tunnel begins.
fn relay_answer(
    answer: &mut Answer,
    mut backend: &TcpStream,
    mut client: &TcpStream,
) -> io::Result<()> {
    let (mut unread, mut out) = (Vec::new(), Vec::new());
    while !answer.is_done() {
        // A backend that closes with the body unread resets the connection; what it said before is still read first.
        let ended = read(&mut backend, &mut unread).unwrap_or(0) == 0;
        let taken = answer.receive(&unread, &mut out);
        let used = taken.unwrap_or(0);
        unread.drain(..used);
        let closed = if ended {
            answer.receive_eof(&unread, &mut out)
        } else {
            Ok(())
        };
        if answer.is_switched() {
            out.append(&mut unread);
        }
        client.write_all(&out)?;
        out.clear();
        if answer.is_switched() || (taken.is_err() || closed.is_err()) && !answer.has_begun() {
            return Ok(());
        }
        taken.map_err(io::Error::other)?;
        closed.map_err(io::Error::other)?;
    }
    Ok(())
}

/// Copies both ways until both sides are done.
fn tunnel(mut client: &TcpStream, mut backend: &TcpStream, unread: &[u8]) -> io::Result<()> {
    backend.write_all(unread)?;
    thread::scope(|scope| {
        scope.spawn(|| {
            let _ = io::copy(&mut &*client, &mut &*backend);
            let _ = backend.shutdown(Shutdown::Write);
        });
        let _ = io::copy(&mut backend, &mut client);
        client.shutdown(Shutdown::Both)
    })
}

fn refuse(mut client: &TcpStream, status: StatusCode) -> io::Result<()> {
    let mut out = Vec::new();
    let fields = [wirekit::http1::Field::new("Connection", "close")];
    StatusLine::new(status)
        .encode(&fields, BodyLength::Length(0), &mut out)
        .map_err(io::Error::other)?;
    client.write_all(&out)?;
    client.shutdown(Shutdown::Write)
}

fn read(from: &mut impl Read, into: &mut Vec<u8>) -> io::Result<usize> {
    let mut piece = [0; 65_536];
    let len = from.read(&mut piece)?;
    into.extend_from_slice(piece.get(..len).unwrap_or_default());
    Ok(len)
}
