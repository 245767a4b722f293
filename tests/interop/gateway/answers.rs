//! The responses of `tests/verdicts/http1.txt`, played by a server behind the gateway, whole and byte by byte: what is
//! refused never becomes another message for the client, and what is accepted arrives as what it means.

use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use wirekit::http1::{Config, FieldTable, Method, ResponseEvent, ResponseReader, StatusCode};

use super::server::Server;
use super::verdicts::unescape;
use super::wire::{self, Message};
use super::{Gateway, upstream};

/// A row: its line, the method that is answered, the answer, and what this means.
struct Row {
    line: &'static str,
    method: &'static str,
    input: Vec<u8>,
    meaning: Meaning,
}

/// What an answer means to who asked with a method, by the reader that the verdicts are of.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Meaning {
    /// There is no final response, or its head is wrong.
    None,
    /// Its content is wrong, or has no end.
    Half,
    /// It is whole.
    Whole(Message),
}

fn meaning(mut input: &[u8], method: &str) -> Meaning {
    let (mut reader, mut table) = (ResponseReader::new(Config::DEFAULT), FieldTable::new());
    reader.answers(Method::new(method.as_bytes()).expect("a method"));
    let (mut current, text) = (None, |bytes: &[u8]| {
        bytes.iter().map(|byte| char::from(*byte)).collect()
    });
    loop {
        let received = match reader.receive(input, &mut table) {
            Ok(None) => reader.receive_eof().map(|event| event.map(|it| (it, 0))),
            received => received,
        };
        let used = match received {
            Ok(Some((ResponseEvent::Interim { .. }, used))) => used,
            // One that says to upgrade, and not to what (RFC 9110 section 15.5.22), is read and cannot be sent.
            Ok(Some((ResponseEvent::Head { head, .. }, _)))
                if head.status() == StatusCode::UPGRADE_REQUIRED =>
            {
                return Meaning::None;
            }
            Ok(Some((ResponseEvent::Head { head, .. }, used))) => {
                let fields = head.fields().iter();
                let fields = fields.map(|field| (text(field.name), text(field.value)));
                current = Some(Message {
                    start: format!("HTTP/1.1 {}", head.status().0),
                    fields: fields.collect(),
                    content: Vec::new(),
                });
                used
            }
            Ok(Some((ResponseEvent::Data(data), used))) => {
                let current = current.as_mut().expect("a head came first");
                current.content.extend_from_slice(data);
                used
            }
            Ok(Some((ResponseEvent::End(_), _))) => {
                return Meaning::Whole(current.expect("a head came first"));
            }
            // A switch was not asked for.
            Ok(None | Some(_)) | Err(_) if current.is_none() => return Meaning::None,
            Ok(None | Some(_)) | Err(_) => return Meaning::Half,
        };
        input = &input[used..];
    }
}

fn rows() -> Vec<Row> {
    let verdicts = include_str!("../../verdicts/http1.txt");
    let lines = verdicts
        .lines()
        .filter(|line| line.starts_with("http1-response"));
    let rows = lines.filter_map(|line| {
        let (command, rest) = line.split_once('\t')?;
        let (_, input) = rest.split_once('\t')?;
        let method = command.split_once("--method ").map_or("GET", |(_, rest)| {
            rest.split(' ').next().expect("it has one part")
        });
        // The gateway is no tunnel for CONNECT.
        (method != "CONNECT").then(|| {
            let input = unescape::unescape(input);
            let meaning = meaning(&input, method);
            Row {
                line,
                method,
                input,
                meaning,
            }
        })
    });
    rows.collect()
}

/// The answer of row `N` for a request to `/row/N/whole` or, byte by byte, `/row/N/bytes`; "good" for any other.
fn answer(stream: &mut TcpStream, request: &str, rows: &[Row]) {
    let asked = request.split_once("/row/");
    let Some((at, way)) = asked.and_then(|(_, it)| it.split_once('/')) else {
        // The gateway may have closed the connection behind the first answer.
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood");
        return;
    };
    let input = &rows[at.parse::<usize>().expect("a number")].input;
    if way.starts_with("whole") {
        let _ = stream.write_all(input);
        return;
    }
    for byte in input.chunks(1) {
        // Who has seen enough does not read the rest.
        if stream.write_all(byte).is_err() {
            return;
        }
        thread::sleep(Duration::from_micros(50));
    }
}

