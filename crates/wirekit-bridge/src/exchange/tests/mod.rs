use std::string::{String, ToString};
use std::vec::Vec;

use wirekit_http1::{EncodeError, RequestHead, RequestReader, StatusCode, StatusLine, client};
use wirekit_uwsgi::request::{Peer, Prefix, Uploads};
use wirekit_uwsgi::{Packet, Var};

use super::*;
use crate::{Edit, End, Error, Forwarded, Refusal, Request, ResponseTable, Upstream, UwsgiServer};

mod heads;
mod kept;
mod lost;
mod requests;
mod states;
mod targets;

/// Both sides of a gateway, with what each was sent.
struct Gateway {
    exchange: Exchange,
    fields: FieldTable,
    table: ResponseTable,
    storage: [u8; 64],
    peer: Peer,
    unread: Vec<u8>,
    to_server: Vec<u8>,
    to_client: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Uwsgi,
    Http1,
}

const EDIT: Edit<'_> = Edit::NONE.date("now").remove(Edit::X_ACCEL);

impl Gateway {
    fn new() -> Self {
        Self {
            exchange: Exchange::new(Config::default()),
            fields: FieldTable::new(),
            table: ResponseTable::new(),
            storage: [0; 64],
            peer: Peer::UWSGI,
            unread: Vec::new(),
            to_server: Vec::new(),
            to_client: Vec::new(),
        }
    }

    /// Receives a head and sends it on; the method and target of what was received.
    fn head(&mut self, input: &[u8], kind: Kind, request: &Request<'_>) -> Option<String> {
        self.unread.extend_from_slice(input);
        let unread = core::mem::take(&mut self.unread);
        let received = self.exchange.receive_request(&unread, &mut self.fields);
        let Some((Event::Head { head, .. }, used)) = received.unwrap() else {
            self.unread = unread;
            return None;
        };
        send_to(
            &mut self.exchange,
            &head,
            kind,
            self.peer,
            request,
            &mut self.to_server,
        )
        .unwrap();
        let text = std::format!("{:?} {}", head.method(), head.target());
        self.unread = unread[used..].to_vec();
        Some(text)
    }

    fn ask(input: &[u8], kind: Kind) -> Self {
        let mut gateway = Self::new();
        let request = Request::new("http").via("gw");
        gateway.head(input, kind, &request).unwrap();
        gateway.pump().unwrap();
        gateway
    }

    fn pump(&mut self) -> Result<(), Error> {
        let used =
            self.exchange
                .forward_request(&self.unread, &mut self.fields, &mut self.to_server)?;
        self.unread.drain(..used);
        Ok(())
    }

    /// The server's bytes, `step` at a time; then its end if `eof`.
    fn answer(&mut self, response: &[u8], step: usize, eof: bool) -> Result<(), Error> {
        let (mut at, mut have) = (0, 0);
        while have < response.len() {
            have = (have + step).min(response.len());
            at += self.exchange.forward_response(
                &response[at..have],
                &mut self.table,
                &EDIT,
                &mut self.to_client,
            )?;
        }
        if eof {
            self.exchange
                .forward_response_end(End::Clean, &mut self.to_client)?;
        }
        Ok(())
    }

    fn client(&self) -> &str {
        str::from_utf8(&self.to_client).unwrap()
    }
}

/// Sends a request to a server of this kind, over a connection that is new.
fn send_to(
    exchange: &mut Exchange,
    head: &RequestHead<'_>,
    kind: Kind,
    peer: Peer,
    request: &Request<'_>,
    out: &mut Vec<u8>,
) -> Result<usize, Refusal> {
    let constants = [("SERVER_NAME", "s"), ("SERVER_PORT", "80")];
    let constants = constants.map(|(key, value)| Var::new(key.as_bytes(), value.as_bytes()));
    let mut storage = [0; 64];
    let prefix = Prefix::encode(&constants, &mut storage).unwrap();
    let upstream = match kind {
        Kind::Uwsgi => Upstream::Uwsgi(UwsgiServer::new(prefix).peer(peer)),
        Kind::Http1 => Upstream::Http1(client::Connection::new(http1::Config::DEFAULT)),
    };
    exchange.send_request(head, upstream, request, out)
}

const KINDS: [Kind; 2] = [Kind::Uwsgi, Kind::Http1];
const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\n";
const EVIL: &[u8] = b"GET /evil HTTP/1.1\r\nHost: abcdefg\r\n\r\n";
const TOO_LARGE: &[u8] = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";

