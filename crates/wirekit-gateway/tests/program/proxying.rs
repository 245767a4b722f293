//! What passes between a client and a server, over real sockets.

use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use super::{Gateway, PATIENCE, read_packet, server, upstream, wait_for, wait_until};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

/// A server that answers each packet with what that says of the client.
fn teller() -> String {
    server(|mut stream| {
        let block = read_packet(&mut stream);
        let address = b"REMOTE_ADDR";
        let at = block
            .windows(address.len())
            .position(|window| window == address)
            .unwrap()
            + address.len();
        let len = usize::from(block[at]);
        let value = String::from_utf8_lossy(&block[at + 2..at + 2 + len]).into_owned();
        let answer = format!("HTTP/1.1 200 OK\r\n\r\n[{value}]");
        stream.write_all(answer.as_bytes()).unwrap();
    })
}

#[test]
fn the_client_is_whom_a_trusted_proxy_names() {
    let text = upstream("uwsgi", &teller());
    let trust = "[trust]\nproxies = ['127.0.0.0/8']\n[limits]\nconnections_per_address = 1\n";
    let gateway = Gateway::start(&format!("{text}{trust}"));
    // Behind a proxy are many clients: its connections are not counted as one's.
    let _idle = [gateway.connect(), gateway.connect()];
    let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Forwarded-For: 6.6.6.6, 198.51.100.9\r\n\r\n";
    let answer = gateway.ask(head);
    assert!(answer.contains("[198.51.100.9]"), "{answer}");
    let line = wait_for(&gateway.folder.path().join("access.log"));
    assert!(line.contains("\"remote\":\"198.51.100.9\""), "{line}");
}

#[test]
fn the_client_is_whom_the_proxy_protocol_names() {
    let text = upstream("uwsgi", &teller()).replacen(
        "'ADDRESS'\n",
        "'ADDRESS'\nproxy_protocol = true\n",
        1,
    );
    let trusting = format!(
        "{text}[trust]\nproxies = ['127.0.0.1/32']\n[limits]\nconnections_per_address = 1\nhead_timeout = '5s'\n"
    );
    let gateway = Gateway::start(&trusting);
    let line = "PROXY TCP4 198.51.100.9 127.0.0.1 4711 80\r\n";
    let answer = gateway.ask(&format!("{line}{GET}"));
    assert!(answer.contains("[198.51.100.9]"), "{answer}");
    // Connections count as the client's, until they are gone.
    let open = || {
        let mut stream = gateway.connect();
        let kept = GET.replace("Connection: close\r\n", "");
        stream
            .write_all(format!("{line}{kept}").as_bytes())
            .unwrap();
        matches!(stream.read(&mut [0; 4096]), Ok(1..)).then_some(stream)
    };
    let begun = Instant::now();
    let _first = loop {
        if let Some(stream) = open() {
            break stream;
        }
        assert!(begun.elapsed() < PATIENCE, "the earlier one is not gone");
        thread::sleep(Duration::from_millis(10));
    };
    assert_eq!(gateway.ask(&format!("{line}{GET}")), "");
    let other = line.replace(".9 ", ".10 ");
    assert!(
        gateway
            .ask(&format!("{other}{GET}"))
            .contains("[198.51.100.10]")
    );
    // Who says something else, or nothing, is not answered.
    assert_eq!(gateway.ask(GET), "");
    assert_eq!(gateway.ask("PROXY TCP4 "), "");

    let gateway = Gateway::start(&format!("{text}[trust]\nproxies = ['10.0.0.0/8']\n"));
    let answer = {
        let mut stream = gateway.connect();
        let _ = stream.write_all(format!("{line}{GET}").as_bytes());
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
    };
    assert_eq!(answer, b"", "the peer is not trusted");
    let line = wait_for(&gateway.folder.path().join("access.log"));
    assert!(line.contains("\"reason\":\"untrusted_peer\""), "{line}");
}

/// Opens a WebSocket through the gateway.
fn open(gateway: &Gateway) -> TcpStream {
    let mut stream = gateway.connect();
    stream
        .write_all(b"GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
        .unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    assert!(
        head.starts_with(b"HTTP/1.1 101 "),
        "{}",
        head.escape_ascii()
    );
    stream
}

/// A server of WebSockets that echoes the bytes behind the handshake, until the test ends it.
fn echo() -> String {
    server(|mut stream| {
        let mut head = [0; 4096];
        let _ = stream.read(&mut head).unwrap();
        stream
            .write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n")
            .unwrap();
        let mut frame = [0; 64];
        while let Ok(len @ 1..) = stream.read(&mut frame) {
            // A masked frame of a few bytes, without its mask.
            let payload: Vec<u8> = (6..len)
                .map(|at| frame[at] ^ frame[2 + (at - 6) % 4])
                .collect();
            let header = [frame[0], u8::try_from(payload.len()).unwrap()];
            stream.write_all(&[&header[..], &payload].concat()).unwrap();
            if payload == b"die" || frame[0] == 0x88 {
                return;
            }
        }
    })
}

#[test]
fn a_websocket_is_told_why_it_ends() {
    let mut gateway = Gateway::start(&upstream("http1", &echo()));
    let mut stays = open(&gateway);
    stays.write_all(b"\x81\x82\0\0\0\0hi").unwrap();
    let mut frame = [0; 4];
    stays.read_exact(&mut frame).unwrap();
    assert_eq!(frame, *b"\x81\x02hi");

    // The server goes without a word.
    let mut left = open(&gateway);
    left.write_all(b"\x81\x83\0\0\0\0die").unwrap();
    let mut rest = Vec::new();
    left.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\x81\x03die\x88\x02\x03\xf6");

    // The client breaks the framing.
    let mut broken = open(&gateway);
    broken.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    let mut rest = Vec::new();
    broken.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\x88\x02\x03\xea");

    // The client sends nothing more, and hears what the server still says.
    let mut half = open(&gateway);
    half.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = Vec::new();
    half.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"\x88\x02\x03\xe9");

    gateway.signal("-TERM");
    let mut close = [0; 4];
    stays.read_exact(&mut close).unwrap();
    assert_eq!(close, *b"\x88\x02\x03\xe9");
    stays.write_all(b"\x88\x82\0\0\0\0\x03\xe9").unwrap();
    assert_eq!(stays.read(&mut close).unwrap(), 0);
    assert!(gateway.child.wait().unwrap().success());
}

