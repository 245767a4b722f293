use super::{Body, BodyReader};
use crate::config::{Config, Quirks};
use crate::error::{Error, ErrorKind};
use crate::framing::Framing;
use crate::scan::Progress;

/// How far one direction of a connection has been read: what is the same for requests and responses.
///
/// Their two readers are still alike in the arms that make their own events of a head and of a piece of a body. A trait over
/// both would need an associated type with a lifetime for each, and a hook wherever a response differs (interim heads, the
/// switch, the method that it answers): more lines than it saves, and harder to follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Direction {
    pub(super) state: State,
    pub(super) config: Config,
    /// Bytes of the last input that gave no event: where the input ends, if it ends there.
    pub(super) unread_len: usize,
    /// The current message is the connection's last.
    is_last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Head(Progress),
    Body(BodyReader),
    /// The last message has ended.
    Closed,
    /// What follows is not HTTP/1.1, or does not matter.
    Stopped,
    Failed(Error),
}

impl Direction {
    pub(super) const fn new(config: Config) -> Self {
        Self {
            state: State::Head(Progress::new()),
            config,
            unread_len: 0,
            is_last: false,
        }
    }

    /// A head was reported, and its body, empty or not, comes next.
    #[inline]
    pub(super) fn begin_body(&mut self, framing: &Framing) {
        self.is_last =
            !framing.keep_alive() && !self.config.quirks.contains(Quirks::MESSAGE_AFTER_CLOSE);
        self.state = State::Body(BodyReader::new(framing.body(), self.config));
    }

    /// The end of a message was reported.
    #[inline]
    pub(super) const fn end(&mut self) {
        self.state = if self.is_last {
            State::Closed
        } else {
            State::Head(Progress::new())
        };
    }

    /// Whether no message is under way: none has begun, or the last one that began has ended.
    pub(super) const fn is_between(&self) -> bool {
        match &self.state {
            State::Head(progress) => progress.is_only_empty_lines(self.unread_len),
            State::Closed => self.unread_len != b"\r".len(),
            State::Stopped => true,
            State::Body(_) | State::Failed(_) => false,
        }
    }

    /// Nothing more is read. An error stays one.
    pub(super) const fn stop(&mut self) {
        if !matches!(self.state, State::Failed(_)) {
            self.state = State::Stopped;
        }
    }

    pub(super) const fn fail(&mut self, error: Error) {
        self.state = State::Failed(error);
    }

    /// Remembers what came of an input of `len` bytes.
    #[inline]
    pub(super) const fn note<T>(
        &mut self,
        len: usize,
        received: &Result<Option<(T, usize)>, Error>,
    ) {
        match received {
            Ok(None) => self.unread_len = len,
            Ok(Some(_)) => self.unread_len = 0,
            Err(error) => self.fail(*error),
        }
    }

    /// The input has ended, and not between two messages.
    pub(super) fn receive_eof(&mut self) -> Result<Option<Body<'static>>, Error> {
        let ended = match &mut self.state {
            State::Body(body) => body.receive_eof(),
            State::Head(_) | State::Closed => {
                Err(Error::new(ErrorKind::UnexpectedEnd, self.unread_len))
            }
            State::Stopped => Ok(None),
            State::Failed(error) => Err(*error),
        };
        if let Err(error) = ended {
            self.fail(error);
        }
        ended
    }
}

/// What may follow the last message: nothing, or an empty line, which belongs to none (RFC 9112 sections 2.2 and 9.2).
pub(super) const fn check_closed(input: &[u8]) -> Result<(), Error> {
    match input {
        [] | b"\r" | b"\r\n" => Ok(()),
        [b'\r', b'\n', ..] => Err(Error::new(ErrorKind::MessageAfterClose, 2)),
        _ => Err(Error::new(ErrorKind::MessageAfterClose, 0)),
    }
}
