use bytes::BufMut;

use super::client::Client;
use super::upstream::{asks_for_websocket, encode_refusal};
use crate::http1::{self, BodyLength, BodyReader, Chunk, LastChunk, Method, StatusCode, Version};
use crate::uwsgi;
use crate::uwsgi::response::{Event, Expectation, FieldTable, ResponseDecoder};

/// An application's answer on its way to the client.
///
/// The body is framed anew: by its length where the application gave one, else chunked for HTTP/1.1 and by closing for
/// HTTP/1.0. Interim answers other than 100 go to HTTP/1.1 clients before the answer. A chunked coding of the
/// application's is taken off, never doubled. Fields that belong to one connection go no further.
#[derive(Debug)]
pub struct Answer {
    client: Client,
    phase: Phase,
    has_begun: bool,
    fields: FieldTable,
    trailers: http1::FieldTable,
}

#[derive(Debug)]
pub(super) enum Phase {
    Head(ResponseDecoder),
    Body { reader: BodyReader, chunked: bool },
    Switched,
    Done,
    Failed(Fault),
}

/// Why an answer does not get to the client: 502 if nothing of it has, else close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The answer's head breaks a rule, or is not there.
    #[error("{0}")]
    Head(uwsgi::Error),
    /// The answer's body breaks a rule, or ends early.
    #[error("{0}")]
    Body(http1::Error),
    /// The connection to the application was lost before the answer was complete.
    #[error("connection to the application lost")]
    Lost,
    /// The application changes to another protocol than the one that was asked for.
    #[error("switch to a protocol that nobody asked for")]
    Switch,
    /// The response cannot be written.
    #[error("{0}")]
    Encode(http1::EncodeError),
}

impl Answer {
    /// The answer to a request, of which [`http1::RequestHead::framing`] said how it is framed.
    pub fn to(head: &http1::RequestHead<'_>, framing: http1::Framing) -> Self {
        let expectation = if head.method() == Method::HEAD {
            Expectation::HeadOnly
        } else if framing.upgrade() && asks_for_websocket(head) {
            Expectation::Upgrade
        } else {
            Expectation::Body
        };
        let version = if head.version().minor() == 0 {
            Version::HTTP_10
        } else {
            Version::HTTP_11
        };
        // HTTP/1.0 bodies of unknown length end with the connection, so it is simply not kept.
        let keep_alive = framing.keep_alive() && version == Version::HTTP_11;
        Self {
            client: Client {
                version,
                keep_alive,
            },
            phase: Phase::Head(ResponseDecoder::new(expectation)),
            has_begun: false,
            fields: FieldTable::new(),
            trailers: http1::FieldTable::new(),
        }
    }

    /// Takes what the application sent, appends what the client gets, and says how many bytes are done with.
    ///
    /// It takes all that it can; pass the rest again with what comes next. After a switch ([`Answer::is_switched`])
    /// nothing is taken: what is left, and all that follows, goes to the client as it is.
    ///
    /// # Errors
    ///
    /// A [`Fault`], again from every later call.
    pub fn receive(&mut self, input: &[u8], out: &mut impl BufMut) -> Result<usize, Fault> {
        let mut at = 0;
        while let Some(used) = self
            .step(input.get(at..).unwrap_or_default(), out)
            .map_err(|fault| self.fail(fault))?
        {
            at += used;
        }
        Ok(at)
    }

    /// The application closed its side with these bytes unread.
    ///
    /// # Errors
    ///
    /// A [`Fault`] where the answer is not complete.
    pub fn receive_eof(&mut self, unread: &[u8], out: &mut impl BufMut) -> Result<(), Fault> {
        let ended = match &mut self.phase {
            Phase::Head(decoder) => decoder.receive_eof(unread).map(|_| ()).map_err(Fault::Head),
            Phase::Body { reader, chunked } => {
                let chunked = *chunked;
                reader
                    .receive_eof()
                    .map_err(Fault::Body)
                    .and_then(|_| end(chunked, out))
            }
            Phase::Switched | Phase::Done => Ok(()),
            Phase::Failed(fault) => Err(*fault),
        };
        match ended {
            Ok(()) => self.phase = Phase::Done,
            Err(fault) => return Err(self.fail(fault)),
        }
        Ok(())
    }

    /// Appends 502 where nothing of the answer has reached the client, and nothing otherwise; after a [`Fault`]. The
    /// client's connection is to be closed.
    ///
    /// # Errors
    ///
    /// [`Fault::Encode`] where the output has no room.
    pub fn refuse(&mut self, out: &mut impl BufMut) -> Result<(), Fault> {
        self.client.keep_alive = false;
        if !core::mem::replace(&mut self.has_begun, true) {
            encode_refusal(StatusCode(502), out).map_err(Fault::Encode)?;
        }
        Ok(())
    }

