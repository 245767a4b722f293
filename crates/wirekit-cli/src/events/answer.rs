//! What an application behind a uwsgi server answers: a response of HTTP/1.1 or of CGI.

use core::cell::RefCell;

use wirekit::bridge::{
    Fault as Broken, ResponseEvent, ResponseHead, ResponseReader, ResponseTable,
};
use wirekit::http1::{Config, Field, Method, StatusCode};
use wirekit::uwsgi::response::{Expectation, Form};

use super::Decoder;
use super::event::Event;
use super::http1::{Faults, MAX_FIELDS, Response, ResponseDecoder, Switching};
use super::message::{Fault, Message};
use super::pairs::Pairs;
use super::stream::{DataRun, Pending};

thread_local! {
    /// One table for all decoders of a thread.
    static TABLE: RefCell<Box<ResponseTable<MAX_FIELDS>>> = RefCell::default();
}

/// The answers of one connection. The first bytes say of which form they are; those of HTTP/1.1 may follow one another, one
/// of CGI is the only one.
#[derive(Debug)]
pub(crate) struct AnswerDecoder {
    http: ResponseDecoder,
    form: Option<Form>,
    /// What does not tell the form yet, or is of CGI.
    pending: Pending,
    cgi: ResponseReader,
    data: DataRun,
    done: bool,
    is_lost: bool,
}

impl AnswerDecoder {
    pub(crate) fn new(config: Config) -> Self {
        Self {
            http: ResponseDecoder::new(config, Switching::Accepted, Method::GET)
                .with_faults(Faults::Reported),
            form: None,
            pending: Pending::default(),
            cgi: ResponseReader::new(config).expectation(Expectation::Upgrade),
            data: DataRun::default(),
            done: false,
            is_lost: false,
        }
    }

    fn read(&mut self, table: &mut ResponseTable<MAX_FIELDS>, events: &mut Vec<Event>) {
        while !self.done {
            let start = self.pending.offset();
            let received = self.cgi.receive(self.pending.bytes(), table);
            let (event, used) = match received {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(fault) => return self.fail(fault, events),
            };
            let len = used as u64;
            match event {
                ResponseEvent::Interim(head) | ResponseEvent::Head(head) => {
                    events.push(response(start, len, &head));
                    if head.status().is_informational() {
                        events.push(end(start + len, 0, None));
                    }
                    if head.status() == StatusCode::SWITCHING_PROTOCOLS {
                        events.push(Event::new(Message::Switch, start + len, 0));
                        self.done = true;
                    }
                }
                ResponseEvent::Data(data) => {
                    let at = start + len - data.len() as u64;
                    self.data.push(at, data, events);
                }
                ResponseEvent::End(trailers) => {
                    self.data.flush(events);
                    events.push(end(start, len, trailers));
                    self.done = true;
                }
            }
            self.pending.consume(used);
        }
    }

    fn fail(&mut self, fault: Broken, events: &mut Vec<Event>) {
        self.data.flush(events);
        self.done = true;
        let at = self.pending.offset();
        let (offset, mut fault) = match fault {
            Broken::Http1 { error } => {
                let kind = error.kind();
                let offset = at + error.offset() as u64;
                (offset, Fault::new(kind.as_str(), &kind, kind.spec()))
            }
            Broken::Cgi { error } => {
                let kind = error.kind();
                let offset = at + error.offset() as u64;
                (offset, Fault::new(kind.as_str(), &kind, kind.spec()))
            }
            _ => return events.push(Event::incomplete(at)),
        };
        self.is_lost = true;
        fault.status = Some(StatusCode::BAD_GATEWAY.0);
        events.push(Event::error(offset, fault));
    }
}

