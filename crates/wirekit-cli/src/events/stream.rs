//! What every stream decoder keeps: the bytes it could not use yet, and the body bytes it has not reported yet.

use super::event::Event;
use super::message::Message;

/// The most bytes that one `data` event carries; a longer run of body bytes is several events.
pub const MAX_DATA_LEN: usize = 1 << 16;

/// The most memory that is kept for the next bytes while there are none.
const KEPT_LEN: usize = 1 << 13;

/// The bytes of a stream that no event has used yet, with the place of the first.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    bytes: Vec<u8>,
    used: usize,
    offset: u64,
}

impl Pending {
    /// Takes the stream's next bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        // Moving the rest to the front costs no more than what was used since the last time.
        if self.used >= self.bytes.len() - self.used {
            self.bytes.drain(..self.used);
            self.used = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes not used yet.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.used..).unwrap_or_default()
    }

    /// The bytes not used yet, for a codec that decodes in place.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.used..).unwrap_or_default()
    }

    /// The place of the first unused byte, in the stream.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Uses `count` bytes, at most all.
    pub(crate) fn consume(&mut self, count: usize) {
        let count = count.min(self.bytes.len() - self.used);
        self.used += count;
        self.offset += count as u64;
        // Of many thousand streams most are idle.
        if self.used == self.bytes.len() && self.used > KEPT_LEN {
            (self.bytes, self.used) = (Vec::new(), 0);
        }
    }

    /// The memory that is held.
    pub(crate) fn held_len(&self) -> usize {
        self.bytes.capacity()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// Gives the unused bytes away.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.bytes.drain(..self.used);
        self.used = 0;
        self.offset += self.bytes.len() as u64;
        core::mem::take(&mut self.bytes)
    }
}

/// A run of contiguous body bytes, reported as `data` events that do not depend on how the bytes arrived.
#[derive(Debug, Default)]
pub(crate) struct DataRun {
    offset: u64,
    bytes: Vec<u8>,
}

impl DataRun {
    /// Takes body bytes that stand at `offset`; a gap before them ends the run.
    pub(crate) fn push(&mut self, offset: u64, mut bytes: &[u8], events: &mut Vec<Event>) {
        if offset != self.offset + self.bytes.len() as u64 {
            self.flush(events);
        }
        if self.bytes.is_empty() {
            self.offset = offset;
        }
        while !bytes.is_empty() {
            let room = MAX_DATA_LEN - self.bytes.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.bytes.extend_from_slice(now);
            if self.bytes.len() == MAX_DATA_LEN {
                self.tell(events);
            }
            bytes = later;
        }
    }

    /// The memory that is held.
    pub(crate) fn held_len(&self) -> usize {
        self.bytes.capacity()
    }

    /// Ends the run: a body, a chunk or the input ended.
    pub(crate) fn flush(&mut self, events: &mut Vec<Event>) {
        self.tell(events);
        if self.bytes.capacity() > KEPT_LEN {
            self.bytes = Vec::new();
        }
    }

    fn tell(&mut self, events: &mut Vec<Event>) {
        if self.bytes.is_empty() {
            return;
        }
        let len = self.bytes.len() as u64;
        events.push(Event::new(
            Message::Data(self.bytes.clone()),
            self.offset,
            len,
        ));
        self.offset += len;
        self.bytes.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(pieces: &[(u64, usize)]) -> Vec<(u64, u64)> {
        let (mut run, mut events) = (DataRun::default(), Vec::new());
        for &(offset, len) in pieces {
            run.push(offset, &vec![b'x'; len], &mut events);
        }
        run.flush(&mut events);
        events
            .iter()
            .map(|event| (event.offset(), event.len().unwrap()))
            .collect()
    }

    #[test]
    fn a_run_does_not_depend_on_its_pieces() {
        let all = MAX_DATA_LEN * 2 + 5;
        let whole = runs(&[(9, all)]);
        assert_eq!(whole, [(9, 65536), (65545, 65536), (131081, 5)]);
        let pieces: Vec<(u64, usize)> = (0..all)
            .step_by(1000)
            .map(|at| (9 + at as u64, 1000.min(all - at)))
            .collect();
        assert_eq!(runs(&pieces), whole);
        assert_eq!(runs(&[(0, 4), (6, 4)]), [(0, 4), (6, 4)]);
    }

    #[test]
    fn memory_is_given_back_with_the_last_byte() {
        let (mut run, mut events) = (DataRun::default(), Vec::new());
        run.push(0, &[b'x'; MAX_DATA_LEN + 1], &mut events);
        assert!(run.held_len() > MAX_DATA_LEN / 2);
        run.flush(&mut events);
        assert!(run.held_len() <= KEPT_LEN);
        let mut pending = Pending::default();
        pending.push(&[b'x'; MAX_DATA_LEN]);
        pending.consume(MAX_DATA_LEN - 1);
        assert!(pending.held_len() >= MAX_DATA_LEN);
        pending.consume(1);
        assert!(pending.held_len() <= KEPT_LEN);
    }

    #[test]
    fn pending_bytes_keep_their_place() {
        let mut pending = Pending::default();
        pending.push(b"hello");
        pending.consume(3);
        pending.push(b" world");
        assert_eq!((pending.offset(), pending.bytes()), (3, &b"lo world"[..]));
        pending.consume(100);
        assert_eq!((pending.offset(), pending.is_empty()), (11, true));
        pending.push(b"x");
        assert_eq!((pending.take(), pending.offset()), (b"x".to_vec(), 12));
    }
}
