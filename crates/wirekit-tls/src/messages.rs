use crate::{
    ChangeCipherSpec, ContentType, Error, ErrorKind, ExtensionType, Handshake, HandshakeHeader,
    HandshakeType, Limits, Record, RecordHeader, ServerHello,
};

/// Joins the handshake messages of one direction out of its records, as long as they are not encrypted: RFC 8446 section 5.1.
///
/// A change_cipher_spec begins the protected part before TLS 1.3, and since then says nothing; which of them holds is seen
/// from the messages alone, and the ClientHello that answers a HelloRetryRequest is read behind one.
///
/// ```
/// use wirekit_tls::{HandshakeType, Limits, Messages, Record};
///
/// let mut messages = Messages::new(Limits::DEFAULT);
/// let mut bytes: &[u8] = &[22, 3, 1, 0, 2, 2, 0, 22, 3, 1, 0, 3, 0, 1, 9];
/// while let Some((record, used)) = Record::parse(bytes)? {
///     messages.push(&record)?;
///     bytes = &bytes[used..];
/// }
/// let message = messages.receive()?.expect("its two parts are there");
/// assert_eq!((message.message_type(), message.body()), (HandshakeType::SERVER_HELLO, &[9][..]));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Messages {
    bytes: alloc::vec::Vec<u8>,
    used: usize,
    limits: Limits,
    last: Last,
    protection: Protection,
}

/// The last message, as far as it decides what a change_cipher_spec means.
#[derive(Clone, Copy, Debug)]
enum Last {
    /// None was seen: a stateless server meets the second ClientHello first.
    Nothing,
    /// A ClientHello, and the version and random bytes that it begins with.
    ClientHello([u8; 34]),
    /// A HelloRetryRequest or a ServerHello of TLS 1.3.
    Tls13,
    Other,
}

/// What handshake records are without the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Plain,
    /// A ClientHello follows in TLS 1.3, after a HelloRetryRequest; anything else is protected.
    UnlessClientHello,
    Protected,
}

impl Messages {
    /// No message yet.
    pub const fn new(limits: Limits) -> Self {
        Self {
            bytes: alloc::vec::Vec::new(),
            used: 0,
            limits,
            last: Last::Nothing,
            protection: Protection::Plain,
        }
    }

    /// The bytes of memory that are held for an unfinished message.
    pub const fn held_len(&self) -> usize {
        self.bytes.capacity()
    }

