//! A WebSocket's frames pass as they are, and the gateway says between two of them why it ends.

use core::time::Duration;

use super::{CONFIG, Stage};
use crate::core::session::Session;

const OPENING: &[u8] = b"GET /http/chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
/// What a server gets for a Close frame with this code: masked, so that its payload is looked at.
const GOING_AWAY: u16 = 1001;

pub(super) fn opened() -> Stage {
    let mut stage = Stage::with(CONFIG);
    stage.sends(OPENING);
    stage.connects();
    stage.answers(ANSWER);
    assert!(stage.got().starts_with("HTTP/1.1 101 "));
    stage.server.clear();
    stage
}

/// The codes of the Close frames at the end of what a side got.
fn close_code(wire: &[u8]) -> Option<u16> {
    match *wire {
        [.., 0x88, 2, high, low] => Some(u16::from_be_bytes([high, low])),
        [.., 0x88, 0x82, a, b, _, _, high, low] => Some(u16::from_be_bytes([high ^ a, low ^ b])),
        _ => None,
    }
}

pub(super) fn codes(stage: &Stage) -> (Option<u16>, Option<u16>) {
    (close_code(&stage.client), close_code(&stage.server))
}

#[test]
fn frames_pass_as_they_are_however_they_are_cut() {
    let from_client = b"\x81\x82abcd\x09\x0b\x02\x81mask!\x80\x80mask\x82\xfe\x00\x80mask".to_vec();
    let from_client = [from_client, vec![7; 128], b"\x89\x80mask".to_vec()].concat();
    let from_server = [
        &b"\x01\x02hi\x8a\x00\x80\x03all\x82\x7f\0\0\0\0\0\x01\0\0"[..],
        &[9; 65536],
    ]
    .concat();
    for step in [1, 2, 7, 100_000] {
        let mut stage = opened();
        for piece in from_client.chunks(step) {
            stage.sends(piece);
        }
        for piece in from_server.chunks(step) {
            stage.answers(piece);
        }
        assert!(
            stage.server == from_client && stage.client == from_server,
            "step {step}"
        );
        // The closing handshake goes from end to end, and then the gateway closes.
        stage.answers(b"\x88\x02\x03\xe8");
        assert!(!stage.session.is_done());
        stage.sends(b"\x88\x82mask\x6e\x89");
        assert!(stage.session.is_done() && !stage.is_connected);
        assert_eq!(codes(&stage), (Some(1000), Some(1000)));
        assert_eq!(
            (stage.records[0].status, stage.reasons()),
            (101, vec!["served"])
        );
    }
}

#[test]
fn a_gateway_that_stops_says_so_between_two_frames() {
    let mut stage = opened();
    stage.answers(b"\x81\x05he");
    stage.sends(b"\x81\x82maskh");
    stage.session.drain(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(
        codes(&stage),
        (None, None),
        "inside a frame nothing can be said"
    );
    stage.answers(b"llo\x81\x05later");
    assert_eq!(
        (&stage.client[..7], codes(&stage).0),
        (&b"\x81\x05hello"[..], Some(GOING_AWAY))
    );
    stage.sends(b"i\x81\x81mask!");
    assert_eq!(
        (&stage.server[..8], codes(&stage).1),
        (&b"\x81\x82maskhi"[..], Some(GOING_AWAY))
    );
    // Both answer, behind what they were about to send.
    stage.sends(b"\x88\x82mask\x6e\x88");
    assert!(!stage.session.is_done());
    stage.answers(b"\x89\x00\x88\x02\x03\xe9");
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(
        (stage.client.len(), stage.server.len()),
        (11, 16),
        "nothing follows a Close frame"
    );
    assert_eq!(stage.reasons(), ["drained"]);

    // One who does not answer is waited for so long.
    let mut stage = opened();
    stage.session.drain(stage.now, &mut stage.worker);
    stage.settle();
    assert_eq!(codes(&stage), (Some(GOING_AWAY), Some(GOING_AWAY)));
    stage.sends(b"\x88\x82mask\x6e\x88");
    stage.passes(Duration::from_secs(4));
    assert!(!stage.session.is_done());
    stage.passes(Duration::from_secs(1));
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["drained"]);
}

#[test]
fn silence_ends_a_websocket() {
    let mut stage = opened();
    stage.passes(Duration::from_secs(59));
    stage.sends(b"\x89\x80mask");
    stage.passes(Duration::from_secs(59));
    assert_eq!(stage.client, b"");
    stage.passes(Duration::from_secs(1));
    assert_eq!(codes(&stage), (Some(GOING_AWAY), Some(GOING_AWAY)));
    stage.passes(Duration::from_secs(5));
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["idle_timeout"]);
}

