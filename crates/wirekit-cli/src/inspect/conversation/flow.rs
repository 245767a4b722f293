//! Which connection a packet belongs to: a table of bounded size, an entry that is little used makes room.

use core::hash::{BuildHasher, Hash, Hasher};
use core::net::{IpAddr, SocketAddr};
use std::collections::HashMap;
use std::hash::RandomState;

/// The two ends of a connection, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowKey {
    low: [u64; 2],
    high: [u64; 2],
    low_port: u16,
    high_port: u16,
    protocol: u8,
    version: u8,
    /// The network that the addresses belong to: 0 without tags of IEEE 802.1Q.
    network: u32,
}

impl FlowKey {
    /// The key of a packet, and whether it goes from the low end to the high one.
    pub(crate) fn new(
        source: SocketAddr,
        destination: SocketAddr,
        (protocol, network): (u8, u32),
    ) -> (Self, bool) {
        let (from, to) = (bits(source.ip()), bits(destination.ip()));
        let from_low = (from, source.port()) <= (to, destination.port());
        let ((low, low_port), (high, high_port)) = if from_low {
            ((from, source.port()), (to, destination.port()))
        } else {
            ((to, destination.port()), (from, source.port()))
        };
        let version = if source.is_ipv4() { 4 } else { 6 };
        (
            Self {
                low,
                high,
                low_port,
                high_port,
                protocol,
                version,
                network,
            },
            from_low,
        )
    }
}

fn bits(address: IpAddr) -> [u64; 2] {
    match address {
        IpAddr::V4(address) => [0, address.to_bits().into()],
        IpAddr::V6(address) => {
            let [low, high] = halves(address.to_bits());
            [high, low]
        }
    }
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let ([low_high, low_low], [high_high, high_low]) = (self.low, self.high);
        if self.version == 4 {
            state.write_u64(low_low << 32 | high_low);
        } else {
            for word in [low_high, low_low, high_high, high_low] {
                state.write_u64(word);
            }
        }
        state.write_u64(
            u64::from(self.low_port) << 32
                | u64::from(self.high_port) << 16
                | u64::from(self.protocol) << 8
                | u64::from(self.version),
        );
        if self.network != 0 {
            state.write_u64(self.network.into());
        }
    }
}

/// Hashes by folded multiplication from a random seed, so that no capture can be written to collide.
#[derive(Clone, Debug)]
pub(crate) struct FoldState(u64, u64);

impl FoldState {
    fn new() -> Self {
        let random = RandomState::new();
        Self(random.hash_one(1_u8), random.hash_one(2_u8) | 1)
    }
}

impl BuildHasher for FoldState {
    type Hasher = Fold;

    fn build_hasher(&self) -> Fold {
        Fold {
            state: self.0,
            key: self.1,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Fold {
    state: u64,
    key: u64,
}

impl Hasher for Fold {
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key);
        let [low, high] = halves(product);
        self.state = (low ^ high).wrapping_add(self.key).rotate_left(23);
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the halves are what is wanted"
)]
const fn halves(word: u128) -> [u64; 2] {
    [word as u64, (word >> 64) as u64]
}

/// A place in the table.
pub(crate) type Slot = u32;
const NONE: Slot = Slot::MAX;

/// Entries that lie side by side: they never move, and none is held for long without use.
const CHUNK_LEN: usize = 64;
/// Slots that are remembered by their key's hash.
const RECENT: usize = 4096;

/// A table of `T` by flow.
///
/// To make room, entries are evicted by the CLOCK algorithm: one that was found since the last look gets a second chance, one
/// that was not goes. So a flood of connections with one packet each pushes itself out before any that goes on.
#[derive(Debug)]
pub(crate) struct FlowTable<T> {
    hash: FoldState,
    /// Where to look before the index is asked, whose memory is far away: a guess, right for most packets.
    recent: Vec<Slot>,
    index: HashMap<FlowKey, Slot, FoldState>,
    chunks: Vec<Vec<Entry<T>>>,
    free: Vec<Slot>,
    hand: Slot,
    max_entries: usize,
}

#[derive(Debug)]
struct Entry<T> {
    key: FlowKey,
    chance: Chance,
    value: Option<T>,
}

/// What the hand does when it comes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    Stays,
    Goes,
}

impl<T> FlowTable<T> {
    pub(crate) fn new(max_entries: usize) -> Self {
        let hash = FoldState::new();
        Self {
            recent: vec![NONE; RECENT],
            index: HashMap::with_hasher(hash.clone()),
            hash,
            chunks: Vec::new(),
            free: Vec::new(),
            hand: 0,
            max_entries: max_entries.clamp(1, NONE as usize - 1),
        }
    }

