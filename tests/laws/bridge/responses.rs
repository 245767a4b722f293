//! The responses of applications: read in either form, and written.

use wirekit::bridge::{
    Exchange, Fault, Request, ResponseEvent, ResponseReader, ResponseTable, Upstream, UwsgiServer,
};
use wirekit::http1::{self, Config, Field, FieldTable, Fields, Method, Quirks, StatusCode, server};
use wirekit::uwsgi::request::Prefix;
use wirekit::uwsgi::response::{Expectation, Form};

/// What was asked, and how the response is read.
#[derive(Clone, Copy, Debug)]
struct Asked {
    expectation: Expectation,
    config: Config,
}

impl Asked {
    fn of(choice: u8) -> Self {
        let quirks = Quirks::NAMED
            .iter()
            .fold(Quirks::NONE, |all, (_, quirk)| all | *quirk);
        Self {
            expectation: match choice % 3 {
                0 => Expectation::Body,
                1 => Expectation::HeadOnly,
                _ => Expectation::Upgrade,
            },
            config: Config::DEFAULT.quirks(if choice & 4 == 0 {
                Quirks::NONE
            } else {
                quirks
            }),
        }
    }

    /// An exchange that has sent such a request to an application.
    fn exchange(self) -> Exchange {
        let request: &[u8] = match self.expectation {
            Expectation::HeadOnly => b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
            Expectation::Upgrade => {
                b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
            }
            _ => b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        };
        let mut exchange = Exchange::new(wirekit::bridge::Config::DEFAULT);
        let mut fields = FieldTable::new();
        let Ok(Some((server::Event::Head { head, .. }, _))) =
            exchange.receive_request(request, &mut fields)
        else {
            panic!("a request")
        };
        let constants = b"\x0b\0SERVER_NAME\x01\0s\x0b\0SERVER_PORT\x02\x0080";
        let server = UwsgiServer::new(Prefix::from_block(constants).expect("constants"));
        let upstream = Upstream::Uwsgi(server.config(self.config));
        exchange
            .send_request(&head, upstream, &Request::new("http"), &mut Vec::new())
            .expect("a packet");
        exchange
    }
}

/// What a reader reports of a response: its events with the content joined, then how it ended.
#[derive(Debug, Default, PartialEq)]
struct Transcript {
    events: Vec<String>,
    content: Vec<u8>,
    /// It ends in a switch to another protocol than the one that was offered.
    switches_to_other: bool,
}

impl Transcript {
    fn head(&mut self, status: StatusCode, reason: &[u8], rest: String) {
        self.events
            .push(format!("{} {} {rest}", status.0, reason.escape_ascii()));
    }

    /// A head of 101.
    fn switch<'a>(&mut self, fields: impl IntoIterator<Item = Field<'a>>) {
        // A field of empty elements names no protocol, as no field does.
        let fields = fields.into_iter().filter(|f| f.is_named("upgrade"));
        let mut protocols = fields.flat_map(|field| field.members()).peekable();
        let is_named = protocols.peek().is_some();
        self.switches_to_other =
            !is_named || !protocols.all(|name| name.eq_ignore_ascii_case(b"websocket"));
    }

    /// What a gateway says, which knows what was offered: "A server MUST NOT switch to a protocol that was not indicated by
    /// the client" (RFC 9110 section 7.8).
    fn seen_by_a_gateway(mut self) -> Self {
        if core::mem::take(&mut self.switches_to_other) {
            self.events.pop();
            self.events.push(format!("{:?}", Fault::Switch));
        }
        self
    }

    fn fault(&mut self, kind: &str, offset: usize) {
        self.events.push(format!("{kind} at {offset}"));
    }

    fn end(&mut self, trailers: Fields<'_>, at: usize) {
        self.events.push(format!("end {trailers:?} at {at}"));
    }
}

/// An application's response, in either form: the same events at every split. One of HTTP/1.1 is what the reader of
/// `wirekit-http1` says, whether an exchange reads it or the [`ResponseReader`] alone;
/// but an exchange knows what may be switched to.
pub fn responses(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let asked = Asked::of(*choice);
    let whole = by_reader(data, data.len().max(1), asked);
    for step in [1, 3] {
        assert_eq!(by_reader(data, step, asked), whole, "by {step}");
    }
    if Form::of(data) == Some(Form::Http) {
        assert_eq!(whole, by_http1(data, asked));
    }
    let whole = whole.seen_by_a_gateway();
    for step in [1, 7, data.len().max(1)] {
        assert_eq!(by_exchange(data, step, asked), whole, "by {step}");
    }
}

