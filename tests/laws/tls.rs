//! The laws of `wirekit-tls`.

use arbitrary::{Arbitrary, Unstructured};
use wirekit::tls::{
    Alert, CipherSuite, ClientHello, ClientHelloFields, EncodeError, Extension, ExtensionContent,
    ExtensionType, Handshake, Limits, Messages, ProtocolVersion, Record, RecordHeader, ServerHello,
};

/// Small enough that random input meets it.
const LIMITS: Limits = Limits::DEFAULT.max_message_len(2048);

/// Laws 2, 3, 5 and 6 of every parser, on the same bytes.
pub fn parse(data: &[u8]) {
    stream(data, |input| {
        Record::parse(input).map(|it| it.map(|(it, used)| (it.as_bytes().to_vec(), used)))
    });
    stream(data, |input| {
        Handshake::parse(input, &LIMITS)
            .map(|it| it.map(|(it, used)| (it.as_bytes().to_vec(), used)))
    });
    match Alert::parse(data) {
        Ok(alert) => {
            let mut out = Vec::new();
            assert_eq!(alert.encode(&mut out), Ok(data.len()));
            assert_eq!(out, data);
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    match ClientHello::parse_body(data) {
        Ok(hello) => {
            assert_eq!(hello.as_bytes(), data);
            let read = hello.cipher_suites().into_iter().count() * 2;
            let names: usize = hello.alpn().into_iter().map(|name| name.len() + 1).sum();
            let bytes: usize = hello
                .extensions()
                .into_iter()
                .map(|it| it.data.len() + 4)
                .sum();
            assert_eq!(bytes, hello.extensions().as_bytes().len());
            assert!(read + names + bytes <= data.len() * 2);
            assert!(hello.versions().into_iter().count() >= 1);
            if let Some(name) = hello.server_name() {
                assert!(!name.is_empty() && name.is_ascii());
            }
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    match ServerHello::parse_body(data) {
        Ok(hello) => {
            assert_eq!(hello.as_bytes(), data);
            let _ = (hello.version(), hello.alpn());
        }
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
}

type Parsed = Result<Option<(Vec<u8>, usize)>, wirekit::tls::Error>;

/// A stream parser's answer to every prefix.
fn stream(data: &[u8], parse: impl Fn(&[u8]) -> Parsed) {
    let whole = parse(data);
    match &whole {
        Ok(Some((bytes, used))) => assert_eq!(data.get(..*used), Some(bytes.as_slice())),
        Ok(None) => {}
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    for end in 0..data.len().min(64) {
        let cut = parse(&data[..end]);
        // More input changes no answer but "more input".
        assert!(
            cut == Ok(None) || cut == whole,
            "{cut:?} of {end}, {whole:?} of all"
        );
    }
}

/// Law 4: records cut anywhere join to the same messages.
pub fn split(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let cut = input.arbitrary::<u8>().unwrap_or_default();
    let body = input.take_rest();
    let limits = Limits::DEFAULT;
    let mut whole = Vec::new();
    let mut rest = body;
    while let Ok(Some((message, used))) = Handshake::parse(rest, &limits) {
        whole.push(message.as_bytes().to_vec());
        rest = &rest[used..];
    }
    let (mut messages, mut joined) = (Messages::new(limits), Vec::new());
    'records: for fragment in body.chunks(usize::from(cut).max(1)) {
        let mut record = vec![
            22,
            3,
            3,
            0,
            u8::try_from(fragment.len()).unwrap_or_default(),
        ];
        record.extend_from_slice(fragment);
        let (record, _) = Record::parse(&record)
            .expect("a record")
            .expect("a whole record");
        messages.push(&record).expect("a handshake record");
        loop {
            match messages.receive() {
                Ok(Some(message)) => joined.push(message.as_bytes().to_vec()),
                Ok(None) => break,
                Err(_) => break 'records,
            }
        }
    }
    assert_eq!(joined, whole);
}

#[derive(Arbitrary, Debug)]
enum Content<'a> {
    ServerName(&'a str),
    ProtocolNames(Vec<&'a [u8]>),
    SupportedVersions(Vec<u16>),
    Bytes(u16, &'a [u8]),
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
    if let Ok(Some((header, used))) = RecordHeader::parse(data) {
        let mut out = Vec::new();
        assert_eq!(header.encode(&mut out), Ok(used));
        assert_eq!(out, data[..used]);
    }
    let Ok(hello) = Hello::arbitrary(&mut Unstructured::new(data)) else {
        return;
    };
    let suites: Vec<_> = hello.suites.iter().copied().map(CipherSuite).collect();
    let versions = |list: &[u16]| {
        list.iter()
            .copied()
            .map(ProtocolVersion)
            .collect::<Vec<_>>()
    };
    let lists: Vec<_> = hello
        .contents
        .iter()
        .map(|it| match it {
            Content::SupportedVersions(list) => versions(list),
            _ => Vec::new(),
        })
        .collect();
    let extensions: Vec<_> = hello
        .contents
        .iter()
        .zip(&lists)
        .map(|(it, list)| match it {
            Content::ServerName(name) => ExtensionContent::ServerName(name),
            Content::ProtocolNames(names) => ExtensionContent::ProtocolNames(names),
            Content::SupportedVersions(_) => ExtensionContent::SupportedVersions(list),
            &Content::Bytes(kind, data) => ExtensionContent::Bytes(Extension {
                extension_type: ExtensionType(kind),
                data,
            }),
        })
        .collect();
    let fields = ClientHelloFields {
        legacy_version: ProtocolVersion(hello.version),
        random: hello.random,
        session_id: hello.session_id,
        cipher_suites: &suites,
        compression_methods: hello.methods,
        extensions: &extensions,
    };
    let mut out = vec![0x55; 3];
    let len = match fields.encode(&mut out) {
        Ok(len) => len,
        Err(EncodeError::OutputTooSmall { .. }) => panic!("a vector grows"),
        Err(_) => return assert_eq!(out, [0x55; 3]),
    };
    assert_eq!(fields.encoded_len(), Ok(len));
    let limits = Limits::DEFAULT.max_message_len(1 << 24);
    let (message, used) = Handshake::parse(&out[3..], &limits)
        .expect("a message")
        .expect("a whole message");
    assert_eq!(used, len);
    let parsed = ClientHello::parse(&message).expect("what was encoded");
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
            ExtensionContent::ServerName(name) => assert_eq!(parsed.server_name(), Some(*name)),
            ExtensionContent::ProtocolNames(names) => {
                assert!(parsed.alpn().into_iter().eq(names.iter().copied()));
            }
            ExtensionContent::SupportedVersions(list) => {
                assert!(parsed.versions().into_iter().eq(list.iter().copied()));
            }
            ExtensionContent::Bytes(it) => assert_eq!(extension, *it),
            _ => {}
        }
    }
    assert_eq!(parsed.extensions().into_iter().count(), extensions.len());
}
