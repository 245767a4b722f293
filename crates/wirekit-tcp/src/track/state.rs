use core::fmt;

/// The state of one end of a connection: RFC 9293 section 3.3.2.
///
///
/// ```
/// use wirekit_tcp::track::{Event, State};
///
/// assert_eq!(State::Established.after(Event::SendFin), Some(State::FinWait1));
/// assert_eq!(State::FinWait1.as_str(), "FIN-WAIT-1");
/// assert!(!State::SynSent.is_synchronized());
/// ```
#[doc = include_str!("states.md")]
#[expect(clippy::exhaustive_enums, reason = "RFC 9293 fixes eleven states")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// No connection at all.
    Closed,
    /// Waiting for a connection request from any peer.
    Listen,
    /// Waiting for the answer to a connection request.
    SynSent,
    /// Waiting for the acknowledgment of the own SYN, having received the peer's.
    SynReceived,
    /// Open: data goes both ways.
    Established,
    /// Waiting for the peer's FIN, or for the acknowledgment of the own.
    FinWait1,
    /// Waiting for the peer's FIN.
    FinWait2,
    /// The peer has closed; the program here has not.
    CloseWait,
    /// Waiting for the acknowledgment of the own FIN, which crossed the peer's.
    Closing,
    /// Waiting for the acknowledgment of the own FIN, sent after the peer's.
    LastAck,
    /// Waiting until no segment of the connection can be on the way any more.
    TimeWait,
}

impl State {
    /// Every state, in the RFC's order.
    pub const ALL: [Self; 11] = [
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
        Self::Closed,
    ];

    /// The RFC's name, such as `"FIN-WAIT-1"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "CLOSED",
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN-SENT",
            Self::SynReceived => "SYN-RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN-WAIT-1",
            Self::FinWait2 => "FIN-WAIT-2",
            Self::CloseWait => "CLOSE-WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST-ACK",
            Self::TimeWait => "TIME-WAIT",
        }
    }

    /// Whether both initial sequence numbers are known to this end: every state after the handshake.
    pub const fn is_synchronized(self) -> bool {
        !matches!(
            self,
            Self::Closed | Self::Listen | Self::SynSent | Self::SynReceived
        )
    }

    /// The state after an event; nothing when the event changes nothing.
    pub fn after(self, event: Event) -> Option<Self> {
        TRANSITIONS
            .iter()
            .find(|row| row.0 == self && row.1 == event)
            .map(|row| row.2)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// What moves an end from one state to another: RFC 9293 section 3.3.2, figure 5. The example of [`State`] has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Event {
    /// The end sends a SYN of its own accord.
    SendSyn,
    /// A SYN without acknowledgment arrives.
    ReceiveSyn,
    /// A SYN arrives that acknowledges this end's.
    ReceiveSynAck,
    /// The acknowledgment of this end's SYN arrives.
    ReceiveAckOfSyn,
    /// The end sends a FIN.
    SendFin,
    /// The peer's FIN arrives, with everything before it.
    ReceiveFin,
    /// The acknowledgment of this end's FIN arrives.
    ReceiveAckOfFin,
    /// The end sends a RST.
    SendReset,
    /// An acceptable RST arrives.
    ReceiveReset,
    /// Twice the maximum segment lifetime has passed.
    Timeout,
}

impl Event {
    /// The event in the words of the RFC's figure.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SendSyn => "snd SYN",
            Self::ReceiveSyn => "rcv SYN",
            Self::ReceiveSynAck => "rcv SYN,ACK",
            Self::ReceiveAckOfSyn => "rcv ACK of SYN",
            Self::SendFin => "snd FIN",
            Self::ReceiveFin => "rcv FIN",
            Self::ReceiveAckOfFin => "rcv ACK of FIN",
            Self::SendReset => "snd RST",
            Self::ReceiveReset => "rcv RST",
            Self::Timeout => "timeout 2 MSL",
        }
    }
}

/// RFC 9293 section 3.3.2, figure 5, and for the resets section 3.10.7.
#[rustfmt::skip]
pub(super) const TRANSITIONS: &[(State, Event, State)] = &[
    (State::Closed,      Event::SendSyn,         State::SynSent),
    (State::Listen,      Event::SendSyn,         State::SynSent),
    (State::Listen,      Event::ReceiveSyn,      State::SynReceived),
    (State::SynSent,     Event::ReceiveSyn,      State::SynReceived),
    (State::SynSent,     Event::ReceiveSynAck,   State::Established),
    (State::SynReceived, Event::ReceiveAckOfSyn, State::Established),
    (State::SynReceived, Event::SendFin,         State::FinWait1),
    (State::Established, Event::SendFin,         State::FinWait1),
    (State::Established, Event::ReceiveFin,      State::CloseWait),
    (State::FinWait1,    Event::ReceiveAckOfFin, State::FinWait2),
    (State::FinWait1,    Event::ReceiveFin,      State::Closing),
    (State::FinWait2,    Event::ReceiveFin,      State::TimeWait),
    (State::CloseWait,   Event::SendFin,         State::LastAck),
    (State::Closing,     Event::ReceiveAckOfFin, State::TimeWait),
    (State::LastAck,     Event::ReceiveAckOfFin, State::Closed),
    (State::TimeWait,    Event::Timeout,         State::Closed),
    // A passive open goes back to where it came from.
    (State::SynReceived, Event::ReceiveReset,    State::Listen),
    (State::SynReceived, Event::SendReset,       State::Closed),
    (State::Listen,      Event::SendReset,       State::Closed),
    (State::SynSent,     Event::ReceiveReset,    State::Closed),
    (State::SynSent,     Event::SendReset,       State::Closed),
    (State::Established, Event::ReceiveReset,    State::Closed),
    (State::Established, Event::SendReset,       State::Closed),
    (State::FinWait1,    Event::ReceiveReset,    State::Closed),
    (State::FinWait1,    Event::SendReset,       State::Closed),
    (State::FinWait2,    Event::ReceiveReset,    State::Closed),
    (State::FinWait2,    Event::SendReset,       State::Closed),
    (State::CloseWait,   Event::ReceiveReset,    State::Closed),
    (State::CloseWait,   Event::SendReset,       State::Closed),
    (State::Closing,     Event::ReceiveReset,    State::Closed),
    (State::Closing,     Event::SendReset,       State::Closed),
    (State::LastAck,     Event::ReceiveReset,    State::Closed),
    (State::LastAck,     Event::SendReset,       State::Closed),
    (State::TimeWait,    Event::ReceiveReset,    State::Closed),
    (State::TimeWait,    Event::SendReset,       State::Closed),
];
