use wirekit::tls::{
    Alert, ClientHello, ContentType, Error, ExtensionType, Handshake, HandshakeType, Limits,
    Messages, Record, ServerHello,
};

use super::message as typed;
use crate::events::Decoder;
use crate::events::event::Event;
use crate::events::message::{Fault, Message};
use crate::events::stream::Pending;

/// Reads the records of one direction until they are encrypted: `client_hello`, `server_hello`, `alert`, and
/// `encrypted` where nothing more can be read.
///
/// A change_cipher_spec begins the encrypted part in TLS 1.2, and in TLS 1.3 it says nothing: RFC 8446 section 5, "MUST
/// simply drop it without further processing". What follows it tells which.
#[derive(Debug)]
pub struct RecordDecoder {
    pending: Pending,
    messages: Messages,
    /// Where the first record of the message that is being joined began.
    message_start: Option<u64>,
    last: Last,
    /// Where a change_cipher_spec stands of which the next record tells what it means, and its length.
    change: Option<(u64, u64)>,
    reach: Reach,
}

/// The last message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Last {
    ClientHello,
    /// A ClientHello with early data behind it, which is encrypted; if the server refuses that by a HelloRetryRequest,
    /// a second ClientHello follows, which is not.
    EarlyData,
    HelloRetryRequest,
    /// Another one, or none.
    Other,
}

/// What the records are to somebody without the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Plain,
    EarlyData,
    Over,
}

/// What is done with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    Reported,
    Dropped,
    Encrypted,
}

impl RecordDecoder {
    /// A decoder at the start of a connection.
    pub fn new(limits: Limits) -> Self {
        Self {
            pending: Pending::default(),
            messages: Messages::new(limits),
            message_start: None,
            last: Last::Other,
            change: None,
            reach: Reach::Plain,
        }
    }

    fn fail(&mut self, offset: u64, error: Error, events: &mut Vec<Event>) {
        // What is encrypted need not read as anything.
        if self.reach == Reach::Plain && !self.encrypt(None, events) {
            let kind = error.kind();
            events.push(Event::error(
                offset,
                Fault::new(kind.as_str(), &kind, kind.spec()),
            ));
        }
        self.reach = Reach::Over;
    }

    /// From the change_cipher_spec on, or from this record, the bytes are for those who have the keys; false if there is
    /// neither.
    fn encrypt(&mut self, record: Option<(u64, u64)>, events: &mut Vec<Event>) -> bool {
        let Some((start, len)) = self.change.take().or(record) else {
            return false;
        };
        if self.reach == Reach::Plain {
            events.push(Event::new(Message::Encrypted, start, len));
        }
        true
    }

    /// What a record is that was pushed, by its type and by what came before.
    fn reading(&self, content_type: ContentType) -> Reading {
        match content_type {
            ContentType::HANDSHAKE if self.messages.is_protected() => Reading::Encrypted,
            ContentType::HANDSHAKE | ContentType::ALERT => Reading::Reported,
            ContentType::CHANGE_CIPHER_SPEC if self.last != Last::Other => Reading::Dropped,
            _ => Reading::Encrypted,
        }
    }

