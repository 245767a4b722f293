use proptest::prelude::*;
use wirekit::tls::{
    CipherSuite, ClientHelloFields, ExtensionContent, ProtocolVersion, RecordHeader,
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
            ExtensionContent::ServerName("example.org"),
            ExtensionContent::ProtocolNames(&[b"h2", b"http/1.1"]),
            ExtensionContent::SupportedVersions(&[
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
    let mut server = vec![3, 3];
    server.extend([9; 32]);
    server.extend([0, 0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
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
    assert!(RecordHeader::parse(&seeds()[1]).is_ok());
}

proptest! {
    #[test]
    fn random_bytes_keep_the_laws(data: Vec<u8>) {
        tls::parse(&data);
        tls::split(&data);
        tls::round_trip(&data);
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
