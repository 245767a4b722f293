//! What a page that watches is sent, over a WebSocket of the control address.

use super::control::start;
use super::site::read_until;
use super::*;

/// Opens it as a page of this origin; the head of the answer.
fn open(control: &str, origin: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(control).unwrap();
    let request = format!(
        "GET /live HTTP/1.1\r\nHost: {control}\r\nOrigin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let head = read_until(&mut stream, b"\r\n\r\n");
    (stream, head)
}

/// Sends a text message, masked by zeros, and reads the first frame that comes back: its opcode and its payload.
fn say(stream: &mut TcpStream, text: &str) -> (u8, Vec<u8>) {
    let len = u8::try_from(text.len()).unwrap();
    let frame = [&[0x81, 0x80 | len, 0, 0, 0, 0], text.as_bytes()].concat();
    stream.write_all(&frame).unwrap();
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    let len = match head[1] {
        126 => {
            let mut len = [0; 2];
            stream.read_exact(&mut len).unwrap();
            usize::from(u16::from_be_bytes(len))
        }
        127 => panic!("a long frame"),
        len => usize::from(len),
    };
    let mut payload = vec![0; len];
    stream.read_exact(&mut payload).unwrap();
    (head[0], payload)
}

#[test]
fn a_page_is_told_what_serves_once_it_says_the_token() {
    let (_gateway, control, _folder) = start(&upstream("uwsgi", "127.0.0.1:1"));
    let (mut stream, head) = open(&control, &format!("http://{control}"));
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let (opcode, payload) = say(&mut stream, r#"{"token": "secret"}"#);
    let told: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(opcode, 0x81);
    assert_eq!(told["servers"][0]["id"], "a", "{told}");
    assert_eq!(told["requests"]["total"], 0, "{told}");
}

#[test]
fn a_page_without_the_token_is_told_nothing() {
    let (_gateway, control, _folder) = start(&upstream("uwsgi", "127.0.0.1:1"));
    for message in [r#"{"token": "other"}"#, r#"{"token": 1}"#, "secret", "{}"] {
        let (mut stream, head) = open(&control, &format!("http://{control}"));
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        let (opcode, payload) = say(&mut stream, message);
        assert_eq!(
            (opcode, &payload[..2]),
            (0x88, &4401_u16.to_be_bytes()[..]),
            "{message}"
        );
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
        assert_eq!(rest, b"", "{message}");
    }
    // A page of somewhere else cannot even ask, with whatever token it has.
    let (_, head) = open(&control, "http://evil.example");
    assert!(!head.starts_with("HTTP/1.1 101 "), "{head}");
}

#[test]
fn the_page_is_there_for_everybody_and_bound_by_its_policy() {
    let (_gateway, control, _folder) = start(&upstream("uwsgi", "127.0.0.1:1"));
    let mut stream = TcpStream::connect(&control).unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(
        answer.contains("\r\nContent-Security-Policy: default-src 'none'; script-src 'sha256-")
    );
    assert!(!answer.contains("secret"));
}
