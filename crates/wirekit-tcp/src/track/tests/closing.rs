//! How connections end: RFC 9293 section 3.6.

use core::time::Duration;

use super::{ACK, Conversation, FIN, RST, client, server};
use crate::track::{Notes, State};

#[test]
#[rustfmt::skip]
fn figure_12_normal_close() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (client(101, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(301, 102, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
        (server(301, 102, FIN | ACK), "TIME-WAIT LAST-ACK", Notes::NONE),
        (client(102, 302, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
    assert!(conversation.tracker.is_over());
    let end = conversation.now + Duration::from_millis(239_999);
    assert_eq!(
        conversation.tracker.poll(end - Duration::from_millis(1)),
        None
    );
    assert_eq!(conversation.tracker.poll(end), Some([State::Closed; 2]));
    assert_eq!(conversation.tracker.deadline(), None);
}

#[test]
#[rustfmt::skip]
fn close_in_three_segments() {
    Conversation::open().expect(&[
        (server(301, 101, FIN | ACK), "CLOSE-WAIT FIN-WAIT-1", Notes::NONE),
        (client(101, 302, FIN | ACK), "LAST-ACK TIME-WAIT", Notes::NONE),
        (server(302, 102, ACK), "CLOSED TIME-WAIT", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn figure_13_simultaneous_close() {
    Conversation::open().expect(&[
        (client(101, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(301, 101, FIN | ACK), "CLOSING CLOSING", Notes::SIMULTANEOUS_CLOSE),
        (client(102, 302, ACK), "CLOSING TIME-WAIT", Notes::NONE),
        (server(302, 102, ACK), "TIME-WAIT TIME-WAIT", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn half_close_lets_data_flow_one_way() {
    Conversation::open().expect(&[
        (client(101, 301, FIN | ACK).data(10), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(301, 112, ACK).data(100), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
        (client(112, 401, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
        (server(401, 112, FIN | ACK), "TIME-WAIT LAST-ACK", Notes::NONE),
        (client(112, 402, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn reset_counts_only_with_the_next_number() {
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(50), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (client(500, 0, RST), "ESTABLISHED ESTABLISHED", Notes::RESET_IGNORED),
        (client(151, 0, RST), "CLOSED CLOSED", Notes::NONE),
        // What was still on its way changes nothing.
        (server(301, 151, ACK).data(5), "CLOSED CLOSED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn fin_again_restarts_time_wait() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (client(101, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(301, 102, FIN | ACK), "TIME-WAIT LAST-ACK", Notes::NONE),
        (client(102, 302, ACK), "TIME-WAIT CLOSED", Notes::NONE),
        (server(301, 102, FIN | ACK).after(200_000), "TIME-WAIT CLOSED", Notes::RETRANSMISSION),
    ]);
    assert_eq!(
        conversation.tracker.deadline(),
        Some(conversation.now + Duration::from_secs(240))
    );
}

#[test]
#[rustfmt::skip]
fn fin_waits_for_what_is_missing_before_it() {
    Conversation::open().expect(&[
        (client(201, 301, FIN | ACK), "FIN-WAIT-1 ESTABLISHED", Notes::PREVIOUS_SEGMENT_LOST),
        (server(301, 101, ACK), "FIN-WAIT-1 ESTABLISHED", Notes::DUPLICATE_ACK),
        (client(101, 301, ACK).data(100).after(300), "FIN-WAIT-1 CLOSE-WAIT", Notes::RETRANSMISSION),
        (server(301, 202, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn fin_waits_for_all_that_is_missing_before_it() {
    Conversation::open().expect(&[
        (client(151, 301, ACK).data(50), "ESTABLISHED ESTABLISHED", Notes::PREVIOUS_SEGMENT_LOST),
        (client(251, 301, FIN | ACK), "FIN-WAIT-1 ESTABLISHED", Notes::PREVIOUS_SEGMENT_LOST),
        (client(101, 301, ACK).data(50).after(300), "FIN-WAIT-1 ESTABLISHED", Notes::RETRANSMISSION),
        (client(201, 301, ACK).data(50).after(300), "FIN-WAIT-1 ESTABLISHED", Notes::RETRANSMISSION),
        // Which of the gaps were filled is not kept: the acknowledgment says.
        (server(301, 252, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn data_after_fin_is_noted() {
    Conversation::open().expect(&[
        (client(101, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (client(102, 301, ACK).data(5), "FIN-WAIT-1 CLOSE-WAIT", Notes::DATA_AFTER_FIN),
    ]);
}

/// RFC 9293 section 3.5.3: a RST may have data, which is no repetition of other data.
#[test]
#[rustfmt::skip]
fn a_reset_may_have_data() {
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(50), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (client(101, 0, RST).data(3), "CLOSED CLOSED", Notes::NONE),
    ]);
}

/// An acknowledgment that was overtaken takes nothing back: RFC 9293 section 3.10.7.4.
#[test]
#[rustfmt::skip]
fn fin_arrives_though_an_old_acknowledgment_came_between() {
    const OPEN: &str = "ESTABLISHED ESTABLISHED";
    Conversation::open().expect(&[
        (client(101, 301, ACK).data(50), OPEN, Notes::NONE),
        (client(201, 301, ACK).data(50), OPEN, Notes::PREVIOUS_SEGMENT_LOST),
        (client(151, 301, ACK).data(50), OPEN, Notes::OUT_OF_ORDER),
        (server(301, 151, ACK), OPEN, Notes::NONE),
        (client(251, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
    ]);
}
