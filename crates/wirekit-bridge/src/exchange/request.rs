use bytes::BufMut;
use wirekit_http1::server::Event;
use wirekit_http1::{
    BodyLength, Field, FieldTable, Fields, Method, RequestHead, RequestLine, SendError, State,
};
use wirekit_uwsgi::request::Uploads;

use super::head::{FEW_FIELDS, MAX_PATH_LEN, Parts, behind_slash, gather};
use super::offered::Offered;
use super::{Exchange, Half, Outcome, Relay, passed, widened};
use crate::application::{Application, Unsent};
use crate::end::End;
use crate::error::{Error, Refusal};
use crate::request::{Request, Texts, Upstream};

/// Bytes of a chunk around its content, and of the last chunk.
const CHUNK_LEN: usize = 32;

impl Exchange {
    /// Appends the head of the request for a server, and makes that server the exchange's.
    ///
    /// `head` is that of [`receive_request`](Self::receive_request), or what the gateway makes of it. The body's length is
    /// that of what was received: where all of it is there, its number of bytes; otherwise as the client framed it, and a
    /// chunked body then goes on in chunks. To a uwsgi server it does so where its [`Peer`](wirekit_uwsgi::request::Peer) takes
    /// [`Uploads::Chunked`]; any other wants a number: receive the whole body first, into memory or a file, and send the
    /// request then; or refuse it.
    ///
    /// After [`lose_server`](Self::lose_server) it may be called again, and all content that was received is to be sent again.
    ///
    /// # Errors
    ///
    /// A [`Refusal`], whose status answers the client; nothing is then written and nothing has changed.
    pub fn send_request(
        &mut self,
        head: &RequestHead<'_>,
        upstream: Upstream<'_>,
        request: &Request<'_>,
        out: &mut impl BufMut,
    ) -> Result<usize, Refusal> {
        if !self.client.owes_response() || !matches!(self.half, Half::None) {
            let state = self.client.server_state();
            return Err(Refusal::Send {
                error: SendError::State { state },
            });
        }
        if head.method() == Method::CONNECT {
            return Err(Refusal::Tunnel);
        }
        let mut parts = Parts::of(head, request)?;
        let mut room;
        if parts.target.starts_with('?') {
            room = [0; MAX_PATH_LEN];
            parts.target =
                behind_slash(parts.target, &mut room).map_err(|error| Refusal::Path { error })?;
        }
        let body = match self.received.body {
            _ if !self.received.is_whole => self.received.body,
            BodyLength::None => BodyLength::None,
            _ => BodyLength::Length(self.received.content_len),
        };
        let offered = parts.upgrade.and_then(Offered::new);
        parts.upgrade = parts.upgrade.filter(|_| offered.is_some());
        let (half, written) = match upstream {
            Upstream::Uwsgi(server) => {
                let unsent = match body {
                    BodyLength::None => Unsent::Length(0),
                    BodyLength::Length(len) => Unsent::Length(len),
                    _ if server.peer.uploads == Uploads::Chunked => Unsent::Chunks,
                    _ => return Err(Refusal::LengthRequired),
                };
                let written = parts.encode_packet(&server, unsent, out)?;
                let application =
                    Application::new(server.config, parts.method, unsent, parts.upgrade.is_some());
                (Half::Uwsgi(application), written)
            }
            Upstream::Http1(mut connection) => {
                let te = self.received.accepts_trailers;
                let mut texts = Texts::EMPTY;
                parts.write_texts(&mut texts)?;
                let upgrade = parts.upgrade;
                let own = [
                    ("Host", parts.host, true),
                    (
                        "Connection",
                        match (upgrade.is_some(), te) {
                            (true, true) => "Upgrade, TE",
                            (true, false) => "Upgrade",
                            _ => "TE",
                        },
                        te || upgrade.is_some(),
                    ),
                    ("TE", "trailers", te),
                    ("Upgrade", upgrade.unwrap_or_default(), upgrade.is_some()),
                ];
                let fields = || {
                    let own = own.into_iter().filter(|(_, _, is_said)| *is_said);
                    let own = own.map(|(name, value, _)| Field::new(name, value));
                    own.chain(parts.fields(&texts))
                };
                let line = RequestLine::new(parts.method, parts.target);
                let mut few = [Field::new("", ""); FEW_FIELDS];
                let written = match gather(fields(), &mut few) {
                    Some(fields) => connection.send_head(&line, fields, body, out),
                    None => connection.send_head(&line, Repeatable(fields()), body, out),
                }
                .map_err(|error| Refusal::Send { error })?;
                (Half::Http1(connection), written)
            }
        };
        self.half = half;
        self.has_answered = false;
        self.offered = offered.unwrap_or(Offered::NOTHING);
        self.sent_len = 0;
        self.relay = Relay::Nothing;
        self.response_is_whole = false;
        Ok(written)
    }

    /// Appends a piece of the request's content for the server, in a chunk where the body is chunked. What a server
    /// does not take any more, because it was lost or has all, is dropped.
    ///
    /// # Errors
    ///
    /// As [`client::Connection::send_data`](wirekit_http1::client::Connection::send_data); [`SendError::BodyTooLong`]
    /// beyond what was received. Nothing has then changed.
    pub fn send_request_data(
        &mut self,
        data: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let left = self.received.content_len - self.sent_len;
        if data.len() as u64 > left {
            return Err(SendError::BodyTooLong { left });
        }
        let written = match &mut self.half {
            Half::None => 0,
            Half::Uwsgi(application) => application.send_data(data, out)?,
            Half::Http1(connection) => connection.send_data(data, out)?,
        };
        self.sent_len += data.len() as u64;
        Ok(written)
    }

