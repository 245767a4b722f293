use std::format;
use std::string::String;
use std::vec::Vec;

use super::*;

/// A response's heads with their statuses and bodies, its content, and how it ended.
fn read(input: &[u8], step: usize, expectation: Expectation) -> String {
    let mut reader = ResponseReader::new(Config::DEFAULT).expectation(expectation);
    let mut table = ResponseTable::new();
    let (mut seen, mut content) = (Vec::new(), Vec::new());
    let (mut at, mut have) = (0, 0);
    loop {
        match reader.receive(&input[at..have], &mut table) {
            Ok(Some((event, used))) => {
                at += used;
                match event {
                    ResponseEvent::Interim(head) => seen.push(format!("{}", head.status().0)),
                    ResponseEvent::Head(head) => {
                        seen.push(format!("{} {:?}", head.status().0, head.body()));
                    }
                    ResponseEvent::Data(data) => content.extend_from_slice(data),
                    ResponseEvent::End(_) => seen.push("end".into()),
                }
            }
            Ok(None) if have < input.len() => have = (have + step).min(input.len()),
            Ok(None) => {
                let serves_again = reader.serves_again();
                match reader.receive_eof() {
                    Ok(Some(_)) => seen.push("end".into()),
                    Ok(None) if serves_again => seen.push("again".into()),
                    Ok(None) => {}
                    Err(fault) => {
                        assert_eq!(reader.receive(input, &mut table).err(), Some(fault));
                        seen.push(format!("{fault:?}"));
                    }
                }
                break;
            }
            Err(fault) => {
                assert_eq!(reader.receive_eof().err(), Some(fault));
                seen.push(match fault {
                    Fault::Http1 { error } => {
                        format!("{} at {}", error.kind().as_str(), at + error.offset())
                    }
                    Fault::Cgi { error } => {
                        format!("{} at {}", error.kind().as_str(), at + error.offset())
                    }
                    fault => format!("{fault:?}"),
                });
                break;
            }
        }
    }
    if !content.is_empty() {
        seen.push(format!("{}", content.escape_ascii()));
    }
    seen.join(", ")
}

#[test]
fn either_form_is_read_by_its_own_rules_at_every_split() {
    use Expectation::{Body, HeadOnly, Upgrade};
    #[rustfmt::skip]
    let rows: &[(&str, Expectation, &str)] = &[
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", Body, "200 Length(2), end, again, hi"),
        ("HTTP/1.0 200 OK\r\n\r\nhi", Body, "200 UntilClose, end, hi"),
        // RFC 9110 section 8.6: a recipient of a repeated length "MAY either reject the message as invalid or replace" it.
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi", Body, "http1.repeated_content_length at 36"),
        ("Content-Length: 2\r\nContent-Length: 2\r\n\r\nhi", Body, "200 Length(2), end, hi"),
        // RFC 9112 section 6.1: "A server or client that receives an HTTP/1.0 message containing a Transfer-Encoding header
        // field MUST treat the message as if the framing is faulty".
        ("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", Body, "http1.transfer_encoding_in_http10 at 17"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", Body, "200 Chunked, end, hi"),
        // RFC 9112 section 2.2 lets a reader take a bare LF for a line's end; RFC 3875 section 2.2 has it as one.
        ("HTTP/1.1 200 OK\nA: b\n\nhi", Body, "http1.bare_lf at 15"),
        ("A: b\n\nhi", Body, "200 UntilClose, end, hi"),
        // RFC 9112 section 9.2: an empty line before a response belongs to none; RFC 3875 section 6.2: one field at least.
        ("\r\nHTTP/1.1 204 No Content\r\n\r\n", Body, "204 None, end, again"),
        ("\r\nA: b\r\n\r\n", Body, "http1.invalid_version at 2"),
        // RFC 9110 section 15: a status above 599 is treated as a server error; in CGI form it is an error of the head.
        ("HTTP/1.1 999 Odd\r\n\r\n", Body, "999 UntilClose, end"),
        ("Status: 999 Odd\r\n\r\n", Body, "uwsgi.status_range at 8"),
        // RFC 9112 section 6.3, rule 1: a 204 "is always terminated by the first empty line", whatever its fields say.
        ("HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n", Body, "204 None, end, again"),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", Body, "204 None, end, again"),
        ("Status: 204\r\nContent-Length: x\r\n\r\n", Body, "uwsgi.content_length_syntax at 29"),
        // RFC 9112 section 6.3, rule 1: no body to HEAD, whatever uWSGI sends.
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", HeadOnly, "200 None, end"),
        ("Content-Length: 2\r\n\r\nhi", HeadOnly, "200 None, end"),
        // RFC 9110 section 15.2: any number of interim responses; 101 only where it was asked for.
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\n\r\nHTTP/1.1 204 N\r\n\r\n", Body, "100, 103, 204 None, end, again"),
        ("Status: 103 Early Hints\r\nLink: x\r\n\r\nStatus: 404\r\n\r\nhi", Body, "103, 404 UntilClose, end, hi"),
        ("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x01", Upgrade, "101 None"),
        ("Status: 101\r\n\r\n\x01", Upgrade, "101 None"),
        ("HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", Body, "Switch"),
        ("Status: 101\r\n\r\n", Body, "uwsgi.unexpected_switch at 10"),
        // RFC 3875 section 6.3: Status and Location.
        ("Location: /x\r\n\r\n", Body, "302 UntilClose, end"),
        ("HTTP-Name: x\r\n\r\n", Body, "200 UntilClose, end"),
        ("HTTP/1.1 200 OK\r\nStatus: 404\r\n\r\n", Body, "200 UntilClose, end"),
        // The server closes.
        ("", Body, "NoResponse"),
        ("HT", Body, "Truncated"),
        ("HTTP/1.1 200 OK\r\nConte", Body, "Truncated"),
        ("Conte", Body, "Truncated"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi", Body, "200 Length(3), Truncated, hi"),
        ("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", Body, "200 Length(2), end, hi"),
    ];
    for (input, expectation, expected) in rows {
        let input = input.as_bytes();
        for step in 1..=input.len().max(1) {
            let seen = read(input, step, *expectation);
            assert_eq!(seen, *expected, "{} by {step}", input.escape_ascii());
        }
    }
}

#[test]
fn the_first_field_of_a_name_is_found_in_either_form() {
    for input in [
        &b"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nc: e\r\nF:\r\n\r\n"[..],
        b"A: b\r\nC: d\r\nc: e\r\nF:\r\n\r\n",
    ] {
        let mut reader = ResponseReader::new(Config::DEFAULT);
        let mut table = ResponseTable::new();
        let received = reader.receive(input, &mut table).unwrap();
        let Some((ResponseEvent::Head(head), _)) = received else {
            panic!("{received:?}");
        };
        // RFC 9110 section 5.1: "Field names are case-insensitive".
        for (name, value) in [
            ("a", Some(&b"b"[..])),
            ("C", Some(b"d")),
            ("f", Some(b"")),
            ("d", None),
        ] {
            assert_eq!(head.first(name), value, "{name}");
        }
    }
}
