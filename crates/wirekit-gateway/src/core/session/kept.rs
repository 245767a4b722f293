//! Connections that a server kept, and may have ended a moment ago.
//!
//! RFC 9112 section 9.5: "A client, server, or proxy MAY close the transport connection at any time." An end that comes
//! instead of the first byte of an answer is therefore no failure of the server's: it is asked again where the request may be
//! sent twice, by section 9.3.1.

use super::{Session, Worker};
use crate::core::balance::Instant;

/// Whether the current request may be sent twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it may or it may not")]
pub enum Repeats {
    /// It does nothing more the second time (RFC 9110 section 9.2.2), and all of it is there.
    May,
    /// It is lost where its server's connection is.
    MayNot,
}

impl Session {
    /// Whether the request would be asked again, if the connection that was kept for it has ended already.
    pub fn may_repeat(&self) -> Repeats {
        let current = self.current.as_ref();
        let may =
            current.is_some_and(|current| current.is_idempotent && current.held.is_repeatable());
        match may {
            true => Repeats::May,
            false => Repeats::MayNot,
        }
    }

    /// A connection that served before serves again, as far as anybody knows; [`connected`](Self::connected) reports new ones.
    pub fn connected_again(&mut self, now: Instant, worker: &mut Worker) {
        if let Some(current) = &mut self.current {
            current.is_kept = true;
            if let Some(attempt) = &mut current.attempt {
                attempt.is_kept = true;
            }
        }
        self.connected(now, worker);
    }

    /// Whether the server's connection served before, and nothing came on it since.
    pub(super) fn is_kept(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.is_kept)
    }
}
