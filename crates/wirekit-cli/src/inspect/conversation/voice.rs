//! One direction of a connection, as far as it is understood.

use std::rc::Rc;

use wirekit::http1::Method;
use wirekit::tcp::track::Side;
use wirekit::tls;
use wirekit::websocket::deflate::Parameters;
use wirekit::websocket::{Config, Rsv};

use super::application::{Application, Guess, by_content};
use super::tale::{GapCause, Said, Unread, What};
use crate::events::answer::AnswerDecoder;
use crate::events::http1::{Faults, RequestDecoder, ResponseDecoder, Switching};
use crate::events::tls::RecordDecoder;
use crate::events::uwsgi::PacketDecoder;
use crate::events::websocket::FrameDecoder;
use crate::events::{Decoder, Event, Rules};

/// Bytes that wait for the server's word on a change of protocol.
const MAX_WAITING_LEN: usize = 256 * 1024;

/// One direction.
#[derive(Debug)]
pub(crate) struct Voice {
    from: Side,
    mode: Mode,
    /// The place of the decoder's first byte in the stream.
    base: u64,
    /// The place of the next byte.
    offset: u64,
    events: Vec<Event>,
    rules: Rc<Rules>,
}

/// How the bytes are read.
#[derive(Debug)]
enum Mode {
    /// Nobody said yet what they are.
    Silent,
    Request(RequestDecoder),
    Response(ResponseDecoder),
    Answer(Box<AnswerDecoder>),
    Uwsgi(PacketDecoder),
    WebSocket(FrameDecoder),
    Tls(RecordDecoder),
    /// After a request for another protocol, until the server answers.
    Waiting(Vec<u8>),
    /// Not read, but where one of this protocol's messages begins.
    Lost(Application),
    /// Not read any more.
    Over,
}

impl Voice {
    pub(crate) fn new(from: Side, rules: &Rc<Rules>) -> Self {
        Self {
            from,
            mode: Mode::Silent,
            base: 0,
            offset: 0,
            events: Vec::new(),
            rules: Rc::clone(rules),
        }
    }

    /// From here on the stream speaks `application`. `compressed`: permessage-deflate was agreed on.
    pub(crate) fn speak(&mut self, application: Application, compressed: Compression) {
        self.base = self.offset;
        self.mode = match (application, self.from) {
            (Application::Http1, Side::Client) => Mode::Request(request_decoder(&self.rules)),
            (Application::Http1, Side::Server) => Mode::Response(response_decoder(&self.rules)),
            (Application::Uwsgi, Side::Server) => {
                Mode::Answer(Box::new(AnswerDecoder::new(self.rules.http1)))
            }
            (Application::Uwsgi, Side::Client) => Mode::Uwsgi(PacketDecoder::new(self.rules.uwsgi)),
            (Application::WebSocket, from) => {
                Mode::WebSocket(frame_decoder(from, compressed, &self.rules))
            }
            (Application::Tls, _) => Mode::Tls(RecordDecoder::new(tls::Limits::DEFAULT)),
            (Application::Proxy | Application::Http2 | Application::Unknown, _) => Mode::Over,
        };
    }

    /// The stream began before the capture: it speaks `application` from its next message on.
    pub(crate) fn join(&mut self, application: Application) {
        self.mode = match (application, self.from) {
            (Application::Http1 | Application::Uwsgi, Side::Server) => {
                Mode::Lost(Application::Http1)
            }
            (Application::Http1 | Application::Uwsgi | Application::Tls, _) => {
                Mode::Lost(application)
            }
            _ => return self.speak(application, Compression::None),
        };
    }

    /// Whether a message, or a record of TLS, begins here.
    fn is_beginning(&self, application: Application, bytes: &[u8]) -> bool {
        by_content(self.from, bytes) == Guess::Known(application)
            || (application == Application::Tls && matches!(bytes, [20..=24, 3, ..]))
    }

    /// A request was sent: its method says how this direction's next response ends.
    pub(crate) fn asked(&mut self, method: &[u8]) {
        match (&mut self.mode, Method::new(method)) {
            (Mode::Response(decoder), Some(method)) => decoder.asked(method),
            (Mode::Answer(decoder), Some(method)) => decoder.asked(method),
            _ => {}
        }
    }

