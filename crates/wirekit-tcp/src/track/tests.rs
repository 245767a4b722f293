//! The figures of RFC 9293, and what else ends do to each other.

use core::time::Duration;
use std::vec::Vec;

use super::{Config, Event, Notes, Side, State, Tracker};
use crate::{Flags, Header, PseudoHeader, Segment, SeqNumber, TcpOption};

const FIN: Flags = Flags::FIN;
const SYN: Flags = Flags::SYN;
const RST: Flags = Flags::RST;
const ACK: Flags = Flags::ACK;

/// One segment of a conversation, one millisecond after the last unless told otherwise.
#[derive(Clone, Copy)]
struct Sent {
    from: Side,
    sequence: u32,
    acknowledgment: u32,
    flags: Flags,
    payload_len: usize,
    window: u16,
    after: Duration,
    scale: Option<u8>,
}

fn client(sequence: u32, acknowledgment: u32, flags: Flags) -> Sent {
    let after = Duration::from_millis(1);
    Sent {
        from: Side::Client,
        sequence,
        acknowledgment,
        flags,
        payload_len: 0,
        window: 1000,
        after,
        scale: None,
    }
}

fn server(sequence: u32, acknowledgment: u32, flags: Flags) -> Sent {
    Sent {
        from: Side::Server,
        ..client(sequence, acknowledgment, flags)
    }
}

impl Sent {
    fn data(self, payload_len: usize) -> Self {
        Self {
            payload_len,
            ..self
        }
    }

    fn window(self, window: u16) -> Self {
        Self { window, ..self }
    }

    fn after(self, milliseconds: u64) -> Self {
        Self {
            after: Duration::from_millis(milliseconds),
            ..self
        }
    }

    fn scale(self, shift: u8) -> Self {
        Self {
            scale: Some(shift),
            ..self
        }
    }

    fn bytes(self) -> Vec<u8> {
        let header = Header {
            sequence_number: SeqNumber(self.sequence),
            acknowledgment_number: SeqNumber(self.acknowledgment),
            flags: self.flags,
            window: self.window,
            ..Header::default()
        };
        let [one, two] = [core::net::Ipv4Addr::LOCALHOST; 2];
        let pseudo = PseudoHeader::V4 {
            source: one,
            destination: two,
        };
        let options: Vec<_> = self.scale.map(TcpOption::WindowScale).into_iter().collect();
        let mut bytes = std::vec![0; 64 + self.payload_len];
        let len = header
            .encode_to_slice(
                &options,
                &pseudo,
                &std::vec![0; self.payload_len],
                &mut bytes,
            )
            .unwrap();
        bytes.truncate(len);
        bytes
    }
}

struct Conversation {
    tracker: Tracker,
    now: Duration,
}

impl Conversation {
    fn new() -> Self {
        Self {
            tracker: Tracker::new(Config::DEFAULT),
            now: Duration::from_secs(1000),
        }
    }

