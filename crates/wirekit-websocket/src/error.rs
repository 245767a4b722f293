use crate::{CloseCode, Opcode, Rsv};

/// A rule that the peer broke, and where.
///
/// ```
/// use wirekit_websocket::{CloseCode, ErrorKind, FrameHeader, Opcode};
///
/// let error = FrameHeader::parse(&[0x83]).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::ReservedOpcode { opcode: Opcode(3) });
/// assert_eq!(error.offset(), 0);
/// assert_eq!(error.kind().close_code(), CloseCode::PROTOCOL_ERROR);
/// assert_eq!(error.to_string(), "opcode 0x3 is reserved at byte 0");
/// ```
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

    /// The rule.
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// The first offending byte, counted in the slice that was passed.
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

    /// The status code to close with: [`ErrorKind::close_code`].
    pub const fn close_code(self) -> CloseCode {
        self.kind.close_code()
    }
}

/// The rules that a peer can break, one value each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An opcode that no RFC defines.
    #[error("opcode {opcode:?} is reserved")]
    ReservedOpcode {
        /// The opcode found.
        opcode: Opcode,
    },
    /// Reserved bits set that no negotiated extension gives a meaning to in this frame.
    #[error("reserved bits {rsv:?} without an extension that owns them")]
    ReservedBits {
        /// The bits found.
        rsv: Rsv,
    },
    /// A control frame without FIN.
    #[error("{opcode:?} frame is fragmented")]
    ControlFragmented {
        /// The control opcode.
        opcode: Opcode,
    },
    /// A control frame whose payload is longer than 125 bytes.
    #[error("{opcode:?} frame is longer than 125 bytes")]
    ControlTooLong {
        /// The control opcode.
        opcode: Opcode,
    },
    /// A continuation frame without a message to continue.
    #[error("continuation frame outside a fragmented message")]
    UnexpectedContinuation,
    /// A new data frame before the last fragment of the message before it.
    #[error("{opcode:?} frame inside a fragmented message")]
    ExpectedContinuation {
        /// The opcode found.
        opcode: Opcode,
    },
    /// A frame from a client that is not masked.
    #[error("frame from a client is not masked")]
    MaskMissing,
    /// A frame from a server that is masked.
    #[error("frame from a server is masked")]
    MaskUnexpected,
    /// A payload length written in more bytes than it needs.
    #[error("payload length is not in its shortest form")]
    LengthNotMinimal,
    /// A 64-bit payload length with its most significant bit set.
    #[error("payload length has its most significant bit set")]
    LengthTopBit,
    /// A frame longer than [`Limits::max_frame_len`](crate::Limits).
    #[error("frame of {len} bytes where {max} are allowed")]
    FrameTooLong {
        /// Its payload length.
        len: u64,
        /// The limit.
        max: u64,
    },
    /// A message longer than [`Limits::max_message_len`](crate::Limits).
    #[error("message is longer than {max} bytes")]
    MessageTooLong {
        /// The limit.
        max: u64,
    },
    /// A message of more frames than [`Limits::max_fragments`](crate::Limits).
    #[error("message has more than {max} fragments")]
    TooManyFragments {
        /// The limit.
        max: u32,
    },
    /// A byte that cannot stand there in UTF-8 text.
    #[error("text is not UTF-8")]
    InvalidUtf8,
    /// A text message that ends inside a character.
    #[error("text ends inside a character")]
    TruncatedUtf8,
    /// A Close frame of one byte: half a status code.
    #[error("close frame has half a status code")]
    CloseTruncated,
    /// A Close frame with a status code that must not be sent.
    #[error("close code {code} must not be sent")]
    CloseCode {
        /// The code found.
        code: CloseCode,
    },
    /// A Close frame whose reason is not UTF-8.
    #[error("close reason is not UTF-8")]
    CloseReason,
    /// A transport that ends without a Close frame of the peer's.
    #[error("the transport ended without a close frame")]
    AbnormalClosure,
    /// A compressed message whose data is not DEFLATE, or ends inside a block.
    #[error("compressed message is not DEFLATE data")]
    InvalidDeflate,
}

