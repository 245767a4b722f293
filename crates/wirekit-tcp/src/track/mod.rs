//! Both ends' states of RFC 9293, from the segments that an observer sees.

mod analysis;
mod config;
mod end;
mod moment;
mod moves;
mod notes;
mod observation;
mod side;
mod state;
mod steady;
#[cfg(test)]
mod tests;

use core::time::Duration;

use analysis::Analysis;
pub use config::Config;
use end::End;
pub use notes::Notes;
pub use observation::{Handshake, Observation};
pub use side::Side;
pub use state::{Event, State};

use crate::{Flags, Segment};

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
/// use wirekit_tcp::track::{Config, Side, State, Tracker};
/// use wirekit_tcp::Segment;
///
/// let syn = [0x9c, 0x40, 0, 80, 0, 0, 0, 9, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0];
/// let mut tracker = Tracker::new(Config::DEFAULT);
/// let observation = tracker.observe(Duration::ZERO, Side::Client, &Segment::parse(&syn)?);
/// assert_eq!(observation.states, [State::SynSent, State::SynReceived]);
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Tracker {
    /// Whether it is established and nothing of it is missing, open or unknown: then most rules have nothing to say.
    is_steady: bool,
    client: End,
    server: End,
    /// When TIME-WAIT ends.
    deadline: Option<Duration>,
    handshake: Handshake,
    config: Config,
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
            is_steady: false,
        }
    }

    /// The states of client and server.
    pub const fn states(&self) -> [State; 2] {
        [self.client.state, self.server.state]
    }

    /// When the segments of the handshake were seen.
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

    /// Takes a segment that one end sent, in the order in which the observer sees them, and returns what it did.
    ///
    /// Segments with a bad checksum go to [`observe_damaged`](Self::observe_damaged) instead. `now` should not run
    /// backwards; where it does, no time has passed.
    #[inline]
    pub fn observe(&mut self, now: Duration, from: Side, segment: &Segment<'_>) -> Observation {
        match self.observe_steady(now, from, segment) {
            Some(observation) => observation,
            None => {
                let observation = self.observe_any(now, from, segment);
                self.is_steady = self.stays_steady();
                observation
            }
        }
    }

    /// By all rules.
    #[inline(never)]
    fn observe_any(&mut self, now: Duration, from: Side, segment: &Segment<'_>) -> Observation {
        self.poll(now);
        let mut notes = Notes::NONE;
        if self.is_reopened_by(from, segment) {
            *self = Self::new(self.config);
            notes |= Notes::PORTS_REUSED;
        }
        let before = self.states();
        let (sender, _) = self.ends_mut(from);
        if sender.is_begun_by(segment) {
            sender.begin(now, segment.sequence_number());
        }
        let (sender, receiver) = (self.end(from), self.end(from.peer()));
        let analysis = Analysis {
            config: &self.config,
            handshake: &self.handshake,
            now,
            sender,
            receiver,
            segment,
        };
        notes |= analysis.notes();
        let missing_len = if notes.contains(Notes::PREVIOUS_SEGMENT_LOST) {
            segment.sequence_number() - sender.next
        } else {
            0
        };
        let (sender, receiver) = self.ends_mut(from);
        sender.learn(now, segment, notes);
        if notes.contains(Notes::ACKED_UNSEEN) {
            // Told once.
            receiver.acknowledgeable = segment.acknowledgment_number();
        }
        notes |= moves::step(sender, receiver, segment);
        self.time_handshake(now, from, segment);
        self.restart_time_wait(now, before, segment);
        let (sender, receiver) = (self.end(from), self.end(from.peer()));
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

    const fn ends_mut(&mut self, from: Side) -> (&mut End, &mut End) {
        match from {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        }
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
