use core::cell::RefCell;
use std::collections::VecDeque;

use wirekit::http1::{
    Config, Error, FieldTable, Framing, Method, RequestEvent, RequestReader, ResponseEvent,
    ResponseHead, ResponseReader, StatusCode,
};

use crate::events::Decoder;
use crate::events::event::Event;
use crate::events::message::{Fault, Message};
use crate::events::pairs::Pairs;
use crate::events::stream::{DataRun, Pending};

use super::message::{Request, Response, pairs};

/// The most fields that a head can have, whatever the limit says.
pub(crate) const MAX_FIELDS: usize = 1024;

thread_local! {
    /// One table for all decoders of a thread: there may be one for each direction of many thousand connections, and
    /// a table is of use only while a piece is read.
    static FIELDS: RefCell<Box<FieldTable<MAX_FIELDS>>> = RefCell::default();
}

/// Whether HTTP ends where another protocol was asked for or agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "it ends or it goes on")]
pub enum Switching {
    /// What follows is HTTP all the same.
    Ignored,
    /// What follows is no longer HTTP.
    Accepted,
}

/// What both directions keep.
#[derive(Debug)]
struct Stream {
    pending: Pending,
    data: DataRun,
    switching: Switching,
    done: bool,
}

impl Stream {
    fn new(switching: Switching) -> Self {
        Self {
            pending: Pending::default(),
            data: DataRun::default(),
            switching,
            done: false,
        }
    }

    /// A reader broke off: tells what it found and how to answer it, and nothing after it.
    fn fail(&mut self, error: Error, status: StatusCode, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        let offset = self.pending.offset() + error.offset() as u64;
        let kind = error.kind();
        let mut fault = Fault::new(kind.as_str(), &kind, kind.spec());
        fault.status = Some(status.0);
        events.push(Event::error(offset, fault));
    }

    /// The input ended inside a message.
    fn cut(&mut self, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        events.push(Event::incomplete(self.pending.offset()));
    }

    fn held_len(&self) -> usize {
        self.pending.held_len() + self.data.held_len()
    }

    /// The rest is another protocol's.
    fn switch(&mut self, events: &mut Vec<Event>) {
        self.done = true;
        events.push(Event::new(Message::Switch, self.pending.offset(), 0));
    }
}

/// What a client sends.
#[derive(Debug)]
pub struct RequestDecoder {
    stream: Stream,
    reader: RequestReader,
    /// The request that is being read asks for another protocol.
    asks: bool,
}

impl RequestDecoder {
    /// A decoder at the start of a connection.
    pub fn new(config: Config, switching: Switching) -> Self {
        Self {
            stream: Stream::new(switching),
            reader: RequestReader::new(config),
            asks: false,
        }
    }

    /// The bytes that no event used: after `switch`, those of the other protocol.
    pub fn into_rest(mut self) -> Vec<u8> {
        self.stream.pending.take()
    }

    /// From the end of the request that is being read, the bytes are another protocol's.
    pub fn accept_switch(&mut self) {
        self.stream.switching = Switching::Accepted;
    }
}

impl RequestDecoder {
    fn read(&mut self, bytes: &[u8], fields: &mut FieldTable<MAX_FIELDS>, events: &mut Vec<Event>) {
        let stream = &mut self.stream;
        if stream.done {
            return;
        }
        stream.pending.push(bytes);
        loop {
            let start = stream.pending.offset();
            let (received, used) = match self.reader.receive(stream.pending.bytes(), fields) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(error) => return stream.fail(error, error.kind().status(), events),
            };
            let len = used as u64;
            match received {
                RequestEvent::Head { head, framing } => {
                    self.asks = head.method() == Method::CONNECT || framing.upgrade();
                    let request = Request::new(&head, &framing);
                    events.push(Event::new(Message::Request(Box::new(request)), start, len));
                }
                RequestEvent::Data(data) => {
                    stream
                        .data
                        .push(start + len - data.len() as u64, data, events);
                }
                RequestEvent::End(trailers) => {
                    stream.data.flush(events);
                    events.push(end(start, len, pairs(trailers)));
                    stream.pending.consume(used);
                    if self.asks && stream.switching == Switching::Accepted {
                        return stream.switch(events);
                    }
                    continue;
                }
            }
            stream.pending.consume(used);
        }
    }
}

impl Decoder for RequestDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        FIELDS.with_borrow_mut(|fields| self.read(bytes, fields, events));
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        let stream = &mut self.stream;
        if stream.done {
            return;
        }
        match self.reader.receive_eof() {
            Ok(_) => stream.done = true,
            Err(_) => stream.cut(events),
        }
    }

    fn held_len(&self) -> usize {
        self.stream.held_len()
    }
}

/// The requests that are not answered yet.
#[derive(Debug)]
struct Asked {
    methods: VecDeque<Method<'static>>,
    /// How many came after those, whose methods are not kept: their answers may never come.
    more: u64,
    /// The method of every request that is not known.
    default: Method<'static>,
}

impl Asked {
    const MAX_METHODS: usize = 1024;