    /// After the handshake of figure 6: the client's next number is 101, the server's 301.
    fn open() -> Self {
        let mut open = Self::new();
        open.expect(&[
            (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
            (
                server(300, 101, SYN | ACK),
                "ESTABLISHED SYN-RECEIVED",
                Notes::NONE,
            ),
            (
                client(101, 301, ACK),
                "ESTABLISHED ESTABLISHED",
                Notes::NONE,
            ),
        ]);
        open
    }

    #[track_caller]
    fn expect(&mut self, rows: &[(Sent, &str, Notes)]) {
        for (number, &(sent, states, notes)) in rows.iter().enumerate() {
            self.now += sent.after;
            let bytes = sent.bytes();
            let observation =
                self.tracker
                    .observe(self.now, sent.from, &Segment::parse(&bytes).unwrap());
            let [client, server] = observation.states.map(State::as_str);
            assert_eq!(std::format!("{client} {server}"), states, "row {number}");
            assert_eq!(observation.notes, notes, "row {number}");
            assert_eq!(observation.states, self.tracker.states());
        }
    }
}

#[test]
fn figure_6_three_way_handshake() {
    let conversation = Conversation::open();
    assert_eq!(
        conversation.tracker.handshake().rtt(),
        Some(Duration::from_millis(2))
    );
}

#[test]
fn figure_7_simultaneous_open() {
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (
            server(300, 0, SYN),
            "SYN-RECEIVED SYN-RECEIVED",
            Notes::SIMULTANEOUS_OPEN,
        ),
        (
            client(100, 301, SYN | ACK),
            "SYN-RECEIVED ESTABLISHED",
            Notes::SIMULTANEOUS_OPEN,
        ),
        (
            server(300, 101, SYN | ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::SIMULTANEOUS_OPEN,
        ),
        (
            client(101, 301, ACK).data(5),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
}

#[test]
fn figure_8_old_duplicate_syn() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(90, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        (
            server(300, 91, SYN | ACK),
            "ESTABLISHED SYN-RECEIVED",
            Notes::NONE,
        ),
        (client(91, 0, RST), "CLOSED LISTEN", Notes::NONE),
        (
            client(100, 0, SYN),
            "SYN-SENT SYN-RECEIVED",
            Notes::PORTS_REUSED,
        ),
        (
            server(400, 101, SYN | ACK),
            "ESTABLISHED SYN-RECEIVED",
            Notes::NONE,
        ),
        (
            client(101, 401, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
}

#[test]
fn figure_9_half_open_discovery() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        // The client crashed, and asks anew.
        (
            client(400, 0, SYN).after(5000),
            "SYN-SENT SYN-RECEIVED",
            Notes::PORTS_REUSED,
        ),
        (
            server(301, 101, ACK),
            "SYN-SENT ESTABLISHED",
            Notes::HALF_OPEN,
        ),
        (client(101, 0, RST), "SYN-SENT CLOSED", Notes::NONE),
    ]);
}

#[test]
fn figure_12_normal_close() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (
            client(101, 301, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (server(301, 102, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
        (
            server(301, 102, FIN | ACK),
            "TIME-WAIT LAST-ACK",
            Notes::NONE,
        ),
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
fn close_in_three_segments() {
    Conversation::open().expect(&[
        (
            server(301, 101, FIN | ACK),
            "CLOSE-WAIT FIN-WAIT-1",
            Notes::NONE,
        ),
        (
            client(101, 302, FIN | ACK),
            "LAST-ACK TIME-WAIT",
            Notes::NONE,
        ),
        (server(302, 102, ACK), "CLOSED TIME-WAIT", Notes::NONE),
    ]);
}

#[test]
fn figure_13_simultaneous_close() {
    Conversation::open().expect(&[
        (
            client(101, 301, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            server(301, 101, FIN | ACK),
            "CLOSING CLOSING",
            Notes::SIMULTANEOUS_CLOSE,
        ),
        (client(102, 302, ACK), "CLOSING TIME-WAIT", Notes::NONE),
        (server(302, 102, ACK), "TIME-WAIT TIME-WAIT", Notes::NONE),
    ]);
}

#[test]
fn half_close_lets_data_flow_one_way() {
    Conversation::open().expect(&[
        (
            client(101, 301, FIN | ACK).data(10),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            server(301, 112, ACK).data(100),
            "FIN-WAIT-2 CLOSE-WAIT",
            Notes::NONE,
        ),
        (client(112, 401, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
        (
            server(401, 112, FIN | ACK),
            "TIME-WAIT LAST-ACK",
            Notes::NONE,
        ),
        (client(112, 402, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
}

#[test]
fn refused_syn() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // RFC 9293 section 3.10.7.3: a RST without an acceptable acknowledgment is dropped in SYN-SENT.
        (
            server(0, 99, RST | ACK),
            "SYN-SENT SYN-RECEIVED",
            Notes::RESET_IGNORED,
        ),
        (server(0, 101, RST | ACK), "CLOSED CLOSED", Notes::NONE),
    ]);
    assert!(conversation.tracker.is_over());
}

#[test]
fn reset_counts_only_with_the_next_number() {
    Conversation::open().expect(&[
        (
            client(101, 301, ACK).data(50),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            client(500, 0, RST),
            "ESTABLISHED ESTABLISHED",
            Notes::RESET_IGNORED,
        ),
        (client(151, 0, RST), "CLOSED CLOSED", Notes::NONE),
        // What was still on its way changes nothing.
        (server(301, 151, ACK).data(5), "CLOSED CLOSED", Notes::NONE),
    ]);
}

#[test]
fn fin_again_restarts_time_wait() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (
            client(101, 301, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            server(301, 102, FIN | ACK),
            "TIME-WAIT LAST-ACK",
            Notes::NONE,
        ),
        (client(102, 302, ACK), "TIME-WAIT CLOSED", Notes::NONE),
        (
            server(301, 102, FIN | ACK).after(200_000),
            "TIME-WAIT CLOSED",
            Notes::RETRANSMISSION,
        ),
    ]);
    assert_eq!(
        conversation.tracker.deadline(),
        Some(conversation.now + Duration::from_secs(240))
    );
}

#[test]
fn ports_are_reused_by_a_new_syn() {
    let mut conversation = Conversation::open();
    conversation.expect(&[
        (
            client(101, 301, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            server(301, 102, FIN | ACK),
            "TIME-WAIT LAST-ACK",
            Notes::NONE,
        ),
        (client(102, 302, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
    let again = client(9000, 0, SYN).bytes();
    assert!(
        conversation
            .tracker
            .is_reopened_by(Side::Client, &Segment::parse(&again).unwrap())
    );
    conversation.expect(&[
        (
            client(9000, 0, SYN).after(50_000),
            "SYN-SENT SYN-RECEIVED",
            Notes::PORTS_REUSED,
        ),
        (
            client(9000, 0, SYN).after(1000),
            "SYN-SENT SYN-RECEIVED",
            Notes::RETRANSMISSION,
        ),
        (
            server(70_000, 9001, SYN | ACK),
            "ESTABLISHED SYN-RECEIVED",
            Notes::NONE,
        ),
    ]);
}

#[test]
fn capture_begins_in_mid_stream() {
    Conversation::new().expect(&[
        (
            server(5000, 200, ACK).data(100),
            "ESTABLISHED ESTABLISHED",
            Notes::MID_STREAM,
        ),
        (
            client(200, 5100, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            client(200, 5100, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            server(5100, 201, FIN | ACK),
            "TIME-WAIT LAST-ACK",
            Notes::NONE,
        ),
        (client(201, 5101, ACK), "TIME-WAIT CLOSED", Notes::NONE),
    ]);
}

#[test]
fn capture_begins_inside_the_handshake() {
    Conversation::new().expect(&[
        (
            server(300, 101, SYN | ACK),
            "ESTABLISHED SYN-RECEIVED",
            Notes::NONE,
        ),
        (
            client(101, 301, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
    Conversation::new().expect(&[
        (client(100, 0, SYN), "SYN-SENT SYN-RECEIVED", Notes::NONE),
        // The answer did not come by.
        (
            client(101, 301, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            server(301, 101, ACK).data(9),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
}

#[test]
fn fin_waits_for_what_is_missing_before_it() {
    Conversation::open().expect(&[
        (
            client(201, 301, FIN | ACK),
            "FIN-WAIT-1 ESTABLISHED",
            Notes::PREVIOUS_SEGMENT_LOST,
        ),
        (
            server(301, 101, ACK),
            "FIN-WAIT-1 ESTABLISHED",
            Notes::DUPLICATE_ACK,
        ),
        (
            client(101, 301, ACK).data(100).after(300),
            "FIN-WAIT-1 ESTABLISHED",
            Notes::RETRANSMISSION,
        ),
        (server(301, 202, ACK), "FIN-WAIT-2 CLOSE-WAIT", Notes::NONE),
    ]);
}

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
fn windows_are_scaled_when_both_offer_it() {
    let mut conversation = Conversation::new();
    conversation.expect(&[
        (
            client(100, 0, SYN).scale(2),
            "SYN-SENT SYN-RECEIVED",
            Notes::NONE,
        ),
        (
            server(300, 101, SYN | ACK).scale(7),
            "ESTABLISHED SYN-RECEIVED",
            Notes::NONE,
        ),
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
fn keep_alive_and_its_answer() {
    let answer = server(301, 101, ACK);
    Conversation::open().expect(&[
        (
            client(100, 301, ACK).after(60_000),
            "ESTABLISHED ESTABLISHED",
            Notes::KEEP_ALIVE,
        ),
        (answer, "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE_ACK),
        (
            client(100, 301, ACK).data(1).after(60_000),
            "ESTABLISHED ESTABLISHED",
            Notes::KEEP_ALIVE,
        ),
        (answer, "ESTABLISHED ESTABLISHED", Notes::KEEP_ALIVE_ACK),
        (
            client(101, 301, ACK).data(10),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
        (
            server(301, 111, ACK),
            "ESTABLISHED ESTABLISHED",
            Notes::NONE,
        ),
    ]);
}

#[test]
fn data_after_fin_is_noted() {
    Conversation::open().expect(&[
        (
            client(101, 301, FIN | ACK),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::NONE,
        ),
        (
            client(102, 301, ACK).data(5),
            "FIN-WAIT-1 CLOSE-WAIT",
            Notes::DATA_AFTER_FIN,
        ),
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
fn every_state_is_left_and_reached_by_the_table() {
    for state in State::ALL {
        let events = [
            Event::SendSyn,
            Event::ReceiveSyn,
            Event::ReceiveSynAck,
            Event::ReceiveAckOfSyn,
            Event::SendFin,
            Event::ReceiveFin,
            Event::ReceiveAckOfFin,
            Event::Timeout,
        ];
        assert!(
            events.iter().any(|&event| state.after(event).is_some()),
            "{state} is left"
        );
        let reached = State::ALL
            .iter()
            .any(|from| events.iter().any(|&event| from.after(event) == Some(state)));
        assert!(reached || state == State::Listen, "{state} is reached");
    }
}

/// `states.md`, drawn from the table.
fn drawn() -> std::string::String {
    use core::fmt::Write;
    let is_reset = |event| matches!(event, Event::SendReset | Event::ReceiveReset);
    let mut text =
        std::string::String::from("# Transitions\n\n| in | on | goes to |\n|---|---|---|\n");
    for &(from, event, to) in super::state::TRANSITIONS
        .iter()
        .filter(|row| !is_reset(row.1))
    {
        writeln!(text, "| {from} | {} | {to} |", event.as_str()).unwrap();
    }
    for &(from, event, to) in super::state::TRANSITIONS
        .iter()
        .filter(|row| is_reset(row.1) && row.2 != State::Closed)
    {
        writeln!(text, "| {from} | {} | {to} |", event.as_str()).unwrap();
    }
    text.push_str("| any other | snd RST, rcv RST | CLOSED |\n\n```mermaid\nstateDiagram-v2\n");
    let name = |state: State| state.as_str().replace('-', "_");
    for &(from, event, to) in super::state::TRANSITIONS
        .iter()
        .filter(|row| !is_reset(row.1))
    {
        writeln!(
            text,
            "    {} --> {}: {}",
            name(from),
            name(to),
            event.as_str()
        )
        .unwrap();
    }
    text.push_str("```\n");
    text
}

#[test]
fn the_documented_diagram_is_the_table() {
    assert_eq!(
        include_str!("states.md"),
        drawn(),
        "states.md has to be:\n{}",
        drawn()
    );
}
