//! A server that drains, and for how long.

use super::renewal::renew;
use super::websockets::{codes, opened};
use super::*;

const DRAIN: &str = "state = 'drain'\ndrain_timeout = '30s'\n";
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// The configuration in which the server at this address drains.
fn draining(port: usize) -> String {
    let address = format!("address = \"127.0.0.1:{port}\"\n");
    CONFIG.replace(&address, &format!("{address}{DRAIN}"))
}

#[test]
fn a_websocket_is_closed_at_the_deadline() {
    let mut stage = opened();
    renew(&mut stage, &draining(3));
    stage.passes(Duration::from_secs(29));
    // RFC 6455 section 5.4: a Close frame stands between two frames.
    stage.answers(b"\x81\x05he");
    stage.passes(Duration::from_secs(1));
    assert_eq!(codes(&stage), (None, Some(1001)));
    stage.answers(b"llo");
    assert_eq!(stage.client, b"\x81\x05hello\x88\x02\x03\xf4");
    stage.sends(b"\x88\x82mask\x6e\x9f");
    assert!(!stage.session.is_done());
    stage.answers(b"\x88\x02\x03\xe9");
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["drained"]);

    // One that does not answer has five seconds.
    let mut stage = opened();
    renew(&mut stage, &draining(3));
    stage.passes(Duration::from_secs(30));
    assert_eq!(codes(&stage), (Some(1012), Some(1001)));
    stage.passes(Duration::from_millis(4999));
    assert!(stage.is_connected);
    stage.passes(Duration::from_millis(1));
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["drained"]);
}

#[test]
fn a_websocket_of_a_server_that_does_not_drain_lives_on() {
    let other = draining(1);
    let without = draining(3).replace("drain_timeout = '30s'", "");
    for texts in [vec![&*other], vec![&*without], vec![&draining(3), CONFIG]] {
        let mut stage = opened();
        for text in texts {
            renew(&mut stage, text);
        }
        stage.passes(Duration::from_secs(31));
        assert!(stage.client.is_empty() && stage.is_connected);
    }
    // A reload that says the same is no new beginning, and the gateway's own end comes first.
    let mut stage = opened();
    renew(&mut stage, &draining(3));
    stage.passes(Duration::from_secs(20));
    renew(&mut stage, &draining(3));
    stage.passes(Duration::from_secs(10));
    assert_eq!(codes(&stage).0, Some(1012));
    let mut stage = opened();
    renew(&mut stage, &draining(3));
    stage.session.drain(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(codes(&stage).0, Some(1001));
}

#[test]
fn a_server_that_is_taken_out_drains_for_the_time_that_it_had() {
    let server = "[[upstream.http.server]]\nid = \"a\"\naddress = \"127.0.0.1:3\"\n";
    assert!(CONFIG.contains(server), "{CONFIG}");
    let timeout = CONFIG.replace(server, &format!("{server}drain_timeout = '30s'\n"));
    let other = CONFIG.replace("127.0.0.1:3", "127.0.0.1:9");
    // With a time to drain, without one, and one that drained already.
    let rows: [(&[&str], u64, Option<u16>); 4] = [
        (&[&timeout, &other], 30, Some(1012)),
        (&[&timeout, &other], 29, None),
        (&[&other], 31, None),
        (&[&draining(3), &other], 30, Some(1012)),
    ];
    for (texts, seconds, code) in rows {
        let mut stage = opened();
        for text in texts {
            renew(&mut stage, text);
        }
        stage.passes(Duration::from_secs(seconds));
        assert_eq!(codes(&stage).0, code, "{seconds} {texts:?}");
    }
}

#[test]
fn a_request_has_five_seconds_from_the_deadline_on() {
    // What came of the answer, whether the request may be sent twice, and what the client gets.
    let rows: [(&[u8], &[u8], &str); 3] = [
        (b"", REQUEST, "another server"),
        (
            b"",
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
            "503",
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla",
            REQUEST,
            "reset",
        ),
    ];
    for (answer, request, expected) in rows {
        let mut stage = Stage::new();
        stage.sends(request);
        assert_eq!(stage.connects(), 0);
        if !answer.is_empty() {
            stage.answers(answer);
        }
        renew(&mut stage, &draining(1));
        stage.passes(Duration::from_millis(34_999));
        assert!(stage.is_connected, "{expected}");
        stage.passes(Duration::from_millis(1));
        assert!(!stage.is_connected, "{expected}");
        assert!(stage.changes.is_empty(), "it is not at fault");
        match expected {
            "another server" => assert_eq!(stage.connects(), 1),
            "503" => {
                assert_eq!(stage.status(), "503");
                assert_eq!(stage.reasons(), ["drained"]);
            }
            _ => {
                assert!(stage.session.is_reset());
                assert_eq!(stage.reasons(), ["drained"]);
            }
        }
    }
    // One that is answered in time is served.
    let mut stage = Stage::new();
    stage.sends(REQUEST);
    stage.connects();
    renew(&mut stage, &draining(1));
    stage.passes(Duration::from_secs(34));
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    stage.passes(Duration::from_secs(20));
    assert_eq!(stage.reasons(), ["served"]);
    assert!(
        !stage.session.is_done(),
        "the client's connection serves on"
    );
}
