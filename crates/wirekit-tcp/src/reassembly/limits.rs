/// Which bytes count when two segments bring different ones for the same sequence numbers.
///
/// Ends differ in this, and an attacker who knows how shows an observer another stream than the one the end reads.
/// That is why every difference is reported as [`Event::Conflict`](crate::reassembly::Event::Conflict). Bytes already delivered stay delivered.
#[expect(
    clippy::exhaustive_enums,
    reason = "of two segments one is first and one is last"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlap {
    /// Those that were seen first.
    #[default]
    First,
    /// Those that were seen last.
    Last,
}

/// The bounds of a [`Reassembler`](crate::reassembly::Reassembler), and its overlap policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// The bytes held out of order, the administration of each piece included.
    pub max_held_len: usize,
    /// Which bytes count where segments overlap.
    pub overlap: Overlap,
}

impl Limits {
    /// One MiB a direction; the first bytes count.
    pub const DEFAULT: Self = Self {
        max_held_len: 1 << 20,
        overlap: Overlap::First,
    };

    /// The same with another bound on the bytes held.
    #[must_use]
    pub const fn max_held_len(self, max_held_len: usize) -> Self {
        Self {
            max_held_len,
            ..self
        }
    }

    /// The same with another overlap policy.
    #[must_use]
    pub const fn overlap(self, overlap: Overlap) -> Self {
        Self { overlap, ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
