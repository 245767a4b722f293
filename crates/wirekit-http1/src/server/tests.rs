extern crate std;

#[cfg(not(feature = "alloc"))]
use core::borrow::Borrow;
use std::string::String;
use std::vec::Vec;

use super::{Connection, Event};
#[cfg(not(feature = "alloc"))]
use crate::send::append;
use crate::{
    BodyLength, Config, EncodeError, ErrorKind, Field, FieldTable, SendError, State, StatusCode,
    StatusLine, Version,
};

/// The doors that come with `alloc`, by those to a slice.
#[cfg(not(feature = "alloc"))]
impl Connection {
    fn send_head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        out: &mut Vec<u8>,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        append(out, |room| {
            self.send_head_to_slice(line, fields, body, room)
        })
    }

    fn send_data(&mut self, data: &[u8], out: &mut Vec<u8>) -> Result<usize, SendError> {
        append(out, |room| self.send_data_to_slice(data, room))
    }

    fn send_end(&mut self, trailers: &[Field<'_>], out: &mut Vec<u8>) -> Result<usize, SendError> {
        append(out, |room| self.send_end_to_slice(trailers, room))
    }

    fn send_due(&mut self, out: &mut Vec<u8>) -> Result<usize, SendError> {
        append(out, |room| self.send_due_to_slice(room))
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
    assert_eq!(
        server
            .connection
            .send_end(&[Field::new("ETag", "1")], &mut server.out),
        Err(SendError::TrailersNotAllowed)
    );
    server.connection.send_end(&[], &mut server.out).unwrap();
    assert_eq!(
        server.sent(),
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil close"
    );
    assert!(server.connection.wants_close());
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
    let mut server = Server::new(
        b"PUT / HTTP/1.1\r\nHost: a\r\nUpgrade: chat\r\nConnection: upgrade\r\nContent-Length: 2\r\n\r\na",
    );
    server.hear_all(["PUT /", "data a"]);
    let early = server.head(StatusCode::SWITCHING_PROTOCOLS, &agreed, BodyLength::None);
    assert_eq!(early, Err(SendError::SwitchNotProposed));
    assert!(server.out.is_empty());
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
        Err(SendError::Encode(EncodeError::FramingMismatch { index: 0 }))
    );
    server.head(StatusCode::OK, &[], BodyLength::None).unwrap();
    assert_eq!(server.sent(), "HTTP/1.1 200 OK\r\n\r\n");
    assert!(server.connection.is_switched());
    assert_eq!(server.input, b"\x16\x03\x01");

    let mut server = Server::new(wire);
    server.hear_all(["CONNECT a:443", "end 0"]);
    server.answer(StatusCode::FORBIDDEN);
    assert!(!server.connection.is_switched() && server.connection.wants_input());
}

