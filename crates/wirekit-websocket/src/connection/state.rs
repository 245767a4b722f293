//! The close handshake as data: the table below is all that changes a state.

/// How far the close handshake has come (RFC 6455 section 7.1).
///
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_websocket::{Config, Connection, State};
///
/// let mut server = Connection::new(Config::SERVER);
/// assert_eq!(server.state(), State::Open);
/// server.receive(&mut b"\x88\x80\0\0\0\0".to_owned())?; // a client's Close frame, masked
/// assert_eq!(server.state(), State::CloseReceived);
/// server.send_due(None, &mut Vec::new())?; // the answer
/// assert_eq!(server.state(), State::Closed);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[doc = include_str!("states.md")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Both ends may send data.
    Open,
    /// A Close frame has been sent; the peer's has not arrived.
    CloseSent,
    /// The peer's Close frame has arrived; ours is due.
    CloseReceived,
    /// Both have been exchanged; the server closes the TCP connection first (RFC 6455 section 7.1.1).
    Closed,
    /// The peer broke a rule; a Close frame with the error's code is due.
    Failing,
    /// The peer broke a rule and a Close frame has been sent, or the transport ended without the peer's: nothing is sent or
    /// received any more.
    Failed,
}

/// What happens on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    SendClose,
    ReceiveClose,
    /// The peer breaks a rule: "Fail the WebSocket Connection" (RFC 6455 section 7.1.7).
    Fail,
    /// The transport ends.
    End,
}

use State::{CloseReceived, CloseSent, Closed, Failed, Failing, Open};
use Step::{End, Fail, ReceiveClose, SendClose};

/// What each step leads to. Sending a Close frame without a row is refused; what else has no row changes nothing.
#[rustfmt::skip]
const TRANSITIONS: &[(State, Step, State)] = &[
    (Open,          SendClose,    CloseSent),     // 7.1.2
    (Open,          ReceiveClose, CloseReceived), // 5.5.1
    (Open,          Fail,         Failing),       // 7.1.7
    (Open,          End,          Failed),        // 7.1.5
    (CloseSent,     ReceiveClose, Closed),        // 5.5.1
    (CloseSent,     Fail,         Failed),        // 5.5.1: one Close frame is sent
    (CloseSent,     End,          Failed),        // 7.1.5
    (CloseReceived, SendClose,    Closed),        // 5.5.1
    (Failing,       SendClose,    Failed),        // 7.1.7
];

impl State {
    /// The state after a step, where it changes one.
    pub(crate) const fn after(self, step: Step) -> Option<Self> {
        let mut rows = TRANSITIONS;
        while let [(from, on, to), rest @ ..] = rows {
            if *from as u8 == self as u8 && *on as u8 == step as u8 {
                return Some(*to);
            }
            rows = rest;
        }
        None
    }

    /// The state after a step, which is this one where nothing changes.
    pub(crate) const fn then(self, step: Step) -> Self {
        match self.after(step) {
            Some(state) => state,
            None => self,
        }
    }

    /// Whether the peer may have more to say.
    pub(crate) const fn wants_input(self) -> bool {
        self.after(ReceiveClose).is_some()
    }

    /// Whether a Close frame is to be sent, in answer to the peer's or to its error.
    pub(crate) const fn owes_close(self) -> bool {
        !self.wants_input() && self.after(SendClose).is_some()
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Write;
    use std::string::String;

    use super::*;

    const STATES: [State; 6] = [Open, CloseSent, CloseReceived, Closed, Failing, Failed];
    const STEPS: [(Step, &str); 4] = [
        (SendClose, "a Close frame is sent"),
        (ReceiveClose, "the peer's arrives"),
        (Fail, "the peer breaks a rule"),
        (End, "the transport ends"),
    ];

    /// The documentation's table, from the code's.
    fn drawn() -> String {
        let mut text = String::from("| state |");
        for (_, heading) in STEPS {
            write!(text, " {heading} |").unwrap();
        }
        text.push_str("\n|---|---|---|---|---|\n");
        for state in STATES {
            write!(text, "| `{state:?}` |").unwrap();
            for (step, _) in STEPS {
                match state.after(step) {
                    Some(to) => write!(text, " `{to:?}` |").unwrap(),
                    None => text.push_str(" |"),
                }
            }
            text.push('\n');
        }
        text
    }

    #[test]
    fn the_documented_table_is_the_code_s() {
        let drawn = drawn();
        assert_eq!(
            include_str!("states.md"),
            drawn,
            "states.md has to be:\n{drawn}"
        );
    }

    #[test]
    fn a_close_frame_is_owed_where_nothing_more_is_read() {
        // RFC 6455 sections 5.5.1 and 7.1.7.
        let owing = STATES.map(State::owes_close);
        assert_eq!(owing, [false, false, true, false, true, false]);
        let reading = STATES.map(State::wants_input);
        assert_eq!(reading, [true, true, false, false, false, false]);
    }
}