#[test]
fn a_response_is_framed_anew_at_every_split() {
    #[rustfmt::skip]
    let rows: [(&str, &str, bool, &str); 13] = [
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 Fine\r\nContent-Length: 2\r\nConnection: x\r\nX: 1\r\n\r\nhi", false, "HTTP/1.1 200 Fine\r\nDate: now\r\nContent-Length: 2\r\n\r\nhi"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nDate: then\r\nX-Accel-Redirect: /x\r\n\r\n", true, "HTTP/1.1 200 OK\r\nDate: then\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", false, "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\n\r\nhi"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n", false, "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n", false, "HTTP/1.1 200 OK\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 5\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nDate: now\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", false, "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nDate: now\r\nContent-Length: 0\r\n\r\n"),
        ("GET / HTTP/1.0\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nhi", false, "HTTP/1.1 205 Reset Content\r\nDate: now\r\nContent-Length: 0\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n", "HTTP/1.1 205 Reset Content\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n", false, "HTTP/1.1 205 Reset Content\r\nDate: now\r\nContent-Length: 0\r\n\r\n"),
        ("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", false, "HTTP/1.1 200 OK\r\nDate: now\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"),
    ];
    for kind in KINDS {
        for (request, response, eof, expected) in rows {
            for step in 1..=response.len() {
                let mut gateway = Gateway::ask(request.as_bytes(), kind);
                let answered = gateway.answer(response.as_bytes(), step, eof);
                assert_eq!(answered, Ok(()), "{kind:?} {response}");
                assert_eq!(gateway.client(), expected, "{kind:?} {step}");
                let keeps = !expected.contains("close");
                assert_eq!(gateway.exchange.is_idle(), keeps);
                assert_eq!(gateway.exchange.wants_close(), !keeps);
            }
        }
    }
}

