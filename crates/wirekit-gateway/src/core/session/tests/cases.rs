use core::time::Duration;

use super::{CONFIG, Stage};
use crate::core::reason::Reason;
use crate::core::session::Session;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

#[test]
fn a_request_goes_to_a_server_and_its_answer_back() {
    let mut stage = Stage::new();
    stage.sends(b"POST /a%20b?q HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    assert!(
        stage.server.is_empty(),
        "nothing is sent before it is connected"
    );
    stage.connects();
    stage.sends(b"hi");
    assert!(stage.server.ends_with(b"hi"));
    let packet = String::from_utf8_lossy(&stage.server).into_owned();
    for part in [
        "REQUEST_URI\u{8}\0/a%20b?q",
        "PATH_INFO\u{4}\0/a b",
        "REMOTE_ADDR\u{9}\u{0}192.0.2.7",
        "CONTENT_LENGTH\u{1}\u{0}2",
    ] {
        assert!(packet.contains(part), "{part}: {packet}");
    }
    stage.answers(b"HTTP/1.1 200 OK\r\nX-Accel-Redirect: /x\r\nContent-Length: 2\r\n\r\nh");
    stage.answers(b"o");
    assert_eq!(
        stage.got(),
        "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Length: 2\r\n\r\nho"
    );
    assert_eq!(stage.reasons(), ["served"]);
    stage.sends(b"GET /http/x HTTP/1.1\r\nHost: a\r\n\r\n");
    stage.connects();
    assert!(stage.server.ends_with(b"\r\n\r\n"));
    stage.answers(OK);
    assert!(stage.got().ends_with("\r\n\r\nhi"));
    assert_eq!(
        stage.kept, 2,
        "both ended in a way that lets them serve again"
    );
}

#[test]
fn a_server_that_refuses_gives_way_to_the_next() {
    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    let first = stage.connecting.take().unwrap();
    stage
        .session
        .connect_failed(Reason::ConnectRefused, stage.now, &mut stage.worker);
    stage.settle();
    assert_ne!(stage.connects(), first);
    assert!(
        stage.server.ends_with(b"hi"),
        "nothing of the request was lost"
    );
    stage.answers(OK);
    assert!(stage.got().ends_with("hi"));
    assert_eq!(
        (stage.records[0].tries, stage.reasons()),
        (2, vec!["served"])
    );

    let mut stage = Stage::new();
    stage.sends(GET);
    stage
        .session
        .connect_failed(Reason::ConnectRefused, stage.now, &mut stage.worker);
    stage.connecting = None;
    stage.settle();
    stage.connecting = None;
    stage
        .session
        .connect_failed(Reason::ConnectTimeout, stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(stage.status(), "504");
    assert_eq!(stage.reasons(), ["connect_timeout"]);
}

#[test]
fn what_was_sent_is_sent_again_only_where_it_may_be() {
    for (request, is_repeated) in [
        (&b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"[..], true),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            true,
        ),
        (
            b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi",
            true,
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            false,
        ),
    ] {
        let mut stage = Stage::new();
        stage.sends(request);
        stage.connects();
        stage.session.server_lost(stage.now, &mut stage.worker);
        stage.settle();
        assert_eq!(
            stage.connecting.is_some(),
            is_repeated,
            "{}",
            request.escape_ascii()
        );
        if !is_repeated {
            assert_eq!(stage.status(), "502");
            assert_eq!(stage.reasons(), ["upstream_closed_early"]);
        }
    }
}

#[test]
fn half_a_response_is_never_a_whole_one() {
    for lose in [Session::server_lost, Session::server_ended] {
        let mut stage = Stage::new();
        stage.sends(GET);
        stage.connects();
        stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf");
        lose(&mut stage.session, stage.now, &mut stage.worker);
        stage.settle();
        assert!(stage.session.is_reset() && stage.session.is_done());
        assert_eq!(stage.reasons(), ["upstream_closed_early"]);
    }
    // A response that lasts until its end: a reset is none.
    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\n\r\nhalf");
    stage.session.server_lost(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_reset());
}

#[test]
fn an_answer_without_length_ends_with_its_connection() {
    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\n\r\nall");
    stage.session.server_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.got().ends_with("\r\n\r\n3\r\nall\r\n0\r\n\r\n"));
    stage.sends(GET);
    assert!(
        stage.connecting.is_some(),
        "the client's connection serves on"
    );
}

