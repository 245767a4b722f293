use super::Body;
use super::direction::{Direction, State, check_closed};
use crate::config::{Config, Quirks};
use crate::error::Error;
use crate::field::{FieldTable, Fields};
use crate::framing::Framing;
use crate::request::RequestHead;

/// What comes from a client: RFC 9112 section 2.1.
///
/// The example of [`RequestReader`] handles them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 2.1 fixes what a request is made of"
)]
pub enum RequestEvent<'a> {
    /// A request begins.
    Head {
        /// The request line and the fields.
        head: RequestHead<'a>,
        /// What they say about the body and the connection.
        framing: Framing,
    },
    /// Content, never empty.
    Data(&'a [u8]),
    /// The request ends, with the trailer fields of a chunked body. Every head has its end, or a switch that the server
    /// agreed to before.
    End(Fields<'a>),
}

/// Reads the requests of one connection, one after the other, without taking part in the conversation: for programs that
/// only watch (RFC 9112 section 9.3). A server reads with a `server::Connection`.
///
/// ```
/// use wirekit_http1::{Config, FieldTable, RequestEvent, RequestReader};
///
/// let mut input: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\nPUT /b HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
/// let (mut reader, mut fields) = (RequestReader::new(Config::DEFAULT), FieldTable::new());
/// let mut targets = Vec::new();
/// while let Some((event, used)) = reader.receive(input, &mut fields)? {
///     match event {
///         RequestEvent::Head { head, .. } => targets.push(head.target().to_owned()),
///         RequestEvent::Data(data) => assert_eq!(data, b"hi"),
///         RequestEvent::End(_) => {}
///     }
///     input = &input[used..];
/// }
/// reader.receive_eof()?;
/// assert_eq!(targets, ["/", "/b"]);
/// # Ok::<(), wirekit_http1::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestReader {
    direction: Direction,
}

impl RequestReader {
    /// A reader at the start of a connection.
    pub const fn new(config: Config) -> Self {
        Self {
            direction: Direction::new(config),
        }
    }

    /// Whether no request is under way, so that the connection may close here.
    pub const fn is_between_messages(&self) -> bool {
        self.direction.is_between()
    }

    /// What follows is not HTTP/1.1, or nothing that matters: from now on the input is left alone.
    pub const fn stop(&mut self) {
        self.direction.stop();
    }

