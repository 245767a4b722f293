use core::time::Duration;

use super::{Notes, State};

/// What one segment did to a connection: RFC 9293 section 3.3.2.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::Segment;
/// use wirekit_tcp::track::{Config, Side, State, Tracker};
///
/// let syn = [0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
/// let mut tracker = Tracker::new(Config::DEFAULT);
/// let observation = tracker.observe(Duration::ZERO, Side::Client, &Segment::parse(&syn)?);
/// assert_eq!(observation.states[0], State::SynSent); // the client's
/// assert_eq!(observation.missing_len, 0); // bytes
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
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

/// When the segments of the handshake were seen: RFC 9293 section 3.5.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::Segment;
/// use wirekit_tcp::track::{Config, Side, Tracker};
///
/// let segment = |flags: u8, sequence_number: u8, acknowledgment_number: u8| {
///     [0x9c, 0x40, 0, 80, 0, 0, 0, sequence_number, 0, 0, 0, acknowledgment_number, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0]
/// };
/// let mut tracker = Tracker::new(Config::DEFAULT);
/// let handshake = [
///     (10, Side::Client, segment(0x02, 1, 0)), // SYN
///     (35, Side::Server, segment(0x12, 7, 2)), // SYN and ACK
///     (40, Side::Client, segment(0x10, 2, 8)), // ACK
/// ];
/// for (at, from, bytes) in &handshake {
///     tracker.observe(Duration::from_millis(*at), *from, &Segment::parse(bytes)?);
/// }
/// assert_eq!(tracker.handshake().rtt(), Some(Duration::from_millis(30)));
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
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
