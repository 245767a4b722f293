//! One end of an established connection.

mod control;
mod outgoing;
mod receive;
mod rules;
#[cfg(feature = "alloc")]
mod send;
mod state;
#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests;

use crate::{
    CloseCode, Config, Error, ErrorKind, Event, FrameHeader, Limits, MAX_CONTROL_LEN, MaskingKey,
    MessageKind, Role, Rsv, Utf8Validator,
};

pub use outgoing::{HeaderBytes, SendError};
#[cfg(feature = "alloc")]
pub(crate) use send::append_close;
pub use state::State;
pub(crate) use state::Step;

/// One end of a WebSocket connection after its opening handshake: checks and unmasks what arrives, in the
/// caller's buffer, and encodes what is sent (RFC 6455 sections 5 to 7).
///
/// # How it works
///
/// It reads and writes nothing itself, starts no timer and draws no random number. The caller gives it the bytes that have
/// come and gets an event and the number of bytes it took; the caller asks it to send and gets one frame appended to a
/// buffer. An error is final. Its methods are of three families:
///
/// | | |
/// |---|---|
/// | what came | [`receive`](Self::receive), [`receive_eof`](Self::receive_eof), and [`peek_header`](Self::peek_header) for those who only watch |
/// | what is sent | `send_text`, `send_binary`, `send_data`, `send_ping`, `send_pong`, `send_close`, and `send_due` for what the connection knows itself: the pong that answers a ping, the Close frame that answers the peer's or its error; [`send_data_header`](Self::send_data_header) for a vectored write |
/// | what is next | [`wants_input`](Self::wants_input), [`wants_close`](Self::wants_close), [`due`](Self::due), [`state`](Self::state), [`is_between_frames`](Self::is_between_frames); [`Heartbeat`](crate::Heartbeat) and [`CloseTimeout`](crate::CloseTimeout) say until when |
///
/// # States
///
/// How far the close handshake has come. What has no entry changes nothing, or is refused:
///
#[doc = include_str!("states.md")]
///
/// Data is sent while `Open` or `CloseReceived`, and received while `Open` or `CloseSent`. In `CloseReceived` and `Failing` a
/// Close frame is due.
///
/// # The loop
///
/// Receive until there is no event, answer as the events come, then write, and read on; here a server that says how long the
/// messages are:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// # use std::io::{Read, Write};
/// use wirekit_websocket::{Config, Connection, Event};
///
/// fn serve(mut stream: impl Read + Write) -> std::io::Result<()> {
///     let (mut connection, mut buf, mut out) = (Connection::new(Config::SERVER.whole_len(4096)), Vec::new(), Vec::new());
///     while !connection.wants_close() {
///         let mut taken = 0;
///         while let Ok(Some((event, used))) = connection.receive(&mut buf[taken..]) {
///             taken += used;
///             if let Event::Text(text) = event {
///                 connection.send_text(&text.len().to_string(), None, &mut out).map_err(std::io::Error::other)?;
///             }
///         }
///         buf.drain(..taken);
///         connection.send_due(None, &mut out).map_err(std::io::Error::other)?;
///         stream.write_all(&out)?;
///         out.clear();
///         let mut piece = [0; 4096];
///         match stream.read(&mut piece)? {
///             0 => _ = connection.receive_eof(), // an error where the peer has just gone
///             len => buf.extend_from_slice(&piece[..len]),
///         }
///     }
///     Ok(())
/// }
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    config: Config,
    state: State,
    next_byte: NextByte,
    /// The longest payload of a message that `receive` takes without looking at the states.
    max_whole_message_len: u64,
    message: Option<IncomingMessage>,
    frame: IncomingFrame,
    /// The first error, which is the answer to everything after it.
    error: Option<Error>,
    /// The code of a Close frame that is due.
    close_code: CloseCode,
    input_ended: bool,
    sending: Option<OutgoingMessage>,
    ping: Option<Ping>,
}