    /// The connection to the application broke, or was silent for too long: what has come is not the whole answer, even
    /// where its end would be the end of the input. [`refuse`](Self::refuse) goes on from here.
    pub const fn abort(&mut self) {
        if self.wants_input() {
            self.phase = Phase::Failed(Fault::Lost);
        }
    }

    /// Whether more of the answer is to come; false after a switch and a fault, too.
    pub const fn wants_input(&self) -> bool {
        matches!(self.phase, Phase::Head(_) | Phase::Body { .. })
    }

    /// Whether the client has all of the answer.
    pub const fn is_done(&self) -> bool {
        matches!(self.phase, Phase::Done)
    }

    /// Whether both sides speak another protocol from here on.
    pub const fn is_switched(&self) -> bool {
        matches!(self.phase, Phase::Switched)
    }

    /// Whether a byte of the answer's own head was written, so that no other answer can be given.
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether the client has all of the answer, and nothing of it closes the connection.
    pub(super) const fn keeps_alive(&self) -> bool {
        self.client.keep_alive && self.is_done()
    }

    fn fail(&mut self, fault: Fault) -> Fault {
        self.phase = Phase::Failed(fault);
        fault
    }

    fn step(&mut self, input: &[u8], out: &mut impl BufMut) -> Result<Option<usize>, Fault> {
        match &mut self.phase {
            Phase::Head(decoder) => {
                let Some((event, used)) = decoder
                    .receive(input, &mut self.fields)
                    .map_err(Fault::Head)?
                else {
                    return Ok(None);
                };
                self.phase = match event {
                    Event::Interim(head) => {
                        // The proxy answers `Expect` itself, and an HTTP/1.0 client knows no interim answers.
                        if head.status() != 100 && self.client.version == Version::HTTP_11 {
                            self.client.write_head(&head, BodyLength::None, out)?;
                        }
                        return Ok(Some(used));
                    }
                    Event::Switch(head) => {
                        // RFC 9110 section 7.8: a 101 says to which protocol, and it is one that the client named.
                        let protocol = head.get("upgrade").unwrap_or_default();
                        if !protocol.eq_ignore_ascii_case(b"websocket") {
                            return Err(Fault::Switch);
                        }
                        self.client.write_switch(&head, out)?;
                        Phase::Switched
                    }
                    Event::Head(head) => self.client.begin(&head, out)?,
                    Event::Data(_) | Event::End | _ => Phase::Done,
                };
                self.has_begun = true;
                Ok(Some(used))
            }
            Phase::Body { reader, chunked } => {
                let Some((piece, used)) = reader
                    .receive(input, &mut self.trailers)
                    .map_err(Fault::Body)?
                else {
                    return Ok(None);
                };
                let chunked = *chunked;
                match piece {
                    http1::Body::Data(data) if chunked => {
                        Chunk { data }.encode(out).map_err(Fault::Encode)?;
                    }
                    http1::Body::Data(data) => put(data, out)?,
                    http1::Body::End(_) => {
                        end(chunked, out)?;
                        self.phase = Phase::Done;
                    }
                }
                Ok(Some(used))
            }
            Phase::Switched | Phase::Done => Ok(None),
            Phase::Failed(fault) => Err(*fault),
        }
    }
}

fn end(chunked: bool, out: &mut impl BufMut) -> Result<(), Fault> {
    if chunked {
        LastChunk { trailers: &[] }
            .encode(out)
            .map_err(Fault::Encode)?;
    }
    Ok(())
}

