use wirekit_http1::{
    self as http1, BodyLength, BodyReader, Config, Method, ResponseEvent as HttpEvent, StatusCode,
};
use wirekit_uwsgi::response::{self as cgi, Event as CgiEvent, Expectation, Form};

use crate::error::Fault;
use crate::response::{ResponseEvent, ResponseHead, ResponseTable};

/// Reads the response of an application behind a uwsgi server: in the form of HTTP/1.1, as uWSGI and gunicorn send it, or
/// in that of CGI.
///
/// The first bytes say which: [`Form::of`]. A response of HTTP/1.1 is then read by the rules for every other one, those
/// of [`wirekit_http1::ResponseReader`]; the head of a CGI response by those of [`cgi::Decoder`].
///
/// ```
/// use wirekit_bridge::{ResponseEvent, ResponseReader, ResponseTable};
/// use wirekit_http1::Config;
///
/// let mut table = ResponseTable::new();
/// for input in ["HTTP/1.1 404 Not Found\r\n\r\ngone", "Status: 404 Not Found\r\n\r\ngone"] {
///     let mut reader = ResponseReader::new(Config::DEFAULT);
///     let mut unread = input.as_bytes();
///     while let Some((event, used)) = reader.receive(unread, &mut table)? {
///         match event {
///             ResponseEvent::Head(head) => assert_eq!((head.status().0, head.reason()), (404, &b"Not Found"[..])),
///             ResponseEvent::Data(data) => assert_eq!(data, b"gone"),
///             _ => {}
///         }
///         unread = &unread[used..];
///     }
///     assert!(reader.receive_eof()?.is_some()); // the body lasts until then
/// }
/// # Ok::<(), wirekit_bridge::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct ResponseReader {
    config: Config,
    expectation: Expectation,
    state: State,
    serves_again: bool,
}

#[derive(Clone, Debug)]
enum State {
    /// Too little is there to know the form; whether there is a byte.
    Start {
        is_empty: bool,
    },
    Http(http1::ResponseReader),
    Cgi(cgi::Decoder),
    CgiBody(BodyReader),
    Done,
    Failed(Fault),
}

impl ResponseReader {
    /// A reader of the response to one request, which may have a body. The limits and quirks are those of a response of
    /// HTTP/1.1; of a CGI response's head only the length is bounded by them, besides the table.
    pub const fn new(config: Config) -> Self {
        Self {
            config,
            expectation: Expectation::Body,
            state: State::Start { is_empty: true },
            serves_again: true,
        }
    }

    /// Sets what the response may be by its request: without a body, or a switch of protocols.
    #[must_use]
    pub const fn expectation(mut self, expectation: Expectation) -> Self {
        self.expectation = expectation;
        // To HEAD uWSGI sends a body all the same, which would be read as the next response.
        self.serves_again = !matches!(expectation, Expectation::HeadOnly);
        self
    }

    /// Whether the response is whole, or has switched protocols.
    pub const fn is_done(&self) -> bool {
        matches!(self.state, State::Done)
    }

    /// Whether the response is whole, and the connection goes on behind it. In CGI form none does.
    pub const fn serves_again(&self) -> bool {
        self.serves_again && self.is_done()
    }

