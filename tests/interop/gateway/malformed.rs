//! Answers that break a rule, or that other proxies are known to pass on wrongly: none becomes another message for the
//! client, and the next request has its own answer.

use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use super::server::Server;
use super::wire::{self, Message};
use super::{Gateway, upstream};

/// What the client sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Seen {
    /// 502, with this reason.
    Refused(&'static str),
    /// The start of an answer and a reset, with this reason.
    Cut(&'static str),
    /// This answer.
    Whole(u16, &'static str),
}

use Seen::{Cut, Refused, Whole};

const MALFORMED: Seen = Refused("upstream_malformed");
const CUT: Seen = Cut("upstream_malformed");
const ENDED: Seen = Refused("upstream_closed_early");
const OK: Seen = Whole(200, "ok");

/// The answer, what is seen of it from a uwsgi server, and what from an HTTP/1.1 server.
#[rustfmt::skip]
const ROWS: &[(&str, Seen, Seen)] = &[
    // The form of CGI (RFC 3875 section 6) is a uwsgi server's alone.
    ("Status: 200 OK\r\nContent-Length: 2\r\n\r\nok", OK, MALFORMED),
    ("Content-Type: text/plain\r\n\r\nok", OK, MALFORMED),
    ("Status: 404\r\n\r\nno", Whole(404, "no"), MALFORMED),
    ("Location: /x\r\n\r\n", Whole(302, ""), MALFORMED),
    // Status lines.
    ("HTTP/1.0 200 OK\r\n\r\nok", OK, OK),
    ("http09", ENDED, MALFORMED),
    ("HTTP/2 200 OK\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 abc OK\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 099 OK\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 20 OK\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 2000 OK\r\n\r\nok", MALFORMED, MALFORMED),
    // Line ends.
    ("HTTP/1.1 200 OK\n\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA: b\nContent-Length: 2\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA: b\rContent-Length: 2\r\n\r\nok", MALFORMED, MALFORMED),
    // Framing: of two lengths neither is believed, and no coding is added to the gateway's own.
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", OK, OK),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", MALFORMED, MALFORMED),
    ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\nokno", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551618\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok and more", OK, OK),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK, OK),
    ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Cut("upstream_closed_early"), Cut("upstream_closed_early")),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", Cut("upstream_closed_early"), Cut("upstream_closed_early")),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", Cut("upstream_closed_early"), Cut("upstream_closed_early")),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\nx\r\n\r\n", CUT, CUT),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nokay\r\n0\r\n\r\n", CUT, CUT),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\nok\n0\n\n", CUT, CUT),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000000\r\nok", CUT, CUT),
    ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nA : b\r\n\r\n", CUT, CUT),
    // What has no content has none, whatever its fields say (RFC 9112 section 6.3).
    ("HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nok", Whole(204, ""), Whole(204, "")),
    ("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\nok", Whole(304, ""), Whole(304, "")),
    // Interim responses go before the final one (RFC 9110 section 15.2).
    ("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", OK, OK),
    ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", OK, OK),
    ("HTTP/1.1 100 Continue\r\n\r\n", ENDED, ENDED),
    ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", MALFORMED, MALFORMED),
    // Fields.
    ("HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: a\r\nProxy-Connection: a\r\nTrailer: a\r\nTE: a\r\nUpgrade: a\r\nContent-Length: 2\r\n\r\nok", OK, OK),
    ("HTTP/1.1 200 OK\r\nA B: c\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA : c\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\n: b\r\n\r\nok", MALFORMED, MALFORMED),
    ("HTTP/1.1 200 OK\r\nA\r\n\r\nok", MALFORMED, MALFORMED),
    // Heads that end too early.
    ("", ENDED, ENDED),
    ("HTTP/1.1 200 OK\r\nContent-Le", ENDED, ENDED),
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", ENDED, ENDED),
];

