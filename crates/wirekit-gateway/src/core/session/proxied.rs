//! The header of the PROXY protocol, which stands before a connection's first request.

use bytes::Buf;

use super::{Action, Session};
use crate::core::balance::Instant;
use crate::core::proxy_protocol;
use crate::core::reason::Reason;

impl Session {
    /// Closes a connection at once whose peer may not say who the client is: without a header it says nothing that is
    /// believed, and with one it says what is not.
    pub(super) fn check_peer(&mut self, now: Instant) {
        let proxies = &self.rules.config().trusted_proxies;
        if !proxies.trust(self.remote.map(|remote| remote.ip())) {
            self.reject(Reason::UntrustedPeer, now);
        }
    }

    /// Takes the header from the front of what came; whether it was there, or the connection is to be closed.
    pub(super) fn take_proxy_header(&mut self, now: Instant) -> bool {
        match proxy_protocol::parse(&self.unread) {
            Ok(Some((client, len))) => {
                self.unread.advance(len);
                self.awaits_header = false;
                self.head_started = now;
                self.remote = client.or(self.remote);
                self.actions.push_back(Action::Proxied(self.remote));
                true
            }
            // A probe that only looks whether somebody listens says nothing, and is no failure.
            Ok(None) if self.unread.is_empty() => {
                self.is_closing = self.client_ended;
                self.is_closing
            }
            Ok(None) if !self.client_ended => false,
            Ok(None) | Err(_) => {
                self.reject(Reason::MalformedProxyHeader, now);
                true
            }
        }
    }

    /// The header did not come in time.
    pub(super) fn proxy_header_late(&mut self, now: Instant) {
        match self.unread.is_empty() {
            true => self.is_closing = true,
            false => self.reject(Reason::HeadTimeout, now),
        }
    }

    /// Ends a connection that no word of HTTP was spoken on: none is answered.
    fn reject(&mut self, reason: Reason, now: Instant) {
        self.begin_nothing(now);
        if let Some(mut current) = self.current.take() {
            current.reason = Some(reason);
            self.record(current, now);
        }
        self.is_closing = true;
    }
}
