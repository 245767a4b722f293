use super::Event;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::field::FieldTable;
use crate::reader::ResponseReader;
use crate::registry::StatusCode;
use crate::send::UnsentBody;
use crate::state::{Machine, Party, State, Step};

/// The client's end of a connection: one request after the other, and what a server may answer (RFC 9112
/// section 9.3).
///
/// # How it works
///
/// It reads and writes nothing itself. The caller asks it to send and gets bytes appended to a buffer; the caller gives it
/// the bytes that have come and gets an event and the number of bytes it took. After a switch of protocols the bytes of the
/// new one are still in the caller's buffer. An error is final. Its methods are of three families:
///
/// | | |
/// |---|---|
/// | what is sent | [`send_head`](Self::send_head), [`send_data`](Self::send_data), [`send_end`](Self::send_end) |
/// | what came | [`receive`](Self::receive), [`receive_eof`](Self::receive_eof) |
/// | what is next | [`is_idle`](Self::is_idle), [`wants_input`](Self::wants_input), [`wants_close`](Self::wants_close), [`is_switched`](Self::is_switched), [`awaits_continue`](Self::awaits_continue) |
///
/// # States
///
/// Each end has a [`State`], which shows the server's too; this is the client's:
///
#[doc = include_str!("../state/client.md")]
///
/// # The loop
///
/// Send a request, then receive until the connection is idle again or wants to close:
///
/// ```
/// # #[cfg(feature = "alloc")] {
/// use wirekit_http1::client::{Connection, Event};
/// use wirekit_http1::{BodyLength, Config, Field, FieldTable, Method, RequestLine};
///
/// let (mut connection, mut fields, mut out) = (Connection::new(Config::DEFAULT), FieldTable::new(), Vec::new());
/// let host = [Field::new("Host", "example.org")];
/// connection.send_head(&RequestLine::new(Method::GET, "/"), &host, BodyLength::None, &mut out)?;
/// connection.send_end(&[], &mut out)?;
///
/// let mut input: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
/// let mut content = Vec::new();
/// while let Some((event, used)) = connection.receive(input, &mut fields)? {
///     match event {
///         Event::Head { head, .. } => assert_eq!(head.status().0, 200),
///         Event::Data(data) => content.extend_from_slice(data),
///         _ => {}
///     }
///     input = &input[used..];
/// }
/// assert_eq!(content, b"hi");
/// assert!(connection.is_idle()); // ready for the next request
/// # }
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Connection {
    pub(super) machine: Machine,
    pub(super) reader: ResponseReader,
    pub(super) request: CurrentRequest,
    pub(super) unsent: UnsentBody,
}

/// What the current request allows its response.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct CurrentRequest {
    pub(super) upgrade: bool,
    pub(super) awaits_continue: bool,
}

impl Connection {
    /// A connection on which nothing was sent.
    pub const fn new(config: Config) -> Self {
        Self {
            machine: Machine::new(),
            reader: ResponseReader::new(config),
            request: CurrentRequest {
                upgrade: false,
                awaits_continue: false,
            },
            unsent: UnsentBody::Nothing,
        }
    }

