//! What keeps a user on one server, whatever balancing would choose.
//!
#![doc = include_str!("../../../docs/sessions.md")]

mod bond;
mod cause;
pub(crate) mod cookie;
mod digest;
mod known;
mod learn;
mod signed;

pub(crate) use bond::Bond;
pub use cause::{Cause, Placement};
pub use digest::Digest;
pub use known::{Answer, Known, Note, Session, StoreChange, Stores};
pub(crate) use learn::{Learn, Recalled};
pub use signed::{Route, RouteCookie};

use crate::config;

/// How an upstream keeps its users, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) enum Affinity {
    Cookie(RouteCookie),
    Learn(Learn),
}

impl Affinity {
    /// What an upstream asks for, if it asks for anything.
    pub(crate) fn of(upstream: &config::Upstream, stores: &Stores) -> Option<Self> {
        Some(match upstream.affinity.as_ref()? {
            config::Affinity::Cookie {
                cookie,
                keys,
                max_age,
                path,
                ..
            } => {
                let route = RouteCookie::new(&upstream.name, cookie, keys);
                Self::Cookie(route.path(path).max_age(*max_age))
            }
            config::Affinity::Learn {
                learn, store, ttl, ..
            } => Self::Learn(Learn {
                upstream: upstream.name.as_str().into(),
                cookie: learn.clone(),
                ttl: ttl.as_secs().max(1),
                known: stores.known(store),
            }),
        })
    }
}
