use super::extension::put_extensions;
use super::{Sink, encode_hello, length8, length16, put_hello};
use crate::{CipherSuite, ClientExtension, EncodeError, HandshakeType, ProtocolVersion};

/// What a client chooses of its ClientHello: RFC 8446 section 4.1.2. The lengths are computed.
///
/// ```
/// use wirekit_tls::{
///     CipherSuite, ClientExtension, ClientHello, ClientHelloFields, Handshake, Limits, ProtocolName, ProtocolVersion,
/// };
///
/// let fields = ClientHelloFields {
///     legacy_version: ProtocolVersion::TLS_1_2,
///     random: [7; 32],
///     session_id: &[],
///     cipher_suites: &[CipherSuite::TLS_AES_128_GCM_SHA256],
///     compression_methods: &[0],
///     extensions: &[
///         ClientExtension::ServerName("example.org"),
///         ClientExtension::ProtocolNames(&[ProtocolName::H2, ProtocolName::HTTP_1_1]),
///         ClientExtension::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
///     ],
/// };
/// let mut out = [0; 256];
/// let len = fields.encode_to_slice(&mut out)?;
/// let (message, _) = Handshake::parse(&out[..len], &Limits::DEFAULT)?.expect("a whole message");
/// assert_eq!(ClientHello::parse(&message)?.server_name(), Some("example.org"));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClientHelloFields<'a> {
    /// The version field; TLS 1.3 wants [`TLS_1_2`](ProtocolVersion::TLS_1_2).
    pub legacy_version: ProtocolVersion,
    /// 32 bytes that the caller drew at random.
    pub random: [u8; 32],
    /// At most 32 bytes.
    pub session_id: &'a [u8],
    /// At least one.
    pub cipher_suites: &'a [CipherSuite],
    /// At least one; zero alone since TLS 1.3.
    pub compression_methods: &'a [u8],
    /// In this order; none at all leaves the block away.
    pub extensions: &'a [ClientExtension<'a>],
}

impl ClientHelloFields<'_> {
    encode_hello!(HandshakeType::CLIENT_HELLO);

    fn write_body(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        put_hello(out, self.legacy_version, &self.random, self.session_id)?;
        let suites = self.cipher_suites.len().saturating_mul(2);
        out.put(&length16("cipher_suites", suites, 2..=65_534)?);
        for suite in self.cipher_suites {
            out.put(&suite.0.to_be_bytes());
        }
        let methods = self.compression_methods;
        let count = length8("legacy_compression_methods", methods.len(), 1..=255)?;
        out.put(&[count]);
        out.put(methods);
        put_extensions(out, self.extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ClientHello, ErrorKind, Extension, ExtensionType, Handshake, Limits, ProtocolName,
    };

    const FIELDS: ClientHelloFields<'_> = ClientHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random: [9; 32],
        session_id: &[1; 32],
        cipher_suites: &[CipherSuite(0x1301), CipherSuite(0x0a0a)],
        compression_methods: &[0],
        extensions: &[],
    };

    #[test]
    fn a_message_comes_back() {
        let extensions = [
            ClientExtension::Bytes(Extension {
                extension_type: ExtensionType(0x1a1a),
                data: &[1, 2],
            }),
            ClientExtension::ServerName("a.example"),
            ClientExtension::ProtocolNames(&[ProtocolName::H2, ProtocolName::HTTP_1_1]),
            ClientExtension::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
        ];
        for count in 0..=extensions.len() {
            let fields = ClientHelloFields {
                extensions: &extensions[..count],
                ..FIELDS
            };
            let mut out = [0x55; 300];
            let len = fields.encode_to_slice(&mut out).unwrap();
            assert_eq!(fields.encoded_len(), Ok(len));
            let (message, used) = Handshake::parse(&out, &Limits::DEFAULT).unwrap().unwrap();
            assert_eq!(used, len);
            let hello = ClientHello::parse(&message).unwrap();
            assert_eq!(hello.legacy_version(), FIELDS.legacy_version);
            assert_eq!(
                (hello.random(), hello.session_id()),
                (&[9; 32], &[1; 32][..])
            );
            assert!(
                hello
                    .cipher_suites()
                    .into_iter()
                    .eq(FIELDS.cipher_suites.iter().copied())
            );
            let types = hello.extensions().into_iter().map(|it| it.extension_type);
            assert!(types.eq(extensions[..count].iter().map(|it| it.extension_type())));
            assert_eq!(hello.server_name(), (count > 1).then_some("a.example"));
            assert_eq!(
                hello.alpn().into_iter().count(),
                if count > 2 { 2 } else { 0 }
            );
            #[cfg(feature = "alloc")]
            {
                let mut vec = std::vec::Vec::new();
                assert_eq!(fields.encode(&mut vec), Ok(len));
                assert_eq!(vec, out[..len]);
                // Room for the message and not a byte more is enough.
                let mut exact = std::vec![0; len];
                assert_eq!(fields.encode(&mut &mut exact[..]), Ok(len));
                assert_eq!(exact, vec);
            }
        }
    }

    #[test]
    fn what_a_receiver_would_refuse_is_not_written() {
        let twice = [ClientExtension::ServerName("a"); 2];
        let mut out = [0; 300];
        let fields = ClientHelloFields {
            extensions: &twice,
            ..FIELDS
        };
        let kind = ErrorKind::DuplicateExtension {
            found: ExtensionType::SERVER_NAME,
        };
        assert_eq!(
            fields.encode_to_slice(&mut out),
            Err(EncodeError::Rule { kind })
        );
        assert_eq!(out, [0; 300]);
        // RFC 8446 section 4.2.11: "The "pre_shared_key" extension MUST be the last extension in the ClientHello"
        let bytes = |extension_type| {
            ClientExtension::Bytes(Extension {
                extension_type,
                data: &[],
            })
        };
        let psk = bytes(ExtensionType::PRE_SHARED_KEY);
        let name = ClientExtension::ServerName("a");
        let early = bytes(ExtensionType::EARLY_DATA);
        let rule = Err(EncodeError::Rule {
            kind: ErrorKind::PreSharedKeyNotLast,
        });
        let broken = |kind| Err(EncodeError::Rule { kind });
        let rows: [(&[ClientExtension<'_>], _); 6] = [
            // RFC 6066 section 3: "represented as a byte string using ASCII encoding"
            (
                &[ClientExtension::ServerName("a\u{e4}")],
                broken(ErrorKind::ServerNameNotAscii { found: 0xc3 }),
            ),
            // RFC 8446 section 4.2.1: ProtocolVersion versions<2..254>
            (
                &[bytes(ExtensionType::SUPPORTED_VERSIONS)],
                broken(ErrorKind::Truncated { needed: 1 }),
            ),
            (&[psk, name], rule),
            (&[name, psk, early], rule),
            (&[name, early, psk], Ok(())),
            (&[psk], Ok(())),
        ];
        for (extensions, expected) in rows {
            let fields = ClientHelloFields {
                extensions,
                ..FIELDS
            };
            assert_eq!(fields.encode_to_slice(&mut [0; 300]).map(drop), expected);
        }
        let fields = ClientHelloFields {
            cipher_suites: &[],
            ..FIELDS
        };
        let length = EncodeError::Length {
            field: "cipher_suites",
            len: 0,
        };
        assert_eq!(fields.encode_to_slice(&mut out), Err(length));
        let room = FIELDS.encoded_len().unwrap() - 1;
        assert_eq!(
            FIELDS.encode_to_slice(&mut out[..room]),
            Err(EncodeError::OutputTooSmall { needed: room + 1 })
        );
    }
}
