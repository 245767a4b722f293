//! A WebSocket: frames go from one side to the other, and between two of them the gateway may say that it ends.
//!
//! No payload is looked at. Whichever side closes, the other one learns of it: by the Close frame that was sent, or by one of the
//! gateway's own where the connection ended without.

use bytes::{Buf, BytesMut};
use wirekit::websocket::relay::{Position, Relay};
use wirekit::websocket::{Close, CloseCode, Role, State};

use super::{Action, Session, Step, Worker};
use crate::core::balance::{Ending, Instant};
use crate::core::reason::Reason;

/// The frames of a connection that switched.
#[derive(Debug)]
pub(super) struct WebSocket {
    relay: Relay,
    /// When the gateway began to end it.
    ended: Option<Instant>,
    /// What it still has to say to the client and to the server, once it stands between two frames.
    to_client: Option<CloseCode>,
    to_server: Option<CloseCode>,
    /// Whether the server knows that nothing more comes.
    is_shut: bool,
}

impl WebSocket {
    const fn new() -> Self {
        Self {
            relay: Relay::new(),
            ended: None,
            to_client: None,
            to_server: None,
            is_shut: false,
        }
    }

    /// When the gateway began to end it.
    pub(super) const fn ended(&self) -> Option<Instant> {
        self.ended
    }

    /// Whether this end sent its Close frame, or nothing that could be one.
    const fn has_closed(&self, end: Role) -> bool {
        !self.relay.wants_input(end)
    }

    /// Whether nothing is missing but the end of the connections.
    fn is_over(&self) -> bool {
        let is_over = |state| matches!(state, State::Closed | State::Failed);
        is_over(self.relay.state(Role::Client)) && is_over(self.relay.state(Role::Server))
    }

    fn due(&mut self, receiver: Role) -> &mut Option<CloseCode> {
        match receiver {
            Role::Client => &mut self.to_client,
            Role::Server => &mut self.to_server,
        }
    }
}

impl Session {
    /// Goes as far as can be gone with the frames that are there.
    pub(super) fn relay(&mut self, now: Instant, worker: &mut Worker) {
        let mut socket = match self.websocket.take() {
            Some(socket) => socket,
            None => {
                self.step(Step::Switched);
                Box::new(WebSocket::new())
            }
        };
        // The gateway stops, or the location is no longer what it was.
        if self.is_draining || self.is_last {
            let code = Some(CloseCode::GOING_AWAY);
            self.end(&mut socket, Reason::Drained, [code, code], now);
        }
        self.pass(&mut socket, Role::Client, now, worker);
        self.pass(&mut socket, Role::Server, now, worker);
        if self.client_ended && !socket.has_closed(Role::Client) {
            // What the server still says may yet be read.
            let codes = [None, Some(CloseCode::GOING_AWAY)];
            self.end(&mut socket, Reason::ClientClosed, codes, now);
        }
        if self.server_ended && !socket.has_closed(Role::Server) {
            let codes = [Some(CloseCode::BAD_GATEWAY), None];
            self.end(&mut socket, Reason::UpstreamClosedEarly, codes, now);
        }
        self.close(&mut socket, Role::Client, worker);
        self.close(&mut socket, Role::Server, worker);
        // What either side sent arrives before its end does.
        let is_over = socket.is_over() && self.to_server.is_empty();
        if is_over || self.server_ended {
            self.count_end(Ending::Answered, now, worker);
            self.is_closing = true;
        } else if self.client_ended && self.to_server.is_empty() && !socket.is_shut {
            socket.is_shut = true;
            self.actions.push_back(Action::EndServer);
        }
        self.websocket = Some(socket);
    }

    /// Whether frames pass as they come: what was written of them changes nothing.
    pub(super) fn is_relaying(&self) -> bool {
        let mut socket = self.websocket.iter();
        let is_open = socket.any(|socket| socket.ended.is_none() && !socket.is_over());
        is_open && !self.is_closing && !self.client_ended && !self.server_ended
    }

