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

#[test]
#[rustfmt::skip]
fn an_acknowledgment_of_what_never_came_by_is_told_once() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(100), OPEN, Notes::NONE),
        (client(301, 301, ACK).data(100), OPEN, Notes::PREVIOUS_SEGMENT_LOST),
        // Behind the gap something was seen, but not what is in it.
        (server(301, 401, ACK), OPEN, Notes::ACKED_UNSEEN),
        (server(301, 401, ACK), OPEN, Notes::DUPLICATE_ACK),
        (client(401, 301, ACK).data(100), OPEN, Notes::NONE),
        (server(301, 501, ACK), OPEN, Notes::NONE),
        // A gap that is filled is no surprise.
        (client(601, 301, ACK).data(100), OPEN, Notes::PREVIOUS_SEGMENT_LOST),
        (client(501, 301, ACK).data(100), OPEN, Notes::OUT_OF_ORDER),
        (server(301, 701, ACK), OPEN, Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_byte_of_a_probe_may_be_taken() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (server(301, 101, ACK).window(0), OPEN, Notes::ZERO_WINDOW),
        (client(101, 301, ACK).data(1), OPEN, Notes::ZERO_WINDOW_PROBE),
        (server(301, 102, ACK).window(500), OPEN, Notes::NONE),
        // Nothing is missing before it.
        (client(102, 301, ACK).data(10), OPEN, Notes::NONE),
        (server(301, 112, ACK).window(500), OPEN, Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn data_between_equal_acknowledgments_does_not_end_their_row() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(100), OPEN, Notes::NONE),
        (server(301, 101, ACK), OPEN, Notes::DUPLICATE_ACK),
        (server(301, 101, ACK).data(5), OPEN, Notes::NONE),
        (server(306, 101, ACK), OPEN, Notes::DUPLICATE_ACK),
        (client(101, 306, ACK).data(100), OPEN, Notes::RETRANSMISSION | Notes::FAST_RETRANSMISSION),
    ]);
}

#[test]
#[rustfmt::skip]
fn the_first_segment_of_an_end_is_judged_by_the_other_end() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(101, 401, ACK), OPEN, Notes::MID_STREAM),
        // Acknowledged before it was seen.
        (server(301, 101, ACK).data(100).window(0), OPEN,
            Notes::RETRANSMISSION | Notes::SPURIOUS_RETRANSMISSION | Notes::ZERO_WINDOW),
    ]);
}

#[test]
#[rustfmt::skip]
fn one_end_without_scaling_is_enough_to_know_windows() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (server(300, 101, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
    let bytes = client(101, 301, ACK).window(700).bytes();
    let segment = Segment::parse(&bytes).unwrap();
    let observation = conversation.tracker.observe(conversation.now, Side::Client, &segment);
    assert_eq!(observation.window_len, Some(700));
}

/// RFC 9293 section 3.8.6.1: a probe is one byte, and the next one.
#[test]
#[rustfmt::skip]
fn other_segments_into_a_closed_window_are_no_probes() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (server(301, 101, ACK).window(0), OPEN, Notes::ZERO_WINDOW),
        (client(101, 301, ACK).data(10), OPEN, Notes::NONE),
        (client(110, 301, ACK).data(1).after(60_000), OPEN, Notes::KEEP_ALIVE),
        (client(111, 301, ACK).data(1), OPEN, Notes::ZERO_WINDOW_PROBE),
    ]);
}

/// What has no data cannot fill a window, and a FIN ends more than the window: RFC 9293 section 3.8.6.
#[test]
#[rustfmt::skip]
fn only_data_fills_a_window() {
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(1000), "ESTABLISHED ESTABLISHED", Notes::WINDOW_FULL),
        (client(1101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::DUPLICATE_ACK),
    ]);
    Conversation::open().expect(&[
        (client(101, 301, FIN | ACK).data(999), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_takes_no_number_repeats_none() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(50), OPEN, Notes::NONE),
        (client(120, 301, ACK), OPEN, Notes::NONE),
    ]);
}

/// The times by which repetitions are told apart, up to which they count and from which they do not.
#[test]
#[rustfmt::skip]
fn repetitions_are_told_apart_to_the_millisecond() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    let fast = Notes::RETRANSMISSION | Notes::FAST_RETRANSMISSION;
    // Config::DEFAULT.fast is 20 ms, and the handshake's round trip 2 ms.
    for (after, notes) in [(20, fast), (21, Notes::RETRANSMISSION)] {
        Conversation::open().expect(&[
            (client(101, 301, ACK).data(100), OPEN, Notes::NONE),
            (server(301, 101, ACK), OPEN, Notes::DUPLICATE_ACK),
            (server(301, 101, ACK), OPEN, Notes::DUPLICATE_ACK),
            (client(101, 301, ACK).data(100).after(after), OPEN, notes),
        ]);
    }
    for (after, notes) in [(1, Notes::OUT_OF_ORDER), (2, Notes::RETRANSMISSION)] {
        Conversation::open().expect(&[
            (client(201, 301, ACK).data(100), OPEN, Notes::PREVIOUS_SEGMENT_LOST),
            (client(101, 301, ACK).data(50).after(after), OPEN, notes),
        ]);
    }
}

/// A number acknowledged beyond all that was seen is not where the sender goes on.
#[test]
#[rustfmt::skip]
fn what_was_acknowledged_unseen_is_missing_all_the_same() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(100), OPEN, Notes::NONE),
        (server(301, 901, ACK), OPEN, Notes::ACKED_UNSEEN),
        (client(901, 301, ACK).data(10), OPEN, Notes::PREVIOUS_SEGMENT_LOST),
    ]);
}
