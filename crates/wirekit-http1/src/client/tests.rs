extern crate std;

use std::string::String;
use std::vec::Vec;

use super::{Connection, Event};
#[cfg(not(feature = "alloc"))]
use crate::send::{append, send_methods_to_vec};
use crate::{
    BodyLength, Config, EncodeError, ErrorKind, Field, FieldTable, Method, RequestLine, SendError,
    State, Version,
};

#[cfg(not(feature = "alloc"))]
impl Connection {
    send_methods_to_vec!(RequestLine);
}

/// A connection with its buffers.
struct Client {
    connection: Connection,
    fields: FieldTable,
    input: Vec<u8>,
    out: Vec<u8>,
}

fn text(event: &Event<'_>) -> String {
    match event {
        Event::Interim { head, .. } => std::format!("interim {}", head.status().0),
        Event::Head { head, .. } => std::format!("{}", head.status().0),
        Event::Data(data) => std::format!("data {}", data.escape_ascii()),
        Event::End(trailers) => std::format!("end {}", trailers.len()),
        Event::Switch => "switch".into(),
    }
}

impl Client {
    fn new() -> Self {
        Self {
            connection: Connection::new(Config::DEFAULT),
            fields: FieldTable::new(),
            input: Vec::new(),
            out: Vec::new(),
        }
    }

    fn head(
        &mut self,
        method: Method<'_>,
        fields: &[Field<'_>],
        body: BodyLength,
    ) -> Result<usize, SendError> {
        let host = [Field::new("Host", "a")];
        let target = if method == Method::CONNECT {
            "a:1"
        } else {
            "/"
        };
        let line = RequestLine::new(method, target);
        self.connection
            .send_head(&line, host.iter().chain(fields), body, &mut self.out)
    }

    /// Sends a whole request without a body.
    fn ask(&mut self, method: Method<'_>, fields: &[Field<'_>]) {
        self.head(method, fields, BodyLength::None).unwrap();
        self.connection.send_end(&[], &mut self.out).unwrap();
    }

    /// The events of `wire`, and "-" or the error at the end.
    fn hear<const N: usize>(&mut self, wire: &[u8], expected: [&str; N]) {
        self.input.extend(wire);
        for expected in expected {
            let (text, used) = match self.connection.receive(&self.input, &mut self.fields) {
                Ok(None) => ("-".into(), 0),
                Ok(Some((event, used))) => (text(&event), used),
                Err(error) => (
                    std::format!("{} {}", error.kind().as_str(), error.offset()),
                    0,
                ),
            };
            self.input.drain(..used);
            assert_eq!(text, expected);
        }
    }

    fn states(&self) -> (State, State) {
        (
            self.connection.client_state(),
            self.connection.server_state(),
        )
    }
}

#[test]
fn one_request_after_the_other() {
    let mut client = Client::new();
    assert!(client.connection.is_idle() && !client.connection.wants_input());
    for _ in 0..2 {
        client.ask(Method::GET, &[]);
        assert!(client.connection.wants_input());
        client.hear(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            ["200", "data hi", "end 0", "-"],
        );
        assert!(client.connection.is_idle());
    }
    client.ask(Method::HEAD, &[]);
    client.hear(
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
        ["200", "end 0", "-"],
    );
    assert!(client.connection.is_idle());
}

#[test]
fn a_second_request_waits_for_the_first_response() {
    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    assert!(!client.connection.is_idle() && !client.connection.awaits_continue());
    let refused = Err(SendError::State { state: State::Done });
    assert_eq!(client.head(Method::GET, &[], BodyLength::None), refused);
}