// RFC 6455 section 7.1.7: "an endpoint MUST NOT continue to attempt to process data (including a responding Close frame)
// from the remote endpoint after being instructed to _Fail the WebSocket Connection_".
#[test]
fn frames_that_break_a_rule_end_both_sides() {
    // A reserved opcode, and a mask where none may be or none where one must.
    for garbage in [
        &b"\x83\x80mask"[..],
        b"\x81\x02hi",
        b"GET / HTTP/1.1\r\n\r\n",
    ] {
        let mut stage = opened();
        stage.sends(b"\x81\x80mask");
        stage.sends(garbage);
        assert_eq!(codes(&stage), (Some(1002), Some(GOING_AWAY)));
        assert_eq!(&stage.server[..6], b"\x81\x80mask");
        assert_eq!(stage.server.len(), 6 + 8, "nothing of it went on");
        stage.answers(b"\x88\x02\x03\xe9");
        assert!(stage.session.is_done() && !stage.is_connected);
        assert_eq!(stage.reasons(), ["malformed_frame"]);
    }
    let mut stage = opened();
    stage.answers(b"\x81\x02hi\x81\x80mask\x81\x02hi");
    assert_eq!(stage.client[..4], *b"\x81\x02hi");
    assert_eq!(codes(&stage), (Some(1014), Some(1002)));
    stage.passes(Duration::from_secs(5));
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["upstream_malformed"]);
}

#[test]
fn a_side_that_ends_without_a_word_is_spoken_for() {
    // IANA: 1014 is "the server was acting as a gateway or proxy and received an invalid response from the upstream".
    for end in [Session::server_ended, Session::server_lost] {
        let mut stage = opened();
        stage.answers(b"\x81\x02hi");
        end(&mut stage.session, stage.now, &mut stage.worker);
        stage.settle();
        assert_eq!(stage.client, b"\x81\x02hi\x88\x02\x03\xf6");
        assert!(stage.session.is_done() && !stage.is_connected);
        assert_eq!(stage.reasons(), ["upstream_closed_early"]);
    }
    // What the server still has for a client that half closed arrives, and what goes to the server does before its end.
    let mut stage = opened();
    stage.session.client_ended(stage.now, &mut stage.worker);
    assert!(stage.session.next_action().is_none() && !stage.session.to_server().is_empty());
    stage.settle();
    assert_eq!(
        (codes(&stage).1, stage.ends_of_server),
        (Some(GOING_AWAY), 1)
    );
    stage.answers(b"\x81\x02hi\x88\x02\x03\xe9");
    assert_eq!(stage.client, b"\x81\x02hi\x88\x02\x03\xe9");
    stage.session.server_ended(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["client_closed"]);

    let mut stage = opened();
    stage.session.client_lost(stage.now, &mut stage.worker);
    stage.settle();
    assert!(stage.session.is_done() && !stage.is_connected);
    assert_eq!(stage.reasons(), ["client_closed"]);
}

#[test]
fn a_slow_reader_stops_the_other_side() {
    let mut stage = opened();
    let frame = [&b"\x82\x7f\0\0\0\0\0\x40\0\0"[..], &[7; 0x40_0000]].concat();
    let mut sent = 0;
    while stage.session.wants_server() {
        let piece = &frame[sent..sent + 1000];
        stage
            .session
            .server_sent(piece, stage.now, &mut stage.worker);
        sent += piece.len();
    }
    assert!((60_000..70_000).contains(&sent), "{sent}");
    let held = stage.session.to_client().len();
    stage
        .session
        .wrote_to_client(held, stage.now, &mut stage.worker);
    assert!(stage.session.wants_server());
}

// RFC 6455 section 1.4: "a control frame indicating the connection is to be closed [..] any further data received [..] is
// discarded".
#[test]
fn what_follows_a_close_frame_is_not_held() {
    let mut stage = opened();
    stage.sends(b"\x88\x82mask\x6e\x89");
    for _ in 0..100 {
        stage.sends(&[7; 10_000]);
        assert!(stage.session.unread.is_empty() && stage.session.wants_client());
    }
    assert_eq!(close_code(&stage.server), Some(1000));
}

#[test]
fn a_server_that_opens_a_websocket_is_well_again() {
    let other =
        "[[upstream.http.server]]\nid = \"b\"\naddress = \"127.0.0.1:4\"\nstate = \"backup\"\n";
    let mut stage = Stage::with(&format!("{CONFIG}{other}"));
    let get = b"GET /http/ HTTP/1.1\r\nHost: a\r\n\r\n";
    stage.sends(get);
    assert_eq!(stage.connecting.take(), Some(0));
    let (now, worker) = (stage.now, &mut stage.worker);
    stage
        .session
        .connect_failed(crate::core::reason::Reason::ConnectRefused, now, worker);
    stage.settle();
    assert_eq!(stage.connects(), 1);
    stage.answers(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    stage.now += Duration::from_secs(11);
    stage.sends(OPENING);
    assert_eq!(stage.connects(), 0);
    stage.answers(ANSWER);
    stage.answers(b"\x88\x02\x03\xe8");
    stage.sends(b"\x88\x82mask\x6e\x89");
    assert!(stage.session.is_done());
    let wanted = crate::core::balance::Wanted::default();
    let mut tries = crate::core::balance::Tries::new();
    let balancer = &mut stage.worker.balancers[1];
    assert_eq!(balancer.choose(stage.now, wanted, &mut tries), Some(0));
}
