use super::Origin;

/// The bytes of the segment at hand that are not yet delivered or held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'p> {
    pub(super) origin: Origin,
    pub(super) at: u64,
    pub(super) bytes: &'p [u8],
    /// Bytes after these which were sent, and which the capture cut off.
    pub(super) cut_len: u64,
}

impl Run<'_> {
    pub(super) fn end(&self) -> u64 {
        self.at
            .saturating_add(self.bytes.len() as u64)
            .saturating_add(self.cut_len)
    }

    /// Drops bytes in front without moving the rest, and returns how many there were.
    pub(super) fn skip(&mut self, len: u64) -> u64 {
        let from_bytes = len.min(self.bytes.len() as u64);
        let from_cut = (len - from_bytes).min(self.cut_len);
        self.bytes = tail(self.bytes, from_bytes);
        self.cut_len -= from_cut;
        from_bytes + from_cut
    }

    /// Drops what lies after `end`, and returns how many bytes that were.
    pub(super) fn truncate(&mut self, end: u64) -> u64 {
        let excess = self.end().saturating_sub(end.max(self.at));
        let from_cut = excess.min(self.cut_len);
        self.cut_len -= from_cut;
        let len = (self.bytes.len() as u64).saturating_sub(excess - from_cut);
        self.bytes = head(self.bytes, len);
        excess
    }
}

pub(super) fn head(bytes: &[u8], len: u64) -> &[u8] {
    usize::try_from(len)
        .ok()
        .and_then(|len| bytes.get(..len))
        .unwrap_or(bytes)
}

fn tail(bytes: &[u8], from: u64) -> &[u8] {
    usize::try_from(from)
        .ok()
        .and_then(|from| bytes.get(from..))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Origin, Run};

    /// A run of four bytes of which the capture cut two: what is cut lies behind what is left.
    fn run() -> Run<'static> {
        Run {
            origin: Origin::default(),
            at: 10,
            bytes: b"abcd",
            cut_len: 2,
        }
    }

    #[test]
    fn what_is_skipped_is_first_what_the_capture_left() {
        let rows: [(u64, &[u8], u64, u64); 6] = [
            (0, b"abcd", 2, 0),
            (3, b"d", 2, 3),
            (4, b"", 2, 4),
            (5, b"", 1, 5),
            (6, b"", 0, 6),
            (7, b"", 0, 6),
        ];
        for (len, left, cut_len, skipped) in rows {
            let mut run = run();
            assert_eq!(run.skip(len), skipped, "{len}");
            assert_eq!((run.at, run.bytes, run.cut_len), (10, left, cut_len));
        }
    }

    #[test]
    fn what_is_truncated_is_first_what_the_capture_cut() {
        let rows: [(u64, &[u8], u64, u64); 7] = [
            (17, b"abcd", 2, 0),
            (16, b"abcd", 2, 0),
            (15, b"abcd", 1, 1),
            (14, b"abcd", 0, 2),
            (13, b"abc", 0, 3),
            (10, b"", 0, 6),
            (9, b"", 0, 6),
        ];
        for (end, left, cut_len, excess) in rows {
            let mut run = run();
            assert_eq!(run.truncate(end), excess, "{end}");
            assert_eq!((run.at, run.bytes, run.cut_len), (10, left, cut_len));
        }
    }
}
