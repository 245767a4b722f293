use core::time::Duration;

use super::{Notes, State};

/// What one segment did to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observation {
    /// The states before it: client, server.
    pub before: [State; 2],
    /// The states after it: client, server.
    pub states: [State; 2],
    /// What stands out about it.
    pub notes: Notes,
    /// The window that it offers, in bytes; nothing when the handshake that settles the scale did not come by.
    pub window_len: Option<u32>,
    /// Sequence numbers that are missing before it.
    pub missing_len: u32,
}

/// When the segments of the handshake were seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handshake {
    /// The last SYN without acknowledgment.
    pub syn: Option<Duration>,
    /// The first SYN that acknowledges one.
    pub syn_ack: Option<Duration>,
    /// The first acknowledgment of that.
    pub ack: Option<Duration>,
}

impl Handshake {
    /// The round-trip time from end to end: from the SYN to the acknowledgment of its answer.
    pub fn rtt(&self) -> Option<Duration> {
        self.ack?.checked_sub(self.syn?)
    }
}