    /// The time of a WebSocket is over: it is ended, or given up where that was tried.
    pub(super) fn relay_late(&mut self, now: Instant, worker: &mut Worker) {
        match self.websocket.take() {
            Some(mut socket) if socket.ended.is_none() => {
                let code = Some(CloseCode::GOING_AWAY);
                self.end(&mut socket, Reason::IdleTimeout, [code, code], now);
                self.websocket = Some(socket);
            }
            _ => self.give_up(Reason::ClientClosed, now, worker),
        }
    }

    /// Begins to end it, if that was not begun: with these words for the client and the server.
    pub(super) fn end(
        &mut self,
        socket: &mut WebSocket,
        reason: Reason,
        codes: [Option<CloseCode>; 2],
        now: Instant,
    ) {
        if socket.ended.is_some() {
            return;
        }
        socket.ended = Some(now);
        [socket.to_client, socket.to_server] = codes;
        if let Some(current) = &mut self.current {
            current.reason.get_or_insert(reason);
        }
    }

    /// Takes what one side sent, and appends what the other one gets of it.
    fn pass(&mut self, socket: &mut WebSocket, sender: Role, now: Instant, worker: &mut Worker) {
        if self.input(sender).is_empty() && socket.due(sender.peer()).is_none() {
            return;
        }
        let mut input = core::mem::take(self.input(sender));
        let (mut passed, mut taken) = (0, 0);
        loop {
            if socket.due(sender.peer()).is_some() && socket.relay.may_close(sender.peer()) {
                self.hand_over(sender, &mut input, passed);
                (passed, taken) = (0, taken - passed);
                self.close(socket, sender.peer(), worker);
            }
            match socket
                .relay
                .receive(sender, input.get(taken..).unwrap_or_default())
            {
                Ok(Some((piece, used))) => {
                    taken += used;
                    passed += piece.bytes.len();
                }
                Ok(None) => break,
                Err(error) => {
                    // RFC 6455 section 7.1.7: the one that broke the rules learns which.
                    let code = Some(error.kind().close_code());
                    let (reason, codes) = match sender {
                        Role::Client => {
                            (Reason::MalformedFrame, [code, Some(CloseCode::GOING_AWAY)])
                        }
                        Role::Server => (
                            Reason::UpstreamMalformed,
                            [Some(CloseCode::BAD_GATEWAY), code],
                        ),
                    };
                    self.end(socket, reason, codes, now);
                    break;
                }
            }
        }
        let left = taken - passed;
        self.hand_over(sender, &mut input, passed);
        input.advance(left);
        if !socket.relay.wants_input(sender) {
            input.clear();
        }
        *self.input(sender) = input;
    }

    /// Moves the front of what one side sent to what the other one gets: the whole buffer where it can be.
    fn hand_over(&mut self, sender: Role, input: &mut BytesMut, len: usize) {
        let output = self.output(sender);
        if output.is_empty() && len == input.len() {
            core::mem::swap(output, input);
        } else {
            output.extend_from_slice(input.get(..len).unwrap_or_default());
            input.advance(len);
        }
    }

    /// What an end sent that nothing took yet.
    fn input(&mut self, sender: Role) -> &mut BytesMut {
        match sender {
            Role::Client => &mut self.unread,
            Role::Server => &mut self.server_unread,
        }
    }

    /// What the other end than this one gets.
    fn output(&mut self, sender: Role) -> &mut BytesMut {
        match sender {
            Role::Client => &mut self.to_server,
            Role::Server => &mut self.to_client,
        }
    }

    /// Sends the Close frame that is due to this end, if that may be done now.
    fn close(&mut self, socket: &mut WebSocket, receiver: Role, worker: &mut Worker) {
        let Some(code) = *socket.due(receiver) else {
            return;
        };
        if matches!(
            socket.relay.position(receiver.peer()),
            Position::InFrame { .. }
        ) {
            return;
        }
        *socket.due(receiver) = None;
        let key = match receiver {
            Role::Client => None,
            // RFC 6455 section 5.3: to the server the gateway is a client.
            Role::Server => Some(worker.masking_keys.next_key()),
        };
        let close = Close { code, reason: "" };
        let out = self.output(receiver.peer());
        // To one that got a Close frame nothing more is sent.
        let _ = socket.relay.send_close(receiver, close, key, out);
    }
}
