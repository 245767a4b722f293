/// Which bytes count when two segments bring different ones for the same sequence numbers: RFC 9293 section 3.4.
///
/// Ends differ in this, and an attacker who knows how shows an observer another stream than the one the end reads.
/// That is why every difference is reported as [`Event::Conflict`](crate::reassembly::Event::Conflict). Bytes already delivered stay delivered.
///
/// ```
/// use wirekit_tcp::Segment;
/// use wirekit_tcp::reassembly::{Event, Limits, Overlap, Reassembler};
///
/// let segment = |sequence_number: u8, data: &[u8]| {
///     let header = [0, 80, 0x9c, 0x40, 0, 0, 0, sequence_number, 0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];
///     [&header[..], data].concat()
/// };
/// // The last one waits for the second, and somebody sends other bytes in its place.
/// let packets = [segment(1, b"GET "), segment(9, b"/a"), segment(9, b"/b"), segment(5, b"    ")];
/// let mut stream = Reassembler::new(Limits::DEFAULT.overlap(Overlap::Last));
/// let (mut read, mut conflicts) = (Vec::new(), 0);
/// for packet in &packets {
///     let segment = Segment::parse(packet)?;
///     let mut events = stream.receive(&segment);
///     while let Some(event) = events.next_event() {
///         match event {
///             Event::Data(data) => read.extend_from_slice(data),
///             Event::Conflict(_) => conflicts += 1,
///             _ => {}
///         }
///     }
/// }
/// assert_eq!((&read[..], conflicts), (&b"GET     /b"[..], 1));
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
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
///
/// ```
/// use wirekit_tcp::reassembly::{Limits, Overlap};
///
/// let limits = Limits::DEFAULT.max_held_len(64 << 10).overlap(Overlap::Last);
/// assert_eq!(limits.max_held_len, 65_536); // bytes
/// ```
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
