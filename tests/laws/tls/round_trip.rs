use arbitrary::{Arbitrary, Unstructured};
use wirekit::tls::{
    CipherSuite, ClientExtension, ClientHello, ClientHelloFields, EncodeError, Extension,
    ExtensionType, Handshake, Limits, NamedGroup, ProtocolName, ProtocolVersion, ServerExtension,
    ServerHello, ServerHelloFields, SignatureScheme,
};

#[derive(Arbitrary, Debug)]
enum Content<'a> {
    ServerName(&'a str),
    ProtocolNames(Vec<&'a [u8]>),
    SupportedVersions(Vec<u16>),
    SignatureAlgorithms(Vec<u16>),
    SupportedGroups(Vec<u16>),
    Bytes(u16, &'a [u8]),
}

/// The lists of a content, which the extension borrows.
#[derive(Default)]
struct Lists<'a> {
    names: Vec<ProtocolName<'a>>,
    versions: Vec<ProtocolVersion>,
    schemes: Vec<SignatureScheme>,
    groups: Vec<NamedGroup>,
}

impl<'a> Content<'a> {
    fn lists(&self) -> Lists<'a> {
        let mut lists = Lists::default();
        match self {
            Self::ProtocolNames(it) => lists.names = it.iter().copied().map(ProtocolName).collect(),
            Self::SupportedVersions(it) => {
                lists.versions = it.iter().copied().map(ProtocolVersion).collect();
            }
            Self::SignatureAlgorithms(it) => {
                lists.schemes = it.iter().copied().map(SignatureScheme).collect();
            }
            Self::SupportedGroups(it) => {
                lists.groups = it.iter().copied().map(NamedGroup).collect();
            }
            Self::ServerName(_) | Self::Bytes(..) => {}
        }
        lists
    }

    fn client<'b>(&'b self, lists: &'b Lists<'b>) -> ClientExtension<'b> {
        match self {
            Self::ServerName(name) => ClientExtension::ServerName(name),
            Self::ProtocolNames(_) => ClientExtension::ProtocolNames(&lists.names),
            Self::SupportedVersions(_) => ClientExtension::SupportedVersions(&lists.versions),
            Self::SignatureAlgorithms(_) => ClientExtension::SignatureAlgorithms(&lists.schemes),
            Self::SupportedGroups(_) => ClientExtension::SupportedGroups(&lists.groups),
            &Self::Bytes(kind, data) => ClientExtension::Bytes(extension(kind, data)),
        }
    }

    fn server(&self) -> ServerExtension<'a> {
        match self {
            Self::ServerName(_) => ServerExtension::ServerName,
            Self::ProtocolNames(names) => {
                let name = names.first().copied().unwrap_or_default();
                ServerExtension::SelectedProtocol(ProtocolName(name))
            }
            Self::SupportedVersions(it) | Self::SignatureAlgorithms(it) => {
                let version = it.first().copied().unwrap_or_default();
                ServerExtension::SelectedVersion(ProtocolVersion(version))
            }
            Self::SupportedGroups(_) => ServerExtension::Bytes(extension(0x2a2a, &[])),
            &Self::Bytes(kind, data) => ServerExtension::Bytes(extension(kind, data)),
        }
    }
}

const fn extension(kind: u16, data: &[u8]) -> Extension<'_> {
    Extension {
        extension_type: ExtensionType(kind),
        data,
    }
}

#[derive(Arbitrary, Debug)]
struct Hello<'a> {
    version: u16,
    random: [u8; 32],
    session_id: &'a [u8],
    suites: Vec<u16>,
    methods: &'a [u8],
    contents: Vec<Content<'a>>,
}

/// Laws 5 and 8: what is encoded is parsed, and what is refused leaves the output alone.
pub fn round_trip(data: &[u8]) {
    let Ok(hello) = Hello::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    client(&hello);
    server(&hello);
}

/// The message, if there is one.
fn encoded(
    encode: impl Fn(&mut Vec<u8>) -> Result<usize, EncodeError>,
    encoded_len: Result<usize, EncodeError>,
) -> Option<Vec<u8>> {
    let mut out = vec![0x55; 3];
    match encode(&mut out) {
        Ok(len) => assert_eq!(encoded_len, Ok(len)),
        Err(EncodeError::OutputTooSmall { .. }) => panic!("a vector grows"),
        Err(_) => {
            assert_eq!(out, [0x55; 3]);
            return None;
        }
    }
    assert_eq!(out[..3], [0x55; 3]);
    Some(out.split_off(3))
}