#[test]
fn fields_are_added_to_the_final_response_alone() {
    let mut gateway = Gateway::ask(GET, Kind::Http1);
    let response =
        b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let add = [Field::new("X", "1")];
    let (mut table, edit) = (ResponseTable::new(), Edit::NONE.add(&add));
    let taken =
        gateway
            .exchange
            .forward_response(response, &mut table, &edit, &mut gateway.to_client);
    assert_eq!(taken, Ok(response.len()));
    assert_eq!(
        gateway.client(),
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn cgi_is_read_as_such() {
    #[rustfmt::skip]
    let rows = [
        ("Status: 404 Not Found\r\nA: b\r\n\r\nno", "HTTP/1.1 404 Not Found\r\nA: b\r\nDate: now\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"),
        ("Location: /x\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /x\r\nDate: now\r\nContent-Length: 0\r\n\r\n"),
    ];
    for (response, expected) in rows {
        let mut gateway = Gateway::ask(GET, Kind::Uwsgi);
        gateway
            .answer(response.as_bytes(), response.len(), true)
            .unwrap();
        assert_eq!(gateway.client(), expected);
        assert!(!gateway.exchange.upstream_serves_again(b""));
    }
    // RFC 9110 section 7.8: nobody asked for this switch, and the reader of the CGI form says so.
    let switch = Gateway::ask(GET, Kind::Uwsgi).answer(b"Status: 101\r\n\r\n", 9, false);
    let fault = crate::Fault::Cgi {
        error: wirekit_uwsgi::response::Decoder::new(wirekit_uwsgi::response::Config::DEFAULT)
            .receive(
                b"Status: 101\r\n\r\n",
                &mut wirekit_uwsgi::response::FieldTable::new(),
            )
            .unwrap_err(),
    };
    assert_eq!(switch, Err(Error::from(fault)));
}

#[test]
fn what_breaks_a_rule_is_a_fault() {
    let rows = [
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    ];
    for kind in KINDS {
        for response in rows {
            for step in 1..=response.len() {
                let mut gateway = Gateway::ask(GET, kind);
                let error = gateway
                    .answer(response.as_bytes(), step, false)
                    .unwrap_err();
                assert_eq!(error.status(), StatusCode::BAD_GATEWAY, "{response}");
                let is_switch = error == Error::from(crate::Fault::Switch);
                assert_eq!(is_switch, response.contains(" 101 "), "{error:?}");
                assert_eq!(gateway.exchange.lose_server(), Outcome::Unanswered);
                assert_eq!(gateway.client(), "");
            }
        }
    }
}

// What was taken and not sent would be read again, as a request.
#[test]
fn an_output_without_room_takes_nothing() {
    let body = b"2\r\nhi\r\n0\r\nETag: 0123456789012345678901234567890123456789\r\n\r\n";
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut gateway = Gateway::ask(head, Kind::Http1);
    let mut at = 0;
    loop {
        let mut out = (&mut gateway.to_server).limit(40);
        let exchange = &mut gateway.exchange;
        match exchange.forward_request(&body[at..], &mut gateway.fields, &mut out) {
            Ok(used) => at += used,
            Err(error) => {
                let needed = 53;
                let room = EncodeError::OutputTooSmall { needed };
                assert_eq!(error, Error::from(SendError::from(room)));
                break;
            }
        }
    }
    assert_eq!(at, 5);
    gateway.unread.extend_from_slice(&body[at..]);
    gateway.pump().unwrap();
    assert!(gateway.to_server.ends_with(body) && gateway.unread.is_empty());

    let response = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        &body[..],
    ]
    .concat();
    let mut at = 0;
    for needed in [58, 53] {
        loop {
            let mut out = (&mut gateway.to_client).limit(40);
            let exchange = &mut gateway.exchange;
            match exchange.forward_response(&response[at..], &mut gateway.table, &EDIT, &mut out) {
                Ok(used) => at += used,
                Err(error) => {
                    let room = EncodeError::OutputTooSmall { needed };
                    assert_eq!(error, Error::from(SendError::from(room)));
                    break;
                }
            }
        }
        let mut out = (&mut gateway.to_client).limit(needed);
        let exchange = &mut gateway.exchange;
        at += exchange
            .forward_response(&response[at..], &mut gateway.table, &EDIT, &mut out)
            .unwrap();
    }
    assert!(at == response.len() && gateway.to_client.ends_with(body));
    assert!(gateway.exchange.is_idle());
}

// Trailers that nobody gets need no room.
#[test]
fn a_little_room_is_no_stall() {
    let body = b"2\r\nhi\r\n0\r\nETag: 0123456789012345678901234567890123456789\r\n\r\n";
    let response = [
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        &body[..],
    ]
    .concat();
    for kind in KINDS {
        let mut gateway = Gateway::ask(GET, kind);
        let mut at = 0;
        while at < response.len() {
            let room = if gateway.to_client.is_empty() {
                100
            } else {
                33
            };
            let mut out = (&mut gateway.to_client).limit(room);
            let exchange = &mut gateway.exchange;
            let used = exchange
                .forward_response(&response[at..], &mut gateway.table, &EDIT, &mut out)
                .unwrap();
            assert!(used > 0);
            at += used;
        }
        assert!(
            gateway.client().ends_with("\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
            "{}",
            gateway.client()
        );
    }
}

// Content of any length goes in pieces: each call has room for some of it.
#[test]
fn a_little_room_takes_a_little_content() {
    let content = [b'x'; 300];
    let request = [POST.strip_suffix(b"37\r\n\r\n").unwrap(), b"300\r\n\r\n"].concat();
    let response = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n",
        &content[..],
    ]
    .concat();
    for kind in KINDS {
        let mut gateway = Gateway::ask(&request, kind);
        // An early response has no room: that is an error, and nothing that waits for the rest of the request.
        let mut out = (&mut gateway.to_client).limit(10);
        let exchange = &mut gateway.exchange;
        let refused = exchange.forward_response(&response, &mut gateway.table, &EDIT, &mut out);
        assert!(matches!(refused, Err(Error::Send { .. })), "{refused:?}");
        let mut at = 0;
        while at < content.len() {
            let mut out = (&mut gateway.to_server).limit(40);
            let exchange = &mut gateway.exchange;
            let used = exchange
                .forward_request(&content[at..], &mut gateway.fields, &mut out)
                .unwrap();
            assert!((1..=8).contains(&used), "{used}");
            at += used;
        }
        assert!(gateway.to_server.ends_with(&content));
        let (mut at, mut room) = (0, 100);
        while at < response.len() {
            let mut out = (&mut gateway.to_client).limit(room);
            let exchange = &mut gateway.exchange;
            let used = exchange
                .forward_response(&response[at..], &mut gateway.table, &EDIT, &mut out)
                .unwrap();
            assert!(used > 0);
            (at, room) = (at + used, 40);
        }
        assert!(gateway.to_client.ends_with(&content) && gateway.exchange.is_idle());
    }
}

#[test]
fn only_what_was_asked_for_is_switched_to() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let switch =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for kind in KINDS {
        for step in 1..=switch.len() {
            let mut gateway = Gateway::ask(head, kind);
            gateway.answer(switch.as_bytes(), step, false).unwrap();
            let exchange = &mut gateway.exchange;
            assert!(exchange.is_switched());
            assert!(!exchange.wants_request() && !exchange.wants_response());
            assert_eq!(
                exchange.forward_response_end(End::Clean, &mut Vec::new()),
                Ok(())
            );
            assert_eq!(gateway.client(), switch);
        }
        let mut gateway = Gateway::ask(
            &String::from_utf8_lossy(head)
                .replace("websocket", "h2c")
                .into_bytes(),
            kind,
        );
        assert!(!gateway.to_server.windows(3).any(|window| window == b"h2c"));
        assert!(
            gateway
                .answer(switch.replace("websocket", "h2c").as_bytes(), 9, false)
                .is_err()
        );
        // Offered by the client, and not by the gateway: h2c would open a way past its rules.
        let both = String::from_utf8_lossy(head).replace("websocket", "h2c, websocket");
        for other in ["h2c", "websocket, h2c", "x"] {
            let mut gateway = Gateway::ask(both.as_bytes(), kind);
            let error = gateway.answer(switch.replace("websocket", other).as_bytes(), 9, false);
            assert_eq!(error, Err(Error::from(crate::Fault::Switch)));
            assert_eq!(gateway.client(), "");
        }
        // RFC 9110 section 7.8: a 101 MUST have an Upgrade that indicates the protocol; an empty element names none (5.6.1.2).
        for nothing in ["", ",", " , ,", ",\r\nUpgrade: ,"] {
            let mut gateway = Gateway::ask(head, kind);
            let switch = switch.replace(" websocket", nothing);
            let error = gateway.answer(switch.as_bytes(), 9, false).unwrap_err();
            assert_eq!(error, Error::from(crate::Fault::Switch), "{nothing}");
            assert_eq!(error.status(), StatusCode::BAD_GATEWAY);
            assert_eq!(gateway.exchange.lose_server(), Outcome::Unanswered);
            assert_eq!(gateway.client(), "");
        }
    }
}

