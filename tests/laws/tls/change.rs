use arbitrary::{Arbitrary, Unstructured};
use wirekit::tls::{
    CipherSuite, ClientExtension, ClientHelloFields, ContentType, HandshakeFields, HandshakeType,
    Limits, Messages, ProtocolVersion, Record, RecordFields, ServerExtension, ServerHello,
    ServerHelloFields,
};

/// What a direction may be.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Direction {
    /// TLS 1.3: a ClientHello, and another one behind a HelloRetryRequest.
    Retried,
    /// TLS 1.3: a HelloRetryRequest and a ServerHello.
    Retrying,
    /// TLS 1.2: a session is resumed.
    Resuming,
    /// TLS 1.2: the client's half of a full handshake.
    Client,
    /// TLS 1.2: the server's.
    Server,
}

#[derive(Arbitrary, Debug)]
struct Case<'a> {
    direction: Direction,
    random: [u8; 32],
    cut: u8,
    has_early_data: bool,
    protected: &'a [u8],
}

/// What stands in one direction, and what is to be read of it.
#[derive(Default)]
struct Stream {
    records: Vec<u8>,
    messages: Vec<Vec<u8>>,
    cut: usize,
}

impl Stream {
    fn record(&mut self, content_type: ContentType, fragment: &[u8]) {
        let legacy_version = ProtocolVersion::TLS_1_2;
        let fields = RecordFields {
            content_type,
            legacy_version,
            fragment,
        };
        fields.encode(&mut self.records).expect("a record");
    }

    /// A message that is plain, in records of a length that does not matter.
    fn message(&mut self, bytes: Vec<u8>) {
        for fragment in bytes.chunks(self.cut) {
            self.record(ContentType::HANDSHAKE, fragment);
        }
        self.messages.push(bytes);
    }

    fn change(&mut self) {
        self.record(ContentType::CHANGE_CIPHER_SPEC, &[1]);
    }
}

fn client_hello(random: [u8; 32], extensions: &[ClientExtension<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let fields = ClientHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random,
        session_id: &[],
        cipher_suites: &[CipherSuite::TLS_AES_128_GCM_SHA256],
        compression_methods: &[0],
        extensions,
    };
    fields.encode(&mut out).expect("a ClientHello");
    out
}

fn server_hello(random: [u8; 32], extensions: &[ServerExtension<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    let fields = ServerHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random,
        session_id: &[],
        cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        compression_method: 0,
        extensions,
    };
    fields.encode(&mut out).expect("a ServerHello");
    out
}

/// A change_cipher_spec is dropped in TLS 1.3, and begins what is protected before (RFC 8446 section 5, RFC 5246 section
/// 7.1): all that is plain is read, wherever records are cut, and nothing else.
pub fn change(data: &[u8]) {
    let Ok(case) = Case::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let mut stream = Stream {
        cut: usize::from(case.cut).max(1),
        ..Stream::default()
    };
    let version = ClientExtension::SupportedVersions(&[ProtocolVersion::TLS_1_3]);
    let selected = [ServerExtension::SelectedVersion(ProtocolVersion::TLS_1_3)];
    let exchange = |message_type| {
        let mut out = Vec::new();
        let fields = HandshakeFields {
            message_type,
            body: &case.random,
        };
        fields.encode(&mut out).expect("a message");
        out
    };
    match case.direction {
        Direction::Retried => {
            stream.message(client_hello(case.random, &[version]));
            stream.change();
            if case.has_early_data {
                stream.record(ContentType::APPLICATION_DATA, &[0x55; 40]);
            }
            let name = ClientExtension::ServerName("a.example");
            stream.message(client_hello(case.random, &[version, name]));
            stream.change();
        }
        Direction::Retrying => {
            stream.message(server_hello(ServerHello::HELLO_RETRY_REQUEST, &selected));
            stream.change();
            stream.message(server_hello(case.random, &selected));
            stream.change();
        }
        Direction::Resuming => {
            stream.message(client_hello(case.random, &[]));
            stream.change();
        }
        Direction::Client => {
            stream.message(client_hello(case.random, &[version]));
            stream.message(exchange(HandshakeType::CLIENT_KEY_EXCHANGE));
            stream.change();
        }
        Direction::Server => {
            // Without an extension this is TLS 1.2, unless the random bytes say otherwise.
            let random = match case.random {
                ServerHello::HELLO_RETRY_REQUEST => [0; 32],
                random => random,
            };
            stream.message(server_hello(random, &[]));
            stream.message(exchange(HandshakeType::SERVER_KEY_EXCHANGE));
            stream.change();
        }
    }
    let is_tls13 = matches!(case.direction, Direction::Retried | Direction::Retrying);
    if is_tls13 {
        for fragment in case.protected.chunks(1 << 14) {
            stream.record(ContentType::APPLICATION_DATA, fragment);
        }
    } else {
        // A Finished of TLS 1.2 is never the first ClientHello once more.
        let finished = [&[0x14], case.protected].concat();
        for fragment in finished.chunks(1 << 14) {
            stream.record(ContentType::HANDSHAKE, fragment);
        }
        stream.record(ContentType::CHANGE_CIPHER_SPEC, &finished[..1]);
    }
    let (messages, is_protected) = read(&stream.records);
    assert_eq!(messages, stream.messages, "{case:?}");
    assert_eq!(is_protected, !is_tls13, "{case:?}");
}

fn read(mut bytes: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let (mut messages, mut joined) = (Messages::new(Limits::DEFAULT), Vec::new());
    while let Some((record, used)) = Record::parse(bytes).expect("records") {
        messages.push(&record).expect("nothing is interleaved");
        bytes = &bytes[used..];
        while let Some(message) = messages.receive().expect("messages") {
            joined.push(message.as_bytes().to_vec());
        }
    }
    (joined, messages.is_protected())
}