#[test]
fn hostile_answers_are_502() {
    for answer in [
        &b"garbage\r\n\r\n"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nA b: c\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    ] {
        let mut stage = Stage::new();
        stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
        stage.connects();
        stage.answers(answer);
        assert_eq!(stage.status(), "502", "{}", answer.escape_ascii());
        assert_eq!(stage.reasons(), ["upstream_malformed"]);
    }
}

#[test]
fn an_early_answer_is_delivered_while_the_upload_runs() {
    let mut stage = Stage::with(&CONFIG.replace("100 B", "1 MiB"));
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxxxx");
    stage.connects();
    stage.answers(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
    stage.session.server_lost(stage.now, &mut stage.worker);
    stage.settle();
    let got = stage.got();
    assert!(
        got.starts_with("HTTP/1.1 413 ") && got.contains("Connection: close"),
        "{got}"
    );
    assert!(!stage.session.is_reset());
}

#[test]
fn a_body_that_is_too_long_never_reaches_a_server_whose_length_is_known() {
    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101\r\n\r\n");
    assert_eq!((stage.status().as_str(), stage.connecting), ("413", None));
    stage.sends(&[b'x'; 101]);
    assert_eq!(stage.reasons(), ["body_too_large"]);

    // uwsgi wants a length: a chunked body is held, and its length known then.
    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
    assert_eq!(stage.connecting, None);
    stage.sends(b"0\r\n\r\n");
    stage.connects();
    assert!(
        stage.server.ends_with(b"hi")
            && stage
                .server
                .windows(17)
                .any(|window| window == b"CONTENT_LENGTH\x01\x002")
    );

    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    stage.sends(format!("65\r\n{}\r\n", "x".repeat(101)).as_bytes());
    assert_eq!((stage.status().as_str(), stage.connecting), ("413", None));
}

#[test]
fn a_refused_head_never_reaches_a_server() {
    for (head, status, reason) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "400", "malformed_request"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400", "request_smuggling"),
        (b"GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n", "400", "malformed_path"),
        (b"GET /../x HTTP/1.1\r\nHost: a\r\n\r\n", "400", "malformed_path"),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", "501", "not_implemented"),
        (b"GET / HTTP/3.0\r\nHost: a\r\n\r\n", "505", "version_not_supported"),
    ] {
        let mut stage = Stage::new();
        stage.sends(head);
        assert_eq!(stage.connecting, None);
        assert_eq!(stage.status(), status, "{}", head.escape_ascii());
        assert_eq!(stage.reasons(), [reason], "{}", head.escape_ascii());
    }
}

#[test]
fn each_phase_has_its_time() {
    let second = Duration::from_secs;
    // Nothing was asked: closed without a word.
    let mut stage = Stage::new();
    stage.passes(second(74));
    assert!(!stage.session.is_done());
    stage.passes(second(1));
    assert!(stage.session.is_done() && stage.got().is_empty() && stage.records.is_empty());

    // A head that drips.
    let mut stage = Stage::new();
    stage.sends(b"GET / HT");
    stage.passes(second(20));
    stage.sends(b"TP/1.1\r\n");
    stage.passes(second(10));
    assert_eq!(
        (stage.status().as_str(), stage.reasons()),
        ("408", vec!["head_timeout"])
    );
    assert!(stage.session.is_done());

    // A connection that is not accepted, twice.
    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connecting = None;
    stage.passes(second(5));
    assert!(stage.connecting.take().is_some());
    stage.passes(second(5));
    assert_eq!(
        (stage.status().as_str(), stage.reasons()),
        ("504", vec!["connect_timeout"])
    );

    // A server that does not answer.
    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    stage.connects();
    stage.passes(second(60));
    assert_eq!(
        (stage.status().as_str(), stage.reasons()),
        ("504", vec!["upstream_timeout"])
    );

    // One that stops within its answer.
    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connects();
    stage.answers(b"HTTP/1.1 200 OK\r\n\r\nhalf");
    stage.passes(second(60));
    assert!(stage.session.is_reset());
    assert_eq!(stage.reasons(), ["upstream_timeout"]);

    // A client that stops within its body.
    let mut stage = Stage::new();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nh");
    stage.connects();
    stage.passes(second(60));
    assert_eq!(
        (stage.status().as_str(), stage.reasons()),
        ("408", vec!["body_timeout"])
    );
    assert!(!stage.is_connected);
}

