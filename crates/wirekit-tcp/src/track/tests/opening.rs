//! How connections begin: RFC 9293 section 3.5.

use core::time::Duration;

use super::{ACK, Conversation, FIN, RST, SYN, client, server};
use crate::track::{Notes, Side};
use crate::{Flags, Segment};

#[test]
fn figure_6_three_way_handshake() {
    let conversation = Conversation::open();
    assert_eq!(
        conversation.tracker.handshake().rtt(),
        Some(Duration::from_millis(2))
    );
}

/// The handshake's answer and what acknowledges it are timed once, by the first of them.
#[test]
#[rustfmt::skip]
fn the_handshake_is_timed_by_the_first_of_each_segment() {
    let mut conversation = Conversation::open();
    let times = *conversation.tracker.handshake();
    conversation.expect(&[
        (server(300, 101, SYN | ACK).after(1000), "ESTABLISHED ESTABLISHED", Notes::RETRANSMISSION),
        (client(101, 301, ACK).after(1000), "ESTABLISHED ESTABLISHED", Notes::DUPLICATE_ACK),
    ]);
    assert_eq!(*conversation.tracker.handshake(), times);
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // The answer was not seen: what acknowledges it says nothing about its time.
        (client(101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
    assert_eq!(conversation.tracker.handshake().rtt(), None);
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (server(300, 101, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        // Of the end that answered itself.
        (server(301, 101, ACK), "ESTABLISHED SYN-RECEIVED", Notes::DUPLICATE_ACK),
    ]);
    assert_eq!(conversation.tracker.handshake().rtt(), None);
}

/// RFC 9293 section 3.3.2, figure 5: CLOSED goes to LISTEN by a passive open.
#[test]
#[rustfmt::skip]
fn the_end_that_is_taken_for_the_client_may_be_asked() {
    Conversation::new().expect(&[
        (server(300, 0, SYN), "SYN-RECEIVED SYN-SENT", Notes::NONE),
        (client(100, 301, SYN | ACK), "SYN-RECEIVED ESTABLISHED", Notes::NONE),
        (server(301, 101, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

/// RFC 9293 section 3.10.7.4: in SYN-RECEIVED what does not acknowledge the SYN opens nothing.
#[test]
#[rustfmt::skip]
fn an_acknowledgment_of_another_number_opens_nothing() {
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (server(300, 101, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(101, 300, ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

/// A segment without SYN, or with RST, is no new connection, whatever else it lacks: RFC 9293 section 3.5.
#[test]
#[rustfmt::skip]
fn only_a_syn_opens_anew() {
    Conversation::open().expect(&[
        (client(101, 0, Flags::PSH).data(5), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (client(900, 0, SYN | RST), "ESTABLISHED ESTABLISHED", Notes::RESET_IGNORED),
    ]);
}

#[test]
fn an_end_alone_may_be_over() {
    let mut conversation = Conversation::new();
    assert!(!conversation.tracker.is_over());
    conversation.expect(&[(client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE)]);
    assert!(!conversation.tracker.is_over());
    conversation.expect(&[(client(101, 0, RST | ACK), "CLOSED LISTEN", Notes::NONE)]);
    assert!(conversation.tracker.is_over());
}

#[test]
#[rustfmt::skip]
fn figure_7_simultaneous_open() {
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (server(300, 0, SYN), "SYN-RECEIVED SYN-RECEIVED", Notes::SIMULTANEOUS_OPEN),
        (client(100, 301, SYN | ACK), "SYN-RECEIVED ESTABLISHED", Notes::SIMULTANEOUS_OPEN),
        (server(300, 101, SYN | ACK), "ESTABLISHED ESTABLISHED", Notes::SIMULTANEOUS_OPEN),
        (client(101, 301, ACK).data(5), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn figure_8_old_duplicate_syn() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(90, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (server(300, 91, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(91, 0, RST), "CLOSED LISTEN", Notes::NONE),
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::PORTS_REUSED),
        (server(400, 101, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(101, 401, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn figure_9_half_open_discovery() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        // The client crashed, and asks anew.
        (client(400, 0, SYN).after(5000), "SYN-SENT SYN-RECEIVED", Notes::PORTS_REUSED),
        (server(301, 101, ACK), "SYN-SENT ESTABLISHED", Notes::HALF_OPEN),
        (client(101, 0, RST), "SYN-SENT CLOSED", Notes::NONE),
        // What follows is the new connection's, and nothing of it is missing.
        (client(400, 0, SYN).after(1000), "SYN-SENT CLOSED", Notes::RETRANSMISSION),
        (server(900, 401, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(401, 901, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn refused_syn() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // RFC 9293 section 3.10.7.3: a RST without an acceptable acknowledgment is dropped in SYN-SENT.
        (server(0, 99, RST | ACK), "SYN-SENT SYN-RECEIVED", Notes::RESET_IGNORED),
        (server(0, 101, RST | ACK), "CLOSED CLOSED", Notes::NONE),
    ]);
    assert!(conversation.tracker.is_over());
}

#[test]
#[rustfmt::skip]
fn ports_are_reused_by_a_new_syn() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (client(101, 301, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(301, 102, FIN | ACK), "TIME-WAIT LAST-ACK", Notes::NONE),
        (client(102, 302, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
    let again = client(9000, 0, SYN).bytes();
    assert!(
        conversation
            .tracker
            .is_reopened_by(Side::Client, &Segment::parse(&again).unwrap())
    );
    conversation.expect(&[
        (client(9000, 0, SYN).after(50_000), "SYN-SENT SYN-RECEIVED", Notes::PORTS_REUSED),
        (client(9000, 0, SYN).after(1000), "SYN-SENT SYN-RECEIVED", Notes::RETRANSMISSION),
        (server(70_000, 9001, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn capture_begins_in_mid_stream() {
    Conversation::new().expect(&[
        (server(5000, 200, ACK).data(100), "ESTABLISHED ESTABLISHED", Notes::MID_STREAM),
        (client(200, 5100, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (client(200, 5100, FIN | ACK), "FIN-WAIT-1 CLOSE-WAIT", Notes::NONE),
        (server(5100, 201, FIN | ACK), "TIME-WAIT LAST-ACK", Notes::NONE),
        (client(201, 5101, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn what_comes_after_a_reset_is_no_new_beginning() {
    Conversation::new().expect(&[
        (server(5000, 200, ACK).data(100), "ESTABLISHED ESTABLISHED", Notes::MID_STREAM),
        (client(200, 5100, RST | ACK), "CLOSED CLOSED", Notes::NONE),
        // Sent before the reset arrived.
        (server(5100, 200, ACK).data(100), "CLOSED CLOSED", Notes::NONE),
        (client(200, 0, RST), "CLOSED CLOSED", Notes::NONE),
    ]);
}

#[test]
#[rustfmt::skip]
fn capture_begins_inside_the_handshake() {
    Conversation::new().expect(&[
        (server(300, 101, SYN | ACK), "ESTABLISHED SYN-RECEIVED", Notes::NONE),
        (client(101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // The answer did not come by.
        (client(101, 301, ACK), "ESTABLISHED ESTABLISHED", Notes::NONE),
        (server(301, 101, ACK).data(9), "ESTABLISHED ESTABLISHED", Notes::NONE),
    ]);
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // The answer was not seen, but what its sender sent after it.
        (server(301, 101, ACK).data(9), "ESTABLISHED ESTABLISHED", Notes::MID_STREAM),
    ]);
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // Without ACK it says nothing about the SYN.
        (server(301, 0, Flags::PSH).data(9), "ESTABLISHED ESTABLISHED", Notes::MID_STREAM),
    ]);
}