impl ErrorKind {
    /// Every kind once, for tables and metrics; payloads are zero.
    pub const ALL: &'static [Self] = &[
        Self::ReservedOpcode { opcode: Opcode(0) },
        Self::ReservedBits { rsv: Rsv::NONE },
        Self::ControlFragmented { opcode: Opcode(0) },
        Self::ControlTooLong { opcode: Opcode(0) },
        Self::UnexpectedContinuation,
        Self::ExpectedContinuation { opcode: Opcode(0) },
        Self::MaskMissing,
        Self::MaskUnexpected,
        Self::LengthNotMinimal,
        Self::LengthTopBit,
        Self::FrameTooLong { len: 0, max: 0 },
        Self::MessageTooLong { max: 0 },
        Self::TooManyFragments { max: 0 },
        Self::InvalidUtf8,
        Self::TruncatedUtf8,
        Self::CloseTruncated,
        Self::CloseCode { code: CloseCode(0) },
        Self::CloseReason,
        Self::AbnormalClosure,
        Self::InvalidDeflate,
    ];

    /// The stable name, for metrics and the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReservedOpcode { .. } => "websocket.reserved_opcode",
            Self::ReservedBits { .. } => "websocket.reserved_bits",
            Self::ControlFragmented { .. } => "websocket.control_fragmented",
            Self::ControlTooLong { .. } => "websocket.control_too_long",
            Self::UnexpectedContinuation => "websocket.unexpected_continuation",
            Self::ExpectedContinuation { .. } => "websocket.expected_continuation",
            Self::MaskMissing => "websocket.mask_missing",
            Self::MaskUnexpected => "websocket.mask_unexpected",
            Self::LengthNotMinimal => "websocket.length_not_minimal",
            Self::LengthTopBit => "websocket.length_top_bit",
            Self::FrameTooLong { .. } => "websocket.frame_too_long",
            Self::MessageTooLong { .. } => "websocket.message_too_long",
            Self::TooManyFragments { .. } => "websocket.too_many_fragments",
            Self::InvalidUtf8 => "websocket.invalid_utf8",
            Self::TruncatedUtf8 => "websocket.truncated_utf8",
            Self::CloseTruncated => "websocket.close_truncated",
            Self::CloseCode { .. } => "websocket.close_code",
            Self::CloseReason => "websocket.close_reason",
            Self::AbnormalClosure => "websocket.abnormal_closure",
            Self::InvalidDeflate => "websocket.invalid_deflate",
        }
    }

    /// The section that states the rule; for a limit, the section that leaves it to the endpoint.
    pub const fn spec(self) -> &'static str {
        match self {
            Self::ReservedOpcode { .. }
            | Self::ReservedBits { .. }
            | Self::LengthNotMinimal
            | Self::LengthTopBit => "RFC 6455 section 5.2",
            Self::ControlFragmented { .. } | Self::ControlTooLong { .. } => "RFC 6455 section 5.5",
            Self::UnexpectedContinuation | Self::ExpectedContinuation { .. } => {
                "RFC 6455 section 5.4"
            }
            Self::MaskMissing | Self::MaskUnexpected => "RFC 6455 section 5.1",
            Self::FrameTooLong { .. }
            | Self::MessageTooLong { .. }
            | Self::TooManyFragments { .. } => "RFC 6455 section 10.4",
            Self::InvalidUtf8 | Self::TruncatedUtf8 => "RFC 6455 section 8.1",
            Self::CloseTruncated | Self::CloseReason => "RFC 6455 section 5.5.1",
            Self::CloseCode { .. } => "RFC 6455 section 7.4",
            Self::AbnormalClosure => "RFC 6455 section 7.1.5",
            Self::InvalidDeflate => "RFC 7692 section 7.2.2",
        }
    }

    /// The status code that a Close frame in answer should carry (RFC 6455 section 7.4.1); for
    /// [`AbnormalClosure`](Self::AbnormalClosure), which has no answer, the code of the connection's end.
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::FrameTooLong { .. } | Self::MessageTooLong { .. } => CloseCode::MESSAGE_TOO_BIG,
            Self::TooManyFragments { .. } => CloseCode::POLICY_VIOLATION,
            Self::InvalidUtf8 | Self::TruncatedUtf8 | Self::CloseReason | Self::InvalidDeflate => {
                CloseCode::INVALID_PAYLOAD
            }
            Self::AbnormalClosure => CloseCode::ABNORMAL_CLOSURE,
            _ => CloseCode::PROTOCOL_ERROR,
        }
    }
}

/// A value that has no bytes on the wire, or an output without room: the caller's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// An opcode above 15.
    #[error("opcode {0:?} does not fit four bits")]
    Opcode(Opcode),
    /// Reserved bits above 7.
    #[error("reserved bits {0:?} do not fit three bits")]
    ReservedBits(Rsv),
    /// A payload length above 2^63 - 1.
    #[error("payload length {0} has its most significant bit set")]
    PayloadLen(u64),
    /// A control frame that is fragmented or longer than 125 bytes.
    #[error("control frame is fragmented or longer than 125 bytes")]
    Control,
    /// The output has less room than the encoding takes.
    #[error("output of {available} bytes where {needed} are needed")]
    OutputTooSmall {
        /// The encoded length.
        needed: usize,
        /// The room found.
        available: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_small() {
        assert!(size_of::<Error>() <= 32);
    }

    #[test]
    fn every_close_code_that_may_be_due_can_be_sent() {
        for kind in ErrorKind::ALL {
            let can_be_due = *kind != ErrorKind::AbnormalClosure;
            assert_eq!(kind.close_code().is_sendable(), can_be_due, "{kind}");
        }
    }
}
