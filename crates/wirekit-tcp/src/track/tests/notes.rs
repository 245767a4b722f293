//! What stands out about segments.

use super::{ACK, Conversation, FIN, SYN, client, server};
use crate::Segment;
use crate::track::{Notes, Side, State};

#[test]
fn repetitions_are_told_apart() {
    Conversation::open().expect(&[
        (
            client(101, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            client(301, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::PREVIOUS_SEGMENT_LOST,
        ),
        // Unseen, and soon after: within the handshake's two milliseconds.
        (
            client(201, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::OUT_OF_ORDER,
        ),
        (
            client(201, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::RETRANSMISSION,
        ),
        (
            server(301, 201, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            server(301, 201, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::DUPLICATE_ACK,
        ),
        (
            server(301, 201, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::DUPLICATE_ACK,
        ),
        (
            client(201, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::RETRANSMISSION | Notes::FAST_RETRANSMISSION,
        ),
        (
            server(301, 401, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            client(301, 301, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::RETRANSMISSION | Notes::SPURIOUS_RETRANSMISSION,
        ),
        (
            server(301, 901, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::ACKED_UNSEEN,
        ),
    ]);
}

#[test]
fn windows_close_are_probed_and_open() {
    Conversation::open().expect(&[
        (
            client(101, 301, ACK).data(999),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            client(1100, 301, ACK).data(1),
            "ESTABLISHED ESTABLISHED",
            Notes::WINDOW_FULL,
        ),
        (
            server(301, 1101, ACK).window(0),
            "ESTABLISHED ESTABLISHED",
            Notes::ZERO_WINDOW,
        ),
        (
            client(1101, 301, ACK).data(1).after(200),
            "ESTABLISHED ESTABLISHED",
            Notes::ZERO_WINDOW_PROBE,
        ),
        (
            server(301, 1101, ACK).window(0),
            "ESTABLISHED ESTABLISHED",
            Notes::ZERO_WINDOW | Notes::ZERO_WINDOW_PROBE_ACK,
        ),
        (
            server(301, 1101, ACK).window(500),
            "ESTABLISHED ESTABLISHED",
            Notes::WINDOW_UPDATE,
        ),
        (
            client(1101, 301, ACK).data(10),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
}

#[test]
#[rustfmt::skip]
fn windows_are_scaled_when_both_offer_it() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(100, 0, SYN).scale(2), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (server(300, 101, SYN | ACK).scale(7), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
    ]);
    for (from, sent, window) in [
        (Side::Client, client(101, 301, ACK).window(1000), Some(4000)),
        (
            Side::Server,
            server(301, 101, ACK).window(1000),
            Some(128_000),
        ),
    ] {
        let bytes = sent.bytes();
        let observation =
            conversation
                .tracker
                .observe(conversation.now, from, &Segment::parse(&bytes).unwrap());
        assert_eq!(observation.window_len, window);
    }
}

#[test]
#[rustfmt::skip]
fn keep_alive_and_its_answer() {
    let answer = server(301, 101, ACK);
    Conversation::open().expect(&[
        (client(100, 301, ACK).after(60_000), "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE),
        (answer, "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE_ACK),
        (client(100, 301, ACK).data(1).after(60_000), "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE),
        (answer, "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE_ACK),
        (client(101, 301, ACK).data(10), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (server(301, 111, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

#[test]
fn damaged_segments_change_nothing() {
    let mut conversation = Conversation::open();
    let bytes = client(101, 301, FIN | ACK).bytes();
    let segment = Segment::parse(&bytes).unwrap();
    let observation =
        conversation
            .tracker
            .observe_damaged(conversation.now, Side::Client, &segment);
    assert_eq!(
        (observation.notes, observation.states),
        (Notes::BAD_CHECKSUM, [State::Established; 2])
    );
    conversation.expect(&[(
        client(101, 301, ACK).data(5),
        "ESTABLISHED ESTABLISHED",
        Notes::NONE,
    )]);
}
