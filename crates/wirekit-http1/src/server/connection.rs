use core::borrow::Borrow;

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::Event;
#[cfg(feature = "alloc")]
use crate::send::Appended;
use crate::send::{DataFrame, Options, Room, SendError, Sending, Slice, WithConnection};
use crate::state::{Machine, Party, State, Step};
use crate::{
    BodyLength, Config, Error, Field, FieldTable, Framing, Method, RequestHead, RequestReader,
    StatusClass, StatusCode, StatusLine, Version,
};

/// The server's end of a connection: what a client may send and what may be answered, in order.
///
/// Bytes and buffers are the caller's. Requests that a client sends ahead stay in the caller's buffer until the
/// response before them is complete. After a switch of protocols so do the bytes of the new one.
///
/// ```
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
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    machine: Machine,
    reader: RequestReader,
    request: Request,
    sending: Sending,
    /// The input has ended; what the client sent before may still wait in the caller's buffer.
    input_ended: bool,
}

/// What the request in work means for its response.
#[derive(Clone, Copy, Debug)]
struct Request {
    kind: Kind,
    version: Version,
    keep_alive: bool,
    upgrade: bool,
    awaits_continue: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Head,
    Connect,
    Other,
}

impl Request {
    /// None, or one that could not be read.
    const UNKNOWN: Self = Self {
        kind: Kind::Other,
        version: Version::HTTP_11,
        keep_alive: false,
        upgrade: false,
        awaits_continue: false,
    };

    fn new(head: &RequestHead<'_>, framing: &Framing) -> Self {
        Self {
            kind: match head.method() {
                Method::HEAD => Kind::Head,
                Method::CONNECT => Kind::Connect,
                _ => Kind::Other,
            },
            version: head.version(),
            keep_alive: framing.keep_alive(),
            upgrade: framing.upgrade(),
            awaits_continue: framing.expect_continue()
                && !matches!(framing.body(), BodyLength::None | BodyLength::Length(0)),
        }
    }
}

impl Connection {
    /// A connection on which nothing was sent.
    pub const fn new(config: Config) -> Self {
        Self {
            machine: Machine::new(),
            reader: RequestReader::new(config),
            request: Request::UNKNOWN,
            sending: Sending::Nothing,
            input_ended: false,
        }
    }

    /// The next event, and the bytes used up to its end.
    ///
    /// `None` asks for more input if [`wants_input`](Self::wants_input), and otherwise for an answer, a close or a
    /// switch; the input was then not looked at. `input` starts where the last event ended, and `fields` is best the
    /// same table.
    ///
    /// # Errors
    ///
    /// Every kind but those of a status line, from then on for ever. If no final response has begun, the status of
    /// the kind can be answered with; the connection closes after it.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Event<'a>, usize)>, Error> {
        if !matches!(
            self.client_state(),
            State::Idle | State::SendBody | State::Failed
        ) {
            return Ok(None);
        }
        match self.reader.receive(input, fields) {
            Ok(Some((event, used))) => {
                self.received(&event);
                Ok(Some((event, used)))
            }
            Ok(None) if self.input_ended => self.end_input().map(|()| None),
            Ok(None) => Ok(None),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// The client sends nothing more. What it sent before may be received first, and be answered still.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](crate::ErrorKind::UnexpectedEnd) inside a request, where the last input ended.
    pub fn receive_eof(&mut self) -> Result<(), Error> {
        self.input_ended = true;
        match self.client_state() {
            State::Idle | State::SendBody | State::Failed => self.end_input(),
            _ => Ok(()),
        }
    }

    /// Whether more input is of use. If not, an answer, a switch of protocols or a close is due first.
    pub fn wants_input(&self) -> bool {
        matches!(self.client_state(), State::Idle | State::SendBody)
            && !self.input_ended
            && !matches!(self.server_state(), State::MustClose | State::Closed)
    }

    /// Whether all is said, and the connection is to be closed once the output is written.
    ///
    /// Where the client is still sending, close the writing side first and read on for a while, or it may never see
    /// the response (RFC 9112 section 9.6).
    pub fn wants_close(&self) -> bool {
        matches!(self.server_state(), State::MustClose | State::Closed)
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

    /// What the client is doing.
    pub const fn client_state(&self) -> State {
        self.machine.state(Party::Client)
    }

    /// What this end is doing.
    pub const fn server_state(&self) -> State {
        self.machine.state(Party::Server)
    }

    /// The connection is to close after the response in work, or the next one, which will say so.
    pub fn close_after_response(&mut self) {
        self.machine.close_after_exchange();
    }

    /// Appends the head of a response: final, or interim (1xx).
    ///
    /// Connection and the fields that frame `body` are added as they are needed. To a client of HTTP/1.0
    /// [`BodyLength::Chunked`] becomes [`BodyLength::UntilClose`]; a final response without a body that could have
    /// one gets a Content-Length of 0. In answer to HEAD, `body` is what GET would get, and none is sent.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::InterimToHttp10`], [`SendError::SwitchNotProposed`] and
    /// [`SendError::Encode`]; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.head(line, fields, body, &mut Appended(out))
    }

    /// [`send_head`](Self::send_head), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_head`.
    pub fn send_head_to_slice<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        out: &mut [u8],
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.head(line, fields, body, &mut Slice(out))
    }

