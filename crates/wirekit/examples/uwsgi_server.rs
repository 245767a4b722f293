//! A uwsgi server that stands behind nginx, Apache, lighttpd or `uwsgi_curl`: `uwsgi_server LISTEN`.
//!
//! It answers with the variables that it got, one a line, and then with the body.

use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::SystemTime;

use wirekit::uwsgi::response::{Builder, Form};
use wirekit::uwsgi::server::{Config, Decoder, Environ, Event};
use wirekit::uwsgi::{Field, Key, Vars};

const OK: (u16, &[u8]) = (200, b"OK");
const BAD_REQUEST: (u16, &[u8]) = (400, b"Bad Request");

fn main() -> io::Result<()> {
    let Some(listen) = std::env::args().nth(1) else {
        return Err(io::Error::other("usage: uwsgi_server LISTEN"));
    };
    run(&TcpListener::bind(listen)?)
}

/// Serves until the listener fails.
pub(crate) fn run(listener: &TcpListener) -> io::Result<()> {
    loop {
        let (front, remote) = listener.accept()?;
        thread::spawn(move || {
            if let Err(error) = serve(front) {
                eprintln!("{remote}: {error}");
            }
        });
    }
}

/// Serves one request; the connection ends the answer.
fn serve(mut front: TcpStream) -> io::Result<()> {
    let mut decoder = Decoder::new(Config::DEFAULT);
    let mut unread = Vec::new();
    let mut answer = Vec::new();
    let mut is_head = false;
    loop {
        let used = match decoder.receive(&unread) {
            Ok(None) => {
                let mut piece = [0; 65_536];
                let len = front.read(&mut piece)?;
                if len == 0 {
                    let end = decoder.receive_eof();
                    return end.map(|_| ()).map_err(io::Error::other);
                }
                unread.extend_from_slice(piece.get(..len).unwrap_or_default());
                continue;
            }
            Ok(Some((event, used))) => {
                match event {
                    Event::Request(request) => {
                        if let Err(error) = Environ::new(&request) {
                            return refuse(&mut front, &error.to_string());
                        }
                        is_head = request.get(Key::RequestMethod) == Some(b"HEAD");
                        list(request.vars(), &mut answer)?;
                    }
                    Event::Packet(packet) => {
                        return refuse(
                            &mut front,
                            &format!("{:?} is no request", packet.modifier1()),
                        );
                    }
                    Event::Data(data) => answer.extend_from_slice(data),
                    Event::End | _ => break,
                }
                used
            }
            Err(error) => return refuse(&mut front, &error.to_string()),
        };
        unread.drain(..used);
    }
    // RFC 3875 section 4.3.3: the head that GET would get, and no content.
    let content = if is_head { &[][..] } else { &answer };
    respond(&mut front, OK, answer.len(), content)
}

fn list(vars: Vars<'_>, out: &mut Vec<u8>) -> io::Result<()> {
    for var in vars {
        writeln!(
            out,
            "{}={}",
            var.key.escape_ascii(),
            var.value.escape_ascii()
        )?;
    }
    writeln!(out)
}

fn refuse(front: &mut TcpStream, reason: &str) -> io::Result<()> {
    let content = reason.as_bytes();
    respond(front, BAD_REQUEST, content.len(), content)
}

/// The end of the connection ends the response.
fn respond(
    front: &mut TcpStream,
    (status, reason): (u16, &[u8]),
    len: usize,
    content: &[u8],
) -> io::Result<()> {
    let (len, date) = (len.to_string(), httpdate::fmt_http_date(SystemTime::now()));
    let fields = [
        Field::new(b"Content-Type", b"text/plain"),
        Field::new(b"Content-Length", len.as_bytes()),
        Field::new(b"Date", date.as_bytes()),
    ];
    let mut head = Vec::new();
    Builder::new(Form::Http, status, &fields)
        .reason(reason)
        .encode(&mut head)
        .map_err(io::Error::other)?;
    front.write_all(&head)?;
    front.write_all(content)?;
    front.shutdown(Shutdown::Write)?;
    // Closing with bytes unread would reset the connection, and the front might lose the answer.
    front.set_read_timeout(Some(Duration::from_secs(1)))?;
    let _ = io::copy(&mut front.take(16 << 20), &mut io::sink());
    Ok(())
}
