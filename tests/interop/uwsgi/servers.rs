//! uWSGI and gunicorn as the servers of our encoder, behind the example proxy.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use super::http::ask;
use super::process::{gunicorn, uwsgi};
use super::{start_proxy, start_proxy_with};
use crate::program::PATIENCE;

fn megabytes(count: usize) -> Vec<u8> {
    (0..count << 20)
        .map(|at| (at % 251).to_le_bytes()[0])
        .collect()
}

fn gets_and_posts(port: u16) {
    let fields = [
        "Accept-Encoding: gzip",
        "X-A: 1",
        "x-a: 2",
        "Cookie: a=1",
        "Cookie: b=2",
        "X_B: no",
        "Proxy: no",
        "UWSGI-FILE: no",
    ];
    let response = ask(port, "GET /a%20b?q=1", &fields, b"");
    assert_eq!(response.status, 200);
    let environ: BTreeMap<_, _> = response.environ().into_iter().collect();
    let get = |key: &str| {
        environ
            .get(key.as_bytes())
            .map(|value| str::from_utf8(value).unwrap())
    };
    assert_eq!(get("PATH_INFO"), Some("/a b"));
    assert_eq!(get("QUERY_STRING"), Some("q=1"));
    assert_eq!(get("REQUEST_METHOD"), Some("GET"));
    assert_eq!(get("HTTP_HOST"), Some("a.example"));
    assert_eq!(get("HTTP_ACCEPT_ENCODING"), Some("gzip"));
    assert_eq!(get("HTTP_X_A"), Some("1, 2"));
    assert_eq!(get("HTTP_COOKIE"), Some("a=1; b=2"));
    assert_eq!(get("HTTP_UWSGI_FILE"), Some("no"));
    assert_eq!(
        (get("HTTP_X_B"), get("HTTP_PROXY"), get("UWSGI_FILE")),
        (None, None, None)
    );
    let response = ask(port, "POST /echo", &["Content-Type: text/plain"], b"hello");
    assert_eq!((response.status, &response.body[..]), (200, &b"hello"[..]));
    assert_eq!(ask(port, "HEAD /a", &[], b"").body, b"");
}

fn ten_megabytes_both_ways(port: u16) {
    let sent = megabytes(10);
    let response = ask(port, "POST /echo", &[], &sent);
    assert_eq!(response.status, 200);
    assert!(
        response.body == sent,
        "{} of {} bytes came back",
        response.body.len(),
        sent.len()
    );
    let response = ask(port, "GET /big", &[], b"");
    assert_eq!((response.status, response.body.len()), (200, 10 << 20));
}

#[test]
fn uwsgi_takes_requests_and_bodies() {
    let (_uwsgi, upstream) = uwsgi("app.py", &[]);
    let port = start_proxy(upstream);
    gets_and_posts(port);
    ten_megabytes_both_ways(port);
}

/// Chunks of a body without its length: the application gets them with it, within a bound.
#[test]
fn chunked_bodies_reach_the_application_with_their_length() {
    let (_uwsgi, upstream) = uwsgi("app.py", &[]);
    let port = start_proxy(upstream);
    let send = |chunks: usize| {
        let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        let head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
        client.write_all(head.as_bytes()).unwrap();
        let mut chunk = b"10000\r\n".to_vec();
        chunk.resize(7 + 65_536, b'x');
        chunk.extend_from_slice(b"\r\n");
        for _ in 0..chunks {
            client.write_all(&chunk).unwrap();
        }
        client.write_all(b"0\r\n\r\n").unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).unwrap();
        answer
    };
    let answer = send(16);
    assert!(
        answer.starts_with("HTTP/1.1 200 "),
        "{}",
        answer.get(..80).unwrap_or(&answer)
    );
    assert!(answer.ends_with(&"x".repeat(16 << 16)));
    let answer = send(17);
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn gunicorn_takes_requests_and_bodies() {
    let (_gunicorn, upstream) = gunicorn("app");
    let port = start_proxy(upstream);
    gets_and_posts(port);
    ten_megabytes_both_ways(port);
}

#[test]
fn an_early_413_arrives_100_times_of_100() {
    let (_uwsgi, upstream) = uwsgi("app.py", &[]);
    let port = start_proxy(upstream);
    let body = megabytes(3);
    let arrived = (0..100).filter(|_| {
        let response = ask(port, "POST /early", &[], &body);
        (response.status, &response.body[..]) == (413, b"too large")
    });
    assert_eq!(arrived.count(), 100);
}