#[test]
fn who_finds_no_room_waits_for_its_turn() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = most.clone();
    let address = server(move |mut stream| {
        read_packet(&mut stream);
        let active = now.fetch_add(1, Ordering::SeqCst) + 1;
        counted.fetch_max(active, Ordering::SeqCst);
        // All that may come at once are there, and one more would have the time to come.
        wait_until("four are there", || counted.load(Ordering::SeqCst) >= 4);
        thread::sleep(Duration::from_millis(50));
        now.fetch_sub(1, Ordering::SeqCst);
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nok").unwrap();
    });
    let text = upstream("uwsgi", &address);
    let gateway = Gateway::start(&format!("workers = 1\n{text}max_connections = 4\n"));
    let clients: Vec<_> = (0..8).map(|_| gateway.connect()).collect();
    let clients: Vec<_> = clients
        .into_iter()
        .map(|mut stream| {
            thread::spawn(move || {
                stream.write_all(GET.as_bytes()).unwrap();
                let mut answer = String::new();
                stream.read_to_string(&mut answer).unwrap();
                answer
            })
        })
        .collect();
    for client in clients {
        let answer = client.join().unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
    assert_eq!(most.load(Ordering::SeqCst), 4);
}

#[test]
fn a_long_upload_in_chunks_has_a_length_for_the_application() {
    let address = server(|mut stream| {
        let block = read_packet(&mut stream);
        assert!(String::from_utf8_lossy(&block).contains("CONTENT_LENGTH\u{7}\u{0}3000000"));
        let mut body = vec![0; 3_000_000];
        stream.read_exact(&mut body).unwrap();
        let is_whole = body
            .iter()
            .enumerate()
            .all(|(at, byte)| usize::from(*byte) == at / 1000 % 251);
        let answer = format!("HTTP/1.1 200 OK\r\n\r\nwhole: {is_whole}");
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    let mut stream = gateway.connect();
    stream
        .write_all(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n")
        .unwrap();
    for chunk in 0..3000 {
        let chunk = [
            &b"3e8\r\n"[..],
            &[u8::try_from(chunk % 251).unwrap(); 1000],
            b"\r\n",
        ]
        .concat();
        stream.write_all(&chunk).unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("whole: true"), "{answer}");
}

#[test]
fn a_client_that_goes_away_stops_its_server() {
    let (end, ended) = mpsc::channel();
    let address = server(move |mut stream| {
        read_packet(&mut stream);
        // An answer without an end.
        let head = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        let piece = [b'x'; 1000];
        while head.is_ok() && stream.write_all(&piece).is_ok() {
            thread::sleep(Duration::from_millis(5));
        }
        end.send(()).unwrap();
    });
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    let mut stream = gateway.connect();
    stream.write_all(GET.as_bytes()).unwrap();
    let mut some = [0; 100];
    stream.read_exact(&mut some).unwrap();
    drop(stream);
    ended.recv_timeout(PATIENCE).expect("the server is told");
}

#[test]
fn a_client_that_does_not_read_stops_its_server() {
    let total = Arc::new(AtomicU64::new(0));
    let count = total.clone();
    let address = server(move |mut stream| {
        read_packet(&mut stream);
        let piece = vec![b'x'; 64 * 1024];
        let head = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while head.is_ok() && stream.write_all(&piece).is_ok() {
            count.fetch_add(piece.len() as u64, Ordering::SeqCst);
        }
    });
    let gateway = Gateway::start(&upstream("uwsgi", &address));
    let mut stream = gateway.connect();
    stream.write_all(GET.as_bytes()).unwrap();
    // What the sockets on the way hold is written, and then nothing more.
    let (mut before, begun) = (0, Instant::now());
    loop {
        thread::sleep(Duration::from_millis(500));
        let now = total.load(Ordering::SeqCst);
        if now == before && now > 0 {
            break;
        }
        before = now;
        assert!(begun.elapsed() < PATIENCE, "{now} bytes and no end");
    }
    assert!(before < 64 * 1024 * 1024, "{before}");
    let status = std::fs::read_to_string(format!("/proc/{}/status", gateway.child.id())).unwrap();
    let resident = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kib: u64 = resident.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kib < 64 * 1024, "{resident}");
    // A client that reads on gets the rest.
    let mut read = vec![0; 1024 * 1024];
    for _ in 0..20 {
        stream.read_exact(&mut read).unwrap();
    }
    wait_until("the server goes on", || {
        total.load(Ordering::SeqCst) > before
    });
}
