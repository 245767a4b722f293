//! The control plane, asked by a program that knows its document alone, flooded, killed, and as one of three.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::server::Server;
use super::upstream;
use super::watched::{TOKEN, Watched};
use crate::program::PATIENCE;

fn application(text: &'static str) -> Server {
    Server::start("http1", move |_| {
        let len = text.len();
        format!("HTTP/1.1 200 OK\r\nContent-Length: {len}\r\n\r\n{text}").into_bytes()
    })
}

/// Sends this to the control address, and reads to the end of the connection.
fn send(watched: &Watched, request: &str) -> String {
    let mut stream = TcpStream::connect(watched.control).expect("it listens");
    let patience = stream.set_read_timeout(Some(PATIENCE));
    patience.expect("a timeout above zero");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn schemathesis_finds_nothing_wrong_with_the_api() {
    let server = application("ok");
    let other = "[[upstream.app.server]]\nid = 'b'\naddress = '127.0.0.1:1'\n";
    let watched = Watched::start(&(upstream("http1", server.address(), "") + other));
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/gateway");
    let config = beside.join("schemathesis.toml");
    let folder = tempfile::TempDir::new().expect("a folder");
    let output = Command::new("schemathesis")
        .env("SCHEMATHESIS_HOOKS", beside.join("schemathesis_hooks.py"))
        .arg("--config-file")
        .arg(config)
        .args(["run", "--seed", "1", "--no-color", "--max-examples", "5"])
        .args(["--phases", "examples,coverage,fuzzing"])
        // The document's example of a configuration would take away what all else is asked about.
        .args(["--exclude-operation-id", "PutConfig"])
        .args(["--header", &format!("Authorization: Bearer {TOKEN}")])
        .arg(format!("http://{}/api/v1/openapi.json", watched.control))
        .current_dir(folder.path())
        .output()
        .expect("schemathesis, of PyPI");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
}

#[test]
fn a_flood_of_the_control_address_does_not_touch_a_request() {
    let server = application("ok");
    let watched = Watched::start(&upstream("http1", server.address(), ""));
    // More than there is room for; each is half a request.
    let mut flood: Vec<TcpStream> = Vec::new();
    for at in 0..200 {
        let mut stream = TcpStream::connect(watched.control).expect("it listens");
        let _ = stream.write_all(b"PUT /api/v1/config HTTP/1.1\r\nHost: localhost\r\n");
        flood.push(stream);
        if at % 10 == 0 {
            assert!(watched.get("/").ends_with("ok"), "request {at}");
        }
    }
    drop(flood);
    assert!(watched.get("/").ends_with("ok"));
    // What was in its room is gone, so that it answers again.
    super::watched::until("there is room", || {
        let mut stream = TcpStream::connect(watched.control).ok()?;
        let head = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(head.as_bytes()).ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        answer.starts_with("HTTP/1.1 200 ").then_some(())
    });
}

#[test]
fn the_token_is_in_no_answer_and_no_message() {
    let server = application("ok");
    let watched = Watched::start(&upstream("http1", server.address(), ""));
    let targets = [
        "/",
        "/health",
        "/metrics",
        "/other",
        "/api",
        "/api/v1/config",
        "/api/v1/upstreams",
        "/api/v1/requests",
        "/api/v1/openapi.json",
    ];
    for target in targets {
        for method in ["GET", "PUT", "OPTIONS"] {
            for field in ["Authorization: Bearer", "X-Other:", "Host:"] {
                let request = format!(
                    "{method} {target}?x={TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{field} {TOKEN}\r\n\r\n"
                );
                let answer = send(&watched, &request);
                // A query is said again by who refuses it: it is the client's own.
                let answer = answer.replace(&format!("{target}?x={TOKEN}"), "");
                assert!(!answer.contains(TOKEN), "{request}: {answer}");
            }
        }
    }
}

#[test]
fn three_gateways_are_changed_by_the_same_put() {
    let (old, new) = (application("old"), application("new"));
    let tables = upstream("http1", old.address(), "");
    let fleet = [(); 3].map(|()| Watched::start(&tables));
    let content = format!(r#"{{"address":"{}","weight":3}}"#, new.address());
    let put = |watched: &Watched, condition: &str| {
        let request = format!(
            "PUT /api/v1/upstreams/app/servers/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/json\r\n{condition}Content-Length: {}\r\n\r\n{content}",
            content.len()
        );
        let answer = send(watched, &request);
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        let tag = answer.lines().find_map(|line| line.strip_prefix("ETag: "));
        let (_, json) = answer.split_once("\r\n\r\n").expect("a head");
        let json: Value = serde_json::from_str(json).expect("JSON");
        (tag.expect("a tag").to_owned(), json)
    };
    let first: Vec<_> = fleet
        .iter()
        .map(|watched| put(watched, "If-Match: *\r\n"))
        .collect();
    assert!(first.iter().all(|other| *other == first[0]), "{first:?}");
    // Again, from what any of them said.
    let condition = format!("If-Match: {}\r\n", first[0].0);
    let again: Vec<_> = fleet
        .iter()
        .map(|watched| put(watched, &condition))
        .collect();
    assert_eq!(again, first);
    for watched in &fleet {
        assert!(watched.get("/").ends_with("new"));
    }
}
