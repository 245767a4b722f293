//! The loop of the README, against what a short loop gets wrong.

use std::string::String;
use std::vec::Vec;

use super::super::{Connection, Event, Rest};
use crate::{BodyLength, Config, FieldTable, Method, SendError, StatusCode, StatusLine};

include!("advance.rs");

#[test]
fn it_is_the_readme_s() {
    assert!(include_str!("../../../README.md").contains(include_str!("advance.rs")));
}

/// What a client gets that sends these pieces one after the other and then closes its side, and how many of them were
/// wanted.
fn exchange(pieces: &[&[u8]]) -> (String, usize) {
    let (mut connection, mut fields) = (Connection::new(Config::DEFAULT), FieldTable::new());
    let (mut input, mut out, mut wanted) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        if !connection.wants_input() {
            break;
        }
        wanted += 1;
        input.extend_from_slice(piece);
        let used = advance(&mut connection, &mut fields, &input, &mut out).unwrap();
        input.drain(..used);
    }
    if connection.wants_input() {
        _ = connection.receive_eof();
        advance(&mut connection, &mut fields, &input, &mut out).unwrap();
    }
    assert!(connection.wants_close());
    (String::from_utf8(out).unwrap(), wanted)
}

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n";
const OK_HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n";
const REFUSED: &str = "HTTP/1.1 501 Not Implemented\r\nContent-Length: 3\r\n\r\nhi\n";
const REFUSED_CLOSE: &str =
    "HTTP/1.1 501 Not Implemented\r\nConnection: close\r\nContent-Length: 3\r\n\r\nhi\n";
const CONTINUE: &str = "HTTP/1.1 100 Continue\r\n\r\n";
const BAD: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const BAD_HEAD: &str = "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n";

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// What is sent in pieces, how many of them are wanted, and the answers.
type Row = (&'static [&'static [u8]], usize, &'static [&'static str]);

#[test]
fn every_client_gets_its_answer() {
    #[rustfmt::skip]
    let rows: [Row; 19] = [
        (&[GET, GET], 2, &[OK, OK]),
        // RFC 9110 section 9.3.2.
        (&[b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", GET], 2, &[OK_HEAD, OK]),
        // Section 9.3.6: what follows belongs to no tunnel.
        (&[b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", GET], 2, &[REFUSED, OK]),
        // Section 10.1.1.
        (&[b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", b"a", b"b", GET], 4, &[CONTINUE, OK, OK]),
        (&[b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nab", GET], 2, &[OK, OK]),
        (&[b"GET / HTTP/1.0\r\nExpect: 100-continue\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n", b"ab", GET], 3, &["HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nhi\n", OK]),
        // An early answer: without a body in doubt the connection goes on, and with one it closes.
        (&[b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n", b"a", b"b", GET], 4, &[REFUSED, OK]),
        (&[b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 31\r\n\r\n", b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n"], 1, &[REFUSED_CLOSE]),
        (&[b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\nGET /evil HTTP/1.1\r\nHost: a\r\n\r\n", GET], 2, &[REFUSED, OK]),
        // Section 7.8: an upgrade is declined.
        (&[b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", GET], 2, &[OK, OK]),
        // Broken, alone and behind another; to HEAD without content, though its head is broken.
        (&[b"GET / HTTP/1.1\r\n\r\n", GET], 1, &[BAD]),
        (&[GET, b"\0"], 2, &[OK, BAD]),
        (&[b"HEAD / HTTP/1.1\r\n\r\n", GET], 1, &[BAD_HEAD]),
        (&[b"HEAD / HTTP/1.1\r\nA : b\r\n\r\n"], 1, &[BAD_HEAD]),
        (&[b"GET / HT"], 1, &[BAD]),
        // RFC 9112 section 9.6: the client has closed its side.
        (&[b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n"], 1, &[OK, OK]),
        (&[b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"], 1, &[BAD]),
        (&[b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\na"], 1, &[REFUSED]),
        (&[b"\r\n"], 1, &[]),
    ];
    for (pieces, wanted, answers) in rows {
        assert_eq!(
            exchange(pieces),
            (answers.concat(), wanted),
            "{}",
            pieces.concat().escape_ascii()
        );
    }
}

// RFC 9112 section 9.3.
#[test]
fn the_rest_of_an_answered_request_is_received_or_dropped() {
    let wire: &[u8] = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n";
    let expect: &[u8] =
        b"PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n";
    for (head, closes, rest) in [
        (wire, false, Rest::Receive),
        (wire, true, Rest::Drop),
        (expect, false, Rest::Drop),
    ] {
        let (mut connection, mut fields) = (Connection::new(Config::DEFAULT), FieldTable::new());
        assert!(!connection.owes_response());
        connection.receive(head, &mut fields).unwrap();
        assert!(connection.owes_response());
        assert_eq!(connection.rest(), Rest::Nothing);
        if closes {
            connection.close_after_response();
        }
        let mut out = Vec::new();
        let line = StatusLine::new(StatusCode::CONTENT_TOO_LARGE);
        connection
            .send_head(&line, &[], BodyLength::None, &mut out)
            .unwrap();
        assert!(!connection.owes_response());
        assert_eq!(connection.rest(), rest);
        connection.send_end(&[], &mut out).unwrap();
        assert_eq!(connection.rest(), rest);
        assert_eq!(connection.wants_close(), rest == Rest::Drop);
        connection.receive(b"ab", &mut fields).unwrap();
        connection.receive(b"", &mut fields).unwrap();
        assert_eq!(connection.rest(), Rest::Nothing);
    }
}
