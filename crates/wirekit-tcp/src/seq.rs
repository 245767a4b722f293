use core::fmt;
use core::ops::{Add, AddAssign, Sub};

/// A sequence number: a place on a circle of 2^32.
///
/// There is no order of the whole circle, so there is no `Ord`: [`precedes`](Self::precedes) compares two numbers that
/// are less than half the circle apart (RFC 9293 section 3.4), which a window of at most 2^30 bytes guarantees.
///
/// ```
/// use wirekit_tcp::SeqNumber;
///
/// let last = SeqNumber(u32::MAX);
/// assert_eq!(last + 2, SeqNumber(1));
/// assert!(last.precedes(SeqNumber(1)));
/// assert_eq!(SeqNumber(1) - last, 2);
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 9293 fixes 32 bits")]
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct SeqNumber(pub u32);

impl SeqNumber {
    /// Whether this number comes before the other; false for both ways round when they are exactly 2^31 apart.
    #[inline]
    pub const fn precedes(self, other: Self) -> bool {
        self.distance_to(other) > 0
    }

    /// Whether this number is the other or comes before it.
    #[inline]
    pub const fn precedes_or_is(self, other: Self) -> bool {
        self.0 == other.0 || self.precedes(other)
    }

    /// The steps from this number to the other: negative when it lies behind, `i32::MIN` when it lies opposite.
    #[inline]
    pub const fn distance_to(self, other: Self) -> i32 {
        other.0.wrapping_sub(self.0).cast_signed()
    }

    /// The later of two numbers; this one when neither is.
    #[inline]
    #[must_use]
    pub const fn latest(self, other: Self) -> Self {
        if self.precedes(other) { other } else { self }
    }
}

impl Add<u32> for SeqNumber {
    type Output = Self;

    #[inline]
    fn add(self, count: u32) -> Self {
        Self(self.0.wrapping_add(count))
    }
}

impl AddAssign<u32> for SeqNumber {
    #[inline]
    fn add_assign(&mut self, count: u32) {
        *self = *self + count;
    }
}

impl Sub<u32> for SeqNumber {
    type Output = Self;

    #[inline]
    fn sub(self, count: u32) -> Self {
        Self(self.0.wrapping_sub(count))
    }
}

/// The numbers from the other, which comes first, to this one.
impl Sub for SeqNumber {
    type Output = u32;

    #[inline]
    fn sub(self, other: Self) -> u32 {
        self.0.wrapping_sub(other.0)
    }
}

impl fmt::Debug for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SeqNumber({})", self.0)
    }
}

impl fmt::Display for SeqNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::SeqNumber;

    #[test]
    fn comparison_goes_round_the_circle() {
        let half = 1 << 31;
        for start in [0, 1, half - 1, half, half + 1, u32::MAX] {
            let here = SeqNumber(start);
            assert!(!here.precedes(here) && here.precedes_or_is(here));
            for steps in [1, 1000, half - 1] {
                assert!(here.precedes(here + steps), "{start} and {steps}");
                assert!(!(here + steps).precedes(here), "{start} and {steps}");
                assert_eq!(here.latest(here + steps), here + steps);
                assert_eq!((here + steps).latest(here), here + steps);
                assert_eq!((here + steps) - here, steps);
                assert_eq!(here + steps - steps, here);
            }
            // RFC 9293 section 3.4 compares within a window; opposite numbers have no order.
            assert!(!here.precedes(here + half) && !(here + half).precedes(here));
        }
    }
}
