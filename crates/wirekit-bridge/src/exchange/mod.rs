mod head;
mod offered;
mod own;
mod request;
mod response;
pub(crate) mod state;

use bytes::BufMut;
use wirekit_http::field::{Classes, Name};
use wirekit_http1::server::{Connection, Event, Rest};
use wirekit_http1::{
    self as http1, BodyLength, Field, FieldTable, Fields, SendError, State, StatusCode,
};

use crate::application::Application;
use crate::config::Config;
use crate::end::Loss;
use crate::error::Fault;
use offered::Offered;

/// A client's connection and, for each request on it, the server that answers: both halves' states, and nothing else. What
/// an intermediary does by RFC 9110 section 7.6.
///
/// # How it works
///
/// The client's half is a [`server::Connection`](Connection), which lasts from request to request. The server's half is
/// chosen for each of them, once its head is there: an [`Upstream`](crate::Upstream). Bytes, buffers, field tables and
/// sockets are the caller's. The client's connection serves on when both the request was read and its response was sent; so
/// does the server's.
///
/// | methods | are for |
/// |---|---|
/// | [`receive_request`](Self::receive_request), [`send_due`](Self::send_due) | the client's events, one at a time: its head at least |
/// | [`send_head`](Self::send_head), [`send_data`](Self::send_data), [`send_end`](Self::send_end), [`refuse`](Self::refuse) | a response of the gateway's own |
/// | [`send_request`](Self::send_request) | the server, which is asked from then on |
/// | [`forward_request`](Self::forward_request), [`forward_response`](Self::forward_response) | the two bodies, side by side: bytes in, bytes out |
/// | [`forward_request_end`](Self::forward_request_end), [`forward_response_end`](Self::forward_response_end) | how either side's input ended, in order or not |
/// | [`receive_response`](Self::receive_response), [`send_response`](Self::send_response), and `send_request_data`, `send_response_data` and their like | the same one event at a time, for a gateway that looks at what passes |
/// | [`lose_client`](Self::lose_client), [`lose_server`](Self::lose_server) | giving up a side |
/// | [`wants_request`](Self::wants_request), [`wants_response`](Self::wants_response), [`wants_close`](Self::wants_close), [`upstream_serves_again`](Self::upstream_serves_again) | what the sockets are to do next |
///
/// [`State`](crate::State) is how far an exchange is, with the table of what leads where. In order it is `Idle`, `Received`,
/// `Sent`, `Responding`, and `Idle` again.
///
/// ```
/// use wirekit_bridge::{Config, Edit, Exchange, Request, ResponseTable, State, Upstream};
/// use wirekit_http1::{self as http1, FieldTable, client, server::Event};
///
/// let mut input: &[u8] = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
/// let (mut exchange, mut fields, mut table) = (Exchange::new(Config::DEFAULT), FieldTable::new(), ResponseTable::new());
/// let (mut to_server, mut to_client) = (Vec::new(), Vec::new());
/// while let Some((Event::Head { head, .. }, used)) = exchange.receive_request(input, &mut fields)? {
///     let server = Upstream::Http1(client::Connection::new(http1::Config::DEFAULT));
///     exchange.send_request(&head, server, &Request::new("http"), &mut to_server)?;
///     input = &input[used..];
///     while exchange.state() != State::Idle {
///         // What has come since, of the client and of the server, while `wants_request` and `wants_response`.
///         let used = exchange.forward_request(input, &mut fields, &mut to_server)?;
///         input = &input[used..];
///         let response = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
///         exchange.forward_response(response, &mut table, &Edit::NONE, &mut to_client)?;
///     }
/// }
/// assert!(to_server.starts_with(b"GET /1 HTTP/1.1\r\nHost: a\r\n"));
/// assert_eq!(to_client, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi".repeat(2));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Exchange {
    client: Connection,
    received: Received,
    half: Half,
    /// Whether the server sent a byte.
    has_answered: bool,
    offered: Offered,
    /// Content that was sent to the server.
    sent_len: u64,
    relay: Relay,
    /// Whether the end of the server's response was received.
    response_is_whole: bool,
    max_drained_len: u64,
    status: Option<StatusCode>,
    /// Whether the response that was begun goes to the client in chunks, so that trailers may follow.
    sends_chunks: bool,
}