// RFC 9112 section 9.5: "A client, server, or proxy MAY close the transport connection at any time."
#[test]
fn a_kept_connection_that_ended_is_no_failure() {
    let again = |request: &[u8], comes: &[u8]| {
        let mut stage = Stage::new();
        stage.sends(request);
        assert_eq!(stage.connecting.take(), Some(0));
        stage.is_connected = true;
        stage.session.connected_again(stage.now, &mut stage.worker);
        stage.settle();
        stage.server.clear();
        if !comes.is_empty() {
            stage.answers(comes);
        }
        stage.session.server_ended(stage.now, &mut stage.worker);
        stage.settle();
        stage
    };
    const ASK: &[u8] = b"GET /http/x HTTP/1.1\r\nHost: a\r\n\r\n";
    // The same server is asked again, though it is the only one.
    let mut stage = again(ASK, b"");
    assert_eq!((stage.got(), stage.connects()), (String::new(), 0));
    assert!(stage.server.starts_with(b"GET /http/x HTTP/1.1\r\n"));
    stage.answers(OK);
    assert!(stage.got().ends_with("hi"));
    assert_eq!(stage.records[0].tries, 1);
    // Once on a connection of its own: an end there is one.
    let mut stage = again(ASK, b"");
    stage.connects();
    stage.session.server_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!((stage.status().as_str(), stage.connecting), ("502", None));
    // What was answered in part, or may have been done, is not asked for again.
    let post = b"POST /http/x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    for (request, comes) in [(ASK, &b"HTTP/1.1 200"[..]), (post, b"")] {
        let mut stage = again(request, comes);
        assert_eq!((stage.status().as_str(), stage.connecting), ("502", None));
        assert_eq!(stage.reasons(), ["upstream_closed_early"]);
    }
}

#[test]
fn a_client_that_goes_away_takes_its_server_along() {
    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connects();
    stage.session.client_lost(stage.now, &mut stage.worker);
    stage.settle();
    assert!(!stage.is_connected && stage.session.is_done());
    assert_eq!(stage.reasons(), ["client_closed"]);
    assert_eq!(
        stage.worker.balancers[0].active(0) + stage.worker.balancers[0].active(1),
        0
    );
}

#[test]
fn the_last_request_of_a_connection_says_so() {
    let mut stage = Stage::with(&format!("[limits]\nrequests_per_connection = 2\n{CONFIG}"));
    for expected in [false, true] {
        stage.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
        assert_eq!(stage.got().contains("Connection: close"), expected);
        assert_eq!(stage.session.is_done(), expected);
    }
}

#[test]
fn a_worker_that_stops_ends_what_is_idle_and_finishes_what_is_not() {
    let mut idle = Stage::new();
    idle.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
    idle.session.drain(idle.now, &mut idle.worker);
    assert!(idle.session.is_done());

    // A client that connected a moment ago is waited for, and its request is the last.
    for asks in [true, false] {
        let mut new = Stage::new();
        new.session.drain(new.now, &mut new.worker);
        new.passes(Duration::from_millis(4999));
        assert!(!new.session.is_done());
        match asks {
            true => {
                new.sends(b"GET /moved HTTP/1.1\r\nHost: a\r\n\r\n");
                assert!(new.got().contains("\r\nConnection: close\r\n"));
            }
            false => new.passes(Duration::from_millis(1)),
        }
        assert!(new.session.is_done());
    }

    let mut stage = Stage::new();
    stage.sends(GET);
    stage.connects();
    stage.session.drain(stage.now, &mut stage.worker);
    assert!(!stage.session.is_done());
    stage.answers(OK);
    assert!(stage.got().ends_with("hi") && stage.session.is_done());
}

#[test]
fn a_websocket_is_relayed_as_it_is() {
    let mut stage = Stage::new();
    stage.sends(b"GET /http/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    stage.connects();
    stage.server.clear();
    stage.answers(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n\x81\x02hi");
    let got = stage.got();
    assert!(
        got.starts_with("HTTP/1.1 101 ") && got.ends_with("\r\n\r\n\u{fffd}\u{2}hi"),
        "{got}"
    );
    stage.sends(b"\x81\x80abcd");
    assert_eq!(stage.server, b"\x81\x80abcd");
    stage.session.server_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done());
    assert_eq!(stage.records.len(), 1);
}
