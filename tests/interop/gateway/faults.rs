//! Servers that are killed or stopped at each place of an exchange, and clients that are slow.

use core::time::Duration;
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Instant;

use tempfile::TempDir;

use super::server::Server;
use super::{Gateway, megabytes, signal, upstream};
use crate::program::{PATIENCE, Program, workspace};

/// A server that stays at this place, the number of its process, and the file that it makes once it is there.
fn phases(protocol: &str, phase: &str, folder: &TempDir) -> (Program, u32, PathBuf) {
    let script = workspace().join("tests/interop/gateway/phases.py");
    let there = folder.path().join("there");
    let mut command = Command::new("python3");
    command.arg(script).args([protocol, phase]).arg(&there);
    let program = Program::that_prints_its_address(command);
    let process = program.id();
    (program, process, there)
}

/// Sends a request, does something once so many bytes came back, and reads to the end.
fn ask_and(gateway: &Gateway, wait_for: usize, act: impl FnOnce()) -> (Vec<u8>, Option<io::Error>) {
    let mut client = gateway.connect();
    client
        .write_all(b"GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let mut got = vec![0; wait_for];
    client.read_exact(&mut got).expect("what the server sent");
    act();
    let error = client.read_to_end(&mut got).err();
    (got, error)
}

/// Waits for a file that another program makes.
fn wait_until_there(file: &Path) {
    let begun = Instant::now();
    while !file.exists() {
        assert!(begun.elapsed() < PATIENCE, "{} is not made", file.display());
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_server_that_dies_or_sleeps_is_told_from_one_that_answers() {
    // The place, what is done there, and what the client gets: a status, or a reset behind half an answer.
    #[rustfmt::skip]
    let rows = [
        ("accept",  "KILL", Some(502), "upstream_closed_early"),
        ("request", "KILL", Some(502), "upstream_closed_early"),
        ("head",    "KILL", None,      "upstream_closed_early"),
        ("body",    "KILL", None,      "upstream_closed_early"),
        ("accept",  "STOP", Some(504), "upstream_timeout"),
        ("request", "STOP", Some(504), "upstream_timeout"),
        ("head",    "STOP", None,      "upstream_timeout"),
        ("body",    "STOP", None,      "upstream_timeout"),
    ];
    for protocol in ["http1", "uwsgi"] {
        for (phase, name, status, reason) in rows {
            let row = format!("{protocol} {phase} {name}");
            let folder = TempDir::new().expect("a folder");
            let (server, process, there) = phases(protocol, phase, &folder);
            // One that dies must not be late before it does.
            let timeouts = match name {
                "STOP" => "head_timeout = '1s'\nbody_timeout = '1s'",
                _ => "head_timeout = '10m'\nbody_timeout = '10m'",
            };
            let tables = upstream(protocol, server.address(), timeouts) + "max_failures = 0\n";
            let gateway = Gateway::start(&tables);
            let wait_for = match phase {
                "head" => 40,
                "body" => 50_000,
                _ => 0,
            };
            let (got, error) = ask_and(&gateway, wait_for, || {
                wait_until_there(&there);
                signal(process, name);
            });
            let text = String::from_utf8_lossy(&got);
            match status {
                Some(status) => {
                    assert!(
                        text.starts_with(&format!("HTTP/1.1 {status} ")),
                        "{row}: {text}"
                    );
                    assert!(text.contains(reason) && error.is_none(), "{row}: {text}");
                }
                None => {
                    assert!(text.starts_with("HTTP/1.1 200 "), "{row}: {text}");
                    let kind = error.map(|error| error.kind());
                    assert_eq!(kind, Some(ErrorKind::ConnectionReset), "{row}");
                }
            }
            if name == "STOP" {
                signal(process, "CONT");
            } else {
                let begun = Instant::now();
                while TcpStream::connect(server.address()).is_ok() {
                    assert!(begun.elapsed() < PATIENCE, "{row}: it lives");
                    thread::sleep(Duration::from_millis(20));
                }
                let (got, _) = ask_and(&gateway, 0, || ());
                let text = String::from_utf8_lossy(&got);
                assert!(
                    text.contains("502 ") && text.contains("connect_refused"),
                    "{row}: {text}"
                );
            }
            let logged = ("GET /x", status.unwrap_or(200), reason, 1);
            let refused = ("GET /x", 502, "connect_refused", 1);
            let expected = if name == "KILL" {
                &[logged, refused][..]
            } else {
                &[logged][..]
            };
            gateway.end_with(expected);
        }
    }
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Another server answers where the first one died before it had the request.
#[test]
fn another_server_is_asked_where_one_refuses() {
    for protocol in ["http1", "uwsgi"] {
        let live = Server::start(protocol, |_| OK.to_vec());
        let dead = crate::program::free_address();
        let tables = upstream(protocol, dead, "")
            + &format!(
                "[[upstream.app.server]]\nid = 'b'\naddress = '{}'\n",
                live.address()
            );
        let gateway = Gateway::start(&tables);
        for _ in 0..20 {
            let (got, _) = ask_and(&gateway, 0, || ());
            assert!(got.ends_with(b"\r\n\r\nok"), "{}", got.escape_ascii());
        }
        gateway.end_with(&[("GET /x", 200, "served", 20)]);
    }
}

/// Each is several pauses of a client that drips.
const SLOW: &str = "[limits]\nhead_timeout = '3s'\nbody_timeout = '3s'\nidle_timeout = '3s'\n";

/// Writes each piece after a pause.
fn drip(client: &mut TcpStream, pieces: &[&[u8]], pause: Duration) {
    for piece in pieces {
        // Who is answered early is not read to the end.
        if client.write_all(piece).is_err() {
            return;
        }
        thread::sleep(pause);
    }
}

fn rest(client: &mut TcpStream) -> String {
    let mut got = Vec::new();
    let _ = client.read_to_end(&mut got);
    String::from_utf8_lossy(&got).into_owned()
}

#[test]
fn slow_clients_are_waited_for_so_long() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 33554432\r\n\r\n";
    let large = [head, &megabytes(32)[..]].concat();
    let server = Server::start("http1", move |request| match request.contains("/large") {
        true => large.clone(),
        false => OK.to_vec(),
    });
    let gateway = Gateway::start(&format!(
        "{SLOW}{}",
        upstream("http1", server.address(), "")
    ));
    let pause = Duration::from_millis(300);
    // A head must be whole in time, however steadily it comes (RFC 9110 section 15.5.9).
    let mut head = gateway.connect();
    let pieces: Vec<&[u8]> = b"GET /slow HTTP/1.1\r\nHost: a\r\n".chunks(2).collect();
    drip(&mut head, &pieces, pause);
    let got = rest(&mut head);
    assert!(
        got.starts_with("HTTP/1.1 408 ") && got.contains("head_timeout"),
        "{got}"
    );
    // A body may take as long as it wants while it comes.
    let mut steady = gateway.connect();
    let start: &[u8] =
        b"POST /steady HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 13\r\n\r\n";
    steady.write_all(start).expect("it reads");
    let pieces: Vec<&[u8]> = b"hello, server".chunks(1).collect();
    drip(&mut steady, &pieces, pause);
    assert!(rest(&mut steady).ends_with("\r\n\r\nok"));
    // One that stops coming is late.
    let mut stuck = gateway.connect();
    let start = b"POST /stuck HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc";
    stuck.write_all(start).expect("it reads");
    let got = rest(&mut stuck);
    assert!(
        got.starts_with("HTTP/1.1 408 ") && got.contains("body_timeout"),
        "{got}"
    );
    // Nothing was asked: nothing is answered.
    let begun = Instant::now();
    assert_eq!(rest(&mut gateway.connect()), "");
    assert!(begun.elapsed() > Duration::from_millis(2900));
    // One that does not read is let go, and the server with it.
    let mut deaf = gateway.connect();
    deaf.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        .expect("it reads");
    let log = gateway.folder().join("access.log");
    while !fs::read_to_string(&log).is_ok_and(|log| log.contains("client_closed")) {
        assert!(begun.elapsed() < PATIENCE, "it is waited for");
        thread::sleep(Duration::from_millis(50));
    }
    assert!(rest(&mut deaf).len() < 33_000_000);
    // One that reads slowly gets it all.
    let mut slow = gateway.connect();
    slow.write_all(b"GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        .expect("it reads");
    let (mut piece, mut len) = (vec![0; 4 << 20], 0);
    while let Ok(read @ 1..) = slow.read(&mut piece) {
        len += read;
        thread::sleep(Duration::from_millis(50));
    }
    assert!(len > 32 << 20, "{len}");
    gateway.end_with(&[
        ("", 408, "head_timeout", 1),
        ("POST /steady", 200, "served", 1),
        ("POST /stuck", 408, "body_timeout", 1),
        ("GET /large", 200, "client_closed", 1),
        ("GET /large", 200, "served", 1),
    ]);
}
