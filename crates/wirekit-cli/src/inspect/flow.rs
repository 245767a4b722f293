//! Which connection a packet belongs to: a table of bounded size, the least recently used entry makes room.

use core::hash::{BuildHasher, Hash, Hasher};
use core::net::{IpAddr, SocketAddr};
use std::collections::HashMap;
use std::hash::RandomState;

/// The two ends of a connection, the same for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FlowKey {
    low: u128,
    high: u128,
    low_port: u16,
    high_port: u16,
    protocol: u8,
    version: u8,
}

impl FlowKey {
    /// The key of a packet, and whether it goes from the low end to the high one.
    pub(crate) fn new(source: SocketAddr, destination: SocketAddr, protocol: u8) -> (Self, bool) {
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
            },
            from_low,
        )
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(self.low);
        state.write_u128(self.high);
        state.write_u64(
            u64::from(self.low_port) << 32
                | u64::from(self.high_port) << 16
                | u64::from(self.protocol) << 8
                | u64::from(self.version),
        );
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

    fn write_u128(&mut self, word: u128) {
        let [low, high] = halves(word);
        self.write_u64(low);
        self.write_u64(high);
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

/// A table of `T` by flow, in the order of use.
#[derive(Debug)]
pub(crate) struct FlowTable<T> {
    index: HashMap<FlowKey, Slot, FoldState>,
    entries: Vec<Entry<T>>,
    free: Vec<Slot>,
    /// Ends of the list in order of use.
    oldest: Slot,
    newest: Slot,
    max_entries: usize,
}

#[derive(Debug)]
struct Entry<T> {
    key: FlowKey,
    older: Slot,
    newer: Slot,
    value: Option<T>,
}

impl<T> FlowTable<T> {
    pub(crate) fn new(max_entries: usize) -> Self {
        Self {
            index: HashMap::with_hasher(FoldState::new()),
            entries: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            max_entries: max_entries.clamp(1, NONE as usize - 1),
        }
    }

    /// The entry of `key`, which becomes the most recently used one.
    pub(crate) fn find(&mut self, key: &FlowKey) -> Option<Slot> {
        if self
            .entry(self.newest)
            .is_some_and(|entry| entry.key == *key)
        {
            return Some(self.newest);
        }
        let slot = *self.index.get(key)?;
        self.unlink(slot);
        self.link_newest(slot);
        Some(slot)
    }

    pub(crate) fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.entries.get_mut(slot as usize)?.value.as_mut()
    }

    /// The key of an entry.
    pub(crate) fn is_full(&self) -> bool {
        self.index.len() >= self.max_entries
    }

    /// Takes the least recently used entry out.
    pub(crate) fn remove_oldest(&mut self) -> Option<T> {
        self.remove(self.oldest)
    }

    pub(crate) fn remove(&mut self, slot: Slot) -> Option<T> {
        let key = self.entry(slot)?.key;
        let value = self.entries.get_mut(slot as usize)?.value.take()?;
        self.index.remove(&key);
        self.unlink(slot);
        self.free.push(slot);
        Some(value)
    }

    /// Adds an entry for a key that has none, as the most recently used one.
    pub(crate) fn insert(&mut self, key: FlowKey, value: T) -> Slot {
        let entry = Entry {
            key,
            older: NONE,
            newer: NONE,
            value: Some(value),
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.entries.get_mut(slot as usize) {
                    *place = entry;
                }
                slot
            }
            None => {
                self.entries.push(entry);
                Slot::try_from(self.entries.len() - 1).unwrap_or(NONE)
            }
        };
        self.index.insert(key, slot);
        self.link_newest(slot);
        slot
    }

    /// Takes every entry out, in no order.
    pub(crate) fn drain(&mut self) -> impl Iterator<Item = T> {
        self.index.clear();
        self.free.clear();
        (self.oldest, self.newest) = (NONE, NONE);
        core::mem::take(&mut self.entries)
            .into_iter()
            .filter_map(|entry| entry.value)
    }

    fn entry(&self, slot: Slot) -> Option<&Entry<T>> {
        self.entries.get(slot as usize)
    }

    fn unlink(&mut self, slot: Slot) {
        let Some((older, newer)) = self.entry(slot).map(|entry| (entry.older, entry.newer)) else {
            return;
        };
        match self.entries.get_mut(older as usize) {
            Some(entry) => entry.newer = newer,
            None => self.oldest = newer,
        }
        match self.entries.get_mut(newer as usize) {
            Some(entry) => entry.older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, slot: Slot) {
        let older = self.newest;
        if let Some(entry) = self.entries.get_mut(slot as usize) {
            entry.older = older;
            entry.newer = NONE;
        }
        match self.entries.get_mut(older as usize) {
            Some(entry) => entry.newer = slot,
            None => self.oldest = slot,
        }
        self.newest = slot;
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
        let (there, from_low) = FlowKey::new(end(1, 9), end(2, 80), 6);
        let (back, back_from_low) = FlowKey::new(end(2, 80), end(1, 9), 6);
        assert_eq!(there, back);
        assert!(from_low && !back_from_low);
        assert_ne!(there, FlowKey::new(end(1, 9), end(2, 80), 17).0);
        assert_ne!(there, FlowKey::new(end(1, 80), end(2, 9), 6).0);
    }

    #[test]
    fn the_least_recently_used_entry_makes_room() {
        let mut table = FlowTable::new(3);
        let keys = [1, 2, 3, 4].map(|port| FlowKey::new(end(1, port), end(2, 80), 6).0);
        let [first, second, third, fourth] = keys;
        for (key, value) in [(first, 'a'), (second, 'b'), (third, 'c')] {
            table.insert(key, value);
        }
        assert!(table.is_full());
        assert!(table.find(&first).is_some());
        assert_eq!(table.remove_oldest(), Some('b'));
        table.insert(fourth, 'd');
        assert_eq!(table.find(&second), None);
        assert_eq!(table.remove_oldest(), Some('c'));
        let slot = table.find(&first).unwrap();
        assert_eq!(table.get_mut(slot), Some(&mut 'a'));
        assert_eq!(table.remove(slot), Some('a'));
        assert_eq!(table.drain().collect::<Vec<_>>(), ['d']);
        assert_eq!(table.remove_oldest(), None);
    }
}
