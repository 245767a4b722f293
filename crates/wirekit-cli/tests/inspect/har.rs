//! The archive of exchanges, by the specification of HAR 1.2.

use serde_json::{Map, Value, json};

use crate::inspect;
use crate::talk::{Client, Server, Talk, file};

/// What a member may be.
#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    /// ISO 8601.
    Date,
    /// A number.
    Any,
    /// -1 is unknown.
    Number,
    /// As a number, and none below zero.
    Time,
    Bool,
    Object(&'static [Member]),
    List(&'static [Member]),
}
use Kind::{Any, Bool, Date, List, Number, Object, Text, Time};

/// Name, kind, and whether it must be there.
type Member = (&'static str, Kind, bool);

const ARCHIVE: &[Member] = &[("log", Object(LOG), true)];
const LOG: &[Member] = &[
    ("version", Text, true),
    ("creator", Object(PROGRAM), true),
    ("browser", Object(PROGRAM), false),
    ("pages", List(&[]), false),
    ("entries", List(ENTRY), true),
    ("comment", Text, false),
];
const PROGRAM: &[Member] = &[
    ("name", Text, true),
    ("version", Text, true),
    ("comment", Text, false),
];
const ENTRY: &[Member] = &[
    ("pageref", Text, false),
    ("startedDateTime", Date, true),
    ("time", Time, true),
    ("request", Object(REQUEST), true),
    ("response", Object(RESPONSE), true),
    ("cache", Object(&[]), true),
    ("timings", Object(TIMINGS), true),
    ("serverIPAddress", Text, false),
    ("connection", Text, false),
    ("comment", Text, false),
];
const REQUEST: &[Member] = &[
    ("method", Text, true),
    ("url", Text, true),
    ("httpVersion", Text, true),
    ("cookies", List(COOKIE), true),
    ("headers", List(PAIR), true),
    ("queryString", List(PAIR), true),
    ("postData", Object(POST), false),
    ("headersSize", Number, true),
    ("bodySize", Number, true),
    ("comment", Text, false),
];
const RESPONSE: &[Member] = &[
    ("status", Number, true),
    ("statusText", Text, true),
    ("httpVersion", Text, true),
    ("cookies", List(COOKIE), true),
    ("headers", List(PAIR), true),
    ("content", Object(CONTENT), true),
    ("redirectURL", Text, true),
    ("headersSize", Number, true),
    ("bodySize", Number, true),
    ("comment", Text, false),
];
const COOKIE: &[Member] = &[
    ("name", Text, true),
    ("value", Text, true),
    ("path", Text, false),
    ("domain", Text, false),
    ("expires", Date, false),
    ("httpOnly", Bool, false),
    ("secure", Bool, false),
    ("comment", Text, false),
];
const PAIR: &[Member] = &[
    ("name", Text, true),
    ("value", Text, true),
    ("comment", Text, false),
];
const POST: &[Member] = &[
    ("mimeType", Text, true),
    ("params", List(PAIR), false),
    ("text", Text, true),
    ("comment", Text, false),
];
const CONTENT: &[Member] = &[
    ("size", Number, true),
    ("compression", Any, false),
    ("mimeType", Text, true),
    ("text", Text, false),
    ("encoding", Text, false),
    ("comment", Text, false),
];
const TIMINGS: &[Member] = &[
    ("blocked", Number, false),
    ("dns", Number, false),
    ("connect", Number, false),
    ("send", Time, true),
    ("wait", Time, true),
    ("receive", Time, true),
    ("ssl", Number, false),
    ("comment", Text, false),
];

fn check(object: &Map<String, Value>, members: &[Member]) {
    for (name, kind, is_required) in members {
        match object.get(*name) {
            Some(value) => check_value(name, value, *kind),
            None => assert!(!is_required, "no {name} in {object:?}"),
        }
    }
    for name in object.keys() {
        let is_known = name.starts_with('_') || members.iter().any(|(known, ..)| known == name);
        assert!(is_known, "{name} is no member");
    }
}

fn check_value(name: &str, value: &Value, kind: Kind) {
    let holds = match kind {
        Text => value.is_string(),
        Bool => value.is_boolean(),
        Any => value.is_number(),
        Number => value.as_f64().is_some_and(|number| number >= -1.0),
        Time => value.as_f64().is_some_and(|number| number >= 0.0),
        Date => value.as_str().is_some_and(|text| {
            let shape: String = text
                .chars()
                .map(|it| if it.is_ascii_digit() { '0' } else { it })
                .collect();
            shape.starts_with("0000-00-00T00:00:00") && shape.ends_with('Z')
        }),
        Object(members) => {
            check(value.as_object().expect(name), members);
            true
        }
        List(members) => {
            for item in value.as_array().expect(name) {
                check(item.as_object().expect(name), members);
            }
            true
        }
    };
    assert!(holds, "{name}: {value}");
}

/// The entries, of an archive that is as it should be.
fn entries(capture: &[u8]) -> Vec<Value> {
    let archive: Value = serde_json::from_str(&inspect(capture, &["--view", "har"])).expect("JSON");
    check(archive.as_object().expect("an object"), ARCHIVE);
    assert_eq!(archive["log"]["version"], "1.2");
    let entries = archive["log"]["entries"]
        .as_array()
        .expect("a list")
        .clone();
    for entry in &entries {
        let timings = entry["timings"].as_object().expect("timings").values();
        // "The time value for the request must be equal to the sum of the timings supplied, excluding any -1 values."
        let sum: f64 = timings
            .filter_map(Value::as_f64)
            .filter(|time| *time >= 0.0)
            .sum();
        let total = entry["time"].as_f64().expect("a time");
        assert!((sum - total).abs() < 1e-6, "{entry}");
    }
    entries
}

#[test]
fn an_exchange_is_an_entry() {
    let talk = Talk::to(80)
        .open()
        .wait(7)
        .say(Client, "POST /a?x=1&y=%26 HTTP/1.1\r\nHost: h.example\r\nCookie: id=7\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n")
        .wait(9)
        .say(Client, "body")
        .wait(20)
        .say(Server, "HTTP/1.1 201 Created\r\nLocation: /b\r\nSet-Cookie: id=8; Path=/\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\n")
        .wait(30)
        .say(Server, "m\u{e9}de")
        .close();
    let entries = entries(&talk.file());
    let [entry] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    let (request, response) = (&entry["request"], &entry["response"]);
    assert_eq!(
        *entry,
        json!({
            "startedDateTime": "2023-11-14T22:13:20Z", "time": 72.0,
            "request": {
                "method": "POST", "url": "http://h.example/a?x=1&y=%26", "httpVersion": "HTTP/1.1",
                "cookies": [{"name": "id", "value": "7"}], "headers": request["headers"],
                "queryString": [{"name": "x", "value": "1"}, {"name": "y", "value": "&"}],
                "postData": {"mimeType": "text/plain", "text": "body"}, "headersSize": 106, "bodySize": 4,
            },
            "response": {
                "status": 201, "statusText": "Created", "httpVersion": "HTTP/1.1",
                "cookies": [{"name": "id", "value": "8", "path": "/"}], "headers": response["headers"],
                "content": {"size": 5, "mimeType": "text/html", "text": "m\u{e9}de"}, "redirectURL": "/b",
                "headersSize": response["headersSize"], "bodySize": 5,
            },
            "cache": {},
            "timings": {"blocked": 8.0, "dns": -1, "connect": 2.0, "send": 10.0, "wait": 21.0, "receive": 31.0, "ssl": -1},
            "serverIPAddress": "198.51.100.2", "connection": "1", "_exchange": 1,
        })
    );
    assert_eq!(
        request["headers"][0],
        json!({"name": "Host", "value": "h.example"})
    );
}

#[test]
fn bodies_are_text_or_base64() {
    let gzipped = include_bytes!("hello.gz");
    let head = |fields: &str, len: usize| {
        format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: {len}\r\n\r\n")
    };
    let get = "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n";
    let bytes = [0xff, 0, 1];
    let talk = Talk::to(80)
        .open()
        .say(Client, get)
        .say(
            Server,
            [head("Content-Type: image/png\r\n", 3).as_bytes(), &bytes].concat(),
        )
        .say(Client, get)
        .say(
            Server,
            [
                head("Content-Encoding: gzip\r\n", gzipped.len()).as_bytes(),
                gzipped,
            ]
            .concat(),
        )
        .say(Client, get)
        .say(
            Server,
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n",
        )
        .say(
            Client,
            [
                b"PUT / HTTP/1.1\r\nHost: h.example\r\nContent-Length: 3\r\n\r\n",
                &bytes[..],
            ]
            .concat(),
        )
        .say(Server, "HTTP/1.1 204 No Content\r\n\r\n")
        .close();
    let entries = entries(&talk.file());
    let content = |at: usize| &entries[at]["response"]["content"];
    assert_eq!(
        *content(0),
        json!({"size": 3, "mimeType": "image/png", "text": "/wAB", "encoding": "base64"})
    );
    let text = content(1)["text"].as_str().expect("text");
    let saved = i64::try_from(text.len()).unwrap() - i64::try_from(gzipped.len()).unwrap();
    assert!(text.starts_with("hello"), "{text}");
    assert_eq!(content(1)["size"], text.len());
    assert_eq!(content(1)["compression"], saved);
    assert_eq!(entries[1]["response"]["bodySize"], gzipped.len());
    assert_eq!(
        *content(2),
        json!({"size": 3, "mimeType": "", "text": "two"})
    );
    assert_eq!(
        entries[3]["request"]["postData"],
        json!({"mimeType": "", "text": "/wAB", "_encoding": "base64"})
    );
}

#[test]
fn what_is_missing_is_said() {
    let unanswered = Talk::to(80).from(40_001).open().say(
        Client,
        "GET http://o.example/ HTTP/1.1\r\nHost: h.example\r\n\r\n",
    );
    let unasked = Talk::to(80)
        .from(40_002)
        .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo")
        .acknowledge(Client);
    let capture = file(&[&unanswered, &unasked]);
    let entries = entries(&capture);
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["request"]["url"], "http://o.example/");
    assert_eq!(entries[0]["response"]["status"], 0);
    assert_eq!(entries[0]["comment"], "no answer");
    let archive = inspect(&capture, &["--view", "har"]);
    assert!(
        archive.contains("1 answer without a request left out"),
        "{archive}"
    );
}

#[test]
fn what_has_no_room_is_left_out() {
    let talk = Talk::to(80)
        .open()
        .say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n")
        .say(Server, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    let talk = (0..100).fold(talk, |talk, _| talk.say(Server, "x".repeat(1000)));
    let arguments = ["--view", "har", "--max-buffered", "150000"];
    let archive: Value = serde_json::from_str(&inspect(&talk.file(), &arguments)).expect("JSON");
    let entry = &archive["log"]["entries"][0];
    assert_eq!(
        entry["response"]["content"],
        json!({"size": 100_000, "mimeType": ""})
    );
    assert_eq!(
        entry["comment"],
        "a body left out for want of room (--max-buffered)"
    );
}

#[test]
fn an_archive_may_be_empty() {
    assert_eq!(
        entries(&Talk::to(80).open().close().file()),
        Vec::<Value>::new()
    );
}
