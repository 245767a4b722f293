mod encode;

use crate::Key;
pub use encode::EncodeError;

/// Bytes from the peer broke a rule: which rule, and at which byte of the slice that was passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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

    /// The first offending byte, counted from the start of the slice that was passed.
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error in the coordinates of an outer buffer, in which the slice that was passed starts at `by`.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            kind: self.kind,
            offset: self.offset.saturating_add(by),
        }
    }
}

/// The rules that wire bytes can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A var block ends inside the two bytes of a key's length.
    #[error("block ends inside a key length")]
    KeyLenTruncated,
    /// A key of zero bytes.
    #[error("empty key")]
    EmptyKey,
    /// A key's length reaches past the end of its block.
    #[error("key of {len} bytes where the block has {left} left")]
    KeyOverrun {
        /// The length that was declared.
        len: u16,
        /// The bytes left in the block.
        left: u16,
    },
    /// A var block ends after a key, before the two bytes of its value's length.
    #[error("block ends before a value length")]
    ValueLenTruncated,
    /// A value's length reaches past the end of its block.
    #[error("value of {len} bytes where the block has {left} left")]
    ValueOverrun {
        /// The length that was declared.
        len: u16,
        /// The bytes left in the block.
        left: u16,
    },
    /// A key that may stand once stands twice, with different values.
    #[error("{key} repeated with another value")]
    RepeatedKey {
        /// The key.
        key: Key,
    },
    /// `CONTENT_LENGTH` is not a row of ASCII digits.
    #[error("content length is not a decimal number")]
    ContentLengthSyntax,
    /// `CONTENT_LENGTH` does not fit 64 bits.
    #[error("content length does not fit 64 bits")]
    ContentLengthOverflow,
    /// A request on a persistent socket announces a body, which that variant would read as the next packet.
    #[error("body announced on a persistent socket")]
    BodyOnPersistent,
    /// A request without a length has a transfer coding other than `chunked`, so that its end is not known.
    #[error("body of no length in a coding other than chunked")]
    BodyCoding,
    /// A chunk's line is no size in hexadecimal digits, does not end with CR LF, or a trailer is no field.
    #[error("malformed chunk")]
    ChunkSyntax,
    /// A chunk's size does not fit 64 bits.
    #[error("chunk size does not fit 64 bits")]
    ChunkSizeOverflow,
    /// The chunk extensions and trailers of a body are longer than what is passed over.
    #[error("more than {max} bytes of chunk extensions and trailers")]
    ChunkLinesTooLong {
        /// The limit.
        max: usize,
    },
    /// An answer's `Status` is not three digits and a reason.
    #[error("not a status")]
    StatusSyntax,
    /// An answer's status does not start with 1 to 5, so it is not between 100 and 599.
    #[error("no status starts with {found}")]
    StatusRange {
        /// The first digit.
        found: u16,
    },
    /// Two statuses in one head.
    #[error("two statuses")]
    StatusConflict,
    /// A line of a head is not a token, a colon and a value.
    #[error("not a field line")]
    FieldSyntax,
    /// A field line starts with white space.
    #[error("folded field line")]
    FieldFolded,
    /// A control character stands in a head, such as NUL or a bare CR.
    #[error("control character in a head")]
    FieldByte,
    /// A head is longer than the limit.
    #[error("head longer than {max} bytes")]
    HeadTooLong {
        /// The limit.
        max: usize,
    },
    /// A head has more fields than the caller's table holds.
    #[error("more than {max} fields")]
    TooManyFields {
        /// The table's capacity.
        max: usize,
    },
    /// `Content-Length` stands twice, with different values.
    #[error("two content lengths")]
    ContentLengthConflict,
    /// An answer's transfer coding is not `chunked` alone.
    #[error("transfer coding other than chunked")]
    TransferCoding,
    /// An answer has both a length and a transfer coding.
    #[error("both a length and a transfer coding")]
    LengthAndCoding,
    /// 101 although the request asked for no other protocol.
    #[error("switch of protocols that nobody asked for")]
    UnexpectedSwitch,
    /// The application closed the connection without a byte, which is how uWSGI says no.
    #[error("no answer")]
    NoAnswer,
    /// The application closed the connection inside a head.
    #[error("answer ends inside its head")]
    HeadTruncated,
    /// The application closed the connection before the length that it announced.
    #[error("answer ends {missing} bytes before its length")]
    BodyTruncated {
        /// The bytes that are not there.
        missing: u64,
    },
    /// An array block ends inside the two bytes of an item's length.
    #[error("array ends inside an item length")]
    ItemLenTruncated,
    /// An item's length reaches past the end of its array.
    #[error("item of {len} bytes where the array has {left} left")]
    ItemOverrun {
        /// The length that was declared.
        len: u16,
        /// The bytes left in the block.
        left: u16,
    },
    /// A packet's modifier is none that can stand here.
    #[error("modifier {found} cannot stand here")]
    WrongModifier {
        /// The modifier.
        found: u8,
    },
    /// A remote call without a function's name.
    #[error("call without a function")]
    EmptyCall,
    /// A variable that must be there is not.
    #[error("{name} is missing")]
    MissingVar {
        /// The variable's key.
        name: &'static str,
    },
    /// A number in a subscription is not a row of ASCII digits.
    #[error("not a decimal number")]
    NumberSyntax,
    /// A number in a subscription is larger than its field can be.
    #[error("number too large for its field")]
    NumberOverflow,
    /// A variable stands behind the signature of a subscription, which does not cover it.
    #[error("variable behind the signature")]
    BehindSignature,
    /// A datagram ends before its packet does.
    #[error("datagram holds less than the {needed} bytes of its packet")]
    DatagramTruncated {
        /// The bytes that the packet takes.
        needed: usize,
    },
    /// A datagram goes on after its packet.
    #[error("bytes after the packet of a datagram")]
    DatagramTrailing,
}

