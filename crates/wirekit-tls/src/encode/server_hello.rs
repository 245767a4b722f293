use super::extension::put_extensions;
use super::{Sink, encode_hello, put_hello};
use crate::{CipherSuite, EncodeError, HandshakeType, ProtocolVersion, ServerExtension};

/// What a server chooses of its ServerHello: RFC 8446 section 4.1.3. The lengths are computed.
///
/// With [`HELLO_RETRY_REQUEST`](crate::ServerHello::HELLO_RETRY_REQUEST) in place of the random bytes it is a
/// HelloRetryRequest:
///
/// ```
/// use wirekit_tls::{
///     CipherSuite, Extension, ExtensionType, Handshake, Limits, NamedGroup, ProtocolVersion, ServerExtension,
///     ServerHello, ServerHelloFields,
/// };
///
/// let fields = ServerHelloFields {
///     legacy_version: ProtocolVersion::TLS_1_2,
///     random: ServerHello::HELLO_RETRY_REQUEST,
///     session_id: &[],
///     cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
///     compression_method: 0,
///     extensions: &[
///         ServerExtension::SelectedVersion(ProtocolVersion::TLS_1_3),
///         ServerExtension::Bytes(Extension {
///             extension_type: ExtensionType::KEY_SHARE,
///             data: &NamedGroup::SECP256R1.0.to_be_bytes(),
///         }),
///     ],
/// };
/// let mut out = [0; 64];
/// let len = fields.encode_to_slice(&mut out)?;
/// let (message, _) = Handshake::parse(&out[..len], &Limits::DEFAULT)?.expect("a whole message");
/// let hello = ServerHello::parse(&message)?;
/// assert!(hello.is_hello_retry_request());
/// assert_eq!(hello.version(), ProtocolVersion::TLS_1_3);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ServerHelloFields<'a> {
    /// The version field; TLS 1.3 wants [`TLS_1_2`](ProtocolVersion::TLS_1_2).
    pub legacy_version: ProtocolVersion,
    /// 32 bytes that the caller drew at random.
    pub random: [u8; 32],
    /// At most 32 bytes; in TLS 1.3 the client's own.
    pub session_id: &'a [u8],
    /// One that the client offers.
    pub cipher_suite: CipherSuite,
    /// The method's number: zero in TLS 1.3, and nearly always before it (RFC 3749).
    pub compression_method: u8,
    /// In this order; none at all leaves the block away.
    pub extensions: &'a [ServerExtension<'a>],
}

impl ServerHelloFields<'_> {
    encode_hello!(HandshakeType::SERVER_HELLO);

    fn write_body(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        put_hello(out, self.legacy_version, &self.random, self.session_id)?;
        out.put(&self.cipher_suite.0.to_be_bytes());
        out.put(&[self.compression_method]);
        put_extensions(out, self.extensions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ErrorKind, Extension, ExtensionType, Handshake, Limits, ProtocolName, ServerHello,
    };

    const FIELDS: ServerHelloFields<'_> = ServerHelloFields {
        legacy_version: ProtocolVersion::TLS_1_2,
        random: [9; 32],
        session_id: &[1; 32],
        cipher_suite: CipherSuite::TLS_AES_128_GCM_SHA256,
        compression_method: 0,
        extensions: &[],
    };

    #[test]
    fn a_message_comes_back() {
        let extensions = [
            ServerExtension::ServerName,
            ServerExtension::SelectedProtocol(ProtocolName::H2),
            ServerExtension::SelectedVersion(ProtocolVersion::TLS_1_3),
            ServerExtension::Bytes(Extension {
                extension_type: ExtensionType::RENEGOTIATION_INFO,
                data: &[0],
            }),
        ];
        for count in 0..=extensions.len() {
            let fields = ServerHelloFields {
                extensions: &extensions[..count],
                ..FIELDS
            };
            let mut out = [0x55; 200];
            let len = fields.encode_to_slice(&mut out).unwrap();
            assert_eq!(fields.encoded_len(), Ok(len));
            let (message, used) = Handshake::parse(&out, &Limits::DEFAULT).unwrap().unwrap();
            assert_eq!(used, len);
            let hello = ServerHello::parse(&message).unwrap();
            assert_eq!(hello.legacy_version(), FIELDS.legacy_version);
            assert_eq!(
                (hello.random(), hello.session_id()),
                (&[9; 32], &[1; 32][..])
            );
            assert_eq!(hello.cipher_suite(), FIELDS.cipher_suite);
            assert_eq!(hello.alpn(), (count > 1).then_some(ProtocolName::H2));
            let version = [ProtocolVersion::TLS_1_2, ProtocolVersion::TLS_1_3];
            assert_eq!(hello.version(), version[usize::from(count > 2)]);
            let types = hello.extensions().into_iter().map(|it| it.extension_type);
            assert!(types.eq(extensions[..count].iter().map(|it| it.extension_type())));
            #[cfg(feature = "alloc")]
            {
                let mut vec = std::vec::Vec::new();
                assert_eq!(fields.encode(&mut vec), Ok(len));
                assert_eq!(vec, out[..len]);
            }
        }
    }

    #[test]
    fn what_a_receiver_would_refuse_is_not_written() {
        let bytes = |extension_type, data| {
            ServerExtension::Bytes(Extension {
                extension_type,
                data,
            })
        };
        #[rustfmt::skip]
        let rows: [(&[ServerExtension<'_>], EncodeError); 4] = [
            // RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type"
            (&[ServerExtension::ServerName; 2], EncodeError::Rule { kind: ErrorKind::DuplicateExtension { found: ExtensionType::SERVER_NAME } }),
            // RFC 6066 section 3: the server's server_name "SHALL be empty"
            (&[bytes(ExtensionType::SERVER_NAME, &[0])], EncodeError::Rule { kind: ErrorKind::TrailingBytes }),
            // RFC 8446 section 4.2.1: ProtocolVersion selected_version
            (&[bytes(ExtensionType::SUPPORTED_VERSIONS, &[3])], EncodeError::Rule { kind: ErrorKind::Truncated { needed: 2 } }),
            // RFC 7301 section 3.1: ProtocolName protocol_name_list<2..2^16-1>
            (&[ServerExtension::SelectedProtocol(ProtocolName(b""))], EncodeError::Length { field: "protocol_name_list", len: 1 }),
        ];
        for (extensions, error) in rows {
            let fields = ServerHelloFields {
                extensions,
                ..FIELDS
            };
            let mut out = [0; 200];
            assert_eq!(fields.encode_to_slice(&mut out), Err(error));
            assert_eq!(out, [0; 200]);
        }
        // Only a ClientHello has it last.
        let fields = ServerHelloFields {
            extensions: &[
                bytes(ExtensionType::PRE_SHARED_KEY, &[0, 0]),
                bytes(ExtensionType::SUPPORTED_VERSIONS, &[3, 4]),
            ],
            ..FIELDS
        };
        assert!(fields.encoded_len().is_ok());
        let fields = ServerHelloFields {
            session_id: &[0; 33],
            ..FIELDS
        };
        let (field, len) = ("legacy_session_id", 33);
        assert_eq!(
            fields.encoded_len(),
            Err(EncodeError::Length { field, len })
        );
    }
}
