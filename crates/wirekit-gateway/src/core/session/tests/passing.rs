//! What of a message goes on to the other side, and what does not.

use super::{CONFIG, Stage};
use crate::core::session::HIGH_WATER;

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What a server of HTTP/1.1 gets for these fields.
fn request(lines: &str) -> String {
    let mut stage = Stage::new();
    stage.sends(format!("GET /http/ HTTP/1.1\r\nHost: a\r\n{lines}\r\n").as_bytes());
    stage.connects();
    text(&stage.server)
}

/// What a client that sends these fields gets for this answer.
fn response(lines: &str, answer: &str) -> String {
    let mut stage = Stage::new();
    stage.sends(format!("GET /http/ HTTP/1.1\r\nHost: a\r\n{lines}\r\n").as_bytes());
    stage.connects();
    stage.answers(answer.as_bytes());
    stage.got()
}

const DATE: &str = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

// RFC 9110 section 7.6.1, and 7.6.3 of Via.
#[test]
fn fields_of_one_hop_stop_here() {
    let sent = request(
        "Connection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nProxy-Authorization: x\r\nTE: gzip\r\nUpgrade: h2c\r\nAccept: */*\r\nVia: 1.0 other\r\n",
    );
    assert_eq!(
        sent,
        "GET /http/ HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nVia: 1.0 other\r\nX-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\nVia: 1.1 wirekit-gateway\r\n\r\n"
    );
    let got = response(
        "",
        "HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: close\r\nX-Accel-Expires: 1\r\nServer: x\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(
        got,
        format!("HTTP/1.1 200 OK\r\nServer: x\r\n{DATE}Content-Length: 0\r\n\r\n")
    );
}

// RFC 9110 section 6.6.1: "A recipient with a clock that receives a response message without a Date header field MUST
// record the time it was received and append a corresponding Date header field".
#[test]
fn a_response_has_one_date() {
    let other = "Date: Tue, 15 Nov 1994 08:12:31 GMT\r\n";
    for (date, expected) in [("", DATE), (other, other)] {
        let answer = format!("HTTP/1.1 200 OK\r\n{date}Content-Length: 0\r\n\r\n");
        let got = response("", &answer);
        assert_eq!(
            got,
            format!("HTTP/1.1 200 OK\r\n{expected}Content-Length: 0\r\n\r\n")
        );
    }
}

