//! The story of an exchange that failed.

use core::time::Duration;
use std::time::SystemTime;

use super::{CONFIG, Stage};
use crate::core::failure::{Failure, Failures, MAX_FAILURES, Phase};
use crate::core::reason::Reason;

/// What becomes of a request after it was sent.
type Provoke = fn(&mut Stage);

fn is_refused(stage: &mut Stage) {
    stage.now += Duration::from_secs(1);
    let (now, worker) = (stage.now, &mut stage.worker);
    stage.connecting = None;
    stage
        .session
        .connect_failed(Reason::ConnectRefused, now, worker);
    stage.settle();
}

fn waits(stage: &mut Stage) {
    stage.connects();
    stage.passes(Duration::from_secs(60));
}

fn is_cut(stage: &mut Stage) {
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
    stage.passes(Duration::from_secs(60));
}

fn goes_away(stage: &mut Stage) {
    stage.connects();
    stage.session.client_lost(stage.now, &mut stage.worker);
    stage.settle();
}

fn says_that_it_failed(stage: &mut Stage) {
    stage.connects();
    stage.answers(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
}

fn nothing(stage: &mut Stage) {
    stage.passes(Duration::from_secs(60));
}

#[test]
fn each_failure_says_where_it_happened() {
    let get = "GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n";
    let post = "POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n";
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    #[rustfmt::skip]
    let rows: [(&str, Provoke, Reason, Phase, usize); 10] = [
        // The request, what follows, the reason, the phase, and how many tries there were.
        ("GET / HTTP/1.1\r\n", nothing, Reason::HeadTimeout, Phase::Head, 0),
        ("GET / HTTP/1.1\r\nA b: c\r\n\r\n", nothing, Reason::MalformedRequest, Phase::Head, 0),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", nothing, Reason::MalformedPath, Phase::Route, 0),
        ("GET /files/b HTTP/1.1\r\nHost: a\r\n\r\n", nothing, Reason::NotFound, Phase::File, 0),
        (chunked, nothing, Reason::BodyTimeout, Phase::Content, 0),
        (get, is_refused, Reason::ConnectRefused, Phase::Connect, 1),
        (get, waits, Reason::UpstreamTimeout, Phase::ResponseHead, 1),
        (get, is_cut, Reason::UpstreamTimeout, Phase::ResponseBody, 1),
        (post, waits, Reason::BodyTimeout, Phase::Request, 1),
        (get, goes_away, Reason::ClientClosed, Phase::ResponseHead, 1),
    ];
    for (request, provoke, reason, phase, tries) in rows {
        let mut stage = Stage::new();
        stage.sends(request.as_bytes());
        provoke(&mut stage);
        let record = stage.records.pop().unwrap();
        let context = format!("{request} {record:?}");
        assert_eq!(
            (record.reason, record.phase),
            (reason, Some(phase)),
            "{context}"
        );
        assert_eq!(record.failed.len(), tries, "{context}");
        for attempt in &record.failed {
            assert_eq!(
                (attempt.reason, attempt.phase),
                (reason, phase),
                "{context}"
            );
        }
        assert!(record.is_failure(), "{context}");
    }
}

#[test]
fn each_try_has_a_reason_and_times_of_its_own() {
    let mut stage = Stage::new();
    stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    is_refused(&mut stage);
    stage.now += Duration::from_secs(1);
    stage.connects();
    stage.passes(Duration::from_secs(60));
    let record = stage.records.pop().unwrap();
    let tries: Vec<_> = record
        .failed
        .iter()
        .map(|attempt| {
            let seconds = (
                attempt.connect.map(|time| time.as_secs()),
                attempt.whole.as_secs(),
            );
            (attempt.server, attempt.reason, attempt.phase, seconds)
        })
        .collect();
    assert_eq!(
        tries,
        [
            (0, Reason::ConnectRefused, Phase::Connect, (None, 1)),
            (
                1,
                Reason::UpstreamTimeout,
                Phase::ResponseHead,
                (Some(1), 61)
            ),
        ]
    );
}

/// A server's own word that it failed is a failure, though it was served whole; a try before a good answer is one of a success.
#[test]
fn what_a_server_says_is_a_failure_too() {
    let mut stage = Stage::new();
    stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    says_that_it_failed(&mut stage);
    let record = stage.records.pop().unwrap();
    assert!(record.is_failure());
    assert_eq!((record.reason, record.failed.len()), (Reason::Served, 1));

    let mut stage = Stage::new();
    stage.sends(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    is_refused(&mut stage);
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let record = stage.records.pop().unwrap();
    assert!(!record.is_failure());
    assert_eq!((record.phase, record.failed.len()), (None, 1));
}

#[test]
fn the_page_and_the_record_have_one_reference() {
    let mut references = Vec::new();
    let mut stage = Stage::new();
    for accept in ["text/html", "application/json"] {
        let request = format!("GET /%00 HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\n\r\n");
        stage.sends(request.as_bytes());
        let reference = stage.records.pop().unwrap().reference.unwrap().to_string();
        assert!(stage.got().contains(&reference));
        references.push(reference);
    }
    assert_ne!(references[0], references[1]);
}

#[test]
fn what_is_kept_is_bounded_and_has_no_secrets() {
    let mut stage = Stage::new();
    let mut failures = Failures::default();
    let secret = "GET /files/b?token=secret HTTP/1.1\r\nHost: a\r\nCookie: secret\r\nAuthorization: secret\r\n\r\n";
    stage.sends(secret.replace("/files/b", "/").as_bytes());
    while stage.connecting.is_some() {
        is_refused(&mut stage);
    }
    for _ in 0..2 * MAX_FAILURES {
        stage.sends(secret.as_bytes());
    }
    for record in &stage.records {
        let reference = record.reference.unwrap();
        failures.put(Failure::new(record, reference, SystemTime::UNIX_EPOCH));
    }
    assert_eq!(
        failures.iter().count(),
        MAX_FAILURES + 1,
        "a server's is not crowded out"
    );
    for failure in failures.iter() {
        let text = format!("{failure:?}");
        assert!(!text.contains("secret") && failure.has_query, "{text}");
    }
    let refused = failures
        .iter()
        .find(|failure| failure.status == 502)
        .unwrap();
    assert_eq!(refused.upstream.as_deref(), Some("app"));
    let servers: Vec<&str> = refused
        .tries
        .iter()
        .map(|told| told.server.as_str())
        .collect();
    assert_eq!(servers, ["a", "b"]);
}

#[test]
fn the_wait_for_room_is_measured() {
    let text = CONFIG.replace("address = '127.0.0.1:3'", "").replace(
        "id = \"a\"\naddress = \"127.0.0.1:3\"",
        "id = \"a\"\naddress = \"127.0.0.1:3\"\nmax_connections = 1",
    );
    let mut stage = Stage::with(&text);
    let request = b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n";
    // Another connection has the server's only room.
    stage.worker.balancers[1].begin(0);
    stage.sends(request);
    assert!(stage.waits);
    stage.now += Duration::from_secs(2);
    let none = stage.worker.balancers[1].end(0, stage.now, crate::core::balance::Ending::Answered);
    assert!(none.is_none());
    stage.session.called(stage.now, &mut stage.worker);
    stage.settle();
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    let record = stage.records.pop().unwrap();
    assert_eq!(record.wait_time, Some(Duration::from_secs(2)));
}