#[test]
fn a_packet_over_the_buffer_size_is_a_431_and_the_proxy_lives() {
    let (_uwsgi, upstream) = uwsgi("app.py", &[]);
    let large = format!("X: {}", "x".repeat(5000));
    let port = start_proxy(upstream);
    assert_eq!(ask(port, "GET /", &[&large], b"").status, 431);
    assert_eq!(ask(port, "GET /", &[], b"").status, 200);
    // uWSGI closes the connection where the proxy believes that it takes more.
    let port = start_proxy_with(upstream, 65_535);
    assert_eq!(ask(port, "GET /", &[&large], b"").status, 502);
    assert_eq!(ask(port, "GET /", &[], b"").status, 200);
    let (_uwsgi, upstream) = uwsgi("app.py", &["--buffer-size", "65535"]);
    let port = start_proxy_with(upstream, 65_535);
    assert_eq!(ask(port, "GET /", &[&large], b"").status, 200);
}

/// Each piece of a body arrives before the next one is sent, in either direction.
#[test]
fn bodies_are_passed_on_as_they_come() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = start_proxy(backend.local_addr().unwrap().port());
    let wait = Some(PATIENCE);
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.set_read_timeout(wait).unwrap();
    client
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n")
        .unwrap();
    let (mut application, _) = backend.accept().unwrap();
    application.set_read_timeout(wait).unwrap();
    let until = |stream: &mut TcpStream, end: &[u8]| {
        let mut got = Vec::new();
        while !got.ends_with(end) {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("what was sent comes");
            got.push(byte[0]);
        }
    };
    for piece in [b"abc", b"def"] {
        client.write_all(piece).unwrap();
        until(&mut application, piece);
    }
    application.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
    until(&mut client, b"\r\nTransfer-Encoding: chunked\r\n\r\n");
    for piece in [b"123", b"456"] {
        application.write_all(piece).unwrap();
        until(&mut client, piece);
    }
    drop(application);
    until(&mut client, b"\r\n0\r\n\r\n");
}

/// Half a body is not the whole, so the application is not left to wait for the rest.
#[test]
fn a_client_that_goes_away_takes_its_request_along() {
    let backend = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = start_proxy(backend.local_addr().unwrap().port());
    let mut client = TcpStream::connect(("127.0.0.1", port)).unwrap();
    client
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhel")
        .unwrap();
    let (mut application, _) = backend.accept().unwrap();
    application.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut got = vec![0; 4];
    application.read_exact(&mut got).unwrap();
    drop(client);
    application.read_to_end(&mut got).unwrap();
    assert!(got.ends_with(b"hel"), "{}", got.escape_ascii());
}

#[test]
fn flask_keeps_its_session() {
    let (_uwsgi, upstream) = uwsgi("flask_app.py", &[]);
    let port = start_proxy(upstream);
    let first = ask(port, "GET /", &[], b"");
    assert_eq!((first.status, first.text()), (200, "1".into()));
    let second = ask(
        port,
        "GET /",
        &[&format!("Cookie: {}", first.cookies())],
        b"",
    );
    assert_eq!((second.status, second.text()), (200, "2".into()));
}

#[test]
fn django_logs_in() {
    let (_uwsgi, upstream) = uwsgi("django_app.py", &[]);
    let port = start_proxy(upstream);
    let who = ask(port, "GET /who", &[], b"");
    assert_eq!((who.status, who.text()), (200, "AnonymousUser".into()));
    let form = ask(port, "GET /admin/login/", &[], b"");
    assert_eq!(form.status, 200);
    let text = form.text();
    let token = text
        .split("name=\"csrfmiddlewaretoken\" value=\"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .expect("a token");
    let body = format!("csrfmiddlewaretoken={token}&username=ada&password=lovelace");
    let fields = [
        format!("Cookie: {}", form.cookies()),
        "Content-Type: application/x-www-form-urlencoded".into(),
    ];
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let login = ask(
        port,
        "POST /admin/login/?next=/who",
        &fields,
        body.as_bytes(),
    );
    assert_eq!(login.status, 302, "{}", login.text());
    let who = ask(
        port,
        "GET /who",
        &[&format!("Cookie: {}", login.cookies())],
        b"",
    );
    assert_eq!(who.text(), "ada");
}

#[test]
fn websocket_goes_through() {
    let (_uwsgi, upstream) = uwsgi("app.py", &[]);
    let mut client = TcpStream::connect(("127.0.0.1", start_proxy(upstream))).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    client
        .write_all(b"GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
    for text in [&b"one"[..], b"two", b"three"] {
        // A masked text frame with a key of zeroes; uWSGI answers unmasked.
        let mut frame = vec![0x81, 0x80 | text.len().to_le_bytes()[0], 0, 0, 0, 0];
        frame.extend_from_slice(text);
        client.write_all(&frame).unwrap();
        let mut answer = vec![0; 2 + text.len()];
        client.read_exact(&mut answer).unwrap();
        assert_eq!(&answer[2..], text);
    }
}