// RFC 9112 section 9.2.
#[test]
fn a_response_that_nobody_asked_for() {
    let mut client = Client::new();
    client.hear(b"", ["-"]);
    client.hear(
        b"H",
        ["http1.unexpected_response 0", "http1.unexpected_response 0"],
    );
    assert!(client.connection.wants_close());

    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    client.hear(
        b"HTTP/1.1 204 \r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        ["204", "end 0", "http1.unexpected_response 0"],
    );
    let refused = Err(SendError::State {
        state: State::MustClose,
    });
    assert_eq!(client.head(Method::GET, &[], BodyLength::None), refused);

    // "... unless the data consists only of one or more CRLF".
    let mut client = Client::new();
    for more in ["\r", "\n", "\r\n"] {
        client.hear(more.as_bytes(), ["-"]);
        assert!(client.connection.is_idle());
    }
    client.ask(Method::HEAD, &[]);
    let empty = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n\r\n";
    client.hear(empty, ["200", "end 0", "-"]);
    assert_eq!(client.input, b"\r\n");
    assert_eq!(client.connection.receive_eof(), Ok(None));
    assert!(client.connection.wants_close());

    let mut client = Client::new();
    client.hear(b"\r\n\n", ["http1.unexpected_response 0"]);

    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    client.hear(b"\r\n", ["-"]);
    let cut = client.connection.receive_eof().unwrap_err();
    assert_eq!((cut.kind(), cut.offset()), (ErrorKind::UnexpectedEnd, 2));
}

// RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response".
#[test]
fn interim_responses_come_before_the_final_one() {
    let mut client = Client::new();
    client
        .head(
            Method::PUT,
            &[Field::new("Expect", "100-continue")],
            BodyLength::Length(1),
        )
        .unwrap();
    assert!(client.connection.awaits_continue());
    client.hear(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        ["interim 103", "-"],
    );
    assert!(client.connection.awaits_continue());
    client.hear(b"HTTP/1.1 100 Continue\r\n\r\n", ["interim 100", "-"]);
    assert!(!client.connection.awaits_continue());
    client.connection.send_data(b"x", &mut client.out).unwrap();
    client.connection.send_end(&[], &mut client.out).unwrap();
    client.hear(
        b"HTTP/1.1 102 \r\n\r\nHTTP/1.1 204 \r\n\r\n",
        ["interim 102", "204", "end 0", "-"],
    );
    assert!(client.connection.is_idle());
}

// RFC 9110 section 10.1.1: "A client that will wait for a 100 (Continue) response before sending the request content
// MUST send an Expect header field", and HTTP/1.0 does not know it.
#[test]
fn a_client_waits_for_100_until_it_sends() {
    let expect = [
        Field::new("Host", "a"),
        Field::new("Expect", "100-continue"),
    ];
    for (version, awaits) in [(Version::HTTP_10, false), (Version::HTTP_11, true)] {
        let mut client = Client::new();
        let line = RequestLine {
            method: Method::PUT,
            target: "/",
            version,
        };
        let (out, body) = (&mut client.out, BodyLength::Length(2));
        client
            .connection
            .send_head(&line, &expect, body, out)
            .unwrap();
        assert_eq!(client.connection.awaits_continue(), awaits);
        client.connection.send_data(b"", out).unwrap();
        client.connection.send_data_apart(0).unwrap();
        assert_eq!(client.connection.awaits_continue(), awaits);
        client.connection.send_data(b"x", out).unwrap();
        assert!(!client.connection.awaits_continue());
        client.connection.send_data(b"", out).unwrap();
        assert!(!client.connection.awaits_continue());
    }
    // There is nothing to hold back.
    for body in [BodyLength::None, BodyLength::Length(0)] {
        let mut client = Client::new();
        let expect = [Field::new("Expect", "100-continue")];
        let refused = EncodeError::ExpectationWithoutContent { index: 1 };
        let sent = client.head(Method::PUT, &expect, body);
        assert_eq!(sent, Err(SendError::Encode { error: refused }));
        assert!(client.out.is_empty() && !client.connection.awaits_continue());
    }
}