// RFC 9110 section 7.8
#[test]
fn a_switch_waits_for_the_end_of_the_request() {
    let head = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n";
    let switch =
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    for kind in KINDS {
        let mut gateway = Gateway::ask(head, kind);
        gateway.answer(switch, switch.len(), false).unwrap();
        assert_eq!(gateway.client(), "");
        assert!(gateway.exchange.wants_request() && !gateway.exchange.is_switched());
        gateway.unread.extend_from_slice(b"hi");
        gateway.pump().unwrap();
        gateway.answer(switch, switch.len(), false).unwrap();
        assert!(gateway.exchange.is_switched());
        assert_eq!(gateway.to_client, switch);
    }
}

#[test]
fn a_client_that_waits_is_told_to_go_on() {
    let head = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    for kind in KINDS {
        let mut gateway = Gateway::ask(head, kind);
        gateway
            .exchange
            .send_due(&[], &mut gateway.to_client)
            .unwrap();
        assert_eq!(gateway.client(), "HTTP/1.1 100 Continue\r\n\r\n");
        assert_eq!(
            gateway.exchange.send_due(&[], &mut gateway.to_client),
            Ok(0)
        );
        let mut gateway = Gateway::ask(head, kind);
        gateway.answer(TOO_LARGE, 9, false).unwrap();
        assert!(gateway.client().contains("Connection: close") && gateway.exchange.wants_close());
    }
}

// RFC 9112 section 6.3: what arrives after a fault in a body is no request, and what the server got no whole one.
#[test]
fn a_broken_body_is_never_whole() {
    for kind in KINDS {
        let mut gateway = Gateway::ask(POST, kind);
        gateway.unread.extend_from_slice(b"half");
        gateway.pump().unwrap();
        assert!(gateway.exchange.receive_request_eof().is_err());
        assert!(
            gateway
                .exchange
                .send_request_end(&[], &mut gateway.to_server)
                .is_err()
        );
        assert!(!gateway.exchange.upstream_serves_again(b""));
        let line = StatusLine::new(StatusCode::BAD_REQUEST);
        let refused = gateway
            .exchange
            .refuse(&line, &[], b"", &mut gateway.to_client);
        assert_eq!(refused, Ok(Outcome::Answered));
        assert!(gateway.exchange.wants_close());
    }
    // As another reader sees it.
    let mut reader = RequestReader::new(http1::Config::DEFAULT);
    let mut table = FieldTable::new();
    let gateway = Gateway::ask(POST, Kind::Http1);
    assert!(
        reader
            .receive(&gateway.to_server, &mut table)
            .unwrap()
            .is_some()
    );
    assert!(reader.receive_eof().is_err());
}
