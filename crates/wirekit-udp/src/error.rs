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

/// Builds the enum and its tables from one row a rule: what was found and allowed, the stable name, the section and the
/// text.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty = $zero:expr),* })? = $id:literal, $spec:literal, $text:literal;)*) => {
        /// A rule of the wire format.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* #[error($text)] $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl ErrorKind {
            /// One value of every kind, payloads zero.
            pub const ALL: &'static [Self] = &[$(Self::$name $({ $($field: $zero),* })?),*];

            /// A stable name such as `"udp.truncated"`, for metrics and tools: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name { .. } => concat!("udp.", $id),)* }
            }

            /// Where the rule stands.
            pub const fn spec(self) -> &'static str {
                match self { $(Self::$name { .. } => $spec,)* }
            }
        }
    };
}

#[rustfmt::skip]
kinds! {
    /// The input ends before the header does, or before the length that the header declares.
    Truncated { /** Bytes that the datagram has at least. */ needed: usize = 0 } = "truncated", "RFC 768", "datagram of {needed} bytes or more is cut short";
    /// The length field counts less than the header itself.
    LengthTooSmall { /** The length field. */ found: u16 = 0 } = "length_too_small", "RFC 768", "length field {found} is less than the header's 8 bytes";
    /// The length field is zero: an IPv6 jumbogram of 65 536 bytes or more, whose length only the IP layer knows.
    Jumbogram = "jumbogram", "RFC 2675 section 4", "length field is zero: jumbograms are not supported";
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
