use core::time::Duration;

use crate::{Connection, State};

/// How long the close handshake may take, and which end closes the transport: RFC 6455 section 5.5.1 lets a client do it "if it
/// has not received a TCP Close from the server in a reasonable time period", and leaves the time to the endpoint.
///
/// The time runs from the first call after a Close frame was sent or received, or the peer broke a rule, to the end of the
/// transport. Like [`Heartbeat`](crate::Heartbeat) it has no clock: every call takes the time since some moment of the
/// caller's choice, the same for all calls.
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use core::time::Duration;
/// use wirekit_websocket::{Close, CloseCode, CloseTimeout, Closing, Config, Connection};
///
/// let second = Duration::from_secs(1);
/// let mut server = Connection::new(Config::SERVER);
/// let mut timeout = CloseTimeout::new(5 * second);
/// assert_eq!(timeout.poll(&server, second), Closing::Open);
///
/// let mut out = Vec::new();
/// server.send_close(Close { code: CloseCode::GOING_AWAY, reason: "" }, None, &mut out)?;
/// assert_eq!(timeout.poll(&server, 2 * second), Closing::Wait { until: 7 * second });
/// // Read until then, and no longer: the peer may never answer.
/// assert_eq!(timeout.poll(&server, 7 * second), Closing::Expired);
///
/// // It answers, masked: the server closes the transport.
/// server.receive(&mut b"\x88\x82\0\0\0\0\x03\xe9".to_owned())?;
/// assert_eq!(timeout.poll(&server, 8 * second), Closing::Done);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CloseTimeout {
    timeout: Duration,
    begun: Option<Duration>,
}

/// What an endpoint is to do about the close handshake: RFC 6455 section 7.1. The example of [`CloseTimeout`] meets each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Closing {
    /// Nothing: it has not begun.
    Open,
    /// To send what is due, and to read until the transport ends or this time has come.
    ///
    /// A client waits for the end of the transport even after both Close frames, "so that it holds the TIME_WAIT state"
    /// at the server (RFC 6455 section 7.1.1). Either end waits after an error: a transport that is closed with bytes unread may
    /// lose the Close frame that says why.
    Wait {
        /// When to ask again.
        until: Duration,
    },
    /// Once everything is written, the transport is to be closed: the peer's side of it has ended, or both Close frames were
    /// exchanged and this is the server, which "MUST close the underlying TCP connection immediately" (RFC 6455 section 5.5.1).
    Done,
    /// The peer has not done its part in time: the transport can be closed.
    Expired,
}

impl CloseTimeout {
    /// Expires `timeout` after the close handshake has begun.
    pub const fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            begun: None,
        }
    }

    /// Says what is to be done, after each call that may have changed [`Connection::state`].
    pub fn poll(&mut self, connection: &Connection, now: Duration) -> Closing {
        match connection.state() {
            State::Open => return Closing::Open,
            State::Closed | State::Failed if !connection.awaits_end() => return Closing::Done,
            _ => {}
        }
        let begun = *self.begun.get_or_insert(now);
        let until = begun.saturating_add(self.timeout);
        if now < until {
            Closing::Wait { until }
        } else {
            Closing::Expired
        }
    }
}

#[cfg(test)]
#[cfg(feature = "alloc")]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::{Close, CloseCode, Config, MaskingKey};

    const SECOND: Duration = Duration::from_secs(1);
    const CLOSE: Close<'_> = Close {
        code: CloseCode::NORMAL_CLOSURE,
        reason: "",
    };
    const KEY: MaskingKey = MaskingKey([0; 4]);

    #[test]
    fn a_client_waits_for_the_end_of_the_transport() {
        // RFC 6455 section 5.5.1; the time is counted once, from the first Close frame.
        let mut client = Connection::new(Config::CLIENT);
        let mut timeout = CloseTimeout::new(3 * SECOND);
        assert_eq!(timeout.poll(&client, SECOND), Closing::Open);
        client.receive(&mut [0x88, 0]).unwrap();
        let wait = Closing::Wait { until: 5 * SECOND };
        assert_eq!(timeout.poll(&client, 2 * SECOND), wait);
        client
            .send_close(CLOSE, Some(KEY), &mut Vec::new())
            .unwrap();
        assert_eq!(client.state(), State::Closed);
        assert_eq!(timeout.poll(&client, 4 * SECOND), wait);
        assert_eq!(timeout.poll(&client, 5 * SECOND), Closing::Expired);
        client.receive_eof().unwrap();
        assert_eq!(timeout.poll(&client, 5 * SECOND), Closing::Done);
    }

    #[test]
    fn a_server_is_done_with_both_frames() {
        let mut server = Connection::new(Config::SERVER);
        let mut timeout = CloseTimeout::new(3 * SECOND);
        server.receive(&mut [0x88, 0x80, 0, 0, 0, 0]).unwrap();
        // Its own frame may wait until a message is sent (RFC 6455 section 5.5.1), but not forever.
        let wait = Closing::Wait { until: 3 * SECOND };
        assert_eq!(timeout.poll(&server, Duration::ZERO), wait);
        assert_eq!(timeout.poll(&server, 3 * SECOND), Closing::Expired);
        server.send_close(CLOSE, None, &mut Vec::new()).unwrap();
        assert_eq!(timeout.poll(&server, 9 * SECOND), Closing::Done);
    }

    #[test]
    fn after_an_error_either_end_waits() {
        for (mut connection, key) in [
            (Connection::new(Config::CLIENT), Some(KEY)),
            (Connection::new(Config::SERVER), None),
        ] {
            let mut timeout = CloseTimeout::new(3 * SECOND);
            connection.receive(&mut [0x83]).unwrap_err();
            let wait = Closing::Wait { until: 3 * SECOND };
            assert_eq!(timeout.poll(&connection, Duration::ZERO), wait);
            connection.send_due(key, &mut Vec::new()).unwrap();
            assert_eq!(timeout.poll(&connection, SECOND), wait);
            assert_eq!(timeout.poll(&connection, 3 * SECOND), Closing::Expired);
            connection.receive_eof().unwrap_err();
            assert_eq!(timeout.poll(&connection, SECOND), Closing::Done);
        }
    }

    #[test]
    fn the_end_of_the_clock_does_not_overflow() {
        let mut client = Connection::new(Config::CLIENT);
        client.receive(&mut [0x88, 0]).unwrap();
        let mut timeout = CloseTimeout::new(Duration::MAX);
        let wait = Closing::Wait {
            until: Duration::MAX,
        };
        assert_eq!(timeout.poll(&client, SECOND), wait);
        assert_eq!(timeout.poll(&client, Duration::MAX), Closing::Expired);
    }
}