impl ErrorKind {
    /// One value of every kind, payloads zero.
    pub const ALL: &'static [Self] = &[
        Self::KeyLenTruncated,
        Self::EmptyKey,
        Self::KeyOverrun { len: 0, left: 0 },
        Self::ValueLenTruncated,
        Self::ValueOverrun { len: 0, left: 0 },
        Self::RepeatedKey {
            key: Key::ContentLength,
        },
        Self::ContentLengthSyntax,
        Self::ContentLengthOverflow,
        Self::BodyOnPersistent,
        Self::BodyCoding,
        Self::ChunkSyntax,
        Self::ChunkSizeOverflow,
        Self::ChunkLinesTooLong { max: 0 },
        Self::StatusSyntax,
        Self::StatusRange { found: 0 },
        Self::StatusConflict,
        Self::FieldSyntax,
        Self::FieldFolded,
        Self::FieldByte,
        Self::HeadTooLong { max: 0 },
        Self::TooManyFields { max: 0 },
        Self::ContentLengthConflict,
        Self::TransferCoding,
        Self::LengthAndCoding,
        Self::UnexpectedSwitch,
        Self::NoAnswer,
        Self::HeadTruncated,
        Self::BodyTruncated { missing: 0 },
        Self::ItemLenTruncated,
        Self::ItemOverrun { len: 0, left: 0 },
        Self::WrongModifier { found: 0 },
        Self::EmptyCall,
        Self::MissingVar { name: "" },
        Self::NumberSyntax,
        Self::NumberOverflow,
        Self::BehindSignature,
        Self::DatagramTruncated { needed: 0 },
        Self::DatagramTrailing,
    ];

    /// The rule's name, which never changes: for metrics, and what the command line prints.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::KeyLenTruncated => "uwsgi.key_len_truncated",
            Self::EmptyKey => "uwsgi.empty_key",
            Self::KeyOverrun { .. } => "uwsgi.key_overrun",
            Self::ValueLenTruncated => "uwsgi.value_len_truncated",
            Self::ValueOverrun { .. } => "uwsgi.value_overrun",
            Self::RepeatedKey { .. } => "uwsgi.repeated_key",
            Self::ContentLengthSyntax => "uwsgi.content_length_syntax",
            Self::ContentLengthOverflow => "uwsgi.content_length_overflow",
            Self::BodyOnPersistent => "uwsgi.body_on_persistent",
            Self::BodyCoding => "uwsgi.body_coding",
            Self::ChunkSyntax => "uwsgi.chunk_syntax",
            Self::ChunkSizeOverflow => "uwsgi.chunk_size_overflow",
            Self::ChunkLinesTooLong { .. } => "uwsgi.chunk_lines_too_long",
            Self::StatusSyntax => "uwsgi.status_syntax",
            Self::StatusRange { .. } => "uwsgi.status_range",
            Self::StatusConflict => "uwsgi.status_conflict",
            Self::FieldSyntax => "uwsgi.field_syntax",
            Self::FieldFolded => "uwsgi.field_folded",
            Self::FieldByte => "uwsgi.field_byte",
            Self::HeadTooLong { .. } => "uwsgi.head_too_long",
            Self::TooManyFields { .. } => "uwsgi.too_many_fields",
            Self::ContentLengthConflict => "uwsgi.content_length_conflict",
            Self::TransferCoding => "uwsgi.transfer_coding",
            Self::LengthAndCoding => "uwsgi.length_and_coding",
            Self::UnexpectedSwitch => "uwsgi.unexpected_switch",
            Self::NoAnswer => "uwsgi.no_answer",
            Self::HeadTruncated => "uwsgi.head_truncated",
            Self::BodyTruncated { .. } => "uwsgi.body_truncated",
            Self::ItemLenTruncated => "uwsgi.item_len_truncated",
            Self::ItemOverrun { .. } => "uwsgi.item_overrun",
            Self::WrongModifier { .. } => "uwsgi.wrong_modifier",
            Self::EmptyCall => "uwsgi.empty_call",
            Self::MissingVar { .. } => "uwsgi.missing_var",
            Self::NumberSyntax => "uwsgi.number_syntax",
            Self::NumberOverflow => "uwsgi.number_overflow",
            Self::BehindSignature => "uwsgi.behind_signature",
            Self::DatagramTruncated { .. } => "uwsgi.datagram_truncated",
            Self::DatagramTrailing => "uwsgi.datagram_trailing",
        }
    }

    /// Where the rule stands: a section of this crate's [`specification`](crate::specification), or of an RFC.
    pub const fn spec(self) -> &'static str {
        match self {
            Self::KeyLenTruncated
            | Self::EmptyKey
            | Self::KeyOverrun { .. }
            | Self::ValueLenTruncated
            | Self::ValueOverrun { .. } => "wirekit-uwsgi specification section 2",
            Self::RepeatedKey { .. } => "wirekit-uwsgi specification section 4.2",
            Self::ContentLengthSyntax | Self::ContentLengthOverflow => "RFC 3875 section 4.1.2",
            Self::BodyOnPersistent => "wirekit-uwsgi specification section 4.4",
            Self::BodyCoding => "wirekit-uwsgi specification section 4.5",
            Self::ChunkSyntax | Self::ChunkSizeOverflow | Self::ChunkLinesTooLong { .. } => {
                "RFC 9112 section 7.1"
            }
            Self::StatusSyntax | Self::StatusRange { .. } | Self::StatusConflict => {
                "wirekit-uwsgi specification section 5.1"
            }
            Self::FieldSyntax
            | Self::FieldFolded
            | Self::FieldByte
            | Self::HeadTooLong { .. }
            | Self::TooManyFields { .. } => "wirekit-uwsgi specification section 5.2",
            Self::ContentLengthConflict | Self::TransferCoding | Self::LengthAndCoding => {
                "wirekit-uwsgi specification section 5.3"
            }
            Self::UnexpectedSwitch => "wirekit-uwsgi specification section 5.5",
            Self::NoAnswer | Self::HeadTruncated | Self::BodyTruncated { .. } => {
                "wirekit-uwsgi specification section 5.6"
            }
            Self::ItemLenTruncated | Self::ItemOverrun { .. } => {
                "wirekit-uwsgi specification section 3"
            }
            Self::WrongModifier { .. } => "wirekit-uwsgi specification section 6",
            Self::EmptyCall => "wirekit-uwsgi specification section 7.1",
            Self::MissingVar { .. } => "wirekit-uwsgi specification section 4.1",
            Self::NumberSyntax | Self::NumberOverflow | Self::BehindSignature => {
                "wirekit-uwsgi specification section 7.6"
            }
            Self::DatagramTruncated { .. } | Self::DatagramTrailing => {
                "wirekit-uwsgi specification section 1"
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_small() {
        assert!(size_of::<Error>() <= 32);
    }

    #[test]
    fn a_shift_moves_the_offset_only() {
        let error = Error::new(ErrorKind::EmptyKey, 3).shifted(4);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::EmptyKey, 7));
    }
}