// RFC 9110 section 15.2: "A proxy MUST forward 1xx responses unless the proxy itself requested the generation of the 1xx
// response", and 1xx is nothing that a client of HTTP/1.0 knows.
#[test]
fn interim_responses_pass_and_100_is_the_gateways() {
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
    let go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    let got = response("", &format!("{hints}{go_on}{hints}{ok}"));
    assert_eq!(
        got,
        format!("{hints}{hints}HTTP/1.1 200 OK\r\n{DATE}Content-Length: 0\r\n\r\n")
    );

    let mut stage = Stage::new();
    stage.sends(b"GET /http/ HTTP/1.0\r\nHost: a\r\n\r\n");
    stage.connects();
    stage.answers(format!("{hints}{ok}").as_bytes());
    assert!(stage.got().starts_with("HTTP/1.1 200 OK\r\n"));

    // Who waits for it gets it once its content will be read, and once.
    let mut stage = Stage::new();
    stage.sends(
        b"POST /http/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    );
    assert_eq!(stage.got(), "");
    stage.connects();
    assert_eq!(stage.got(), go_on);
    assert!(!text(&stage.server).contains("Expect"));
    stage.sends(b"hi");
    stage.answers(format!("{go_on}{ok}").as_bytes());
    assert!(stage.got().starts_with("HTTP/1.1 200 OK\r\n"));
}

// RFC 9110 section 6.5: within the limit of trailers, and to a client that asked for them.
#[test]
fn trailers_pass_both_ways_within_their_limit() {
    let mut stage = Stage::new();
    stage.sends(b"POST /http/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\n\r\n");
    stage.connects();
    assert!(stage.server.ends_with(b"2\r\nhi\r\n0\r\nT: 1\r\n\r\n"));

    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nT: 1\r\nContent-Type: x\r\n\r\n";
    let rows = [
        ("TE: trailers\r\nConnection: TE\r\n", "0\r\nT: 1\r\n\r\n"),
        ("", "hi\r\n0\r\n\r\n"),
    ];
    for (lines, end) in rows {
        let got = response(lines, answer);
        assert!(got.ends_with(end), "{lines}: {got}");
        assert_eq!(
            request(lines).contains("\r\nTE: trailers\r\n"),
            !lines.is_empty()
        );
    }

    let long = "x".repeat(17 * 1024);
    let mut stage = Stage::new();
    stage.sends(
        b"POST /http/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n",
    );
    stage.connects();
    stage.sends(format!("T: {long}\r\n\r\n").as_bytes());
    assert_eq!(
        (stage.status().as_str(), stage.reasons()),
        ("431", vec!["head_too_large"])
    );
    assert!(
        !stage.is_connected,
        "what the server has is no whole request"
    );

    let mut stage = Stage::new();
    stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\n\r\n");
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n");
    stage.answers(format!("T: {long}\r\n\r\n").as_bytes());
    assert!(stage.session.is_reset());
    assert_eq!(stage.reasons(), ["upstream_malformed"]);
}

#[test]
fn a_slow_side_stops_the_other() {
    let config = CONFIG.replace("100 B", "8 MiB");
    let piece = [7; 10_000];
    // A client that does not read.
    let mut stage = Stage::with(&config);
    stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n");
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n");
    let mut sent = 0;
    while stage.session.wants_server() {
        stage
            .session
            .server_sent(&piece, stage.now, &mut stage.worker);
        sent += piece.len();
        assert!(stage.session.to_client().len() <= HIGH_WATER + piece.len());
    }
    assert!(
        (HIGH_WATER..HIGH_WATER + 2 * piece.len()).contains(&sent),
        "{sent}"
    );
    stage.settle();
    assert!(stage.session.wants_server());
    // A server that does not.
    let mut stage = Stage::with(&config);
    stage.sends(b"POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
    stage.connects();
    let mut sent = 0;
    while stage.session.wants_client() {
        stage.sends_unsettled(&piece);
        sent += piece.len();
        assert!(stage.session.to_server().len() <= HIGH_WATER + piece.len());
    }
    assert!((HIGH_WATER..3 * HIGH_WATER).contains(&sent), "{sent}");
    stage.settle();
    assert!(stage.session.wants_client());
    // One that is not connected to yet.
    let mut stage = Stage::with(&config);
    stage.sends(b"POST /http/ HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n");
    let mut sent = 0;
    while stage.session.wants_client() {
        stage.sends(&piece);
        sent += piece.len();
    }
    assert!(
        (HIGH_WATER..HIGH_WATER + 2 * piece.len()).contains(&sent),
        "{sent}"
    );
}

// An exchange that ends lets its server go: the connection is closed unless it can serve again, and it counts no more.
#[test]
fn an_exchange_that_ends_leaves_no_server_behind() {
    let answers = [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"[..], 1),
        (
            b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
            0,
        ),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nmore", 0),
    ];
    for (answer, kept) in answers {
        let mut stage = Stage::new();
        stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n");
        stage.connects();
        stage.answers(answer);
        assert_eq!(
            (stage.kept, stage.is_connected),
            (kept, false),
            "{}",
            answer.escape_ascii()
        );
        assert_eq!(stage.worker.balancers[1].active(0), 0);
        assert_eq!(stage.reasons(), ["served"]);
        stage.sends(b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n");
        stage.connects();
        stage.answers(answers[0].0);
        assert!(stage.got().starts_with("HTTP/1.1 200 "));
    }
}
