//! A connection from its first byte to its last: the opening handshake, then the echo. What it reads and writes is the
//! caller's business.

use core::task::Poll;
use std::io;

use wirekit::websocket::deflate::Pool;

use crate::echo::Echo;

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

/// One end of a connection: feed it, write what it appends, while it wants input.
#[derive(Debug)]
pub(crate) struct Session<H> {
    /// Until it is over.
    handshake: Option<H>,
    /// Once it has succeeded.
    pub(crate) echo: Option<Echo>,
}

impl<H: Handshake> Session<H> {
    pub(crate) const fn new(handshake: H) -> Self {
        Self {
            handshake: Some(handshake),
            echo: None,
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
        }
        Ok(taken)
    }

    /// The peer sends nothing more: appends what is still to be sent to `out`.
    pub(crate) fn receive_eof(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        match self.handshake.take() {
            Some(mut handshake) => handshake.receive_eof(out),
            None => Ok(()),
        }
    }

    /// Whether the peer has more to say that is of interest.
    pub(crate) fn wants_input(&self) -> bool {
        self.handshake.is_some() || self.echo.as_ref().is_some_and(Echo::wants_input)
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
