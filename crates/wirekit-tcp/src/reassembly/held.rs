//! The bytes that arrived before what comes before them.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::run::Run;
use super::{Conflict, Limits, Origin, Overlap, Pool};

/// What a piece costs beside its bytes: its place in the map and the allocator's share.
const PIECE_OVERHEAD: usize = 120;

/// Bytes of the stream, not overlapping, by the offset of the first.
// The cost first, beside what every segment asks a reassembler for.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Held {
    /// Of all pieces: nothing only where there is none.
    cost: usize,
    pieces: BTreeMap<u64, Piece>,
    max_cost: usize,
    pool: Option<Pool>,
}

#[derive(Debug)]
pub(super) struct Piece {
    pub(super) origin: Origin,
    pub(super) bytes: Vec<u8>,
    /// Bytes after these which were sent, and which the capture cut off.
    pub(super) cut_len: u64,
}

impl Piece {
    pub(super) fn len(&self) -> u64 {
        self.bytes.len() as u64
    }
}

impl Held {
    pub(super) const fn new(limits: &Limits, pool: Option<Pool>) -> Self {
        Self {
            cost: 0,
            pieces: BTreeMap::new(),
            max_cost: limits.max_held_len,
            pool,
        }
    }

    pub(super) const fn cost(&self) -> usize {
        self.cost
    }

    #[inline]
    pub(super) const fn is_empty(&self) -> bool {
        self.cost == 0
    }

    pub(super) fn first_offset(&self) -> Option<u64> {
        self.pieces.keys().next().copied()
    }

    /// Takes the first piece out if it begins at `offset` or before.
    pub(super) fn pop_until(&mut self, offset: u64) -> Option<(u64, Piece)> {
        let entry = self.pieces.first_entry()?;
        if *entry.key() > offset {
            return None;
        }
        let (start, piece) = entry.remove_entry();
        self.refund(cost_of(piece.bytes.len()));
        Some((start, piece))
    }

    /// Compares the bytes with those held of the same offsets, and by the policy puts them in their place.
    pub(super) fn merge(&mut self, start: u64, bytes: &[u8], overlap: Overlap) -> Option<Conflict> {
        let end = start.saturating_add(bytes.len() as u64);
        let mut conflict: Option<Conflict> = None;
        for (&held_start, piece) in self.overlapping(start, end) {
            let from = held_start.max(start);
            let to = held_start.saturating_add(piece.len()).min(end);
            let (Some(held), Some(new)) = (
                piece
                    .bytes
                    .get_mut(index(from, held_start)..index(to, held_start)),
                bytes.get(index(from, start)..index(to, start)),
            ) else {
                continue;
            };
            if held == new {
                continue;
            }
            let first = held
                .iter()
                .zip(new)
                .position(|(held, new)| held != new)
                .unwrap_or_default() as u64;
            let last = held
                .iter()
                .zip(new)
                .rposition(|(held, new)| held != new)
                .unwrap_or_default() as u64;
            let (differs_from, differs_to) = (from + first, from + last + 1);
            conflict = Some(match conflict {
                None => Conflict {
                    offset: differs_from,
                    len: differs_to - differs_from,
                },
                Some(before) => Conflict {
                    offset: before.offset,
                    len: differs_to - before.offset,
                },
            });
            if overlap == Overlap::Last {
                held.copy_from_slice(new);
            }
        }
        conflict
    }

    fn overlapping(&mut self, start: u64, end: u64) -> impl Iterator<Item = (&u64, &mut Piece)> {
        let before = self.pieces.range(..start).next_back();
        let first = match before {
            Some((&held_start, piece)) if held_start.saturating_add(piece.len()) > start => {
                held_start
            }
            _ => start,
        };
        self.pieces.range_mut(first..end.max(first))
    }

    /// Keeps a copy of the bytes of which nothing is held yet. When there is no room for one of the runs, those before
    /// it are kept, and another call goes on from there.
    pub(super) fn insert(&mut self, new: &Run<'_>) -> Result<(), NoRoom> {
        let (start, bytes) = (new.at, new.bytes);
        let end = start.saturating_add(bytes.len() as u64);
        let mut at = start;
        while at < end {
            let covering = self
                .overlapping(at, at + 1)
                .next()
                .map(|(&held, piece)| held.saturating_add(piece.len()));
            if let Some(covered) = covering {
                at = covered;
                continue;
            }
            let until = self
                .pieces
                .range(at..end)
                .next()
                .map_or(end, |(&held, _)| held);
            let Some(run) = bytes.get(index(at, start)..index(until, start)) else {
                break;
            };
            let cost = cost_of(run.len());
            if self.cost.saturating_add(cost) > self.max_cost {
                return Err(NoRoom);
            }
            if let Some(pool) = &self.pool {
                pool.take(cost).ok_or(NoRoom)?;
            }
            self.cost += cost;
            let cut_len = if until == end { new.cut_len } else { 0 };
            self.pieces.insert(
                at,
                Piece {
                    origin: new.origin,
                    bytes: run.to_vec(),
                    cut_len,
                },
            );
            at = until;
        }
        Ok(())
    }

    /// Throws everything away and returns how many bytes that were.
    pub(super) fn clear(&mut self) -> u64 {
        let len = self.pieces.values().map(Piece::len).sum();
        self.pieces.clear();
        self.refund(self.cost);
        len
    }

    fn refund(&mut self, cost: usize) {
        self.cost -= cost;
        if let Some(pool) = &self.pool {
            pool.give_back(cost);
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.refund(self.cost);
    }
}

/// There is no room within the bounds.
#[derive(Debug)]
pub(super) struct NoRoom;

const fn cost_of(len: usize) -> usize {
    len.saturating_add(PIECE_OVERHEAD)
}

/// The distance of two offsets inside one slice.
fn index(offset: u64, start: u64) -> usize {
    usize::try_from(offset.saturating_sub(start)).unwrap_or(usize::MAX)
}
