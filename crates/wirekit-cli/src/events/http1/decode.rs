use core::cell::RefCell;
use std::collections::VecDeque;

use wirekit::http1::{
    Body, Config, FieldTable, Framing, Method, RequestEvent, RequestReader, ResponseEvent,
    ResponseHead, ResponseReader, StatusCode,
};

use crate::events::Decoder;
use crate::events::event::Event;
use crate::events::message::Message;
use crate::events::pairs::Pairs;

use super::message::{Request, Response, pairs};
use super::stream::{Faults, Reading, Stream, Switching};

/// The most fields that a head can have, whatever the limit says.
pub(crate) const MAX_FIELDS: usize = 1024;

thread_local! {
    /// One table for all decoders of a thread: there may be one for each direction of many thousand connections, and
    /// a table is of use only while a piece is read.
    static FIELDS: RefCell<Box<FieldTable<MAX_FIELDS>>> = RefCell::default();
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
            stream: Stream::new(config, switching),
            reader: RequestReader::new(config),
            asks: false,
        }
    }

    /// From the end of the request that is being read, the bytes are another protocol's.
    pub fn accept_switch(&mut self) {
        self.stream.switching = Switching::Accepted;
    }
}

impl RequestDecoder {
    /// The same decoder, which goes on after a fault where it can.
    #[must_use]
    pub const fn with_faults(mut self, faults: Faults) -> Self {
        self.stream.faults = faults;
        self
    }

    fn read(&mut self, bytes: &[u8], fields: &mut FieldTable<MAX_FIELDS>, events: &mut Vec<Event>) {
        let stream = &mut self.stream;
        if stream.done {
            return;
        }
        stream.pending.push(bytes);
        loop {
            let start = stream.pending.offset();
            let received = match &mut stream.body {
                Some(body) => {
                    let received = body.receive(stream.pending.bytes(), fields);
                    received.map(|it| it.map(|(body, used)| (request_event(body), used)))
                }
                None => self.reader.receive(stream.pending.bytes(), fields),
            };
            let (received, used) = match received {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(error) => {
                    if !stream.forgive(error, error.kind().status(), events) {
                        return;
                    }
                    self.reader = RequestReader::new(stream.laxest());
                    continue;
                }
            };
            let len = used as u64;
            match received {
                RequestEvent::Head { head, framing } => {
                    stream.reading = Reading::Body(framing.body());
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
                    if stream.end_message() {
                        self.reader = RequestReader::new(stream.config);
                    }
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
        match (&stream.body, self.reader.receive_eof()) {
            (None, Ok(_)) => stream.done = true,
            (Some(_), _) | (_, Err(_)) => stream.cut(events),
        }
    }

    fn held_len(&self) -> usize {
        self.stream.held_len()
    }

    fn is_lost(&self) -> bool {
        self.stream.is_lost
    }

    fn take_rest(&mut self) -> Vec<u8> {
        self.stream.pending.take()
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
    /// That of the request that the current response answers.
    method: Method<'static>,
    asked: Asked,
    /// The reader knows the method that the next response answers.
    prepared: bool,
}

impl ResponseDecoder {
    /// A decoder at the start of a connection; `method` is that of requests that are not known.
    pub fn new(config: Config, switching: Switching, method: Method<'_>) -> Self {
        Self {
            stream: Stream::new(config, switching),
            reader: ResponseReader::new(config),
            method: Method::GET,
            asked: Asked {
                methods: VecDeque::new(),
                more: 0,
                default: framing_method(method),
            },
            prepared: false,
        }
    }

    fn prepare(&mut self) {
        // Empty lines before a response may come before its request is known.
        let has_begun = |bytes: &[u8]| bytes.iter().any(|byte| !matches!(byte, b'\r' | b'\n'));
        if !self.prepared && has_begun(self.stream.pending.bytes()) {
            self.method = self.asked.pop();
            self.reader.answers(self.method);
            self.prepared = true;
        }
    }
}

impl ResponseDecoder {
    /// The same decoder, which goes on after a fault where it can.
    #[must_use]
    pub const fn with_faults(mut self, faults: Faults) -> Self {
        self.stream.faults = faults;
        self
    }

    fn read(&mut self, bytes: &[u8], fields: &mut FieldTable<MAX_FIELDS>, events: &mut Vec<Event>) {
        if self.stream.done {
            return;
        }
        self.stream.pending.push(bytes);
        loop {
            self.prepare();
            let stream = &mut self.stream;
            let start = stream.pending.offset();
            let received = match &mut stream.body {
                Some(body) => {
                    let received = body.receive(stream.pending.bytes(), fields);
                    received.map(|it| it.map(|(body, used)| (response_event(body), used)))
                }
                None => self.reader.receive(stream.pending.bytes(), fields),
            };
            let (received, used) = match received {
                Ok(Some(received)) => received,
                Ok(None) => return,
                // RFC 9110 section 15.6.3: what a gateway answers when it "received an invalid response".
                Err(error) => {
                    if !stream.forgive(error, StatusCode::BAD_GATEWAY, events) {
                        return;
                    }
                    self.reader = ResponseReader::new(stream.laxest());
                    self.reader.answers(self.method);
                    continue;
                }
            };
            let len = used as u64;
            match received {
                ResponseEvent::Interim { head, framing } => {
                    events.push(response(start, len, &head, &framing));
                    events.push(end(start + len, 0, Pairs::new()));
                }
                ResponseEvent::Head { head, framing } => {
                    stream.reading = Reading::Body(framing.body());
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
                    if stream.end_message() {
                        self.reader = ResponseReader::new(stream.config);
                    }
                    self.prepared = false;
                }
                ResponseEvent::Switch => {
                    if stream.switching == Switching::Accepted {
                        return stream.switch(events);
                    }
                    stream.end_message();
                    self.reader = ResponseReader::new(stream.config);
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
        if stream.body.is_some() {
            return stream.cut(events);
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

    fn is_lost(&self) -> bool {
        self.stream.is_lost
    }

    fn take_rest(&mut self) -> Vec<u8> {
        self.stream.pending.take()
    }

    fn asked(&mut self, method: Method<'_>) {
        self.asked.push(framing_method(method));
    }
}

const fn request_event(body: Body<'_>) -> RequestEvent<'_> {
    match body {
        Body::Data(data) => RequestEvent::Data(data),
        Body::End(trailers) => RequestEvent::End(trailers),
    }
}

const fn response_event(body: Body<'_>) -> ResponseEvent<'_> {
    match body {
        Body::Data(data) => ResponseEvent::Data(data),
        Body::End(trailers) => ResponseEvent::End(trailers),
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