impl Decoder for AnswerDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.form == Some(Form::Http) {
            return self.http.feed(bytes, events);
        }
        if self.done {
            return;
        }
        self.pending.push(bytes);
        if self.form.is_none() {
            self.form = Form::of(self.pending.bytes());
        }
        match self.form {
            None => {}
            Some(Form::Http) => self.http.feed(&self.pending.take(), events),
            Some(Form::Cgi) => TABLE.with_borrow_mut(|table| self.read(table, events)),
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        match self.form {
            Some(Form::Http) => self.http.finish(events),
            None if self.pending.is_empty() => {}
            _ if self.done => {}
            _ => match self.cgi.receive_eof() {
                Ok(_) => {
                    self.data.flush(events);
                    events.push(end(self.pending.offset(), 0, None));
                    self.done = true;
                }
                Err(_) => self.fail(Broken::Truncated, events),
            },
        }
    }

    fn held_len(&self) -> usize {
        self.http.held_len() + self.pending.held_len() + self.data.held_len()
    }

    fn is_lost(&self) -> bool {
        self.is_lost || self.http.is_lost()
    }

    fn asked(&mut self, method: Method<'_>) {
        self.http.asked(method);
        if self.form.is_none() && method == Method::HEAD {
            self.cgi = ResponseReader::new(Config::DEFAULT).expectation(Expectation::HeadOnly);
        }
    }

    fn take_rest(&mut self) -> Vec<u8> {
        match self.form {
            Some(Form::Http) => self.http.take_rest(),
            _ => self.pending.take(),
        }
    }
}

fn response(offset: u64, len: u64, head: &ResponseHead<'_>) -> Event {
    let response = Response {
        version: None,
        status: head.status(),
        reason: head.reason().to_vec(),
        fields: pairs(head.fields()),
        body: head.body(),
        content_length: head.content_length(),
        keep_alive: false,
    };
    Event::new(Message::Response(Box::new(response)), offset, len)
}

fn end<'a>(offset: u64, len: u64, trailers: impl IntoIterator<Item = Field<'a>>) -> Event {
    Event::new(Message::End(pairs(trailers)), offset, len)
}

fn pairs<'a>(fields: impl IntoIterator<Item = Field<'a>>) -> Pairs {
    fields.into_iter().map(|it| (it.name, it.value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &[u8], step: usize, method: Method<'_>) -> Vec<String> {
        let mut decoder = AnswerDecoder::new(Config::DEFAULT);
        decoder.asked(method);
        let mut events = Vec::new();
        for piece in input.chunks(step) {
            decoder.feed(piece, &mut events);
        }
        decoder.finish(&mut events);
        events
            .iter()
            .map(|event| {
                let keys = event.message().to_json();
                let key = ["version", "data", "kind"]
                    .iter()
                    .find_map(|key| keys.get(*key)?.as_str());
                format!(
                    "{} {} {}",
                    event.name(),
                    event.offset(),
                    key.unwrap_or_default()
                )
            })
            .collect()
    }

    #[test]
    fn an_answer_is_read_in_the_form_that_it_has() {
        let (get, head) = (Method::GET, Method::HEAD);
        #[rustfmt::skip]
        let rows: &[(&str, Method<'_>, &[&str])] = &[
            ("HTTP/1.1 200 OK\r\n\r\nhi", get, &["response 0 HTTP/1.1", "data 19 hi", "end 21 "]),
            ("Status: 200 OK\r\n\r\nhi", get, &["response 0 CGI", "data 18 hi", "end 20 "]),
            ("Content-Length: 2\r\n\r\nhi, more", get, &["response 0 CGI", "data 21 hi", "end 23 "]),
            ("Content-Length: 2\r\n\r\nhi", head, &["response 0 CGI", "end 21 "]),
            ("Status: 101\r\n\r\n\x01", get, &["response 0 CGI", "end 15 ", "switch 15 "]),
            ("Content-Length: 3\r\n\r\nhi", get, &["response 0 CGI", "data 21 hi", "incomplete 23 "]),
            ("A : b\r\n\r\n", get, &["error 1 uwsgi.field_syntax"]),
            ("HTTP/1.1 200 OK\nA: b\n\n", get, &["error 15 http1.bare_lf", "response 0 HTTP/1.1", "end 22 "]),
            ("HT", get, &["incomplete 0 "]),
            ("", get, &[]),
        ];
        for (input, method, expected) in rows {
            for step in 1..=input.len().max(1) {
                assert_eq!(
                    read(input.as_bytes(), step, *method),
                    *expected,
                    "{input:?} by {step}"
                );
            }
        }
    }
}
