/// How the input of one side ended. Every end is one or the other, and only the caller's socket knows which.
///
/// A loss that passes for an orderly end makes a whole message of a part, and where the message has no length, nothing else
/// says which it is: "A client that receives an incomplete response message, which can occur when a
/// connection is closed prematurely [..] MUST record the message as incomplete" (RFC 9112 section 8).
///
/// ```
/// use wirekit_bridge::{Config, Edit, End, Exchange, Loss, Request, ResponseTable, Upstream};
/// use wirekit_http1::{self as http1, FieldTable, client, server::Event};
///
/// let (mut fields, mut table, mut out) = (FieldTable::new(), ResponseTable::new(), Vec::new());
/// for (end, is_whole) in [(End::Clean, true), (End::Lost(Loss::Broken), false)] {
///     let mut exchange = Exchange::new(Config::DEFAULT);
///     let received = exchange.receive_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut fields)?;
///     let Some((Event::Head { head, .. }, _)) = received else { panic!("more bytes are needed") };
///     let server = Upstream::Http1(client::Connection::new(http1::Config::DEFAULT));
///     exchange.send_request(&head, server, &Request::new("http"), &mut out)?;
///     // A body that ends with its connection.
///     exchange.forward_response(b"HTTP/1.0 200 OK\r\n\r\nhalf of", &mut table, &Edit::NONE, &mut out)?;
///     assert_eq!(exchange.forward_response_end(end, &mut out).is_ok(), is_whole);
/// }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a connection ends in order or it does not"
)]
pub enum End {
    /// The peer closed its side in order: a read gave no bytes. Over TLS that is so only behind its `close_notify`.
    Clean,
    /// The connection was lost: nothing that lasts until its end is whole.
    Lost(Loss),
}

wirekit_macros::errors! {
    /// How a connection was lost: what the status of the answer depends on.
    ///
    /// ```
    /// use wirekit_bridge::{Fault, Loss};
    /// use wirekit_http1::StatusCode;
    ///
    /// let silent = Fault::Lost { loss: Loss::Timeout };
    /// assert_eq!(silent.status(), StatusCode::GATEWAY_TIMEOUT); // RFC 9110 section 15.6.5
    /// let broken = Fault::Lost { loss: Loss::Broken };
    /// assert_eq!(broken.status(), StatusCode::BAD_GATEWAY); // section 15.6.3
    /// ```
    pub enum Loss {
        /// It broke: a reset, an unreachable network, TLS without its `close_notify`.
        Broken = "connection was lost";
        /// The peer sent nothing, or took nothing, for longer than the gateway waits.
        Timeout = "peer was silent for too long";
    }
}

impl End {
    /// The end that the result of a read says, if it says one: `None` where bytes were read, and where there may be some
    /// later. The read must have had room for a byte, or what looks like the end is none.
    ///
    /// Where the gateway's own timer ran out, there is no such result: that is [`Loss::Timeout`].
    ///
    /// ```
    /// use std::io::{self, ErrorKind};
    /// use wirekit_bridge::{End, Loss};
    ///
    /// assert_eq!(End::of_read(&Ok(5)), None);
    /// assert_eq!(End::of_read(&Err(ErrorKind::WouldBlock.into())), None);
    /// assert_eq!(End::of_read(&Ok(0)), Some(End::Clean));
    /// assert_eq!(End::of_read(&Err(ErrorKind::ConnectionReset.into())), Some(End::Lost(Loss::Broken)));
    /// // What `rustls` says of an end without `close_notify`.
    /// assert_eq!(End::of_read(&Err(ErrorKind::UnexpectedEof.into())), Some(End::Lost(Loss::Broken)));
    /// ```
    #[cfg(feature = "std")]
    pub fn of_read(read: &std::io::Result<usize>) -> Option<Self> {
        use std::io::ErrorKind;
        match read {
            Ok(0) => Some(Self::Clean),
            Ok(_) => None,
            Err(error) => match error.kind() {
                ErrorKind::WouldBlock | ErrorKind::Interrupted => None,
                ErrorKind::TimedOut => Some(Self::Lost(Loss::Timeout)),
                _ => Some(Self::Lost(Loss::Broken)),
            },
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use std::io::ErrorKind;

    use super::{End, Loss};

    // RFC 9112 section 8: an end in order is another than a loss.
    #[test]
    fn a_read_says_how_the_input_ended() {
        let (broken, timeout) = (End::Lost(Loss::Broken), End::Lost(Loss::Timeout));
        for (read, end) in [(0, Some(End::Clean)), (1, None), (5, None)] {
            assert_eq!(End::of_read(&Ok(read)), end);
        }
        for (kind, end) in [
            (ErrorKind::WouldBlock, None),
            (ErrorKind::Interrupted, None),
            (ErrorKind::TimedOut, Some(timeout)),
            (ErrorKind::ConnectionReset, Some(broken)),
            (ErrorKind::UnexpectedEof, Some(broken)),
        ] {
            assert_eq!(End::of_read(&Err(kind.into())), end, "{kind}");
        }
    }
}