/// What has come of the current request.
#[derive(Clone, Copy, Debug)]
struct Received {
    body: BodyLength,
    content_len: u64,
    is_whole: bool,
    accepts_trailers: bool,
}

impl Received {
    const NOTHING: Self = Self {
        body: BodyLength::None,
        content_len: 0,
        is_whole: false,
        accepts_trailers: false,
    };
}

/// The server's half.
#[derive(Clone, Debug)]
enum Half {
    None,
    Uwsgi(Application),
    Http1(http1::client::Connection),
}

/// What of the server's response the client gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Relay {
    /// Nothing was received yet, or it is not passed on.
    Nothing,
    /// The head was received, and not passed on yet.
    Head,
    /// The head was passed on.
    Body,
    /// The head was passed on, and no content may follow it: "a server MUST NOT generate content in a 205 response".
    NoContent,
    /// The server was lost.
    Failed(Fault),
}

/// What a client can still get, after [`Exchange::refuse`] and after a loss: RFC 9112 section 8.
///
/// ```
/// use wirekit_bridge::{Config, Exchange, Outcome};
/// use wirekit_http1::{FieldTable, StatusCode, StatusLine};
///
/// let (mut exchange, mut out) = (Exchange::new(Config::DEFAULT), Vec::new());
/// exchange.receive_request(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", &mut FieldTable::new())?;
/// assert_eq!(exchange.lose_server(), Outcome::Unanswered);
/// let line = StatusLine::new(StatusCode::BAD_GATEWAY);
/// assert_eq!(exchange.refuse(&line, &[], b"", &mut out)?, Outcome::Answered);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "a response was not begun, was begun, or is whole"
)]
pub enum Outcome {
    /// The response was not begun, so another can be given, or the request sent again.
    Unanswered,
    /// A whole response was appended.
    Answered,
    /// The response will never be whole: reset the client's connection, or it takes what it has for all.
    Aborted,
    /// The response was whole already.
    Complete,
}

impl Exchange {
    /// A client's connection on which nothing was received.
    pub const fn new(config: Config) -> Self {
        Self::from_connection(Connection::new(config.client), config)
    }

    /// A connection between two requests, which was used without a bridge. How it reads the client is its own.
    pub const fn from_connection(client: Connection, config: Config) -> Self {
        Self {
            client,
            received: Received::NOTHING,
            half: Half::None,
            has_answered: false,
            offered: Offered::NOTHING,
            sent_len: 0,
            relay: Relay::Nothing,
            response_is_whole: false,
            max_drained_len: config.max_drained_len,
            status: None,
            sends_chunks: false,
        }
    }

    /// The client's connection.
    pub const fn client(&self) -> &Connection {
        &self.client
    }

    /// The client's connection, for what follows without a bridge.
    pub fn into_connection(self) -> Connection {
        self.client
    }

    /// Whether a request was received, at least its head, and its final response was not begun.
    pub fn owes_response(&self) -> bool {
        self.client.owes_response()
    }

    /// The status of the final response that was begun, the server's or the gateway's own. That of the last one stays until
    /// the next request's head is received.
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Whether more of the client's bytes are of use now.
    pub fn wants_request(&self) -> bool {
        self.client.wants_input()
    }

    /// Whether more of the server's bytes are of use. After a switch they are none of a response.
    pub fn wants_response(&self) -> bool {
        let is_over = self.response_is_whole || matches!(self.relay, Relay::Failed(_));
        !matches!(self.half, Half::None) && !is_over && !self.is_switched()
    }

    /// Whether all is said, and the client's connection is to be closed once the output is written.
    pub fn wants_close(&self) -> bool {
        self.client.wants_close()
    }

    /// Whether the response was given up: the client's connection is to be reset.
    pub fn is_aborted(&self) -> bool {
        self.client.server_state() == State::Failed
    }

    /// Whether both sides speak another protocol from here on: bytes go from one socket to the other.
    pub fn is_switched(&self) -> bool {
        self.client.is_switched()
    }

