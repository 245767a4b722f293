//! The events of each protocol: what `parse` prints, `encode` reads and `inspect` tells.
//!
//! A [`Decoder`] is fed the bytes of one stream in pieces of any size and appends [`Event`]s. The events do not
//! depend on the pieces: a `data` event is one run of contiguous body bytes (a body of known length, or one chunk),
//! cut every [`MAX_DATA_LEN`] bytes, however the bytes arrived. A decoder keeps no more than the largest message that
//! the limits of its protocol allow.

pub(crate) mod answer;
mod event;
pub mod http1;
mod message;
mod options;
pub(crate) mod packet;
mod pairs;
mod stream;
pub mod tcp;
pub(crate) mod tcp_option;
pub mod tls;
pub mod udp;
pub mod uwsgi;
pub mod websocket;

pub use event::Event;
pub(crate) use event::{latin1, write_value};
pub use message::{Fault, Message};
pub(crate) use options::Rules;
pub use options::{decoder, encoder};
pub use pairs::Pairs;
pub use stream::MAX_DATA_LEN;

use core::fmt::Debug;

use serde_json::{Map, Value};
use wirekit::http1::Method;

/// The bytes of one stream, as events.
///
/// After an `error`, a `switch` or [`Decoder::finish`] it says nothing more, whatever it is fed.
pub trait Decoder: Debug {
    /// Takes the stream's next bytes and appends the events that they complete.
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>);

    /// The stream ended: appends what was held back, and `incomplete` when a message is cut short.
    fn finish(&mut self, events: &mut Vec<Event>);

    /// The bytes of memory that it holds for what it was fed and has not reported yet.
    fn held_len(&self) -> usize;

    /// Whether it says nothing more because of a fault: what is behind it may be read on where the next message begins.
    fn is_lost(&self) -> bool {
        false
    }

    /// Whether it says nothing more, whatever it is fed.
    fn is_over(&self) -> bool {
        false
    }

    /// The peer sent a request: its method says how the next response ends.
    fn asked(&mut self, method: Method<'_>) {
        let _ = method;
    }

    /// The bytes that it was fed and that no event used: after `switch`, those of the other protocol.
    fn take_rest(&mut self) -> Vec<u8> {
        Vec::new()
    }
}

/// The bytes of events: the reverse of a [`Decoder`].
pub trait Encoder {
    /// Appends the bytes of one event; a failed event leaves `out` as it was.
    ///
    /// # Errors
    ///
    /// [`Rejection`] when the event lacks a key or cannot be encoded.
    fn encode(&mut self, event: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Rejection>;

    /// The events ended: appends what was held back.
    ///
    /// # Errors
    ///
    /// [`Rejection`] when they ended inside a message.
    fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), Rejection>;
}

/// Why an event cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// The event is not what the contract says: a key is missing, or of another type.
    Malformed(String),
    /// The event breaks a rule of the protocol.
    Rule(String),
    /// The events ended inside a message.
    Incomplete(String),
}

impl Rejection {
    /// A rule of the protocol, in its own words.
    pub(crate) fn rule(rule: impl core::fmt::Display) -> Self {
        Self::Rule(rule.to_string())
    }
}

impl core::fmt::Display for Rejection {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Malformed(text) | Self::Rule(text) | Self::Incomplete(text) => f.write_str(text),
        }
    }
}

impl core::error::Error for Rejection {}
