use crate::OptionKind;

/// The rule that a segment broke, and where.
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

    /// The first offending byte, counted from the start of the segment.
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error in the coordinates of a buffer in which the segment starts at `by`.
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

            /// A stable name such as `"tcp.truncated"`, for metrics and tools: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name { .. } => concat!("tcp.", $id),)* }
            }

            /// The section of the rule, whatever the option.
            const fn section(self) -> &'static str {
                match self { $(Self::$name { .. } => $spec,)* }
            }
        }
    };
}

#[rustfmt::skip]
kinds! {
    /// The input ends inside the header.
    Truncated { /** Bytes that the header has at least. */ needed: usize = 0 } = "truncated", "RFC 9293 section 3.1", "header of {needed} bytes or more is cut short";
    /// The data offset points into the fixed header.
    DataOffsetTooSmall { /** The data offset, in words of 32 bits. */ found: u8 = 0 } = "data_offset_too_small", "RFC 9293 section 3.1", "data offset of {found} words is less than 5";
    /// The last byte of the options is a kind that wants a length.
    OptionLengthMissing { /** The option's kind. */ kind: OptionKind = OptionKind(0) } = "option_length_missing", "RFC 9293 section 3.1", "option {kind:?} has no length";
    /// An option's length does not cover its own kind and length.
    OptionLengthTooSmall { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_length_too_small", "RFC 9293 section 3.1", "option {kind:?} has length {found}, less than 2";
    /// An option goes on past the end of the header.
    OptionTruncated { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_truncated", "RFC 9293 section 3.1", "option {kind:?} has length {found}, past the end of the header";
    /// An option's length is not one that its kind has.
    OptionLengthWrong { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_length_wrong", "RFC 9293 section 3.1", "option {kind:?} has length {found}, which that kind never has";
}

impl ErrorKind {
    /// Where the rule stands; that of an option's length stands where the option does.
    pub const fn spec(self) -> &'static str {
        if let Self::OptionLengthWrong { kind, .. } = self
            && let Some(spec) = kind.spec()
        {
            return spec;
        }
        self.section()
    }
}

/// What kept a segment from being encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// The options do not fit the 40 bytes that a header has for them.
    #[error("options of {len} bytes do not fit a header, which holds 40")]
    OptionsTooLong {
        /// Their length.
        len: usize,
    },
    /// An option holds a value that its kind cannot express.
    #[error("option {kind:?} cannot express its value")]
    OptionInvalid {
        /// The option's kind.
        kind: OptionKind,
    },
    /// The segment is longer than the 32-bit length of the pseudo-header.
    #[error("segment of {len} bytes is too long")]
    SegmentTooLong {
        /// The segment's length.
        len: usize,
    },
    /// The output has no room for the segment.
    #[error("output has no room for the {needed} bytes of the segment")]
    OutputTooSmall {
        /// The segment's length.
        needed: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::DataOffsetTooSmall { found: 4 }, 12).shifted(20);
        assert_eq!(error.offset(), 32);
    }
}