    fn push(&mut self, method: Method<'static>) {
        if self.more == 0 && self.methods.len() < Self::MAX_METHODS {
            self.methods.push_back(method);
        } else {
            self.more += 1;
        }
    }

    fn pop(&mut self) -> Method<'static> {
        self.methods.pop_front().unwrap_or_else(|| {
            self.more = self.more.saturating_sub(1);
            self.default
        })
    }
}

/// As much of a method as says how the response ends.
fn framing_method(method: Method<'_>) -> Method<'static> {
    match method {
        Method::HEAD => Method::HEAD,
        Method::CONNECT => Method::CONNECT,
        _ => Method::GET,
    }
}

/// What a server sends.
#[derive(Debug)]
pub struct ResponseDecoder {
    stream: Stream,
    reader: ResponseReader,
    config: Config,
    asked: Asked,
    /// The reader knows the method that the next response answers.
    prepared: bool,
}

impl ResponseDecoder {
    /// A decoder at the start of a connection; `method` is that of requests that are not known.
    pub fn new(config: Config, switching: Switching, method: Method<'_>) -> Self {
        Self {
            stream: Stream::new(switching),
            reader: ResponseReader::new(config),
            config,
            asked: Asked {
                methods: VecDeque::new(),
                more: 0,
                default: framing_method(method),
            },
            prepared: false,
        }
    }

    /// A further request was sent: its method says how its response ends.
    pub fn asked(&mut self, method: Method<'_>) {
        self.asked.push(framing_method(method));
    }

    /// The bytes that no event used: after `switch`, those of the other protocol.
    pub fn into_rest(mut self) -> Vec<u8> {
        self.stream.pending.take()
    }

    fn prepare(&mut self) {
        // Empty lines before a response may come before its request is known.
        let has_begun = |bytes: &[u8]| bytes.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
        if !self.prepared && has_begun(self.stream.pending.bytes()) {
            self.reader.answers(self.asked.pop());
            self.prepared = true;
        }
    }
}

impl ResponseDecoder {
    fn read(&mut self, bytes: &[u8], fields: &mut FieldTable<MAX_FIELDS>, events: &mut Vec<Event>) {
        if self.stream.done {
            return;
        }
        self.stream.pending.push(bytes);
        loop {
            self.prepare();
            let stream = &mut self.stream;
            let start = stream.pending.offset();
            let (received, used) = match self.reader.receive(stream.pending.bytes(), fields) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                // RFC 9110 section 15.6.3: what a gateway answers when it "received an invalid response".
                Err(error) => return stream.fail(error, StatusCode::BAD_GATEWAY, events),
            };
            let len = used as u64;
            match received {
                ResponseEvent::Interim { head, framing } => {
                    events.push(response(start, len, &head, &framing));
                    events.push(end(start + len, 0, Pairs::new()));
                }
                ResponseEvent::Head { head, framing } => {
                    events.push(response(start, len, &head, &framing));
                    if framing.switches_protocols() {
                        events.push(end(start + len, 0, Pairs::new()));
                    }
                }
                ResponseEvent::Data(data) => {
                    stream
                        .data
                        .push(start + len - data.len() as u64, data, events);
                }
                ResponseEvent::End(trailers) => {
                    stream.data.flush(events);
                    events.push(end(start, len, pairs(trailers)));
                    self.prepared = false;
                }
                ResponseEvent::Switch => {
                    if stream.switching == Switching::Accepted {
                        return stream.switch(events);
                    }
                    self.reader = ResponseReader::new(self.config);
                    self.prepared = false;
                }
            }
            stream.pending.consume(used);
        }
    }
}

impl Decoder for ResponseDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        FIELDS.with_borrow_mut(|fields| self.read(bytes, fields, events));
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        let stream = &mut self.stream;
        if stream.done {
            return;
        }
        match self.reader.receive_eof() {
            Ok(Some(ResponseEvent::End(trailers))) => {
                stream.data.flush(events);
                events.push(end(stream.pending.offset(), 0, pairs(trailers)));
                stream.done = true;
            }
            Ok(_) => stream.done = true,
            Err(_) => stream.cut(events),
        }
    }

    fn held_len(&self) -> usize {
        self.stream.held_len()
    }
}

fn response(offset: u64, len: u64, head: &ResponseHead<'_>, framing: &Framing) -> Event {
    let response = Response::new(head, framing);
    Event::new(Message::Response(Box::new(response)), offset, len)
}

fn end(offset: u64, len: u64, trailers: Pairs) -> Event {
    Event::new(Message::End(trailers), offset, len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_are_never_answered_are_only_counted() {
        let mut asked = Asked {
            methods: VecDeque::new(),
            more: 0,
            default: Method::GET,
        };
        for _ in 0..10_000 {
            asked.push(Method::HEAD);
        }
        assert_eq!(asked.methods.len(), Asked::MAX_METHODS);
        for number in 0..10_000 {
            let is_kept = number < Asked::MAX_METHODS;
            assert_eq!(asked.pop() == Method::HEAD, is_kept, "{number}");
        }
        // All are answered, so the next one is kept again.
        asked.push(Method::CONNECT);
        assert_eq!(asked.pop(), Method::CONNECT);
    }
}
