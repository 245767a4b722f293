use super::config::{Config, Expectation};
use super::head::{Body, FieldTable, Head, Span};
use super::scan::{Coding, HeadScan};
use crate::{Error, ErrorKind};

/// What a [`Decoder`] found, in the order of an answer: specification section 5. The example of [`Decoder`] handles them.
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

/// Reads what an application answers in CGI form: heads, and the body behind the last one.
///
/// An answer in the form of HTTP/1.1 is `FieldSyntax` at its slash: see [`Form::of`](super::Form::of).
///
/// # How it works
///
/// It holds no bytes and does no input: the caller has a buffer of all that is unread, and drops from its front what a call
/// used. [`receive`](Self::receive) gives the next event, a head's fields by way of a [`FieldTable`] that the caller owns;
/// [`wants_input`](Self::wants_input) says whether more bytes are what it waits for; [`receive_eof`](Self::receive_eof)
/// takes the end of the application's side, which many a body ends with. One decoder reads one answer.
///
/// Each byte of a head is looked at once, when it arrives, and one that breaks a rule is refused before its line is complete.
/// An error is final.
///
/// # States
///
/// `Head` is where it starts. An event leads to the state in its column; what has no entry does not come in that state:
///
#[doc = include_str!("states.md")]
///
/// # The loop
///
/// ```
/// use std::io::Read;
/// use wirekit_uwsgi::response::{Body, Config, Decoder, Event, FieldTable};
///
/// # fn run(mut socket: impl Read) -> Result<Vec<u8>, Box<dyn std::error::Error>> {
/// let (mut decoder, mut table) = (Decoder::new(Config::DEFAULT), FieldTable::new());
/// let (mut unread, mut body) = (Vec::new(), Vec::new());
/// while decoder.wants_input() {
///     let mut piece = [0; 4096];
///     match socket.read(&mut piece)? {
///         0 => {
///             decoder.receive_eof()?; // an error where it cut something
///             break;
///         }
///         len => unread.extend_from_slice(&piece[..len]),
///     }
///     while let Some((event, used)) = decoder.receive(&unread, &mut table)? {
///         match event {
///             Event::Head(head) => assert_eq!((head.status(), head.body()), (201, Body::Length(2))),
///             Event::Data(data) => body.extend_from_slice(data),
///             _ => {} // an interim response, a switch, or the end
///         }
///         unread.drain(..used);
///     }
/// }
/// # Ok(body)
/// # }
/// # assert_eq!(run(&b"Status: 201 Created\r\nContent-Length: 2\r\n\r\nhi"[..]).unwrap(), b"hi");
/// # assert!(run(&b"Status: 201 Created\r\nContent-Length: 2\r\n\r\nh"[..]).is_err());
/// ```
///
/// Specification section 5.
#[derive(Clone, Copy, Debug)]
pub struct Decoder {
    config: Config,
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
    /// A decoder of one answer, in front of its head.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            state: State::Head(HeadScan::new(config.expectation)),
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
    /// `LengthAndCoding`, `UnexpectedSwitch`. An error is final: every later call returns it again.
    pub fn receive<'i, const N: usize>(
        &mut self,
        input: &'i [u8],
        table: &'i mut FieldTable<N>,
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        match &mut self.state {
            State::Head(scan) => match scan.advance(input, &mut table.spans, self.config.limits) {
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

    /// The application closed its side, and [`receive`](Self::receive) was given all that came before.
    ///
    /// `Some(End)` where that completes the body, `None` where it was complete before. Whether a chunked body is
    /// complete, only its decoder knows.
    ///
    /// # Errors
    ///
    /// `NoAnswer` before the first byte of a head, `HeadTruncated` inside one, `BodyTruncated` inside a body of a
    /// known length, all at the end of the unread bytes; and an earlier error again.
    pub fn receive_eof(&mut self) -> Result<Option<Event<'static>>, Error> {
        let error = match self.state {
            State::Head(scan) => match scan.seen() {
                0 => Error::new(ErrorKind::NoAnswer, 0),
                seen => Error::new(ErrorKind::HeadTruncated, seen),
            },
            State::Body(Body::Length(missing @ 1..)) => {
                Error::new(ErrorKind::BodyTruncated { missing }, 0)
            }
            State::Body(_) => {
                self.state = State::Ended;
                return Ok(Some(Event::End));
            }
            State::Ended => return Ok(None),
            State::Failed(error) => return Err(error),
        };
        self.fail(error)
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
        let body = match (status, self.config.expectation) {
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
                State::Head(HeadScan::new(self.config.expectation)),
            ),
            _ => (Event::Head(head), State::Body(body)),
        };
        self.state = state;
        Some((event, bytes.len()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::vec::Vec;

    use super::*;
    use crate::states::{self, Step};

    fn run(
        input: &[u8],
        step: usize,
        expectation: Expectation,
    ) -> (Vec<u16>, Vec<u8>, Result<bool, ErrorKind>) {
        let mut decoder = Decoder::new(Config::DEFAULT.expectation(expectation));
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
                    let end = decoder.receive_eof().map(|_| true).map_err(Error::kind);
                    return (heads, body, end);
                }
                Err(error) => return (heads, body, Err(error.kind())),
            }
        }
    }