#[test]
fn a_head_goes_to_a_slice_too() {
    let mut client = Client::new();
    let (line, host) = (
        RequestLine::new(Method::GET, "/"),
        [Field::new("Host", "a")],
    );
    let wire = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut room = [0; 27];
    let mut send = |room: &mut [u8]| {
        client
            .connection
            .send_head_to_slice(&line, &host, BodyLength::None, room)
    };
    let needed = wire.len();
    assert_eq!(
        send(&mut room[..26]),
        Err(SendError::Encode {
            error: EncodeError::OutputTooSmall { needed }
        })
    );
    assert_eq!(send(&mut room), Ok(needed));
    assert_eq!(&room, wire);
}

#[test]
fn an_early_response_leaves_the_rest_to_be_sent() {
    let mut client = Client::new();
    client.head(Method::PUT, &[], BodyLength::Chunked).unwrap();
    client.hear(
        b"HTTP/1.1 413 \r\nContent-Length: 0\r\n\r\n",
        ["413", "end 0", "-"],
    );
    assert_eq!(client.states(), (State::SendBody, State::Done));
    client.connection.send_end(&[], &mut client.out).unwrap();
    assert!(client.connection.is_idle());
}

// RFC 9110 section 7.8: "A server MUST NOT switch to a protocol that was not indicated by the client".
#[test]
fn a_switch_must_have_been_asked_for() {
    let wire =
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\nnot http";
    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    client.hear(
        wire,
        ["http1.unexpected_switch 9", "http1.unexpected_switch 9"],
    );
    // Errors are final: the end of input does not turn it into a switch.
    for _ in 0..2 {
        let error = client.connection.receive_eof().unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::UnexpectedSwitch, 9)
        );
        client.hear(b"", ["http1.unexpected_switch 9"]);
    }

    let ask = [
        Field::new("Upgrade", "chat"),
        Field::new("Connection", "upgrade"),
    ];
    let mut client = Client::new();
    client.ask(Method::GET, &ask);
    assert_eq!(client.connection.client_state(), State::MightSwitch);
    assert!(!client.connection.is_switched());
    client.hear(wire, ["interim 101", "switch", "-"]);
    assert!(client.connection.is_switched());
    assert_eq!(client.input, b"not http");

    // Declined.
    let mut client = Client::new();
    client.ask(Method::GET, &ask);
    client.hear(
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        ["200", "end 0", "-"],
    );
    assert!(client.connection.is_idle());
    client.ask(Method::GET, &[]);
    client.hear(wire, ["http1.unexpected_switch 9"]);

    // CONNECT asks for a tunnel, not for an upgrade.
    let mut client = Client::new();
    client.ask(Method::CONNECT, &[]);
    client.hear(b"\r\n", ["-"]);
    client.hear(wire, ["http1.unexpected_switch 11"]);
}

// RFC 9110 section 9.3.6.
#[test]
fn connect_opens_a_tunnel_or_does_not() {
    let mut client = Client::new();
    client.ask(Method::CONNECT, &[]);
    client.hear(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        ["200", "switch", "-"],
    );
    assert!(client.connection.is_switched());
    assert_eq!(client.input, b"hello");

    let mut client = Client::new();
    client.ask(Method::CONNECT, &[]);
    client.hear(
        b"HTTP/1.1 407 \r\nContent-Length: 1\r\n\r\nx",
        ["407", "data x", "end 0", "-"],
    );
    assert!(client.connection.is_idle());
}

// RFC 9112 section 9.3.
#[test]
fn either_end_may_close() {
    for (fields, wire) in [
        (&[][..], &b"HTTP/1.1 204 \r\nConnection: close\r\n\r\n"[..]),
        (
            &[Field {
                name: b"Connection",
                value: b"close",
            }],
            b"HTTP/1.1 204 \r\n\r\n",
        ),
        (&[], b"HTTP/1.0 204 \r\n\r\n"),
    ] {
        let mut client = Client::new();
        client.ask(Method::GET, fields);
        client.hear(wire, ["204", "end 0", "-"]);
        assert!(client.connection.wants_close() && !client.connection.wants_input());
        let refused = Err(SendError::State {
            state: State::MustClose,
        });
        assert_eq!(client.head(Method::GET, &[], BodyLength::None), refused);
    }
    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    client.hear(
        b"HTTP/1.0 204 \r\nConnection: keep-alive\r\n\r\n",
        ["204", "end 0", "-"],
    );
    assert!(client.connection.is_idle());
}

