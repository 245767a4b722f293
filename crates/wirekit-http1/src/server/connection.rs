use super::Event;
use super::offer::Offer;
use crate::config::{Config, Quirks};
use crate::error::Error;
use crate::field::FieldTable;
use crate::framing::Framing;
use crate::reader::RequestReader;
use crate::registry::{Method, MethodClass, StatusCode};
use crate::request::RequestHead;
use crate::request_prefix::RequestPrefix;
use crate::send::UnsentBody;
use crate::state::{Machine, Party, State, Step};
use crate::version::Version;

/// The server's end of a connection: what a client may send and what may be answered, in order (RFC 9112
/// section 9.3).
///
/// # How it works
///
/// It reads and writes nothing itself. The caller gives it the bytes that have come and gets an event and the number of
/// bytes it took; the caller asks it to send and gets bytes appended to a buffer. Requests that a client sends ahead stay
/// in the caller's buffer until the response before them is complete, and after a switch of protocols so do the bytes of
/// the new one. An error is final. Its methods are of four families:
///
/// | | |
/// |---|---|
/// | what came | [`receive`](Self::receive), [`receive_eof`](Self::receive_eof) |
/// | what is sent | [`send_head`](Self::send_head) for interim and final responses, [`send_data`](Self::send_data), [`send_end`](Self::send_end), and [`send_due`](Self::send_due) for what the connection knows itself: 100 (Continue), and the answer to an error |
/// | what is next | [`wants_input`](Self::wants_input), [`wants_close`](Self::wants_close), [`is_switched`](Self::is_switched), [`due`](Self::due), [`owes_response`](Self::owes_response), [`rest`](Self::rest), [`sends_content`](Self::sends_content) |
/// | how it ends | [`close_after_response`](Self::close_after_response), [`abort`](Self::abort) |
///
/// # States
///
/// Each end has a [`State`], which shows the client's too; this is the server's:
///
#[doc = include_str!("../state/server.md")]
///
/// # The loop
///
/// Receive until there is no event, answer as the events come, then write, and read on if that is of use:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_http1::server::{Connection, Event};
/// use wirekit_http1::{BodyLength, Config, FieldTable, StatusCode, StatusLine};
///
/// let mut input: &[u8] = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.0\r\n\r\n";
/// let (mut connection, mut fields, mut out) = (Connection::new(Config::DEFAULT), FieldTable::new(), Vec::new());
/// while let Some((event, used)) = connection.receive(input, &mut fields)? {
///     if let Event::End(_) = event {
///         connection.send_head(&StatusLine::new(StatusCode::OK), &[], BodyLength::Length(2), &mut out)?;
///         connection.send_data(b"hi", &mut out)?;
///         connection.send_end(&[], &mut out)?;
///     }
///     input = &input[used..];
/// }
/// assert!(connection.wants_close()); // HTTP/1.0 does not keep it open
/// assert_eq!(
///     out,
///     b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\
///       HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
/// );
/// # }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) machine: Machine,
    pub(super) reader: RequestReader,
    pub(super) request: CurrentRequest,
    pub(super) unsent: UnsentBody,
    /// What the last request with an upgrade offered.
    pub(super) offer: Offer,
    /// The input has ended; what the client sent before may still wait in the caller's buffer.
    input_ended: bool,
}

/// What becomes of the rest of a request that was answered early: RFC 9112 section 9.3.
///
/// The example of [`Connection::rest`] asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9112 section 9.3 fixes the choice"
)]
pub enum Rest {
    /// There is none, or the request was not answered.
    Nothing,
    /// The connection goes on behind it: what `receive` reports of it belongs to the request that was answered.
    Receive,
    /// The connection closes, and what still comes is of no use; but close only the writing side at first, and read on
    /// for a while, or the client may never see the response (RFC 9112 section 9.6).
    Drop,
}

/// What the current request means for its response.
#[derive(Clone, Copy, Debug)]
pub(super) struct CurrentRequest {
    pub(super) method: MethodClass,
    pub(super) version: Version,
    pub(super) upgrade: bool,
    pub(super) awaits_continue: bool,
}

impl CurrentRequest {
    /// None, or one that could not be read.
    const UNKNOWN: Self = Self {
        method: MethodClass::Other,
        version: Version::HTTP_11,
        upgrade: false,
        awaits_continue: false,
    };

    /// What can be read of one whose head is broken: the answer to HEAD has no body even then.
    #[cold]
    fn of_broken(input: &[u8], quirks: Quirks) -> Self {
        let read = RequestPrefix::read(input, quirks);
        Self {
            method: MethodClass::of(read.method.unwrap_or(Method::GET)),
            version: read.version.unwrap_or(Version::HTTP_11),
            ..Self::UNKNOWN
        }
    }

