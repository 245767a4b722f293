use core::time::Duration;

/// The times by which a [`Tracker`](crate::track::Tracker) judges.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::track::Config;
///
/// let linux = Config::DEFAULT.msl(Duration::from_secs(30)); // TIME-WAIT lasts a minute there
/// assert_eq!(linux.fast, Duration::from_millis(20));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Config {
    /// The maximum segment lifetime, of which TIME-WAIT takes two.
    pub msl: Duration,
    /// Within this time of a third equal acknowledgment a retransmission is fast.
    pub fast: Duration,
    /// Within this time after later data an unseen segment is out of order, not retransmitted, as long as no
    /// handshake showed the round-trip time.
    pub reordering: Duration,
}

impl Config {
    /// Two minutes (RFC 9293 section 3.4.2), 20 and 3 milliseconds.
    pub const DEFAULT: Self = Self {
        msl: Duration::from_secs(120),
        fast: Duration::from_millis(20),
        reordering: Duration::from_millis(3),
    };

    /// The same with another maximum segment lifetime.
    #[must_use]
    pub const fn msl(self, msl: Duration) -> Self {
        Self { msl, ..self }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
