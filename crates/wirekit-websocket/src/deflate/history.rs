use alloc::vec::Vec;

/// The last bytes of a direction, to give to an engine that did not see them go by.
///
/// It grows as it fills, so a connection that has said little remembers little.
#[derive(Debug, Default)]
pub(super) struct History {
    bytes: Vec<u8>,
    /// Where the oldest byte is, once the ring is full.
    start: usize,
    max_len: usize,
}

impl History {
    pub(super) const fn new(max_len: usize) -> Self {
        Self {
            bytes: Vec::new(),
            start: 0,
            max_len,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        let excess = bytes.len().saturating_sub(self.max_len);
        let newest = bytes.get(excess..).unwrap_or_default();
        let room = self.max_len - self.bytes.len();
        let (fill, wrap) = newest.split_at(newest.len().min(room));
        self.grow(fill.len());
        self.bytes.extend_from_slice(fill);

        let start = self.start;
        let (tail, head) = wrap.split_at(wrap.len().min(self.bytes.len() - start));
        self.overwrite(start, tail);
        self.overwrite(0, head);
        if !wrap.is_empty() {
            self.start = (start + wrap.len()) % self.max_len;
        }
    }

    /// The bytes, the oldest first.
    pub(super) fn as_slice(&mut self) -> &[u8] {
        self.bytes.rotate_left(self.start);
        self.start = 0;
        &self.bytes
    }

    pub(super) const fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Doubles up to the bound, never past it.
    fn grow(&mut self, additional: usize) {
        let len = self.bytes.len() + additional;
        if len > self.bytes.capacity() {
            let capacity = len.next_power_of_two().min(self.max_len);
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
    }

    fn overwrite(&mut self, at: usize, bytes: &[u8]) {
        if let Some(target) = self.bytes.get_mut(at..at + bytes.len()) {
            target.copy_from_slice(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_bytes_are_kept() {
        for max_len in [0, 1, 7, 16, 100] {
            let mut history = History::new(max_len);
            let mut all = Vec::new();
            for round in 0..400usize {
                let piece: Vec<u8> = (0..round % 37)
                    .map(|index| u8::try_from((round * 31 + index) % 251).unwrap())
                    .collect();
                history.push(&piece);
                all.extend_from_slice(&piece);
                if round % 3 == 0 {
                    assert_eq!(
                        history.as_slice(),
                        &all[all.len().saturating_sub(max_len)..]
                    );
                }
                assert!(history.capacity() <= max_len);
            }
        }
    }

    #[test]
    fn memory_follows_what_was_said() {
        let mut history = History::new(1 << 15);
        history.push(&[1; 100]);
        assert_eq!(history.capacity(), 128);
    }
}
