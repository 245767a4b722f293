use wirekit_http1::{
    self as http1, BodyLength, BodyReader, Config, Method, ResponseEvent as Http1Event,
    ResponseReader, SendError, StatusCode,
};
use wirekit_uwsgi::response::{Body, Event as CgiEvent, Expectation, ResponseDecoder};

use crate::error::Fault;
use crate::response::{ResponseEvent, ResponseHead, ResponseTable};

/// The half of an exchange that a uwsgi server has: what of the request it is still to get, and its response.
///
/// A response that begins with `HTTP/` is read by the crate for HTTP/1.1, every other one as CGI.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    config: Config,
    left: u64,
    response: Response,
    is_head: bool,
    asks_for_upgrade: bool,
    serves_again: bool,
}

#[derive(Clone, Debug)]
enum Response {
    /// Too little is there to tell the forms apart.
    Start,
    Http(ResponseReader),
    Cgi(ResponseDecoder),
    CgiBody(BodyReader),
    Done,
    Failed(Fault),
}

const HTTP: &[u8] = b"HTTP/";

impl Application {
    pub(crate) fn new(
        config: Config,
        method: Method<'_>,
        content_len: u64,
        asks_for_upgrade: bool,
    ) -> Self {
        Self {
            config,
            left: content_len,
            response: Response::Start,
            is_head: method == Method::HEAD,
            asks_for_upgrade,
            // To HEAD uWSGI sends a body all the same, which would be read as the next response.
            serves_again: method != Method::HEAD,
        }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<(), SendError> {
        let left = self.left;
        self.left = left
            .checked_sub(len as u64)
            .ok_or(SendError::BodyTooLong { left })?;
        Ok(())
    }

    pub(crate) const fn end(&self) -> Result<(), SendError> {
        match self.left {
            0 => Ok(()),
            left => Err(SendError::BodyTooShort { left }),
        }
    }

    pub(crate) const fn is_sent(&self) -> bool {
        self.left == 0
    }

    pub(crate) const fn serves_again(&self) -> bool {
        self.serves_again && self.is_sent() && matches!(self.response, Response::Done)
    }

    pub(crate) fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut ResponseTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        if matches!(self.response, Response::Start) {
            let len = HTTP.len().min(input.len());
            if !input.starts_with(HTTP.get(..len).unwrap_or_default()) {
                let expectation = match (self.is_head, self.asks_for_upgrade) {
                    (true, _) => Expectation::HeadOnly,
                    (_, true) => Expectation::Upgrade,
                    _ => Expectation::Body,
                };
                self.response = Response::Cgi(ResponseDecoder::new(expectation));
            } else if len == HTTP.len() {
                let mut reader = ResponseReader::new(self.config);
                reader.answers(if self.is_head {
                    Method::HEAD
                } else {
                    Method::GET
                });
                self.response = Response::Http(reader);
            } else {
                return Ok(None);
            }
        }
        let received = self.advance(input, table);
        if let Err(fault) = received {
            self.response = Response::Failed(fault);
        }
        received
    }

    fn advance<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut ResponseTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        match &mut self.response {
            Response::Http(reader) => {
                let Some((event, used)) = reader
                    .receive(input, &mut table.http1)
                    .map_err(Fault::Http1)?
                else {
                    return Ok(None);
                };
                match &event {
                    Http1Event::Informational { head, framing } if framing.switches_protocols() => {
                        self.switches(head.status())?;
                    }
                    Http1Event::Head { framing, .. } => {
                        self.serves_again &=
                            framing.keep_alive() && framing.body() != BodyLength::UntilClose;
                    }
                    Http1Event::End(_) => self.response = Response::Done,
                    _ => {}
                }
                Ok(ResponseEvent::of(event).map(|event| (event, used)))
            }
            Response::Cgi(decoder) => {
                let Some((event, used)) =
                    decoder.receive(input, &mut table.cgi).map_err(Fault::Cgi)?
                else {
                    return Ok(None);
                };
                match event {
                    CgiEvent::Interim(head) => Ok(Some((
                        ResponseEvent::Interim(ResponseHead::cgi(head)),
                        used,
                    ))),
                    CgiEvent::Switch(head) => {
                        self.switches(StatusCode(head.status()))?;
                        Ok(Some((ResponseEvent::Head(ResponseHead::cgi(head)), used)))
                    }
                    CgiEvent::Head(head) => {
                        let body = match head.body() {
                            Body::None => BodyLength::None,
                            Body::Length(len) => BodyLength::Length(len),
                            Body::Chunked => BodyLength::Chunked,
                            _ => BodyLength::UntilClose,
                        };
                        // CGI says nothing of a connection that goes on.
                        self.serves_again = false;
                        self.response = Response::CgiBody(BodyReader::new(body, &self.config));
                        Ok(Some((ResponseEvent::Head(ResponseHead::cgi(head)), used)))
                    }
                    // The body is read by the reader that follows the head.
                    _ => Ok(None),
                }
            }
            Response::CgiBody(reader) => {
                let Some((piece, used)) = reader
                    .receive(input, &mut table.http1)
                    .map_err(Fault::Http1)?
                else {
                    return Ok(None);
                };
                Ok(Some((
                    match piece {
                        http1::Body::Data(data) => ResponseEvent::Data(data),
                        http1::Body::End(trailers) => {
                            self.response = Response::Done;
                            ResponseEvent::End(trailers)
                        }
                    },
                    used,
                )))
            }
            Response::Start | Response::Done => Ok(None),
            Response::Failed(fault) => Err(*fault),
        }
    }

    fn switches(&mut self, status: StatusCode) -> Result<(), Fault> {
        if !self.asks_for_upgrade || status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Fault::Switch);
        }
        self.response = Response::Done;
        self.serves_again = false;
        Ok(())
    }

    /// The server closed its side: whether that ends the response.
    pub(crate) fn receive_eof(&mut self) -> Result<bool, Fault> {
        self.serves_again = false;
        let ended = match &mut self.response {
            Response::Done => return Ok(false),
            Response::Http(reader) => reader.receive_eof().map(|event| event.is_some()),
            Response::CgiBody(reader) => reader.receive_eof().map(|piece| piece.is_some()),
            Response::Start | Response::Cgi(_) => Ok(false),
            Response::Failed(fault) => return Err(*fault),
        };
        match ended {
            Ok(true) => {
                self.response = Response::Done;
                Ok(true)
            }
            _ => {
                self.response = Response::Failed(Fault::Truncated);
                Err(Fault::Truncated)
            }
        }
    }
}

impl<'a> ResponseEvent<'a> {
    /// The event of the reader; `None` for the switch, which the head told.
    pub(crate) fn of(event: Http1Event<'a>) -> Option<Self> {
        Some(match event {
            Http1Event::Informational { head, framing } if framing.switches_protocols() => {
                Self::Head(ResponseHead::http1(head, framing))
            }
            Http1Event::Informational { head, framing } => {
                Self::Interim(ResponseHead::http1(head, framing))
            }
            Http1Event::Head { head, framing } => Self::Head(ResponseHead::http1(head, framing)),
            Http1Event::Data(data) => Self::Data(data),
            Http1Event::End(trailers) => Self::End(trailers),
            Http1Event::Switch => return None,
        })
    }
}
