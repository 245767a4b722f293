use wirekit::tls::{
    CipherSuite, ClientExtension, ClientHelloFields, Extension, ExtensionType, ProtocolVersion,
};

use super::*;

/// A handshake message with these extensions.
fn hello(extensions: &[ClientExtension<'_>]) -> Vec<u8> {
    let fields = ClientHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random: [7; 32],
        session_id: &[],
        cipher_suites: &[CipherSuite(0x1a1a), CipherSuite(0x1301)],
        compression_methods: &[0],
        extensions,
    };
    let mut out = Vec::new();
    fields.encode(&mut out).unwrap();
    out
}

fn bytes(extension_type: ExtensionType, data: &[u8]) -> ClientExtension<'_> {
    ClientExtension::Bytes(Extension {
        extension_type,
        data,
    })
}

/// The records of a message, with so many bytes each.
fn records(message: &[u8], len: usize) -> Vec<u8> {
    let records = message.chunks(len).map(|piece| {
        let [high, low] = u16::try_from(piece.len()).unwrap().to_be_bytes();
        [&[22, 3, 1, high, low], piece].concat()
    });
    records.collect::<Vec<_>>().concat()
}

fn receive(pieces: &[&[u8]]) -> Result<Option<Option<String>>, Malformed> {
    let mut hello = Hello::new();
    let mut last = Ok(None);
    for piece in pieces {
        last = hello.receive(piece);
        if last != Ok(None) {
            assert_eq!(hello.into_received().len(), pieces.concat().len());
            return last;
        }
    }
    last
}

#[test]
fn the_name_is_read_however_the_hello_is_cut() {
    let grease = bytes(ExtensionType(0x2a2a), &[]);
    // encrypted_client_hello (RFC 9849): what is inside is for the server alone.
    let ech = bytes(ExtensionType(0xfe0d), &[0; 40]);
    let outer = ClientExtension::ServerName("Outer.example");
    let padding = vec![0; 4000];
    let padding = bytes(ExtensionType(21), &padding);
    let rows = [
        (vec![outer], Some("outer.example")),
        (vec![grease, ech, outer], Some("outer.example")),
        (vec![padding, outer], Some("outer.example")),
        (vec![grease], None),
        (vec![], None),
    ];
    for (extensions, name) in rows {
        let message = hello(&extensions);
        for record_len in [1, 3, 60, 1 << 14] {
            let mut wire = records(&message, record_len);
            let expected = Ok(Some(name.map(str::to_owned)));
            let bytes: Vec<&[u8]> = wire.chunks(1).collect();
            assert_eq!(receive(&bytes), expected, "{name:?} in {record_len}");
            let pieces: Vec<&[u8]> = wire.chunks(1000).collect();
            assert_eq!(receive(&pieces), expected, "{name:?} in {record_len}");
            wire.extend_from_slice(b"what follows");
            assert_eq!(receive(&[&wire]), expected, "{name:?} in {record_len}");
        }
    }
}

#[test]
fn what_is_no_hello_is_answered_by_an_alert() {
    let mut long = vec![1, 0, 0x90, 0];
    long.resize(36_000, 0);
    let rows: [(&[u8], AlertDescription); 6] = [
        (b"GET / HTTP/1.1\r\n", AlertDescription::UNEXPECTED_MESSAGE),
        (
            &[21, 3, 1, 0, 2, 2, 0],
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        (&[23, 3, 3, 0, 1, 0], AlertDescription::UNEXPECTED_MESSAGE),
        // A ServerHello of nothing.
        (
            &[22, 3, 3, 0, 4, 2, 0, 0, 0],
            AlertDescription::UNEXPECTED_MESSAGE,
        ),
        // RFC 8446 section 4.1.2: the random has 32 bytes.
        (
            &[22, 3, 3, 0, 6, 1, 0, 0, 2, 3, 3],
            AlertDescription::DECODE_ERROR,
        ),
        (
            &records(&long, 1 << 14),
            AlertDescription::ILLEGAL_PARAMETER,
        ),
    ];
    for (wire, description) in rows {
        let found = receive(&[wire]).unwrap_err().alert;
        let head = wire.get(..12).unwrap_or(wire);
        assert_eq!(found, description, "{head:?}");
        assert_eq!(alert(found), [21, 3, 3, 0, 2, 2, description.0]);
    }
    // No end of a hello: never more than is held for one.
    let endless = records(
        &[&[1, 0, 0x7f, 0xff][..], &vec![0; 32 * 1024]].concat(),
        100,
    );
    assert!(receive(&[&endless]).is_err());
}

#[test]
fn the_closest_name_leads_to_an_upstream() {
    let routes = [
        ("a.example", 1),
        ("*.a.example", 2),
        ("*.b.a.example", 3),
        ("*", 4),
    ];
    let routes = routes.map(|(name, at)| (name.to_owned(), at));
    let mut routes = BTreeMap::from(routes);
    let rows = [
        (Some("a.example"), Some(1)),
        (Some("a.example."), Some(1)),
        (Some("x.a.example"), Some(2)),
        (Some("x.y.a.example"), Some(2)),
        (Some("x.b.a.example"), Some(3)),
        (Some("example"), Some(4)),
        (None, Some(4)),
    ];
    for (name, expected) in rows {
        assert_eq!(route(&routes, name), expected, "{name:?}");
    }
    routes.remove("*");
    assert_eq!(route(&routes, None), None);
    assert_eq!(route(&routes, Some("example")), None);
}

#[test]
fn a_server_is_told_of_the_client() {
    use crate::core::proxy_protocol::parse;

    let rows = [
        ("192.0.2.7:4711", "198.51.100.1:443", Some("192.0.2.7:4711")),
        (
            "[2001:db8::7]:4711",
            "[2001:db8::1]:443",
            Some("[2001:db8::7]:4711"),
        ),
        (
            "192.0.2.7:4711",
            "[2001:db8::1]:443",
            Some("[::ffff:192.0.2.7]:4711"),
        ),
    ];
    for (client, local, expected) in rows {
        let header = proxy_header(client.parse().ok(), local.parse().ok());
        let expected = expected.map(|client| client.parse().unwrap());
        assert_eq!(
            parse(&header),
            Ok(Some((expected, header.len()))),
            "{client}"
        );
    }
    let header = proxy_header(None, None);
    assert_eq!(parse(&header), Ok(Some((None, 16))));
}