    /// The next event, and the bytes used up to its end.
    ///
    /// `None` asks for more input if [`wants_input`](Self::wants_input), and otherwise for a request, a close or a
    /// switch. `input` starts where the last event ended, and any table will do.
    ///
    /// # Errors
    ///
    /// Every kind but those of a request line, its target and Host, from then on forever.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Event<'a>, usize)>, Error> {
        match self.server_state() {
            State::SendResponse | State::SendBody | State::Failed => {}
            // "If a client receives data on a connection that doesn't have outstanding requests, the client MUST NOT
            // consider that data to be a valid response; the client SHOULD close the connection [..] unless the data
            // consists only of one or more CRLF": those are left for the next response, which they may precede.
            State::Idle if !is_empty_lines(input) => {
                return Err(self.reject(ErrorKind::UnexpectedResponse, 0));
            }
            // The switch is reported after the head.
            State::Switched => {}
            _ => return Ok(None),
        }
        match self.reader.receive(input, fields) {
            Ok(Some((event, used))) => {
                self.received(&event)?;
                Ok(Some((event, used)))
            }
            Ok(None) => Ok(None),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// The server sends nothing more: the end of a response that lasts until then.
    ///
    /// # Errors
    ///
    /// [`UnexpectedEnd`](ErrorKind::UnexpectedEnd) where a response is due or inside one, where the last input ended.
    pub fn receive_eof(&mut self) -> Result<Option<Event<'static>>, Error> {
        if self.server_state() == State::SendResponse && self.reader.is_between_messages() {
            return Err(self.reject(ErrorKind::UnexpectedEnd, self.reader.unread_len()));
        }
        match self.reader.receive_eof() {
            Ok(event) => {
                if let Some(event) = &event {
                    self.received(event)?;
                }
                self.machine.received(Party::Server, Step::Close);
                Ok(event)
            }
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Whether more input is of use. If not, a request, a switch of protocols or a close is due first.
    pub fn wants_input(&self) -> bool {
        matches!(self.server_state(), State::SendResponse | State::SendBody)
    }

    /// Whether the next request may be sent.
    pub fn is_idle(&self) -> bool {
        (self.client_state(), self.server_state()) == (State::Idle, State::Idle)
    }

    /// Whether all is said, and the connection is to be closed.
    pub fn wants_close(&self) -> bool {
        matches!(self.client_state(), State::MustClose | State::Closed)
            || self.server_state() == State::Failed
    }

    /// Whether the rest of the input, and all output from here on, belongs to another protocol.
    pub fn is_switched(&self) -> bool {
        self.client_state() == State::Switched
    }

    /// Whether the request asked for 100 (Continue) and no response came: the time to wait for one before the body
    /// is sent, though not forever (RFC 9110 section 10.1.1).
    pub fn awaits_continue(&self) -> bool {
        self.request.awaits_continue && self.server_state() == State::SendResponse
    }

    /// What this end is doing.
    pub const fn client_state(&self) -> State {
        self.machine.state(Party::Client)
    }

    /// What the server is doing.
    pub const fn server_state(&self) -> State {
        self.machine.state(Party::Server)
    }

    /// What an event of the reader means for the states.
    fn received(&mut self, event: &Event<'_>) -> Result<(), Error> {
        let (step, keep_alive) = match event {
            Event::Interim { head, .. } if head.status() == StatusCode::SWITCHING_PROTOCOLS => {
                if !self.request.upgrade {
                    return Err(self.reject(ErrorKind::UnexpectedSwitch, head.status_offset()));
                }
                (Step::Upgraded, true)
            }
            Event::Interim { head, .. } => {
                self.request.awaits_continue &= head.status() != StatusCode::CONTINUE;
                (Step::Interim, true)
            }
            Event::Head { framing, .. } if framing.switches_protocols() => (Step::Connected, true),
            Event::Head { framing, .. } => (Step::Final, framing.keep_alive()),
            Event::Data(_) => (Step::Content, true),
            Event::End(_) => (Step::End, true),
            Event::Switch => return Ok(()),
        };
        self.machine.received(Party::Server, step);
        if !keep_alive {
            self.machine.close_after_exchange();
        }
        Ok(())
    }

    fn reject(&mut self, kind: ErrorKind, offset: usize) -> Error {
        let error = Error::new(kind, offset);
        self.reader.fail(error);
        self.fail(error)
    }

    fn fail(&mut self, error: Error) -> Error {
        self.machine.fail(Party::Server);
        error
    }
}

/// Whether these bytes are line ends and nothing else, the last of which may be half there.
fn is_empty_lines(bytes: &[u8]) -> bool {
    bytes.chunks(2).all(|pair| b"\r\n".starts_with(pair))
}
