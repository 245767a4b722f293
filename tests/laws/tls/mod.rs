//! The laws of `wirekit-tls`.

mod again;
mod change;
mod round_trip;

use arbitrary::Unstructured;
use wirekit::tls::{
    Alert, ChangeCipherSpec, ClientHello, Handshake, Limits, Messages, Record, ServerHello,
};

pub use change::change;
pub use round_trip::round_trip;

laws![change, parse, round_trip, split];

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
    again::headers(data);
    match ChangeCipherSpec::parse(data) {
        Ok(ChangeCipherSpec) => again::change_cipher_spec(data),
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    match Alert::parse(data) {
        Ok(alert) => again::alert(alert, data),
        Err(error) => assert!(error.offset() <= data.len(), "{error}"),
    }
    match ClientHello::parse_body(data) {
        Ok(hello) => {
            assert_eq!(hello.as_bytes(), data);
            again::client_hello(&hello);
            let read = hello.cipher_suites().into_iter().count() * 2;
            let names: usize = hello.alpn().into_iter().map(|name| name.0.len() + 1).sum();
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
            again::server_hello(&hello);
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
