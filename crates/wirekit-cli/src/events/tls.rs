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

    /// Whether it says nothing more, whatever it is fed: the rest is encrypted, or broken.
    pub const fn is_over(&self) -> bool {
        self.done
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

    fn held_len(&self) -> usize {
        self.pending.held_len() + self.messages.held_len()
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

#[cfg(test)]
mod tests {
    use wirekit::tls::{ClientHelloFields, ExtensionContent};

    use super::*;

    /// The handshake message of a client that speaks TLS 1.3.
    fn hello() -> Vec<u8> {
        let fields = ClientHelloFields {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: [7; 32],
            session_id: &[],
            cipher_suites: &[CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite(0x0a0a)],
            compression_methods: &[0],
            extensions: &[
                ExtensionContent::ServerName("example.org"),
                ExtensionContent::ProtocolNames(&[b"h2"]),
                ExtensionContent::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
            ],
        };
        let mut message = Vec::new();
        fields.encode(&mut message).unwrap();
        message
    }

    /// The message in records of so many bytes.
    fn records(message: &[u8], len: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        for fragment in message.chunks(len) {
            bytes.extend([22, 3, 1, 0, u8::try_from(fragment.len()).unwrap()]);
            bytes.extend(fragment);
        }
        bytes
    }

    fn lines(bytes: &[u8], split: usize) -> String {
        let (mut decoder, mut events) = (RecordDecoder::new(Limits::DEFAULT), Vec::new());
        for piece in bytes.chunks(split) {
            decoder.feed(piece, &mut events);
        }
        decoder.finish(&mut events);
        let mut lines = Vec::new();
        for event in events {
            event.write(&mut lines).unwrap();
        }
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn a_hello_may_span_records_and_pieces() {
        let message = hello();
        for len in [7, 40, 255] {
            let mut bytes = records(&message, len);
            let hello_len = bytes.len();
            bytes.extend([21, 3, 3, 0, 2, 2, 40, 23, 3, 3, 0, 1, 9, 0xff]);
            let expected = format!(
                concat!(
                    r#"{{"event":"client_hello","offset":0,"len":{},"server_name":"example.org","alpn":["h2"],"#,
                    r#""versions":["TLS 1.3"],"cipher_suites":["TLS_AES_128_GCM_SHA256",2570]}}"#,
                    "\n",
                    r#"{{"event":"alert","offset":{},"len":7,"level":"fatal","description":"handshake_failure","code":40}}"#,
                    "\n",
                    r#"{{"event":"encrypted","offset":{},"len":6}}"#,
                    "\n"
                ),
                hello_len,
                hello_len,
                hello_len + 7
            );
            for split in [1, 3, 64, 4096] {
                assert_eq!(
                    lines(&bytes, split),
                    expected,
                    "records of {len}, split {split}"
                );
            }
        }
    }

    #[test]
    fn faults_and_cuts_are_told() {
        let whole = records(&hello(), 40);
        let cut = lines(&whole[..whole.len() - 1], 1);
        assert!(
            cut.starts_with(r#"{"event":"incomplete","offset":"#),
            "{cut}"
        );
        let other = lines(b"\x16\x03\x01\x00\x02\x01\x00GET", 1);
        let kind = r#"{"event":"error","offset":7,"kind":"tls.unknown_content_type","#;
        assert!(other.starts_with(kind), "{other}");
        let interleaved = lines(
            b"\x16\x03\x01\x00\x02\x01\x00\x15\x03\x01\x00\x02\x02\x28",
            2,
        );
        assert!(
            interleaved.starts_with(r#"{"event":"error","offset":7,"kind":"tls.interleaved","#),
            "{interleaved}"
        );
    }
}