#[test]
fn what_is_refused_becomes_no_message() {
    let rows = rows();
    let (refused, count) = (
        rows.iter()
            .filter(|row| !matches!(row.meaning, Meaning::Whole(_))),
        rows.len(),
    );
    assert!(refused.count() > 150 && count > 300, "{count}");
    let rows: &'static [Row] = rows.leak();
    let server = Server::playing("http1", move |mut stream, request| {
        answer(&mut stream, request, rows);
    });
    // What follows an answer unasked must not be taken for the next: each request has a connection of its own.
    let tables = upstream("http1", server.address(), "persistent = 0\nretries = 0");
    let gateway = Gateway::start(&(tables + "max_failures = 0\n"));
    let mut requests = Vec::new();
    for (at, row) in rows.iter().enumerate() {
        for way in ["whole", "bytes"] {
            let target = format!("/row/{at}/{way}");
            check(&gateway, &target, row);
            requests.push((format!("{} {target}", row.method), row));
        }
    }
    let lines = gateway.end();
    for (request, row) in requests {
        let mut logged = lines.iter().filter(|line| line.request == request);
        let (line, more) = (logged.next(), logged.next());
        let reason = line.map(|line| &*line.reason);
        let is_right = match row.meaning {
            Meaning::Whole(_) => reason == Some("served"),
            _ => matches!(reason, Some("upstream_malformed" | "upstream_closed_early")),
        };
        assert!(
            is_right && more.is_none(),
            "{line:?} {more:?}: {}",
            row.line
        );
    }
}

/// Sends a request for a row and one for "good" behind it: the client gets what the row means, and then the answer to the
/// second or an end.
fn check(gateway: &Gateway, target: &str, row: &Row) {
    let mut client = gateway.connect();
    let method = row.method;
    let requests = format!(
        "{method} {target} HTTP/1.1\r\nHost: a\r\n\r\nGET /good HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    );
    client.write_all(requests.as_bytes()).expect("it reads");
    let mut got = Vec::new();
    let error = client.read_to_end(&mut got).err();
    let text = format!("{target}: {}: {}", row.line, got.escape_ascii());
    let mut rest = &got[..];
    let mut next = |method| {
        wire::final_response(&mut rest, method).unwrap_or_else(|wrong| panic!("{wrong}: {text}"))
    };
    let first = next(method);
    match (&row.meaning, &first) {
        (Meaning::Whole(meant), Some(first)) => check_message(meant, first, &text),
        (Meaning::None | Meaning::Half, Some(first)) => assert_eq!(first.status(), 502, "{text}"),
        (Meaning::Half, None) => {
            assert!(error.is_some(), "{text}");
            return;
        }
        (_, None) => panic!("{text}"),
    }
    match next("GET") {
        Some(second) => assert_eq!(
            (second.status(), &*second.content),
            (200, &b"good"[..]),
            "{text}"
        ),
        None => {
            let first = first.expect("it was there");
            assert_eq!(first.field("Connection"), Some("close"), "{text}");
        }
    }
    assert!(rest.is_empty() && error.is_none(), "{error:?}: {text}");
}

/// What is of one connection alone (RFC 9110 section 7.6.1); the gateway has no such fields of its own.
const NOT_PASSED_ON: [&str; 5] = ["Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade"];

/// What the gateway says for its own connection.
const OWN: [&str; 3] = ["Connection", "Content-Length", "Transfer-Encoding"];

fn check_message(meant: &Message, got: &Message, text: &str) {
    assert_eq!(got.status(), meant.status(), "{text}");
    // A server must not send content in a 205 (RFC 9110 section 15.3.6): what another one sent is read and left out.
    let content = match meant.status() {
        205 => &[],
        _ => &*meant.content,
    };
    assert_eq!(got.content, content, "{text}");
    let options = meant.field("Connection").unwrap_or_default();
    for field in &meant.fields {
        let is = |name: &str| field.0.eq_ignore_ascii_case(name.trim());
        if !OWN.into_iter().any(is) {
            let is_passed_on = !NOT_PASSED_ON.into_iter().any(is) && !options.split(',').any(is);
            let is_there = got.fields.contains(field);
            assert_eq!(is_there, is_passed_on, "{field:?}: {text}");
        }
    }
}
