use super::config::{Expectation, Limits};
use super::head::{Body, FieldTable, Head, Span};
use super::scan::{Coding, HeadScan};
use crate::{Error, ErrorKind};

/// What a [`Decoder`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A 1xx before the answer, other than 101: pass it on as it is, or drop it; another head follows.
    Interim(Head<'a>),
    /// The answer's head.
    Head(Head<'a>),
    /// 101: what follows, both ways, is no longer HTTP.
    Switch(Head<'a>),
    /// A piece of the body, never empty; still coded where the head says [`Body::Chunked`].
    Data(&'a [u8]),
    /// The body is complete. What the application has sent beyond it stays unread.
    End,
}

/// The client's side of a connection: one answer in CGI form, in pieces.
///
/// One in the form of HTTP/1.1 is `FieldSyntax` at its slash: see [`Form::of`](super::Form::of).
///
/// Each call is given all unread bytes: those that an earlier call left, and those that have come since. It remembers how
/// far it has looked at a head, and refuses one at the byte that breaks a rule, before its line is complete.
///
/// ```
/// use wirekit_uwsgi::response::{Body, Decoder, Event, Expectation, FieldTable};
///
/// let mut unread = &b"Status: 201 Created\r\nContent-Length: 2\r\n\r\nhi"[..];
/// let mut table = FieldTable::new();
/// let mut decoder = Decoder::new(Expectation::Body);
/// while let Some((event, used)) = decoder.receive(unread, &mut table)? {
///     match event {
///         Event::Head(head) => assert_eq!((head.status(), head.body()), (201, Body::Length(2))),
///         Event::Data(data) => assert_eq!(data, b"hi"),
///         Event::End => break,
///         _ => {}
///     }
///     unread = &unread[used..];
/// }
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
///
/// Specification section 5.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    expectation: Expectation,
    limits: Limits,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head(HeadScan),
    Body(Body),
    Ended,
    Failed(Error),
}

impl Decoder {
    /// A decoder of one answer.
    pub const fn new(expectation: Expectation) -> Self {
        Self::with_limits(expectation, Limits::DEFAULT)
    }

    /// A decoder of one answer, with limits.
    pub const fn with_limits(expectation: Expectation, limits: Limits) -> Self {
        Self {
            expectation,
            limits,
            state: State::Head(HeadScan::new(expectation)),
        }
    }

    /// Takes the next event from the front of the unread bytes; `None` until more have come.
    ///
    /// `table` must be the same for one head; its fields are in the event's.
    ///
    /// # Errors
    ///
    /// `StatusSyntax`, `StatusRange`, `StatusConflict`, `FieldSyntax`, `FieldFolded`, `FieldByte`, `HeadTooLong`,
    /// `TooManyFields`, `ContentLengthSyntax`, `ContentLengthOverflow`, `ContentLengthConflict`, `TransferCoding`,
    /// `LengthAndCoding`, `UnexpectedSwitch`. An error is final: it comes again from every later call.
    pub fn receive<'i, const N: usize>(
        &mut self,
        input: &'i [u8],
        table: &'i mut FieldTable<N>,
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        match &mut self.state {
            State::Head(scan) => match scan.advance(input, &mut table.spans, self.limits) {
                Ok(None) => Ok(None),
                Ok(Some(used)) => {
                    Ok(self.finish_head(input.get(..used).unwrap_or(input), &table.spans))
                }
                Err(error) => self.fail(error),
            },
            State::Body(Body::None | Body::Length(0)) => {
                self.state = State::Ended;
                Ok(Some((Event::End, 0)))
            }
            State::Body(Body::Length(left)) => {
                let most = usize::try_from(*left).unwrap_or(usize::MAX);
                let data = input.get(..most).unwrap_or(input);
                *left -= data.len() as u64;
                Ok((!data.is_empty()).then_some((Event::Data(data), data.len())))
            }
            State::Body(Body::Chunked | Body::UntilClose) => {
                Ok((!input.is_empty()).then_some((Event::Data(input), input.len())))
            }
            State::Ended => Ok(None),
            State::Failed(error) => Err(*error),
        }
    }

    /// The application closed its side, with these bytes unread: the body may end so.
    ///
    /// `Some(End)` where that completes the body, `None` where it was complete before. Whether a chunked body is
    /// complete, only its decoder knows.
    ///
    /// # Errors
    ///
    /// `NoAnswer` before the first byte of a head, `HeadTruncated` inside one, `BodyTruncated` inside a body of a
    /// known length; and an earlier error again.
    pub fn receive_eof(&mut self, unread: &[u8]) -> Result<Option<Event<'static>>, Error> {
        let kind = match self.state {
            State::Head(_) if unread.is_empty() => ErrorKind::NoAnswer,
            State::Head(_) => ErrorKind::HeadTruncated,
            State::Body(Body::Length(missing @ 1..)) => ErrorKind::BodyTruncated { missing },
            State::Body(_) => {
                self.state = State::Ended;
                return Ok(Some(Event::End));
            }
            State::Ended => return Ok(None),
            State::Failed(error) => return Err(error),
        };
        self.fail(Error::new(kind, unread.len()))
    }

    /// Whether bytes are what it waits for; false after [`Event::End`] and after an error.
    pub const fn wants_input(&self) -> bool {
        !matches!(
            self.state,
            State::Ended | State::Failed(_) | State::Body(Body::None | Body::Length(0))
        )
    }

    fn fail<T>(&mut self, error: Error) -> Result<T, Error> {
        self.state = State::Failed(error);
        Err(error)
    }

    /// Decides what a complete head means.
    fn finish_head<'i>(
        &mut self,
        bytes: &'i [u8],
        spans: &'i [Span],
    ) -> Option<(Event<'i>, usize)> {
        let State::Head(scan) = self.state else {
            return None;
        };
        let status = scan.status.unwrap_or(scan.default_status);
        let body = match (status, self.expectation) {
            (101, _) => Body::UntilClose,
            // RFC 9112 section 6.3, rules 1 and 2.
            (100..200 | 204 | 304, _) | (_, Expectation::HeadOnly) => Body::None,
            _ if scan.coding == Coding::Chunked => Body::Chunked,
            _ => scan.content_length.map_or(Body::UntilClose, Body::Length),
        };
        let head = Head {
            bytes,
            spans: spans.get(..scan.fields).unwrap_or_default(),
            status,
            reason: scan.reason,
            body,
            content_length: scan.content_length,
        };
        let (event, state) = match status {
            101 => (Event::Switch(head), State::Body(body)),
            100..200 => (
                Event::Interim(head),
                State::Head(HeadScan::new(self.expectation)),
            ),
            _ => (Event::Head(head), State::Body(body)),
        };
        self.state = state;
        Some((event, bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    fn run(
        input: &[u8],
        step: usize,
        expectation: Expectation,
    ) -> (Vec<u16>, Vec<u8>, Result<bool, ErrorKind>) {
        let mut decoder = Decoder::new(expectation);
        let mut table = FieldTable::<4>::with_capacity();
        let (mut heads, mut body) = (Vec::new(), Vec::new());
        let (mut at, mut have) = (0, 0);
        loop {
            match decoder.receive(&input[at..have], &mut table) {
                Ok(Some((event, used))) => {
                    at += used;
                    match event {
                        Event::Interim(head) | Event::Head(head) | Event::Switch(head) => {
                            heads.push(head.status())
                        }
                        Event::Data(data) => body.extend_from_slice(data),
                        Event::End => return (heads, body, Ok(at == input.len())),
                    }
                }
                Ok(None) if have < input.len() => have = (have + step).min(input.len()),
                Ok(None) => {
                    let end = decoder
                        .receive_eof(&input[at..have])
                        .map(|_| true)
                        .map_err(Error::kind);
                    return (heads, body, end);
                }
                Err(error) => return (heads, body, Err(error.kind())),
            }
        }
    }

    #[test]
    fn bodies_end_where_they_should_at_every_split() {
        type Row = (
            &'static [u8],
            Expectation,
            &'static [u16],
            &'static [u8],
            Result<bool, ErrorKind>,
        );
        #[rustfmt::skip]
        let rows: &[Row] = &[
            (b"Status: 200 OK\r\n\r\nto the end", Expectation::Body, &[200], b"to the end", Ok(true)),
            (b"Status: 200 OK\r\nContent-Length: 2\r\n\r\nab", Expectation::Body, &[200], b"ab", Ok(true)),
            // Longer than it says: cut, and the rest left unread.
            (b"Status: 200 OK\r\nContent-Length: 2\r\n\r\nabStatus: 200 evil\r\n\r\n", Expectation::Body, &[200], b"ab", Ok(false)),
            (b"Status: 200 OK\r\nContent-Length: 5\r\n\r\nab", Expectation::Body, &[200], b"ab", Err(ErrorKind::BodyTruncated { missing: 3 })),
            (b"Status: 100 C\r\n\r\nStatus: 103 E\r\nA: b\r\n\r\nStatus: 200 OK\r\n\r\nx", Expectation::Body, &[100, 103, 200], b"x", Ok(true)),
            (b"Status: 200 OK\r\nA: b\r\n\r\nbody", Expectation::HeadOnly, &[200], b"", Ok(false)),
            (b"Status: 101 S\r\n\r\n\x81\0", Expectation::Upgrade, &[101], b"\x81\0", Ok(true)),
            (b"", Expectation::Body, &[], b"", Err(ErrorKind::NoAnswer)),
            (b"Status: 200 OK\r\nA", Expectation::Body, &[], b"", Err(ErrorKind::HeadTruncated)),
        ];
        for (input, expectation, heads, body, end) in rows {
            for step in 1..=input.len().max(1) {
                let (got_heads, got_body, got_end) = run(input, step, *expectation);
                assert_eq!((&got_heads[..], &got_body[..]), (*heads, *body));
                if step == input.len() || end.is_err() || *end == Ok(true) {
                    assert_eq!(got_end, *end);
                }
            }
        }
    }

    #[test]
    fn fields_are_there_as_they_came() {
        let input = b"Status: 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nSet-Cookie:  a=1\r\nSet-Cookie: b=2\r\n\r\n";
        let mut table = FieldTable::<5>::with_capacity();
        let mut decoder = Decoder::new(Expectation::Body);
        let Ok(Some((Event::Head(head), _))) = decoder.receive(input, &mut table) else {
            panic!()
        };
        let cookies: Vec<_> = head
            .fields()
            .into_iter()
            .filter(|field| field.is("set-cookie"))
            .map(|field| field.value)
            .collect();
        assert_eq!(cookies, [b"a=1", b"b=2"]);
        assert_eq!(head.get("x-hop"), Some(&b"1"[..]));
        assert_eq!(head.reason(), b"OK");
    }
}