fn message(bytes: &[u8]) -> Handshake<'_> {
    let limits = Limits::DEFAULT.max_message_len(1 << 24);
    let (message, used) = Handshake::parse(bytes, &limits)
        .expect("a message")
        .expect("a whole message");
    assert_eq!(used, bytes.len());
    message
}

fn client(hello: &Hello<'_>) {
    let suites: Vec<_> = hello.suites.iter().copied().map(CipherSuite).collect();
    let lists: Vec<_> = hello.contents.iter().map(Content::lists).collect();
    let both = hello.contents.iter().zip(&lists);
    let extensions: Vec<_> = both.map(|(it, lists)| it.client(lists)).collect();
    let fields = ClientHelloFields {
        legacy_version: ProtocolVersion(hello.version),
        random: hello.random,
        session_id: hello.session_id,
        cipher_suites: &suites,
        compression_methods: hello.methods,
        extensions: &extensions,
    };
    let Some(bytes) = encoded(|out| fields.encode(out), fields.encoded_len()) else {
        return;
    };
    let parsed = ClientHello::parse(&message(&bytes)).expect("what was encoded");
    assert_eq!(parsed.legacy_version().0, hello.version);
    assert_eq!(
        (*parsed.random(), parsed.session_id()),
        (hello.random, hello.session_id)
    );
    assert!(parsed.cipher_suites().into_iter().eq(suites));
    assert_eq!(parsed.compression_methods(), hello.methods);
    for (extension, content) in parsed.extensions().into_iter().zip(&extensions) {
        assert_eq!(extension.extension_type, content.extension_type());
        match content {
            ClientExtension::ServerName(name) => assert_eq!(parsed.server_name(), Some(*name)),
            ClientExtension::ProtocolNames(names) => {
                assert!(parsed.alpn().into_iter().eq(names.iter().copied()));
            }
            ClientExtension::SupportedVersions(list) => {
                assert!(parsed.versions().into_iter().eq(list.iter().copied()));
            }
            ClientExtension::SignatureAlgorithms(list) => {
                let read = parsed.signature_algorithms().into_iter();
                assert!(read.eq(list.iter().copied()));
            }
            ClientExtension::SupportedGroups(list) => {
                let read = parsed.supported_groups().into_iter();
                assert!(read.eq(list.iter().copied()));
            }
            ClientExtension::Bytes(it) => assert_eq!(extension, *it),
            other => panic!("{other:?} is not compared"),
        }
    }
    assert_eq!(parsed.extensions().into_iter().count(), extensions.len());
}

fn server(hello: &Hello<'_>) {
    let extensions: Vec<_> = hello.contents.iter().map(Content::server).collect();
    let fields = ServerHelloFields {
        legacy_version: ProtocolVersion(hello.version),
        random: hello.random,
        session_id: hello.session_id,
        cipher_suite: CipherSuite(hello.suites.first().copied().unwrap_or_default()),
        compression_method: hello.methods.first().copied().unwrap_or_default(),
        extensions: &extensions,
    };
    let Some(bytes) = encoded(|out| fields.encode(out), fields.encoded_len()) else {
        return;
    };
    let parsed = ServerHello::parse(&message(&bytes)).expect("what was encoded");
    assert_eq!(parsed.legacy_version().0, hello.version);
    assert_eq!(
        (*parsed.random(), parsed.session_id()),
        (hello.random, hello.session_id)
    );
    assert_eq!(parsed.cipher_suite(), fields.cipher_suite);
    assert_eq!(parsed.compression_method(), fields.compression_method);
    for (extension, content) in parsed.extensions().into_iter().zip(&extensions) {
        assert_eq!(extension.extension_type, content.extension_type());
        match content {
            ServerExtension::ServerName => assert!(extension.data.is_empty()),
            ServerExtension::SelectedProtocol(name) => assert_eq!(parsed.alpn(), Some(*name)),
            ServerExtension::SelectedVersion(version) => assert_eq!(parsed.version(), *version),
            ServerExtension::Bytes(it) => assert_eq!(extension, *it),
            other => panic!("{other:?} is not compared"),
        }
    }
    assert_eq!(parsed.extensions().into_iter().count(), extensions.len());
}
