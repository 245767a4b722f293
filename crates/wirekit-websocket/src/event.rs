use crate::{CloseCode, Opcode, Rsv};

/// The two kinds of message (RFC 6455 section 5.6).
///
/// ```
/// use wirekit_websocket::{MessageKind, Opcode};
///
/// assert_eq!(MessageKind::Text.opcode(), Opcode::TEXT);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 6455 section 5.6 knows two kinds of data"
)]
pub enum MessageKind {
    /// UTF-8 text.
    Text,
    /// Any bytes.
    Binary,
}

impl MessageKind {
    /// The opcode of a message's first frame.
    pub const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::TEXT,
            Self::Binary => Opcode::BINARY,
        }
    }
}

/// Which part of its message a piece of data is: RFC 6455 section 5.4. The example of [`Data`] sends two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a piece begins, continues or ends its message, or is all of it"
)]
pub enum Part {
    /// All of it.
    Whole,
    /// The first bytes, and more follow.
    First,
    /// Neither the first nor the last.
    Middle,
    /// The last bytes, after others.
    Last,
}

impl Part {
    /// Whether a message begins with this piece.
    pub const fn is_first(self) -> bool {
        matches!(self, Self::Whole | Self::First)
    }

    /// Whether the message ends with this piece.
    pub const fn is_last(self) -> bool {
        matches!(self, Self::Whole | Self::Last)
    }
}

/// A piece of a message, received or to be sent: RFC 6455 section 5.4.
///
/// Received pieces follow the caller's buffer, not the peer's frames: a frame may come as several pieces. Each
/// piece that is sent becomes one frame.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_websocket::{Config, Connection, Data, MessageKind, Part};
///
/// let (mut server, mut out) = (Connection::new(Config::SERVER), Vec::new());
/// let first = Data { part: Part::First, ..Data::whole(MessageKind::Text, b"Hel") };
/// server.send_data(first, None, &mut out)?;
/// server.send_data(Data { part: Part::Last, bytes: b"lo", ..first }, None, &mut out)?;
/// assert_eq!(out, b"\x01\x03Hel\x80\x02lo"); // RFC 6455 section 5.7
/// # }
/// # Ok::<(), wirekit_websocket::SendError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "a caller builds it to send it")]
pub struct Data<'a> {
    /// The kind of the message.
    pub kind: MessageKind,
    /// Where in the message the piece stands.
    pub part: Part,
    /// The reserved bits of the frame, by which extensions mark it (RFC 6455 section 5.2).
    ///
    /// Where permessage-deflate is in use, every piece of a compressed message has RSV1, although the first frame alone
    /// has it on the wire (RFC 7692 section 7.2.3.1).
    pub rsv: Rsv,
    /// The bytes. A text is checked, though a piece may begin or end inside a character, up to its first frame with a
    /// reserved bit: from there on the extension that set it knows what the bytes mean.
    pub bytes: &'a [u8],
}

impl<'a> Data<'a> {
    /// A message in one piece, without reserved bits.
    pub const fn whole(kind: MessageKind, bytes: &'a [u8]) -> Self {
        Self {
            kind,
            part: Part::Whole,
            rsv: Rsv::NONE,
            bytes,
        }
    }

    /// Whether permessage-deflate has compressed the message, where it is in use: RSV1.
    pub const fn is_compressed(&self) -> bool {
        self.rsv.contains(Rsv::RSV1)
    }
}

/// The body of a Close frame (RFC 6455 section 5.5.1).
///
/// ```
/// use wirekit_websocket::{Close, CloseCode, Config, Connection, Event};
///
/// let mut client = Connection::new(Config::CLIENT);
/// let mut buf = *b"\x88\x05\x03\xe9bye";
/// let Some((Event::Close(close), _)) = client.receive(&mut buf)? else { panic!("more bytes are needed") };
/// assert_eq!(close, Close { code: CloseCode::GOING_AWAY, reason: "bye" });
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 6455 section 5.5.1 fixes the body"
)]
pub struct Close<'a> {
    /// Why; [`CloseCode::NO_STATUS`] where the frame has no body.
    pub code: CloseCode,
    /// Words for it; empty in most frames.
    pub reason: &'a str,
}

/// What arrived: RFC 6455 sections 5.4 to 5.6.
///
/// ```
/// use wirekit_websocket::{Config, Connection, Event};
///
/// let mut client = Connection::new(Config::CLIENT);
/// let mut buf = *b"\x81\x05Hello\x8a\x00\x82\x02\x00\x01\x82\x04ab"; // the last frame is not whole
/// let (mut at, mut kinds) = (0, Vec::new());
/// while let Some((event, used)) = client.receive(&mut buf[at..])? {
///     kinds.push(match event {
///         Event::Text(_) => "text",
///         Event::Binary(_) => "binary",
///         Event::Data(_) => "piece",
///         _ => "control",
///     });
///     at += used;
/// }
/// assert_eq!(kinds, ["text", "control", "binary", "piece"]);
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A text message, whole, in one frame.
    Text(&'a str),
    /// A binary message, whole, in one frame.
    Binary(&'a [u8]),
    /// A piece of a message that is fragmented, marked by an extension (compressed, say), or not whole in the buffer.
    Data(Data<'a>),
    /// A ping; a pong with the same bytes is due (RFC 6455 section 5.5.2).
    Ping(&'a [u8]),
    /// A pong, asked for or not (RFC 6455 section 5.5.3).
    Pong(&'a [u8]),
    /// The last thing that the peer sends; a Close frame is due if none has been sent (RFC 6455 section 5.5.1).
    Close(Close<'a>),
}
