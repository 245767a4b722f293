use super::*;
use wirekit::uwsgi::server::Environ;
use wirekit::uwsgi::{Header, Key, Var};

/// A request with these variables, and a body of two bytes.
fn packet(keys: &[Key]) -> Vec<u8> {
    let vars = keys
        .iter()
        .map(|key| Var::new(key.as_str().as_bytes(), b"/"));
    let mut vars: Vec<Var<'_>> = vars.collect();
    vars.push(Var::new(b"CONTENT_LENGTH", b"2"));
    let mut packet = vec![0; 4096];
    let len = Header::WSGI
        .encode_vars_to_slice(&vars, &mut packet)
        .unwrap();
    packet.truncate(len);
    packet.extend_from_slice(b"hi");
    packet
}

/// What a server sends to these bytes, whole, and byte by byte.
fn answer(server: fn() -> Server, request: &[u8]) -> String {
    let mut answers = [request.len(), 1].into_iter().map(|step| {
        let (mut server, mut input, mut out) = (server(), Vec::new(), Vec::new());
        for piece in request.chunks(step) {
            input.extend_from_slice(piece);
            let used = server.receive(&mut input, &mut out).unwrap();
            input.drain(..used);
        }
        String::from_utf8_lossy(&out).into_owned()
    });
    let (whole, pieces) = (answers.next().unwrap(), answers.next().unwrap());
    assert_eq!(without_date(&whole), without_date(&pieces));
    whole
}

fn without_date(answer: &str) -> String {
    answer
        .lines()
        .filter(|line| !line.starts_with("Date: "))
        .collect()
}

fn pages() -> Server {
    Server::Pages(Box::new(Pages::new()))
}

fn application() -> Server {
    Server::Application(Box::new(Application::new()))
}

#[test]
fn pages_are_there_to_be_read() {
    let rows = [
        ("GET / HTTP/1.1", "HTTP/1.1 200 OK\r\n", "</html>\n"),
        ("GET /?x HTTP/1.1", "HTTP/1.1 200 OK\r\n", "</html>\n"),
        (
            "HEAD /echo.html HTTP/1.1",
            "HTTP/1.1 200 OK\r\n",
            "\r\n\r\n",
        ),
        (
            "GET /x HTTP/1.1",
            "HTTP/1.1 404 Not Found\r\n",
            "no such page.\n",
        ),
        (
            "PUT / HTTP/1.1",
            "HTTP/1.1 405 Method Not Allowed\r\n",
            "be read.\n",
        ),
        ("GET /echo HTTP/1.1", "HTTP/1.1 4", ""),
        ("GET / HTTP/9.9", "HTTP/1.1 505 ", ""),
    ];
    for (line, start, end) in rows {
        let answer = answer(pages, format!("{line}\r\nHost: a\r\n\r\n").as_bytes());
        assert!(answer.starts_with(start), "{line}: {answer}");
        assert!(answer.ends_with(end), "{line}: {answer}");
    }
}

/// RFC 6455 section 1.3 has the key and the answer, section 5.7 the frames.
#[test]
fn the_echo_sends_back_what_it_gets() {
    let mut request = b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".to_vec();
    request.extend_from_slice(b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    request.extend_from_slice(b"\x88\x82\x00\x00\x00\x00\x03\xe8");
    let (mut server, mut out) = (pages(), Vec::new());
    let used = server.receive(&mut request, &mut out).unwrap();
    assert_eq!(used, request.len());
    let accept = b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert!(out.windows(accept.len()).any(|part| part == accept));
    assert!(
        out.ends_with(b"\r\n\r\n\x81\x05Hello\x88\x02\x03\xe8"),
        "{}",
        out.escape_ascii()
    );
    assert!(!server.wants_input());
}

#[test]
fn the_application_lists_its_variables() {
    let text = answer(application, &packet(Environ::REQUIRED));
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n"), "{text}");
    assert!(text.contains("\nCONTENT_LENGTH = 2\n"), "{text}");
    assert!(text.ends_with("\nThe body has 2 bytes.\n"), "{text}");
    // PEP 3333 has variables that each request must have.
    let text = answer(application, &packet(&[Key::PathInfo]));
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
    let text = answer(application, b"\x01\x00\x00\x00");
    assert!(text.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{text}");
}
