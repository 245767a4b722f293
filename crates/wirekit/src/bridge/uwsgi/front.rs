use alloc::vec::Vec;
use core::net::SocketAddr;

use bytes::BufMut;

use super::answer::Answer;
use super::upstream::{Refusal, Upstream};
use crate::http1::{Body, BodyLength, BodyReader, Config, FieldTable, Progress, RequestHead};
use crate::uwsgi::EncodeError;

/// The client's side of a proxy: heads come in, and each becomes an [`Exchange`].
///
/// One for a connection. Each call is given all unread bytes: those that an earlier call left, and those that have come
/// since.
#[derive(Debug)]
pub struct Front<'a> {
    upstream: Upstream<'a>,
    remote: Option<SocketAddr>,
    fields: FieldTable,
    progress: Progress,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// In front of a head, or inside one.
    Head,
    /// A client waits before it sends the body; then the rest.
    Continue(Exchange, Option<Held>),
    /// A chunked body comes, of which the packet is to say the length.
    Hold(Exchange, Held),
    Ready(Exchange),
    /// What was refused: nothing behind it can be told from a body.
    Refused(Refusal),
}

/// A request that waits for the end of its body.
#[derive(Debug)]
struct Held {
    head: Vec<u8>,
    content: Vec<u8>,
}

/// What a [`Front`] found.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "matched where it is returned, and a box would be an allocation a request"
)]
pub enum FrontEvent {
    /// Bytes were taken and are held back; there is nothing to do.
    Held,
    /// The client is to be told [`CONTINUE`] before it sends the body.
    Continue,
    /// A request can be sent: connect to the server, and go on with both of its ways.
    Exchange(Exchange),
}

/// A request and its answer: two ways, which go on side by side.
///
/// Read the answer while the body is still being sent: an application that refuses a body early closes its socket with
/// bytes unread, and whoever only then looks finds the answer lost.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exchange {
    /// From the client to the application.
    pub outgoing: Outgoing,
    /// From the application to the client.
    pub answer: Answer,
}

impl Exchange {
    /// Whether the client's connection serves another request after this one: all of the answer is written, and all of
    /// the request was read. "A server MUST read the entire request message body or close the connection after sending
    /// its response, since otherwise the remaining data on a persistent connection would be misinterpreted as the next
    /// request" (RFC 9112 section 9.3).
    pub fn keeps_alive(&self) -> bool {
        self.answer.keeps_alive() && self.outgoing.is_done()
    }
}

/// What a client that waits for it is told before it sends a body: RFC 9110 section 15.2.1.
pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

impl<'a> Front<'a> {
    /// A client's connection, in front of a uwsgi server.
    pub fn new(upstream: Upstream<'a>, remote: Option<SocketAddr>) -> Self {
        Self {
            upstream,
            remote,
            fields: FieldTable::new(),
            progress: Progress::new(),
            stage: Stage::Head,
        }
    }

    /// Takes the next event from the front of the unread bytes; `None` until more have come.
    ///
    /// A body that says its length stays unread, for [`Outgoing`] to pass on. A chunked body is held back until its
    /// length is known, because the packet says it first: see [`Upstream::max_held_len`].
    ///
    /// # Errors
    ///
    /// A [`Refusal`]: tell the client, and close the connection. It is final: it comes again from every later call.
    pub fn receive(&mut self, input: &[u8]) -> Result<Option<(FrontEvent, usize)>, Refusal> {
        let received = match core::mem::replace(&mut self.stage, Stage::Head) {
            Stage::Head => self.head(input),
            Stage::Continue(exchange, held) => {
                self.stage = Stage::after_continue(exchange, held);
                Ok(Some((FrontEvent::Continue, 0)))
            }
            Stage::Hold(exchange, held) => self.hold(exchange, held, input),
            Stage::Ready(exchange) => Ok(Some((FrontEvent::Exchange(exchange), 0))),
            Stage::Refused(refusal) => Err(refusal),
        };
        if let Err(refusal) = received {
            self.stage = Stage::Refused(refusal);
        }
        received
    }