    /// The messages that a handshake record completes. An error is reported where the message began: the parts of one
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
                Ok((event, last)) => {
                    events.extend(event);
                    self.last = last;
                }
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
        if self.reach == Reach::Over {
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
            let (place, content_type) = ((start, used as u64), record.content_type());
            if let Err(error) = self.messages.push(&record) {
                return self.fail(start + error.offset() as u64, error, events);
            }
            match self.reading(content_type) {
                Reading::Reported if content_type == ContentType::HANDSHAKE => {
                    (self.change, self.reach) = (None, Reach::Plain);
                    if let Err((offset, error)) = self.messages(start, start + place.1, events) {
                        return self.fail(offset, error, events);
                    }
                }
                Reading::Reported => match alert(place, record.fragment()) {
                    Ok(event) => {
                        self.change = None;
                        events.push(event);
                    }
                    Err(error) => {
                        return self.fail(start + 5 + error.offset() as u64, error, events);
                    }
                },
                // Behind a HelloRetryRequest it is only there for middleboxes: RFC 8446 appendix D.4.
                Reading::Dropped if self.last == Last::HelloRetryRequest => {}
                Reading::Dropped => {
                    self.change.get_or_insert(place);
                }
                Reading::Encrypted => {
                    self.encrypt(Some(place), events);
                    if content_type != ContentType::APPLICATION_DATA || self.last != Last::EarlyData
                    {
                        self.reach = Reach::Over;
                        return;
                    }
                    self.reach = Reach::EarlyData;
                }
            }
            self.pending.consume(used);
        }
    }

    fn finish(&mut self, events: &mut Vec<Event>) {
        let is_cut = self.messages.is_inside_message() || !self.pending.is_empty();
        if self.reach == Reach::Plain && !self.encrypt(None, events) && is_cut {
            events.push(Event::incomplete(self.pending.offset()));
        }
        self.reach = Reach::Over;
    }

    fn held_len(&self) -> usize {
        self.pending.held_len() + self.messages.held_len()
    }

    /// The rest is encrypted, or broken. One exception is not counted: the second ClientHello of a client whose early data
    /// was refused.
    fn is_over(&self) -> bool {
        !matches!(self.reach, Reach::Plain)
    }
}

fn alert((offset, len): (u64, u64), fragment: &[u8]) -> Result<Event, Error> {
    let alert = Alert::parse(fragment)?;
    let message = Message::Alert(typed::Alert::new(&alert));
    Ok(Event::new(message, offset, len))
}

