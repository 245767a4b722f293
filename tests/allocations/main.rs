//! What promises to allocate nothing does not, and what an idle connection holds is little.

#![cfg(test)]

use core::alloc::{GlobalAlloc, Layout};
use core::cell::Cell;
use std::alloc::System;

mod deflate;
mod http1;
mod inspect;
mod websocket;

/// What one thread has allocated.
#[derive(Clone, Copy)]
struct Count {
    /// How often, reallocations too.
    allocations: usize,
    /// Bytes allocated and not freed.
    kept_len: isize,
    /// The most that this was.
    peak_len: isize,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, kept_len: 0, peak_len: 0 }) };
}

/// The system's allocator, counting for each thread.
struct Counting;

#[global_allocator]
static COUNTING: Counting = Counting;

#[expect(unsafe_code, reason = "an allocator is one by contract")]
// SAFETY: every call goes to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1, layout.size(), 0);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(0, 0, layout.size());
        // SAFETY: the caller keeps the contract of `dealloc`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, len: usize) -> *mut u8 {
        count(1, len, layout.size());
        // SAFETY: the caller keeps the contract of `realloc`.
        unsafe { System.realloc(pointer, layout, len) }
    }
}

fn count(allocations: usize, allocated_len: usize, freed_len: usize) {
    // A thread that is ending no longer counts.
    let _ = COUNT.try_with(|count| {
        let before = count.get();
        let kept_len = before.kept_len + allocated_len.cast_signed() - freed_len.cast_signed();
        count.set(Count {
            allocations: before.allocations + allocations,
            kept_len,
            peak_len: before.peak_len.max(kept_len),
        });
    });
}

/// How often `work` allocates, and how much of it is kept.
fn counted<T>(work: impl FnOnce() -> T) -> (Count, T) {
    let before = COUNT.get();
    let result = work();
    let after = COUNT.get();
    let count = Count {
        allocations: after.allocations - before.allocations,
        kept_len: after.kept_len - before.kept_len,
        peak_len: after.peak_len - before.kept_len,
    };
    (count, result)
}

/// The most bytes that `work` keeps at a time.
fn peak_len(work: impl FnOnce()) -> usize {
    let before = COUNT.get();
    COUNT.set(Count {
        peak_len: before.kept_len,
        ..before
    });
    usize::try_from(counted(work).0.peak_len).unwrap_or_default()
}

/// How often `work` allocates.
fn allocations(work: impl FnOnce()) -> usize {
    counted(work).0.allocations
}

#[test]
fn an_allocation_is_counted() {
    let (count, boxed) = counted(|| core::hint::black_box(Box::new([1_u8; 100])));
    assert_eq!((count.allocations, count.kept_len), (1, 100));
    assert_eq!(counted(|| drop(boxed)).0.kept_len, -100);
}
