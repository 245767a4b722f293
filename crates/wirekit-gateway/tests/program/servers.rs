//! Servers that are asked whether they are well, and that drain.

use core::sync::atomic::{AtomicU16, AtomicUsize};

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

/// A uwsgi server that answers `/up` with this status, and all else with its name; how often it was checked.
fn checked_by_uwsgi(name: &'static str, status: &Arc<AtomicU16>) -> (String, Arc<AtomicUsize>) {
    let (status, checks) = (status.clone(), Arc::new(AtomicUsize::new(0)));
    let counted = checks.clone();
    let address = server(move |mut stream| {
        let block = read_packet(&mut stream);
        let is_check = String::from_utf8_lossy(&block).contains("PATH_INFO\u{3}\0/up");
        let status = match is_check {
            true => {
                counted.fetch_add(1, Ordering::AcqRel);
                status.load(Ordering::Acquire)
            }
            false => 200,
        };
        let answer = format!("Status: {status} X\r\nContent-Length: 1\r\n\r\n{name}");
        let _ = stream.write_all(answer.as_bytes());
    });
    (address, checks)
}

#[test]
fn a_uwsgi_server_is_asked_in_its_own_protocol_and_not_while_it_drains() {
    let status = [(); 2].map(|()| Arc::new(AtomicU16::new(200)));
    let (a, a_checks) = checked_by_uwsgi("a", &status[0]);
    let (b, b_checks) = checked_by_uwsgi("b", &status[1]);
    let site = upstream("uwsgi", "");
    let site = site.split("[[upstream.app.server]]").next().unwrap();
    let text = |of_a: &str| {
        format!(
            "workers = 2\n{site}health = {{ path = '/up', interval = '50ms', timeout = '20s', rise = 2, fall = 3 }}\n\
             [[upstream.app.server]]\nid = 'a'\naddress = '{a}'\n{of_a}[[upstream.app.server]]\nid = 'b'\naddress = '{b}'\n"
        )
    };
    let gateway = Gateway::start(&text(""));
    let names = || -> String {
        let answers = (0..12).map(|_| gateway.get("/"));
        answers.filter_map(|answer| answer.chars().last()).collect()
    };
    let both = names();
    assert!(both.contains('a') && both.contains('b'), "{both}");
    status[0].store(503, Ordering::Release);
    let said = format!(
        "warn: server a of app, {a}, is not well: 3 checks were bad, the last: status 503\n"
    );
    gateway.messages.wait_for(&said);
    assert_eq!(names(), "b".repeat(12));
    status[0].store(200, Ordering::Release);
    let said = format!(
        "info: server a of app, {a}, is well again: 2 checks were good, the last: status 200\n"
    );
    gateway.messages.wait_for(&said);
    let both = names();
    assert!(both.contains('a') && both.contains('b'), "{both}");
    let drains = text("state = 'drain'\n").replace("ADDRESS", &gateway.address);
    fs::write(gateway.folder.path().join("gateway.toml"), drains).unwrap();
    gateway.signal("-HUP");
    gateway
        .messages
        .wait_for("info: the configuration was loaded anew");
    // One may have been under way.
    let more = |count: usize| {
        let goal = b_checks.load(Ordering::Acquire) + count;
        wait_until("b is checked", || b_checks.load(Ordering::Acquire) >= goal);
    };
    more(2);
    let before = a_checks.load(Ordering::Acquire);
    more(5);
    assert_eq!(a_checks.load(Ordering::Acquire), before, "it drains");
    assert_eq!(names(), "b".repeat(12));
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
