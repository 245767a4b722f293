use wirekit::websocket::deflate::Parameters;
use wirekit::websocket::{
    Config, Connection, Error, Event as Received, Message, MessageReader, Rsv,
};

use super::deflate::Inflater;
use super::message::{Close, Content};
use crate::events::Decoder;
use crate::events::event::Event;
use crate::events::message::{Fault, Message as Said};
use crate::events::stream::Pending;

/// Reads what one end receives.
#[derive(Debug)]
pub struct FrameDecoder {
    pending: Pending,
    connection: Connection,
    messages: MessageReader,
    /// Where the message that is being read began.
    message_start: Option<u64>,
    /// The frame that was reported last, by the place of its first byte.
    frame_start: Option<u64>,
    inflater: Option<Box<Inflater>>,
    done: bool,
}

impl FrameDecoder {
    /// A decoder at the first byte after the opening handshake, in the place of this end.
    pub fn new(config: Config) -> Self {
        Self {
            pending: Pending::default(),
            connection: Connection::new(config),
            messages: MessageReader::new(),
            message_start: None,
            frame_start: None,
            inflater: None,
            done: false,
        }
    }

    /// The same decoder where permessage-deflate was agreed on: tells compressed messages as they were before.
    #[must_use]
    pub fn with_deflate(mut self, parameters: Parameters) -> Self {
        let config = self.connection.config().permessage_deflate();
        self.connection = Connection::new(config);
        let (role, limits) = (config.role, config.limits);
        self.inflater = Some(Box::new(Inflater::new(role, parameters, &limits)));
        self
    }

    /// Whether it says nothing more, whatever it is fed: the end that is read has closed, or broke a rule.
    pub const fn is_over(&self) -> bool {
        self.done || !self.connection.wants_input()
    }

    fn fail(&mut self, offset: u64, error: Error, events: &mut Vec<Event>) {
        self.done = true;
        let kind = error.kind();
        let mut fault = Fault::new(kind.as_str(), &kind, kind.spec());
        fault.close_code = Some(kind.close_code().0);
        events.push(Event::error(offset, fault));
    }

    /// Tells the frame at the front, once.
    fn tell_frame(&mut self, events: &mut Vec<Event>) -> Result<(), Error> {
        let start = self.pending.offset();
        if self.frame_start == Some(start) {
            return Ok(());
        }
        if let Some((header, header_len)) = self.connection.peek_header(self.pending.bytes())? {
            self.frame_start = Some(start);
            if !header.opcode.is_control() {
                self.message_start.get_or_insert(start);
            }
            let len = header.payload_len.saturating_add(header_len as u64);
            events.push(Event::new(Said::Frame(header), start, len));
        }
        Ok(())
    }

    /// Tells a message that ends at `end`.
    fn tell_message(&mut self, message: Message, end: u64, events: &mut Vec<Event>) {
        let first = self.message_start.take().unwrap_or(end);
        let content = Content {
            kind: message.kind,
            compressed: message.rsv.contains(Rsv::RSV1),
            data: message.bytes.into(),
        };
        events.push(Event::new(Said::Content(content), first, end - first));
    }
}

impl Decoder for FrameDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.done || !self.connection.wants_input() {
            return;
        }
        self.pending.push(bytes);
        while self.connection.wants_input() {
            let start = self.pending.offset();
            if let Err(error) = self.tell_frame(events) {
                return self.fail(start + error.offset() as u64, error, events);
            }
            let (received, used) = match self.connection.receive(self.pending.bytes_mut()) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(error) => return self.fail(start + error.offset() as u64, error, events),
            };
            let control = |said| Event::new(said, start, used as u64);
            match received {
                Received::Ping(data) => events.push(control(Said::Ping(data.to_vec()))),
                Received::Pong(data) => events.push(control(Said::Pong(data.to_vec()))),
                Received::Close(close) => {
                    let close = Close {
                        code: close.code,
                        reason: close.reason.to_owned(),
                    };
                    events.push(control(Said::Close(close)));
                }
                data => {
                    let end = start + used as u64;
                    let mut inflated = Vec::new();
                    let (data, was_inflated) = match (data, &mut self.inflater) {
                        (Received::Data(piece), Some(inflater)) if piece.is_compressed() => {
                            let piece_start = end - piece.bytes.len() as u64;
                            match inflater.inflate(piece, &mut inflated) {
                                Ok(plain) => (Received::Data(plain), true),
                                Err((offset, error)) => {
                                    return self.fail(piece_start + offset as u64, error, events);
                                }
                            }
                        }
                        (data, _) => (data, false),
                    };
                    if let Some(mut message) = self.messages.push(data) {
                        if was_inflated {
                            message.rsv |= Rsv::RSV1;
                        }
                        self.tell_message(message, end, events);
                    }
                }
            }
            self.pending.consume(used);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        if self.done {
            return;
        }
        self.done = true;
        // A close may come inside a message, which then never ends; what follows a close is not read.
        let is_cut = self.connection.wants_input() && !self.pending.is_empty();
        if self.message_start.is_some() || is_cut {
            events.push(Event::incomplete(self.pending.offset()));
        }
    }

    fn held_len(&self) -> usize {
        let inflater_len = self.inflater.as_ref().map_or(0, |it| it.held_len());
        self.pending.held_len() + self.messages.pending_len() + inflater_len
    }
}
