//! The verdicts of `tests/verdicts/*.txt` on inputs of a line or two, section by section of the specifications.
//!
//! Each line has what `wirekit parse` is given, the verdict and the input, with tabs between them; `\r`, `\n`, `\t`, `\\`
//! and `\xNN` stand for bytes. The verdict is `accepted`, `incomplete`, or the kind of the error and its offset, for
//! websocket with the close code. Every input is read whole and in pieces.

use std::fs;
use std::path::Path;

use serde_json::Value;
use wirekit_laws::cli::run;

use crate::unescape::unescape;

/// What the last event, and the exit status with it, say about the input.
fn verdict(status: u8, events: &[u8]) -> String {
    let events = core::str::from_utf8(events).unwrap();
    let last = events.lines().last().unwrap_or("null");
    let last: Value = serde_json::from_str(last).unwrap();
    match (status, last["event"].as_str()) {
        (1, Some("error")) => {
            let (kind, offset) = (last["kind"].as_str().unwrap(), &last["offset"]);
            match last.get("close_code") {
                Some(code) => format!("{kind} {offset} {code}"),
                None => format!("{kind} {offset}"),
            }
        }
        (3, Some("incomplete")) => "incomplete".to_owned(),
        (0, _) => "accepted".to_owned(),
        _ => format!("status {status} after {last}"),
    }
}

fn check(file: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("verdicts")
        .join(file);
    let text = fs::read_to_string(path).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let (command, rest) = line.split_once('\t').unwrap();
        let (expected, input) = rest.split_once('\t').unwrap();
        let input = unescape(input);
        let words: Vec<&str> = core::iter::once("parse")
            .chain(command.split(' '))
            .collect();
        for split in [None, Some("1"), Some("2"), Some("7")] {
            let more: Vec<&str> = split.iter().flat_map(|split| ["--split", split]).collect();
            let (status, events, said) = run(&[&words[..], &more].concat(), &input);
            assert_eq!(said, b"", "{line}");
            assert_eq!(verdict(status, &events), expected, "{line} split {split:?}");
        }
        count += 1;
    }
    assert!(count > 0);
}

#[test]
fn http1_messages() {
    check("http1.txt");
}

#[test]
fn websocket_frames() {
    check("websocket.txt");
}

#[test]
fn uwsgi_packets() {
    check("uwsgi.txt");
}

/// The bytes that may stand in each part of a head: RFC 9110 sections 5.1, 5.5 and 9.1, RFC 9112 sections 3.2 and 4.
#[test]
fn every_byte_of_a_head() {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    // RFC 3986 sections 3.3 and 3.4, and what browsers leave as it is.
    let is_query = |byte: u8| byte.is_ascii_graphic() && !b"#\"<>".contains(&byte);
    let is_path = |byte: u8| is_query(byte) && !b"\\`{}".contains(&byte);
    let is_text = |byte: u8| byte == b'\t' || byte >= b' ' && byte != 0x7f;
    type Rule<'r> = &'r dyn Fn(u8) -> bool;
    #[rustfmt::skip]
    let rows: [(&str, &str, &str, Rule<'_>); 8] = [
        ("http1-request",  "G",                                    "T / HTTP/1.1\r\nHost: a\r\n\r\n",     &is_token),
        ("http1-request",  "GET /",                                "x HTTP/1.1\r\nHost: a\r\n\r\n",       &is_path),
        ("http1-request",  "GET /?",                               "x HTTP/1.1\r\nHost: a\r\n\r\n",       &is_query),
        ("http1-request",  "GET / HTTP/1.1\r\nHost: a\r\nX",       "Y: v\r\n\r\n",                        &|byte| is_token(byte) || byte == b':'),
        ("http1-request",  "GET / HTTP/1.1\r\nHost: a\r\nX: ",     "vv\r\n\r\n",                          &is_text),
        ("http1-request",  "GET / HTTP/1.1\r\nHost: a\r\nX: v",    "v\r\n\r\n",                           &is_text),
        ("http1-request",  "GET / HTTP/1.1\r\nHost: a\r\nX: vv",   "\r\n\r\n",                            &is_text),
        ("http1-response", "HTTP/1.1 200 O",                       "K\r\nContent-Length: 0\r\n\r\n",      &is_text),
    ];
    for (protocol, before, after, is_allowed) in rows {
        for byte in 0..=u8::MAX {
            let input = [before.as_bytes(), &[byte], after.as_bytes()].concat();
            let (status, _, _) = run(&["parse", protocol], &input);
            let expected = u8::from(!is_allowed(byte));
            assert_eq!(status, expected, "{}", input.escape_ascii());
        }
    }
}
