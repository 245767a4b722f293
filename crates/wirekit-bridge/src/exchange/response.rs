use bytes::BufMut;
use wirekit_http::ConnectionOptions;
use wirekit_http::field::Name;
use wirekit_http1::{
    BodyLength, ErrorKind, Field, SendError, State, StatusCode, StatusLine, Version,
};

use super::head::{FEW_FIELDS, gather};
use super::request::Repeatable;
use super::{Exchange, Half, Relay, passed, widened};
use crate::end::End;
use crate::error::{Error, Fault};
use crate::response::{Edit, ResponseEvent, ResponseHead, ResponseTable};

/// Bytes of a chunk around its content, and of the last chunk.
const CHUNK_LEN: usize = 32;

impl Exchange {
    /// The next event of the server, and the bytes used up to its end.
    ///
    /// # Errors
    ///
    /// A [`Fault`], from then on forever: call [`lose_server`](Self::lose_server), and [`refuse`](Self::refuse) where that says
    /// [`Unanswered`](super::Outcome::Unanswered).
    pub fn receive_response<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut ResponseTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        if let Relay::Failed(fault) = self.relay {
            return Err(fault);
        }
        if !self.wants_response() {
            return Ok(None);
        }
        self.has_answered |= !input.is_empty();
        let received = match &mut self.half {
            Half::None => return Ok(None),
            Half::Uwsgi(application) => application.receive(input, table),
            Half::Http1(connection) => match connection.receive(input, &mut table.http1) {
                Ok(Some((event, used))) => Ok(ResponseEvent::of(event).map(|event| (event, used))),
                Ok(None) => Ok(None),
                Err(error) if error.kind() == ErrorKind::UnexpectedSwitch => Err(Fault::Switch),
                Err(error) => Err(Fault::Http1 { error }),
            },
        };
        let received = match received {
            Ok(Some((ResponseEvent::Head(head), _))) if self.offered.is_overruled_by(&head) => {
                Err(Fault::Switch)
            }
            received => received,
        };
        match &received {
            Ok(Some((ResponseEvent::Head(_), _))) => self.relay = Relay::Head,
            Ok(Some((ResponseEvent::End(_), _))) => self.response_is_whole = true,
            Ok(_) => {}
            Err(fault) => self.relay = Relay::Failed(*fault),
        }
        received
    }

    /// The server sends nothing more: it closed its side in order. [`ResponseEvent::End`] where that ends a response
    /// that lasts until then. For any other end there is [`lose_server`](Self::lose_server).
    ///
    /// # Errors
    ///
    /// A [`Fault`], as of [`receive_response`](Self::receive_response).
    pub fn receive_response_eof(&mut self) -> Result<Option<ResponseEvent<'static>>, Fault> {
        if let Relay::Failed(fault) = self.relay {
            return Err(fault);
        }
        if !self.wants_response() {
            // Behind a whole response, too, it is the end of a connection that would otherwise serve again.
            self.half = Half::None;
            return Ok(None);
        }
        let ended = match &mut self.half {
            Half::None => Ok(None),
            Half::Uwsgi(application) => application.receive_eof(),
            Half::Http1(connection) => match connection.receive_eof() {
                Ok(event) => Ok(event.and_then(ResponseEvent::of)),
                Err(_) if self.has_answered => Err(Fault::Truncated),
                Err(_) => Err(Fault::NoResponse),
            },
        };
        match &ended {
            Ok(Some(_)) => {
                self.half = Half::None;
                self.response_is_whole = true;
            }
            Ok(None) => {}
            Err(fault) => self.relay = Relay::Failed(*fault),
        }
        ended
    }

    /// Appends a response's head for the client: that of [`receive_response`](Self::receive_response), interim or final,
    /// with what the gateway changes of its fields.
    ///
    /// The body is framed anew. What belongs to the server's connection goes no further, but the protocols that a 426
    /// (Upgrade Required) names. 100 (Continue) is the gateway's own to send, and a client of HTTP/1.0 gets no interim
    /// response: nothing is written then.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_head`](wirekit_http1::server::Connection::send_head); nothing has then changed.
    pub fn send_response(
        &mut self,
        head: &ResponseHead<'_>,
        edit: &Edit<'_>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let status = head.status();
        let switches = status == StatusCode::SWITCHING_PROTOCOLS;
        let is_final = !status.is_informational() || switches;
        if is_final && self.relay != Relay::Head {
            let state = self.client.server_state();
            return Err(SendError::State { state });
        }
        if status == StatusCode::CONTINUE {
            return Ok(0);
        }
        let mut options = ConnectionOptions::new();
        for field in head
            .fields()
            .filter(|field| Name::Connection.is(field.name))
        {
            // Options that cannot be compared hide their fields from nobody, so the head is not passed on.
            if options.add(field.value).is_err() {
                let state = self.client.server_state();
                return Err(SendError::State { state });
            }
        }
        let body = body(head);
        let length = Length::of(head, body);
        // "The server MUST send an Upgrade header field in a 426 response to indicate the required protocol(s)" (RFC 9110
        // section 15.5.22), and the gateway is that server for its client.
        let upgrades = switches || status == StatusCode::UPGRADE_REQUIRED;
        let protocol = head.value(Name::Upgrade).filter(|_| upgrades);
        let date = edit
            .date
            .filter(|_| !status.is_informational() && head.value(Name::Date).is_none());
        let own = [
            ("Connection".as_bytes(), protocol.map(|_| &b"Upgrade"[..])),
            (b"Upgrade", protocol),
            (b"Content-Length", length.as_ref().map(Length::as_bytes)),
            (b"Date", date.map(str::as_bytes)),
        ];
        let options = &options;
        let passes = move |field: &Field<'_>| {
            // `Status` is no field of HTTP, but one of CGI.
            let is_own = Name::ContentLength.is(field.name) || field.is_named("status");
            !is_own
                && options.is_end_to_end(field.name)
                && !edit.remove.iter().any(|name| field.is_named(name))
        };
        let added = if is_final { edit.add } else { &[] };
        let fields = || {
            let own = own.into_iter();
            let own = own.filter_map(|(name, value)| value.map(|value| Field { name, value }));
            let passed = head.fields().filter(passes);
            passed.chain(own).chain(added.iter().copied())
        };
        let line = StatusLine {
            version: Version::HTTP_11,
            status,
            reason: match head.reason() {
                [] => StatusLine::new(status).reason,
                reason => reason,
            },
        };
        let closes = is_final && !switches && !self.drains();
        let before = closes.then(|| self.client.clone());
        if closes {
            self.client.close_after_response();
        }
        let mut few = [Field::new("", ""); FEW_FIELDS];
        let sent = match gather(fields(), &mut few) {
            Some(fields) => self.client.send_head(&line, fields, body, out),
            None => {
                let fields = Repeatable(fields());
                self.client.send_head(&line, fields, body, out)
            }
        };
        if let (Err(_), Some(before)) = (&sent, before) {
            self.client = before;
        }
        match sent {
            Ok(written) => {
                if is_final {
                    self.status = Some(status);
                    self.sends_chunks = body == BodyLength::Chunked;
                    self.relay = match status {
                        StatusCode::RESET_CONTENT => Relay::NoContent,
                        _ => Relay::Body,
                    };
                }
                Ok(written)
            }
            Err(SendError::InterimToHttp10) if !is_final => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Appends content of the server's response for the client.
    ///
    /// # Errors
    ///
    /// [`SendError::State`] where the response's head was not sent by [`send_response`](Self::send_response), and as
    /// [`server::Connection::send_data`](wirekit_http1::server::Connection::send_data).
    pub fn send_response_data(
        &mut self,
        data: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        match self.relay {
            Relay::Body => self.client.send_data(data, out),
            Relay::NoContent => Ok(0),
            _ => Err(SendError::State {
                state: self.client.server_state(),
            }),
        }
    }

    /// Appends the end of the server's response for the client, with its trailers where the client asked for them.
    ///
    /// # Errors
    ///
    /// [`SendError::State`] where the server's end was not received: a part of a response is never made a whole one. And
    /// as [`server::Connection::send_end`](wirekit_http1::server::Connection::send_end).
    pub fn send_response_end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        if !self.relay.is_begun() || !self.response_is_whole {
            let state = self.client.server_state();
            return Err(SendError::State { state });
        }
        let trailers = if self.received.accepts_trailers {
            trailers
        } else {
            &[]
        };
        match self.client.send_end(trailers, out) {
            Err(SendError::TrailersNotAllowed) => self.client.send_end(&[], out),
            sent => sent,
        }
    }

    /// Takes what the server sent, appends what the client gets, and says how many bytes are done with.
    ///
    /// After a switch nothing is taken: what is left goes to the client as it is. A switch before the end of the request is
    /// not taken until that was received. Where `out` has little room, little is
    /// taken; a head, and trailers, need room for all of them.
    ///
    /// # Errors
    ///
    /// [`Error::Send`] where the first thing to be sent has no room; nothing is then taken, and it may be called again with
    /// more. Another one, and [`Error::Upstream`]: call [`lose_server`](Self::lose_server), and [`refuse`](Self::refuse) where that says
    /// [`Unanswered`](super::Outcome::Unanswered).
    pub fn forward_response<const N: usize>(
        &mut self,
        input: &[u8],
        table: &mut ResponseTable<N>,
        edit: &Edit<'_>,
        out: &mut impl BufMut,
    ) -> Result<usize, Error> {
        let (mut at, mut window) = (0, None);
        loop {
            let room = out.remaining_mut().saturating_sub(CHUNK_LEN);
            let rest = input.get(at..).unwrap_or_default();
            // A head needs room of another size, and sending it says whether there is enough.
            let seen = match self.relay {
                Relay::Body => window.unwrap_or(room).min(rest.len()),
                _ => rest.len(),
            };
            // Content has room for certain, and so has the end of a body without chunks: it has no trailers.
            let may_fail = self.relay != Relay::Body || self.sends_chunks;
            let before = may_fail.then(|| (self.half.clone(), self.relay, self.response_is_whole));
            let received = self.receive_response(rest.get(..seen).unwrap_or_default(), table)?;
            let Some((event, used)) = received else {
                window = widened(seen, room, rest.len());
                match window {
                    Some(_) => continue,
                    None => return Ok(at),
                }
            };
            window = None;
            let sent = match event {
                ResponseEvent::Interim(head) | ResponseEvent::Head(head) => {
                    self.send_response(&head, edit, out)
                }
                ResponseEvent::Data(data) => self.send_response_data(data, out),
                ResponseEvent::End(trailers) if trailers.is_empty() => {
                    self.send_response_end(&[], out)
                }
                ResponseEvent::End(trailers) => {
                    let (list, count) = passed::<N>(trailers);
                    self.send_response_end(list.get(..count).unwrap_or_default(), out)
                }
            };
            if let Err(error) = sent {
                if let Some(before) = before {
                    (self.half, self.relay, self.response_is_whole) = before;
                }
                // RFC 9110 section 7.8: "a client cannot begin using an upgraded protocol on the connection until it has
                // completely sent the request message". A 101 that comes before that waits for it.
                let waits = error == SendError::SwitchNotProposed
                    && self.client.client_state() == State::SendBody;
                return if at > 0 || waits {
                    Ok(at)
                } else {
                    Err(error.into())
                };
            }
            at += used;
        }
    }

    /// The server's input has ended: appends the end of a response that lasts until an orderly one.
    ///
    /// # Errors
    ///
    /// As [`forward_response`](Self::forward_response): [`Fault::Lost`] where the server was lost before the response was
    /// whole.
    pub fn forward_response_end(&mut self, end: End, out: &mut impl BufMut) -> Result<(), Error> {
        match end {
            End::Clean => {
                if let Some(ResponseEvent::End(_)) = self.receive_response_eof()? {
                    self.send_response_end(&[], out)?;
                }
                Ok(())
            }
            End::Lost(loss) if self.wants_response() => {
                let fault = Fault::Lost { loss };
                self.relay = Relay::Failed(fault);
                Err(fault.into())
            }
            End::Lost(_) => {
                self.half = Half::None;
                Ok(())
            }
        }
    }
}

