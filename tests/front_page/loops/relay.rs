//! The second of `wirekit-websocket`: a relay, in front of the echo and of servers that break off.

use core::net::SocketAddr;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use wirekit::websocket::relay::Relay;
use wirekit::websocket::{Close, CloseCode, Error, MaskingKey, Role};

use super::websocket;
use crate::client::{Exchange, have};
use crate::figures::root;

include!("pass.rs");

const HELLO: (&str, &str) = ("\u{81}\u{85}\0\0\0\0Hello", "\u{81}\u{5}Hello");

/// What goes through to the other end and back where this one has gone without a Close frame.
const GONE: &str = "\u{88}\u{2}\u{3}\u{e9}";
const BAD_GATEWAY: &str = "\u{88}\u{2}\u{3}\u{f6}";

/// Masked with zeros; behind the relay is the echo.
#[rustfmt::skip]
const EXCHANGES: &[Exchange<'_>] = &[
    (&[HELLO, ("\u{82}\u{81}\0\0\0\0\0", "\u{82}\u{1}\0"), HELLO], GONE),
    // RFC 6455 section 5.4: fragments, and a ping between them.
    (&[("\u{1}\u{83}\0\0\0\0Hel", "\u{1}\u{3}Hel"), ("\u{89}\u{81}\0\0\0\0x", "\u{8a}\u{1}x"), ("\u{80}\u{82}\0\0\0\0lo", "\u{80}\u{2}lo")], GONE),
    // RFC 6455 section 5.5.1: a Close frame and its answer pass, and one that says what the server finds wrong.
    (&[HELLO, ("\u{88}\u{82}\0\0\0\0\u{3}\u{e8}", "\u{88}\u{2}\u{3}\u{e8}")], ""),
    (&[("\u{81}\u{81}\0\0\0\0\u{ff}", "\u{88}\u{2}\u{3}\u{ef}")], ""),
    // RFC 6455 section 5.1: what the relay itself finds wrong.
    (&[HELLO, ("\u{81}\u{0}", "\u{88}\u{2}\u{3}\u{ea}")], ""),
    // A client that has gone before a frame, inside a header, and inside a payload, where no Close frame can be sent to the server.
    (&[], GONE),
    (&[HELLO, ("\u{81}\u{85}", "")], GONE),
    (&[("\u{81}\u{85}\0\0\0\0He", "\u{1}\u{2}He")], BAD_GATEWAY),
];

/// What a server sends before it has gone, and what its client gets.
#[rustfmt::skip]
const BROKEN_OFF: &[(&[u8], &str)] = &[
    (b"", BAD_GATEWAY),
    (b"\x81\x05Hello", "\u{81}\u{5}Hello\u{88}\u{2}\u{3}\u{f6}"),
    (b"\x81\x05Hello\x82", "\u{81}\u{5}Hello\u{88}\u{2}\u{3}\u{f6}"),
    (b"\x01\x05Hello", "\u{1}\u{5}Hello\u{88}\u{2}\u{3}\u{f6}"),
    // RFC 6455 section 5.4: nothing can stand inside a frame.
    (b"\x81\x05Hel", "\u{81}\u{5}Hel"),
];

#[test]
fn what_is_tested_is_what_the_readme_shows() {
    let shown = fs::read_to_string(root().join("crates/wirekit-websocket/README.md"));
    assert!(shown.expect("a README").contains(include_str!("pass.rs")));
}

#[test]
fn the_relay_of_websocket_closes_whatever_an_end_may_do() {
    let echo = listen(websocket::serve);
    let relay = listen(move |stream| serve(stream, echo));
    for exchange in EXCHANGES {
        have("wirekit-websocket/README.md, relay", relay, *exchange);
    }
    for &(sent, got) in BROKEN_OFF {
        let broken = listen(move |mut stream| stream.write_all(sent));
        let relay = listen(move |stream| serve(stream, broken));
        have(
            "wirekit-websocket/README.md, relay",
            relay,
            (&[("", got)], ""),
        );
    }
}

/// A server that ends with the test.
fn listen(serve: impl Fn(TcpStream) -> io::Result<()> + Copy + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream?));
        }
    });
    address
}

/// What the README says beside the loop, in both directions.
fn serve(client: TcpStream, server: SocketAddr) -> io::Result<()> {
    let server = TcpStream::connect(server)?;
    let relay = Arc::new(Mutex::new(Relay::new()));
    let forth = {
        let (relay, from, to) = (Arc::clone(&relay), client.try_clone()?, server.try_clone()?);
        thread::spawn(move || carry(&relay, Role::Client, from, to))
    };
    carry(&relay, Role::Server, server, client)?;
    forth.join().expect("a direction")
}

fn carry(
    relay: &Mutex<Relay>,
    sender: Role,
    mut from: TcpStream,
    mut to: TcpStream,
) -> io::Result<()> {
    let (mut buf, mut piece) = (Vec::new(), [0; 4096]);
    loop {
        let len = from.read(&mut piece)?;
        buf.extend_from_slice(&piece[..len]);
        // Only one direction at a time writes: a broken rule is answered, too.
        let mut relay = relay.lock().expect("the other direction");
        let mut out = Vec::new();
        let passed = pass(&mut relay, sender, &buf, &mut out);
        to.write_all(&out)?;
        let code = match (passed, sender) {
            (Ok(used), _) if len > 0 && relay.wants_input(sender) => {
                buf.drain(..used);
                continue;
            }
            (Ok(_), Role::Client) => CloseCode::GOING_AWAY,
            (Ok(_), Role::Server) => CloseCode::BAD_GATEWAY,
            (Err(error), _) => {
                close(&mut relay, sender, error.close_code(), &mut from)?;
                error.close_code()
            }
        };
        // RFC 6455 section 5.5.1: the answer to a Close frame that passed is the other end's.
        if relay.wants_input(sender) || passed.is_err() {
            close(&mut relay, sender.peer(), code, &mut to)?;
        }
        return to.shutdown(Shutdown::Write);
    }
}

/// Sends a Close frame if it may be put now.
fn close(relay: &mut Relay, receiver: Role, code: CloseCode, to: &mut TcpStream) -> io::Result<()> {
    if !relay.may_close(receiver) {
        return Ok(());
    }
    let key = (receiver == Role::Server).then_some(MaskingKey([0; 4]));
    let (close, mut out) = (Close { code, reason: "" }, Vec::new());
    relay
        .send_close(receiver, close, key, &mut out)
        .map_err(io::Error::other)?;
    to.write_all(&out)
}
