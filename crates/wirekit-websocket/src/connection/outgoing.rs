use super::{Connection, OutgoingMessage, State};
use crate::{
    CloseCode, Data, FrameHeader, MAX_HEADER_LEN, MaskingKey, MessageKind, Opcode, Role, Rsv,
    Utf8Validator,
};

wirekit_macros::errors! {
    /// Why a frame is not sent: the caller's side. The connection and the output are as they were.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use wirekit_websocket::{Close, CloseCode, Config, Connection, SendError};
    ///
    /// let (mut server, mut out) = (Connection::new(Config::SERVER), Vec::new());
    /// server.send_close(Close { code: CloseCode::NORMAL_CLOSURE, reason: "" }, None, &mut out)?;
    /// // RFC 6455 section 5.5.1: no data follows a Close frame.
    /// assert_eq!(server.send_text("more", None, &mut out), Err(SendError::CloseSent));
    /// assert_eq!(out, b"\x88\x02\x03\xe8");
    /// # }
    /// # Ok::<(), wirekit_websocket::SendError>(())
    /// ```
    pub enum SendError {
        /// A Close frame has been sent: "The application MUST NOT send any more data frames" (RFC 6455 section 5.5.1).
        CloseSent = "a close frame has been sent";
        /// Both Close frames have been exchanged.
        Closed = "the connection is closed";
        /// The peer broke a rule, and only a Close frame may follow; or the transport ended without one of the peer's.
        Failed = "the connection has failed";
        /// A client's frame without a masking key (RFC 6455 section 5.3).
        KeyMissing = "a client's frame needs a masking key";
        /// A server's frame with a masking key (RFC 6455 section 5.1).
        KeyUnexpected = "a server's frame must not have a masking key";
        /// A frame of the relay's own inside one that passes: it may stand between two (RFC 6455 section 5.4).
        InsideFrame = "a frame that is passed on is not finished";
        /// A message begun before the last piece of the one before (RFC 6455 section 5.4).
        InsideMessage = "another message is not finished";
        /// A later piece without a first one, or of another kind than the first.
        OutsideMessage = "no message of this kind is begun";
        /// Reserved bits that no negotiated extension owns (RFC 6455 section 5.2), such as the RSV1 of a compressed message.
        ReservedBits { /** The bits without an owner. */ rsv: Rsv } = "no extension that owns reserved bits {rsv:?} has been negotiated";
        /// A text that is not UTF-8, or ends inside a character (RFC 6455 section 5.6).
        InvalidUtf8 { /** The first bad byte of the piece. */ offset: usize } = "text is not utf-8 at byte {offset}";
        /// The body of a control frame is longer than 125 bytes (RFC 6455 section 5.5).
        ControlTooLong { /** Its length. */ len: usize } = "control frame of {len} bytes where 125 are allowed";
        /// A close code that must not be on the wire (RFC 6455 section 7.4), or a reason without a code.
        CloseCode { /** The code. */ code: CloseCode } = "close code {code} must not be sent";
        /// The compressor refused its input, which is not known to happen for any.
        Compressor = "the compressor refused its input";
        /// The output has less room than the frame takes.
        OutputTooSmall { /** The frame's length. */ needed: usize, /** The room found. */ available: usize } = "output of {available} bytes where {needed} are needed";
    }
}

/// An encoded frame header, for a vectored write: dereferences to its bytes (RFC 6455 section 5.2).
///
/// ```
/// use wirekit_websocket::{Config, Connection, Data, MessageKind};
///
/// let payload = [0; 300];
/// let mut server = Connection::new(Config::SERVER);
/// let header = server.send_data_header(Data::whole(MessageKind::Binary, &payload), None)?;
/// assert_eq!(header[..], [0x82, 126, 1, 44]); // write it, then `payload` from where it lies
/// # Ok::<(), wirekit_websocket::SendError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderBytes {
    bytes: [u8; MAX_HEADER_LEN],
    len: u8,
}

impl core::ops::Deref for HeaderBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.get(..self.len.into()).unwrap_or_default()
    }
}

