//! One direction of a connection, as far as it is understood.

use std::rc::Rc;

use wirekit::http1::Method;
use wirekit::tcp::track::Side;

use super::application::{Application, Reading, Resumption};
use super::readers::Compression;
use super::tale::{GapCause, Said, Unread, What};
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
    Read(Box<dyn Decoder>),
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
        self.mode = match application.protocol().reading {
            Reading::By(reader) => Mode::Read(reader(self.from, compressed, &self.rules)),
            Reading::Unsupported | Reading::Nothing => Mode::Over,
        };
    }

    /// The stream began before the capture: it speaks `application` from its next message on.
    pub(crate) fn join(&mut self, application: Application) {
        match application.protocol().resumption {
            Resumption::AtMessage | Resumption::AtMessageWhenJoined => {
                self.mode = Mode::Lost(application.of(self.from));
            }
            Resumption::Never => self.speak(application, Compression::None),
        }
    }

    /// A request was sent: its method says how this direction's next response ends.
    pub(crate) fn asked(&mut self, method: &[u8]) {
        if let (Mode::Read(reader), Some(method)) = (&mut self.mode, Method::new(method)) {
            reader.asked(method);
        }
    }

    /// Takes the next bytes, which speak `application`.
    pub(crate) fn feed(&mut self, application: Application, bytes: &[u8], said: &mut Vec<Said>) {
        let start = self.offset;
        self.offset += bytes.len() as u64;
        if let Mode::Lost(application) = self.mode
            && application.is_found(self.from, bytes)
        {
            self.offset = start;
            self.speak(application, Compression::None);
            self.offset += bytes.len() as u64;
        }
        let reader = match &mut self.mode {
            Mode::Read(reader) => reader,
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
        reader.feed(bytes, &mut self.events);
        let is_lost = reader.is_lost();
        self.tell(application, said);
        if is_lost {
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
            Mode::Read(reader) => reader.held_len(),
            Mode::Waiting(waiting) => waiting.capacity(),
            Mode::Silent | Mode::Lost(_) | Mode::Over => 0,
        }
    }

    /// Whether a decoder reads the bytes, or may do so later.
    fn is_read(&self) -> bool {
        match &self.mode {
            Mode::Read(reader) => !reader.is_over(),
            Mode::Waiting(_) => true,
            Mode::Silent | Mode::Lost(_) | Mode::Over => false,
        }
    }

    /// Reads on where the next message begins, if that can be known.
    fn lose(&mut self, application: Application) {
        self.mode = match application.protocol().resumption {
            Resumption::AtMessage => Mode::Lost(application.of(self.from)),
            Resumption::AtMessageWhenJoined | Resumption::Never => Mode::Over,
        };
    }

    fn say(&self, what: What, said: &mut Vec<Said>) {
        let from = self.from;
        said.push(Said { from, what });
    }

    /// Nothing more comes.
    pub(crate) fn finish(&mut self, application: Application, said: &mut Vec<Said>) {
        let Mode::Read(reader) = &mut self.mode else {
            return;
        };
        reader.finish(&mut self.events);
        self.tell(application, said);
        self.mode = Mode::Over;
    }

    /// After a `switch`: stops reading, and gives the bytes that belong to what follows.
    pub(crate) fn switch_rest(&mut self) -> Vec<u8> {
        let rest = match core::mem::replace(&mut self.mode, Mode::Over) {
            Mode::Read(mut reader) => reader.take_rest(),
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
        let (from, base) = (self.from, self.base);
        let application = application.of(from);
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
