//! The laws of the WebSocket handshake (`wirekit-websocket`).

use arbitrary::{Arbitrary, Unstructured};
use wirekit::websocket::deflate::PermessageDeflate;
use wirekit::websocket::extension::{Extensions, negotiate};
use wirekit::websocket::handshake::{ErrorKind, Key, client, server};

laws![extensions, opening];

/// Sec-WebSocket-Extensions: an error points inside, and what was read can be written and read again.
pub fn extensions(data: &[u8]) {
    let words = match Extensions::parse(data) {
        Err(error) => {
            assert!(error.offset() <= data.len());
            assert_eq!(Extensions::parse(data), Err(error));
            return;
        }
        Ok(extensions) => {
            assert_eq!(extensions.as_bytes(), data);
            write(extensions)
        }
    };
    let again = Extensions::parse(words.as_bytes()).expect("what was written");
    assert_eq!(write(again), words);
    assert!(words.len() <= 2 * data.len());

    // A server that accepts an offer writes an answer that can be read, and agrees to what it wrote.
    let mut deflate = PermessageDeflate::new();
    let mut answer = String::new();
    negotiate(again, &mut [&mut deflate], &mut answer).expect("a string takes all");
    assert_eq!(deflate.agreed().is_some(), !answer.is_empty());
    if let Some(agreed) = deflate.agreed() {
        let answers = Extensions::parse(answer.as_bytes()).expect("our own answer");
        let mut client = PermessageDeflate::new();
        let opening = client::Opening::extended_connect();
        let field = [(&b"Sec-WebSocket-Extensions"[..], answers.as_bytes())];
        opening
            .read(200, field.into_iter(), &mut [&mut client])
            .expect("our own answer");
        assert_eq!(client.agreed(), Some(agreed));
    }
}

fn write(extensions: Extensions<'_>) -> String {
    let mut out = String::new();
    for extension in extensions {
        out += if out.is_empty() { "" } else { "," };
        out += extension.token();
        for parameter in extension.parameters() {
            out += ";";
            out += parameter.name();
            if let Some(value) = parameter.value() {
                out += "=";
                out += &value.to_string();
            }
        }
    }
    out
}

const NAMES: [&[u8]; 10] = [
    b"host",
    b"Upgrade",
    b"CONNECTION",
    b"Sec-WebSocket-Key",
    b"Sec-WebSocket-Version",
    b"Sec-WebSocket-Protocol",
    b"Sec-WebSocket-Extensions",
    b"Origin",
    b"Sec-WebSocket-Accept",
    b"X-Other",
];

const VALUES: [&[u8]; 12] = [
    b"websocket",
    b"Upgrade, keep-alive",
    b"dGhlIHNhbXBsZSBub25jZQ==",
    b"13",
    b"chat, soap",
    b"permessage-deflate; client_max_window_bits",
    b"http://example.com",
    b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    b"\xff",
    b"",
    b" \t, ",
    b"7",
];

/// Requests and responses made of the fields that matter: an error points into a value; a request that is taken can
/// be answered, and its client takes the answer.
pub fn opening(data: &[u8]) {
    let mut input = Unstructured::new(data);
    let mut fields: Vec<(&[u8], &[u8])> = Vec::new();
    // Mostly a good request, with something wrong in it.
    if input.arbitrary().unwrap_or(true) {
        fields.extend([
            (NAMES[0], &b"example.com"[..]),
            (NAMES[1], VALUES[0]),
            (NAMES[2], VALUES[1]),
        ]);
        fields.extend([(NAMES[3], VALUES[2]), (NAMES[4], VALUES[3])]);
    }
    while let (Ok(name), Ok(value)) = (input.choose(&NAMES), Choice::arbitrary(&mut input)) {
        fields.push((name, value.0));
        if fields.len() > 40 {
            break;
        }
    }
    let longest = fields
        .iter()
        .map(|(_, value)| value.len())
        .max()
        .unwrap_or(0);
    let start = server::Start::Upgrade {
        method: b"GET",
        version: (1, 1),
    };
    match server::Opening::read(start, fields.iter().copied()) {
        Err(error) => {
            assert!(error.offset() <= longest);
            assert!(
                error.kind().status().is_some_and(|status| status >= 400),
                "{error}"
            );
        }
        Ok(received) => {
            let asked: Vec<&str> = received.subprotocols().iter().collect();
            let chosen = received.select_subprotocol(&["soap", "chat"]);
            assert_eq!(
                chosen,
                asked
                    .iter()
                    .copied()
                    .find(|asked| ["soap", "chat"].contains(asked))
            );
            let response = received.respond(chosen, "").expect("it was asked for");
            let written: Vec<_> = response
                .fields()
                .map(|(name, value)| (name, value.to_string()))
                .collect();
            let fields = written
                .iter()
                .map(|(name, value)| (name.as_bytes(), value.as_bytes()));
            let opening = client::Opening::upgrade(received.key().expect("HTTP/1.1 has a key"));
            let opening = opening.subprotocols(&asked).expect("they have been read");
            let accepted = opening
                .read(response.status(), fields, &mut [])
                .expect("our own answer")
                .expect("not an interim one");
            assert_eq!(accepted.subprotocol(), chosen);
        }
    }
    let opening = client::Opening::upgrade(Key::from_nonce(*b"the sample nonce"));
    let opening = opening.subprotocols(&["chat"]).expect("a token");
    if let Err(error) = opening.read(
        101,
        fields.into_iter(),
        &mut [&mut PermessageDeflate::new()],
    ) {
        assert!(error.offset() <= longest);
        assert_ne!(error.kind(), ErrorKind::ResponseStatus { status: 101 });
    }
}

struct Choice<'a>(&'a [u8]);

impl<'a> Arbitrary<'a> for Choice<'a> {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        if input.ratio(1, 3)? {
            Ok(Self(input.arbitrary()?))
        } else {
            input.choose(&VALUES).map(|value| Self(value))
        }
    }
}
