//! Where a conversation's choices come from.

/// Choices, of which the first is always the one that gets on without a fault.
#[derive(Debug)]
pub(super) enum Chance<'d> {
    /// xorshift64*: the seed is the whole story.
    Seed(u64),
    /// The fuzzer's bytes; once they are used up, all gets on without a fault.
    Bytes(&'d [u8]),
}

impl Chance<'_> {
    pub(super) const fn seed(seed: u64) -> Self {
        let odd = seed.wrapping_mul(2).wrapping_add(1);
        Self::Seed(odd.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    #[inline]
    pub(super) fn below(&mut self, bound: usize) -> usize {
        // Dividing fewer bits is faster.
        let drawn = match self {
            Self::Seed(state) => {
                *state ^= *state >> 12;
                *state ^= *state << 25;
                *state ^= *state >> 27;
                u32::try_from(state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33).unwrap_or(0)
            }
            Self::Bytes(bytes) => {
                let len = usize::from(bound > 256) + 1;
                let (drawn, rest) = bytes.split_at(len.min(bytes.len()));
                *bytes = rest;
                let digits = drawn.iter().map(|&byte| u32::from(byte));
                digits.fold(0, |number, digit| number * 256 + digit)
            }
        };
        let bound = u32::try_from(bound).expect("few cases");
        (drawn % bound) as usize
    }

    /// Whether nothing is left to choose by.
    pub(super) fn is_over(&self) -> bool {
        matches!(self, Self::Bytes([]))
    }

    /// Whether one of so many cases is this one; without bytes it is not.
    pub(super) fn one_in(&mut self, cases: usize) -> bool {
        self.below(cases) == cases - 1
    }

    pub(super) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}
