//! Which request an answer's content belongs to.

use std::collections::{HashMap, VecDeque};

/// What a target costs beside its bytes.
const PLACE_LEN: usize = size_of::<Vec<u8>>();

/// Targets of requests that are not answered yet, of all connections.
#[derive(Debug)]
pub(super) struct Targets {
    connections: HashMap<u64, Asked>,
    /// Of all of them, with what a place costs.
    len: usize,
    max_len: usize,
}

/// The requests of a connection.
#[derive(Debug, Default)]
struct Asked {
    targets: VecDeque<Vec<u8>>,
    /// Requests behind these, for whose targets there was no room. Further ones are counted here too until they are answered,
    /// or an answer would be given the target of a later request.
    forgotten: u64,
}

impl Targets {
    /// At most so many bytes are kept.
    pub(super) fn new(max_len: usize) -> Self {
        Self {
            connections: HashMap::new(),
            len: 0,
            max_len,
        }
    }

    /// A request came.
    pub(super) fn asked(&mut self, connection: u64, target: &[u8]) {
        let asked = self.connections.entry(connection).or_default();
        let len = PLACE_LEN + target.len();
        if asked.forgotten > 0 || self.len + len > self.max_len {
            asked.forgotten += 1;
        } else {
            self.len += len;
            asked.targets.push_back(target.to_vec());
        }
    }

    /// The target of the connection's first request that was not answered, if it was kept.
    pub(super) fn answered(&mut self, connection: u64) -> Option<Vec<u8>> {
        let asked = self.connections.get_mut(&connection)?;
        let target = asked.targets.pop_front();
        match &target {
            Some(target) => self.len -= PLACE_LEN + target.len(),
            None => asked.forgotten = asked.forgotten.saturating_sub(1),
        }
        if asked.targets.is_empty() && asked.forgotten == 0 {
            self.connections.remove(&connection);
        }
        target
    }

    /// Nothing more comes of the connection.
    pub(super) fn end(&mut self, connection: u64) {
        if let Some(asked) = self.connections.remove(&connection) {
            let lens = asked.targets.iter().map(|target| PLACE_LEN + target.len());
            self.len -= lens.sum::<usize>();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_its_own_target_or_none() {
        let mut targets = Targets::new(2 * (PLACE_LEN + 2));
        for target in ["/1", "/2", "/3"] {
            targets.asked(1, target.as_bytes());
        }
        assert_eq!(targets.answered(1).as_deref(), Some(&b"/1"[..]));
        // There is room again, but not in its turn.
        targets.asked(1, b"/4");
        assert_eq!(targets.answered(1).as_deref(), Some(&b"/2"[..]));
        assert_eq!(targets.answered(1), None);
        assert_eq!(targets.answered(1), None);
        targets.asked(1, b"/5");
        assert_eq!(targets.answered(1).as_deref(), Some(&b"/5"[..]));
        assert!(targets.connections.is_empty());
        assert_eq!((targets.answered(1), targets.len), (None, 0));
    }

    #[test]
    fn the_targets_of_all_connections_are_bounded() {
        let mut targets = Targets::new(1000);
        for connection in 0..100 {
            targets.asked(connection, &[b'/'; 76]);
            assert!(targets.len <= 1000);
        }
        let kept: usize = targets
            .connections
            .values()
            .map(|it| it.targets.len())
            .sum();
        assert_eq!(kept, 10);
        for connection in 0..100 {
            targets.end(connection);
        }
        assert_eq!((targets.connections.len(), targets.len), (0, 0));
    }
}
