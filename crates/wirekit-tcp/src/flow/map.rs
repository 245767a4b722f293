use core::hash::BuildHasher;
use std::collections::HashMap;
use std::vec::Vec;

use super::ends::Key;
use super::fold::FoldState;

/// A place in a [`Map`], the same as long as its entry is there.
pub type Slot = u32;
const NONE: Slot = Slot::MAX;

/// Entries that lie side by side: they never move, and no memory is allocated for many at once.
const CHUNK_LEN: usize = 64;
/// Slots that are remembered by their key's hash.
const RECENT_LEN: usize = 4096;

/// A `T` for each connection, within a bound: what a [`Table`](super::Table) is made of, for who follows connections by rules
/// of their own, or datagrams.
///
/// To make room, entries are evicted by the CLOCK algorithm: one that was found since the last look gets a second chance, one
/// that was not goes. So a flood of connections with one segment each evicts itself before any that goes on.
///
/// ```
/// use std::net::SocketAddr;
/// use wirekit_tcp::flow::{Ends, Map};
///
/// let [client, resolver]: [SocketAddr; 2] = ["10.0.0.1:40000".parse()?, "10.0.0.2:53".parse()?];
/// let mut datagrams: Map<u32> = Map::new(1000); // flows of UDP, counted
/// for (source, destination) in [(client, resolver), (resolver, client)] {
///     let (key, _) = Ends::new(source, destination).key(); // the same for both directions
///     let slot = match datagrams.find(&key) {
///         Some(slot) => slot,
///         None => datagrams.insert(key, 0).0,
///     };
///     *datagrams.get_mut(slot).expect("is there") += 1;
/// }
/// assert!(datagrams.iter().map(|(_, count)| *count).eq([2]));
/// # Ok::<(), std::net::AddrParseError>(())
/// ```
#[derive(Debug)]
pub struct Map<T> {
    hash: FoldState,
    /// Where to look before the index is asked, whose memory is far away: a guess, right for most segments.
    recent: Vec<Slot>,
    /// The first slot of each hash of a key: the keys stand in the entries, and once is enough.
    index: HashMap<u64, Slot, FoldState>,
    len: usize,
    chunks: Vec<Vec<Entry<T>>>,
    free: Vec<Slot>,
    hand: Slot,
    max_entries: usize,
}

// In lines of the cache, the key and the value's beginning in the first one: to find an entry is to wait for its memory.
#[derive(Debug)]
#[repr(C, align(64))]
struct Entry<T> {
    key: Key,
    chance: Chance,
    /// Another entry whose key has the same hash.
    next: Slot,
    value: Option<T>,
}

/// What happens to an entry at the next look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chance {
    Stays,
    Goes,
}

impl<T> Map<T> {
    /// A map without an entry, for so many.
    pub fn new(max_entries: usize) -> Self {
        let hash = FoldState::new();
        Self {
            recent: Vec::from([NONE; RECENT_LEN]),
            index: HashMap::with_hasher(hash.clone()),
            len: 0,
            hash,
            chunks: Vec::new(),
            free: Vec::new(),
            hand: 0,
            max_entries: max_entries.clamp(1, NONE as usize - 1),
        }
    }

    /// How many entries there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slot of `key`.
    #[inline]
    pub fn find(&mut self, key: &Key) -> Option<Slot> {
        let hash = self.hash.hash_one(key);
        let [low, high, ..] = hash.to_le_bytes();
        let place = usize::from(u16::from_le_bytes([low, high])) % RECENT_LEN;
        let guess = self.recent.get(place).copied().unwrap_or(NONE);
        if let Some(entry) = self.entry_mut(guess)
            && entry.key == *key
            && entry.value.is_some()
        {
            entry.chance = Chance::Stays;
            return Some(guess);
        }
        let mut slot = *self.index.get(&hash)?;
        while self.entry_mut(slot)?.key != *key {
            slot = self.entry_mut(slot)?.next;
        }
        if let Some(recent) = self.recent.get_mut(place) {
            *recent = slot;
        }
        self.entry_mut(slot)?.chance = Chance::Stays;
        Some(slot)
    }

    /// The entry at a slot.
    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut T> {
        self.entry_mut(slot)?.value.as_mut()
    }

