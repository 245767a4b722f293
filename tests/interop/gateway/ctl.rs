//! The control plane from a shell.

use std::process::{Command, Output};

use super::server::Server;
use super::upstream;
use super::watched::{TOKEN, Watched, until};
use crate::program::{build_program, free_address};

/// `wirekit-gateway ctl` with these words, for that gateway.
fn ctl(watched: &Watched, words: &[&str]) -> Output {
    let config = watched.gateway.folder().join("gateway.toml");
    Command::new(build_program("wirekit-gateway"))
        .arg("--config")
        .arg(config)
        .arg("ctl")
        .args(words)
        .output()
        .expect("the program")
}

fn text(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr].concat();
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn a_person_sees_and_changes_a_gateway() {
    let server = Server::start("http1", |_| {
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec()
    });
    let tables = upstream("http1", server.address(), "")
        + &format!(
            "[[upstream.app.server]]\nid = 'b'\naddress = '{}'\n",
            server.address().ip().to_string() + ":1"
        );
    let watched = Watched::start(&tables);
    let done = |words: &[&str]| {
        let output = ctl(&watched, words);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{words:?}: {}",
            text(&output)
        );
        text(&output)
    };
    assert_eq!(done(&["health"]), "ok\n");
    let upstreams = done(&["upstreams"]);
    let lines: Vec<Vec<&str>> = upstreams
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(
        lines[0][..4],
        ["UPSTREAM", "PROTOCOL", "BALANCE", "SERVERS"]
    );
    assert_eq!(lines[1][..4], ["app", "http1", "round_robin", "2"]);
    let servers = done(&["servers", "app"]);
    assert!(servers.contains(&server.address().to_string()), "{servers}");
    let servers: serde_json::Value =
        serde_json::from_str(&done(&["--json", "servers"])).expect("JSON");
    assert_eq!(servers[1]["id"], "b");
    let explained = done(&["explain", "GET", "http://a/x"]);
    assert!(explained.contains("gateway.toml:"), "{explained}");
    // What a client sends cannot speak to the terminal.
    let _ = watched.get("/%zz\u{1b}[2J");
    let failures = until("it is listed", || {
        Some(done(&["failures"])).filter(|text| text.lines().count() > 1)
    });
    assert!(!failures.contains('\u{1b}'), "{failures}");
    let reference = failures.trim_end().rsplit(' ').next().unwrap_or_default();
    let story = done(&["failures", reference]);
    assert!(
        story.contains(reference) && story.contains("reason"),
        "{story}"
    );
}

/// Each exit status, and what is said.
#[test]
fn what_cannot_be_done_says_why() {
    let watched = Watched::start(&upstream("http1", free_address(), ""));
    let address = watched.control.to_string();
    let nobody = free_address().to_string();
    let program = || Command::new(build_program("wirekit-gateway"));
    let rows: [(&[&str], &str, i32, &str); 5] = [
        (
            &["ctl", "--address", &address, "servers", "none"],
            TOKEN,
            1,
            "404 not_found",
        ),
        (
            &["ctl", "--address", &address, "upstreams"],
            "wrong",
            1,
            "401 wrong_token",
        ),
        (&["ctl", "drain"], TOKEN, 2, "<UPSTREAM>"),
        (&["ctl", "--address", &nobody, "health"], TOKEN, 3, &nobody),
        (&["ctl", "health"], TOKEN, 3, "no control address"),
    ];
    for (words, token, status, said) in rows {
        let output = program()
            .args(words)
            .env("WIREKIT_GATEWAY_TOKEN", token)
            .env_remove("WIREKIT_GATEWAY_ADDRESS")
            .output()
            .expect("the program");
        let text = text(&output);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {text}");
        assert!(text.contains(said), "{words:?}: {text}");
        assert!(!text.contains(TOKEN), "{text}");
    }
}
