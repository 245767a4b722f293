use crate::{CloseCode, Opcode, Rsv};

wirekit_macros::errors! {
    /// A rule that the peer broke, and where: RFC 6455 section 7.1.7.
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
    pub struct Error;

    /// The rules that a peer can break, one value each. The section of a limit is the one that leaves it to the endpoint.
    ///
    /// ```
    /// use wirekit_websocket::{CloseCode, ErrorKind};
    ///
    /// let kind = ErrorKind::InvalidUtf8;
    /// assert_eq!(kind.as_str(), "websocket.invalid_utf8"); // never renamed: for logs and metrics
    /// assert_eq!(kind.close_code(), CloseCode::INVALID_PAYLOAD);
    /// assert!(kind.spec().starts_with("RFC 6455 section "));
    /// ```
    pub enum ErrorKind("websocket") {
        /// An opcode that no RFC defines.
        ReservedOpcode { /** The opcode found. */ opcode: Opcode = Opcode(0) } = "reserved_opcode", "RFC 6455 section 5.2", "opcode {opcode:?} is reserved", PROTOCOL_ERROR;
        /// Reserved bits set that no negotiated extension gives a meaning to in this frame.
        ReservedBits { /** The bits found. */ rsv: Rsv = Rsv::NONE } = "reserved_bits", "RFC 6455 section 5.2", "reserved bits {rsv:?} without an extension that owns them", PROTOCOL_ERROR;
        /// A control frame without FIN.
        ControlFragmented { /** The control opcode. */ opcode: Opcode = Opcode(0) } = "control_fragmented", "RFC 6455 section 5.5", "{opcode:?} frame is fragmented", PROTOCOL_ERROR;
        /// A control frame whose payload is longer than 125 bytes.
        ControlTooLong { /** The control opcode. */ opcode: Opcode = Opcode(0) } = "control_too_long", "RFC 6455 section 5.5", "{opcode:?} frame is longer than 125 bytes", PROTOCOL_ERROR;
        /// A continuation frame without a message to continue.
        UnexpectedContinuation = "unexpected_continuation", "RFC 6455 section 5.4", "continuation frame outside a fragmented message", PROTOCOL_ERROR;
        /// A new data frame before the last fragment of the message before it.
        ExpectedContinuation { /** The opcode found. */ opcode: Opcode = Opcode(0) } = "expected_continuation", "RFC 6455 section 5.4", "{opcode:?} frame inside a fragmented message", PROTOCOL_ERROR;
        /// A frame from a client that is not masked.
        MaskMissing = "mask_missing", "RFC 6455 section 5.1", "frame from a client is not masked", PROTOCOL_ERROR;
        /// A frame from a server that is masked.
        MaskUnexpected = "mask_unexpected", "RFC 6455 section 5.1", "frame from a server is masked", PROTOCOL_ERROR;
        /// A payload length written in more bytes than it needs.
        LengthNotMinimal = "length_not_minimal", "RFC 6455 section 5.2", "payload length is not in its shortest form", PROTOCOL_ERROR;
        /// A 64-bit payload length with its most significant bit set.
        LengthTopBit = "length_top_bit", "RFC 6455 section 5.2", "payload length has its most significant bit set", PROTOCOL_ERROR;
        /// A frame longer than [`Limits::max_frame_len`](crate::Limits).
        FrameTooLong { /** Its payload length. */ len: u64 = 0, /** The limit. */ max: u64 = 0 } = "frame_too_long", "RFC 6455 section 10.4", "frame of {len} bytes where {max} are allowed", MESSAGE_TOO_BIG;
        /// A message longer than [`Limits::max_message_len`](crate::Limits).
        MessageTooLong { /** The limit. */ max: u64 = 0 } = "message_too_long", "RFC 6455 section 10.4", "message is longer than {max} bytes", MESSAGE_TOO_BIG;
        /// A message of more frames than [`Limits::max_fragments`](crate::Limits).
        TooManyFragments { /** The limit. */ max: u32 = 0 } = "too_many_fragments", "RFC 6455 section 10.4", "message has more than {max} fragments", POLICY_VIOLATION;
        /// A byte that cannot stand there in UTF-8 text.
        InvalidUtf8 = "invalid_utf8", "RFC 6455 section 8.1", "text is not UTF-8", INVALID_PAYLOAD;
        /// A text message that ends inside a character.
        TruncatedUtf8 = "truncated_utf8", "RFC 6455 section 8.1", "text ends inside a character", INVALID_PAYLOAD;
        /// A Close frame of one byte: half a status code.
        CloseTruncated = "close_truncated", "RFC 6455 section 5.5.1", "close frame has half a status code", PROTOCOL_ERROR;
        /// A Close frame with a status code that must not be sent.
        CloseCode { /** The code found. */ code: CloseCode = CloseCode(0) } = "close_code", "RFC 6455 section 7.4", "close code {code} must not be sent", PROTOCOL_ERROR;
        /// A Close frame whose reason is not UTF-8.
        CloseReason = "close_reason", "RFC 6455 section 5.5.1", "close reason is not UTF-8", INVALID_PAYLOAD;
        /// A transport that ends without a Close frame of the peer's.
        AbnormalClosure = "abnormal_closure", "RFC 6455 section 7.1.5", "the transport ended without a close frame", ABNORMAL_CLOSURE;
        /// A compressed message whose data is not DEFLATE, or ends inside a block.
        InvalidDeflate = "invalid_deflate", "RFC 7692 section 7.2.2", "compressed message is not DEFLATE data", INVALID_PAYLOAD;
    }

    /// The status code that a Close frame in answer should carry (RFC 6455 section 7.4.1); for
    /// [`AbnormalClosure`](Self::AbnormalClosure), which has no answer, the code of the connection's end.
    pub const fn close_code(self) -> CloseCode;
}

impl Error {
    /// The status code to close with: [`ErrorKind::close_code`].
    pub const fn close_code(self) -> CloseCode {
        self.kind.close_code()
    }
}

wirekit_macros::errors! {
    /// A value that has no bytes on the wire, or an output without room: the caller's side. Nothing was written.
    ///
    /// ```
    /// use wirekit_websocket::{EncodeError, FrameHeader, Opcode, Rsv};
    ///
    /// let ping = FrameHeader { fin: true, rsv: Rsv::NONE, opcode: Opcode::PING, masking_key: None, payload_len: 126 };
    /// // RFC 6455 section 5.5: at most 125 bytes.
    /// assert!(ping.encode_to_slice(&mut [0; 14]).is_err());
    /// let short = FrameHeader { payload_len: 125, ..ping };
    /// assert_eq!(short.encode_to_slice(&mut [0; 1]), Err(EncodeError::OutputTooSmall { needed: 2, available: 1 }));
    /// ```
    pub enum EncodeError {
        /// An opcode above 15.
        Opcode { /** The opcode. */ opcode: Opcode } = "opcode {opcode:?} does not fit four bits";
        /// Reserved bits above 7.
        ReservedBits { /** The bits. */ rsv: Rsv } = "reserved bits {rsv:?} do not fit three bits";
        /// A payload length above 2^63 - 1.
        PayloadLen { /** The length. */ len: u64 } = "payload length {len} has its most significant bit set";
        /// A control frame that is fragmented or longer than 125 bytes.
        Control = "control frame is fragmented or longer than 125 bytes";
        /// The output has less room than the encoding takes.
        OutputTooSmall { /** The encoded length. */ needed: usize, /** The room found. */ available: usize } = "output of {available} bytes where {needed} are needed";
    }
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
