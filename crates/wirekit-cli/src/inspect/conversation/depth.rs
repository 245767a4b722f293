//! How much of a capture is looked at.

/// How far up the layers a view looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Depth {
    /// Transport headers and connection states.
    Packets,
    /// Also the streams' bytes in order, and what they speak.
    Streams,
    /// Also those bytes themselves, and no messages.
    Bytes,
    /// Also every message.
    Messages,
}
