//! From a key's bytes to its number: one multiplication, one look into a table, two or three comparisons of words.

use super::Key;

/// One more than the largest number that a key can have; a power of two, so that an array of that length takes the
/// number without a check.
pub(crate) const NUMBERS: usize = 64;

const _: () = assert!(Key::ALL.len() <= NUMBERS, "more keys than numbers");

/// The number of the known key with these bytes: its place in [`Key::ALL`], always below [`NUMBERS`].
#[inline(always)]
pub(crate) fn number_of(bytes: &[u8]) -> Option<usize> {
    let words = Words::of(bytes)?;
    let known = ENTRIES.get(usize::from(words.slot()))?;
    if known.head != words.head || known.tail != words.tail || usize::from(known.len) != words.len {
        return None;
    }
    // Up to 16 bytes the two words and the length are the whole key.
    if bytes.len() > 16 && !known.is_long(bytes) {
        return None;
    }
    Some(usize::from(known.number) % NUMBERS)
}

/// A key's first eight bytes, its last eight, and its length; shorter keys, four and four.
///
/// Equal for equal keys, unequal for different ones of at most 16 bytes.
#[derive(Clone, Copy)]
struct Words {
    head: u64,
    tail: u64,
    len: usize,
}

impl Words {
    /// `None` for lengths that no known key has.
    #[inline(always)]
    const fn of(bytes: &[u8]) -> Option<Self> {
        let len = bytes.len();
        if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return Some(Self {
                head: u64::from_le_bytes(*head),
                tail: u64::from_le_bytes(*tail),
                len,
            });
        }
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(head), Some(tail)) => Some(Self {
                head: u32::from_le_bytes(*head) as u64,
                tail: u32::from_le_bytes(*tail) as u64,
                len,
            }),
            _ => None,
        }
    }

    /// A place among 256, different for every known key: the factor was found by trying, and `entries` proves it.
    #[inline(always)]
    const fn slot(self) -> u8 {
        let mixed = (self.head ^ self.tail.rotate_left(23)).wrapping_add(self.len as u64);
        let [.., top] = mixed.wrapping_mul(0xf14f_9c8d_cbe7_ea99).to_le_bytes();
        top
    }
}

/// A known key, as it is compared.
#[derive(Clone, Copy)]
struct Entry {
    head: u64,
    tail: u64,
    /// Of keys over 16 bytes: those behind the head.
    middle: u64,
    /// Zero where no key is.
    len: u16,
    number: u8,
}

impl Entry {
    const NONE: Self = Self {
        head: 0,
        tail: 0,
        middle: 0,
        len: 0,
        number: 0,
    };

    /// Whether the bytes between the two words are the key's: up to 24 bytes, eight in one go.
    #[inline(always)]
    fn is_long(&self, bytes: &[u8]) -> bool {
        if bytes.len() > 24 {
            return self.is_longer(bytes);
        }
        let middle = bytes.get(8..16).and_then(|middle| middle.first_chunk());
        middle.is_some_and(|middle| u64::from_le_bytes(*middle) == self.middle)
    }

    #[cold]
    fn is_longer(&self, bytes: &[u8]) -> bool {
        let key = Key::ALL.get(usize::from(self.number));
        key.is_some_and(|key| key.as_str().as_bytes() == bytes)
    }
}

/// The known keys, each at its slot.
static ENTRIES: [Entry; 256] = entries();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::panic,
    reason = "runs at compile time, over the arrays' own indices"
)]
const fn entries() -> [Entry; 256] {
    let mut entries = [Entry::NONE; 256];
    let mut number = 0;
    while number < Key::ALL.len() {
        let name = Key::ALL[number].as_str().as_bytes();
        let Some(words) = Words::of(name) else {
            panic!("a known key of less than four bytes");
        };
        let entry = &mut entries[words.slot() as usize];
        assert!(
            entry.len == 0,
            "two known keys share a slot: try another factor"
        );
        let middle = match name.split_first_chunk::<8>() {
            Some((_, rest)) => rest.first_chunk(),
            None => None,
        };
        *entry = Entry {
            head: words.head,
            tail: words.tail,
            middle: match middle {
                Some(middle) => u64::from_le_bytes(*middle),
                None => 0,
            },
            len: words.len as u16,
            number: number as u8,
        };
        number += 1;
    }
    entries
}