/// One response, whole.
fn by_http1(data: &[u8], asked: Asked) -> Transcript {
    let mut reader = http1::ResponseReader::new(asked.config);
    if asked.expectation == Expectation::HeadOnly {
        reader.answers(Method::HEAD);
    }
    let (mut transcript, mut table, mut at) = (Transcript::default(), FieldTable::new(), 0);
    loop {
        match reader.receive(&data[at..], &mut table) {
            Ok(Some((event, used))) => {
                at += used;
                match event {
                    http1::ResponseEvent::Interim { head, framing }
                    | http1::ResponseEvent::Head { head, framing } => {
                        let switches = framing.switches_protocols();
                        if switches && asked.expectation != Expectation::Upgrade {
                            transcript.events.push(format!("{:?}", Fault::Switch));
                            return transcript;
                        }
                        let fields: Vec<_> = head.fields().iter().collect();
                        let (body, length) = (framing.body(), framing.content_length());
                        let rest = format!("{body:?} {length:?} {fields:?} at {at}");
                        transcript.head(head.status(), head.reason(), rest);
                        if switches {
                            transcript.switch(fields);
                            return transcript;
                        }
                    }
                    http1::ResponseEvent::Data(data) => transcript.content.extend_from_slice(data),
                    http1::ResponseEvent::End(trailers) => {
                        transcript.end(trailers, at);
                        return transcript;
                    }
                    http1::ResponseEvent::Switch => return transcript,
                }
            }
            Ok(None) => {
                match reader.receive_eof() {
                    Ok(Some(_)) => transcript.events.push("end of input".into()),
                    _ => transcript.events.push(format!("{:?}", Fault::Truncated)),
                }
                return transcript;
            }
            Err(error) => {
                transcript.fault(error.kind().as_str(), at + error.offset());
                return transcript;
            }
        }
    }
}

fn by_reader(data: &[u8], step: usize, asked: Asked) -> Transcript {
    let mut reader = ResponseReader::new(asked.config).expectation(asked.expectation);
    let mut table = ResponseTable::new();
    read(data, step, |input, transcript, at| match input {
        Some(input) => next(reader.receive(input, &mut table), transcript, at),
        None => eof(reader.receive_eof(), transcript),
    })
}

fn by_exchange(data: &[u8], step: usize, asked: Asked) -> Transcript {
    let mut exchange = asked.exchange();
    let mut table = ResponseTable::new();
    read(data, step, |input, transcript, at| match input {
        Some(input) => next(exchange.receive_response(input, &mut table), transcript, at),
        None => eof(exchange.receive_response_eof(), transcript),
    })
}

/// Gives a reader the data in pieces, then the end. The reader returns how much it took.
fn read(
    data: &[u8],
    step: usize,
    mut reader: impl FnMut(Option<&[u8]>, &mut Transcript, usize) -> Step,
) -> Transcript {
    let (mut transcript, mut at, mut have) = (Transcript::default(), 0, 0);
    loop {
        match reader(Some(&data[at..have]), &mut transcript, at) {
            Step::Used(used) => {
                assert!(used <= have - at, "used more than there is");
                at += used;
            }
            Step::Waits if have < data.len() => have = (have + step).min(data.len()),
            Step::Waits => {
                reader(None, &mut transcript, at);
                return transcript;
            }
            Step::Over => return transcript,
        }
    }
}

enum Step {
    Used(usize),
    Waits,
    Over,
}

fn next(
    received: Result<Option<(ResponseEvent<'_>, usize)>, Fault>,
    transcript: &mut Transcript,
    at: usize,
) -> Step {
    match received {
        Ok(Some((event, used))) => {
            match event {
                ResponseEvent::Interim(head) | ResponseEvent::Head(head) => {
                    let fields: Vec<_> = head.fields().collect();
                    let (body, length) = (head.body(), head.content_length());
                    let rest = format!("{body:?} {length:?} {fields:?} at {}", at + used);
                    transcript.head(head.status(), head.reason(), rest);
                    if head.status() == StatusCode::SWITCHING_PROTOCOLS {
                        transcript.switch(fields);
                        return Step::Over;
                    }
                }
                ResponseEvent::Data(data) => transcript.content.extend_from_slice(data),
                ResponseEvent::End(trailers) => {
                    transcript.end(trailers, at + used);
                    return Step::Over;
                }
            }
            Step::Used(used)
        }
        Ok(None) => Step::Waits,
        Err(fault) => {
            match fault {
                Fault::Http1 { error } => {
                    transcript.fault(error.kind().as_str(), at + error.offset())
                }
                Fault::Cgi { error } => {
                    transcript.fault(error.kind().as_str(), at + error.offset())
                }
                fault => transcript.events.push(format!("{fault:?}")),
            }
            Step::Over
        }
    }
}

fn eof(received: Result<Option<ResponseEvent<'_>>, Fault>, transcript: &mut Transcript) -> Step {
    transcript.events.push(match received {
        Ok(Some(_)) => "end of input".into(),
        Ok(None) => "nothing".into(),
        Err(fault) => format!("{fault:?}"),
    });
    Step::Over
}