    /// What can be read of one whose head is not whole, in case that it stays so: HEAD or not. The rest is not looked at,
    /// which would be looked at once for each piece.
    #[cold]
    fn of_part(input: &[u8]) -> Self {
        let start = input.iter().take(2).position(|&byte| byte > b' ');
        let head = input.get(start.unwrap_or(2)..).unwrap_or_default();
        Self {
            method: match head.starts_with(b"HEAD ") {
                true => MethodClass::Head,
                false => MethodClass::Other,
            },
            ..Self::UNKNOWN
        }
    }

    fn new(head: &RequestHead<'_>, framing: &Framing) -> Self {
        Self {
            method: MethodClass::of(head.method()),
            version: head.version(),
            upgrade: framing.upgrade(),
            awaits_continue: framing.expect_continue() && framing.body().has_content(),
        }
    }
}

impl Connection {
    /// A connection on which nothing was sent.
    pub const fn new(config: Config) -> Self {
        Self {
            machine: Machine::new(),
            reader: RequestReader::new(config),
            request: CurrentRequest::UNKNOWN,
            unsent: UnsentBody::Nothing,
            offer: Offer::NONE,
            input_ended: false,
        }
    }

    /// The next event, and the bytes used up to its end.
    ///
    /// `None` asks for more input if [`wants_input`](Self::wants_input), and otherwise for an answer, a close or a
    /// switch; the input was then not looked at. `input` starts where the last event ended, and any table will
    /// do.
    ///
    /// # Errors
    ///
    /// Every kind but those of a status line, from then on forever. `send_due` answers it, and the connection closes.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Event<'a>, usize)>, Error> {
        if !matches!(
            self.client_state(),
            State::Idle | State::SendBody | State::Failed
        ) || self.server_state() == State::Failed
        {
            return Ok(None);
        }
        match self.reader.receive(input, fields) {
            Ok(Some((event, used))) => {
                self.received(&event);
                Ok(Some((event, used)))
            }
            Ok(None) => {
                if self.client_state() == State::Idle {
                    self.request = CurrentRequest::of_part(input);
                }
                if self.input_ended {
                    self.end_input()?;
                }
                Ok(None)
            }
            Err(error) => {
                if self.client_state() == State::Idle {
                    self.request = CurrentRequest::of_broken(input, self.reader.quirks());
                }
                Err(self.fail(error))
            }
        }
    }

    /// The client sends nothing more. What it sent before is still received and answered.
    ///
    /// It is never an event by itself: no request lasts until the close (RFC 9112 section 6.3), and the end of one that is
    /// all there is an event of [`receive`](Self::receive).
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) inside a request, where the last input ended; or the error
    /// that `receive` returned.
    pub fn receive_eof(&mut self) -> Result<Option<Event<'static>>, Error> {
        self.input_ended = true;
        match self.client_state() {
            // The end of the request is still to be reported.
            State::SendBody if self.reader.is_at_end() => {}
            State::Idle | State::SendBody | State::Failed => self.end_input()?,
            _ => {}
        }
        Ok(None)
    }

    /// Whether more input is of use. If not, an answer, a switch of protocols or a close is due first.
    pub fn wants_input(&self) -> bool {
        matches!(self.client_state(), State::Idle | State::SendBody)
            && !self.input_ended
            && !self.wants_close()
    }

    /// Whether all is said, and the connection is to be closed once the output is written.
    ///
    /// Where the client is still unsent, close the writing side first and read on for a while, or it may never see
    /// the response (RFC 9112 section 9.6).
    pub fn wants_close(&self) -> bool {
        matches!(
            self.server_state(),
            State::MustClose | State::Closed | State::Failed
        )
    }

    /// Whether the rest of the input, and all output from here on, belongs to another protocol.
    pub fn is_switched(&self) -> bool {
        self.server_state() == State::Switched
    }

    /// Whether the client waits for 100 (Continue) before it sends the body, and neither it nor a final response was
    /// sent (RFC 9110 section 10.1.1).
    pub fn awaits_continue(&self) -> bool {
        self.request.awaits_continue
            && self.client_state() == State::SendBody
            && self.server_state() == State::SendResponse
    }

    /// Whether a request was received, at least its head, and its final response was not begun.
    pub fn owes_response(&self) -> bool {
        self.server_state() == State::SendResponse
    }

    /// What becomes of the rest of a request whose final response was begun before all of the request was there.
    ///
    /// "A server MUST read the entire request message body or close the connection after unsent its response"
    /// (RFC 9112 section 9.3). It closes if either end said so, and if the client was waiting for 100 (Continue): nobody
    /// can tell whether the body follows then. [`close_after_response`](Self::close_after_response) chooses it.
    ///
    /// ```
    /// # #[cfg(feature = "alloc")] {
    /// use wirekit_http1::server::{Connection, Event, Rest};
    /// use wirekit_http1::{BodyLength, Config, FieldTable, StatusCode, StatusLine};
    ///
    /// let head = b"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000000\r\n\r\n";
    /// let (mut connection, mut fields, mut out) = (Connection::new(Config::DEFAULT), FieldTable::new(), Vec::new());
    /// let Some((Event::Head { framing, .. }, _)) = connection.receive(head, &mut fields)? else { panic!() };
    /// if framing.content_length() > Some(1000) {
    ///     connection.close_after_response(); // rather than reading it all
    /// }
    /// connection.send_head(&StatusLine::new(StatusCode::CONTENT_TOO_LARGE), &[], BodyLength::None, &mut out)?;
    /// connection.send_end(&[], &mut out)?;
    /// assert_eq!(connection.rest(), Rest::Drop);
    /// assert!(connection.wants_close());
    /// # }
    /// # Ok::<(), Box<dyn core::error::Error>>(())
    /// ```
    pub fn rest(&self) -> Rest {
        match (self.client_state(), self.server_state()) {
            (State::SendBody, State::SendBody | State::Done | State::MustClose) => {
                if self.machine.persists() {
                    Rest::Receive
                } else {
                    Rest::Drop
                }
            }
            _ => Rest::Nothing,
        }
    }

    /// The status that `send_due` sends: 100 (Continue) where the client [waits for it](Self::awaits_continue), and the
    /// one that answers the error of [`receive`](Self::receive) or [`receive_eof`](Self::receive_eof). `None` otherwise,
    /// and once a final response has begun.
    ///
    /// "The server SHOULD respond with a 400 (Bad Request) response and close the connection" (RFC 9112 section 2.2);
    /// where a limit was passed or something is not supported, RFC 9110 section 15 has a status that says so.
    pub fn due(&self) -> Option<StatusCode> {
        if self.awaits_continue() {
            return Some(StatusCode::CONTINUE);
        }
        let error = self.reader.error()?;
        matches!(self.server_state(), State::Idle | State::SendResponse)
            .then(|| error.kind().status())
    }

    /// What the client is doing.
    pub const fn client_state(&self) -> State {
        self.machine.state(Party::Client)
    }

    /// What this end is doing.
    pub const fn server_state(&self) -> State {
        self.machine.state(Party::Server)
    }

    /// The connection is to close after the current response, or the next one, which will say so.
    pub fn close_after_response(&mut self) {
        self.machine.close_after_exchange();
    }

    /// The current response will never be whole: nothing more is sent or received, and the connection
    /// [wants to close](Self::wants_close). Close it by a reset where the body lasts until the close, or the client takes
    /// what it has for all of it (RFC 9112 section 8).
    pub fn abort(&mut self) {
        self.machine.fail(Party::Server);
    }

    /// What an event of the reader means for the states: always a step that is allowed, since the reader reports the
    /// head, the content and the end of each request in turn.
    fn received(&mut self, event: &Event<'_>) {
        let step = match event {
            Event::Head { head, framing } => {
                self.request = CurrentRequest::new(head, framing);
                if self.request.upgrade {
                    self.offer.read(&head.fields());
                }
                if !framing.keep_alive() {
                    self.machine.close_after_exchange();
                }
                if self.request.upgrade || self.request.method == MethodClass::Connect {
                    self.machine.propose_switch();
                }
                Step::Request
            }
            Event::Data(_) => {
                self.request.awaits_continue = false;
                Step::Content
            }
            Event::End(_) => Step::End,
        };
        self.machine.received(Party::Client, step);
        self.forget_answered();
    }

    /// After an exchange its request has no part in what follows.
    pub(super) fn forget_answered(&mut self) {
        if (self.client_state(), self.server_state()) == (State::Idle, State::Idle) {
            self.request = CurrentRequest::UNKNOWN;
        }
    }

    fn end_input(&mut self) -> Result<(), Error> {
        match self.reader.receive_eof() {
            Ok(_) => {
                self.machine.received(Party::Client, Step::Close);
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn fail(&mut self, error: Error) -> Error {
        self.machine.fail(Party::Client);
        error
    }
}
