use std::collections::VecDeque;

use super::Failure;
use crate::core::reason::Fault;

/// How many failures of either kind a worker keeps.
pub const MAX_FAILURES: usize = 128;

/// A worker's last failures.
///
/// Those of clients and those of servers are kept apart: a client that asks for a thousand pages that are not there must not hide
/// the one server that failed.
#[derive(Debug, Default)]
pub struct Failures {
    clients: VecDeque<Failure>,
    servers: VecDeque<Failure>,
}

impl Failures {
    /// Keeps one more; the oldest of its kind makes room.
    pub fn put(&mut self, failure: Failure) {
        let ring = match failure.reason.fault() {
            Some(Fault::Client) => &mut self.clients,
            _ => &mut self.servers,
        };
        while ring.len() >= MAX_FAILURES {
            ring.pop_front();
        }
        ring.push_back(failure);
    }

    /// All that are kept, the oldest of each kind first.
    pub fn iter(&self) -> impl Iterator<Item = &Failure> {
        self.clients.iter().chain(&self.servers)
    }
}
