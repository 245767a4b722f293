//! SIGTERM and SIGINT: what was begun is finished, within its time.

use super::site::read_until;
use super::*;

#[test]
fn an_answer_that_is_still_to_come_says_that_it_is_the_last() {
    let (address, has_request, go_on) = held();
    // One worker: it accepts in order.
    let mut gateway = Gateway::start(&format!("workers = 1\n{}", upstream("uwsgi", &address)));
    let mut idle = gateway.connect();
    let mut busy = gateway.connect();
    busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n")
        .unwrap();
    has_request.recv_timeout(PATIENCE).unwrap();
    gateway.signal("-TERM");
    // Neither new connections nor idle ones are kept.
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    wait_until("it does not listen", || {
        TcpStream::connect(&gateway.address).is_err()
    });
    go_on.send(()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("\r\nConnection: close\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\nlate"), "{answer}");
    assert_eq!(answer.matches("HTTP/1.1").count(), 1, "{answer}");
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
    assert!(
        gateway
            .messages
            .until_the_end()
            .contains("info: has stopped\n")
    );
}

#[test]
fn what_is_not_done_in_time_is_cut() {
    let never = server(|mut stream| {
        read_packet(&mut stream);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla");
        // Until the gateway goes.
        let _ = stream.read(&mut [0]);
    });
    // By the clock, and by a second signal before it.
    for (timeout, signals) in [("300ms", 1), ("10m", 2)] {
        let text = format!(
            "shutdown_timeout = '{timeout}'\n{}",
            upstream("uwsgi", &never)
        );
        let mut gateway = Gateway::start(&text);
        let mut busy = gateway.connect();
        busy.write_all(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            .unwrap();
        read_until(&mut busy, b"la");
        for _ in 0..signals {
            gateway.signal("-INT");
            // Two that come together are one.
            gateway.messages.wait_for("info: stops");
        }
        // Half an answer must not look like a whole one.
        let error = busy.read(&mut [0]).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
        let log = fs::read_to_string(gateway.folder.path().join("access.log")).unwrap();
        assert!(log.contains("\"reason\":\"drained\""), "{log}");
    }
}

#[test]
fn websockets_end_in_time() {
    const BUILT_IN: &str = include_str!("../../assets/builtin.toml");
    let text = BUILT_IN.replace("127.0.0.1:8080", "ADDRESS");
    let mut gateway = Gateway::start(&format!("shutdown_timeout = '500ms'\n{text}"));
    let mut socket = gateway.connect();
    socket
        .write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    read_until(&mut socket, b"\r\n\r\n");
    gateway.signal("-TERM");
    let mut frame = [0; 4];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x88\x02\x03\xe9", "1001 (going away)");
    assert_eq!(gateway.child.wait().unwrap().code(), Some(0));
}
