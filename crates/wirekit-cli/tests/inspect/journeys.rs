//! A request that came from outside, with those that it caused.

use crate::talk::{Client, Server, Talk, file};
use crate::{inspect, json};

const REQUEST: &str = "GET /app HTTP/1.1\r\nHost: h.example\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";

fn journey() -> Vec<u8> {
    let outer = Talk::to(80)
        .open()
        .say(Client, REQUEST)
        .wait(96)
        .say(Server, ANSWER)
        .close();
    let inner = Talk::to(8081)
        .inside()
        .wait(10)
        .open()
        .say(Client, REQUEST)
        .wait(50)
        .say(Server, ANSWER)
        .close();
    file(&[&outer, &inner])
}

#[test]
fn the_request_behind_the_proxy_stands_below_the_one_that_caused_it() {
    let rows = json(&journey(), &["--view", "journeys"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let (outer, inner) = (&rows[0], &rows[0]["children"][0]);
    assert_eq!(
        (&outer["connection"], &inner["connection"]),
        (&1.into(), &2.into())
    );
    assert_eq!(inner["parent"], outer["exchange"]);
    // Asked at 3 ms, asked on at 13 ms, answered there at 64 ms, and here at 100 ms.
    let shares = serde_json::json!({"client": 0.0, "server": 0.046, "waiting": 0.051, "fetching": 0.0, "answer": 0.0});
    assert_eq!(outer["shares"], shares);
    let text = inspect(&journey(), &["--view", "journeys"]);
    for words in [
        "1  GET h.example/app  200, 97.00 ms on connection 1",
        "└ 2  GET h.example/app  200, 51.00 ms on connection 2  [caused by 1]",
        "proxy 46.00 ms, waiting for others 51.00 ms",
        "application 51.00 ms",
        "round trip 2.00 ms",
    ] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}

#[test]
fn the_samples_story_ends_with_its_journeys() {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let status = wirekit_cli::run(["wirekit", "inspect"], &b""[..], &mut stdout, &mut stderr);
    let page = String::from_utf8(stdout).unwrap();
    assert_eq!(status, 0);
    let (story, journeys) = page.split_once("(--view journeys)").unwrap();
    assert!(
        story.contains("TIME-WAIT") && story.contains("145 packets"),
        "{story}"
    );
    assert_eq!(journeys.matches("└ ").count(), 3, "{journeys}");
    assert!(!journeys.contains("145 packets"), "{journeys}");
}

#[test]
fn a_loss_on_the_way_is_said() {
    let mut talk = Talk::to(80).open().say(Client, REQUEST).wait(300);
    let mut again = talk.packets[3].clone();
    again.milliseconds += 250;
    talk.packets.push(again);
    let text = inspect(
        &talk.say(Server, ANSWER).close().file(),
        &["--view", "journeys"],
    );
    assert!(
        text.contains("round trip 2.00 ms, 1 retransmission"),
        "{text}"
    );
}

/// Two requests that are the same but for what a proxy hands on, and the request of an application that asks for something
/// else: the names tell which one caused it.
#[test]
fn names_that_are_handed_on_tell_which_request_caused_another() {
    let trace = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let further = "Traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-aaaaaaaaaaaaaaaa-01";
    let rows = [
        ("X-Request-ID: one", "X-Request-ID: one", "/else"),
        (trace, further, "/else"),
        ("X-Any: one", "Forwarded: for=\"192.0.2.1:40001\"", "/app"),
        (
            "X-Any: one",
            "Forwarded: for=192.0.2.9, for=\"192.0.2.1:40001\"",
            "/app",
        ),
    ];
    for (outer, inner, target) in rows {
        let asked = |port: u16, field: &str| {
            let request = format!("GET /app HTTP/1.1\r\nHost: h.example\r\n{field}\r\n\r\n");
            Talk::to(80)
                .from(port)
                .open()
                .say(Client, request)
                .wait(96)
                .say(Server, ANSWER)
                .close()
        };
        let asked_on = Talk::to(8081)
            .inside()
            .wait(10)
            .open()
            .say(
                Client,
                format!("GET {target} HTTP/1.1\r\nHost: b.example\r\n{inner}\r\n\r\n"),
            )
            .wait(50)
            .say(Server, ANSWER)
            .close();
        let (one, other) = (asked(40_001, outer), asked(40_002, "X-Request-ID: other"));
        let rows = json(&file(&[&one, &other, &asked_on]), &["--view", "exchanges"]);
        let find = |connection: u64| {
            let mut rows = rows.iter();
            rows.find(|row| row["connection"] == connection).unwrap()
        };
        assert_eq!(
            find(3)["parent"],
            find(1)["exchange"],
            "{outer} {inner}: {rows:?}"
        );
    }
}
