//! Law 5 from the bytes' side: what was read is written as the same bytes.

use wirekit::tls::{
    Alert, ChangeCipherSpec, ClientExtension, ClientHello, ClientHelloFields, EncodeError,
    ExtensionType, Extensions, Handshake, HandshakeFields, HandshakeHeader, Limits, Record,
    RecordFields, RecordHeader, ServerExtension, ServerHello, ServerHelloFields,
};

/// Encodes into a slice with a byte to spare, into one with a byte too few, and into a vector.
fn same(
    bytes: &[u8],
    encode: impl Fn(&mut Vec<u8>) -> Result<usize, EncodeError>,
    encode_to_slice: impl Fn(&mut [u8]) -> Result<usize, EncodeError>,
) {
    let len = bytes.len();
    let mut out = vec![0x55; len + 1];
    assert_eq!(encode_to_slice(&mut out), Ok(len));
    assert_eq!((&out[..len], out[len]), (bytes, 0x55));
    let mut out = vec![0x55];
    assert_eq!(encode(&mut out), Ok(len));
    assert_eq!((&out[1..], out[0]), (bytes, 0x55));
    let mut short = vec![0x55; len - 1];
    let error = EncodeError::OutputTooSmall { needed: len };
    assert_eq!(encode_to_slice(&mut short), Err(error));
    assert!(short.iter().all(|&byte| byte == 0x55));
}

pub(super) fn alert(alert: Alert, bytes: &[u8]) {
    same(
        bytes,
        |out| alert.encode(out),
        |out| alert.encode_to_slice(out),
    );
}

pub(super) fn change_cipher_spec(bytes: &[u8]) {
    same(
        bytes,
        |out| ChangeCipherSpec.encode(out),
        |out| ChangeCipherSpec.encode_to_slice(out),
    );
}

/// The headers of records and messages, and both whole.
pub(super) fn headers(data: &[u8]) {
    if let Ok(Some((header, used))) = RecordHeader::parse(data) {
        same(
            &data[..used],
            |out| header.encode(out),
            |out| header.encode_to_slice(out),
        );
    }
    if let Ok(Some((record, _))) = Record::parse(data) {
        let fields = RecordFields {
            content_type: record.content_type(),
            legacy_version: record.header().legacy_version,
            fragment: record.fragment(),
        };
        assert_eq!(fields.encoded_len(), Ok(record.as_bytes().len()));
        same(
            record.as_bytes(),
            |out| fields.encode(out),
            |out| fields.encode_to_slice(out),
        );
    }
    let limits = Limits::DEFAULT.max_message_len(u32::MAX);
    if let Ok(Some((header, used))) = HandshakeHeader::parse(data, &limits) {
        same(
            &data[..used],
            |out| header.encode(out),
            |out| header.encode_to_slice(out),
        );
    }
    if let Ok(Some((message, _))) = Handshake::parse(data, &limits) {
        let fields = HandshakeFields {
            message_type: message.message_type(),
            body: message.body(),
        };
        same(
            message.as_bytes(),
            |out| fields.encode(out),
            |out| fields.encode_to_slice(out),
        );
    }
}

/// The hello's bytes as they are written: a block of extensions that is empty says what none says (RFC 5246 section
/// 7.4.1.2), and is left away.
fn body<'a>(bytes: &'a [u8], extensions: Extensions<'_>, without: usize) -> &'a [u8] {
    if extensions.as_bytes().is_empty() {
        &bytes[..without]
    } else {
        bytes
    }
}

fn message(message_type: u8, body: &[u8]) -> Vec<u8> {
    let [_, len @ ..] = u32::try_from(body.len())
        .expect("a hello's length")
        .to_be_bytes();
    [&[message_type][..], &len, body].concat()
}

pub(super) fn client_hello(hello: &ClientHello<'_>) {
    let suites: Vec<_> = hello.cipher_suites().into_iter().collect();
    let extensions: Vec<_> = hello
        .extensions()
        .into_iter()
        .map(ClientExtension::Bytes)
        .collect();
    let fields = ClientHelloFields {
        legacy_version: hello.legacy_version(),
        random: *hello.random(),
        session_id: hello.session_id(),
        cipher_suites: &suites,
        compression_methods: hello.compression_methods(),
        extensions: &extensions,
    };
    let without =
        38 + hello.session_id().len() + suites.len() * 2 + hello.compression_methods().len();
    let expected = message(1, body(hello.as_bytes(), hello.extensions(), without));
    same(
        &expected,
        |out| fields.encode(out),
        |out| fields.encode_to_slice(out),
    );
    let groups: Vec<_> = hello.supported_groups().into_iter().collect();
    let schemes: Vec<_> = hello.signature_algorithms().into_iter().collect();
    let names: Vec<_> = hello.alpn().into_iter().collect();
    let versions: Vec<_> = hello.versions().into_iter().collect();
    let typed: Vec<_> = extensions
        .iter()
        .map(|it| match it.extension_type() {
            ExtensionType::SUPPORTED_GROUPS => ClientExtension::SupportedGroups(&groups),
            ExtensionType::SIGNATURE_ALGORITHMS => ClientExtension::SignatureAlgorithms(&schemes),
            ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION => {
                ClientExtension::ProtocolNames(&names)
            }
            ExtensionType::SUPPORTED_VERSIONS => ClientExtension::SupportedVersions(&versions),
            _ => *it,
        })
        .collect();
    let fields = ClientHelloFields {
        extensions: &typed,
        ..fields
    };
    same(
        &expected,
        |out| fields.encode(out),
        |out| fields.encode_to_slice(out),
    );
}

pub(super) fn server_hello(hello: &ServerHello<'_>) {
    let extensions: Vec<_> = hello
        .extensions()
        .into_iter()
        .map(|it| match (it.extension_type, hello.alpn()) {
            (ExtensionType::SERVER_NAME, _) => ServerExtension::ServerName,
            (ExtensionType::SUPPORTED_VERSIONS, _) => {
                ServerExtension::SelectedVersion(hello.version())
            }
            (ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, Some(name)) => {
                ServerExtension::SelectedProtocol(name)
            }
            _ => ServerExtension::Bytes(it),
        })
        .collect();
    let fields = ServerHelloFields {
        legacy_version: hello.legacy_version(),
        random: *hello.random(),
        session_id: hello.session_id(),
        cipher_suite: hello.cipher_suite(),
        compression_method: hello.compression_method(),
        extensions: &extensions,
    };
    let without = 38 + hello.session_id().len();
    let expected = message(2, body(hello.as_bytes(), hello.extensions(), without));
    same(
        &expected,
        |out| fields.encode(out),
        |out| fields.encode_to_slice(out),
    );
}