#[test]
fn a_request_of_http_10_closes_unless_it_says_otherwise() {
    for (option, closes) in [
        (None, true),
        (Some(Field::new("Connection", "keep-alive")), false),
    ] {
        let mut client = Client::new();
        let line = RequestLine {
            method: Method::GET,
            target: "/",
            version: Version::HTTP_10,
        };
        let chunked =
            client
                .connection
                .send_head(&line, &option, BodyLength::Chunked, &mut client.out);
        assert_eq!(
            chunked,
            Err(SendError::Encode {
                error: EncodeError::ChunkedInHttp10
            })
        );
        client
            .connection
            .send_head(&line, &option, BodyLength::None, &mut client.out)
            .unwrap();
        client.connection.send_end(&[], &mut client.out).unwrap();
        client.hear(b"HTTP/1.1 204 \r\n\r\n", ["204", "end 0"]);
        assert_eq!(client.connection.wants_close(), closes);
    }
}

// RFC 9112 section 8.
#[test]
fn the_end_of_input_ends_only_what_lasts_until_then() {
    let mut client = Client::new();
    client.ask(Method::GET, &[]);
    client.hear(b"HTTP/1.1 200 OK\r\n\r\nall", ["200", "data all", "-"]);
    let event = client.connection.receive_eof().unwrap().unwrap();
    assert_eq!(text(&event), "end 0");
    assert!(client.connection.wants_close());
    assert_eq!(client.connection.receive_eof(), Ok(None));

    for (wire, heard) in [
        (&b""[..], &["-"][..]),
        (b"HTTP/1.1 200", &["-"]),
        (b"HTTP/1.1 100 \r\n\r\n", &["interim 100", "-"]),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1234",
            &["200", "data 1234", "-"],
        ),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
            &["200", "-"],
        ),
    ] {
        let mut client = Client::new();
        client.ask(Method::GET, &[]);
        client.input.extend(wire);
        for expected in heard {
            client.hear(b"", [expected]);
        }
        let error = client.connection.receive_eof().unwrap_err();
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::UnexpectedEnd, client.input.len())
        );
        assert!(client.connection.wants_close());
    }
    let mut client = Client::new();
    assert_eq!(client.connection.receive_eof(), Ok(None));
    assert!(client.connection.wants_close());
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut client = Client::new();
    let no_host = client.connection.send_head(
        &RequestLine::new(Method::GET, "/"),
        &[],
        BodyLength::None,
        &mut client.out,
    );
    assert_eq!(
        no_host,
        Err(SendError::Encode {
            error: EncodeError::MissingHost
        })
    );
    assert!(client.connection.is_idle() && client.out.is_empty());
    client
        .head(Method::PUT, &[], BodyLength::Length(2))
        .unwrap();
    let len = client.out.len();
    assert_eq!(
        client.connection.send_data(b"123", &mut client.out),
        Err(SendError::BodyTooLong { left: 2 })
    );
    assert_eq!(
        client.connection.send_end(&[], &mut client.out),
        Err(SendError::BodyTooShort { left: 2 })
    );
    assert_eq!(
        client.connection.send_end_to_slice(&[], &mut []),
        Err(SendError::BodyTooShort { left: 2 })
    );
    assert_eq!(client.out.len(), len);
    let mut room = [0; 2];
    assert_eq!(
        client.connection.send_data_to_slice(b"12", &mut room),
        Ok(2)
    );
    let trailers = [Field::new("ETag", "1")];
    assert_eq!(
        client.connection.send_end_to_slice(&trailers, &mut room),
        Err(SendError::TrailersNotAllowed)
    );
    assert_eq!(client.connection.send_end_to_slice(&[], &mut []), Ok(0));
}
