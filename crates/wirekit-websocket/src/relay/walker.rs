use crate::frame::{self, Rules, check_close_len, check_masked, check_order};
use crate::{Error, ErrorKind, FrameHeader, Opcode, Role, Rsv};

/// Follows the frames that one end sends, by their headers; payloads are neither looked at nor changed.
///
/// The frames of [`Role::Client`] are masked, those of [`Role::Server`] are not (RFC 6455 section 5.1). What a header
/// alone can break is checked, and the order of fragments; reserved bits pass, for they belong to the extensions that the
/// two ends negotiated. A frame may have any length up to 2^63 - 1 bytes.
///
/// ```
/// use wirekit_websocket::relay::{FrameWalker, Position};
/// use wirekit_websocket::{Opcode, Role};
///
/// let mut walker = FrameWalker::new(Role::Server);
/// // The first fragment of a text (RFC 6455 section 5.7), a ping between the fragments, and half of a header.
/// let input = b"\x01\x03Hel\x89\x00\x80";
/// let (piece, used) = walker.receive(input)?.unwrap();
/// assert_eq!((piece.bytes, piece.ends_frame), (&b"\x01\x03Hel"[..], true));
/// assert_eq!(walker.position(), Position::BetweenFragments);
///
/// let (piece, _) = walker.receive(&input[used..])?.unwrap();
/// assert_eq!(piece.header.map(|header| header.opcode), Some(Opcode::PING));
/// assert_eq!(walker.receive(b"\x80")?, None);
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameWalker {
    sender: Role,
    /// Payload bytes of the current frame that have not arrived; 0 between frames.
    remaining: u64,
    /// Where the sender stands when the current frame has ended.
    after: Position,
    failed: Option<Error>,
}

/// Where in its frames a sender stands: RFC 6455 sections 5.2 and 5.4.
///
/// The example of [`FrameWalker`] asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 6455 section 5.4: a byte begins a message, continues one, or is inside a frame, until the Close frame"
)]
pub enum Position {
    /// Outside a message.
    BetweenMessages,
    /// Between two fragments of a message, where control frames may stand (RFC 6455 section 5.4).
    BetweenFragments,
    /// Inside a frame's payload.
    InFrame {
        /// Payload bytes that are missing.
        remaining: u64,
    },
    /// Behind its Close frame, the last thing that an end sends.
    AfterClose,
}

/// Bytes of one frame, to be passed on as they are: RFC 6455 section 5.2.
///
/// The example of [`FrameWalker`] looks at two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Piece<'i> {
    /// The frame's header, where the piece begins with it.
    pub header: Option<FrameHeader>,
    /// The bytes: all that were used, or none where a [`Relay`](super::Relay) has sent a Close frame before them.
    pub bytes: &'i [u8],
    /// Whether the frame ends with them.
    pub ends_frame: bool,
}

impl FrameWalker {
    /// A walker through what this end sends after the opening handshake.
    pub const fn new(sender: Role) -> Self {
        Self {
            sender,
            remaining: 0,
            after: Position::BetweenMessages,
            failed: None,
        }
    }

    /// Whose frames these are.
    pub const fn sender(&self) -> Role {
        self.sender
    }

    /// Where the sender stands: if its connection has broken off, whether that was inside a frame.
    pub const fn position(&self) -> Position {
        match self.remaining {
            0 => self.after,
            remaining => Position::InFrame { remaining },
        }
    }

    /// Takes the next bytes of one frame from the start of `input` and says how many they are; `None` asks for more bytes.
    ///
    /// A piece reaches to the end of its frame or of `input`, and begins with the whole header or behind it: of a
    /// header that is not whole nothing is taken. So a frame that is broken is not begun, and a relay that has passed on all
    /// pieces up to here is [between two frames](Self::position) or in a payload. After a Close frame `None` is the only
    /// answer: what follows is discarded (RFC 6455 section 1.4).
    ///
    /// # Errors
    ///
    /// Those of [`FrameHeader::parse`], [`MaskMissing`](ErrorKind::MaskMissing),
    /// [`MaskUnexpected`](ErrorKind::MaskUnexpected), [`UnexpectedContinuation`](ErrorKind::UnexpectedContinuation),
    /// [`ExpectedContinuation`](ErrorKind::ExpectedContinuation) and [`CloseTruncated`](ErrorKind::CloseTruncated). The first
    /// is final and is returned forever.
    pub fn receive<'i>(&mut self, input: &'i [u8]) -> Result<Option<(Piece<'i>, usize)>, Error> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let (header, header_len) = match self.position() {
            Position::AfterClose => return Ok(None),
            Position::InFrame { .. } if input.is_empty() => return Ok(None),
            Position::InFrame { .. } => (None, 0),
            Position::BetweenMessages | Position::BetweenFragments => {
                match frame::parse(input, self) {
                    Ok(Some((header, header_len))) => (Some(header), header_len),
                    Ok(None) => return Ok(None),
                    Err(error) => {
                        self.failed = Some(error);
                        return Err(error);
                    }
                }
            }
        };
        if let Some(header) = header {
            self.begin(header);
        }
        let available = input.len() - header_len;
        let payload_len =
            usize::try_from(self.remaining).map_or(available, |remaining| remaining.min(available));
        self.remaining -= payload_len as u64;
        let used = header_len + payload_len;
        let piece = Piece {
            header,
            bytes: input.get(..used).unwrap_or_default(),
            ends_frame: self.remaining == 0,
        };
        Ok(Some((piece, used)))
    }

    const fn begin(&mut self, header: FrameHeader) {
        self.remaining = header.payload_len;
        self.after = match header.opcode {
            Opcode::CLOSE => Position::AfterClose,
            opcode if opcode.is_control() => self.after,
            _ if header.fin => Position::BetweenMessages,
            _ => Position::BetweenFragments,
        };
    }

    /// Whether all bytes of the Close frame have arrived.
    pub(super) const fn is_closed(&self) -> bool {
        matches!(self.position(), Position::AfterClose)
    }

    pub(super) const fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    /// Whether the sender may have more to say: neither closed nor in error.
    pub const fn wants_input(&self) -> bool {
        !self.is_closed() && !self.has_failed()
    }
}

impl Rules for FrameWalker {
    fn check_first_byte(&self, _: bool, _: Rsv, opcode: Opcode) -> Result<(), ErrorKind> {
        check_order(opcode, self.after == Position::BetweenFragments)
    }

    fn check_masked(&self, masked: bool) -> Result<(), ErrorKind> {
        check_masked(self.sender, masked)
    }

    fn check_len(&self, opcode: Opcode, payload_len: u64) -> Result<(), ErrorKind> {
        check_close_len(opcode, payload_len)
    }
}
