use core::time::Duration;

use crate::{reassembly, track};

/// The bounds of a [`Table`](super::Table), and how it follows each connection.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::flow::Config;
/// use wirekit_tcp::reassembly::Limits;
///
/// let config = Config::DEFAULT
///     .max_flows(10_000) // connections
///     .max_held_len(16 << 20) // bytes of all streams
///     .limits(Limits::DEFAULT.max_held_len(64 << 10)) // bytes of one
///     .idle_timeout(Duration::from_secs(600));
/// assert_eq!(config.limits.max_held_len, 65_536);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Config {
    /// The number of connections that are followed at once; for one more, one that is little used is evicted.
    pub max_flows: usize,
    /// Bytes that all connections hold together because something before them is missing.
    pub max_held_len: usize,
    /// A connection in which nothing is seen for so long is taken for gone.
    pub idle_timeout: Duration,
    /// The bounds of each direction.
    pub limits: reassembly::Limits,
    /// The times by which segments are judged.
    pub tracking: track::Config,
}

impl Config {
    /// 100,000 connections, 64 MiB, and two hours and four minutes without a segment (RFC 5382 section 5).
    pub const DEFAULT: Self = Self {
        max_flows: 100_000,
        max_held_len: 64 << 20,
        idle_timeout: Duration::from_secs(7440),
        limits: reassembly::Limits::DEFAULT,
        tracking: track::Config::DEFAULT,
    };

    /// The same with another number of connections.
    #[must_use]
    pub const fn max_flows(self, max_flows: usize) -> Self {
        Self { max_flows, ..self }
    }

    /// The same with another bound on what is held.
    #[must_use]
    pub const fn max_held_len(self, max_held_len: usize) -> Self {
        Self {
            max_held_len,
            ..self
        }
    }

    /// The same with another time without a segment.
    #[must_use]
    pub const fn idle_timeout(self, idle_timeout: Duration) -> Self {
        Self {
            idle_timeout,
            ..self
        }
    }

    /// The same with other bounds of each direction.
    #[must_use]
    pub const fn limits(self, limits: reassembly::Limits) -> Self {
        Self { limits, ..self }
    }

    /// The same with other times.
    #[must_use]
    pub const fn tracking(self, tracking: track::Config) -> Self {
        Self { tracking, ..self }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::DEFAULT
    }
}
