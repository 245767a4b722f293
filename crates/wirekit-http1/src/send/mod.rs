//! What both ends share in sending: the body that is due, and why a send is refused.

mod body;
mod methods;

pub use body::DataFrame;
pub(crate) use body::UnsentBody;
pub(crate) use methods::send_methods;
#[cfg(all(test, not(feature = "alloc")))]
pub(crate) use methods::send_methods_to_vec;

use crate::error::EncodeError;
use crate::state::State;

/// A connection cannot send this now: the caller's side. Nothing was written, and nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// It is not this end's turn for it.
    #[error("cannot be sent in state {state:?}")]
    State {
        /// The state of the end that sends.
        state: State,
    },
    /// More content than the head announced.
    #[error("content is longer than the {left} bytes left")]
    BodyTooLong {
        /// Bytes that may still be sent.
        left: u64,
    },
    /// The end before all the content that the head announced.
    #[error("{left} bytes of content are missing")]
    BodyTooShort {
        /// Bytes that are still to be sent.
        left: u64,
    },
    /// Content in a message that has none.
    #[error("this message has no content")]
    BodyNotAllowed,
    /// Trailers after a body that is not chunked.
    #[error("trailers need a chunked body")]
    TrailersNotAllowed,
    /// An interim response to a client of HTTP/1.0 (RFC 9110 section 15.2).
    #[error("interim response to an http/1.0 client")]
    InterimToHttp10,
    /// 101 (Switching Protocols) to a request that asks for no upgrade, or a switch before all of the request's content is
    /// there.
    #[error("no switch of protocols was asked for")]
    SwitchNotProposed,
    /// 101 (Switching Protocols) to a protocol that the request did not offer (RFC 9110 section 7.8).
    #[error("upgrade in field {index} to a protocol that was not offered")]
    ProtocolNotOffered {
        /// Which field, from 0.
        index: usize,
    },
    /// The value itself cannot be sent.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// Appends what a send to a slice writes: the tests of a build without `alloc` send by it.
#[cfg(all(test, not(feature = "alloc")))]
pub(crate) fn append(
    out: &mut std::vec::Vec<u8>,
    send: impl FnOnce(&mut [u8]) -> Result<usize, SendError>,
) -> Result<usize, SendError> {
    let mut room = [0; 512];
    let sent = send(&mut room)?;
    out.extend(room.into_iter().take(sent));
    Ok(sent)
}
