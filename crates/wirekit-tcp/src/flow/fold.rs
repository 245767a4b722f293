use core::hash::{BuildHasher, Hasher};
use std::hash::RandomState;

/// Hashes by folded multiplication from a random seed, so that no traffic can be written to collide.
#[derive(Clone, Debug)]
pub(super) struct FoldState {
    state: u64,
    key: u64,
}

impl FoldState {
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self {
            state: random.hash_one(1_u8),
            key: random.hash_one(2_u8) | 1,
        }
    }

    /// All that is hashed by it has the same hash.
    #[cfg(test)]
    pub(super) const fn equal() -> Self {
        Self { state: 0, key: 0 }
    }
}

impl BuildHasher for FoldState {
    type Hasher = Fold;

    #[inline]
    fn build_hasher(&self) -> Fold {
        Fold {
            state: self.state,
            key: self.key,
        }
    }
}

#[derive(Debug)]
pub(super) struct Fold {
    state: u64,
    key: u64,
}

impl Hasher for Fold {
    #[inline]
    fn finish(&self) -> u64 {
        self.state
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    #[inline]
    fn write_u64(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.key);
        let [a, b, c, d, e, f, g, h, high @ ..] = product.to_le_bytes();
        let low = u64::from_le_bytes([a, b, c, d, e, f, g, h]);
        let high = u64::from_le_bytes(high);
        self.state = (low ^ high).wrapping_add(self.key).rotate_left(23);
    }
}
