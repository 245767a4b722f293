/// Bounds on what a peer may send, where the format itself has none: RFC 6455 section 10.4.
///
/// ```
/// use wirekit_websocket::Limits;
///
/// let limits = Limits::DEFAULT.max_frame_len(1 << 16).max_message_len(1 << 20);
/// assert_eq!(limits.max_message_len, 1 << 20);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limits {
    /// Payload bytes of one data frame; 16 MiB by default.
    pub max_frame_len: u64,
    /// Payload bytes of all fragments of a message together; 64 MiB by default.
    ///
    /// A compressed message must keep to it twice: as it is on the wire, where empty blocks could go on forever without a
    /// byte coming out, and after inflating. What cannot be compressed is a little longer on the wire, by some five bytes
    /// in 16 KiB as zlib is mostly used; a limit that such messages are just to reach needs that much to spare.
    pub max_message_len: u64,
    /// The number of frames that one message may be cut into; 1,048,576 by default.
    pub max_fragments: u32,
}

impl Limits {
    /// Frames of 16 MiB, messages of 64 MiB, 1,048,576 fragments.
    pub const DEFAULT: Self = Self {
        max_frame_len: 16 << 20,
        max_message_len: 64 << 20,
        max_fragments: 1 << 20,
    };

    /// No bound but the format's own, for a reader that streams.
    pub const NONE: Self = Self {
        max_frame_len: u64::MAX,
        max_message_len: u64::MAX,
        max_fragments: u32::MAX,
    };

    /// The same limits with another `max_frame_len`.
    #[must_use]
    pub const fn max_frame_len(mut self, bytes: u64) -> Self {
        self.max_frame_len = bytes;
        self
    }

    /// The same limits with another `max_message_len`.
    #[must_use]
    pub const fn max_message_len(mut self, bytes: u64) -> Self {
        self.max_message_len = bytes;
        self
    }

    /// The same limits with another `max_fragments`.
    #[must_use]
    pub const fn max_fragments(mut self, frames: u32) -> Self {
        self.max_fragments = frames;
        self
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
