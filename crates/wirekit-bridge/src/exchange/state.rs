use wirekit_http1 as http1;

use super::{Exchange, Half, Relay};

#[doc = include_str!("../../STATES.md")]
///
/// The example of [`Exchange`] goes on until it is `Idle` again. RFC 9112 section 9.3 is what decides whether it gets there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Nothing of an exchange is left: the next request may come.
    Idle,
    /// A request's head was received, or something that is none. It is neither sent on nor answered.
    Received,
    /// The request goes to a server, and the client has nothing of a final response.
    Sent,
    /// The server broke a rule or was lost before its response was whole, and the client does not know.
    Lost,
    /// The client gets the server's response.
    Responding,
    /// The client gets a response of the gateway's own.
    Answering,
    /// The response is whole. The rest of the request is received, which keeps the connection.
    Draining,
    /// What follows is another protocol.
    Switched,
    /// All is said: the client's connection is to be closed.
    Closing,
    /// The response will never be whole: the client's connection is to be reset.
    Aborted,
}

impl Exchange {
    /// How far the current exchange is.
    pub fn state(&self) -> State {
        use http1::State::{Idle, SendBody, SendResponse};

        if self.is_aborted() {
            return State::Aborted;
        } else if self.is_switched() {
            return State::Switched;
        } else if self.wants_close() {
            return State::Closing;
        } else if self.is_idle() {
            return State::Idle;
        }
        match (self.client.server_state(), self.relay, &self.half) {
            (Idle | SendResponse | SendBody, Relay::Failed(_), _) => State::Lost,
            (Idle | SendResponse, _, Half::None) => State::Received,
            (Idle | SendResponse, ..) => State::Sent,
            (SendBody, Relay::Nothing, _) => State::Answering,
            (SendBody, ..) => State::Responding,
            _ => State::Draining,
        }
    }
}
