//! The loops that the READMEs show, compiled from the text that the READMEs quote, behind a socket.

mod bridge;
mod relay;
mod websocket;

use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;

use bytes::BytesMut;
use wirekit::http1::server::Connection;
use wirekit::http1::{Config, FieldTable, SendError};

use crate::client::{Exchange, have};
use crate::figures::root;

/// The front page's and the facade's.
mod front {
    use bytes::{Buf, BytesMut};
    use wirekit::http1::server::{Connection, Event};
    use wirekit::http1::{BodyLength, FieldTable, Method, SendError, StatusCode, StatusLine};

    include!("drive.rs");

    pub(super) const DRIVE: super::Drive = drive;
}

/// That of `wirekit-http1`, whose own tests compare it with the README.
mod http1 {
    use bytes::Buf;
    use wirekit::http1::server::{Connection, Event};
    use wirekit::http1::{BodyLength, FieldTable, Method, SendError, StatusCode, StatusLine};

    include!("../../../crates/wirekit-http1/src/server/tests/advance.rs");

    pub(super) const DRIVE: super::Drive = |connection, fields, input, out| {
        let mut answers = Vec::new();
        let used = advance(connection, fields, input, &mut answers)?;
        out.extend_from_slice(&answers);
        input.advance(used);
        Ok(())
    };
}

/// What a README's loop does with what was read.
type Drive =
    fn(&mut Connection, &mut FieldTable, &mut BytesMut, &mut BytesMut) -> Result<(), SendError>;

/// A loop, the answer that it gives to any GET, and what it does with another method.
struct Loop {
    drive: Drive,
    head: &'static str,
    content: &'static str,
    own: &'static [Exchange<'static>],
}

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[rustfmt::skip]
const FRONT: Loop = Loop {
    drive: front::DRIVE,
    head: "HTTP/1.1 204 No Content\r\n\r\n",
    content: "",
    own: &[
        // RFC 9110 section 9.3.6: who has no tunnel must not answer 2xx.
        (&[("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nGET / HTTP/1.1\r\n", "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")], ""),
        // RFC 9110 section 10.1.1: a client that waits gets 100 or a final status at once.
        (&[("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\n"), ("hi", "HTTP/1.1 204 No Content\r\n\r\n"), (GET, "HTTP/1.1 204 No Content\r\n\r\n")], ""),
        // RFC 9112 section 8: a request that was cut is not served.
        (&[("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "")], "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
    ],
};

#[rustfmt::skip]
const HTTP1: Loop = Loop {
    drive: http1::DRIVE,
    head: "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
    content: "hi\n",
    own: &[
        // RFC 9110 section 9.3.6: who has no tunnel must not answer 2xx.
        (&[("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\nContent-Length: 3\r\n\r\nhi\n")], ""),
        // RFC 9110 section 10.1.1: a final status at once, behind which the body is in doubt.
        (&[("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhi\n")], ""),
        // An early answer. RFC 9112 section 9.3: "A server MUST read the entire request message body or close the connection".
        (&[("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 501 Not Implemented\r\nContent-Length: 3\r\n\r\nhi\n"), ("loGET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n")], ""),
        (&[("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "HTTP/1.1 501 Not Implemented\r\nContent-Length: 3\r\n\r\nhi\n")], ""),
    ],
};

#[test]
fn what_is_tested_is_what_the_readmes_show() {
    for readme in ["README.md", "crates/wirekit/README.md"] {
        let shown = fs::read_to_string(root().join(readme)).expect("a README");
        assert!(shown.contains(include_str!("drive.rs")), "{readme}");
    }
}

#[test]
fn the_front_page_s_loop_answers_whatever_a_client_may_say() {
    answers_whatever_a_client_may_say("README.md", &FRONT);
}

#[test]
fn the_loop_of_http1_answers_whatever_a_client_may_say() {
    answers_whatever_a_client_may_say("wirekit-http1/README.md", &HTTP1);
}

fn answers_whatever_a_client_may_say(name: &str, shown: &Loop) {
    let drive = shown.drive;
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    // It ends with the test.
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || serve(stream?, drive));
        }
    });
    let head = shown.head;
    let answer = &[head, shown.content].concat();
    let closing = &answer.replacen("\r\n", "\r\nConnection: close\r\n", 1);
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let unreadable = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
    #[rustfmt::skip]
    let rows: &[Exchange<'_>] = &[
        // RFC 9110 section 9.3.2: HEAD "MUST NOT send content", and the connection goes on.
        (&[("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", head), (GET, answer)], ""),
        // RFC 9110 section 10.1.1: a client that waits gets 100, but not where there is no content, and not in HTTP/1.0.
        (&[("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", go_on), ("h", ""), ("i", answer), (GET, answer)], ""),
        (&[("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n", go_on), ("2\r\nhi\r\n0\r\n\r\n", answer), (GET, answer)], ""),
        (&[("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n", answer), (GET, answer)], ""),
        (&[("GET / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nhi", closing)], ""),
        // RFC 9110 section 7.8: an upgrade may be ignored.
        (&[("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", answer), (GET, answer)], ""),
        // RFC 9112 section 9.6: a client that has shut down its side is answered; inside a request, section 8, it is not served.
        (&[], ""),
        (&[(&[GET, GET].concat(), "")], &[answer.as_str(), answer].concat()),
        (&[("GET / HTTP/1.1\r\nHo", "")], unreadable),
        (&[("GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel", "")], unreadable),
    ];
    for row in rows.iter().chain(shown.own) {
        have(name, address, *row);
    }
}

/// What the READMEs say beside the loop: write, read more if it is of use, and report the end of input.
fn serve(mut stream: TcpStream, drive: Drive) -> io::Result<()> {
    let (mut connection, mut fields) = (Connection::new(Config::DEFAULT), FieldTable::new());
    let (mut input, mut out) = (BytesMut::new(), BytesMut::new());
    let mut piece = [0; 4096];
    while connection.wants_input() {
        match stream.read(&mut piece)? {
            // `receive` gives the error again.
            0 => _ = connection.receive_eof(),
            len => input.extend_from_slice(&piece[..len]),
        }
        drive(&mut connection, &mut fields, &mut input, &mut out).map_err(io::Error::other)?;
        stream.write_all(&out)?;
        out.clear();
    }
    // RFC 9112 section 9.6: what the client still sends is read, or it might not see the answer.
    stream.shutdown(Shutdown::Write)?;
    while stream.read(&mut piece)? > 0 {}
    Ok(())
}
