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
}