    /// Whether nothing of an exchange is left, and the connection waits for the next request.
    pub fn is_idle(&self) -> bool {
        (self.client.client_state(), self.client.server_state()) == (State::Idle, State::Idle)
    }

    /// How much content of the current request was received: what a gateway compares with its own limit, where no
    /// Content-Length says it first.
    pub const fn request_content_len(&self) -> u64 {
        self.received.content_len
    }

    /// The client's connection is to close after the current response, or the next one, which will say so: because the
    /// gateway ends, or has served enough requests on it.
    pub fn close_after_response(&mut self) {
        self.client.close_after_response();
    }

    /// What becomes of the rest of a request that was answered early.
    pub fn rest(&self) -> Rest {
        self.client.rest()
    }

    /// The next event of the client, and the bytes used up to its end.
    ///
    /// Content that is received before the request is sent on is the caller's to keep, and to send by
    /// [`send_request_data`](Self::send_request_data).
    ///
    /// # Errors
    ///
    /// As [`Connection::receive`]. [`refuse`](Self::refuse) answers it; the server must be closed, for what it got is no
    /// whole request.
    pub fn receive_request<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        fields: &'a mut FieldTable<N>,
    ) -> Result<Option<(Event<'a>, usize)>, http1::Error> {
        let received = self.client.receive(input, fields)?;
        match &received {
            Some((Event::Head { head, framing }, _)) => {
                let mut te = head
                    .fields()
                    .into_iter()
                    .filter(|field| Name::Te.is(field.name));
                self.received = Received {
                    body: framing.body(),
                    accepts_trailers: te.any(|field| {
                        field
                            .members()
                            .any(|coding| coding.eq_ignore_ascii_case(b"trailers"))
                    }),
                    ..Received::NOTHING
                };
                self.half = Half::None;
                self.sent_len = 0;
                self.relay = Relay::Nothing;
                self.status = None;
            }
            Some((Event::Data(data), _)) => self.received.content_len += data.len() as u64,
            Some((Event::End(_), _)) => self.received.is_whole = true,
            None => {}
        }
        Ok(received)
    }

    /// The client sends nothing more: it closed its side in order. For any other end there is
    /// [`lose_client`](Self::lose_client).
    ///
    /// What was sent before is still received and answered, so there is never an event.
    ///
    /// # Errors
    ///
    /// As [`Connection::receive_eof`].
    pub fn receive_request_eof(&mut self) -> Result<Option<Event<'static>>, http1::Error> {
        self.client.receive_eof()
    }

    /// The client is lost. What came of its request is no whole one, and the server's connection is to be closed: a client
    /// that is gone is not worth a response, and one that was silent did not finish what it asked for.
    ///
    /// After a [`Timeout`](Loss::Timeout) a client may still read: where its request is not answered,
    /// [`Unanswered`](Outcome::Unanswered) is returned, and [`refuse`](Self::refuse) sends 408.
    pub fn lose_client(&mut self, loss: Loss) -> Outcome {
        self.half = Half::None;
        self.relay = Relay::Nothing;
        if loss != Loss::Timeout {
            self.client.abort();
            return Outcome::Aborted;
        }
        match self.client.server_state() {
            State::SendBody => self.client.abort(),
            _ => {
                // What it sent of a request is given up, and the error is the caller's to answer.
                let _ = self.client.receive_eof();
                self.client.close_after_response();
            }
        }
        match self.client.server_state() {
            State::Idle | State::SendResponse => Outcome::Unanswered,
            State::Failed => Outcome::Aborted,
            _ => Outcome::Complete,
        }
    }

    /// Appends what is due to the client: 100 (Continue) to one that waits for it, or the response to what it did wrong,
    /// with these fields, of which Date should be one.
    ///
    /// # Errors
    ///
    /// As [`Connection::send_due`].
    pub fn send_due(
        &mut self,
        fields: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.client.send_due(fields, out)
    }

    /// The server is lost, or is to be: after a reset, a timeout, or a fault in its response. It is never the end of
    /// anything. Its connection is to be closed.
    ///
    /// Where no response was begun, [`send_request`](Self::send_request) may send the request again, to any server: nothing
    /// of it is lost, so long as the caller has the content that was received, and [`refuse`](Self::refuse) may answer it.
    /// Whether a request may be sent twice is the caller's to say: RFC 9110 section 9.2.2.
    pub fn lose_server(&mut self) -> Outcome {
        self.half = Half::None;
        self.sent_len = 0;
        match self.client.server_state() {
            // Between two requests nothing is owed, and what is not asked for would answer the next one.
            State::Idle if self.client.client_state() == State::Idle => Outcome::Complete,
            State::Idle | State::SendResponse => {
                self.relay = Relay::Nothing;
                Outcome::Unanswered
            }
            State::SendBody => {
                self.client.abort();
                self.relay = Relay::Failed(Fault::Truncated);
                Outcome::Aborted
            }
            State::Failed => Outcome::Aborted,
            _ => Outcome::Complete,
        }
    }

    /// Whether the server's connection can serve another request: this one was sent and answered whole, and neither side
    /// said that it closes. `unread` is what was read of the server and not taken: bytes behind a response would be read as
    /// the response to the next request, so such a connection does not serve again.
    ///
    /// All that was appended for the server is to be written first. Then keep the socket, and close it once there is
    /// something to read from it: the server closes, or says what nobody asked for.
    pub fn upstream_serves_again(&self, unread: &[u8]) -> bool {
        unread.is_empty()
            && match &self.half {
                Half::None => false,
                Half::Uwsgi(application) => application.serves_again() && self.is_forwarded(),
                Half::Http1(connection) => connection.is_idle(),
            }
    }

    /// The connection of an HTTP/1.1 server that [serves again](Self::upstream_serves_again), for the next request by this
    /// exchange or another. Between two requests that of a uwsgi server has no state: keep its socket.
    pub fn take_upstream(&mut self, unread: &[u8]) -> Option<http1::client::Connection> {
        match &self.half {
            Half::Http1(connection) if self.upstream_serves_again(unread) => {
                let connection = connection.clone();
                self.half = Half::None;
                Some(connection)
            }
            _ => None,
        }
    }

    /// Whether all of the request was received and sent on.
    fn is_forwarded(&self) -> bool {
        self.received.is_whole && self.sent_len == self.received.content_len
    }

    /// Whether what is left of the request is little enough to be read for the sake of the connection.
    fn drains(&self) -> bool {
        match self.received.body {
            _ if self.received.is_whole => true,
            BodyLength::None => true,
            BodyLength::Length(len) => {
                len.saturating_sub(self.received.content_len) <= self.max_drained_len
            }
            BodyLength::Chunked | BodyLength::UntilClose => false,
        }
    }
}