#[test]
fn responses_to_head_have_no_body() {
    let mut server = Server::new(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
    for (body, expected) in [
        (
            BodyLength::Length(7),
            "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n",
        ),
        (
            BodyLength::Chunked,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        ),
        (BodyLength::UntilClose, "HTTP/1.1 200 OK\r\n\r\n"),
        (BodyLength::None, "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        server.hear_all(["HEAD /", "end 0"]);
        server.head(StatusCode::OK, &[], body).unwrap();
        assert_eq!(
            server.connection.send_data(b"x", &mut server.out),
            Err(SendError::BodyNotAllowed)
        );
        assert_eq!(server.connection.send_data(b"", &mut server.out), Ok(0));
        server.connection.send_end(&[], &mut server.out).unwrap();
        assert_eq!(server.sent(), expected);
        server.input = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n".to_vec();
    }
}

#[test]
fn the_length_that_was_announced_is_kept() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server
        .head(StatusCode::OK, &[], BodyLength::Length(3))
        .unwrap();
    assert_eq!(
        server.connection.send_data(b"1234", &mut server.out),
        Err(SendError::BodyTooLong { left: 3 })
    );
    assert_eq!(
        server.connection.send_data_apart(4),
        Err(SendError::BodyTooLong { left: 3 })
    );
    server.connection.send_data(b"12", &mut server.out).unwrap();
    assert_eq!(
        server.connection.send_end(&[], &mut server.out),
        Err(SendError::BodyTooShort { left: 1 })
    );
    assert_eq!(
        server.connection.send_data_to_slice(b"3", &mut []),
        Err(EncodeError::OutputTooSmall { needed: 1 }.into())
    );
    assert_eq!(server.connection.send_data_to_slice(b"3", &mut [0]), Ok(1));
    server.connection.send_end(&[], &mut server.out).unwrap();
}

#[test]
fn content_goes_out_from_where_it_lies() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    server.hear_all(["GET /", "end 0"]);
    server
        .head(StatusCode::OK, &[], BodyLength::Chunked)
        .unwrap();
    let frame = server.connection.send_data_apart(20).unwrap();
    assert_eq!(
        (frame.before(), frame.after()),
        (&b"14\r\n"[..], &b"\r\n"[..])
    );
    // An empty chunk would be the last one.
    let frame = server.connection.send_data_apart(0).unwrap();
    assert_eq!((frame.before(), frame.after()), (&b""[..], &b""[..]));
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
}

// RFC 9112 section 8.
#[test]
fn an_end_inside_a_request_is_an_error() {
    for (wire, heard, offset) in [
        (&b"GET / HT"[..], 0, 8),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n1",
            2,
            0,
        ),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            1,
            3,
        ),
    ] {
        let mut server = Server::new(wire);
        for _ in 0..heard {
            assert_ne!(server.hear(), "-");
        }
        assert_eq!(server.hear(), "-");
        let error = server.connection.receive_eof().unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::UnexpectedEnd, offset)
        );
        assert_eq!(server.connection.receive_eof(), Err(error));
    }
    // RFC 9112 section 2.2: an empty line after a request is none.
    for wire in ["", "\r\n"] {
        let mut server = Server::new(wire.as_bytes());
        assert_eq!(server.hear(), "-");
        assert_eq!(server.connection.receive_eof(), Ok(()));
    }
}

#[test]
fn a_fault_is_final_and_can_be_answered() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    for _ in 0..3 {
        assert_eq!(server.hear(), "http1.missing_host");
    }
    assert!(!server.connection.wants_input());
    // As the caller likes, or by `send_due`.
    server.answer(StatusCode::BAD_REQUEST);
    assert_eq!(server.sent(), OK_CLOSE.replace("200 OK", "400 Bad Request"));
    assert!(server.connection.wants_close());
    let refused = SendError::State {
        state: State::MustClose,
    };
    assert_eq!(
        server.head(StatusCode::OK, &[], BodyLength::None),
        Err(refused)
    );
    assert_eq!(server.connection.send_due(&mut server.out), Ok(0));
}

