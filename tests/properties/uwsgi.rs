use proptest::prelude::*;
use wirekit::uwsgi::{Header, Var};
use wirekit_laws::uwsgi;

fn packet(vars: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let vars: Vec<Var<'_>> = vars
        .iter()
        .map(|(key, value)| Var::new(key, value))
        .collect();
    let mut out = Vec::new();
    Header::WSGI.encode_vars(&vars, &mut out).unwrap();
    out
}

fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"PATH_INFO".to_vec()),
        Just(b"CONTENT_LENGTH".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..9),
    ]
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"3".to_vec()),
        Just(b"+3".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..9)
    ]
}

proptest! {
    #[test]
    fn packets_and_bodies(vars in proptest::collection::vec((key(), value()), 0..6), tail in proptest::collection::vec(any::<u8>(), 0..20), change in any::<(usize, u8)>()) {
        let mut data = packet(&vars);
        data.extend(tail);
        uwsgi::splits(&data);
        uwsgi::round_trip(&data);
        let at = change.0 % data.len();
        data[at] = change.1 % 24;
        uwsgi::splits(&data);
        uwsgi::round_trip(&data);
    }

    #[test]
    fn any_bytes(data in proptest::collection::vec(any::<u8>(), 0..80)) {
        uwsgi::splits(&data);
        uwsgi::round_trip(&data);
        uwsgi::answers(&data);
    }

    #[test]
    fn any_chunks(pieces in proptest::collection::vec(prop_oneof![
        Just("2\r\nhi\r\n"), Just("0a;x=\"y\"\r\n0123456789\r\n"), Just("0\r\n"), Just("\r\n"), Just("A: b\r\n"), Just("00000000000000002\r\nhi\r\n"),
        Just("0000000000000002\r\nhi\r\n"), Just("ffffffffffffffff\r\n"), Just("x"), Just("\n"), Just("\r"), Just(";"), Just(" "), Just("2"), Just("Host: b\r\n"),
    ], 0..8)) {
        uwsgi::chunks(pieces.concat().as_bytes());
        let mut data = packet(&[(b"HTTP_TRANSFER_ENCODING".to_vec(), b"chunked".to_vec())]);
        data.extend(pieces.concat().bytes());
        uwsgi::splits(&data);
    }

    #[test]
    fn any_answer(pieces in proptest::collection::vec(prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"), Just("HTTP/1.1 103 E\r\n"), Just("Status: 404\r\n"), Just("Content-Length: 3\r\n"),
        Just("Transfer-Encoding: chunked\r\n"), Just("A: b\n"), Just(" folded\r\n"), Just("\r\n"), Just("abc"), Just("Location: /\r\n"),
    ], 0..8)) {
        uwsgi::answers(pieces.concat().as_bytes());
    }

    #[test]
    fn any_response(choice in 0_u8..12, pieces in proptest::collection::vec(prop_oneof![
        Just("HTTP/1.1 200 OK\r\n"), Just("HTTP/1.0 200 OK\r\n"), Just("HTTP/1.1 999 Odd\r\n"), Just("HTTP/1.1 204 N\r\n"), Just("HTTP/1.1 103 E\r\n"),
        Just("HTTP/1.1 101 S\r\n"), Just("Upgrade: websocket\r\nConnection: Upgrade\r\n"), Just("Status: 404\r\n"), Just("Content-Length: 3\r\n"),
        Just("Content-Length: x\r\n"), Just("Connection: close\r\n"), Just("Transfer-Encoding: chunked\r\n"), Just("A: b\n"), Just(" folded\r\n"),
        Just("\r\n"), Just("\n"), Just("abc"), Just("3\r\nabc\r\n"), Just("0\r\n"), Just("HTTP"), Just("/"),
    ], 0..9)) {
        let pieces = pieces.concat();
        uwsgi::responses(&[&[choice], pieces.as_bytes()].concat());
    }

    #[test]
    fn whatever_is_written(data in proptest::collection::vec(any::<u8>(), 0..120)) {
        uwsgi::written(&data);
    }
}

/// Where the crate's own reader of HTTP/1.1 decided otherwise than `wirekit-http1`: one law for both, whatever is behind.
#[test]
fn a_response_of_http_is_read_as_every_other_one() {
    #[rustfmt::skip]
    let heads = [
        // RFC 9112 section 6.3: a length that stands twice.
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n",
        // RFC 9112 section 6.1: a transfer coding in HTTP/1.0.
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        // RFC 9112 section 2.2: a bare LF.
        "HTTP/1.1 200 OK\nA: b\n\n",
        // RFC 9112 section 9.2: an empty line in front.
        "\r\nHTTP/1.1 200 OK\r\n\r\n", "\nHTTP/1.1 200 OK\r\n\r\n", "\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        // RFC 9110 section 15: a status above 599.
        "HTTP/1.1 999 Odd\r\n\r\n",
        // RFC 9112 section 6.3, rule 1: a 204 with a length that is none.
        "HTTP/1.1 204 No Content\r\nContent-Length: x\r\n\r\n",
    ];
    for head in heads {
        for choice in 0..12 {
            for content in ["", "hi", "2\r\nhi\r\n0\r\n\r\n", "hi, and more"] {
                let response = [head, content].concat();
                uwsgi::responses(&[&[choice], response.as_bytes()].concat());
            }
        }
    }
}
