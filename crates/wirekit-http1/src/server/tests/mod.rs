extern crate std;

mod content;
mod errors;
#[cfg(feature = "alloc")]
mod short_loop;

use std::string::String;
use std::vec::Vec;

use super::{Connection, Event};
#[cfg(not(feature = "alloc"))]
use crate::send::{append, send_methods_to_vec};
use crate::{
    BodyLength, Config, EncodeError, ErrorKind, Field, FieldTable, SendError, State, StatusCode,
    StatusLine, Version,
};

#[cfg(not(feature = "alloc"))]
impl Connection {
    send_methods_to_vec!(StatusLine);

    fn send_due(&mut self, fields: &[Field<'_>], out: &mut Vec<u8>) -> Result<usize, SendError> {
        append(out, |room| self.send_due_to_slice(fields, room))
    }
}

/// A connection with its buffers.
struct Server {
    connection: Connection,
    fields: FieldTable,
    input: Vec<u8>,
    out: Vec<u8>,
}

impl Server {
    fn new(input: &[u8]) -> Self {
        Self {
            connection: Connection::new(Config::DEFAULT),
            fields: FieldTable::new(),
            input: input.to_vec(),
            out: Vec::new(),
        }
    }

    /// The next event in a few words; "-" for none.
    fn hear(&mut self) -> String {
        let (text, used) = match self.connection.receive(&self.input, &mut self.fields) {
            Ok(None) => ("-".into(), 0),
            Ok(Some((Event::Head { head, .. }, used))) => {
                (std::format!("{:?} {}", head.method(), head.target()), used)
            }
            Ok(Some((Event::Data(data), used))) => {
                (std::format!("data {}", data.escape_ascii()), used)
            }
            Ok(Some((Event::End(trailers), used))) => {
                (std::format!("end {}", trailers.len()), used)
            }
            Err(error) => (error.kind().as_str().into(), 0),
        };
        self.input.drain(..used);
        text
    }

    fn hear_all<const N: usize>(&mut self, expected: [&str; N]) {
        for expected in expected {
            assert_eq!(self.hear(), expected);
        }
        assert_eq!(self.hear(), "-");
    }