/// The event of a message that has one, and what the message says of those that follow.
fn hello(offset: u64, len: u64, message: &Handshake<'_>) -> Result<(Option<Event>, Last), Error> {
    Ok(match message.message_type() {
        HandshakeType::CLIENT_HELLO => {
            let hello = ClientHello::parse(message)?;
            let message = Message::ClientHello(Box::new(typed::ClientHello::new(&hello)));
            let event = Event::new(message, offset, len);
            let early_data = hello.extensions().find(ExtensionType::EARLY_DATA);
            let last = early_data.map_or(Last::ClientHello, |_| Last::EarlyData);
            (Some(event), last)
        }
        HandshakeType::SERVER_HELLO => {
            let hello = ServerHello::parse(message)?;
            let message = Message::ServerHello(Box::new(typed::ServerHello::new(&hello)));
            let event = Event::new(message, offset, len);
            let last = if hello.is_hello_retry_request() {
                Last::HelloRetryRequest
            } else {
                Last::Other
            };
            (Some(event), last)
        }
        _ => (None, Last::Other),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use wirekit::tls::{
        CipherSuite, ClientExtension, ClientHelloFields, Extension, ProtocolName, ProtocolVersion,
    };

    use super::*;

    /// The handshake message of a client that speaks TLS 1.3.
    fn hello() -> Vec<u8> {
        hello_with(&[])
    }

    /// That of one that sends data at once.
    fn early_hello() -> Vec<u8> {
        let extension = Extension {
            extension_type: ExtensionType::EARLY_DATA,
            data: &[],
        };
        hello_with(&[ClientExtension::Bytes(extension)])
    }

    fn hello_with(more: &[ClientExtension<'_>]) -> Vec<u8> {
        let extensions = [
            ClientExtension::ServerName("example.org"),
            ClientExtension::ProtocolNames(&[ProtocolName(b"\x1a\x1a"), ProtocolName::H2]),
            ClientExtension::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
        ];
        let extensions = [&extensions[..], more].concat();
        let fields = ClientHelloFields {
            legacy_version: ProtocolVersion::TLS_1_2,
            random: [7; 32],
            session_id: &[],
            cipher_suites: &[CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite(0x0a0a)],
            compression_methods: &[0],
            extensions: &extensions,
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
                    r#"{{"event":"client_hello","offset":0,"len":{},"server_name":"example.org","alpn":["GREASE 0x1a1a","h2"],"#,
                    r#""versions":["TLS 1.3"],"cipher_suites":["TLS_AES_128_GCM_SHA256","GREASE 0x0a0a"]}}"#,
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

    /// RFC 8446 section 5 and appendix D.4: a change_cipher_spec of TLS 1.3 says nothing.
    #[test]
    fn the_hello_behind_a_retry_is_read() {
        // Records; events, each with the place of its own among them.
        type Row<'a> = (&'a [&'a [u8]], &'a [(&'a str, usize)]);
        const CHANGE: &[u8] = &[20, 3, 3, 0, 1, 1];
        const DATA: &[u8] = &[23, 3, 3, 0, 2, 9, 9];
        const ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
        let first = &records(&hello(), 255)[..];
        // Its first record is shorter than any Finished.
        let pieces = &records(&hello(), 20)[..];
        let early = &records(&early_hello(), 255)[..];
        let retry = &records(&server_hello(ServerHello::HELLO_RETRY_REQUEST), 255)[..];
        let second = &records(&server_hello([7; 32]), 255)[..];
        // As AES-GCM protects it in TLS 1.2: 8 bytes of nonce, 16 of content, 16 of tag.
        let finished = &[&[22, 3, 3, 0, 40][..], &[0; 40]].concat()[..];
        let sealed_alert = &[&[21, 3, 3, 0, 26][..], &[0; 26]].concat()[..];
        let (client, server, over) = ("client_hello", "server_hello", "encrypted");
        #[rustfmt::skip]
        let rows: &[Row<'_>] = &[
            (&[first, CHANGE, first, DATA, DATA], &[(client, 0), (client, 2), (over, 3)]),
            (&[first, CHANGE, pieces, CHANGE, DATA], &[(client, 0), (client, 2), (over, 3)]),
            (&[first, first, CHANGE, DATA], &[(client, 0), (client, 1), (over, 2)]),
            (&[retry, CHANGE, second, CHANGE, DATA], &[(server, 0), (server, 2), (over, 3)]),
            (&[retry, CHANGE, second, DATA], &[(server, 0), (server, 2), (over, 3)]),
            (&[retry, CHANGE, DATA], &[(server, 0), (over, 2)]),
            // Without a retry, or in TLS 1.2, the encrypted part begins with it.
            (&[first, CHANGE, DATA, first], &[(client, 0), (over, 1)]),
            (&[first, CHANGE, finished, first], &[(client, 0), (over, 1)]),
            (&[first, CHANGE, sealed_alert, first], &[(client, 0), (over, 1)]),
            (&[first, CHANGE], &[(client, 0), (over, 1)]),
            (&[first, CHANGE, b"?"], &[(client, 0), (over, 1)]),
            (&[second, CHANGE, finished], &[(server, 0), (over, 1)]),
            (&[CHANGE, first], &[(over, 0)]),
            (&[first, CHANGE, ALERT], &[(client, 0), ("alert", 2)]),
            // RFC 8446 section 4.2.10: early data that a retry refuses has a hello behind it.
            (&[early, CHANGE, DATA, DATA, first, CHANGE, DATA], &[(client, 0), (over, 1), (client, 4), (over, 5)]),
            (&[early, CHANGE, DATA, DATA, finished, first], &[(client, 0), (over, 1)]),
            (&[early, DATA, b"?"], &[(client, 0), (over, 1)]),
        ];
        for (row, (records, expected)) in rows.iter().enumerate() {
            let bytes = records.concat();
            let expected: String = expected
                .iter()
                .map(|(event, at)| {
                    let offset = records[..*at].concat().len();
                    format!("{event} {offset} {}\n", records[*at].len())
                })
                .collect();
            for split in [1, 3, 64, 4096] {
                assert_eq!(places(&bytes, split), expected, "row {row}, split {split}");
            }
        }
    }

    /// The events with their offsets and lengths, one a line.
    fn places(bytes: &[u8], split: usize) -> String {
        lines(bytes, split)
            .lines()
            .map(|line| {
                let event: Value = serde_json::from_str(line).unwrap();
                let name = event["event"].as_str().unwrap();
                format!("{name} {} {}\n", event["offset"], event["len"])
            })
            .collect()
    }

    /// A server's answer in TLS 1.3.
    fn server_hello(random: [u8; 32]) -> Vec<u8> {
        let extensions = [0, 6, 0, 43, 0, 2, 3, 4];
        [
            &[2, 0, 0, 46, 3, 3][..],
            &random,
            &[0, 0x13, 0x01, 0],
            &extensions,
        ]
        .concat()
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
