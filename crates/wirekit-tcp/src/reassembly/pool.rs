use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A bound on what any number of [`Reassembler`](super::Reassembler)s hold together.
///
/// Clones share the bound. A reassembler takes from it what it holds out of order, and gives it back as it delivers it
/// or is dropped.
///
/// ```
/// use wirekit_tcp::reassembly::Pool;
///
/// let pool = Pool::new(64 << 20); // bytes, for all streams of a capture
/// assert_eq!(pool.clone().held_len(), 0);
/// ```
#[derive(Clone, Debug)]
pub struct Pool {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    max_held_len: usize,
    held_len: AtomicUsize,
}

impl Pool {
    /// A pool of so many bytes.
    pub fn new(max_held_len: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                max_held_len,
                held_len: AtomicUsize::new(0),
            }),
        }
    }

    /// The bytes that are held at the moment, the administration of each piece included.
    pub fn held_len(&self) -> usize {
        self.shared.held_len.load(Ordering::Relaxed)
    }

    pub(super) fn take(&self, len: usize) -> Option<()> {
        let shared = &*self.shared;
        shared
            .held_len
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
                held.checked_add(len)
                    .filter(|&held| held <= shared.max_held_len)
            })
            .ok()
            .map(drop)
    }

    pub(super) fn give_back(&self, len: usize) {
        self.shared.held_len.fetch_sub(len, Ordering::Relaxed);
    }
}
