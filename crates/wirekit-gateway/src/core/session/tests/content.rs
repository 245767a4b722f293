//! Content that is kept for another try, and content that is held for its length.

use super::{CONFIG, Stage};
use crate::config::ServerState;
use crate::core::reason::Reason;
use crate::core::session::HIGH_WATER;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

fn stage() -> Stage {
    Stage::with(&CONFIG.replace("100 B", "8 MiB"))
}

/// What a test does to the server that has the request.
type Fail = fn(&mut Stage);

fn is_lost(stage: &mut Stage) {
    stage.session.server_lost(stage.now, &mut stage.worker);
    stage.settle();
}

/// Its connection is lost before a byte was written to it.
fn is_lost_at_once(stage: &mut Stage) {
    assert_eq!(stage.server, b"");
    is_lost(stage);
}

#[test]
fn a_request_is_repeated_where_it_may_be_and_its_content_is_there() {
    let put = "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    let post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ";
    let kept = 64 * 1024;
    // RFC 9110 section 9.2.2: "A proxy MUST NOT automatically retry non-idempotent requests", unless it knows that
    // "the original request was never applied".
    #[rustfmt::skip]
    let rows: [(&str, usize, usize, bool, bool); 10] = [
        // The head, the content's length, how much of it came, whether something was sent, whether it is repeated.
        (put, 2, 2, true, true),
        (put, kept, kept, true, true),
        (put, kept, 10_000, true, true),
        (put, kept + 1, kept + 1, true, false),
        (put, kept + 1, kept + 1, false, false),
        (put, kept + 1, 0, false, true),
        (post, 2, 2, true, false),
        (post, 2, 2, false, true),
        (post, kept, 10_000, false, true),
        (post, kept + 1, 10_000, false, false),
    ];
    for (head, len, came, is_sent, is_repeated) in rows {
        let mut stage = stage();
        stage.sends(format!("{head}{len}\r\n\r\n").as_bytes());
        let first = stage.connecting.take().unwrap();
        stage.is_connected = true;
        stage.session.connected(stage.now, &mut stage.worker);
        let content: Vec<u8> = (0..len).map(|at| u8::try_from(at % 251).unwrap()).collect();
        stage.sends_unsettled(&content[..came]);
        let fail: Fail = match is_sent {
            true => {
                stage.settle();
                is_lost
            }
            false => is_lost_at_once,
        };
        fail(&mut stage);
        let row = format!("{head}{len} {came} {is_sent}");
        assert_eq!(stage.connecting.is_some(), is_repeated, "{row}");
        if !is_repeated {
            let got = stage.got();
            assert!(
                got.starts_with("HTTP/1.1 502 ") && got.contains("upstream_closed_early"),
                "{row}"
            );
            continue;
        }
        stage.server.clear();
        assert_ne!(stage.connects(), first, "{row}");
        stage.sends(&content[came..]);
        assert!(stage.server.ends_with(&content), "{row}");
        stage.answers(OK);
        assert!(stage.got().ends_with("hi"), "{row}");
        assert_eq!(
            (stage.reasons(), stage.records[0].tries),
            (vec!["served"], 2),
            "{row}"
        );
    }
}

// A uwsgi server wants CONTENT_LENGTH, which of a chunked upload is known at its end.
#[test]
fn a_chunked_upload_is_held_in_memory_or_a_file() {
    let mib = 1024 * 1024;
    for (len, is_stored) in [
        (10, false),
        (mib, false),
        (mib + 1, true),
        (5 * mib + 7, true),
    ] {
        let mut stage = stage();
        stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        let content: Vec<u8> = (0..len)
            .map(|at| u8::try_from(at / 7 % 251).unwrap())
            .collect();
        for piece in content.chunks(40_000) {
            stage.sends(format!("{:x}\r\n", piece.len()).as_bytes());
            stage.sends(piece);
            stage.sends(b"\r\n");
            assert_eq!(stage.connecting, None);
        }
        stage.sends(b"0\r\n\r\n");
        assert_eq!(!stage.stored.is_empty(), is_stored);
        let first = stage.stores.first();
        assert!(
            first.is_none_or(|len| *len <= mib + 40_000),
            "{:?}",
            stage.stores
        );
        let rest = stage.stores.get(1..).unwrap_or_default();
        assert!(
            rest.iter().all(|len| *len < 64 * 1024 + 40_000),
            "{:?}",
            stage.stores
        );
        // One server that refuses, and one that gets all of it.
        stage.connecting = None;
        let (now, worker) = (stage.now, &mut stage.worker);
        stage
            .session
            .connect_failed(Reason::ConnectRefused, now, worker);
        stage.settle();
        stage.connects();
        assert!(stage.server.ends_with(&content), "{len}");
        assert!(stage.most_held < 3 * HIGH_WATER, "{}", stage.most_held);
        stage.answers(OK);
        assert!(stage.got().ends_with("hi"));
        assert_eq!(stage.records[0].tries, 2);
    }
}

#[test]
fn a_file_that_fails_is_the_gateways_fault() {
    let start = |stage: &mut Stage| {
        stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n");
        stage.sends(&vec![7; 0x20_0000]);
    };
    let mut first = stage();
    start(&mut first);
    first.session.store_failed(first.now, &mut first.worker);
    first.settle();
    assert_eq!(
        (first.status().as_str(), first.reasons()),
        ("500", vec!["store_failed"])
    );

    let mut second = stage();
    start(&mut second);
    second.sends_unsettled(b"\r\n0\r\n\r\n");
    second.is_unreadable = true;
    second.settle();
    second.connects();
    assert_eq!(
        (second.status().as_str(), second.reasons()),
        ("500", vec!["store_failed"])
    );
    assert!(!second.is_connected);
}

/// RFC 9112 section 9.3.2: a request has one final response, and the next one is the next request's.
#[test]
fn a_file_that_fails_behind_an_answer_is_no_second_one() {
    let mut stage = stage();
    stage.sends(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200001\r\n");
    stage.sends(&vec![7; 0x20_0000]);
    // The last piece is to be stored, and no server is to be had any more.
    for server in 0..2 {
        stage.worker.balancers[0].set_state(server, ServerState::Down);
    }
    stage.sends_unsettled(b"\x07\r\n0\r\n\r\n");
    stage.session.store_failed(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(stage.reasons(), ["no_server"]);
    assert_eq!(stage.got().matches("HTTP/1.1 ").count(), 1);
}

#[test]
fn what_was_being_read_for_one_server_is_read_again_for_the_next() {
    let mut stage = stage();
    stage.sends(b"PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n");
    let content = vec![7; 0x20_0000];
    stage.sends(&content);
    stage.sends(b"\r\n0\r\n\r\n");
    stage.connecting = None;
    stage.is_connected = true;
    stage.session.connected(stage.now, &mut stage.worker);
    stage.session.server_lost(stage.now, &mut stage.worker);
    stage.settle();
    stage.connects();
    assert!(stage.server.ends_with(&content));
}
