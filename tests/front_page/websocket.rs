//! The WebSocket examples: handshakes that HTTP allows and a short client or server may not expect.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use crate::client::{Exchange, ends, have};
use crate::program::{Program, build_example};

const SERVERS: [&str; 2] = ["websocket_echo_server", "websocket_echo_server_tokio"];
const CLIENTS: [&str; 2] = ["websocket_echo_client", "websocket_echo_client_tokio"];

const REFUSED: &str =
    "HTTP/1.1 400 Bad Request\r\nDate: now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// The key is that of RFC 6455 section 1.3.
macro_rules! opening {
    ($method:literal, $more:literal) => {
        concat!(
            $method,
            " /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            $more,
            "\r\n",
        )
    };
}

const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                        Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A ping and a Close frame, masked with zeros, and what answers them.
const PING: (&str, &str) = ("\u{89}\u{80}\0\0\0\0", "\u{8a}\0");
const CLOSE: (&str, &str) = ("\u{88}\u{82}\0\0\0\0\u{3}\u{e8}", "\u{88}\u{2}\u{3}\u{e8}");

#[rustfmt::skip]
const EXCHANGES: &[Exchange<'_>] = &[
    (&[(opening!("GET", ""), SWITCHED), PING, CLOSE], ""),
    // RFC 6455 section 4.2.1: a GET. The other methods are answered without content all the same.
    (&[(opening!("HEAD", ""), "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nDate: now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")], ""),
    (&[("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nDate: now\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")], ""),
    // RFC 9110 section 10.1.1: a final status at once. What it would send would be taken for frames.
    (&[(opening!("GET", "Expect: 100-continue\r\nContent-Length: 2\r\n"), REFUSED)], ""),
    (&[(opening!("GET", "Content-Length: 5\r\n"), REFUSED)], ""),
    // The same: nothing to wait for without content.
    (&[(opening!("GET", "Expect: 100-continue\r\n"), SWITCHED), PING, CLOSE], ""),
    // RFC 9112 section 9.6, and section 8: shut down before, inside and after the request.
    (&[], ""),
    (&[("GET /chat HTTP/1.1\r\nHo", "")], REFUSED),
    (&[(opening!("GET", ""), SWITCHED), PING], ""),
];

#[test]
fn servers_answer_whatever_a_client_may_say() {
    for name in SERVERS {
        let mut command = Command::new(build_example(name, "dev"));
        command.arg("127.0.0.1:0");
        let server = Program::that_prints_its_address(command);
        for exchange in EXCHANGES {
            have(name, server.address(), *exchange);
        }
    }
}

/// What a client prints where the server sends `before`, a piece of the length at a time, and then opens the WebSocket,
/// says Hello and closes.
fn open_after(client: &str, before: &[u8], piece_len: usize) -> (bool, String) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let server = thread::spawn({
        let before = before.to_vec();
        move || {
            let (mut stream, _) = listener.accept().expect("a client");
            stream.set_nodelay(true).expect("an option");
            let key = key(&mut stream);
            let mut answer = before;
            write!(
                answer,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Sec-WebSocket-Accept: {}\r\n\r\n",
                tungstenite::handshake::derive_accept_key(&key),
            )
            .expect("memory");
            answer.extend(b"\x81\x05Hello\x88\x02\x03\xe8");
            for piece in answer.chunks(piece_len) {
                // A client that has given up reads no more.
                if stream.write_all(piece).is_err() {
                    break;
                }
            }
            let _ = stream.shutdown(Shutdown::Write);
            let _ = stream.read_to_end(&mut Vec::new());
        }
    });
    let mut client = Command::new(build_example(client, "dev"))
        .arg(format!("ws://{address}/a"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the example");
    assert!(ends(&mut client));
    server.join().expect("a server");
    let output = client.wait_with_output().expect("an end");
    let printed = String::from_utf8(output.stdout).expect("text");
    (output.status.success(), printed)
}

/// The key in the head of a request.
fn key(stream: &mut TcpStream) -> Vec<u8> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a request");
        head.extend(byte);
    }
    let head = String::from_utf8(head).expect("text");
    let (_, rest) = head.split_once("Sec-WebSocket-Key: ").expect("a key");
    rest.split_once("\r\n").expect("its end").0.into()
}

// RFC 9110 section 15.2: "A client MUST be able to parse one or more 1xx responses received prior to a final response".
#[test]
fn clients_read_through_interim_responses() {
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n";
    let rows = [
        String::new(),
        hints.into(),
        format!("HTTP/1.1 100 Continue\r\n\r\n{hints}HTTP/1.1 102 Processing\r\n\r\n"),
    ];
    for client in CLIENTS {
        for before in &rows {
            for piece_len in [usize::MAX, 1] {
                assert_eq!(
                    open_after(client, before.as_bytes(), piece_len),
                    (true, "/a 1000 1 Hello\n".to_owned()),
                    "{client}: {before:?}"
                );
            }
        }
        // A final response is no handshake, whatever comes behind it.
        let refusal = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(
            open_after(client, refusal, usize::MAX),
            (false, String::new())
        );
    }
}
