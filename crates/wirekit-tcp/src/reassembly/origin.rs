use core::time::Duration;

/// The packet that brought bytes.
///
/// Data that waits for what is before it is delivered when a later packet arrives, and still says by which one it came.
///
/// ```
/// use core::time::Duration;
/// use wirekit_tcp::reassembly::Origin;
///
/// // The second packet of a capture, half a second after the first.
/// let origin = Origin { packet: 1, time: Duration::from_millis(500) };
/// assert!(origin != Origin::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "callers make it, of what they know of a packet"
)]
pub struct Origin {
    /// Its number, by the caller's count.
    pub packet: u64,
    /// When it was seen, from any fixed moment.
    pub time: Duration,
}
