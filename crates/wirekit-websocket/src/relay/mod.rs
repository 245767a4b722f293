//! Both directions of a connection that is passed on: frames are followed by their headers alone.
//!
//! A relay between a client and a server takes part in neither message nor payload, yet must know where a frame ends: a
//! Close frame of its own, when it shuts down or one side is gone, may stand between two frames and nowhere else.
//!
//! ```
//! # #[cfg(feature = "alloc")] {
//! use wirekit_websocket::relay::{Position, Relay};
//! use wirekit_websocket::{Close, CloseCode, MaskingKey, Role, SendError, State};
//!
//! let (mut relay, mut to_client) = (Relay::new(), Vec::new());
//! // The server sends one frame and half of another, and its connection breaks.
//! for input in [&b"\x81\x05Hello\x82\x04ab"[..], b"cd\x82"] {
//!     let mut taken = 0;
//!     while let Some((piece, used)) = relay.receive(Role::Server, &input[taken..])? {
//!         to_client.extend_from_slice(piece.bytes);
//!         taken += used;
//!     }
//! }
//! assert_eq!(relay.position(Role::Server), Position::BetweenMessages);
//! let close = Close { code: CloseCode::BAD_GATEWAY, reason: "" };
//! relay.send_close(Role::Client, close, None, &mut to_client)?;
//! assert_eq!(to_client, b"\x81\x05Hello\x82\x04abcd\x88\x02\x03\xf6");
//! assert_eq!(relay.state(Role::Client), State::CloseSent);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests;
mod walker;

use crate::connection::Step;
#[cfg(feature = "alloc")]
use crate::{Close, MaskingKey, connection::append_close};
use crate::{Error, Role, SendError, State};

pub use walker::{FrameWalker, Piece, Position};

/// A connection between a client and a server whose frames pass through: a [`FrameWalker`] for each direction, and the Close
/// frames of the relay's own (RFC 6455 sections 5.4 and 7.1). The page of the crate has an example.
#[derive(Clone, Debug)]
pub struct Relay {
    client: Direction,
    server: Direction,
}

/// What one end sends, toward the other.
#[derive(Clone, Debug)]
struct Direction {
    walker: FrameWalker,
    /// Whether the relay has sent a Close frame of its own, and nothing that follows passes.
    is_cut_off: bool,
}

impl Direction {
    const fn new(sender: Role) -> Self {
        Self {
            walker: FrameWalker::new(sender),
            is_cut_off: false,
        }
    }

    /// Whether a Close frame went this way.
    const fn is_closed(&self) -> bool {
        self.is_cut_off || self.walker.is_closed()
    }
}

impl Default for Relay {
    fn default() -> Self {
        Self::new()
    }
}

impl Relay {
    /// A relay behind an opening handshake.
    pub const fn new() -> Self {
        Self {
            client: Direction::new(Role::Client),
            server: Direction::new(Role::Server),
        }
    }

    const fn sent_by(&self, sender: Role) -> &Direction {
        match sender {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }

    const fn sent_by_mut(&mut self, sender: Role) -> &mut Direction {
        match sender {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }

    /// Takes the next bytes of one frame from the start of what `sender` sent, to be passed on to the other end: see
    /// [`FrameWalker::receive`].
    ///
    /// Where the relay has sent a Close frame that way, the sender is still followed, to its own Close frame, but there is
    /// nothing to pass on: "The application MUST NOT send any more data frames after sending a Close frame" (RFC 6455
    /// section 5.5.1).
    ///
    /// # Errors
    ///
    /// As [`FrameWalker::receive`], for this direction alone. Nothing of the broken frame has been passed on: a Close frame
    /// may be sent to both ends, to the sender with the error's [`close_code`](Error::close_code).
    pub fn receive<'i>(
        &mut self,
        sender: Role,
        input: &'i [u8],
    ) -> Result<Option<(Piece<'i>, usize)>, Error> {
        let direction = self.sent_by_mut(sender);
        let Some((mut piece, used)) = direction.walker.receive(input)? else {
            return Ok(None);
        };
        if direction.is_cut_off {
            piece.bytes = &[];
        }
        Ok(Some((piece, used)))
    }

    /// Where `sender` stands: if its connection has broken off, whether that was inside a frame.
    pub const fn position(&self, sender: Role) -> Position {
        self.sent_by(sender).walker.position()
    }

    /// Whether `sender` may have more to say: neither closed nor in error.
    pub const fn wants_input(&self, sender: Role) -> bool {
        self.sent_by(sender).walker.wants_input()
    }

    /// How far the close handshake with this end has come (RFC 6455 section 7.1), the relay being its peer.
    pub const fn state(&self, end: Role) -> State {
        let received = &self.sent_by(end).walker;
        let mut state = State::Open;
        if received.has_failed() {
            state = state.then(Step::Fail);
        }
        if received.is_closed() {
            state = state.then(Step::ReceiveClose);
        }
        if self.sent_by(end.peer()).is_closed() {
            state = state.then(Step::SendClose);
        }
        state
    }

    /// Whether both Close frames have been exchanged with both ends: nothing is missing but the end of the transports.
    pub const fn is_closed(&self) -> bool {
        matches!(self.state(Role::Client), State::Closed)
            && matches!(self.state(Role::Server), State::Closed)
    }

    /// Whether a Close frame may be sent now behind what was passed on to `receiver`: between two frames, those of a
    /// message included (RFC 6455 section 5.4), and not behind another Close frame.
    pub const fn may_close(&self, receiver: Role) -> bool {
        self.check_close(receiver).is_ok()
    }

    const fn check_close(&self, receiver: Role) -> Result<(), SendError> {
        let direction = self.sent_by(receiver.peer());
        if direction.is_closed() {
            return Err(SendError::CloseSent);
        }
        match direction.walker.position() {
            Position::InFrame { .. } => Err(SendError::InsideFrame),
            _ => Ok(()),
        }
    }

    /// Sends a Close frame of the relay's own to `receiver`: appends it to `out`, behind the pieces for that end, and
    /// returns its length. What the other end still sends is no longer passed on.
    ///
    /// Toward the server the relay is a client and passes a fresh masking key (RFC 6455 section 5.3), from
    /// `MaskingKeys` or a source of its own; toward the client it passes `None`.
    ///
    /// # Errors
    ///
    /// [`SendError::CloseSent`], [`SendError::InsideFrame`], [`SendError::CloseCode`], [`SendError::ControlTooLong`], and by the
    /// key and the room in `out`.
    #[cfg(feature = "alloc")]
    pub fn send_close(
        &mut self,
        receiver: Role,
        close: Close<'_>,
        key: Option<MaskingKey>,
        out: &mut impl bytes::BufMut,
    ) -> Result<usize, SendError> {
        self.check_close(receiver)?;
        let len = append_close(receiver.peer(), close, key, out)?;
        self.sent_by_mut(receiver.peer()).is_cut_off = true;
        Ok(len)
    }
}