    /// The entry of `key`.
    #[inline]
    pub(crate) fn find(&mut self, key: &FlowKey) -> Option<Slot> {
        let [low, high, ..] = self.hash.hash_one(key).to_le_bytes();
        let place = usize::from(u16::from_le_bytes([low, high])) % RECENT;
        let guess = self.recent.get(place).copied().unwrap_or(NONE);
        if let Some(entry) = self.entry_mut(guess)
            && entry.key == *key
            && entry.value.is_some()
        {
            entry.chance = Chance::Stays;
            return Some(guess);
        }
        let slot = *self.index.get(key)?;
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = slot;
        }
        self.entry_mut(slot)?.chance = Chance::Stays;
        Some(slot)
    }

    #[inline]
    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.entry_mut(slot)?.value.as_mut()
    }

    /// Every entry.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        let entries = self.chunks.iter().flatten();
        (0..)
            .zip(entries)
            .filter_map(|(slot, entry)| Some((slot, entry.value.as_ref()?)))
    }

    /// Whether another entry needs one to go.
    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.max_entries
    }

    /// Takes an entry out that is little used.
    pub(crate) fn make_room(&mut self) -> Option<T> {
        if self.index.is_empty() {
            return None;
        }
        loop {
            let slot = self.hand;
            let Some(entry) = self.entry_mut(slot) else {
                self.hand = 0;
                continue;
            };
            let goes = entry.value.is_some() && entry.chance == Chance::Goes;
            entry.chance = Chance::Goes;
            self.hand += 1;
            if goes {
                return self.remove(slot);
            }
        }
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        let entry = self.entry_mut(slot)?;
        let (key, value) = (entry.key, entry.value.take()?);
        self.index.remove(&key);
        self.free.push(slot);
        Some(value)
    }

    /// Adds an entry for a key that has none.
    pub(crate) fn insert(&mut self, key: FlowKey, value: T) -> Slot {
        let entry = Entry {
            key,
            chance: Chance::Goes,
            value: Some(value),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.entry_mut(slot) {
                    *place = entry;
                }
                slot
            }
            None => self.push(entry),
        };
        self.index.insert(key, slot);
        slot
    }

    fn push(&mut self, entry: Entry<T>) -> Slot {
        let full = self.chunks.last().is_none_or(|it| it.len() == CHUNK_LEN);
        if full {
            self.chunks.push(Vec::with_capacity(CHUNK_LEN));
        }
        let before = (self.chunks.len() - 1) * CHUNK_LEN;
        let Some(chunk) = self.chunks.last_mut() else {
            return NONE;
        };
        chunk.push(entry);
        Slot::try_from(before + chunk.len() - 1).unwrap_or(NONE)
    }

    #[inline]
    fn entry_mut(&mut self, slot: Slot) -> Option<&mut Entry<T>> {
        let slot = slot as usize;
        self.chunks
            .get_mut(slot / CHUNK_LEN)?
            .get_mut(slot % CHUNK_LEN)
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use super::*;

    fn end(host: u8, port: u16) -> SocketAddr {
        (Ipv4Addr::new(10, 0, 0, host), port).into()
    }

    #[test]
    fn both_directions_have_one_key() {
        let (there, from_low) = FlowKey::new(end(1, 9), end(2, 80), (6, 0));
        let (back, back_from_low) = FlowKey::new(end(2, 80), end(1, 9), (6, 0));
        assert_eq!(there, back);
        assert!(from_low && !back_from_low);
        assert_ne!(there, FlowKey::new(end(1, 9), end(2, 80), (17, 0)).0);
        assert_ne!(there, FlowKey::new(end(1, 80), end(2, 9), (6, 0)).0);
        assert_ne!(there, FlowKey::new(end(1, 9), end(2, 80), (6, 7)).0);
    }

    #[test]
    fn every_entry_is_found_however_many_there_are() {
        let mut table = FlowTable::new(20_000);
        let keys: Vec<FlowKey> = (0..20_000_u16)
            .map(|port| FlowKey::new(end(1, port), end(2, 80), (6, 0)).0)
            .collect();
        for (port, key) in keys.iter().enumerate() {
            assert_eq!(table.find(key), None);
            table.insert(*key, port);
        }
        for round in 0..2 {
            for (port, key) in keys.iter().enumerate() {
                let slot = table.find(key).unwrap();
                assert_eq!(
                    table.get_mut(slot),
                    Some(&mut port.clone()),
                    "round {round}"
                );
            }
        }
        let first = table.find(&keys[0]).unwrap();
        assert_eq!(table.remove(first), Some(0));
        assert_eq!(table.find(&keys[0]), None);
        assert_eq!(table.insert(keys[0], 7), first);
        assert_eq!(table.find(&keys[0]), Some(first));
        assert_eq!(table.iter().count(), 20_000);
    }

    #[test]
    fn an_entry_that_was_not_found_again_makes_room() {
        let mut table = FlowTable::new(3);
        let keys = [1, 2, 3, 4].map(|port| FlowKey::new(end(1, port), end(2, 80), (6, 0)).0);
        let [first, second, third, fourth] = keys;
        for (key, value) in [(first, 'a'), (second, 'b'), (third, 'c')] {
            table.insert(key, value);
        }
        assert!(table.is_full());
        assert!(table.find(&first).is_some());
        assert_eq!(table.make_room(), Some('b'));
        table.insert(fourth, 'd');
        assert_eq!(table.find(&second), None);
        assert_eq!(table.make_room(), Some('c'));
        let slot = table.find(&first).unwrap();
        assert_eq!(table.get_mut(slot), Some(&mut 'a'));
        assert_eq!(table.remove(slot), Some('a'));
        assert_eq!(
            table.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            ['d']
        );
        assert_eq!(table.make_room(), Some('d'));
        assert_eq!(table.make_room(), None);
    }
}