    fn config(&self) -> Config {
        Config::DEFAULT.quirks(self.upstream.quirks)
    }

    fn head(&mut self, input: &[u8]) -> Result<Option<(FrontEvent, usize)>, Refusal> {
        let config = self.config();
        let Self {
            upstream,
            remote,
            fields,
            progress,
            stage,
        } = self;
        let Some((head, used)) =
            RequestHead::resume(input, fields, &config, progress).map_err(Refusal::Http1)?
        else {
            return Ok(None);
        };
        let framing = head.framing(upstream.quirks).map_err(Refusal::Http1)?;
        let answer = Answer::to(&head, framing);
        let is_held = matches!(framing.body(), BodyLength::Chunked) && upstream.max_held_len > 0;
        let mut packet = Vec::new();
        // What can be refused is refused before the body comes.
        upstream.encode(&head, *remote, is_held.then_some(0), &mut packet)?;
        let outgoing = Outgoing {
            packet,
            reader: BodyReader::new(framing.body(), &config),
            trailers: FieldTable::new(),
        };
        let exchange = Exchange { outgoing, answer };
        let held = is_held.then(|| Held {
            head: input.get(..used).unwrap_or(input).to_vec(),
            content: Vec::new(),
        });
        *stage = if framing.expect_continue() {
            Stage::Continue(exchange, held)
        } else {
            Stage::after_continue(exchange, held)
        };
        Ok(Some((FrontEvent::Held, used)))
    }

    /// Takes more of a chunked body; at its end the packet can be made.
    fn hold(
        &mut self,
        mut exchange: Exchange,
        mut held: Held,
        input: &[u8],
    ) -> Result<Option<(FrontEvent, usize)>, Refusal> {
        let mut at = 0;
        let outgoing = &mut exchange.outgoing;
        while let Some((piece, used)) = outgoing
            .reader
            .receive(input.get(at..).unwrap_or_default(), &mut outgoing.trailers)
            .map_err(Refusal::Http1)?
        {
            at += used;
            if let Body::Data(data) = piece {
                if held.content.len() + data.len() > self.upstream.max_held_len {
                    return Err(Refusal::BodyTooLarge);
                }
                held.content.extend_from_slice(data);
            }
        }
        let is_complete = outgoing.reader.is_done();
        if is_complete {
            let (mut fields, len) = (FieldTable::new(), held.content.len() as u64);
            let parsed = RequestHead::parse_with(&held.head, &mut fields, &self.config());
            if let Some((head, _)) = parsed.map_err(Refusal::Http1)? {
                outgoing.packet.clear();
                self.upstream
                    .encode(&head, self.remote, Some(len), &mut outgoing.packet)?;
                outgoing.packet.append(&mut held.content);
            }
        }
        self.stage = if is_complete {
            Stage::Ready(exchange)
        } else {
            Stage::Hold(exchange, held)
        };
        Ok((at > 0).then_some((FrontEvent::Held, at)))
    }
}

impl Stage {
    fn after_continue(exchange: Exchange, held: Option<Held>) -> Self {
        match held {
            Some(held) => Self::Hold(exchange, held),
            None => Self::Ready(exchange),
        }
    }
}

/// A request on its way to the application: the packet, then the body as it comes.
#[derive(Debug)]
pub struct Outgoing {
    /// What goes before the rest of the body: the packet, and a body that was held back.
    packet: Vec<u8>,
    reader: BodyReader,
    trailers: FieldTable,
}

impl Outgoing {
    /// Takes what the client sent, appends what the application gets, and says how many bytes are done with.
    ///
    /// It takes all that it can, and nothing behind the body; pass the rest again with what comes next. The first call
    /// appends the packet, whatever it is given.
    ///
    /// # Errors
    ///
    /// A [`Refusal`] of a body that breaks a rule: the application must not take what it got for the whole, so close its
    /// connection.
    pub fn receive(&mut self, input: &[u8], out: &mut impl BufMut) -> Result<usize, Refusal> {
        put(&self.packet, out)?;
        self.packet.clear();
        let mut at = 0;
        while let Some((piece, used)) = self
            .reader
            .receive(input.get(at..).unwrap_or_default(), &mut self.trailers)
            .map_err(Refusal::Http1)?
        {
            if let Body::Data(data) = piece {
                put(data, out)?;
            }
            at += used;
        }
        Ok(at)
    }

