//! What keeps a user on one server, whatever balancing would choose.

mod bond;
mod cause;
pub(crate) mod cookie;
mod signed;

pub(crate) use bond::Bond;
pub use cause::{Cause, Placement};
pub use signed::{Route, RouteCookie};

use crate::config;

/// How an upstream keeps its users, ready to be asked.
#[derive(Clone, Debug)]
pub(crate) enum Affinity {
    Cookie(RouteCookie),
}

impl Affinity {
    /// What an upstream asks for, if it asks for anything.
    pub(crate) fn of(upstream: &config::Upstream) -> Option<Self> {
        match upstream.affinity.as_ref()? {
            config::Affinity::Cookie {
                cookie,
                keys,
                max_age,
                path,
                ..
            } => {
                let route = RouteCookie::new(&upstream.name, cookie, keys);
                Some(Self::Cookie(route.path(path).max_age(*max_age)))
            }
            config::Affinity::Learn { .. } => None,
        }
    }
}