    fn head(
        &mut self,
        status: StatusCode,
        fields: &[Field<'_>],
        body: BodyLength,
    ) -> Result<usize, SendError> {
        self.connection
            .send_head(&StatusLine::new(status), fields, body, &mut self.out)
    }

    fn answer(&mut self, status: StatusCode) {
        self.head(status, &[], BodyLength::Length(2)).unwrap();
        self.connection.send_data(b"ok", &mut self.out).unwrap();
        self.connection.send_end(&[], &mut self.out).unwrap();
    }

    fn answer_empty(&mut self) {
        self.head(StatusCode::NO_CONTENT, &[], BodyLength::None)
            .unwrap();
        self.connection.send_end(&[], &mut self.out).unwrap();
    }

    fn sent(&mut self) -> String {
        String::from_utf8(core::mem::take(&mut self.out)).unwrap()
    }

    fn states(&self) -> (State, State) {
        (
            self.connection.client_state(),
            self.connection.server_state(),
        )
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const OK_CLOSE: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";

// RFC 9112 section 9.3.2: "A server ... MUST send the corresponding responses in the same order".
#[test]
fn pipelined_requests_wait_their_turn() {
    let mut server =
        Server::new(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /1", "end 0"]);
    assert!(!server.connection.wants_input());
    assert_eq!(server.input.len(), 28);
    server.answer(StatusCode::OK);
    server.hear_all(["GET /2", "end 0"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), [OK, OK].concat());
    assert_eq!(server.states(), (State::Idle, State::Idle));
    assert!(server.connection.wants_input() && !server.connection.wants_close());
}

#[test]
fn an_early_response_does_not_end_the_request() {
    let mut server = Server::new(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab");
    server.hear_all(["PUT /", "data ab"]);
    server.answer(StatusCode::CONTENT_TOO_LARGE);
    assert_eq!(server.states(), (State::SendBody, State::Done));
    server.input.extend(b"cdGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["data cd", "end 0", "GET /", "end 0"]);

    // RFC 9112 section 9.6: what the request says about closing holds before its end too.
    let mut server =
        Server::new(b"PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\n");
    server.hear_all(["PUT /"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK_CLOSE);
}

// RFC 9112 section 9.3: close in either message ends the persistence.
#[test]
fn either_end_may_close() {
    let mut server =
        Server::new(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\nGET / HTTP/1.1\r\n");
    server.hear_all(["GET /", "end 0"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK_CLOSE);
    assert!(server.connection.wants_close() && !server.connection.wants_input());
    assert_eq!(server.hear(), "-");

    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    let close = [Field::new("connection", "Close")];
    server
        .head(StatusCode::OK, &close, BodyLength::None)
        .unwrap();
    server.connection.send_end(&[], &mut server.out).unwrap();
    assert_eq!(
        server.sent(),
        "HTTP/1.1 200 OK\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n"
    );
    assert!(server.connection.wants_close());

    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server.connection.close_after_response();
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK_CLOSE);
}

// RFC 9112 sections 9.3 and 6.1: HTTP/1.0 closes unless asked not to, and has no chunks.
#[test]
fn http_10_clients() {
    let mut server = Server::new(b"GET / HTTP/1.0\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK_CLOSE);
    assert!(server.connection.wants_close());

    let mut server =
        Server::new(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    assert_eq!(
        server.head(StatusCode::EARLY_HINTS, &[], BodyLength::None),
        Err(SendError::InterimToHttp10)
    );
    server.answer(StatusCode::OK);
    assert_eq!(
        server.sent(),
        "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok"
    );
    server.hear_all(["GET /", "end 0"]);
    server
        .head(StatusCode::OK, &[], BodyLength::Chunked)
        .unwrap();
    server
        .connection
        .send_data(b"until close", &mut server.out)
        .unwrap();
    // There are no trailers without chunks.
    let trailers = [Field::new("ETag", "1")];
    let ended = server.connection.send_end(&trailers, &mut server.out);
    assert_eq!(ended, Ok(0));
    assert_eq!(
        server.sent(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close"
    );
    assert!(server.connection.wants_close());
}

// RFC 9112 section 6.1: no Transfer-Encoding to HTTP/1.0, though it frames nothing.
#[test]
fn http_10_clients_get_no_codings() {
    let coding = [
        Field::new("A", "b"),
        Field::new("Transfer-Encoding", "chunked"),
    ];
    for (method, status, keeps) in [
        ("HEAD", StatusCode::OK, "0"),
        ("GET", StatusCode::NOT_MODIFIED, "0"),
        ("HEAD", StatusCode::OK, "1"),
    ] {
        let wire = std::format!("{method} / HTTP/1.{keeps}\r\nHost: a\r\n\r\n");
        let mut server = Server::new(wire.as_bytes());
        server.hear_all([&*std::format!("{method} /"), "end 0"]);
        let sent = server.head(status, &coding, BodyLength::None);
        let refused = SendError::Encode {
            error: EncodeError::FramingMismatch { index: 1 },
        };
        assert_eq!(sent.err(), (keeps == "0").then_some(refused));
    }
}

// RFC 9110 section 10.1.1.
#[test]
fn a_client_may_wait_for_100() {
    let wire = b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    let mut server = Server::new(wire);
    server.hear_all(["PUT /"]);
    assert!(server.connection.awaits_continue());
    server
        .head(StatusCode::PROCESSING, &[], BodyLength::None)
        .unwrap();
    assert!(server.connection.awaits_continue());
    server
        .head(StatusCode::CONTINUE, &[], BodyLength::None)
        .unwrap();
    assert!(!server.connection.awaits_continue());
    assert_eq!(
        server.sent(),
        "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    );
    server.input.extend(b"hi");
    server.hear_all(["data hi", "end 0"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK);

    // Without 100 nobody knows whether the body comes: this response is the last.
    let mut server = Server::new(wire);
    server.hear_all(["PUT /"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK_CLOSE);
    assert!(server.connection.wants_close());

    // "... if it has determined that there is no content": nothing to wait for.
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    assert_eq!(server.hear(), "GET /");
    assert!(!server.connection.awaits_continue());

    // A client that sent its body all the same is no longer waiting.
    let mut server = Server::new(&[wire, b"hi".as_slice()].concat());
    server.hear_all(["PUT /", "data hi", "end 0"]);
    assert!(!server.connection.awaits_continue());
    server.answer(StatusCode::OK);
    assert_eq!(server.sent(), OK);
}

// RFC 9110 section 7.8.
#[test]
fn an_upgrade_leaves_the_unread_bytes() {
    let wire = b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\nGET / HTTP/1.1\r\n";
    let agreed = [
        Field::new("Upgrade", "chat"),
        Field::new("Connection", "upgrade"),
    ];
    let mut server = Server::new(wire);
    server.hear_all(["GET /chat", "end 0"]);
    assert_eq!(server.states(), (State::MightSwitch, State::SendResponse));
    server
        .head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None)
        .unwrap();
    assert!(server.connection.is_switched() && !server.connection.wants_input());
    assert_eq!(server.hear(), "-");
    assert_eq!(server.input, b"GET / HTTP/1.1\r\n");
    let refused = SendError::State {
        state: State::Switched,
    };
    assert_eq!(
        server.head(StatusCode::OK, &[], BodyLength::None),
        Err(refused)
    );

    // Declined: HTTP goes on.
    let mut server = Server::new(wire);
    server.hear_all(["GET /chat", "end 0"]);
    server.answer(StatusCode::OK);
    server.input.extend(b"Host: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    assert_eq!(
        server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None),
        Err(SendError::SwitchNotProposed)
    );

    // Not before the request is complete.
    let put = b"PUT / HTTP/1.1\r\nHost: a\r\nUpgrade: chat\r\nConnection: upgrade\r\n";
    let mut server = Server::new(&[put, &b"Content-Length: 2\r\n\r\na"[..]].concat());
    server.hear_all(["PUT /", "data a"]);
    let early = server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None);
    assert_eq!(early, Err(SendError::SwitchNotProposed));
    assert!(server.out.is_empty());

    // It is, where nothing more is to come, though its end was not reported.
    server.input.extend(b"b\x81");
    assert_eq!(server.hear(), "data b");
    server
        .head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None)
        .unwrap();
    assert!(server.connection.is_switched());
    assert_eq!(
        (server.hear(), &server.input[..]),
        ("-".into(), &b"\x81"[..])
    );

    let chunked = b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    for (more, is_complete) in [(&b"\r\n"[..], true), (chunked, false)] {
        let mut server = Server::new(&[put, more].concat());
        assert_eq!(server.hear(), "PUT /");
        let sent = server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None);
        assert_eq!(sent.is_ok(), is_complete, "{sent:?}");
        assert_eq!(server.connection.is_switched(), is_complete);
    }
    // The end that was not reported belongs to the switch alone: where it is declined, it is still to be reported.
    let mut server = Server::new(wire);
    assert_eq!(server.hear(), "GET /chat");
    server.answer(StatusCode::OK);
    assert_eq!(server.states(), (State::SendBody, State::Done));
    assert_eq!(server.hear(), "end 0");
}

// RFC 9110 section 7.8: "A server MUST NOT switch to a protocol that was not indicated by the client in the corresponding
// request's Upgrade header field"; and section 15.2.2: it says which.
#[test]
fn a_switch_is_to_what_was_offered() {
    let wire = b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x/1,\r\nConnection: upgrade\r\nupgrade:, chat\r\n\r\n";
    let refused = |index| Err(SendError::ProtocolNotOffered { index });
    let missing = Err(SendError::Encode {
        error: EncodeError::MissingUpgrade,
    });
    for (protocol, verdict) in [
        ("CHAT", Ok(())),
        ("chat, X/1", Ok(())),
        ("chat,", Ok(())),
        ("x", refused(1)),
        ("x/2", refused(1)),
        ("chat, other", refused(1)),
        ("", missing),
        (",", missing),
    ] {
        let mut server = Server::new(wire);
        server.hear_all(["GET /", "end 0"]);
        let agreed = [
            Field::new("Connection", "upgrade"),
            Field::new("Upgrade", protocol),
        ];
        let sent = server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None);
        assert_eq!(sent.map(|_| ()), verdict, "{protocol}");
        assert_eq!(server.connection.is_switched(), verdict.is_ok());
        assert_eq!(server.out.is_empty(), verdict.is_err());
        if verdict.is_err() {
            server.answer(StatusCode::OK);
            assert_eq!(server.sent(), OK);
        }
    }
    // What has no room is forgotten, and what is behind it is not, if it has.
    let (long, exact) = ("a".repeat(60), "b".repeat(57));
    let wire = std::format!(
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: chat, {long}, {exact}\r\n\r\n"
    );
    for (protocol, verdict) in [("chat", Ok(())), (&long, refused(1)), (&exact, Ok(()))] {
        let mut server = Server::new(wire.as_bytes());
        server.hear_all(["GET /", "end 0"]);
        let agreed = [
            Field::new("Connection", "upgrade"),
            Field::new("Upgrade", protocol),
        ];
        let sent = server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None);
        assert_eq!(sent.map(|_| ()), verdict, "{protocol}");
    }
}

// RFC 9110 section 9.3.6.
#[test]
fn connect_becomes_a_tunnel_or_not() {
    let wire = b"CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01";
    let mut server = Server::new(wire);
    server.hear_all(["CONNECT a:443", "end 0"]);
    let length = [Field::new("Content-Length", "0")];
    assert_eq!(
        server.head(StatusCode::OK, &length, BodyLength::None),
        Err(SendError::Encode {
            error: EncodeError::FramingMismatch { index: 0 }
        })
    );
    for body in [
        BodyLength::Length(0),
        BodyLength::Length(3),
        BodyLength::Chunked,
        BodyLength::UntilClose,
    ] {
        let refused = Err(SendError::Encode {
            error: EncodeError::BodyNotAllowed,
        });
        assert_eq!(server.head(StatusCode::OK, &[], body), refused);
        assert!(server.out.is_empty() && !server.connection.is_switched());
    }
    server.head(StatusCode::OK, &[], BodyLength::None).unwrap();
    assert_eq!(server.sent(), "HTTP/1.1 200 OK\r\n\r\n");
    assert!(server.connection.is_switched());
    assert_eq!(server.input, b"\x16\x03\x01");

    // At once: there is no content to wait for.
    let mut server = Server::new(wire);
    assert_eq!(server.hear(), "CONNECT a:443");
    server.head(StatusCode::OK, &[], BodyLength::None).unwrap();
    assert!(server.connection.is_switched());
    assert_eq!(server.input, b"\x16\x03\x01");

    let mut server = Server::new(wire);
    server.hear_all(["CONNECT a:443", "end 0"]);
    server.answer(StatusCode::FORBIDDEN);
    assert!(!server.connection.is_switched() && server.connection.wants_input());
}

// RFC 9112 section 9.6: the client may close its side and read on.
#[test]
fn a_half_closed_connection_is_answered() {
    let mut server =
        Server::new(b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /1", "end 0"]);
    server.connection.receive_eof().unwrap();
    server.answer(StatusCode::OK);
    server.hear_all(["GET /2", "end 0"]);
    server.answer(StatusCode::OK);
    assert_eq!(server.hear(), "-");
    assert_eq!(server.sent(), [OK, OK].concat());
    assert!(server.connection.wants_close());

    // The end of a request that was there in time is still reported, answered before or not.
    for is_early in [true, false] {
        let mut server = Server::new(b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx");
        assert_eq!(
            (server.hear(), server.hear()),
            ("PUT /".into(), "data x".into())
        );
        server.connection.receive_eof().unwrap();
        if is_early {
            server.answer(StatusCode::OK);
        }
        server.hear_all(["end 0"]);
        if !is_early {
            server.answer(StatusCode::OK);
        }
        assert_eq!(server.hear(), "-");
        assert_eq!(server.sent(), OK);
        assert!(server.connection.wants_close());
    }
}
