//! One end of an established connection.

mod control;
mod outgoing;
mod receive;
mod rules;
#[cfg(feature = "alloc")]
mod send;
#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests;

use crate::{
    CloseCode, Config, Error, FrameHeader, Limits, MAX_CONTROL_LEN, MaskingKey, MessageKind, Role,
    Rsv, Utf8Validator,
};

pub use outgoing::{HeaderBytes, SendError};
#[cfg(feature = "alloc")]
pub(crate) use send::append_close;

/// One end of a WebSocket connection after its opening handshake: checks and unmasks what arrives, in the
/// caller's buffer, and encodes what is sent.
///
/// ```
/// use wirekit_websocket::{Config, Connection, Event};
///
/// let mut server = Connection::new(Config::SERVER);
/// // What a socket delivered: a masked "Hello" (RFC 6455 section 5.7) and the start of a ping.
/// let mut buf = *b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58\x89\x80";
///
/// let (event, used) = server.receive(&mut buf)?.unwrap();
/// assert_eq!(event, Event::Text("Hello"));
/// assert_eq!(server.receive(&mut buf[used..])?, None);
///
/// let mut out = Vec::new();
/// server.send_text("Hello", None, &mut out)?;
/// assert_eq!(out, b"\x81\x05Hello");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    config: Config,
    phase: Phase,
    /// The longest payload that the short way through `receive` takes.
    short_len: u64,
    message: Option<IncomingMessage>,
    frame: IncomingFrame,
    failed: Option<Error>,
    close_received: Option<CloseCode>,
    close_sent: Option<CloseCode>,
    sending: Option<OutgoingMessage>,
    ping: Option<Ping>,
}

/// What the next input byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The first byte of a frame, outside a message.
    BetweenMessages,
    /// The first byte of a frame, inside a fragmented message.
    BetweenFragments,
    /// A byte of a data frame's payload.
    InPayload,
    /// Nothing any more: the peer has closed.
    Closed,
    /// Nothing any more: the peer broke a rule.
    Failed,
}

/// The message whose last byte has not arrived.
#[derive(Clone, Copy, Debug)]
struct IncomingMessage {
    kind: MessageKind,
    /// The reserved bits of its frames, those of the current one included.
    rsv: Rsv,
    /// Whether a piece of it has been lent to the caller.
    begun: bool,
    /// Payload bytes of its frames, those of the current one included.
    len: u64,
    fragments: u32,
    text: Utf8Validator,
}

/// The data frame whose payload has begun to arrive.
#[derive(Clone, Copy, Debug)]
struct IncomingFrame {
    fin: bool,
    rsv: Rsv,
    /// The key as it stands for the next payload byte.
    key: Option<MaskingKey>,
    remaining: u64,
    /// Payload bytes of an awaited frame that have been checked ahead, and the state after them.
    checked_len: usize,
    checked: Utf8Validator,
}

/// The message whose last fragment has not been sent.
#[derive(Clone, Copy, Debug)]
struct OutgoingMessage {
    kind: MessageKind,
    /// The reserved bits of its frames.
    rsv: Rsv,
    text: Utf8Validator,
}

/// The body of a ping that has not been answered.
#[derive(Clone, Copy, Debug)]
struct Ping {
    body: [u8; MAX_CONTROL_LEN],
    len: u8,
}

impl Ping {
    fn body(&self) -> &[u8] {
        self.body.get(..self.len.into()).unwrap_or_default()
    }
}

/// How far the close handshake has come (RFC 6455 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum State {
    /// Both ends may send data.
    Open,
    /// A Close frame has been sent; the peer's has not arrived.
    CloseSent,
    /// The peer's Close frame has arrived; ours is due.
    CloseReceived,
    /// Both have been exchanged; the server closes the TCP connection first (RFC 6455 section 7.1.1).
    Closed,
    /// The peer broke a rule; a Close frame with the error's code is due unless one has been sent.
    Failed,
}

/// A frame that the protocol asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Due<'a> {
    /// A pong with the body of the most recent ping (RFC 6455 section 5.5.3).
    Pong(&'a [u8]),
    /// A Close frame: the answer to the peer's, or the report of its error.
    Close(CloseCode),
}

impl Connection {
    /// One end of a connection whose opening handshake is over.
    pub const fn new(config: Config) -> Self {
        let text = Utf8Validator::new();
        let Limits {
            max_frame_len,
            max_message_len,
            max_fragments,
        } = config.limits;
        Self {
            config,
            phase: Phase::BetweenMessages,
            short_len: match max_fragments {
                0 => 0,
                _ if max_frame_len < max_message_len => max_frame_len,
                _ => max_message_len,
            },
            message: None,
            frame: IncomingFrame {
                fin: false,
                rsv: Rsv::NONE,
                key: None,
                remaining: 0,
                checked_len: 0,
                checked: text,
            },
            failed: None,
            close_received: None,
            close_sent: None,
            sending: None,
            ping: None,
        }
    }

    /// Which end this is.
    pub const fn role(&self) -> Role {
        self.config.role
    }

    /// What it was made of.
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// How far the close handshake has come.
    pub const fn state(&self) -> State {
        match (self.failed, self.close_sent, self.close_received) {
            (Some(_), _, _) => State::Failed,
            (None, None, None) => State::Open,
            (None, Some(_), None) => State::CloseSent,
            (None, None, Some(_)) => State::CloseReceived,
            (None, Some(_), Some(_)) => State::Closed,
        }
    }

    /// Whether the peer may have more to say: neither closed nor in error.
    pub const fn wants_input(&self) -> bool {
        !matches!(self.phase, Phase::Closed | Phase::Failed)
    }

    /// The frame to send next by the protocol's own rules: see `send_due`.
    pub fn due(&self) -> Option<Due<'_>> {
        if self.close_sent.is_none() {
            if let Some(error) = self.failed {
                return Some(Due::Close(error.close_code()));
            }
            if let Some(code) = self.close_received {
                return Some(Due::Close(code));
            }
        }
        self.ping.as_ref().map(|ping| Due::Pong(ping.body()))
    }

    /// Whether the next byte to receive is the first of a frame.
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.phase, Phase::BetweenMessages | Phase::BetweenFragments)
    }

    /// The header of the frame at the start of `input`, checked as [`receive`](Self::receive) checks it, without
    /// taking it; `None` also inside a frame.
    ///
    /// # Errors
    ///
    /// The error that `receive` would return for the header.
    pub fn peek_header(&self, input: &[u8]) -> Result<Option<(FrameHeader, usize)>, Error> {
        if self.is_between_frames() {
            self.parse_header(input)
        } else {
            Ok(None)
        }
    }

    /// The transport has ended. Returns the code of the connection's end (RFC 6455 section 7.1.5): that of the
    /// peer's Close frame, or [`CloseCode::ABNORMAL_CLOSURE`] if there was none.
    pub const fn receive_eof(&mut self) -> CloseCode {
        if !matches!(self.phase, Phase::Failed) {
            self.phase = Phase::Closed;
        }
        match self.close_received {
            Some(code) => code,
            None => CloseCode::ABNORMAL_CLOSURE,
        }
    }
}