fn put(data: &[u8], out: &mut impl BufMut) -> Result<(), Fault> {
    if data.len() > out.remaining_mut() {
        return Err(Fault::Encode(http1::EncodeError::OutputTooSmall {
            needed: data.len(),
        }));
    }
    out.put_slice(data);
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::vec;

    use super::*;
    use crate::http1::{Config, Quirks, RequestHead};

    fn answer(request: &str, upstream: &[u8], step: usize) -> (String, Result<(), Fault>, bool) {
        let mut fields = http1::FieldTable::new();
        let (head, _) = RequestHead::parse(request.as_bytes(), &mut fields)
            .unwrap()
            .unwrap();
        let mut answer = Answer::to(&head, head.framing(Quirks::NONE).unwrap());
        let mut out = vec![];
        let (mut at, mut have) = (0, 0);
        let outcome = loop {
            have = (have + step).min(upstream.len());
            match answer.receive(&upstream[at..have], &mut out) {
                Ok(used) => at += used,
                Err(fault) => break Err(fault),
            }
            if have == upstream.len() {
                break answer.receive_eof(&upstream[at..], &mut out);
            }
        };
        let keeps_alive = answer.keeps_alive();
        (String::from_utf8(out).unwrap(), outcome, keeps_alive)
    }

    /// The response as a client reads it: status line and fields, content, whether the connection is kept.
    fn read(response: &str) -> (String, String) {
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let mut body = body.as_bytes();
        if head.contains("Transfer-Encoding: chunked") {
            let mut table = http1::FieldTable::new();
            let mut reader = BodyReader::new(BodyLength::Chunked, &Config::DEFAULT);
            let mut content = vec![];
            while let Some((piece, used)) = reader.receive(body, &mut table).unwrap() {
                if let http1::Body::Data(data) = piece {
                    content.extend_from_slice(data);
                }
                body = &body[used..];
            }
            assert!(reader.is_done() && body.is_empty());
            return (head.into(), String::from_utf8(content).unwrap());
        }
        (head.into(), String::from_utf8(body.to_vec()).unwrap())
    }

    const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const GET_10: &str = "GET / HTTP/1.0\r\n\r\n";
    const HEAD: &str = "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n";

    #[test]
    fn an_answer_is_framed_anew_at_every_split() {
        #[rustfmt::skip]
        let rows: &[(&str, &str, &str, &str)] = &[
            (GET, "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello", "HTTP/1.1 200 OK\r\nA: b\r\nTransfer-Encoding: chunked", "hello"),
            (GET, "HTTP/1.1 200 Fine\r\nContent-Length: 5\r\nConnection: close, x\r\nX: 1\r\n\r\nhello, more", "HTTP/1.1 200 Fine\r\nContent-Length: 5", "hello"),
            (GET, "Status: 404 Not Found\r\n\r\n", "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked", ""),
            (GET, "Location: /x\r\n\r\n", "HTTP/1.1 302 Found\r\nLocation: /x\r\nTransfer-Encoding: chunked", ""),
            // Taken off and put on again, not doubled.
            (GET, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nT: 1\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "hello"),
            (GET_10, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close", "hello"),
            (GET_10, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\nHTTP/1.0 200 OK\r\n\r\nhello", "HTTP/1.1 200 OK\r\nConnection: close", "hello"),
            (HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 200 OK\r\nContent-Length: 5", ""),
            (GET, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5", ""),
            (GET, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 204 No Content", ""),
        ];
        for (request, upstream, head, content) in rows {
            for step in 1..=upstream.len() {
                let (response, outcome, keeps_alive) = answer(request, upstream.as_bytes(), step);
                assert_eq!(outcome, Ok(()), "{upstream:?}");
                assert_eq!(
                    read(&response),
                    ((*head).into(), (*content).into()),
                    "{upstream:?} by {step}"
                );
                assert_eq!(keeps_alive, *request != GET_10);
            }
        }
    }

    #[test]
    fn interim_answers_go_before_the_answer() {
        let upstream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx";
        let (response, _, _) = answer(GET, upstream, 7);
        assert_eq!(
            response,
            "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        );
    }

    #[test]
    fn a_lie_is_a_fault() {
        let kind = |upstream: &[u8]| match answer(GET, upstream, 1).1 {
            Err(Fault::Head(error)) => error.kind().as_str(),
            Err(Fault::Body(error)) => error.kind().as_str(),
            other => panic!("{other:?}"),
        };
        assert_eq!(kind(b""), "uwsgi.no_answer");
        assert_eq!(kind(b"HTTP/1.1 200 OK\r\n"), "uwsgi.head_truncated");
        assert_eq!(kind(b"HTTP/1.1 101 S\r\n\r\n"), "uwsgi.unexpected_switch");
        assert_eq!(
            kind(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi"),
            "http1.unexpected_end"
        );
        assert_eq!(
            kind(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhi"),
            "http1.unexpected_end"
        );
    }

    const UPGRADE: &str =
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    #[test]
    fn a_switch_is_to_what_was_asked_for() {
        for fields in ["", "Upgrade: h2c\r\n", "Upgrade: websocket, h2c\r\n"] {
            let upstream = alloc::format!("HTTP/1.1 101 S\r\n{fields}\r\n");
            let (response, outcome, _) = answer(UPGRADE, upstream.as_bytes(), 1);
            assert_eq!((response.as_str(), outcome), ("", Err(Fault::Switch)));
        }
    }

    #[test]
    fn a_switch_leaves_the_rest_alone() {
        let request = UPGRADE;
        let mut fields = http1::FieldTable::new();
        let (head, _) = RequestHead::parse(request.as_bytes(), &mut fields)
            .unwrap()
            .unwrap();
        let mut answer = Answer::to(&head, head.framing(Quirks::NONE).unwrap());
        let mut out = vec![];
        let upstream = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n\x81\0";
        assert_eq!(answer.receive(upstream, &mut out), Ok(upstream.len() - 2));
        assert!(answer.is_switched());
        assert_eq!(out, b"HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    }
}
