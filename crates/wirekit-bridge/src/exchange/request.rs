use bytes::BufMut;
use wirekit_http::ConnectionOptions;
use wirekit_http1::server::Event;
use wirekit_http1::{
    BodyLength, Field, FieldTable, Fields, Method, RequestHead, RequestLine, SendError, State,
    Version,
};
use wirekit_uwsgi as uwsgi;
use wirekit_uwsgi::request::{Builder, MAX_FIELDS, Meta, Protocol, Uploads};

use super::offered::Offered;
use super::{Exchange, Half, Outcome, Relay, passed, widened};
use crate::application::{Application, Unsent};
use crate::end::End;
use crate::error::{Error, Refusal};
use crate::path::{PathError, normalize};
use crate::request::{Request, Texts, Upstream, UwsgiServer, options};

/// Bytes of a chunk around its content, and of the last chunk.
const CHUNK_LEN: usize = 32;
/// How much the values may take that have folds in them.
const MAX_FOLDED_LEN: usize = 4 * 1024;
/// The longest path that is decoded or resolved, and the longest target that gets one.
const MAX_PATH_LEN: usize = 8 * 1024;

/// A head in the parts that a server gets.
struct Parts<'a> {
    method: Method<'a>,
    /// In origin form, whatever the client sent: what a server compares its rules with. The slash of an empty path is still
    /// to be put before a query.
    target: &'a str,
    path: &'a str,
    query: &'a str,
    host: &'a str,
    options: ConnectionOptions<'a>,
}

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
        let mut parts = Parts::of(head, request.scheme)?;
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
        // An upgrade that counts has its connection option, and the version that has both.
        let upgrades = head.version() >= Version::HTTP_11 && parts.options.upgrade();
        let upgrade = request.offered(head).filter(|_| upgrades);
        let offered = upgrade.and_then(Offered::new);
        let upgrade = upgrade.filter(|_| offered.is_some());
        let (half, written) = match upstream {
            Upstream::Uwsgi(server) => {
                let unsent = match body {
                    BodyLength::None => Unsent::Length(0),
                    BodyLength::Length(len) => Unsent::Length(len),
                    _ if server.peer.uploads == Uploads::Chunked => Unsent::Chunks,
                    _ => return Err(Refusal::LengthRequired),
                };
                let written = packet(head, &parts, &server, request, unsent, upgrade, out)?;
                let application =
                    Application::new(server.config, parts.method, unsent, upgrade.is_some());
                (Half::Uwsgi(application), written)
            }
            Upstream::Http1(mut connection) => {
                let te = self.received.accepts_trailers;
                let texts = Texts::new(request, head.version(), parts.host)?;
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
                let own = own
                    .into_iter()
                    .filter(|(_, _, is_said)| *is_said)
                    .map(|(name, value, _)| Field::new(name, value));
                let fields = own.chain(request.fields(head, &parts.options, &texts, parts.host));
                let line = RequestLine::new(parts.method, parts.target);
                let written = connection
                    .send_head(&line, Again(fields), body, out)
                    .map_err(|error| Refusal::Send { error })?;
                (Half::Http1(connection), written)
            }
        };
        self.half = half;
        self.has_answered = false;
        self.offered = offered.unwrap_or(Offered::NOTHING);
        self.sent_len = 0;
        self.relay = Relay::Nothing;
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
            let before = (self.client.clone(), self.received);
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
                (self.client, self.received) = before;
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
        let (list, count) = match self.sends_chunks() {
            true => passed::<N>(trailers),
            false => ([Field::new("", ""); N], 0),
        };
        self.send_request_end(list.get(..count).unwrap_or_default(), out)
    }

    fn sends_chunks(&self) -> bool {
        matches!(self.half, Half::Http1(_)) && self.received.body == BodyLength::Chunked
    }
}

impl<'a> Parts<'a> {
    fn of(head: &RequestHead<'a>, scheme: &'a str) -> Result<Self, Refusal> {
        let uri = head
            .target_uri(scheme)
            .map_err(|error| Refusal::Http1 { error })?;
        let target = head.target();
        // RFC 9112 section 3.2.2: the absolute form's path and query, by which servers route, are its end.
        let target = match target.as_bytes().first() {
            Some(b'/' | b'*') => target,
            _ => {
                let query_len = uri.query.map_or(0, |query| query.len() + 1);
                target
                    .len()
                    .checked_sub(uri.path.len() + query_len)
                    .and_then(|start| target.get(start..))
                    .unwrap_or_default()
            }
        };
        let (target, path) = match (uri.path, head.method()) {
            // RFC 9112 section 3.2.4: "an empty path and no query component".
            ("", Method::OPTIONS) if uri.query.is_none() => ("*", ""),
            // RFC 9112 section 3.2.1: "If the target URI's path component is empty, the client MUST send "/" as the path".
            ("", _) if uri.query.is_none() => ("/", "/"),
            ("", _) => (target, "/"),
            (path, _) => (target, path),
        };
        Ok(Self {
            method: head.method(),
            target,
            path,
            query: uri.query.unwrap_or_default(),
            host: uri.authority,
            options: options(head)?,
        })
    }
}

