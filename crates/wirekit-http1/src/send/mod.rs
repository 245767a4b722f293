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

wirekit_macros::errors! {
    /// A connection cannot send this now: the caller's side. Nothing was written, and nothing changed.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use wirekit_http1::server::Connection;
    /// use wirekit_http1::{BodyLength, Config, FieldTable, SendError, StatusCode, StatusLine};
    ///
    /// let (mut connection, mut out) = (Connection::new(Config::DEFAULT), Vec::new());
    /// connection.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut FieldTable::new())?;
    /// connection.send_head(&StatusLine::new(StatusCode::OK), &[], BodyLength::Length(2), &mut out)?;
    /// // RFC 9112 section 6.3: the body has the length that the head says.
    /// assert_eq!(connection.send_data(b"hello", &mut out), Err(SendError::BodyTooLong { left: 2 })); // bytes
    /// # }
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub enum SendError {
        /// It is not this end's turn for it.
        State { /** The state of the end that sends. */ state: State } = "cannot be sent in state {state:?}";
        /// More content than the head announced.
        BodyTooLong { /** Bytes that may still be sent. */ left: u64 } = "content is longer than the {left} bytes left";
        /// The end before all the content that the head announced.
        BodyTooShort { /** Bytes that are still to be sent. */ left: u64 } = "{left} bytes of content are missing";
        /// Content in a message that has none.
        BodyNotAllowed = "this message has no content";
        /// Trailers after a body that is not chunked.
        TrailersNotAllowed = "trailers need a chunked body";
        /// An interim response to a client of HTTP/1.0 (RFC 9110 section 15.2).
        InterimToHttp10 = "interim response to an http/1.0 client";
        /// 101 (Switching Protocols) to a request that asks for no upgrade, or a switch before all of the request's content is
        /// there.
        SwitchNotProposed = "no switch of protocols was asked for";
        /// 101 (Switching Protocols) to a protocol that the request did not offer (RFC 9110 section 7.8).
        ProtocolNotOffered { /** Which field, from 0. */ index: usize } = "upgrade in field {index} to a protocol that was not offered";
        /// The value itself cannot be sent.
        Encode { /** Why not. */ error: EncodeError } = "{error}";
    }
}

impl From<EncodeError> for SendError {
    fn from(error: EncodeError) -> Self {
        Self::Encode { error }
    }
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