    /// The next event, and the bytes used up to its end; `None` asks for more input.
    ///
    /// `input` starts where the last event ended, and any table will do.
    ///
    /// # Errors
    ///
    /// Every kind but those of a status line, from then on forever.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(RequestEvent<'a>, usize)>, Error> {
        let received = self.advance(input, fields);
        self.direction.note(input.len(), &received);
        received
    }

    fn advance<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(RequestEvent<'a>, usize)>, Error> {
        let config = &self.direction.config;
        match &mut self.direction.state {
            State::Head(progress) => {
                let Some((head, used)) = RequestHead::resume(input, fields, config, progress)?
                else {
                    return Ok(None);
                };
                let framing = head.framing(config.quirks)?;
                self.direction.begin_body(&framing);
                Ok(Some((RequestEvent::Head { head, framing }, used)))
            }
            State::Body(body) => Ok(body
                .receive(input, fields)?
                .map(|(piece, used)| (self.body_event(piece), used))),
            // "A client that sends a "close" connection option MUST NOT send further requests on that connection".
            State::Closed => check_closed(input).map(|()| None),
            State::Stopped => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// The input has ended.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) inside a request, where the last input ended.
    pub fn receive_eof(&mut self) -> Result<Option<RequestEvent<'static>>, Error> {
        if self.is_between_messages() {
            return Ok(None);
        }
        let piece = self.direction.receive_eof()?;
        Ok(piece.map(|piece| self.body_event(piece)))
    }

    /// Whether all of the current request has been reported but its end, which needs no more input.
    pub(crate) const fn is_at_end(&self) -> bool {
        matches!(&self.direction.state, State::Body(body) if body.is_at_end())
    }

    pub(crate) const fn quirks(&self) -> Quirks {
        self.direction.config.quirks
    }

    pub(crate) const fn error(&self) -> Option<Error> {
        match self.direction.state {
            State::Failed(error) => Some(error),
            State::Head(_) | State::Body(_) | State::Closed | State::Stopped => None,
        }
    }

    fn body_event<'a>(&mut self, piece: Body<'a>) -> RequestEvent<'a> {
        match piece {
            Body::Data(data) => RequestEvent::Data(data),
            Body::End(trailers) => {
                self.direction.end();
                RequestEvent::End(trailers)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;
    use crate::ErrorKind;

    const HEADS: [&[u8]; 2] = [
        b"GET /1 HTTP/1.1\r\nHost: first\r\nAccept: a\r\n\r\n",
        b"GET /2 HTTP/1.1\r\nHost: other\r\nAccept: b\r\n\r\n",
    ];

    // RFC 9112 section 2.2: an empty line before a request belongs to none.
    #[test]
    fn a_connection_may_close_between_messages() {
        let (mut fields, mut reader) = (FieldTable::new(), RequestReader::new(Config::DEFAULT));
        let wire = b"\r\nPUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
        let head_len = wire.len() - 1;
        assert!(reader.is_between_messages());
        for (len, is_between) in [(1, false), (2, true), (3, false), (head_len - 1, false)] {
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
    fn nothing_follows_the_last_request() {
        const CLOSE: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        const CONTENT: &[u8] =
            b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, close\r\nContent-Length: 1\r\n\r\nx";
        const OLD: &[u8] = b"GET / HTTP/1.0\r\n\r\n";
        const KEEP: &[u8] = b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        let after = |offset| Some(Error::new(ErrorKind::MessageAfterClose, offset));
        #[rustfmt::skip]
        let rows: [(&[u8], &[u8], Option<Error>); 10] = [
            (CLOSE, b"", None),
            (CLOSE, b"\r\n", None),
            (CLOSE, b"\r\nG", after(2)),
            (CLOSE, b"\r\n\r\n", after(2)),
            (CLOSE, b"GET / HTTP/1.1\r\n", after(0)),
            (CLOSE, b"\n", after(0)),
            (CLOSE, b"\rG", after(0)),
            (CONTENT, b"\0", after(0)),
            (OLD, OLD, after(0)),
            (KEEP, OLD, None),
        ];
        for (last, more, error) in rows {
            for step in [1, 1000] {
                let mut reader = RequestReader::new(Config::DEFAULT);
                assert_eq!(read(&mut reader, last, step), None);
                assert!(reader.is_between_messages());
                assert_eq!(read(&mut reader, more, step), error);
                assert_eq!(reader.receive_eof().err(), error);
            }
            let forgiving = Config::DEFAULT.quirks(Quirks::MESSAGE_AFTER_CLOSE);
            let mut reader = RequestReader::new(forgiving);
            assert_eq!(read(&mut reader, last, 1), None);
            assert_eq!(read(&mut reader, OLD, 1), None);
        }
        let mut reader = RequestReader::new(Config::DEFAULT);
        assert_eq!(read(&mut reader, CLOSE, 1), None);
        assert_eq!(read(&mut reader, b"\r", 1), None);
        let cut = Error::new(ErrorKind::UnexpectedEnd, 1);
        assert!(!reader.is_between_messages());
        assert_eq!(reader.receive_eof(), Err(cut));
    }

    /// Reads the input, `step` bytes more at a time, up to an error.
    fn read(reader: &mut RequestReader, input: &[u8], step: usize) -> Option<Error> {
        let (mut fields, mut at) = (FieldTable::new(), 0);
        for end in (step..input.len()).step_by(step).chain([input.len()]) {
            loop {
                match reader.receive(&input[at..end], &mut fields) {
                    Ok(Some((_, used))) => at += used,
                    Ok(None) => break,
                    Err(error) => return Some(error),
                }
            }
        }
        None
    }

    #[test]
    fn what_follows_a_stop_is_left_alone() {
        let (mut fields, mut reader) = (FieldTable::new(), RequestReader::new(Config::DEFAULT));
        assert_eq!(reader.receive(b"\r", &mut fields), Ok(None));
        reader.stop();
        assert!(reader.is_between_messages());
        assert_eq!(reader.receive(b"\0", &mut fields), Ok(None));
        assert_eq!(reader.receive_eof(), Ok(None));
        // But an error is final.
        let mut reader = RequestReader::new(Config::DEFAULT);
        let error = reader.receive(b"\0", &mut fields).unwrap_err();
        reader.stop();
        assert_eq!(reader.receive(b"", &mut fields), Err(error));
        assert_eq!(reader.receive_eof(), Err(error));
    }

    #[test]
    fn one_table_serves_two_connections_in_turn() {
        let mut fields = FieldTable::new();
        let mut readers = [(); 2].map(|()| RequestReader::new(Config::DEFAULT));
        let mut heard = Vec::new();
        for end in 1..=HEADS[0].len() {
            for (reader, wire) in readers.iter_mut().zip(HEADS) {
                if let Some((RequestEvent::Head { head, .. }, used)) =
                    reader.receive(&wire[..end], &mut fields).unwrap()
                {
                    heard.push(head.fields().first("host").unwrap().to_vec());
                    assert_eq!((used, head.fields().len()), (wire.len(), 2));
                }
            }
        }
        assert_eq!(heard, [b"first", b"other"]);
    }

    #[test]
    fn a_table_of_its_own_for_each_call_will_do() {
        let mut reader = RequestReader::new(Config::DEFAULT);
        for end in 1..HEADS[0].len() {
            assert_eq!(
                reader.receive(&HEADS[0][..end], &mut FieldTable::new()),
                Ok(None)
            );
        }
        let mut fields = FieldTable::new();
        let Ok(Some((RequestEvent::Head { head, .. }, _))) = reader.receive(HEADS[0], &mut fields)
        else {
            panic!()
        };
        assert_eq!(head.fields().first("accept"), Some(&b"a"[..]));
    }
}
