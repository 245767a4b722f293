use proptest::prelude::*;
use wirekit::tls::{
    CipherSuite, ClientExtension, ClientHello, ClientHelloFields, NamedGroup, ProtocolName,
    ProtocolVersion, RecordHeader, ServerExtension, ServerHello, ServerHelloFields,
    SignatureScheme,
};
use wirekit_laws::tls;

/// A ClientHello as a browser sends it.
fn hello() -> Vec<u8> {
    let fields = ClientHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random: [7; 32],
        session_id: &[1; 32],
        cipher_suites: &[CipherSuite(0x0a0a), CipherSuite::TLS_AES_128_GCM_SHA256],
        compression_methods: &[0],
        extensions: &[
            ClientExtension::ServerName("example.org"),
            ClientExtension::ProtocolNames(&[ProtocolName::H2, ProtocolName::HTTP_1_1]),
            ClientExtension::SupportedGroups(&[NamedGroup(0x2a2a), NamedGroup::X25519]),
            ClientExtension::SignatureAlgorithms(&[SignatureScheme::ED25519]),
            ClientExtension::SupportedVersions(&[
                ProtocolVersion::TLS_1_3,
                ProtocolVersion::TLS_1_2,
            ]),
        ],
    };
    let mut message = Vec::new();
    fields.encode(&mut message).unwrap();
    message
}

fn seeds() -> Vec<Vec<u8>> {
    let message = hello();
    let mut record = vec![22, 3, 1, 0, u8::try_from(message.len()).unwrap()];
    record.extend(&message);
    let fields = ServerHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random: [9; 32],
        session_id: &[1; 32],
        cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        compression_method: 0,
        extensions: &[
            ServerExtension::SelectedVersion(ProtocolVersion::TLS_1_3),
            ServerExtension::SelectedProtocol(ProtocolName::H2),
            ServerExtension::ServerName,
        ],
    };
    let mut server = Vec::new();
    fields.encode(&mut server).unwrap();
    let server = server[4..].to_vec();
    let body = message[4..].to_vec();
    vec![
        message,
        record,
        body,
        server,
        vec![21, 3, 3, 0, 2, 2, 40],
        vec![2, 40],
    ]
}

#[test]
fn seeds_keep_the_laws() {
    for seed in seeds() {
        tls::parse(&seed);
        tls::split(&seed);
        tls::round_trip(&seed);
        for end in 0..seed.len() {
            tls::parse(&seed[..end]);
        }
    }
    // The seeds are what they are meant to be: no law passes over them.
    let seeds = seeds();
    assert!(RecordHeader::parse(&seeds[1]).is_ok());
    assert!(ClientHello::parse_body(&seeds[2]).is_ok());
    assert!(ServerHello::parse_body(&seeds[3]).is_ok());
}

proptest! {
    /// Bytes enough for what the law draws.
    #[test]
    fn what_is_plain_is_read_behind_a_change_cipher_spec(data in prop::collection::vec(any::<u8>(), 40..160)) {
        tls::change(&data);
    }

    #[test]
    fn random_bytes_keep_the_laws(data: Vec<u8>) {
        tls::parse(&data);
        tls::split(&data);
        tls::round_trip(&data);
        tls::change(&data);
    }

    #[test]
    fn mutated_seeds_keep_the_laws(which in 0..6_usize, at: prop::sample::Index, byte: u8, cut: u8) {
        let mut seed = seeds()[which].clone();
        let at = at.index(seed.len());
        seed[at] = byte;
        tls::parse(&seed);
        seed.insert(0, cut);
        tls::split(&seed);
        tls::round_trip(&seed);
    }
}
