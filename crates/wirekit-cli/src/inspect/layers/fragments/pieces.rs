//! The pieces of one packet.

use std::collections::btree_map::BTreeMap;

use crate::inspect::capture::Time;
use crate::inspect::layers::ip::Fragment;

/// What a held piece costs beside its bytes.
pub(super) const PIECE_OVERHEAD_LEN: usize = 96;

/// The pieces of one packet.
#[derive(Debug)]
pub(super) struct Pieces {
    pub(super) serial: u64,
    pub(super) since: Time,
    /// That of the first piece, once it came.
    pub(super) protocol: Option<u8>,
    by_offset: BTreeMap<usize, Vec<u8>>,
    end: Option<usize>,
    /// No two pieces overlap.
    received_len: usize,
    /// Refused once, refused for good: RFC 5722 section 4.
    pub(super) refused: bool,
}

/// Why a piece is of no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FragmentError {
    /// Captured in part only.
    Cut,
    /// Not a multiple of eight bytes and not the last one, or past the longest packet.
    Length,
    /// An IPv6 piece that overlaps another one, or ends elsewhere than another last one.
    Overlap,
}

impl FragmentError {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cut => "ip.fragment_cut",
            Self::Length => "ip.fragment_length",
            Self::Overlap => "ip.fragment_overlap",
        }
    }
}

impl core::fmt::Display for FragmentError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Cut => "the fragment was captured in part only",
            Self::Length => "the fragment's length is impossible",
            Self::Overlap => "the fragment overlaps another one",
        })
    }
}

impl Pieces {
    pub(super) fn new(serial: u64, since: Time) -> Self {
        Self {
            serial,
            since,
            protocol: None,
            by_offset: BTreeMap::new(),
            end: None,
            received_len: 0,
            refused: false,
        }
    }

    pub(super) fn held_len(&self) -> usize {
        self.received_len + self.by_offset.len() * PIECE_OVERHEAD_LEN
    }

    /// RFC 791 section 3.2: where two pieces have the same data, "this procedure will use the more recently arrived
    /// copy".
    pub(super) fn put_over(&mut self, fragment: Fragment, payload: &[u8]) {
        let (start, end) = (fragment.offset, fragment.offset + payload.len());
        let reaches_in = |held: &Vec<u8>, at: usize| at + held.len() > start;
        while let Some((&at, held)) = self.by_offset.range_mut(..end).next_back()
            && reaches_in(held, at)
        {
            self.received_len -= held.len();
            let behind = held.get(end.saturating_sub(at)..).map(<[u8]>::to_vec);
            held.truncate(start.saturating_sub(at));
            self.received_len += held.len();
            if held.is_empty() {
                self.by_offset.remove(&at);
            }
            if let Some(behind) = behind.filter(|behind| !behind.is_empty()) {
                self.received_len += behind.len();
                self.by_offset.insert(end, behind);
            }
        }
        if fragment.last {
            self.end = Some(end);
        }
        self.received_len += payload.len();
        self.by_offset.insert(start, payload.to_vec());
    }

    /// RFC 8200 section 4.5: pieces that overlap are "silently discarded", and the packet with them.
    pub(super) fn add(&mut self, fragment: Fragment, payload: &[u8]) -> Result<(), FragmentError> {
        if self.refused {
            return Err(FragmentError::Overlap);
        }
        let end = fragment.offset + payload.len();
        if self
            .by_offset
            .get(&fragment.offset)
            .is_some_and(|held| held == payload)
        {
            return Ok(());
        }
        let overlaps = self
            .by_offset
            .range(..end)
            .next_back()
            .is_some_and(|(start, held)| start + held.len() > fragment.offset);
        let past_end = self
            .end
            .is_some_and(|known| end > known || (fragment.last && end != known));
        let cuts_known = fragment.last
            && self
                .by_offset
                .last_key_value()
                .is_some_and(|(start, held)| start + held.len() > end);
        if overlaps || past_end || cuts_known {
            self.refused = true;
            self.by_offset.clear();
            self.received_len = 0;
            return Err(FragmentError::Overlap);
        }
        if fragment.last {
            self.end = Some(end);
        }
        self.received_len += payload.len();
        self.by_offset.insert(fragment.offset, payload.to_vec());
        Ok(())
    }

    /// The protocol and the payload, once nothing is missing before the end.
    pub(super) fn whole(&self) -> Option<(u8, Vec<u8>)> {
        let (protocol, end) = (self.protocol?, self.end?);
        // No two pieces overlap: their lengths add up to the end only once none is missing. An IPv4 piece may lie
        // behind it.
        let behind = self.by_offset.range(end..);
        let reaching = self.by_offset.range(..end).next_back()?;
        let surplus_len = behind.map(|(_, held)| held.len()).sum::<usize>()
            + (reaching.0 + reaching.1.len()).saturating_sub(end);
        if self.received_len - surplus_len != end {
            return None;
        }
        let mut payload: Vec<u8> = self.by_offset.values().flatten().copied().collect();
        payload.truncate(end);
        Some((protocol, payload))
    }
}