    /// Takes the direction's next record; of one that is protected or of another type, nothing is kept.
    ///
    /// Call [`receive`](Self::receive) until it has no message before the next record: what is kept then is one
    /// unfinished message, so no more than the limit and a record.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Interleaved`], [`ErrorKind::ChangeCipherSpec`]; the offset is counted from the record's first byte.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), Error> {
        match record.content_type() {
            ContentType::HANDSHAKE => self.push_fragment(record.fragment()),
            // RFC 8446 section 5.1: "if a handshake message is split over two or more records, there MUST NOT be any
            // other records between them."
            found if self.is_inside_message() => {
                return Err(Error::new(ErrorKind::Interleaved { found }, 0));
            }
            ContentType::CHANGE_CIPHER_SPEC if self.protection != Protection::Protected => {
                ChangeCipherSpec::parse(record.fragment())
                    .map_err(|error| error.shifted(RecordHeader::LEN))?;
                self.change();
            }
            _ => {}
        }
        Ok(())
    }

    fn push_fragment(&mut self, fragment: &[u8]) {
        if self.protection == Protection::Protected {
            return;
        }
        self.bytes.drain(..self.used);
        self.used = 0;
        self.bytes.extend_from_slice(fragment);
        if self.protection == Protection::UnlessClientHello && !self.begins_client_hello() {
            self.bytes.clear();
            self.protection = Protection::Protected;
        }
    }

    /// Follows a change_cipher_spec.
    const fn change(&mut self) {
        self.protection = match self.last {
            // TLS 1.3 protects no record of type handshake: RFC 8446 section 5.2.
            Last::Tls13 => self.protection,
            // The server decides, in the other direction, whether this is TLS 1.3.
            Last::Nothing | Last::ClientHello(_) => Protection::UnlessClientHello,
            Last::Other => Protection::Protected,
        };
    }

    /// Whether the bytes are those of a ClientHello as far as they go, and of the one that was sent before: RFC 8446
    /// section 4.1.2, "the client MUST send the same ClientHello without modification" but for some extensions.
    fn begins_client_hello(&self) -> bool {
        let begins = |at: usize, expected: &[u8]| {
            let found = self.bytes.get(at..).unwrap_or_default();
            found.iter().zip(expected).all(|(a, b)| a == b)
        };
        let body: &[u8] = match &self.last {
            Last::ClientHello(first) => first,
            // ProtocolVersion legacy_version = 0x0303
            _ => &[3, 3],
        };
        begins(0, &[HandshakeType::CLIENT_HELLO.0]) && begins(HandshakeHeader::LEN, body)
    }

    /// The next complete message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::MessageTooLong`]; the offset is counted from the message's first byte.
    pub fn receive(&mut self) -> Result<Option<Handshake<'_>>, Error> {
        let rest = self.bytes.get(self.used..).unwrap_or_default();
        let Some((message, used)) = Handshake::parse(rest, &self.limits)? else {
            return Ok(None);
        };
        self.used += used;
        self.last = Last::of(&message);
        self.protection = Protection::Plain;
        Ok(Some(message))
    }

    /// Whether bytes of an unfinished message are kept.
    pub fn is_inside_message(&self) -> bool {
        self.used < self.bytes.len()
    }

    /// Whether handshake and alert records are protected from here on, as they are behind the change_cipher_spec of TLS
    /// 1.2; TLS 1.3 protects records of type application_data alone.
    ///
    /// Behind a ClientHello and a change_cipher_spec this is decided by the next handshake record, and false until then.
    pub const fn is_protected(&self) -> bool {
        matches!(self.protection, Protection::Protected)
    }
}