    /// Appends the end of the request for the server, with the trailers of a body that goes in chunks to a server of
    /// HTTP/1.1.
    ///
    /// # Errors
    ///
    /// As [`client::Connection::send_end`](wirekit_http1::client::Connection::send_end); [`SendError::State`] where the
    /// client's end was not received, and [`SendError::BodyTooShort`] where content that was received was not sent: a part
    /// of a request is never made a whole one.
    pub fn send_request_end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        if matches!(self.half, Half::None) {
            return Ok(0);
        }
        if !self.received.is_whole {
            let state = self.client.client_state();
            return Err(SendError::State { state });
        }
        let left = self.received.content_len - self.sent_len;
        if left > 0 {
            return Err(SendError::BodyTooShort { left });
        }
        match &mut self.half {
            Half::None => Ok(0),
            Half::Uwsgi(application) => application.send_end(out),
            Half::Http1(connection) => connection.send_end(trailers, out),
        }
    }

    /// Takes what the client sent of the current request, appends what the server gets, and says how many bytes are done
    /// with. It never takes a byte behind the request. What is of no use any more is dropped: the rest of a request that
    /// was answered.
    ///
    /// Call it with an empty input, too, once the request was sent. Where `out` has little room, little is taken; trailers
    /// need room for all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] where the first thing to be sent has no room; nothing is then taken, and it may be called again with
    /// more. [`Error::Client`]: the server must be closed, for what it got is no whole request; then
    /// [`refuse`](Self::refuse).
    pub fn forward_request<const N: usize>(
        &mut self,
        input: &[u8],
        fields: &mut FieldTable<N>,
        out: &mut impl BufMut,
    ) -> Result<usize, Error> {
        let (mut at, mut window) = (0, None);
        let waits = self.client.owes_response() && matches!(self.half, Half::None);
        // Content that was received before the server was chosen is the caller's to send first.
        while self.client.client_state() == State::SendBody && !waits {
            let room = out.remaining_mut().saturating_sub(CHUNK_LEN);
            let rest = input.get(at..).unwrap_or_default();
            let seen = window.unwrap_or(room).min(rest.len());
            // Content has room for certain, and so has the end of a body without chunks: it has no trailers.
            let may_fail = self.received.body == BodyLength::Chunked;
            let before = may_fail.then(|| (self.client.clone(), self.received));
            let received = self
                .receive_request(rest.get(..seen).unwrap_or_default(), fields)
                .map_err(|error| Error::Client { error })?;
            let Some((event, used)) = received else {
                window = widened(seen, room, rest.len());
                match window {
                    Some(_) => continue,
                    None => break,
                }
            };
            window = None;
            let sent = match event {
                Event::Data(data) => self.send_request_data(data, out),
                Event::End(trailers) => self.send_trailers::<N>(trailers, out),
                Event::Head { .. } => break,
            };
            if let Err(error) = sent {
                // What was not sent was not taken, or its bytes would be read once more as something else.
                if let Some(before) = before {
                    (self.client, self.received) = before;
                }
                return if at > 0 { Ok(at) } else { Err(error.into()) };
            }
            at += used;
        }
        if self.is_forwarded() && self.half.takes_content() {
            self.send_request_end(&[], out)?;
        }
        Ok(at)
    }

    /// The client's input has ended. In order, that changes nothing for a request that is whole: its response still goes to
    /// the client.
    ///
    /// # Errors
    ///
    /// [`Error::Client`] inside a request, and [`Error::ClientLost`] where a response is owed or was begun: close the
    /// server's connection, then [`refuse`](Self::refuse).
    pub fn forward_request_end(&mut self, end: End) -> Result<(), Error> {
        match end {
            End::Clean => self
                .receive_request_eof()
                .map(drop)
                .map_err(|error| Error::Client { error }),
            End::Lost(loss) => match self.lose_client(loss) {
                Outcome::Unanswered | Outcome::Aborted => Err(Error::ClientLost { loss }),
                Outcome::Answered | Outcome::Complete => Ok(()),
            },
        }
    }

    fn send_trailers<const N: usize>(
        &mut self,
        trailers: Fields<'_>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        if trailers.is_empty() || !self.sends_chunks() {
            return self.send_request_end(&[], out);
        }
        let (list, count) = passed::<N>(trailers);
        self.send_request_end(list.get(..count).unwrap_or_default(), out)
    }

    fn sends_chunks(&self) -> bool {
        matches!(self.half, Half::Http1(_)) && self.received.body == BodyLength::Chunked
    }
}

/// Fields that can be walked more than once, as a head is checked and then written.
#[derive(Clone)]
pub(super) struct Repeatable<I>(pub(super) I);

impl<'f, I: Iterator<Item = Field<'f>> + Clone> IntoIterator for Repeatable<I> {
    type Item = Field<'f>;
    type IntoIter = I;

    fn into_iter(self) -> I {
        self.0
    }
}
