//! Requests that wait until a server may have one more.

use std::collections::VecDeque;

/// The place of a request that waits for a server of an upstream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ticket(u64);

/// First come, first served, and no more than so many.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Ticket>,
    max: usize,
    next: u64,
    /// Whether the first was called and did not come yet.
    is_called: bool,
}

impl Queue {
    pub(super) fn new(max: usize) -> Self {
        Self {
            max,
            ..Self::default()
        }
    }

    pub(super) fn number_from(&mut self, next: u64) {
        self.next = next;
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn enter(&mut self) -> Option<Ticket> {
        if self.waiting.len() >= self.max {
            return None;
        }
        let ticket = Ticket(self.next);
        self.next += 1;
        self.waiting.push_back(ticket);
        Some(ticket)
    }

    pub(super) fn is_first(&self, ticket: Ticket) -> bool {
        self.waiting.front() == Some(&ticket)
    }

    pub(super) fn leave(&mut self, ticket: Ticket) {
        if self.is_first(ticket) {
            self.is_called = false;
        }
        self.waiting.retain(|other| *other != ticket);
    }

    /// The first came, and there was no room: it is to be called again.
    pub(super) fn stay(&mut self) {
        self.is_called = false;
    }

    /// The first, to be called as there is room; only once.
    pub(super) fn call(&mut self) -> Option<Ticket> {
        let first = self.waiting.front().copied()?;
        (!core::mem::replace(&mut self.is_called, true)).then_some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_came_first_is_called_once() {
        let mut queue = Queue::new(2);
        assert_eq!(queue.call(), None);
        let (first, second) = (queue.enter().unwrap(), queue.enter().unwrap());
        assert_eq!(queue.enter(), None, "no more than two wait");
        assert!(queue.is_first(first) && !queue.is_first(second));
        assert_eq!((queue.call(), queue.call()), (Some(first), None));
        queue.leave(second);
        assert_eq!(
            queue.call(),
            None,
            "the first was called, and is still to come"
        );
        let third = queue.enter().unwrap();
        queue.leave(first);
        assert_eq!((queue.call(), queue.call()), (Some(third), None));
        queue.stay();
        assert_eq!(queue.call(), Some(third));
        queue.leave(third);
        assert!(queue.is_empty() && queue.call().is_none());
    }
}