    /// Whether all of the request is written.
    pub fn is_done(&self) -> bool {
        self.reader.is_done() && self.packet.is_empty()
    }
}

fn put(data: &[u8], out: &mut impl BufMut) -> Result<(), Refusal> {
    if data.len() > out.remaining_mut() {
        let needed = data.len();
        return Err(Refusal::Encode(EncodeError::OutputTooSmall { needed }));
    }
    out.put_slice(data);
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;
    use crate::uwsgi::request::Prefix;
    use crate::uwsgi::{Packet, Var};

    /// What the application gets of a connection's bytes, given in pieces, and how many bytes were done with.
    fn sent(received: &[u8], step: usize, max: usize) -> Result<(Vec<u8>, usize), u16> {
        let mut storage = [0; 64];
        let constants = [
            Var::new(b"SERVER_NAME", b"s"),
            Var::new(b"SERVER_PORT", b"80"),
        ];
        let upstream = Upstream::new(Prefix::encode(&constants, &mut storage).unwrap());
        let mut front = Front::new(upstream.max_held_len(max), None);
        let (mut at, mut have) = (0, 0);
        let mut exchange: Option<Exchange> = None;
        let mut out = vec![];
        loop {
            let unread = &received[at..have];
            let used = match &mut exchange {
                None => match front
                    .receive(unread)
                    .map_err(|refusal| refusal.status().0)?
                {
                    Some((FrontEvent::Exchange(begun), used)) => {
                        exchange = Some(begun);
                        Some(used)
                    }
                    Some((FrontEvent::Held | FrontEvent::Continue, used)) => Some(used),
                    None => None,
                },
                Some(Exchange { outgoing, .. }) => {
                    let used = outgoing.receive(unread, &mut out).unwrap();
                    at += used;
                    if outgoing.is_done() {
                        return Ok((out, at));
                    }
                    None
                }
            };
            match used {
                Some(used) => at += used,
                None => {
                    assert!(have < received.len(), "it wants more than there is");
                    have = (have + step).min(received.len());
                }
            }
        }
    }

    #[test]
    fn a_body_follows_its_packet_at_every_split() {
        #[rustfmt::skip]
        let rows: &[(&str, &str, &str)] = &[
            ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "0", ""),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "5", "hello"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nA: b\r\n\r\n", "5", "hello"),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "0", ""),
        ];
        for (request, length, body) in rows {
            for step in 1..request.len() {
                let pipelined = [request, "GET /next HTTP/1.1\r\n"].concat();
                let (out, used) = sent(pipelined.as_bytes(), step, 5).unwrap();
                assert_eq!(used, request.len());
                let (packet, at) = Packet::parse(&out).unwrap();
                let vars = packet.vars().unwrap();
                assert_eq!(vars.get(b"CONTENT_LENGTH"), Some(length.as_bytes()));
                assert_eq!(vars.get(b"HTTP_TRANSFER_ENCODING"), None);
                assert_eq!(&out[at..], body.as_bytes());
            }
        }
    }

    #[test]
    fn a_chunked_body_is_held_back_within_a_bound() {
        let request =
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
        let broken = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhelx";
        for step in 1..request.len() {
            assert!(sent(request, step, 5).is_ok());
            assert_eq!(sent(request, step, 4), Err(413));
            assert_eq!(sent(request, step, 0), Err(411));
            assert_eq!(sent(broken, step, 5), Err(400));
        }
    }

    #[test]
    fn a_client_that_waits_is_told_to_go_on() {
        let mut storage = [0; 64];
        let constants = [
            Var::new(b"SERVER_NAME", b"s"),
            Var::new(b"SERVER_PORT", b"80"),
        ];
        let upstream = Upstream::new(Prefix::encode(&constants, &mut storage).unwrap());
        for body in ["Content-Length: 2", "Transfer-Encoding: chunked"] {
            let mut front = Front::new(upstream, None);
            let head = alloc::format!(
                "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{body}\r\n\r\n"
            );
            let first = front.receive(head.as_bytes()).unwrap();
            assert!(matches!(first, Some((FrontEvent::Held, used)) if used == head.len()));
            let second = front.receive(b"").unwrap();
            assert!(matches!(second, Some((FrontEvent::Continue, 0))));
        }
    }

    /// RFC 9112 section 9.3: what an early answer left of a body is no request.
    #[test]
    fn a_body_that_was_not_read_ends_the_connection() {
        let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
        let upstream = Upstream::new(Prefix::from_block(constants).unwrap());
        let head = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 31\r\n\r\n";
        let body = b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\n";
        let mut front = Front::new(upstream, None);
        assert!(matches!(
            front.receive(head),
            Ok(Some((FrontEvent::Held, _)))
        ));
        let Ok(Some((FrontEvent::Exchange(mut exchange), 0))) = front.receive(body) else {
            panic!("no exchange");
        };
        let mut out = vec![];
        let answer = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
        exchange.answer.receive(answer, &mut out).unwrap();
        assert!(exchange.answer.is_done());
        assert!(!exchange.keeps_alive());
        let used = exchange.outgoing.receive(body, &mut out).unwrap();
        assert_eq!((used, exchange.keeps_alive()), (body.len(), true));
    }

    /// RFC 9112 section 8: a connection that broke is not the end of a body that lasts until the end.
    #[test]
    fn a_lost_application_is_not_the_end_of_its_answer() {
        let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
        let upstream = Upstream::new(Prefix::from_block(constants).unwrap());
        let mut front = Front::new(upstream, None);
        let request = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        assert!(matches!(
            front.receive(request),
            Ok(Some((FrontEvent::Held, _)))
        ));
        let Ok(Some((FrontEvent::Exchange(mut exchange), 0))) = front.receive(b"") else {
            panic!("no exchange");
        };
        let (answer, mut out) = (&mut exchange.answer, vec![]);
        answer
            .receive(b"HTTP/1.1 200 OK\r\n\r\nhalf", &mut out)
            .unwrap();
        answer.abort();
        assert!(answer.receive_eof(b"", &mut out).is_err());
        answer.refuse(&mut out).unwrap();
        assert!(
            out.ends_with(b"\r\n4\r\nhalf\r\n"),
            "{}",
            out.escape_ascii()
        );
        assert!(!answer.is_done() && !exchange.keeps_alive());
    }

    #[test]
    fn a_refusal_is_final() {
        let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
        let upstream = Upstream::new(Prefix::from_block(constants).unwrap());
        // A body that would be taken for the next request.
        let requests: [&[u8]; 2] = [
            b"POST /%zz HTTP/1.1\r\nHost: a\r\nContent-Length: 27\r\n\r\n",
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxx",
        ];
        for request in requests {
            let mut front = Front::new(upstream, None);
            let mut unread = request;
            let refusal = loop {
                match front.receive(unread) {
                    Ok(Some((FrontEvent::Held, used))) => unread = &unread[used..],
                    Ok(other) => panic!("{other:?}"),
                    Err(refusal) => break refusal,
                }
            };
            assert_eq!(refusal.status().0, 400);
            let next = front.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            assert_eq!(next.unwrap_err(), refusal);
        }
    }

    #[test]
    fn quirks_hold_for_the_whole_request() {
        use crate::http1::Quirks;

        let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
        let upstream = Upstream::new(Prefix::from_block(constants).unwrap());
        let request = b"GET / HTTP/1.1\r\n\r\n";
        let refused = Front::new(upstream, None).receive(request).unwrap_err();
        assert_eq!(refused.status().0, 400);
        let mut front = Front::new(upstream.quirks(Quirks::MISSING_HOST), None);
        let taken = front.receive(request);
        assert!(matches!(taken, Ok(Some((FrontEvent::Held, used))) if used == request.len()));
    }

    #[test]
    fn what_cannot_be_sent_is_refused_before_the_body() {
        let request = b"POST /%zz HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(sent(request, request.len(), 5), Err(400));
    }
}
