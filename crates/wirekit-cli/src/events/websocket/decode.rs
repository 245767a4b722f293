use wirekit::websocket::deflate::Parameters;
use wirekit::websocket::{
    Config, Connection, Error, ErrorKind, Event as Received, Message, MessageReader, Rsv,
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
    /// Frames are read whether or not they are masked as they should be.
    takes_any_mask: bool,
    done: bool,
    is_lost: bool,
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
            takes_any_mask: false,
            done: false,
            is_lost: false,
        }
    }

    /// The same decoder, which goes on after a frame that is not masked though it should be, or the reverse: it is whole
    /// all the same.
    #[must_use]
    pub const fn with_any_mask(mut self) -> Self {
        self.takes_any_mask = true;
        self
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

    fn fail(&mut self, offset: u64, error: Error, events: &mut Vec<Event>) {
        self.done = true;
        self.is_lost = true;
        let kind = error.kind();
        let mut fault = Fault::new(kind.as_str(), &kind, kind.spec());
        fault.close_code = Some(kind.close_code().0);
        events.push(Event::error(offset, fault));
    }

    /// Reports that a frame is masked or not against the rule, and reads those of its kind from there on; false for another
    /// error, and where that is not wanted.
    fn take_other_mask(&mut self, start: u64, error: Error, events: &mut Vec<Event>) -> bool {
        if !self.takes_any_mask
            || !matches!(
                error.kind(),
                ErrorKind::MaskMissing | ErrorKind::MaskUnexpected
            )
        {
            return false;
        }
        self.fail(start + error.offset() as u64, error, events);
        self.done = false;
        self.is_lost = false;
        self.takes_any_mask = false;
        let mut config = *self.connection.config();
        config.role = config.role.peer();
        self.connection = Connection::new(config);
        true
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
                if self.take_other_mask(start, error, events) {
                    continue;
                }
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

    fn is_lost(&self) -> bool {
        self.is_lost
    }

    /// The end that is read has closed, or broke a rule.
    fn is_over(&self) -> bool {
        self.done || !self.connection.wants_input()
    }

    fn take_rest(&mut self) -> Vec<u8> {
        self.pending.take()
    }
}
