/// The rule that a datagram broke, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    kind: ErrorKind,
    offset: usize,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The rule that was broken.
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// The first offending byte, counted from the start of the slice that was parsed.
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error in the coordinates of a buffer in which the slice starts at `by`.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            kind: self.kind,
            offset: self.offset.saturating_add(by),
        }
    }
}

/// A rule of the wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The input ends before the header does, or before the length that the header declares.
    #[error("datagram of {needed} bytes or more is cut short")]
    Truncated {
        /// Bytes that the datagram has at least.
        needed: usize,
    },
    /// The length field counts less than the header itself.
    #[error("length field {found} is less than the header's 8 bytes")]
    LengthTooSmall {
        /// The length field.
        found: u16,
    },
    /// The length field is zero: an IPv6 jumbogram of 65 536 bytes or more, whose length only the IP layer knows.
    #[error("length field is zero: jumbograms are not supported")]
    Jumbogram,
}

impl ErrorKind {
    /// One value of every kind, payloads zero.
    pub const ALL: &'static [Self] = &[
        Self::Truncated { needed: 0 },
        Self::LengthTooSmall { found: 0 },
        Self::Jumbogram,
    ];

    /// A stable name such as `"udp.truncated"`, for metrics and tools: never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated { .. } => "udp.truncated",
            Self::LengthTooSmall { .. } => "udp.length_too_small",
            Self::Jumbogram => "udp.jumbogram",
        }
    }

    /// Where the rule stands.
    pub const fn spec(self) -> &'static str {
        match self {
            Self::Truncated { .. } | Self::LengthTooSmall { .. } => "RFC 768",
            Self::Jumbogram => "RFC 2675 section 4",
        }
    }
}

/// What kept a datagram from being encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The payload does not fit the 16-bit length field.
    #[error("payload of {len} bytes does not fit a datagram, which holds 65527")]
    PayloadTooLong {
        /// The payload's length.
        len: usize,
    },
    /// The output has no room for the datagram.
    #[error("output has no room for the {needed} bytes of the datagram")]
    OutputTooSmall {
        /// The datagram's length.
        needed: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::Jumbogram, 4).shifted(20);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Jumbogram, 24));
    }
}