    /// Appends a piece of content, in a chunk where the body is chunked.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooLong`], [`SendError::BodyNotAllowed`] and [`SendError::Encode`];
    /// nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_data(&mut self, data: &[u8], out: &mut impl BufMut) -> Result<usize, SendError> {
        self.data(data, &mut Appended(out))
    }

    /// [`send_data`](Self::send_data), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_data`.
    pub fn send_data_to_slice(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize, SendError> {
        self.data(data, &mut Slice(out))
    }

    /// What to write around `len` bytes of content that the caller sends from where they lie.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooLong`] and [`SendError::BodyNotAllowed`]; nothing has then changed.
    pub fn send_data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        let machine = self.after(Step::Content)?;
        let frame = self.sending.data_apart(len)?;
        self.machine = machine;
        Ok(frame)
    }

    /// Appends the end of the response, with the trailers of a chunked body.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooShort`], [`SendError::TrailersNotAllowed`] and
    /// [`SendError::Encode`]; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.end(trailers, &mut Appended(out))
    }

    /// [`send_end`](Self::send_end), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_end`.
    pub fn send_end_to_slice(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut [u8],
    ) -> Result<usize, SendError> {
        self.end(trailers, &mut Slice(out))
    }

    fn head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        room: &mut impl Room,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let options = Options::of(fields.clone());
        if line.status.is_informational() {
            return self.interim_head(line, fields, body, room);
        }
        if self.request.kind == Kind::Connect && line.status.class() == StatusClass::Successful {
            let machine = self.after(Step::Connected)?;
            if self.client_state() != State::MightSwitch {
                return Err(SendError::SwitchNotProposed);
            }
            options.forbid_framing()?;
            let written = room.response(line, fields, body)?;
            self.switched(machine);
            return Ok(written);
        }
        let is_early = self.server_state() == State::Idle;
        let mut machine = self.after(Step::Final)?;
        let (announced, sending) = self.body(line.status, body);
        // A client that waits for 100 may or may not send the body after this: what would follow is in doubt.
        let is_in_doubt = is_early || self.awaits_continue();
        if options.close
            || is_in_doubt
            || sending == Sending::UntilClose
            || line.version < Version::HTTP_11
        {
            machine.close_after_exchange();
        }
        let option = match machine.persists() {
            false => Some("close").filter(|_| !options.close),
            true => Some("keep-alive")
                .filter(|_| self.request.version < Version::HTTP_11 && !options.keep_alive),
        };
        let written = room.response(line, WithConnection::new(fields, option), announced)?;
        self.machine = machine;
        self.sending = sending;
        Ok(written)
    }

    fn interim_head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        room: &mut impl Room,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let switches = line.status == StatusCode::SWITCHING_PROTOCOLS;
        let machine = self.after(if switches {
            Step::Upgraded
        } else {
            Step::Informational
        })?;
        if self.request.version < Version::HTTP_11 {
            return Err(SendError::InterimToHttp10);
        }
        if switches && !(self.request.upgrade && self.client_state() == State::MightSwitch) {
            return Err(SendError::SwitchNotProposed);
        }
        let written = room.response(line, fields, body)?;
        if switches {
            self.switched(machine);
        } else {
            self.machine = machine;
            self.request.awaits_continue &= line.status != StatusCode::CONTINUE;
        }
        Ok(written)
    }

    /// The length to announce, and the body to send.
    fn body(&self, status: StatusCode, body: BodyLength) -> (BodyLength, Sending) {
        let body = match body {
            BodyLength::Chunked if self.request.version < Version::HTTP_11 => {
                BodyLength::UntilClose
            }
            BodyLength::None if !status.forbids_body() && self.request.kind != Kind::Head => {
                BodyLength::Length(0)
            }
            body => body,
        };
        match (self.request.kind, body) {
            // Nothing is announced, and nothing sent.
            (Kind::Head, BodyLength::UntilClose) => (BodyLength::None, Sending::Nothing),
            (Kind::Head, body) => (body, Sending::Nothing),
            (_, body) => (body, Sending::new(body)),
        }
    }

    fn data(&mut self, data: &[u8], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.after(Step::Content)?;
        let written = self.sending.data(data, room)?;
        self.machine = machine;
        Ok(written)
    }

    fn end(&mut self, trailers: &[Field<'_>], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.after(Step::End)?;
        let written = self.sending.end(trailers, room)?;
        self.became(machine);
        Ok(written)
    }

    fn after(&self, step: Step) -> Result<Machine, SendError> {
        self.machine
            .after(Party::Server, step)
            .ok_or(SendError::State {
                state: self.server_state(),
            })
    }

    fn switched(&mut self, machine: Machine) {
        self.machine = machine;
        self.reader.stop();
    }

    /// What an event of the reader means for the states: always a step that is allowed, since the reader tells the
    /// head, the content and the end of each request in turn.
    fn received(&mut self, event: &Event<'_>) {
        let step = match event {
            Event::Head { head, framing } => {
                self.request = Request::new(head, framing);
                Step::Request
            }
            Event::Data(_) => Step::Content,
            Event::End(_) => Step::End,
        };
        if step == Step::Request {
            if !self.request.keep_alive {
                self.machine.close_after_exchange();
            }
            if self.request.upgrade || self.request.kind == Kind::Connect {
                self.machine.propose_switch();
            }
        }
        if step == Step::Content {
            self.request.awaits_continue = false;
        }
        if let Some(machine) = self.machine.after(Party::Client, step) {
            self.became(machine);
        }
    }

    fn became(&mut self, machine: Machine) {
        self.machine = machine;
        if (self.client_state(), self.server_state()) == (State::Idle, State::Idle) {
            self.request = Request::UNKNOWN;
        }
    }

    fn end_input(&mut self) -> Result<(), Error> {
        match self.reader.receive_eof() {
            Ok(_) => {
                if let Some(machine) = self.machine.after(Party::Client, Step::Close) {
                    self.machine = machine;
                }
                Ok(())
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    fn fail(&mut self, error: Error) -> Error {
        if let Some(machine) = self.machine.after(Party::Client, Step::Fail) {
            self.machine = machine;
            self.machine.close_after_exchange();
        }
        error
    }
}