impl Relay {
    /// Whether the response that the client gets is the server's.
    fn is_begun(self) -> bool {
        matches!(self, Self::Body | Self::NoContent)
    }
}

impl Half {
    /// Whether the server may get more of the request.
    fn takes_content(&self) -> bool {
        match self {
            Self::None => false,
            Self::Uwsgi(application) => !application.is_sent(),
            Self::Http1(connection) => connection.client_state() == State::SendBody,
        }
    }
}

/// How much of the input to look at, where an output has `room` and what was seen of the input is no event yet: a line that
/// frames a chunk, or trailers, may be longer than that. No event then holds more content than there is room for, since
/// the first `seen` bytes have none.
fn widened(seen: usize, room: usize, len: usize) -> Option<usize> {
    (seen < len && room > 0).then(|| seen.saturating_add(room).min(len))
}

/// The trailers that go further: RFC 9110 section 6.5.1 lets a recipient discard any, and a sender write only those that
/// need not be known before the content. What is a proxy's own is for this hop.
fn passed<const N: usize>(trailers: Fields<'_>) -> ([Field<'_>; N], usize) {
    let mut list = [Field::new("", ""); N];
    let mut count = 0;
    let hidden = Classes::NOT_IN_TRAILERS.union(Classes::PROXY);
    let passed = trailers
        .into_iter()
        .filter(|field| !Classes::of(field.name).intersects(hidden));
    for (place, field) in list.iter_mut().zip(passed) {
        *place = field;
        count += 1;
    }
    (list, count)
}

#[cfg(test)]
mod tests;