impl AsRef<[u8]> for HeaderBytes {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Connection {
    /// Begins or continues a message whose payload the caller writes itself, in the same vectored write: checks
    /// the state and returns the header.
    ///
    /// `data.bytes` is what will be written. A client masks it first, with [`MaskingKey::apply`] and the same key;
    /// so its text must be given as it is before masking.
    ///
    /// # Errors
    ///
    /// Every [`SendError`] but those of control frames and of the output.
    pub fn send_data_header(
        &mut self,
        data: Data<'_>,
        key: Option<MaskingKey>,
    ) -> Result<HeaderBytes, SendError> {
        let (header, sending) = self.check_data(data, key)?;
        self.sending = sending;
        let (bytes, len) = header.to_bytes();
        Ok(HeaderBytes {
            bytes,
            len: u8::try_from(len).unwrap_or(0),
        })
    }

    /// Whether a piece, compressed, could be sent now.
    #[cfg(feature = "deflate")]
    pub(crate) fn check_compressed(
        &self,
        data: Data<'_>,
        key: Option<MaskingKey>,
    ) -> Result<(), SendError> {
        let data = Data {
            rsv: data.rsv | Rsv::RSV1,
            bytes: &[],
            ..data
        };
        self.check_data(data, key).map(|_| ())
    }

    /// The header of the frame that `data` becomes, and the outgoing message after it.
    pub(super) fn check_data(
        &self,
        data: Data<'_>,
        key: Option<MaskingKey>,
    ) -> Result<(FrameHeader, Option<OutgoingMessage>), SendError> {
        self.check_open(key)?;
        let Data {
            kind,
            part,
            rsv,
            bytes,
        } = data;
        let opcode = if part.is_first() {
            kind.opcode()
        } else {
            Opcode::CONTINUATION
        };
        let message_bits = self.config.reserved_bits.of_messages();
        let frame_bits = self.config.reserved_bits.of_frame(opcode);
        let unowned = rsv.without(frame_bits | message_bits);
        if !unowned.is_empty() {
            return Err(SendError::ReservedBits { rsv: unowned });
        }
        let of_message = rsv.intersection(message_bits);
        let mut message = match (self.sending, part.is_first()) {
            (None, true) => OutgoingMessage {
                kind,
                rsv,
                text: Utf8Validator::new(),
            },
            (Some(_), true) => return Err(SendError::InsideMessage),
            (Some(message), false)
                if message.kind == kind && message.rsv.intersection(message_bits) == of_message =>
            {
                message
            }
            (_, false) => return Err(SendError::OutsideMessage),
        };
        message.rsv |= rsv;
        if kind == MessageKind::Text && message.rsv.is_empty() {
            let checked = message.text.update(bytes);
            let checked = if part.is_last() {
                checked.and(message.text.finish(bytes.len()))
            } else {
                checked
            };
            checked.map_err(|error| SendError::InvalidUtf8 {
                offset: error.offset(),
            })?;
        }
        let header = FrameHeader {
            fin: part.is_last(),
            rsv: rsv.intersection(frame_bits),
            opcode,
            masking_key: key,
            payload_len: bytes.len() as u64,
        };
        Ok((header, (!part.is_last()).then_some(message)))
    }

    /// Whether a data frame may be sent.
    pub(super) const fn check_open(&self, key: Option<MaskingKey>) -> Result<(), SendError> {
        match self.state() {
            State::Open | State::CloseReceived => {}
            State::CloseSent => return Err(SendError::CloseSent),
            State::Closed => return Err(SendError::Closed),
            State::Failing | State::Failed => return Err(SendError::Failed),
        }
        check_key(self.config.role, key)
    }
}

/// RFC 6455 section 5.1: a client masks all its frames, and a server none.
pub(super) const fn check_key(role: Role, key: Option<MaskingKey>) -> Result<(), SendError> {
    match (role, key) {
        (Role::Client, None) => Err(SendError::KeyMissing),
        (Role::Server, Some(_)) => Err(SendError::KeyUnexpected),
        _ => Ok(()),
    }
}
