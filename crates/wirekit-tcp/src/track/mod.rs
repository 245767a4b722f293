//! Both ends' states of RFC 9293, from the segments that an observer sees.

mod analysis;
mod end;
mod notes;
mod state;
#[cfg(test)]
mod tests;

use core::time::Duration;

use analysis::Analysis;
use end::End;
pub use notes::Notes;
pub use state::{Event, State};

use crate::{Flags, Segment, SeqNumber};

/// One of the two ends of a connection.
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that asks for the connection: the sender of the first SYN.
    Client,
    /// The other end.
    Server,
}

impl Side {
    /// The other end.
    #[inline]
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `"client"` or `"server"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// The times by which a [`Tracker`] judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The maximum segment lifetime, of which TIME-WAIT takes two.
    pub msl: Duration,
    /// Within this time of a third equal acknowledgment a retransmission is fast.
    pub fast: Duration,
    /// Within this time after later data an unseen segment is out of order, not retransmitted, as long as no
    /// handshake told the round-trip time.
    pub reordering: Duration,
}

impl Config {
    /// Two minutes (RFC 9293 section 3.4.2), 20 and 3 milliseconds.
    pub const DEFAULT: Self = Self {
        msl: Duration::from_secs(120),
        fast: Duration::from_millis(20),
        reordering: Duration::from_millis(3),
    };

    /// The same with another maximum segment lifetime.
    #[must_use]
    pub const fn msl(self, msl: Duration) -> Self {
        Self { msl, ..self }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}

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

/// When the segments of the handshake came by.
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

/// Follows one connection through the states of RFC 9293, by the segments that an observer sees.
///
/// States are those of the RFC's figures 6 to 13: after a segment the sender is where sending took it, and the
/// receiver where its arrival will take it. An arrival is assumed, unless something before the segment is missing:
/// then a FIN waits until the gap is filled or the receiver acknowledges it. Where a later segment shows that the
/// assumption was wrong (two SYN or two FIN that crossed), the states are put right.
///
/// Time is a parameter, counted from any fixed moment, such as the capture's timestamps. No allocation: a tracker is a
/// value of fixed size.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::{Config, Segment, Side, State, Tracker};
///
/// let syn = [0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
/// let mut tracker = Tracker::new(Config::DEFAULT);
/// let observation = tracker.observe(Duration::ZERO, Side::Client, &Segment::parse(&syn)?);
/// assert_eq!(observation.states, [State::SynSent, State::SynReceived]);
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracker {
    config: Config,
    client: End,
    server: End,
    handshake: Handshake,
    /// When TIME-WAIT ends.
    deadline: Option<Duration>,
}

impl Tracker {
    /// A tracker that has seen nothing: the client's state is CLOSED, the server's LISTEN.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            client: End::new(State::Closed),
            server: End::new(State::Listen),
            handshake: Handshake {
                syn: None,
                syn_ack: None,
                ack: None,
            },
            deadline: None,
        }
    }

    /// The states of client and server.
    pub const fn states(&self) -> [State; 2] {
        [self.client.state, self.server.state]
    }

    /// When the segments of the handshake came by.
    pub const fn handshake(&self) -> &Handshake {
        &self.handshake
    }

    /// Whether nothing more can come but a new connection: no end is in a state that waits for anything but time.
    pub fn is_over(&self) -> bool {
        let over = |end: &End| matches!(end.state, State::Closed | State::Listen | State::TimeWait);
        (self.client.seen || self.server.seen) && over(&self.client) && over(&self.server)
    }

    /// When [`poll`](Self::poll) has something to do: the end of TIME-WAIT.
    pub const fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// Lets time pass: TIME-WAIT ends after twice the maximum segment lifetime. Returns the states if one changed.
    pub fn poll(&mut self, now: Duration) -> Option<[State; 2]> {
        if now < self.deadline? {
            return None;
        }
        self.deadline = None;
        self.client.apply(Event::Timeout);
        self.server.apply(Event::Timeout);
        Some(self.states())
    }

    /// Whether this segment begins a new connection between the same ports: a SYN with another number than before.
    ///
    /// [`observe`](Self::observe) then starts from the beginning by itself. A caller that numbers connections asks
    /// first, and gives the new one a tracker of its own, whose client is the SYN's sender.
    pub fn is_reopened_by(&self, from: Side, segment: &Segment<'_>) -> bool {
        let flags = segment.flags();
        let sender = self.end(from);
        if !flags.contains(Flags::SYN)
            || flags.contains(Flags::RST)
            || sender.initial == Some(segment.sequence_number())
        {
            return false;
        }
        !flags.contains(Flags::ACK) && (sender.seen || self.is_over())
    }

    /// Takes a segment that one end sent, as it comes by, and tells what it did.
    ///
    /// Segments with a bad checksum go to [`observe_damaged`](Self::observe_damaged) instead. `now` should not run
    /// backwards; where it does, no time has passed.
    pub fn observe(&mut self, now: Duration, from: Side, segment: &Segment<'_>) -> Observation {
        self.poll(now);
        let mut notes = Notes::NONE;
        if self.is_reopened_by(from, segment) {
            *self = Self::new(self.config);
            notes |= Notes::PORTS_REUSED;
        }
        let before = self.states();
        let (sender, receiver) = (*self.end(from), *self.end(from.other()));
        let analysis = Analysis {
            config: &self.config,
            handshake_rtt: self.handshake.rtt(),
            now,
            sender: &sender,
            receiver: &receiver,
            segment,
        };
        notes |= analysis.notes();
        if analysis.is_simultaneous_open() {
            notes |= Notes::SIMULTANEOUS_OPEN;
        }
        let missing_len = if notes.contains(Notes::PREVIOUS_SEGMENT_LOST) {
            segment.sequence_number() - sender.next
        } else {
            0
        };
        self.end_mut(from).learn(now, segment, notes);
        notes |= self.step(from, segment);
        self.time_handshake(now, from, segment);
        self.restart_time_wait(now, before, segment);
        let (sender, receiver) = (self.end(from), self.end(from.other()));
        Observation {
            before,
            states: self.states(),
            notes,
            window_len: sender.window_len(receiver),
            missing_len,
        }
    }

    /// Takes a segment whose checksum is bad: the receiver drops it, so nothing changes.
    pub fn observe_damaged(
        &mut self,
        now: Duration,
        from: Side,
        segment: &Segment<'_>,
    ) -> Observation {
        self.poll(now);
        let window_len = match (segment.flags().contains(Flags::SYN), self.end(from).scale) {
            (true, _) => Some(u32::from(segment.window())),
            (false, _) => None,
        };
        let states = self.states();
        Observation {
            before: states,
            states,
            notes: Notes::BAD_CHECKSUM,
            window_len,
            missing_len: 0,
        }
    }

    const fn end(&self, side: Side) -> &End {
        match side {
            Side::Client => &self.client,
            Side::Server => &self.server,
        }
    }

    const fn end_mut(&mut self, side: Side) -> &mut End {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }

    const fn ends_mut(&mut self, from: Side) -> (&mut End, &mut End) {
        match from {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
    }

    /// Moves the states.
    fn step(&mut self, from: Side, segment: &Segment<'_>) -> Notes {
        let flags = segment.flags();
        if flags.contains(Flags::RST) {
            return self.reset(from, segment);
        }
        let (sender, receiver) = self.ends_mut(from);
        if flags.contains(Flags::SYN) {
            return open(sender, receiver, segment);
        }
        let mut notes = Notes::NONE;
        if sender.initial.is_none()
            && matches!(
                sender.state,
                State::Closed | State::Listen | State::SynReceived
            )
        {
            notes |= join(sender, receiver, segment);
        } else if sender.state == State::SynSent && flags.contains(Flags::ACK) {
            // It acknowledges a SYN that did not come by.
            sender.state = State::Established;
        }
        if flags.contains(Flags::ACK) {
            acknowledge(sender, receiver, segment.acknowledgment_number());
        }
        if flags.contains(Flags::FIN) {
            notes |= close(sender, receiver);
        }
        deliver_fin(sender, receiver);
        notes
    }

    fn reset(&mut self, from: Side, segment: &Segment<'_>) -> Notes {
        let (sender, receiver) = self.ends_mut(from);
        if !is_acceptable_reset(sender, receiver, segment) {
            return Notes::RESET_IGNORED;
        }
        receiver.apply(Event::ReceiveReset);
        // An end in SYN-SENT that refuses an old acknowledgment still waits for its own: RFC 9293 figure 9.
        if sender.state != State::SynSent || segment.flags().contains(Flags::ACK) {
            sender.apply(Event::SendReset);
        }
        Notes::NONE
    }

    fn time_handshake(&mut self, now: Duration, from: Side, segment: &Segment<'_>) {
        let flags = segment.flags();
        if flags.contains(Flags::RST) {
            return;
        }
        let times = &mut self.handshake;
        match (flags.contains(Flags::SYN), flags.contains(Flags::ACK)) {
            (true, false) => times.syn = Some(now),
            (true, true) if times.syn_ack.is_none() => times.syn_ack = Some(now),
            (false, true)
                if times.ack.is_none() && times.syn_ack.is_some() && from == Side::Client =>
            {
                times.ack = Some(now);
            }
            _ => {}
        }
    }

    /// Entering TIME-WAIT starts its clock, and the peer's FIN again starts it anew.
    fn restart_time_wait(&mut self, now: Duration, before: [State; 2], segment: &Segment<'_>) {
        let states = self.states();
        let entered = states
            .iter()
            .zip(before)
            .any(|(&state, before)| state == State::TimeWait && state != before);
        if !states.contains(&State::TimeWait) {
            self.deadline = None;
        } else if entered || segment.flags().contains(Flags::FIN) {
            self.deadline = Some(now.saturating_add(self.config.msl.saturating_mul(2)));
        }
    }
}

/// A SYN: RFC 9293 section 3.5.
fn open(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    if !segment.flags().contains(Flags::ACK) {
        if !receiver.seen && receiver.state == State::Closed {
            receiver.state = State::Listen;
        }
        if receiver.state == State::SynSent {
            // Both asked: what was assumed of this end, that it had received the other's, was wrong until now.
            sender.state = State::SynReceived;
            receiver.apply(Event::ReceiveSyn);
            return Notes::SIMULTANEOUS_OPEN;
        }
        sender.apply(Event::SendSyn);
        receiver.apply(Event::ReceiveSyn);
        return Notes::NONE;
    }
    if !sender.state.is_synchronized() {
        sender.state = State::SynReceived;
    }
    let number = segment.acknowledgment_number();
    if !receiver.seen {
        // The SYN that it answers did not come by.
        receiver.state = State::Established;
    } else if receiver.is_syn_acknowledged_by(number) {
        receiver.apply(Event::ReceiveSynAck);
        receiver.apply(Event::ReceiveAckOfSyn);
    }
    Notes::NONE
}

/// A segment of an end whose SYN did not come by.
fn join(sender: &mut End, receiver: &mut End, segment: &Segment<'_>) -> Notes {
    if receiver.state == State::SynSent {
        let number = segment.acknowledgment_number();
        sender.state = State::Established;
        if segment.flags().contains(Flags::ACK) && !receiver.is_syn_acknowledged_by(number) {
            return Notes::HALF_OPEN;
        }
        receiver.state = State::Established;
        return Notes::MID_STREAM;
    }
    if receiver.seen && receiver.initial.is_none() {
        // The peer was joined before, and took this end along.
        return Notes::NONE;
    }
    sender.state = State::Established;
    if !receiver.seen {
        receiver.state = State::Established;
    }
    Notes::MID_STREAM
}

/// An acknowledgment number: what it says about both ends.
fn acknowledge(sender: &mut End, receiver: &mut End, number: SeqNumber) {
    if receiver.state == State::SynReceived && receiver.is_syn_acknowledged_by(number) {
        receiver.apply(Event::ReceiveAckOfSyn);
    }
    if receiver.seen && receiver.contiguous.precedes(number) && number.precedes_or_is(receiver.next)
    {
        // The sender has it, though part of it did not come by.
        receiver.contiguous = number;
    }
    deliver_fin(receiver, sender);
    if receiver.is_fin_acknowledged_by(number) {
        receiver.apply(Event::ReceiveAckOfFin);
    }
}

/// A FIN: RFC 9293 section 3.6.
fn close(sender: &mut End, receiver: &End) -> Notes {
    let crossed = sender.state == State::CloseWait
        && sender
            .acknowledged
            .is_none_or(|number| !receiver.is_fin_acknowledged_by(number));
    if crossed {
        // What was assumed of this end, that it had received the other's FIN, was wrong until now.
        sender.state = State::Closing;
        return Notes::SIMULTANEOUS_CLOSE;
    }
    sender.apply(Event::SendFin);
    Notes::NONE
}

/// Lets a FIN arrive once nothing is missing before it.
fn deliver_fin(sender: &mut End, receiver: &mut End) {
    if !sender.fin_delivered
        && sender
            .fin
            .is_some_and(|fin| fin.precedes_or_is(sender.contiguous))
    {
        sender.fin_delivered = true;
        receiver.apply(Event::ReceiveFin);
    }
}

/// RFC 9293 section 3.10.7.3 for SYN-SENT, 3.10.7.4 for the others: a RST counts if its number is the next expected.
fn is_acceptable_reset(sender: &End, receiver: &End, segment: &Segment<'_>) -> bool {
    if receiver.state == State::SynSent {
        let number = segment.acknowledgment_number();
        return segment.flags().contains(Flags::ACK)
            && receiver.initial.is_none_or(|initial| number == initial + 1);
    }
    let sequence = segment.sequence_number();
    let is_expected = receiver
        .acknowledged
        .is_none_or(|expected| expected == sequence);
    is_expected || sequence == sender.next || sequence == sender.contiguous
}