    impl State {
        const fn name(&self) -> &'static str {
            match self {
                Self::Head(_) => "Head",
                Self::Body(_) => "Body",
                Self::Ended => "Ended",
                Self::Failed(_) => "Failed",
            }
        }
    }

    /// Every step that a decoder takes on its way through the input, which is the application's last.
    fn steps(input: &[u8], expectation: Expectation, steps: &mut BTreeSet<Step>) {
        let mut decoder = Decoder::new(Config::DEFAULT.expectation(expectation));
        let mut table = FieldTable::<4>::with_capacity();
        let mut unread = input;
        loop {
            let from = decoder.state.name();
            let mut received = decoder.receive(unread, &mut table);
            if received == Ok(None) {
                received = match decoder.receive_eof() {
                    Ok(None) => return,
                    Ok(Some(event)) => Ok(Some((event, 0))),
                    Err(error) => Err(error),
                };
            }
            let (event, used) = match received {
                Ok(Some((Event::Interim(_), used))) => ("Interim", used),
                Ok(Some((Event::Head(_), used))) => ("Head", used),
                Ok(Some((Event::Switch(_), used))) => ("Switch", used),
                Ok(Some((Event::Data(_), used))) => ("Data", used),
                Ok(Some((Event::End, used))) => ("End", used),
                _ => ("an error", 0),
            };
            let error = received.err();
            steps.insert([from, event, decoder.state.name()]);
            unread = &unread[used..];
            if let Some(error) = error {
                let from = decoder.state.name();
                assert_eq!(decoder.receive(unread, &mut table), Err(error));
                assert_eq!(decoder.receive_eof(), Err(error));
                steps.insert([from, "an error", decoder.state.name()]);
                return;
            }
        }
    }

    #[test]
    fn the_table_has_every_step_and_no_other() {
        let mut taken = BTreeSet::new();
        for input in [
            &b"Status: 103\r\n\r\nStatus: 200\r\n\r\nx"[..],
            b"Status: 200\r\nContent-Length: 1\r\n\r\n",
            b"Status: 101\r\n\r\nx",
            b"Status: x",
        ] {
            steps(input, Expectation::Upgrade, &mut taken);
        }
        assert_eq!(taken, states::steps(include_str!("states.md")));
    }

    #[test]
    fn an_end_is_in_order_or_cuts_something() {
        use ErrorKind::{BodyTruncated, HeadTruncated, NoAnswer, StatusSyntax};
        type Row<'a> = (
            &'a [&'a [u8]],
            bool,
            Result<Option<Event<'static>>, (ErrorKind, usize)>,
        );
        // What is received, whether more is waited for, what the end says. Specification section 5.6.
        #[rustfmt::skip]
        let rows: &[Row<'_>] = &[
            (&[], true, Err((NoAnswer, 0))),
            (&[b"S"], true, Err((HeadTruncated, 1))),
            (&[b"Status: 200\r\n"], true, Err((HeadTruncated, 13))),
            (&[b"Status: 103\r\n\r\n"], true, Err((NoAnswer, 0))),
            (&[b"Status: 103\r\n\r\n", b"A"], true, Err((HeadTruncated, 1))),
            (&[b"Status: 200\r\n\r\n"], true, Ok(Some(Event::End))),
            (&[b"Status: 200\r\n\r\n", b"x"], true, Ok(Some(Event::End))),
            (&[b"Transfer-Encoding: chunked\r\n\r\n", b"x"], true, Ok(Some(Event::End))),
            // RFC 9112 section 8: "incomplete if the size of the message body received (in octets) is less than the value given".
            (&[b"Content-Length: 2\r\n\r\n"], true, Err((BodyTruncated { missing: 2 }, 0))),
            (&[b"Content-Length: 2\r\n\r\n", b"x"], true, Err((BodyTruncated { missing: 1 }, 0))),
            (&[b"Content-Length: 2\r\n\r\n", b"xy"], false, Ok(Some(Event::End))),
            (&[b"Content-Length: 2\r\n\r\n", b"xy", b""], false, Ok(None)),
            (&[b"Status: 204\r\n\r\n"], false, Ok(Some(Event::End))),
            (&[b"Status: 204\r\n\r\n", b""], false, Ok(None)),
            (&[b"Status: x"], false, Err((StatusSyntax, 8))),
        ];
        for (pieces, wants_input, expected) in rows {
            let mut decoder = Decoder::new(Config::DEFAULT);
            let mut table = FieldTable::<4>::with_capacity();
            for piece in *pieces {
                // One event each.
                let _ = decoder.receive(piece, &mut table);
            }
            assert_eq!(decoder.wants_input(), *wants_input, "{pieces:?}");
            let end = decoder.receive_eof();
            let end = end.map_err(|error| (error.kind(), error.offset()));
            assert_eq!(end, *expected, "{pieces:?}");
            assert!(!decoder.wants_input());
            let again = decoder.receive_eof();
            match expected {
                Ok(_) => assert_eq!(again, Ok(None)),
                Err(expected) => assert_eq!(
                    again.map_err(|error| (error.kind(), error.offset())),
                    Err(*expected)
                ),
            }
        }
    }

    #[test]
    fn a_length_is_known_where_no_body_is() {
        use Expectation::{Body as Any, HeadOnly};
        // RFC 9110 section 8.6: what an answer to GET would have.
        #[rustfmt::skip]
        let rows: &[(&[u8], Expectation, Body, Option<u64>)] = &[
            (b"Content-Length: 5\r\n\r\n", HeadOnly, Body::None, Some(5)),
            (b"Status: 304\r\nContent-Length: 5\r\n\r\n", Any, Body::None, Some(5)),
            (b"Content-Length: 5\r\n\r\n", Any, Body::Length(5), Some(5)),
            (b"Status: 200\r\n\r\n", Any, Body::UntilClose, None),
        ];
        for (input, expectation, body, length) in rows {
            let mut decoder = Decoder::new(Config::DEFAULT.expectation(*expectation));
            let mut table = FieldTable::<4>::with_capacity();
            let Ok(Some((Event::Head(head), _))) = decoder.receive(input, &mut table) else {
                panic!()
            };
            assert_eq!((head.body(), head.content_length()), (*body, *length));
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
        let mut decoder = Decoder::new(Config::DEFAULT);
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
