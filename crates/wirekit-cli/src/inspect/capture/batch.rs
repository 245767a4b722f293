//! Records that were read together.

use core::ops::Range;

use super::window::READ_LEN;
use super::{LinkType, Located, Record, Time};

/// Records with the bytes they stand in, so that they can be sent to another thread; with each what the reader made of it.
#[derive(Debug)]
pub(crate) struct Batch<T> {
    pub(super) bytes: Vec<u8>,
    records: Vec<Placed<T>>,
}

/// A record, by the place of its data.
#[derive(Debug)]
struct Placed<T> {
    time: Option<Time>,
    data: Range<usize>,
    cut_len: usize,
    link: LinkType,
    made: T,
}

impl<T> Default for Batch<T> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            records: Vec::new(),
        }
    }
}

impl<T: Copy> Batch<T> {
    /// The record at `index`, counted from 0.
    #[inline(always)]
    pub(crate) fn get(&self, index: usize) -> Option<(Record<'_>, T)> {
        let placed = self.records.get(index)?;
        let record = Record {
            time: placed.time,
            link: placed.link,
            data: self.bytes.get(placed.data.clone()).unwrap_or_default(),
            cut_len: placed.cut_len,
        };
        Some((record, placed.made))
    }

    pub(crate) const fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether the buffer had to grow for a long record.
    pub(crate) const fn is_long(&self) -> bool {
        self.bytes.len() > READ_LEN
    }

    pub(super) fn clear(&mut self) {
        self.records.clear();
    }

    /// Adds a record that begins at `start`.
    #[inline(always)]
    pub(super) fn push(&mut self, start: usize, located: &Located, made: T) {
        self.records.push(Placed {
            time: located.time,
            data: start + located.data.start..start + located.data.end,
            cut_len: located.cut_len(),
            link: located.link,
            made,
        });
    }
}
