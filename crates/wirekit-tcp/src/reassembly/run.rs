/// The bytes of the segment at hand that are not yet delivered or held.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run<'p> {
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