/// How the body goes to the client.
const fn body(head: &ResponseHead<'_>) -> BodyLength {
    let status = head.status();
    if status.forbids_body() || status.0 == StatusCode::RESET_CONTENT.0 {
        return BodyLength::None;
    }
    match (head.body(), head.content_length()) {
        // In answer to HEAD: what GET would get.
        (BodyLength::None, Some(len)) => BodyLength::Length(len),
        (BodyLength::None, None) => BodyLength::UntilClose,
        (BodyLength::Length(len), _) => BodyLength::Length(len),
        (BodyLength::Chunked | BodyLength::UntilClose, _) => BodyLength::Chunked,
    }
}

/// The Content-Length of a 304, as text.
struct Length {
    digits: [u8; 20],
    start: usize,
}

impl Length {
    fn of(head: &ResponseHead<'_>, body: BodyLength) -> Option<Self> {
        let mut len = match (head.status(), body) {
            (StatusCode::NOT_MODIFIED, BodyLength::None) => head.content_length()?,
            _ => return None,
        };
        let mut length = Self {
            digits: [b'0'; 20],
            start: 20,
        };
        for place in length.digits.iter_mut().rev() {
            *place = b'0' + u8::try_from(len % 10).unwrap_or_default();
            length.start -= 1;
            len /= 10;
            if len == 0 {
                break;
            }
        }
        Some(length)
    }

    fn as_bytes(&self) -> &[u8] {
        self.digits.get(self.start..).unwrap_or_default()
    }
}
