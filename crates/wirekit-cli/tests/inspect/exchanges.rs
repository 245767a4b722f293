//! Requests with their answers.

use serde_json::{Value, json};

use crate::talk::{Client, Server, Talk, file};
use crate::{inspect, json};

const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo";

fn request(method: &str, target: &str, fields: &str) -> String {
    format!("{method} {target} HTTP/1.1\r\nHost: h.example\r\n{fields}\r\n")
}

fn rows(capture: &[u8]) -> Vec<Value> {
    json(capture, &["--view", "exchanges"])
}

/// The keys of a row that are asked for, in one value.
fn keys(row: &Value, keys: &[&str]) -> Value {
    keys.iter().map(|key| row[*key].clone()).collect()
}

#[test]
fn a_row_has_sizes_and_times() {
    let talk = Talk::to(80)
        .open()
        .say(Client, request("PUT", "/a", "Content-Length: 4\r\n"))
        .wait(9)
        .say(Client, "body")
        .wait(20)
        .say(Server, "HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\n")
        .wait(30)
        .say(Server, "made.")
        .close();
    let rows = rows(&talk.file());
    assert_eq!(
        rows,
        [json!({
            "exchange": 1, "connection": 1, "layer": "http1", "method": "PUT", "target": "/a", "host": "h.example",
            "status": 201, "request_body_len": 4, "response_body_len": 5,
            "start": 0.003, "first_byte": 0.034, "end": 0.065, "complete": true,
        })]
    );
    let text = inspect(&talk.file(), &["--view", "exchanges"]);
    for words in ["PUT h.example/a", "201", "31.00 ms", "62.00 ms"] {
        assert!(text.contains(words), "no {words} in {text}");
    }
}

/// RFC 9112 section 9.3.2; RFC 9110 sections 15.2 and 9.3.2.
#[test]
fn answers_are_given_to_their_requests() {
    let talk = Talk::to(80)
        .open()
        .say(Client, [request("HEAD", "/a", ""), request("GET", "/b", ""), request("GET", "/c", "")].concat())
        .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n")
        .say(Server, [ANSWER, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"].concat())
        .close();
    let rows = rows(&talk.file());
    let seen: Vec<Value> = rows
        .iter()
        .map(|row| {
            keys(
                row,
                &[
                    "method",
                    "target",
                    "status",
                    "response_body_len",
                    "complete",
                ],
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            json!(["HEAD", "/a", 200, 0, true]),
            json!(["GET", "/b", 200, 3, true]),
            json!(["GET", "/c", 404, 0, true])
        ]
    );
    let text = inspect(&talk.file(), &["--view", "exchanges"]);
    assert!(text.contains("[103]"), "{text}");
}

#[test]
fn what_is_missing_is_said() {
    // A request without an answer, an answer without a request, an answer that is cut, and one that breaks a rule.
    let unanswered = Talk::to(80)
        .from(40_001)
        .open()
        .say(Client, request("GET", "/1", ""))
        .close();
    let unasked = Talk::to(80)
        .from(40_002)
        .say(Server, ANSWER)
        .acknowledge(Client);
    let cut = Talk::to(80)
        .from(40_003)
        .open()
        .say(Client, request("GET", "/3", ""));
    let cut = cut.say(Server, ANSWER.strip_suffix('o').unwrap()).close();
    let broken = Talk::to(80)
        .from(40_004)
        .open()
        .say(Client, "GET /4 HTTP/1.1\r\n\r\n")
        .say(Server, ANSWER)
        .close();
    let expected = [
        (unanswered, json!(["/1", null, false, null]), "no answer"),
        (unasked, json!([null, 200, false, null]), "request not seen"),
        (cut, json!(["/3", 200, false, null]), "answer not whole"),
        (
            broken,
            json!(["/4", 200, false, "http1.missing_host"]),
            "http1.missing_host",
        ),
    ];
    for (talk, row, words) in expected {
        let found = rows(&talk.file());
        assert_eq!(found.len(), 1, "{words}");
        assert_eq!(
            keys(&found[0], &["target", "status", "complete", "error"]),
            row
        );
        let text = inspect(&talk.file(), &["--view", "exchanges"]);
        assert!(text.contains(words), "no {words} in {text}");
    }
}

#[test]
fn an_upgrade_ends_its_exchange() {
    let upgrade = request(
        "GET",
        "/chat",
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n",
    );
    let agreed =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let talk = Talk::to(80)
        .open()
        .say(Client, upgrade)
        .say(Server, agreed)
        .say(Server, b"\x81\x02oh")
        .close();
    let rows = rows(&talk.file());
    assert_eq!(rows.len(), 1);
    assert_eq!(keys(&rows[0], &["status", "complete"]), json!([101, true]));
    let text = inspect(&talk.file(), &["--view", "exchanges"]);
    assert!(text.contains("switches protocols"), "{text}");
}

/// A proxy's request to the application names the client's by REMOTE_ADDR and REMOTE_PORT, or resembles it.
#[test]
fn a_proxys_request_knows_the_one_that_caused_it() {
    let outer = |port, target| {
        Talk::to(80)
            .from(port)
            .open()
            .say(Client, request("GET", target, ""))
            .wait(50)
            .say(Server, ANSWER)
            .close()
    };
    let inner = |target, fields| {
        Talk::to(8081)
            .inside()
            .from(50_000)
            .wait(10)
            .open()
            .say(Client, request("GET", target, fields))
            .say(Server, ANSWER)
            .close()
    };
    let uwsgi = |port: &str| {
        let vars = [
            ("REQUEST_METHOD", "GET"),
            ("REQUEST_URI", "/a"),
            ("HTTP_HOST", "h.example"),
            ("REMOTE_ADDR", "192.0.2.1"),
            ("REMOTE_PORT", port),
        ];
        let mut block = Vec::new();
        for text in vars.iter().flat_map(|(key, value)| [key, value]) {
            block.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
            block.extend(text.as_bytes());
        }
        let [low, high] = u16::try_from(block.len()).unwrap().to_le_bytes();
        let packet = [&[0, low, high, 0], &block[..]].concat();
        Talk::to(3031)
            .inside()
            .from(50_000)
            .wait(10)
            .open()
            .say(Client, packet)
            .say(Server, ANSWER)
            .close()
    };
    let rows_of = |talks: &[&Talk]| {
        let mut parents: Vec<(u64, Option<u64>)> = rows(&file(talks))
            .iter()
            .map(|row| (row["exchange"].as_u64().unwrap(), row["parent"].as_u64()))
            .collect();
        parents.sort_unstable();
        parents
    };
    let none = (1, None);
    // One that fits; by the client's port; the front of the path was taken off; another target; one of two that are alike.
    let (a, b) = (outer(40_000, "/a"), outer(40_001, "/a"));
    assert_eq!(rows_of(&[&a, &inner("/a", "")]), [none, (2, Some(1))]);
    assert_eq!(
        rows_of(&[&a, &b, &uwsgi("40001")]),
        [none, (2, None), (3, Some(2))]
    );
    let long = outer(40_000, "/app/x/1");
    assert_eq!(rows_of(&[&long, &inner("/x/1", "")]), [none, (2, Some(1))]);
    assert_eq!(rows_of(&[&a, &inner("/other", "")]), [none, (2, None)]);
    assert_eq!(
        rows_of(&[&a, &b, &inner("/a", "")]),
        [none, (2, None), (3, None)]
    );
    let text = inspect(&file(&[&a, &b, &inner("/a", "")]), &["--view", "exchanges"]);
    assert!(text.contains("caused by one of several"), "{text}");
}