    /// Every entry.
    pub fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        let entries = self.chunks.iter().flatten();
        (0..)
            .zip(entries)
            .filter_map(|(slot, entry)| Some((slot, entry.value.as_ref()?)))
    }

    /// Whether another entry needs one to go.
    pub const fn is_full(&self) -> bool {
        self.len >= self.max_entries
    }

    /// Takes an entry out that is little used.
    pub fn evict(&mut self) -> Option<T> {
        if self.is_empty() {
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

    /// Takes the entry at a slot out.
    pub fn remove(&mut self, slot: Slot) -> Option<T> {
        let entry = self.entry_mut(slot)?;
        let (key, next, value) = (entry.key, entry.next, entry.value.take()?);
        self.unlink(slot, self.hash.hash_one(key), next);
        self.free.push(slot);
        self.len -= 1;
        Some(value)
    }

    /// Takes an entry out of those of its hash; `next` is the one behind it.
    fn unlink(&mut self, slot: Slot, hash: u64, next: Slot) {
        let Some(first) = self.index.get_mut(&hash) else {
            return;
        };
        if *first == slot {
            *first = next;
            if next == NONE {
                self.index.remove(&hash);
            }
            return;
        }
        let mut before = *first;
        while let Some(entry) = self.entry_mut(before) {
            if entry.next == slot {
                entry.next = next;
                return;
            }
            before = entry.next;
        }
    }

    /// Puts an entry in, and takes out what goes for it: the one that the key had, or where the map is full one that is little
    /// used.
    pub fn insert(&mut self, key: Key, value: T) -> (Slot, Option<T>) {
        if let Some(slot) = self.find(&key)
            && let Some(entry) = self.entry_mut(slot)
        {
            return (slot, entry.value.replace(value));
        }
        let gone = if self.is_full() { self.evict() } else { None };
        let hash = self.hash.hash_one(key);
        let entry = Entry {
            key,
            chance: Chance::Goes,
            next: self.index.get(&hash).copied().unwrap_or(NONE),
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
        self.index.insert(hash, slot);
        self.len += 1;
        (slot, gone)
    }

    fn push(&mut self, entry: Entry<T>) -> Slot {
        if self.chunks.last().is_none_or(|it| it.len() == CHUNK_LEN) {
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
    use core::net::{Ipv4Addr, SocketAddr};

    use super::super::Ends;
    use super::*;

    fn key(port: u16) -> Key {
        let end = |host, port| SocketAddr::from((Ipv4Addr::new(10, 0, 0, host), port));
        Ends::new(end(1, port), end(2, 80)).key().0
    }

    #[test]
    fn every_entry_is_found_however_many_there_are() {
        let mut map = Map::new(20_000);
        for port in 0..20_000 {
            assert_eq!(map.find(&key(port)), None);
            map.insert(key(port), port);
        }
        for round in 0..2 {
            for port in 0..20_000 {
                let slot = map.find(&key(port)).unwrap();
                assert_eq!(map.get_mut(slot).copied(), Some(port), "round {round}");
            }
        }
        let first = map.find(&key(0)).unwrap();
        assert_eq!(map.remove(first), Some(0));
        assert_eq!(map.find(&key(0)), None);
        assert_eq!(map.insert(key(0), 7), (first, None));
        assert_eq!(map.insert(key(0), 7), (first, Some(7)));
        assert_eq!(map.find(&key(0)), Some(first));
        assert_eq!((map.iter().count(), map.len()), (20_000, 20_000));
    }

    #[test]
    fn keys_of_one_hash_are_told_apart() {
        let mut map = Map::new(8);
        map.hash = FoldState::equal();
        map.index = HashMap::with_hasher(map.hash.clone());
        for port in 0..8 {
            map.insert(key(port), port);
        }
        assert_eq!((map.len(), map.index.len()), (8, 1));
        // The first of them, one in the middle, the last.
        for port in [7, 4, 0] {
            let slot = map.find(&key(port)).unwrap();
            assert_eq!(map.remove(slot), Some(port));
            assert_eq!(map.remove(slot), None);
            assert_eq!(map.find(&key(port)), None);
        }
        for port in [1, 2, 3, 5, 6] {
            let slot = map.find(&key(port)).unwrap();
            assert_eq!(map.get_mut(slot).copied(), Some(port));
        }
        map.insert(key(9), 9);
        let found = map.find(&key(9)).and_then(|slot| map.remove(slot));
        assert_eq!(found, Some(9));
        while map.evict().is_some() {}
        assert!(map.is_empty() && map.index.is_empty());
    }

    #[test]
    fn an_entry_that_was_not_found_again_makes_room() {
        let mut map = Map::new(3);
        for (port, value) in [(1, 'a'), (2, 'b'), (3, 'c')] {
            map.insert(key(port), value);
        }
        assert!(map.is_full());
        assert!(map.find(&key(1)).is_some());
        assert_eq!(map.insert(key(4), 'd').1, Some('b'));
        assert_eq!(map.find(&key(2)), None);
        assert_eq!(map.evict(), Some('c'));
        let slot = map.find(&key(1)).unwrap();
        assert_eq!(map.remove(slot), Some('a'));
        assert_eq!(
            map.iter().map(|(_, value)| *value).collect::<Vec<_>>(),
            ['d']
        );
        assert_eq!((map.evict(), map.evict()), (Some('d'), None));
    }
}
