//! The WebSocket echo examples against npm's ws, Python's websockets, and a browser.

use core::time::Duration;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use tempfile::TempDir;
use wirekit::websocket::handshake::accept_for;

use crate::program::{PATIENCE, Program, build_example, chromium_in, output, workspace};

const SERVERS: [&str; 2] = ["websocket_echo_server", "websocket_echo_server_tokio"];
const CLIENTS: [&str; 2] = ["websocket_echo_client", "websocket_echo_client_tokio"];

fn script(name: &str) -> String {
    workspace()
        .join("tests/interop")
        .join(name)
        .display()
        .to_string()
}

#[test]
fn clients_of_ws_and_websockets_get_their_echo() {
    for server in SERVERS {
        let server = Program::example(server, &[]);
        let url = format!("ws://{}/", server.address());
        for (program, script_name) in [
            ("node", "websocket_peer.js"),
            ("python3", "websocket_peer.py"),
        ] {
            let printed = output(program, &[&script(script_name), "client", &url]);
            assert_eq!(printed, b"good\n", "{}", String::from_utf8_lossy(&printed));
        }
    }
}

#[test]
fn servers_of_ws_let_our_clients_answer() {
    for client in CLIENTS {
        let mut command = Command::new("node");
        command.args([&script("websocket_peer.js"), "server"]);
        let server = Program::that_prints_its_address(command);
        // One connection for each way of compressing.
        let address = server.address().to_string();
        check_ends(client, &[], &address, &["/1", "/2", "/3", "/4", "/5"]);
        // Some of them decline so small a window, and take the second offer (RFC 7692 section 7.1.3).
        let small = ["--window-bits", "8"];
        check_ends(client, &small, &address, &["/1", "/2", "/3", "/4", "/5"]);
    }
}

#[test]
fn servers_of_websockets_let_our_clients_answer() {
    for client in CLIENTS {
        let mut child = Command::new("python3")
            .args([&script("websocket_peer.py"), "server"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        // One server for each way of compressing. Without the package the program ends before it prints one.
        for _ in 0..4 {
            let line = lines.next().expect("a server").expect("a line of text");
            let address = line.strip_prefix("listening on ").expect("an address");
            check_ends(client, &[], address, &["/"]);
        }
        child.kill().expect("it serves until it is killed");
        child.wait().expect("it was killed");
    }
}

// RFC 6455 section 4.2.2: what is no request, or none for a WebSocket, is answered as HTTP has it.
#[test]
fn a_request_for_something_else_is_answered() {
    for server in SERVERS {
        let server = Program::example(server, &[]);
        for (request, answer) in [
            (
                "GET / HTTP/1.1\r\n\r\n",
                "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            ),
            (
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                 Connection: close\r\nContent-Length: 0\r\n\r\n",
            ),
        ] {
            let mut client = TcpStream::connect(server.address()).expect("it listens");
            let patience = client.set_read_timeout(Some(PATIENCE));
            patience.expect("a timeout above zero");
            client.write_all(request.as_bytes()).expect("it reads");
            let mut answered = String::new();
            client
                .read_to_string(&mut answered)
                .expect("text, and the end");
            let (before, date) = answered.split_once("Date: ").expect("a date");
            let behind = date.split_once("\r\n").expect("its end").1;
            assert_eq!([before, behind].concat(), answer);
        }
    }
}

// RFC 6455 section 5.5.1: a client may close the transport itself "if it has not received a TCP Close from the server in a
// reasonable time period", however much the server still has to say.
#[test]
fn clients_do_not_wait_forever_for_the_end() {
    let clients = CLIENTS.map(|client| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("ws://{}/", listener.local_addr().expect("an address"));
        let client = build_example(client);
        (
            thread::spawn(move || break_a_rule_and_go_on(&listener)),
            thread::spawn(move || output(client, &[&url])),
        )
    });
    for (server, client) in clients {
        let printed = client.join().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&printed), "/ 1006 0 \n");
        let closed = server.join().expect("its client goes");
        let expected = Duration::from_secs(4)..PATIENCE;
        assert!(expected.contains(&closed), "{closed:?}");
    }
}

/// Accepts one connection, sends a frame with a reserved opcode, and never answers the Close frame that reports it. How long
/// the client kept the transport open.
fn break_a_rule_and_go_on(listener: &TcpListener) -> Duration {
    let (mut client, _) = listener.accept().expect("a client");
    let mut lines = BufReader::new(client.try_clone().expect("a socket")).lines();
    let fields = lines.by_ref().map_while(Result::ok);
    let fields: Vec<String> = fields.take_while(|line| !line.is_empty()).collect();
    let key = fields.iter().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("sec-websocket-key")
            .then_some(value)
    });
    let accept = accept_for(key.expect("a key").as_bytes());
    let accept = accept.as_str();
    write!(
        client,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n\u{3}\0"
    )
    .expect("the client reads");
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE && client.write_all(b"x").is_ok() {
        thread::sleep(Duration::from_millis(100));
    }
    begun.elapsed()
}

/// Every connection ended with 1000 after all 22 messages.
fn check_ends(client: &str, options: &[&str], address: &str, targets: &[&str]) {
    let client = build_example(client);
    let urls = targets
        .iter()
        .map(|target| format!("ws://{address}{target}"));
    let urls: Vec<String> = urls.collect();
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let printed = output(client, &[options, &urls].concat());
    let printed = String::from_utf8(printed).expect("text");
    assert_eq!(printed.lines().count(), targets.len(), "{printed}");
    for (line, target) in printed.lines().zip(targets) {
        assert!(line.starts_with(&format!("{target} 1000 22 ")), "{line}");
    }
}

#[test]
fn a_browser_gets_its_echo() {
    for server in SERVERS {
        let server = Program::example(server, &[]);
        let pages = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!(
            "http://{}/#ws://{}/",
            pages.local_addr().expect("an address"),
            server.address()
        );
        let profile = TempDir::new().expect("a folder");
        let mut browser = chromium_in(profile.path())
            .arg("--remote-debugging-port=0")
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromium");
        let report = serve_page(&pages);
        browser.kill().expect("it stays open");
        browser.wait().expect("it was killed");
        assert_eq!(
            report.as_deref(),
            Some(
                "code%201000%2C%20clean%20true%2C%20messages%2010%2C%20extensions%20permessage-deflate"
            )
        );
    }
}

/// Gives the page to every client, until it reports.
fn serve_page(pages: &TcpListener) -> Option<String> {
    let page = include_str!("websocket_page.html");
    pages.set_nonblocking(true).expect("a listener");
    let (reports, report) = mpsc::channel();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if let Ok(report) = report.try_recv() {
            return Some(report);
        }
        let Ok((mut client, _)) = pages.accept() else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        client.set_nonblocking(false).expect("a socket");
        let patience = client.set_read_timeout(Some(PATIENCE));
        patience.expect("a timeout above zero");
        let reports = reports.clone();
        // A browser opens connections that it may never use.
        thread::spawn(move || {
            let mut request = [0; 4096];
            let len = client.read(&mut request).unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..len]).into_owned();
            let target = request.split(' ').nth(1).unwrap_or_default();
            if let Some(report) = target.strip_prefix("/done?") {
                // Nobody waits for a second one.
                let _ = reports.send(report.to_owned());
                return;
            }
            let head =
                "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close";
            let _ = write!(
                client,
                "{head}\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            );
        });
    }
    None
}