/// A target of a query alone, with its path: `/?q`, which is nowhere in what was received.
#[cold]
fn behind_slash<'o>(query: &str, out: &'o mut [u8]) -> Result<&'o str, PathError> {
    let (target, _) = out
        .split_at_mut_checked(query.len() + 1)
        .ok_or(PathError::OutputTooSmall)?;
    if let Some((slash, rest)) = target.split_first_mut() {
        *slash = b'/';
        rest.copy_from_slice(query.as_bytes());
    }
    Ok(core::str::from_utf8(target).unwrap_or_default())
}

fn packet(
    head: &RequestHead<'_>,
    parts: &Parts<'_>,
    server: &UwsgiServer<'_>,
    request: &Request<'_>,
    unsent: Unsent,
    upgrade: Option<&str>,
    out: &mut impl BufMut,
) -> Result<usize, Refusal> {
    let mut room = [0; MAX_PATH_LEN];
    let path = if parts.path.is_empty() {
        &[]
    } else {
        normalize(parts.path.as_bytes(), &mut room).map_err(|error| Refusal::Path { error })?
    };
    let protocol = match head.version().minor() {
        0 => Protocol::Http10,
        _ => Protocol::Http11,
    };
    let meta = Meta::new(parts.method.as_bytes(), parts.target.as_bytes())
        .path_info(path)
        .query_string(parts.query.as_bytes())
        .protocol(protocol)
        .host((!parts.host.is_empty()).then_some(parts.host.as_bytes()))
        .remote(request.remote)
        .upgrade(upgrade.map(str::as_bytes))
        .forwarded(uwsgi::request::Forwarded::Pass);
    let meta = match unsent {
        Unsent::Length(len) => meta.content_length(len),
        Unsent::Chunks => meta.chunked(),
    };
    let texts = Texts::new(request, head.version(), parts.host)?;
    let mut fields = [uwsgi::Field::new(b"", b""); MAX_FIELDS];
    let mut count = 0;
    for field in request.fields(head, &parts.options, &texts, parts.host) {
        let Some(place) = fields.get_mut(count) else {
            let max = MAX_FIELDS;
            let error = uwsgi::EncodeError::TooManyFields {
                count: count + 1,
                max,
            };
            return Err(Refusal::Packet { error });
        };
        *place = uwsgi::Field::new(field.name, field.value);
        count += 1;
    }
    let fields = fields.get_mut(..count).unwrap_or_default();
    match build(server, meta, fields).encode(out) {
        Err(uwsgi::EncodeError::InvalidValue { .. }) if fields.iter().any(is_folded) => {
            encode_unfolded(server, meta, fields, out)
        }
        encoded => encoded,
    }
    .map_err(|error| Refusal::Packet { error })
}

fn build<'a>(
    server: &UwsgiServer<'a>,
    meta: Meta<'a>,
    fields: &'a [uwsgi::Field<'a>],
) -> Builder<'a> {
    Builder::new(server.prefix, meta, fields)
        .vars(server.vars)
        .header(server.header)
        .names(server.names)
        .peer(server.peer)
}

fn is_folded(field: &uwsgi::Field<'_>) -> bool {
    field.value.contains(&b'\n')
}

/// Encodes a packet whose fields have folds in them, which [`Quirks::OBS_FOLD`](wirekit_http1::Quirks::OBS_FOLD) let in: a
/// proxy replaces "each received obs-fold with one or more SP octets" (RFC 9112 section 5.2). Where there is no room for
/// all of them, the request is refused for their line ends.
#[cold]
fn encode_unfolded(
    server: &UwsgiServer<'_>,
    meta: Meta<'_>,
    fields: &[uwsgi::Field<'_>],
    out: &mut impl BufMut,
) -> Result<usize, uwsgi::EncodeError> {
    let mut storage = [0; MAX_FOLDED_LEN];
    let mut room = &mut storage[..];
    let mut unfolded = [uwsgi::Field::new(b"", b""); MAX_FIELDS];
    for (place, field) in unfolded.iter_mut().zip(fields) {
        *place = *field;
        let len = field.value.len();
        if !is_folded(field) || len > room.len() {
            continue;
        }
        let (value, rest) = room.split_at_mut(len);
        value.copy_from_slice(field.value);
        let mut at = 0;
        while let Some(fold) = value.get_mut(at..) {
            match fold {
                [first @ b'\r', second @ b'\n', ..] => (*first, *second) = (b' ', b' '),
                [first @ b'\n', ..] => *first = b' ',
                [] => break,
                _ => {}
            }
            at += 1;
        }
        place.value = value;
        room = rest;
    }
    let unfolded = unfolded.get(..fields.len()).unwrap_or_default();
    build(server, meta, unfolded).encode(out)
}

/// Fields that can be walked more than once, as a head is checked and then written.
#[derive(Clone)]
pub(super) struct Again<I>(pub(super) I);

impl<'f, I: Iterator<Item = Field<'f>> + Clone> IntoIterator for Again<I> {
    type Item = Field<'f>;
    type IntoIter = I;

    fn into_iter(self) -> I {
        self.0
    }
}
