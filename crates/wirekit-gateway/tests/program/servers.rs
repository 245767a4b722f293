//! Servers that are asked whether they are well, and that drain.

use core::sync::atomic::AtomicU16;

use super::site::read_until;
use super::*;

/// A server that answers `/up` with this status, and all else with its name.
fn checked(name: &'static str, status: &Arc<AtomicU16>) -> String {
    let status = status.clone();
    server(move |mut stream| {
        let head = read_until(&mut stream, b"\r\n\r\n");
        let (status, content) = match head.starts_with("GET /up ") {
            true => (status.load(Ordering::Acquire), "?"),
            false => (200, name),
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\nContent-Length: 1\r\nConnection: close\r\n\r\n{content}"
        );
        let _ = stream.write_all(answer.as_bytes());
    })
}

#[test]
fn a_server_that_is_not_well_gets_nothing() {
    let status = [(); 2].map(|()| Arc::new(AtomicU16::new(200)));
    let servers = [checked("a", &status[0]), checked("b", &status[1])];
    let text = format!(
        "workers = 2\n{}health = {{ path = '/up', interval = '100ms', timeout = '20s', rise = 1, fall = 2 }}\n\
         [[upstream.app.server]]\nid = 'a'\naddress = '{}'\n[[upstream.app.server]]\nid = 'b'\naddress = '{}'\n",
        upstream("http1", "")
            .split("[[upstream.app.server]]")
            .next()
            .unwrap(),
        servers[0],
        servers[1]
    );
    let gateway = Gateway::start(&text);
    let names = || -> String {
        let answers = (0..12).map(|_| gateway.get("/"));
        answers.filter_map(|answer| answer.chars().last()).collect()
    };
    let begun = names();
    assert!(begun.contains('a') && begun.contains('b'), "{begun}");
    status[0].store(503, Ordering::Release);
    let bad = format!(
        "warn: server a of app, {}, is not well: 2 checks were bad, the last: status 503\n",
        servers[0]
    );
    gateway.messages.wait_for(&bad);
    // Each worker sees it at once.
    assert_eq!(names(), "b".repeat(12));
    // A reload keeps what is known.
    gateway.signal("-HUP");
    gateway
        .messages
        .wait_for("info: the configuration was loaded anew");
    assert_eq!(names(), "b".repeat(12));
    status[0].store(200, Ordering::Release);
    let good = format!(
        "info: server a of app, {}, is well again: 1 checks were good, the last: status 200\n",
        servers[0]
    );
    gateway.messages.wait_for(&good);
    let again = names();
    assert!(again.contains('a') && again.contains('b'), "{again}");
    let all = gateway.messages.all();
    assert_eq!(all.matches(&bad).count(), 1, "it is said once: {all}");
}

#[test]
fn a_server_that_drains_ends_its_websockets_at_the_deadline() {
    const BUILT_IN: &str = include_str!("../../assets/builtin.toml");
    let text = BUILT_IN.replace("127.0.0.1:8080", "ADDRESS");
    let gateway = Gateway::start(&text);
    let mut socket = gateway.connect();
    socket
        .write_all(b"GET /echo HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        .unwrap();
    read_until(&mut socket, b"\r\n\r\n");
    let address = "address = \"builtin:pages\"\n";
    assert!(text.contains(address), "{text}");
    let drains = text
        .replace(
            address,
            &format!("{address}state = \"drain\"\ndrain_timeout = \"100ms\"\n"),
        )
        .replace("ADDRESS", &gateway.address);
    fs::write(gateway.folder.path().join("gateway.toml"), drains).unwrap();
    gateway.signal("-HUP");
    let mut frame = [0; 4];
    socket.read_exact(&mut frame).unwrap();
    assert_eq!(&frame, b"\x88\x02\x03\xf4", "1012 (service restart)");
    // The other end of the handshake, and the end.
    socket.write_all(b"\x88\x82mask\x6e\x9f").unwrap();
    let mut rest = Vec::new();
    socket.read_to_end(&mut rest).unwrap();
    assert_eq!(rest, b"");
}
