use core::time::Duration;

/// A time of the observer's clock in one word, as every segment moves two of them: nanoseconds, of which 584 years fit.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment(u64);

impl Moment {
    pub(super) const ZERO: Self = Self(0);

    /// The moment so long after the clock's beginning; the last one there is where that is later.
    #[inline]
    pub(super) const fn of(now: Duration) -> Self {
        let seconds = now.as_secs().saturating_mul(1_000_000_000);
        Self(seconds.saturating_add(now.subsec_nanos() as u64))
    }

    /// How long it is past at another moment; nothing if that is earlier.
    #[inline]
    pub(super) const fn until(self, now: Duration) -> Duration {
        Duration::from_nanos(Self::of(now).0.saturating_sub(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_that_passes_is_exact_and_never_less_than_nothing() {
        let at = |seconds, nanoseconds| Duration::new(seconds, nanoseconds);
        for (then, now, passed) in [
            (at(1, 999_999_999), at(2, 1), at(0, 2)),
            (
                at(1_700_000_000, 5),
                at(1_700_000_100, 4),
                at(99, 999_999_999),
            ),
            (at(5, 0), at(4, 0), Duration::ZERO),
            (Duration::MAX, Duration::MAX, Duration::ZERO),
            (Duration::ZERO, Duration::ZERO, Duration::ZERO),
        ] {
            assert_eq!(Moment::of(then).until(now), passed, "{then:?} {now:?}");
        }
    }
}