/// The answer of row `N` for a request to `/N/whole` or, byte by byte, `/N/bytes`; "good" for any other.
fn answer(stream: &mut TcpStream, request: &str) {
    let Some((at, rest)) = request
        .split_once("/row/")
        .and_then(|(_, it)| it.split_once('/'))
    else {
        let good = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood";
        stream.write_all(good).expect("the gateway reads");
        return;
    };
    let row = ROWS[at.parse::<usize>().expect("a number")].0;
    let is_cut = rest.starts_with("bytes");
    for piece in row
        .as_bytes()
        .chunks(if is_cut { 1 } else { row.len().max(1) })
    {
        // Who has seen enough does not read the rest.
        if stream.write_all(piece).is_err() {
            return;
        }
        if is_cut {
            thread::sleep(Duration::from_micros(50));
        }
    }
}

#[test]
fn a_wrong_answer_never_becomes_another_message() {
    for (protocol, which) in [("uwsgi", 0), ("http1", 1)] {
        let server = Server::playing(protocol, |mut stream, request| answer(&mut stream, request));
        // What follows an answer unasked must not be taken for the next: each request has a connection of its own.
        let tables = upstream(protocol, server.address(), "persistent = 0") + "max_failures = 0\n";
        let gateway = Gateway::start(&tables);
        let mut log: Vec<(String, u16, &str, usize)> = Vec::new();
        for (at, (text, of_uwsgi, of_http1)) in ROWS.iter().enumerate() {
            let seen = [of_uwsgi, of_http1][which];
            for way in ["whole", "bytes"] {
                let path = format!("/row/{at}/{way}");
                let row = format!("{protocol} {way} {text:?}");
                let got_second = check(&gateway, &path, *seen, &row);
                log.push((format!("GET {path}"), status(*seen), reason(*seen), 1));
                log.push((
                    "GET /good".to_owned(),
                    200,
                    "served",
                    usize::from(got_second),
                ));
            }
        }
        let log = log.iter().filter(|row| row.3 > 0);
        let log: Vec<(&str, u16, &str, usize)> = log
            .map(|(request, status, reason, count)| (&**request, *status, *reason, *count))
            .collect();
        gateway.end_with(&log);
    }
}

fn status(seen: Seen) -> u16 {
    match seen {
        Refused(_) => 502,
        Cut(_) => 200,
        Whole(status, _) => status,
    }
}

fn reason(seen: Seen) -> &'static str {
    match seen {
        Refused(reason) | Cut(reason) => reason,
        Whole(..) => "served",
    }
}

/// Sends a request for a row and one for "good" behind it; whether the second was answered.
fn check(gateway: &Gateway, path: &str, seen: Seen, row: &str) -> bool {
    let mut client = gateway.connect();
    let requests = format!(
        "GET {path} HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    client.write_all(requests.as_bytes()).expect("it reads");
    let mut got = Vec::new();
    let error = client.read_to_end(&mut got).err();
    let row = format!("{row}: {}", got.escape_ascii());
    let mut rest = &got[..];
    let first = final_response(&mut rest, &row);
    if let Cut(_) = seen {
        assert!(got.is_empty() || got.starts_with(b"HTTP/1.1 200 "), "{row}");
        assert!(first.is_none() && error.is_some(), "{row}");
        return false;
    }
    let first = first.unwrap_or_else(|| panic!("{row}"));
    assert_eq!(first.status(), status(seen), "{row}");
    match seen {
        Whole(_, content) => assert_eq!(first.content, content.as_bytes(), "{row}"),
        _ => assert!(
            String::from_utf8_lossy(&first.content).contains(reason(seen)),
            "{row}"
        ),
    }
    for hop in ["X-Hop", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade"] {
        assert_eq!(first.field(hop), None, "{row}");
    }
    if rest.is_empty() {
        // Closed behind the first, and said so.
        assert_eq!(first.field("Connection"), Some("close"), "{row}");
        return false;
    }
    let second = final_response(&mut rest, &row).unwrap_or_else(|| panic!("{row}"));
    assert_eq!(
        (second.status(), &second.content[..]),
        (200, &b"good"[..]),
        "{row}"
    );
    assert!(rest.is_empty() && error.is_none(), "{row}");
    true
}

fn final_response(rest: &mut &[u8], row: &str) -> Option<Message> {
    wire::final_response(rest, "GET").unwrap_or_else(|wrong| panic!("{wrong}: {row}"))
}
