//! A user stays on their server, whatever balancing would choose.

use wirekit::http1::{Field, RequestHead};

use super::{Rules, Session, Worker};
use crate::core::affinity::{Affinity, Bond, cookie};

impl Session {
    /// What a request for an upstream says of the server that its user has; nothing where the upstream keeps nobody.
    pub(super) fn bond(
        rules: &Rules,
        upstream: usize,
        head: &RequestHead<'_>,
        unix_time: u64,
    ) -> Option<Box<Bond>> {
        let affinity = rules.affinity(upstream)?;
        let lines = head.fields().all("cookie");
        Some(Box::new(Bond::of(affinity, lines, unix_time)))
    }

    /// The `Cookie` fields that go to the server in place of the client's: those without the gateway's own cookie. None where
    /// there is nothing to be taken off.
    ///
    /// The application did not set it and cannot read it: it is better off without, as with HAProxy's `insert indirect`, while
    /// nginx passes it on. It would stand in what applications write down and send elsewhere, and take room in a packet.
    pub(super) fn cookies_without_own(&self, head: &RequestHead<'_>) -> Option<Vec<Vec<u8>>> {
        let current = self.current.as_ref()?;
        current.bond.as_ref()?;
        let Affinity::Cookie(own) = self.rules.affinity(current.upstream?)?;
        let lines: Vec<&[u8]> = head.fields().all("cookie").collect();
        cookie::without(&lines, own.name())
    }

    /// The field that puts the user on the server that answers, where that is not said by what they sent.
    pub(super) fn set_cookie(&self, worker: &Worker) -> Option<String> {
        let current = self.current.as_ref()?;
        let bond = current.bond.as_ref()?;
        // It stands in the head, which goes once.
        if self.exchange.status().is_some() {
            return None;
        }
        let upstream = current.upstream?;
        let affinity = self.rules.affinity(upstream)?;
        let upstream = self.rules.config().upstreams.get(upstream)?;
        let server = upstream.servers.get(current.server?)?;
        let is_secure = self.listener.scheme() == "https" || self.origin.is_secure;
        bond.set_cookie(affinity, &server.id, worker.unix_time, is_secure)
    }
}

/// `Cookie` fields of these values.
pub(super) fn cookie_fields(values: &[Vec<u8>]) -> Vec<Field<'_>> {
    values
        .iter()
        .map(|value| Field::new("Cookie", value.as_slice()))
        .collect()
}
