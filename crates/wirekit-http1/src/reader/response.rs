use super::Body;
use super::direction::{Direction, State, check_closed};
use crate::config::Config;
use crate::error::Error;
use crate::field::{FieldTable, Fields};
use crate::framing::Framing;
use crate::registry::{Method, MethodClass};
use crate::response::ResponseHead;
use crate::scan::Progress;

/// What comes from a server: RFC 9112 section 2.1, RFC 9110 section 15.2.
///
/// The example of [`ResponseReader`] handles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 2.1 fixes what a response is made of"
)]
pub enum ResponseEvent<'a> {
    /// An interim response, 1xx: the final one is still to come, unless it is 101 and [`Switch`](Self::Switch) follows.
    Interim {
        /// The status line and the fields.
        head: ResponseHead<'a>,
        /// What they say about the connection.
        framing: Framing,
    },
    /// A final response begins.
    Head {
        /// The status line and the fields.
        head: ResponseHead<'a>,
        /// What they say about the body and the connection.
        framing: Framing,
    },
    /// Content, never empty.
    Data(&'a [u8]),
    /// The response ends, with the trailer fields of a chunked body. Every final head has its end, or a switch.
    End(Fields<'a>),
    /// What follows belongs to another protocol: after 101, or after success of CONNECT. Nothing more is reported.
    Switch,
}

/// Reads the responses of one connection, one after the other, without taking part in the conversation: for programs that
/// only watch (RFC 9112 section 9.3). A client reads with a `client::Connection`.
///
/// How a response ends depends on the method of its request, which [`answers`](Self::answers) says beforehand.
///
/// ```
/// use wirekit_http1::{Config, FieldTable, Method, ResponseEvent, ResponseReader};
///
/// let input: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
/// let (mut reader, mut fields) = (ResponseReader::new(Config::DEFAULT), FieldTable::new());
/// reader.answers(Method::HEAD);
/// let Some((ResponseEvent::Head { head, .. }, used)) = reader.receive(input, &mut fields)? else { panic!() };
/// assert_eq!(head.status().0, 200);
/// assert!(matches!(reader.receive(&input[used..], &mut fields)?, Some((ResponseEvent::End(_), 0))));
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseReader {
    direction: Direction,
    request: MethodClass,
    /// The head that switches protocols was reported, and [`ResponseEvent::Switch`] is still due.
    is_switching: bool,
}

impl ResponseReader {
    /// A reader at the start of a connection; the first response answers a GET or its like.
    pub const fn new(config: Config) -> Self {
        Self {
            direction: Direction::new(config),
            request: MethodClass::Other,
            is_switching: false,
        }
    }

    /// Says which method the next final response answers. The one after it answers a GET or its like again.
    pub fn answers(&mut self, method: Method<'_>) {
        self.request = MethodClass::of(method);
    }

    /// Whether no response is under way, so that the connection may close here.
    pub const fn is_between_messages(&self) -> bool {
        self.direction.is_between() && !self.is_switching
    }

    /// What follows is not HTTP/1.1, or nothing that matters: from now on the input is left alone.
    pub const fn stop(&mut self) {
        self.is_switching = false;
        self.direction.stop();
    }

    /// The next event, and the bytes used up to its end; `None` asks for more input.
    ///
    /// `input` starts where the last event ended, and any table will do.
    ///
    /// # Errors
    ///
    /// Every kind but those of a request line, its target and Host, from then on forever.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Error> {
        let received = self.advance(input, fields);
        self.direction.note(input.len(), &received);
        received
    }

    fn advance<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Error> {
        let config = &self.direction.config;
        match &mut self.direction.state {
            State::Head(progress) => {
                let Some((head, used)) = ResponseHead::resume(input, fields, config, progress)?
                else {
                    return Ok(None);
                };
                Ok(Some((self.head_event(head)?, used)))
            }
            State::Body(body) => Ok(body
                .receive(input, fields)?
                .map(|(piece, used)| (self.body_event(piece), used))),
            State::Stopped if self.is_switching => {
                self.is_switching = false;
                Ok(Some((ResponseEvent::Switch, 0)))
            }
            // "The server MUST initiate closure of the connection after it sends the response containing the "close"
            // connection option."
            State::Closed => check_closed(input).map(|()| None),
            State::Stopped => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// The input has ended: the end of a response that lasts until then.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) inside any other response, where the last input ended.
    pub fn receive_eof(&mut self) -> Result<Option<ResponseEvent<'static>>, Error> {
        if self.is_between_messages() {
            return Ok(None);
        }
        if core::mem::take(&mut self.is_switching) {
            return Ok(Some(ResponseEvent::Switch));
        }
        let piece = self.direction.receive_eof()?;
        Ok(piece.map(|piece| self.body_event(piece)))
    }

    /// How long the last input was, if it gave no event.
    pub(crate) const fn unread_len(&self) -> usize {
        self.direction.unread_len
    }

    /// The connection found a fault that the reader cannot see.
    pub(crate) const fn fail(&mut self, error: Error) {
        self.is_switching = false;
        self.direction.fail(error);
    }

    fn head_event<'a>(&mut self, head: ResponseHead<'a>) -> Result<ResponseEvent<'a>, Error> {
        let framing = head.framing(self.request.method(), self.direction.config.quirks)?;
        let is_interim = head.status().is_informational();
        if framing.switches_protocols() {
            self.direction.stop();
            self.is_switching = true;
        } else if is_interim {
            self.direction.state = State::Head(Progress::new());
        } else {
            self.direction.begin_body(&framing);
        }
        if is_interim {
            return Ok(ResponseEvent::Interim { head, framing });
        }
        self.request = MethodClass::Other;
        Ok(ResponseEvent::Head { head, framing })
    }

    fn body_event<'a>(&mut self, piece: Body<'a>) -> ResponseEvent<'a> {
        match piece {
            Body::Data(data) => ResponseEvent::Data(data),
            Body::End(trailers) => {
                self.direction.end();
                ResponseEvent::End(trailers)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ErrorKind, Quirks};

    #[test]
    fn a_connection_may_close_between_messages() {
        let (mut fields, mut reader) = (FieldTable::new(), ResponseReader::new(Config::DEFAULT));
        // RFC 9112 section 9.2: empty lines before a response belong to none.
        let wire = b"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        let head_len = wire.len() - 1;
        assert!(reader.is_between_messages());
        for (len, is_between) in [
            (1, false),
            (2, true),
            (4, true),
            (5, false),
            (head_len - 1, false),
        ] {
            assert_eq!(reader.receive(&wire[..len], &mut fields), Ok(None));
            assert_eq!(reader.is_between_messages(), is_between, "{len}");
        }
        for (at, is_between) in [(0, false), (head_len, false), (wire.len(), true)] {
            assert!(reader.receive(&wire[at..], &mut fields).unwrap().is_some());
            assert_eq!(reader.is_between_messages(), is_between);
        }
    }

    // RFC 9112 sections 9.3 and 9.6.
    #[test]
    fn nothing_follows_the_last_response() {
        const CLOSE: &[u8] = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        const EMPTY: &[u8] = b"HTTP/1.1 204 \r\nConnection: close\r\n\r\n";
        const OLD: &[u8] = b"HTTP/1.0 304 \r\n\r\n";
        // An interim response is not the last one, whatever it says.
        const INTERIM: &[u8] = b"HTTP/1.1 100 \r\nConnection: close\r\n\r\n";
        const NEXT: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
        let after = Error::new(ErrorKind::MessageAfterClose, 0);
        let mut fields = FieldTable::new();
        for (first, error) in [
            (CLOSE, Some(after)),
            (EMPTY, Some(after)),
            (OLD, Some(after)),
            (INTERIM, None),
        ] {
            for (quirks, error) in [(Quirks::NONE, error), (Quirks::MESSAGE_AFTER_CLOSE, None)] {
                let mut reader = ResponseReader::new(Config::DEFAULT.quirks(quirks));
                let mut input = first;
                while let Some((_, used)) = reader.receive(input, &mut fields).unwrap() {
                    input = &input[used..];
                }
                assert!(reader.is_between_messages());
                assert_eq!(reader.clone().receive_eof(), Ok(None));
                for (more, is_between) in [(&b"\r"[..], false), (b"\r\n", true)] {
                    assert_eq!(reader.receive(more, &mut fields), Ok(None));
                    assert_eq!(reader.is_between_messages(), is_between);
                }
                assert_eq!(reader.receive(&NEXT[..1], &mut fields).err(), error);
                assert_eq!(reader.receive(NEXT, &mut fields).err(), error);
            }
        }
    }

    #[test]
    fn what_follows_a_stop_is_left_alone() {
        let (mut fields, mut reader) = (FieldTable::new(), ResponseReader::new(Config::DEFAULT));
        assert_eq!(reader.receive(b"H", &mut fields), Ok(None));
        reader.stop();
        assert!(reader.is_between_messages());
        assert_eq!(reader.receive(b"\0", &mut fields), Ok(None));
        assert_eq!(reader.receive_eof(), Ok(None));
        // But an error is final.
        let mut reader = ResponseReader::new(Config::DEFAULT);
        let error = reader.receive(b"\0", &mut fields).unwrap_err();
        reader.stop();
        assert_eq!(reader.receive(b"", &mut fields), Err(error));
        assert_eq!(reader.receive_eof(), Err(error));
    }
}