    /// The next event, and the bytes used up to its end; `None` asks for more input. Nothing is taken behind the end of the
    /// response, nor behind the head of a 101.
    ///
    /// # Errors
    ///
    /// [`Fault::Http1`] and [`Fault::Cgi`], whose offset counts from the front of `input`; [`Fault::Switch`]; from then on
    /// forever.
    pub fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut ResponseTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        if matches!(self.state, State::Start { .. }) {
            self.state = match Form::of(input) {
                None => State::Start {
                    is_empty: input.is_empty(),
                },
                Some(Form::Http) => State::Http(self.http()),
                Some(Form::Cgi) => {
                    let max = self.config.limits.max_head_len;
                    let config = cgi::Config::DEFAULT
                        .expectation(self.expectation)
                        .limits(cgi::Limits::DEFAULT.max_head_len(max));
                    State::Cgi(cgi::Decoder::new(config))
                }
            };
        }
        let received = match &mut self.state {
            State::Start { .. } | State::Done => Ok(None),
            State::Http(_) => self.receive_http(input, &mut table.http1),
            State::Cgi(_) => self.receive_cgi(input, &mut table.cgi),
            State::CgiBody(_) => self.receive_cgi_body(input, &mut table.http1),
            State::Failed(fault) => Err(*fault),
        };
        if let Err(fault) = received {
            self.state = State::Failed(fault);
        }
        received
    }

    /// The server closed its side in order: [`ResponseEvent::End`] where that ends a response that lasts until then. Nothing
    /// serves again after it.
    ///
    /// A reset or a timeout is no such end, and no call of this reader: the response is then not whole.
    ///
    /// # Errors
    ///
    /// [`Fault::NoResponse`] without a byte of a response, [`Fault::Truncated`] inside one, and an earlier fault again.
    pub fn receive_eof(&mut self) -> Result<Option<ResponseEvent<'static>>, Fault> {
        self.serves_again = false;
        let end = match &mut self.state {
            State::Done => return Ok(None),
            State::Failed(fault) => return Err(*fault),
            State::Start { is_empty: true } => Err(Fault::NoResponse),
            State::Http(reader) => match reader.receive_eof() {
                Ok(Some(HttpEvent::End(trailers))) => Ok(trailers),
                _ => Err(Fault::Truncated),
            },
            State::CgiBody(reader) => match reader.receive_eof() {
                Ok(Some(http1::Body::End(trailers))) => Ok(trailers),
                _ => Err(Fault::Truncated),
            },
            State::Start { .. } | State::Cgi(_) => Err(Fault::Truncated),
        };
        match end {
            Ok(trailers) => {
                self.state = State::Done;
                Ok(Some(ResponseEvent::End(trailers)))
            }
            Err(fault) => {
                self.state = State::Failed(fault);
                Err(fault)
            }
        }
    }

    fn http(&self) -> http1::ResponseReader {
        let mut reader = http1::ResponseReader::new(self.config);
        reader.answers(match self.expectation {
            Expectation::HeadOnly => Method::HEAD,
            _ => Method::GET,
        });
        reader
    }

    fn receive_http<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut http1::FieldTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        let State::Http(reader) = &mut self.state else {
            return Ok(None);
        };
        let Some((event, used)) = reader
            .receive(input, table)
            .map_err(|error| Fault::Http1 { error })?
        else {
            return Ok(None);
        };
        match &event {
            HttpEvent::Interim { head, framing } if framing.switches_protocols() => {
                self.switches(head.status())?;
            }
            HttpEvent::Head { framing, .. } => {
                self.serves_again &=
                    framing.keep_alive() && framing.body() != BodyLength::UntilClose;
            }
            HttpEvent::End(_) => self.state = State::Done,
            _ => {}
        }
        Ok(ResponseEvent::of(event).map(|event| (event, used)))
    }

    fn receive_cgi<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut cgi::FieldTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        let State::Cgi(decoder) = &mut self.state else {
            return Ok(None);
        };
        let Some((event, used)) = decoder
            .receive(input, table)
            .map_err(|error| Fault::Cgi { error })?
        else {
            return Ok(None);
        };
        Ok(match event {
            CgiEvent::Interim(head) => {
                Some((ResponseEvent::Interim(ResponseHead::cgi(head)), used))
            }
            CgiEvent::Switch(head) => {
                self.switches(StatusCode(head.status()))?;
                Some((ResponseEvent::Head(ResponseHead::cgi(head)), used))
            }
            CgiEvent::Head(head) => {
                let head = ResponseHead::cgi(head);
                // CGI says nothing of a connection that goes on.
                self.serves_again = false;
                self.state = State::CgiBody(BodyReader::new(head.body(), self.config));
                Some((ResponseEvent::Head(head), used))
            }
            // The body is read by the reader that follows the head.
            _ => None,
        })
    }

    fn receive_cgi_body<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut http1::FieldTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        let State::CgiBody(reader) = &mut self.state else {
            return Ok(None);
        };
        let received = reader
            .receive(input, table)
            .map_err(|error| Fault::Http1 { error })?;
        Ok(received.map(|(piece, used)| {
            let event = match piece {
                http1::Body::Data(data) => ResponseEvent::Data(data),
                http1::Body::End(trailers) => {
                    self.state = State::Done;
                    ResponseEvent::End(trailers)
                }
            };
            (event, used)
        }))
    }

    fn switches(&mut self, status: StatusCode) -> Result<(), Fault> {
        if self.expectation != Expectation::Upgrade || status != StatusCode::SWITCHING_PROTOCOLS {
            return Err(Fault::Switch);
        }
        self.state = State::Done;
        self.serves_again = false;
        Ok(())
    }
}

impl<'a> ResponseEvent<'a> {
    /// The event of the reader; `None` for the switch, which the head reported.
    pub(crate) fn of(event: HttpEvent<'a>) -> Option<Self> {
        Some(match event {
            HttpEvent::Interim { head, framing } if framing.switches_protocols() => {
                Self::Head(ResponseHead::http1(head, framing))
            }
            HttpEvent::Interim { head, framing } => {
                Self::Interim(ResponseHead::http1(head, framing))
            }
            HttpEvent::Head { head, framing } => Self::Head(ResponseHead::http1(head, framing)),
            HttpEvent::Data(data) => Self::Data(data),
            HttpEvent::End(trailers) => Self::End(trailers),
            HttpEvent::Switch => return None,
        })
    }
}

#[cfg(test)]
mod tests;