    /// Takes the next bytes, which speak `application`.
    pub(crate) fn feed(&mut self, application: Application, bytes: &[u8], said: &mut Vec<Said>) {
        let start = self.offset;
        self.offset += bytes.len() as u64;
        if let Mode::Lost(application) = self.mode
            && self.is_beginning(application, bytes)
        {
            self.offset = start;
            self.speak(application, Compression::None);
            self.offset += bytes.len() as u64;
        }
        let decoder: &mut dyn Decoder = match &mut self.mode {
            Mode::Request(decoder) => decoder,
            Mode::Response(decoder) => decoder,
            Mode::Answer(decoder) => &mut **decoder,
            Mode::Uwsgi(decoder) => decoder,
            Mode::WebSocket(decoder) => decoder,
            Mode::Tls(decoder) => decoder,
            Mode::Waiting(waiting) => {
                if waiting.len() + bytes.len() <= MAX_WAITING_LEN {
                    waiting.extend_from_slice(bytes);
                } else {
                    self.mode = Mode::Over;
                }
                return;
            }
            Mode::Silent | Mode::Lost(_) | Mode::Over => {
                let what = What::Data {
                    offset: start,
                    bytes: bytes.into(),
                };
                return self.say(what, said);
            }
        };
        decoder.feed(bytes, &mut self.events);
        self.tell(application, said);
        if self.is_lost() {
            let rest = self.switch_rest();
            self.lose(application);
            if !rest.is_empty() {
                let offset = self.offset;
                self.offset += rest.len() as u64;
                let bytes = rest.into();
                self.say(What::Data { offset, bytes }, said);
            }
        }
    }

    /// Whether the decoder gave up at a fault: it is read on where the next message begins.
    const fn is_lost(&self) -> bool {
        match &self.mode {
            Mode::Request(decoder) => decoder.is_lost(),
            Mode::Response(decoder) => decoder.is_lost(),
            Mode::Answer(decoder) => decoder.is_lost(),
            Mode::Uwsgi(decoder) => decoder.is_lost(),
            Mode::WebSocket(decoder) => decoder.is_lost(),
            _ => false,
        }
    }

    /// Bytes are missing here.
    pub(crate) fn gap(
        &mut self,
        application: Application,
        (len, cause): (u64, GapCause),
        said: &mut Vec<Said>,
    ) {
        let was_read = self.is_read();
        self.finish(application, said);
        self.say(
            What::Gap {
                offset: self.offset,
                len,
                cause,
            },
            said,
        );
        self.offset += len;
        self.lose(application);
        if was_read && matches!(self.mode, Mode::Over) {
            let reason = Unread::Gap;
            self.say(
                What::Unread {
                    application,
                    reason,
                },
                said,
            );
        }
    }

    /// There is no room for what is held here.
    pub(crate) fn give_up(&mut self, application: Application, said: &mut Vec<Said>) {
        self.finish(application, said);
        self.lose(application);
        let reason = Unread::NoRoom;
        self.say(
            What::Unread {
                application,
                reason,
            },
            said,
        );
    }

    /// The memory that is held for what is not reported yet.
    pub(crate) fn held_len(&self) -> usize {
        match &self.mode {
            Mode::Request(decoder) => decoder.held_len(),
            Mode::Response(decoder) => decoder.held_len(),
            Mode::Answer(decoder) => decoder.held_len(),
            Mode::Uwsgi(decoder) => decoder.held_len(),
            Mode::WebSocket(decoder) => decoder.held_len(),
            Mode::Tls(decoder) => decoder.held_len(),
            Mode::Waiting(waiting) => waiting.capacity(),
            Mode::Silent | Mode::Lost(_) | Mode::Over => 0,
        }
    }

    /// Whether a decoder reads the bytes, or may do so later.
    const fn is_read(&self) -> bool {
        match &self.mode {
            Mode::WebSocket(decoder) => !decoder.is_over(),
            Mode::Tls(decoder) => !decoder.is_over(),
            Mode::Silent | Mode::Lost(_) | Mode::Over => false,
            _ => true,
        }
    }

    /// Reads on where the next message begins, if that is known: only the messages of these protocols begin with
    /// something that is not found by chance.
    fn lose(&mut self, application: Application) {
        self.mode = match application {
            Application::Http1 | Application::Uwsgi => Mode::Lost(match self.from {
                Side::Client => application,
                Side::Server => Application::Http1,
            }),
            _ => Mode::Over,
        };
    }

