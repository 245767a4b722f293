//! That of `wirekit-websocket`: an echo.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use wirekit::websocket::{Config, Connection, Event, SendError};

use crate::client::{Exchange, have};
use crate::figures::root;

include!("echo.rs");

const HELLO: (&str, &str) = ("\u{81}\u{85}\0\0\0\0Hello", "\u{81}\u{5}Hello");

/// Masked with zeros.
#[rustfmt::skip]
const EXCHANGES: &[Exchange<'_>] = &[
    (&[HELLO, ("\u{82}\u{81}\0\0\0\0\0", "\u{82}\u{1}\0"), HELLO], ""),
    // RFC 6455 section 5.4: fragments, and a ping between them.
    (&[("\u{1}\u{83}\0\0\0\0Hel", "\u{1}\u{3}Hel"), ("\u{89}\u{81}\0\0\0\0x", "\u{8a}\u{1}x"), ("\u{80}\u{82}\0\0\0\0lo", "\u{80}\u{2}lo")], ""),
    // RFC 6455 section 5.5.1: the answer to a Close frame, after which nothing is read.
    (&[("\u{88}\u{82}\0\0\0\0\u{3}\u{e8}", "\u{88}\u{2}\u{3}\u{e8}")], ""),
    // RFC 6455 section 7.1.7: a Close frame says what is wrong, behind what was right.
    (&[("\u{81}\u{85}\0\0\0\0Hello\u{81}\u{0}", "\u{81}\u{5}Hello\u{88}\u{2}\u{3}\u{ea}")], ""),
    (&[("\u{81}\u{81}\0\0\0\0\u{ff}", "\u{88}\u{2}\u{3}\u{ef}")], ""),
    // A client that has gone, before and inside a frame.
    (&[], ""),
    (&[HELLO, ("\u{81}\u{85}", "")], ""),
];

#[test]
fn what_is_tested_is_what_the_readme_shows() {
    let shown = fs::read_to_string(root().join("crates/wirekit-websocket/README.md"));
    assert!(shown.expect("a README").contains(include_str!("echo.rs")));
}

#[test]
fn the_loop_of_websocket_answers_whatever_a_client_may_say() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream?));
        }
    });
    for exchange in EXCHANGES {
        have("wirekit-websocket/README.md", address, *exchange);
    }
}

/// What the README says beside the loop.
pub(super) fn serve(mut stream: TcpStream) -> io::Result<()> {
    let mut server = Connection::new(Config::SERVER);
    let (mut buf, mut out, mut piece) = (Vec::new(), Vec::new(), [0; 4096]);
    while server.wants_input() {
        match stream.read(&mut piece)? {
            0 => _ = server.receive_eof(),
            len => buf.extend_from_slice(&piece[..len]),
        }
        let used = echo(&mut server, &mut buf, &mut out).map_err(io::Error::other)?;
        buf.drain(..used);
        stream.write_all(&out)?;
        out.clear();
    }
    Ok(())
}