/// What a client sends, how often something other than an error is heard, and the status that is due; 0 where none is.
type Due = (&'static [u8], usize, u16);

#[test]
fn an_error_is_answered_once_and_then_closed() {
    #[rustfmt::skip]
    let rows: [Due; 11] = [
        // RFC 9112 section 2.2: what is no request is 400, in front of a request and behind one that was answered.
        (b"\0",                                                                                       0, 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0",                                                      2, 400),
        (b"GET / HTTP/1.0\r\nA : b\r\n\r\n",                                                          0, 400),
        // The method of an earlier request has no part in it: RFC 9112 section 6.3 would forbid a body.
        (b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\0",                                                     2, 400),
        // RFC 9112 section 3; RFC 9110 sections 15.6.6, 15.6.2 and 15.5.14.
        (b"GET / HTTP/2.0\r\n\r\n",                                                                   0, 505),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",                    0, 501),
        (b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",               0, 413),
        // Inside the body of a request that was not answered, to HEAD too.
        (b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab",                    2, 400),
        (b"HEAD / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx",                        1, 400),
        // RFC 9112 section 8: an incomplete request may be answered, an idle connection is not.
        (b"GET / HT",                                                                                 0, 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",                                                        2, 0),
    ];
    for (wire, heard, status) in rows {
        let mut server = Server::new(wire);
        for _ in 0..heard {
            assert_eq!(server.connection.due(), None);
            if server.hear().starts_with("end") {
                server.answer_empty();
            }
        }
        server.out.clear();
        if server.hear() == "-" {
            assert_eq!(server.connection.due(), None);
            assert_eq!(server.connection.receive_eof().is_err(), status > 0);
        }
        let due = server.connection.due();
        assert_eq!(
            due.map_or(0, |due| due.0),
            status,
            "{}",
            wire.escape_ascii()
        );
        let mut expected = String::new();
        if let Some(status) = due {
            let length = if wire.starts_with(b"HEAD") && heard == 1 {
                ""
            } else {
                "Content-Length: 0\r\n"
            };
            let reason = status.reason().unwrap();
            expected = std::format!(
                "HTTP/1.1 {} {reason}\r\nConnection: close\r\n{length}\r\n",
                status.0
            );
            let needed = expected.len();
            let small = Err(EncodeError::OutputTooSmall { needed }.into());
            let room = &mut [0; 128][..needed - 1];
            assert_eq!(server.connection.send_due_to_slice(room), small);
            assert_eq!(server.connection.due(), due);
            let (mut other, mut room) = (server.connection.clone(), [0; 128]);
            assert_eq!(other.send_due_to_slice(&mut room), Ok(needed));
            assert!(room.starts_with(expected.as_bytes()));
        }
        for needed in [expected.len(), 0] {
            assert_eq!(
                server.connection.send_due(&mut server.out),
                Ok(needed),
                "{}",
                wire.escape_ascii()
            );
            assert!(server.connection.wants_close());
        }
        assert_eq!(server.sent(), expected);
    }
}

/// In the middle of a response there is nothing left to say; between an interim one and the final one there is.
#[test]
fn an_error_behind_the_head_of_a_response_is_not_answered() {
    let wire = b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab";
    for (status, due, state) in [
        (StatusCode::CONTINUE, Some(400), State::SendResponse),
        (StatusCode::OK, None, State::SendBody),
    ] {
        let mut server = Server::new(wire);
        assert_eq!(server.hear(), "PUT /");
        let body = match status {
            StatusCode::OK => BodyLength::Length(2),
            _ => BodyLength::None,
        };
        server.head(status, &[], body).unwrap();
        assert_eq!(server.hear(), "data a");
        assert_eq!(server.hear(), "http1.missing_chunk_end");
        assert_eq!(server.states(), (State::Failed, state));
        assert_eq!(server.connection.due().map(|due| due.0), due);
        server.out.clear();
        let sent = server.connection.send_due(&mut server.out).unwrap();
        assert_eq!((sent == 0, server.out.len()), (due.is_none(), sent));
        assert_eq!(server.connection.wants_close(), due.is_some());
        assert!(!server.connection.wants_input());
    }
    // A response that was complete before the fault was the answer.
    let mut server = Server::new(wire);
    assert_eq!(server.hear(), "PUT /");
    server.answer(StatusCode::CONTENT_TOO_LARGE);
    assert_eq!(server.hear(), "data a");
    assert_eq!(server.hear(), "http1.missing_chunk_end");
    assert_eq!(server.connection.due(), None);
    assert!(server.connection.wants_close());
}

#[test]
fn nothing_is_sent_out_of_turn() {
    let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    let idle = Err(SendError::State { state: State::Idle });
    assert_eq!(server.connection.send_data(b"x", &mut server.out), idle);
    assert_eq!(server.connection.send_end(&[], &mut server.out), idle);
    assert_eq!(
        server.head(StatusCode::CONTINUE, &[], BodyLength::None),
        idle
    );
    server.hear_all(["GET /", "end 0"]);
    let due = Err(SendError::State {
        state: State::SendResponse,
    });
    assert_eq!(server.connection.send_data(b"x", &mut server.out), due);
    assert_eq!(server.connection.send_end(&[], &mut server.out), due);
    server
        .head(StatusCode::OK, &[], BodyLength::Length(2))
        .unwrap();
    let begun = Err(SendError::State {
        state: State::SendBody,
    });
    assert_eq!(server.head(StatusCode::OK, &[], BodyLength::None), begun);
    assert_eq!(
        server.head(StatusCode::CONTINUE, &[], BodyLength::None),
        begun
    );
}

// RFC 9110 section 15.5.9: 408 may be sent on an idle connection, which then closes.
#[test]
fn a_response_before_a_request_closes() {
    let mut server = Server::new(b"");
    server.answer(StatusCode::REQUEST_TIMEOUT);
    assert_eq!(
        server.sent(),
        OK_CLOSE.replace("200 OK", "408 Request Timeout")
    );
    assert!(server.connection.wants_close());
}

/// A chunked response and one of a known length, by what sends to a buffer and by what sends to a slice.
#[cfg(feature = "alloc")]
#[test]
fn slices_get_what_buffers_get() {
    let trailers = [Field::new("ETag", "1")];
    let line = StatusLine::new(StatusCode::OK);
    for (body, trailers, wire) in [
        (
            BodyLength::Chunked,
            &trailers[..],
            [
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                "2\r\nhi\r\n",
                "0\r\nETag: 1\r\n\r\n",
            ],
        ),
        (
            BodyLength::Length(2),
            &[],
            ["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", "hi", ""],
        ),
    ] {
        let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        server.hear_all(["GET /", "end 0"]);
        let mut other = server.connection.clone();
        for (step, wire) in wire.into_iter().enumerate() {
            let mut send = |room: &mut [u8], mut out: &mut [u8]| match step {
                0 => (
                    server.connection.send_head_to_slice(&line, &[], body, room),
                    other.send_head(&line, &[], body, &mut out),
                ),
                1 => (
                    server.connection.send_data_to_slice(b"hi", room),
                    other.send_data(b"hi", &mut out),
                ),
                _ => (
                    server.connection.send_end_to_slice(trailers, room),
                    other.send_end(trailers, &mut out),
                ),
            };
            let (needed, mut room, mut out) = (wire.len(), [0; 64], [0; 64]);
            if let Some(short) = needed.checked_sub(1) {
                let small = Err(EncodeError::OutputTooSmall { needed }.into());
                assert_eq!(send(&mut room[..short], &mut out[..short]), (small, small));
            }
            let sent = send(&mut room[..needed], &mut out[..needed]);
            assert_eq!(sent, (Ok(needed), Ok(needed)), "{wire:?}");
            assert_eq!(
                (&room[..needed], &out[..needed]),
                (wire.as_bytes(), wire.as_bytes())
            );
        }
        assert_eq!(server.states(), (State::Idle, State::Idle));
        assert_eq!(other.server_state(), State::Idle);
    }
}

// RFC 9112 sections 6.3 and 9.3: what lasts until the close, and a response of HTTP/1.0, are the last.
#[test]
fn some_responses_are_the_last() {
    let old = StatusLine {
        version: Version::HTTP_10,
        ..StatusLine::new(StatusCode::OK)
    };
    for (line, body, wire) in [
        (
            StatusLine::new(StatusCode::OK),
            BodyLength::UntilClose,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
        ),
        (
            old,
            BodyLength::Length(0),
            "HTTP/1.0 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
        ),
    ] {
        let mut server = Server::new(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
        server.hear_all(["GET /", "end 0"]);
        let out = &mut server.out;
        server.connection.send_head(&line, &[], body, out).unwrap();
        server.connection.send_end(&[], out).unwrap();
        assert_eq!(server.sent(), wire);
        assert!(server.connection.wants_close());
    }
}
