//! A connection from its first byte to its last: the opening handshake, then the echo. What it reads and writes is the
//! caller's business.

use core::task::Poll;
use core::time::Duration;
use std::io;

use wirekit::websocket::Closing;
use wirekit::websocket::deflate::Pool;

use crate::echo::Echo;

/// How long the end of the transport is waited for, once it is due.
pub(crate) const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// The opening handshake of one end.
pub(crate) trait Handshake {
    /// Looks for the peer's head, and returns how much was taken. Once it is there, appends what is to be sent, and
    /// returns the connection unless it was refused.
    fn receive(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<(Poll<Option<Echo>>, usize)>;

    /// The peer sends nothing more, and the handshake is not over.
    fn receive_eof(&mut self, out: &mut Vec<u8>) -> io::Result<()>;
}

/// One end of a connection: write what it appends, and feed it for as long as `closing` says.
#[derive(Debug)]
pub(crate) struct Session<H> {
    /// Until it is over.
    handshake: Option<H>,
    /// Once it has succeeded.
    pub(crate) echo: Option<Echo>,
    /// When it was refused.
    refused: Option<Duration>,
    ended: bool,
}

impl<H: Handshake> Session<H> {
    pub(crate) const fn new(handshake: H) -> Self {
        Self {
            handshake: Some(handshake),
            echo: None,
            refused: None,
            ended: false,
        }
    }

    /// Takes what it can of `buf`, appends what is to be sent to `out`, and returns how much it took.
    pub(crate) fn receive(&mut self, buf: &mut [u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        if let Some(handshake) = &mut self.handshake {
            let (outcome, used) = handshake.receive(buf, out)?;
            let Poll::Ready(echo) = outcome else {
                return Ok(used);
            };
            (self.handshake, self.echo, taken) = (None, echo, used);
        }
        if let Some(echo) = &mut self.echo {
            let frames = buf.get_mut(taken..).unwrap_or_default();
            taken += echo.receive(frames, out).map_err(io::Error::other)?;
        } else {
            taken = buf.len(); // refused: nothing of it is of interest
        }
        Ok(taken)
    }

    /// The peer sends nothing more: appends what is still to be sent to `out`.
    pub(crate) fn receive_eof(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        self.ended = true;
        if let Some(mut handshake) = self.handshake.take() {
            handshake.receive_eof(out)?;
        }
        if let Some(echo) = &mut self.echo {
            echo.receive_eof();
        }
        Ok(())
    }

    /// Whether to close the transport, or its writing side where the peer's has not ended: closing a socket with bytes
    /// unread may take the last that was written from the peer.
    pub(crate) fn wants_close(&self) -> bool {
        self.handshake.is_none() && self.echo.as_ref().is_none_or(Echo::wants_close)
    }

    /// How long to read, by the time since the connection began.
    pub(crate) fn closing(&mut self, now: Duration) -> Closing {
        match &mut self.echo {
            Some(echo) => return echo.closing(now),
            None if self.handshake.is_some() => return Closing::Open,
            None if self.ended => return Closing::Done,
            None => {}
        }
        let until = *self.refused.get_or_insert(now) + CLOSE_TIMEOUT;
        if now < until {
            Closing::Wait { until }
        } else {
            Closing::Expired
        }
    }

    /// There may be something to do again.
    pub(crate) fn unpark(&mut self, pool: &mut Pool) {
        if let Some(echo) = &mut self.echo {
            echo.unpark(pool);
        }
    }

    /// The transport has ended: the code of the connection's end, how many messages came, and the last text; `None`
    /// where it was never open.
    pub(crate) fn finish(self, pool: &mut Pool) -> Option<String> {
        self.echo.map(|echo| echo.finish(pool))
    }
}
