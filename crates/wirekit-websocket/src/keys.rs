use core::fmt;
use std::io;

use chacha20::ChaCha8Rng;
use chacha20::rand_core::{Rng, SeedableRng};

use crate::MaskingKey;

/// A source of masking keys for a client: ChaCha with 8 rounds, 64 keys at a time, seeded by the operating system.
///
/// RFC 6455 section 5.3: "The masking key needs to be unpredictable; thus, the masking key MUST be derived from a
/// strong source of entropy". After a `fork` both processes would draw the same keys: make a source in each.
///
/// ```
/// use wirekit_websocket::{Config, Connection, MaskingKeys};
///
/// let mut keys = MaskingKeys::new()?;
/// let mut out = Vec::new();
/// Connection::new(Config::CLIENT).send_text("Hello", Some(keys.next_key()), &mut out)?;
/// assert_eq!(out.len(), 2 + 4 + 5);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct MaskingKeys {
    generator: ChaCha8Rng,
    drawn: [[u8; 4]; DRAWN],
    /// How many of them have been given away.
    used: usize,
}

/// Keys drawn at a time: what the generator makes in one go.
const DRAWN: usize = 64;

impl MaskingKeys {
    /// A source with a seed of its own.
    ///
    /// # Errors
    ///
    /// When the operating system has no randomness to give.
    pub fn new() -> io::Result<Self> {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed)?;
        Ok(Self::from_seed(seed))
    }

    /// The source of this seed, always the same: for tests.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self {
            generator: ChaCha8Rng::from_seed(seed),
            drawn: [[0; 4]; DRAWN],
            used: DRAWN,
        }
    }

    /// The next key.
    #[inline]
    pub fn next_key(&mut self) -> MaskingKey {
        let key = match self.drawn.get(self.used) {
            Some(&key) => key,
            None => self.draw(),
        };
        self.used += 1;
        MaskingKey(key)
    }

    #[cold]
    fn draw(&mut self) -> [u8; 4] {
        self.generator.fill_bytes(self.drawn.as_flattened_mut());
        self.used = 0;
        let [first, ..] = self.drawn;
        first
    }
}

impl fmt::Debug for MaskingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MaskingKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn keys_do_not_repeat() {
        let mut keys = MaskingKeys::new().unwrap();
        // 1000 keys of 2^32: a repeated one has a chance of about one in ten thousand, ten have none.
        let distinct: HashSet<_> = (0..1000).map(|_| keys.next_key()).collect();
        assert!(distinct.len() > 990);
        let other = MaskingKeys::new().unwrap().next_key();
        assert!(
            !distinct.contains(&other)
                || !distinct.contains(&MaskingKeys::new().unwrap().next_key())
        );
    }
}
