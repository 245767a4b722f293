//! A server that drains, and the end of the time for which it keeps whom it has.

use wirekit::websocket::CloseCode;

use super::timer::{CLOSING, Late};
use super::{Session, Work, Worker};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

impl Session {
    /// Learns until when the server that has the request keeps it: it was chosen, or the configuration changed.
    pub(super) fn learn_drain(&mut self, worker: &mut Worker) {
        let Some(current) = &mut self.current else {
            return;
        };
        let places = current.upstream.zip(current.server);
        current.drain_at = places.and_then(|(upstream, server)| {
            let balancer = worker.balancer(&self.rules, upstream)?;
            balancer.drain_at(server)
        });
    }

    /// The end of that time, where a server has the request. A WebSocket is closed then; another request has as long as a
    /// WebSocket's closing handshake to be answered.
    pub(super) fn drain_deadline(&self) -> Option<(Instant, Late)> {
        let current = self.current.as_ref()?;
        let at = current
            .drain_at
            .filter(|_| matches!(current.work, Work::Connect | Work::Server))?;
        match (self.exchange.is_switched(), &self.websocket) {
            (false, _) => Some((at + CLOSING, Late::Drained)),
            (true, Some(socket)) if socket.ended().is_some() => None,
            (true, _) => Some((at, Late::Drained)),
        }
    }

    /// That time is over.
    pub(super) fn leave_drained(&mut self, now: Instant, worker: &mut Worker) {
        if !self.exchange.is_switched() {
            return self.lose_server(Reason::Drained, now, worker);
        }
        if let Some(mut socket) = self.websocket.take() {
            // RFC 6455 section 7.4.1 has no word for it; IANA's registry has 1012, by which a client may connect again, and gets
            // another server. That one is left, and learns so.
            let codes = [
                Some(CloseCode::SERVICE_RESTART),
                Some(CloseCode::GOING_AWAY),
            ];
            self.end(&mut socket, Reason::Drained, codes, now);
            self.websocket = Some(socket);
        }
    }
}