/// What the next input byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NextByte {
    /// The first byte of a frame, outside a message.
    OfMessage,
    /// The first byte of a frame, inside a fragmented message.
    OfFragment,
    /// A byte of a data frame's payload.
    OfPayload,
    /// Nothing any more: by the state, the peer has no more to say.
    Nothing,
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

/// A frame that the protocol asks for, and that `send_due` of [`Connection`] sends: RFC 6455 sections 5.5.1 and 5.5.2.
///
/// ```
/// use wirekit_websocket::{Config, Connection, Due};
///
/// let mut client = Connection::new(Config::CLIENT);
/// client.receive(&mut b"\x89\x02hi".to_owned())?; // a ping
/// assert!(matches!(client.due(), Some(Due::Pong(bytes)) if bytes == b"hi"));
/// # Ok::<(), wirekit_websocket::Error>(())
/// ```
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
            state: State::Open,
            next_byte: NextByte::OfMessage,
            max_whole_message_len: match max_fragments {
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
            error: None,
            close_code: CloseCode::NO_STATUS,
            input_ended: false,
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
        self.state
    }

    /// Whether the peer may have more to say: neither closed nor in error.
    pub const fn wants_input(&self) -> bool {
        self.state.wants_input()
    }

    /// Whether all is said, and the transport is to be closed once the output is written.
    ///
    /// A server closes it with the second Close frame. A client waits for the server to do so (RFC 6455 section 7.1.1), for as
    /// long as its [`CloseTimeout`](crate::CloseTimeout) says. After an error close the writing side first and read on for a
    /// while: a transport that is closed with bytes unread may lose the Close frame that says why.
    pub const fn wants_close(&self) -> bool {
        match self.state {
            State::Failed => true,
            State::Closed => !self.awaits_end(),
            _ => false,
        }
    }

    /// Whether the peer's side of the transport is to end before this one. With both Close frames exchanged the server closes
    /// first: "The underlying TCP connection, in most normal cases, SHOULD be closed first by the server" (RFC 6455 section
    /// 7.1.1).
    pub(crate) const fn awaits_end(&self) -> bool {
        let closes_first = matches!(
            (self.state, self.config.role),
            (State::Closed, Role::Server)
        );
        !closes_first && !self.input_ended
    }

    /// The frame to send next by the protocol's own rules: see `send_due`.
    pub fn due(&self) -> Option<Due<'_>> {
        if self.state.owes_close() {
            return Some(Due::Close(self.close_code));
        }
        self.ping.as_ref().map(|ping| Due::Pong(ping.body()))
    }

    /// Whether the next byte to receive is the first of a frame.
    pub const fn is_between_frames(&self) -> bool {
        matches!(self.next_byte, NextByte::OfMessage | NextByte::OfFragment)
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

    /// The transport has ended. `None` where the peer's Close frame had arrived: what is due may still be sent, if the peer
    /// closed its own side alone.
    ///
    /// # Errors
    ///
    /// [`AbnormalClosure`](crate::ErrorKind::AbnormalClosure) without a Close frame of the peer's, whose
    /// [`close_code`](Error::close_code) is what RFC 6455 section 7.1.5 calls the code of such an end, 1006; or the error that
    /// `receive` returned. Neither makes anything due that was not.
    pub const fn receive_eof(&mut self) -> Result<Option<Event<'static>>, Error> {
        self.input_ended = true;
        if self.state.after(Step::End).is_some() {
            self.error = Some(Error::new(ErrorKind::AbnormalClosure, 0));
            self.step(Step::End);
        }
        match self.error {
            Some(error) => Err(error),
            None => Ok(None),
        }
    }

    /// Goes where a step leads. A peer that has no more to say awaits no pong either (RFC 6455 section 5.5.2).
    const fn step(&mut self, step: Step) {
        self.state = self.state.then(step);
        if !self.state.wants_input() {
            self.next_byte = NextByte::Nothing;
            self.ping = None;
        }
    }
}
