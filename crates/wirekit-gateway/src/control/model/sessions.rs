//! Users whose sessions this process has learnt, as a list.

use std::collections::BTreeMap;

use super::State;
use crate::config::{Affinity, Upstream};
use crate::core::affinity::{Digest, Session, Stores};

/// A part of the sessions, in the order of their digests.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sessions {
    /// How many there are in all.
    pub(crate) total: usize,
    /// Those that were asked for.
    pub(crate) sessions: Vec<Session>,
}

impl State {
    /// So many sessions at most, of those behind this digest. What is held meanwhile is no more than that.
    pub(crate) fn sessions(
        &self,
        stores: &Stores,
        after: Option<Digest>,
        max: usize,
        unix_time: u64,
    ) -> Sessions {
        let (mut first, mut total) = (BTreeMap::new(), 0);
        for url in self.stores() {
            for session in stores.known(url).all() {
                if !self.is_live(&session, url, unix_time) {
                    continue;
                }
                total += 1;
                if after.is_some_and(|after| session.id <= after) {
                    continue;
                }
                first.insert(session.id, session);
                if first.len() > max {
                    first.pop_last();
                }
            }
        }
        Sessions {
            total,
            sessions: first.into_values().collect(),
        }
    }

    /// The session of that digest, and the URL of its store.
    pub(crate) fn session(
        &self,
        stores: &Stores,
        id: &Digest,
        unix_time: u64,
    ) -> Option<(&str, Session)> {
        self.stores().into_iter().find_map(|url| {
            let session = stores.known(url).session(id)?;
            let is_live = self.is_live(&session, url, unix_time);
            is_live.then_some((url, session))
        })
    }

    /// The stores of the upstreams that there are, each once.
    fn stores(&self) -> Vec<&str> {
        let upstreams = self.config().upstreams.iter();
        let mut stores: Vec<&str> = upstreams
            .filter_map(|upstream| Some(learnt(upstream)?.0))
            .collect();
        stores.sort_unstable();
        stores.dedup();
        stores
    }

    /// Whether a session of a store is of an upstream that there is, and was used in its time.
    fn is_live(&self, session: &Session, store: &str, unix_time: u64) -> bool {
        let mut upstreams = self.config().upstreams.iter();
        let upstream = upstreams.find(|upstream| upstream.name == *session.upstream);
        upstream
            .and_then(learnt)
            .is_some_and(|(url, ttl)| url == store && session.used.saturating_add(ttl) > unix_time)
    }
}

/// The store of the sessions that are learnt, and for how long one is known without a request.
fn learnt(upstream: &Upstream) -> Option<(&str, u64)> {
    match upstream.affinity.as_ref()? {
        Affinity::Learn { store, ttl, .. } => Some((store, ttl.as_secs().max(1))),
        Affinity::Cookie { .. } => None,
    }
}
