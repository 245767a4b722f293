//! What an operator sees of a client's connection, and may do to it.

use super::{Session, Worker};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

/// What a connection does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Activity {
    /// It waits for a request.
    Idle,
    /// A request is answered.
    Exchange,
    /// Frames go both ways.
    WebSocket,
}

impl Session {
    /// What the connection does now.
    pub fn activity(&self) -> Activity {
        match &self.current {
            None => Activity::Idle,
            Some(_) if self.websocket.is_some() => Activity::WebSocket,
            Some(_) => Activity::Exchange,
        }
    }

    /// An operator ends the connection: nothing more is written.
    pub fn end_connection(&mut self, now: Instant, worker: &mut Worker) {
        // Bytes that were sent must not look like the whole of an answer.
        self.is_reset = self.current.is_some();
        self.give_up(Reason::ConnectionEnded, now, worker);
    }
}
