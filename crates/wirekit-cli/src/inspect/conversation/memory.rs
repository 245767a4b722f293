//! A bound on what all decoders hold together.

use core::cell::Cell;
use std::rc::Rc;

/// The bound; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Rc<Shared>);

#[derive(Debug)]
struct Shared {
    max_held_len: usize,
    held_len: Cell<usize>,
    refusals: Cell<u64>,
}

/// The bound is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoRoom;

impl Memory {
    pub(crate) fn new(max_held_len: usize) -> Self {
        Self(Rc::new(Shared {
            max_held_len,
            held_len: Cell::new(0),
            refusals: Cell::new(0),
        }))
    }

    /// How often something found no room.
    pub(crate) fn refusals(&self) -> u64 {
        self.0.refusals.get()
    }

    /// A part of it, of which nothing is used yet.
    pub(crate) fn share(&self) -> Share {
        Share {
            memory: self.clone(),
            len: 0,
        }
    }
}

/// What one connection uses; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    memory: Memory,
    len: usize,
}

impl Share {
    /// Uses so much from now on; where there is no room for it, the caller has to use less, and say so.
    pub(crate) fn set(&mut self, len: usize) -> Result<(), NoRoom> {
        let is_more = len > self.len;
        self.settle(len);
        let shared = &*self.memory.0;
        if is_more && shared.held_len.get() > shared.max_held_len {
            shared.refusals.set(shared.refusals.get() + 1);
            return Err(NoRoom);
        }
        Ok(())
    }

    /// Uses so much from now on, which is less than before.
    pub(crate) fn settle(&mut self, len: usize) {
        let held_len = &self.memory.0.held_len;
        held_len.set((held_len.get() - self.len).saturating_add(len));
        self.len = len;
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.settle(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_is_room_for_others() {
        let memory = Memory::new(100);
        let (mut one, mut two) = (memory.share(), memory.share());
        assert_eq!((one.set(60), two.set(40)), (Ok(()), Ok(())));
        assert_eq!(two.set(41), Err(NoRoom));
        two.settle(0);
        assert_eq!(one.set(100), Ok(()));
        drop(one);
        assert_eq!(two.set(100), Ok(()));
        assert_eq!(two.set(101), Err(NoRoom));
        // To use less there always is room.
        assert_eq!((two.set(100), memory.refusals()), (Ok(()), 2));
    }
}
