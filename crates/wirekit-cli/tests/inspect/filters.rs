//! What is kept of a capture.

use serde_json::Value;

use crate::talk::{Client, Server, Talk, file};
use crate::{inspect, json, run};

/// Three connections, a second apart, with the answers 200, 404 and 503; the last one is between other hosts.
fn capture() -> Vec<u8> {
    let talk = |number: u16, status: &str| {
        Talk::to(80)
            .from(40_000 + number)
            .wait(u64::from(number) * 1000)
            .open()
            .say(
                Client,
                format!("GET /{number} HTTP/1.1\r\nHost: h.example\r\n\r\n"),
            )
            .say(
                Server,
                format!("HTTP/1.1 {status} R\r\nContent-Length: 0\r\n\r\n"),
            )
            .close()
    };
    file(&[&talk(0, "200"), &talk(1, "404"), &talk(2, "503").inside()])
}

fn kept(key: &str, arguments: &[&str]) -> Vec<u64> {
    let rows = json(&capture(), arguments);
    let mut kept: Vec<u64> = rows
        .iter()
        .filter_map(|row: &Value| row[key].as_u64())
        .collect();
    kept.sort_unstable();
    kept.dedup();
    kept
}

#[test]
fn connections_are_kept_by_number_address_and_time() {
    let rows: &[(&[&str], &[u64])] = &[
        (&["--connection", "1,3"], &[1, 3]),
        (&["--connection", "2"], &[2]),
        (&["--address", "192.0.2.1"], &[1, 2]),
        (&["--address", "198.51.100.2"], &[1, 2, 3]),
        (
            &["--address", "198.51.100.2", "--connection", "2,3"],
            &[2, 3],
        ),
        (&["--address", "2001:db8::1"], &[]),
        (&["--since", "1"], &[2, 3]),
        (&["--until", "1.5"], &[1, 2]),
        (&["--since", "0.5", "--until", "1.5"], &[2]),
        (&["--since", "2023-11-14T22:13:21Z"], &[2, 3]),
        (&["--until", "2023-11-14T23:13:21.5+01:00"], &[1, 2]),
        (
            &["--since", "1", "--until", "2023-11-14t22:13:21.500z"],
            &[2],
        ),
    ];
    for (arguments, numbers) in rows {
        for view in ["connections", "story", "packets", "exchanges"] {
            let arguments = [&["--view", view], *arguments].concat();
            assert_eq!(kept("connection", &arguments), *numbers, "{arguments:?}");
        }
    }
}

/// Times count from the capture's first packet, also where that is not shown.
#[test]
fn times_are_the_same_in_a_part_of_the_capture() {
    let lines = |more: &[&str]| inspect(&capture(), &[&["--view", "packets"], more].concat());
    let (all, part) = (lines(&[]), lines(&["--since", "1"]));
    assert!(part.contains("  1.000000  ") && part.lines().count() > 10);
    assert!(all.ends_with(&part), "{part} of {all}");
}

#[test]
fn exchanges_are_kept_by_status() {
    for view in ["exchanges", "journeys"] {
        let statuses = |status| kept("status", &["--view", view, "--status", status]);
        assert_eq!(statuses("404"), [404]);
        assert_eq!(statuses("5xx"), [503]);
        assert!(statuses("3xx").is_empty());
    }
    for arguments in [
        ["--status", "404"],
        ["--view", "nothing"],
        ["--since", "-1"],
    ] {
        assert_eq!(run(&capture(), &arguments).0, 2, "{arguments:?}");
    }
    assert_eq!(
        run(&capture(), &["--view", "exchanges", "--status", "40"]).0,
        2
    );
}

/// The requests of one connection are for two hosts, those of another for one, and a third says nothing.
#[test]
fn connections_and_exchanges_are_kept_by_host_and_by_text() {
    let ask = |talk: Talk, host: &str, target: &str| {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        talk.say(Client, request)
            .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
    };
    let one = ask(Talk::to(80).from(40_001).open(), "A.example:80", "/1");
    let one = ask(one, "b.example", "/2").close();
    let other = ask(Talk::to(80).from(40_002).open(), "a.example", "/needle").close();
    let silent = Talk::to(80).from(40_003).open();
    let capture = file(&[&one, &other, &silent]);
    let kept = |key: &str, arguments: &[&str]| {
        let rows = json(&capture, arguments);
        let mut kept: Vec<u64> = rows.iter().filter_map(|row| row[key].as_u64()).collect();
        kept.sort_unstable();
        kept.dedup();
        kept
    };
    let rows: &[(&[&str], &[u64])] = &[
        (&["--host", "a.example"], &[1, 2]),
        (&["--host", "B.EXAMPLE"], &[1]),
        (&["--host", "example"], &[]),
        (&["--grep", "needle"], &[2]),
        (&["--grep", "hello"], &[1, 2]),
        (&["--grep", "hello", "--host", "b.example"], &[1]),
    ];
    for (arguments, connections) in rows {
        for view in ["connections", "story", "packets"] {
            let arguments = [&["--view", view], *arguments].concat();
            assert_eq!(
                kept("connection", &arguments),
                *connections,
                "{arguments:?}"
            );
        }
    }
    let exchanges = |arguments: &[&str]| {
        let mut targets: Vec<String> =
            json(&capture, &[&["--view", "exchanges"], arguments].concat())
                .iter()
                .map(|row| row["target"].as_str().unwrap().to_owned())
                .collect();
        targets.sort_unstable();
        targets
    };
    assert_eq!(exchanges(&["--host", "b.example"]), ["/2"]);
    assert_eq!(exchanges(&["--host", "a.example"]), ["/1", "/needle"]);
    assert_eq!(exchanges(&["--grep", "needle"]), ["/needle"]);
    assert_eq!(exchanges(&["--grep", "hello"]).len(), 3);
    let stream = [
        "--view",
        "stream",
        "--connection",
        "1",
        "--host",
        "a.example",
    ];
    assert_eq!(run(&capture, &stream).0, 2);
    let rows = json(&capture, &["--view", "connections"]);
    let row = |number: usize| {
        (
            rows[number - 1]["host"].clone(),
            rows[number - 1]["target"].clone(),
        )
    };
    assert_eq!(row(1), ("A.example:80".into(), "/1".into()));
    assert_eq!(row(2), ("a.example".into(), "/needle".into()));
    assert_eq!(row(3), (Value::Null, Value::Null));
}

/// Segments part content anywhere; a text does not go over from one message to the next.
#[test]
fn a_text_may_be_parted_by_segments() {
    let ask = "GET /1 HTTP/1.1\r\nHost: h.example\r\n\r\n";
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel";
    let talk = Talk::to(80)
        .open()
        .say(Client, ask)
        .say(Server, answer)
        .say(Server, "l")
        .repeat(0)
        .say(Server, "o")
        .say(Client, ask)
        .say(Server, answer)
        .say(Server, "p!");
    let stream = Talk::to(9999)
        .from(40_009)
        .open()
        .say(Client, "\0\x01he")
        .say(Client, "llo");
    let capture = file(&[&talk, &stream]);
    let count = |view: &str, text: &str| {
        let rows = json(&capture, &["--view", view, "--grep", text]);
        let rows = rows.iter().filter(|row| row["statistics"].is_null());
        rows.count()
    };
    for (text, exchanges, connections) in [("hello", 1, 2), ("help!", 1, 1), ("ohel", 0, 0)] {
        assert_eq!(count("exchanges", text), exchanges, "{text}");
        assert_eq!(count("connections", text), connections, "{text}");
    }
}
