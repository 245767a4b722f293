//! The plain part of a TLS connection, either direction.

use serde_json::Value;
use wirekit::tls::{
    Alert, CipherSuite, ClientHello, ContentType, Error, Handshake, HandshakeType, Limits,
    Messages, ProtocolVersion, Record, ServerHello,
};

use super::Decoder;
use super::event::{Event, latin1};
use super::stream::Pending;

/// Reads the records of one direction until they are encrypted: `client_hello`, `server_hello`, `alert`, and
/// `encrypted` where nothing more can be read.
#[derive(Debug)]
pub struct RecordDecoder {
    pending: Pending,
    messages: Messages,
    /// Where the first record of the message that is being joined began.
    message_start: Option<u64>,
    done: bool,
}

impl RecordDecoder {
    /// A decoder at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            pending: Pending::default(),
            messages: Messages::new(limits),
            message_start: None,
            done: false,
        }
    }

    fn fail(&mut self, offset: u64, error: Error, events: &mut Vec<Event>) {
        self.done = true;
        let kind = error.kind();
        events.push(Event::error(offset, kind.as_str(), &kind, kind.spec()));
    }

    /// The messages that a handshake record completes. An error is told where the message began: the parts of one
    /// that was joined stand in more than one place.
    fn messages(
        &mut self,
        start: u64,
        end: u64,
        events: &mut Vec<Event>,
    ) -> Result<(), (u64, Error)> {
        loop {
            let first = *self.message_start.get_or_insert(start);
            let message = match self.messages.receive() {
                Ok(Some(message)) => message,
                Ok(None) => break,
                Err(error) => return Err((first, error)),
            };
            match hello(first, end - first, &message) {
                Ok(event) => events.extend(event),
                Err(error) => return Err((first, error)),
            }
            self.message_start = None;
        }
        if !self.messages.is_inside_message() {
            self.message_start = None;
        }
        Ok(())
    }
}

impl Decoder for RecordDecoder {
    fn feed(&mut self, bytes: &[u8], events: &mut Vec<Event>) {
        if self.done {
            return;
        }
        self.pending.push(bytes);
        loop {
            let start = self.pending.offset();
            let (record, used) = match Record::parse(self.pending.bytes()) {
                Ok(Some(parsed)) => parsed,
                Ok(None) => return,
                Err(error) => return self.fail(start + error.offset() as u64, error, events),
            };
            if let Err(error) = self.messages.push(&record) {
                return self.fail(start + error.offset() as u64, error, events);
            }
            let len = used as u64;
            match record.content_type() {
                ContentType::HANDSHAKE => {
                    if let Err((offset, error)) = self.messages(start, start + len, events) {
                        return self.fail(offset, error, events);
                    }
                }
                ContentType::ALERT => match Alert::parse(record.fragment()) {
                    Ok(alert) => events.push(
                        Event::new("alert", start, len)
                            .with("level", alert.level.name())
                            .with("description", alert.description.name())
                            .with("code", alert.description.0),
                    ),
                    Err(error) => {
                        return self.fail(start + 5 + error.offset() as u64, error, events);
                    }
                },
                // From here on the bytes are for those who have the keys.
                _ => {
                    events.push(Event::new("encrypted", start, len));
                    self.done = true;
                    return;
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
        if self.messages.is_inside_message() || !self.pending.is_empty() {
            events.push(Event::incomplete(self.pending.offset()));
        }
    }
}

/// The event of a message that has one.
fn hello(offset: u64, len: u64, message: &Handshake<'_>) -> Result<Option<Event>, Error> {
    Ok(match message.message_type() {
        HandshakeType::CLIENT_HELLO => {
            let hello = ClientHello::parse(message)?;
            let event = Event::new("client_hello", offset, len)
                .with("server_name", hello.server_name())
                .with(
                    "alpn",
                    hello.alpn().into_iter().map(latin1).collect::<Value>(),
                )
                .with(
                    "versions",
                    hello.versions().into_iter().map(version).collect::<Value>(),
                )
                .with(
                    "cipher_suites",
                    hello
                        .cipher_suites()
                        .into_iter()
                        .map(suite)
                        .collect::<Value>(),
                );
            Some(event)
        }
        HandshakeType::SERVER_HELLO => {
            let hello = ServerHello::parse(message)?;
            let event = Event::new("server_hello", offset, len)
                .with("version", version(hello.version()))
                .with("cipher_suite", suite(hello.cipher_suite()))
                .with("alpn", hello.alpn().map(latin1))
                .with("hello_retry_request", hello.is_hello_retry_request());
            Some(event)
        }
        _ => None,
    })
}

/// The name where there is one, or the number.
fn version(version: ProtocolVersion) -> Value {
    version.name().map_or(version.0.into(), Value::from)
}

fn suite(suite: CipherSuite) -> Value {
    suite.name().map_or(suite.0.into(), Value::from)
}