    fn say(&self, what: What, said: &mut Vec<Said>) {
        let from = self.from;
        said.push(Said { from, what });
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self, application: Application, said: &mut Vec<Said>) {
        let decoder: &mut dyn Decoder = match &mut self.mode {
            Mode::Request(decoder) => decoder,
            Mode::Response(decoder) => decoder,
            Mode::Answer(decoder) => &mut **decoder,
            Mode::Uwsgi(decoder) => decoder,
            Mode::WebSocket(decoder) => decoder,
            Mode::Tls(decoder) => decoder,
            Mode::Silent | Mode::Waiting(_) | Mode::Lost(_) | Mode::Over => return,
        };
        decoder.finish(&mut self.events);
        self.tell(application, said);
        self.mode = Mode::Over;
    }

    /// After a `switch`: stops reading, and gives the bytes that belong to what follows.
    pub(crate) fn switch_rest(&mut self) -> Vec<u8> {
        let rest = match core::mem::replace(&mut self.mode, Mode::Over) {
            Mode::Request(decoder) => decoder.into_rest(),
            Mode::Response(decoder) => decoder.into_rest(),
            Mode::Answer(decoder) => decoder.into_rest(),
            Mode::Uwsgi(decoder) => decoder.into_rest(),
            Mode::WebSocket(decoder) => decoder.into_rest(),
            Mode::Waiting(rest) => rest,
            _ => Vec::new(),
        };
        self.offset -= rest.len() as u64;
        rest
    }

    /// After a `switch` of the client: keeps what follows until the server answers.
    pub(crate) fn wait(&mut self) {
        let rest = self.switch_rest();
        self.offset += rest.len() as u64;
        self.mode = Mode::Waiting(rest);
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.mode, Mode::Waiting(_))
    }

    /// Tells the decoder's events.
    fn tell(&mut self, application: Application, said: &mut Vec<Said>) {
        // What a uwsgi server answers is HTTP.
        let application = match (&self.mode, application) {
            (Mode::Response(_) | Mode::Answer(_), Application::Uwsgi) => Application::Http1,
            _ => application,
        };
        let (from, base) = (self.from, self.base);
        said.extend(self.events.drain(..).map(|event| Said {
            from,
            what: What::Message {
                application,
                base,
                event,
            },
        }));
    }
}

/// Whether the frames of a WebSocket connection may be compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    None,
    /// By permessage-deflate, as it was agreed on.
    Deflate(Parameters),
    /// By something that is not understood: no reserved bit is a fault, and the bytes are shown as they are.
    Unknown,
}

fn request_decoder(rules: &Rules) -> RequestDecoder {
    RequestDecoder::new(rules.http1, Switching::Accepted).with_faults(Faults::Reported)
}

fn response_decoder(rules: &Rules) -> ResponseDecoder {
    ResponseDecoder::new(rules.http1, Switching::Accepted, Method::GET)
        .with_faults(Faults::Reported)
}

/// The end that reads what `from` sends.
fn frame_decoder(from: Side, compression: Compression, rules: &Rules) -> FrameDecoder {
    let config = match from {
        Side::Client => Config::SERVER,
        Side::Server => Config::CLIENT,
    };
    let config = config.limits(rules.websocket);
    let decoder = match compression {
        Compression::None => FrameDecoder::new(config),
        Compression::Deflate(parameters) => FrameDecoder::new(config).with_deflate(parameters),
        Compression::Unknown => {
            let any = Rsv::RSV1 | Rsv::RSV2 | Rsv::RSV3;
            FrameDecoder::new(config.reserved_bits(any))
        }
    };
    decoder.with_any_mask()
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6455 section 9.2: what an extension does with a reserved bit is its own.
    #[test]
    fn an_unknown_extension_may_own_every_bit() {
        let rules = Rules::new(&[], &[]).unwrap();
        let wire = b"\xa2\x01a\x11\x01b\xc0\x01\xff";
        for (compression, expected) in [
            (
                Compression::Unknown,
                &["frame", "message", "frame", "frame", "message"][..],
            ),
            (Compression::None, &["error"]),
        ] {
            let mut decoder = frame_decoder(Side::Server, compression, &rules);
            let mut events = Vec::new();
            decoder.feed(wire, &mut events);
            let names: Vec<_> = events.iter().map(Event::name).collect();
            assert_eq!(names, expected, "{compression:?}");
        }
    }
}