impl Last {
    fn of(message: &Handshake<'_>) -> Self {
        match message.message_type() {
            HandshakeType::CLIENT_HELLO => match message.body().first_chunk() {
                Some(first) => Self::ClientHello(*first),
                None => Self::Other,
            },
            HandshakeType::SERVER_HELLO => match ServerHello::parse(message) {
                // RFC 8446 section 4.2.1: a server that chooses an earlier version "MUST NOT send the
                // "supported_versions" extension".
                Ok(hello)
                    if hello.is_hello_retry_request()
                        || hello
                            .extensions()
                            .find(ExtensionType::SUPPORTED_VERSIONS)
                            .is_some() =>
                {
                    Self::Tls13
                }
                _ => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: &[u8]) -> Record<'_> {
        Record::parse(bytes).unwrap().unwrap().0
    }

    #[test]
    fn a_message_is_not_interrupted() {
        let mut messages = Messages::new(Limits::DEFAULT);
        messages.push(&record(&[23, 3, 3, 0, 1, 1])).unwrap();
        assert_eq!(messages.held_len(), 0);
        // One record with a message and a half.
        messages
            .push(&record(&[22, 3, 3, 0, 6, 14, 0, 0, 0, 14, 0]))
            .unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert_eq!(messages.receive(), Ok(None));
        assert!(messages.is_inside_message());
        assert!((6..=64).contains(&messages.held_len()));
        let kind = ErrorKind::Interleaved {
            found: ContentType::ALERT,
        };
        let alert = messages.push(&record(&[21, 3, 3, 0, 2, 1, 0]));
        assert_eq!(alert, Err(Error::new(kind, 0)));
        messages.push(&record(&[22, 3, 3, 0, 2, 0, 0])).unwrap();
        assert!(messages.receive().unwrap().is_some());
        assert!(!messages.is_inside_message());
    }

    /// A ClientHello of the least length with these random bytes.
    fn client_hello(random: u8) -> std::vec::Vec<u8> {
        let mut message = std::vec![1, 0, 0, 41, 3, 3];
        message.extend([random; 32]);
        message.extend([0, 0, 2, 0x13, 1, 1, 0]);
        message
    }

    /// A ServerHello with these random bytes and this extensions block.
    fn server_hello(random: &[u8; 32], extensions: &[u8]) -> std::vec::Vec<u8> {
        let len = u8::try_from(38 + extensions.len()).unwrap();
        [
            &[2, 0, 0, len, 3, 3],
            &random[..],
            &[0, 0x13, 1, 0],
            extensions,
        ]
        .concat()
    }

    /// The records of a direction, content type and fragment each; the messages to be read; whether the
    /// rest is protected.
    type Row<'a> = (&'a [(u8, &'a [u8])], usize, bool);

    /// Pushes the records of so many bytes of each fragment, and counts the messages.
    fn count(messages: &mut Messages, records: &[(u8, &[u8])], len: usize) -> usize {
        let mut count = 0;
        for (kind, fragment) in records {
            for fragment in fragment.chunks(len) {
                let head = [*kind, 3, 3, 0, u8::try_from(fragment.len()).unwrap()];
                let bytes = [&head[..], fragment].concat();
                messages.push(&record(&bytes)).unwrap();
                while messages.receive().unwrap().is_some() {
                    count += 1;
                }
            }
        }
        count
    }

    #[test]
    fn what_a_change_cipher_spec_means() {
        let (first, second) = (client_hello(7), client_hello(7));
        let retry = server_hello(&ServerHello::HELLO_RETRY_REQUEST, &[]);
        let new = server_hello(&[9; 32], &[0, 6, 0, 43, 0, 2, 3, 4]);
        let old = server_hello(&[9; 32], &[]);
        let other = client_hello(8);
        let (change, data) = ((20, &[1][..]), (23, &[9; 40][..]));
        let (exchange, finished) = ((22, &[16, 0, 0, 1, 0][..]), (22, &[0x55; 40][..]));
        #[rustfmt::skip]
        let rows: [Row<'_>; 10] = [
            // RFC 8446 appendix D.4: a client sends it "immediately before its second flight. This may either be before
            // its second ClientHello or before its encrypted handshake flight."
            (&[(22, &first), change, (22, &second), change, data], 2, false),
            // With early data in between: RFC 8446 section 4.2.10.
            (&[(22, &first), change, data, (22, &second), data], 2, false),
            (&[(22, &first), data, (22, &second), data], 2, false),
            // "immediately after its first handshake message. This may either be after a ServerHello or a
            // HelloRetryRequest."
            (&[(22, &retry), change, (22, &new), data], 2, false),
            (&[(22, &new), change, data], 1, false),
            // A server that keeps no state meets the second flight first: RFC 8446 section 5.
            (&[change, (22, &second), change], 1, false),
            // RFC 5246 section 7.3: a full handshake, either end, and the resumption of a session.
            (&[(22, &first), exchange, change, finished, (21, &[3; 40])], 2, true),
            (&[(22, &old), change, finished], 1, true),
            (&[(22, &first), change, finished, (22, &second)], 1, true),
            // RFC 8446 section 4.1.2: "the client MUST send the same ClientHello"
            (&[(22, &first), change, (22, &other)], 1, true),
        ];
        for (records, expected, is_protected) in rows {
            for len in [1, 3, 40, 45, 200] {
                let mut messages = Messages::new(Limits::DEFAULT);
                let found = count(&mut messages, records, len);
                assert_eq!((found, messages.is_protected()), (expected, is_protected));
                assert!(!messages.is_inside_message());
            }
        }
    }

    #[test]
    fn another_change_cipher_spec_is_an_error() {
        let mut messages = Messages::new(Limits::DEFAULT);
        count(&mut messages, &[(22, &client_hello(7))], 200);
        // RFC 8446 section 5: "An implementation which receives any other change_cipher_spec value [..] MUST abort"
        let error = messages.push(&record(&[20, 3, 3, 0, 1, 2]));
        assert_eq!(error, Err(Error::new(ErrorKind::ChangeCipherSpec, 5)));
        // One that is protected, in a renegotiation of TLS 1.2, is not looked at.
        let records: [(u8, &[u8]); 3] = [(22, &[16, 0, 0, 1, 0]), (20, &[1]), (20, &[0x55; 40])];
        count(&mut messages, &records, 200);
        assert!(messages.is_protected());
    }
}
