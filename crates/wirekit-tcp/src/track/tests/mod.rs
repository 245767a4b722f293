//! The figures of RFC 9293, and what else ends do to each other.

mod closing;
mod notes;
mod opening;
mod steady;
mod table;

use core::time::Duration;
use std::vec::Vec;

use super::{Config, Notes, Side, State, Tracker};
use crate::{Flags, Header, PseudoHeader, Segment, SeqNumber, TcpOption};

const FIN: Flags = Flags::FIN;
const SYN: Flags = Flags::SYN;
const RST: Flags = Flags::RST;
const ACK: Flags = Flags::ACK;

/// One segment of a conversation, one millisecond after the last unless it says otherwise.
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
            tracker: Tracker::new(Config::default()),
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
