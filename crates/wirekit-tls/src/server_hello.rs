use crate::client_hello::session_id;
use crate::cursor::Cursor;
use crate::extension::Side;
use crate::{
    CipherSuite, Error, ExtensionType, Extensions, Handshake, HandshakeHeader, HandshakeType,
    ProtocolName, ProtocolVersion,
};

/// What a server chose: RFC 8446 section 4.1.3.
///
/// ```
/// # let mut body = vec![3, 3];
/// # body.extend([7; 32]);
/// # body.extend([0, 0x13, 0x02, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
/// use wirekit_tls::{CipherSuite, ProtocolVersion, ServerHello};
///
/// // TLS 1.3 leaves the old version in its field, and says the true one in an extension.
/// let hello = ServerHello::parse_body(&body)?;
/// assert_eq!(hello.legacy_version(), ProtocolVersion::TLS_1_2);
/// assert_eq!(hello.version(), ProtocolVersion::TLS_1_3);
/// assert_eq!(hello.cipher_suite(), CipherSuite::TLS_AES_256_GCM_SHA384);
/// assert!(!hello.is_hello_retry_request());
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerHello<'a> {
    body: &'a [u8],
    legacy_version: ProtocolVersion,
    random: &'a [u8; 32],
    session_id: &'a [u8],
    cipher_suite: CipherSuite,
    compression_method: u8,
    extensions: Extensions<'a>,
}

impl<'a> ServerHello<'a> {
    /// What a HelloRetryRequest has for the random bytes, SHA-256 of "HelloRetryRequest": RFC 8446 section 4.1.3.
    #[rustfmt::skip]
    pub const HELLO_RETRY_REQUEST: [u8; 32] = [
        0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
        0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
    ];

    /// Reads a handshake message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedMessage`](crate::ErrorKind::UnexpectedMessage) and those of
    /// [`parse_body`](Self::parse_body); the offset is counted from the message's first byte.
    pub fn parse(message: &Handshake<'a>) -> Result<Self, Error> {
        let body = message.body_of(HandshakeType::SERVER_HELLO)?;
        Self::parse_body(body).map_err(|error| error.shifted(HandshakeHeader::LEN))
    }

    /// Reads the body of a handshake message.
    ///
    /// # Errors
    ///
    /// The kinds of RFC 8446 sections 3.4 and 4, RFC 6066 section 3 and RFC 7301 section 3.1.
    pub fn parse_body(body: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Cursor::new(body);
        Ok(Self {
            body,
            legacy_version: ProtocolVersion(fields.u16()?),
            random: fields.array()?,
            session_id: session_id(&mut fields)?,
            cipher_suite: CipherSuite(fields.u16()?),
            compression_method: fields.u8()?,
            extensions: Extensions::parse(fields, Side::Server)?,
        })
    }

    /// The version chosen: supported_versions, or the version field where it is missing.
    pub fn version(&self) -> ProtocolVersion {
        match self.extensions.find(ExtensionType::SUPPORTED_VERSIONS) {
            Some(&[a, b]) => ProtocolVersion(u16::from_be_bytes([a, b])),
            _ => self.legacy_version,
        }
    }

    /// The version field.
    pub const fn legacy_version(&self) -> ProtocolVersion {
        self.legacy_version
    }

    /// 32 random bytes, or [`HELLO_RETRY_REQUEST`](Self::HELLO_RETRY_REQUEST).
    pub const fn random(&self) -> &'a [u8; 32] {
        self.random
    }

    /// Whether this asks the client for another ClientHello: RFC 8446 section 4.1.4.
    pub fn is_hello_retry_request(&self) -> bool {
        *self.random == Self::HELLO_RETRY_REQUEST
    }

    /// The session identifier, in TLS 1.3 the client's own.
    pub const fn session_id(&self) -> &'a [u8] {
        self.session_id
    }

    /// The cipher suite chosen.
    pub const fn cipher_suite(&self) -> CipherSuite {
        self.cipher_suite
    }

    /// The compression method chosen; zero in TLS 1.3.
    pub const fn compression_method(&self) -> u8 {
        self.compression_method
    }

    /// All extensions.
    pub const fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }

    /// The application protocol chosen; TLS 1.3 encrypts it.
    pub fn alpn(&self) -> Option<ProtocolName<'a>> {
        self.extensions.protocol_names().into_iter().next()
    }

    /// The body of the handshake message.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.body
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::ErrorKind;

    /// A body with these extensions, which start at byte 40.
    fn body(extensions: &[u8]) -> Vec<u8> {
        let mut body = std::vec![3, 3];
        body.extend(ServerHello::HELLO_RETRY_REQUEST);
        body.extend([0, 0x13, 1, 0, 0]);
        body.push(u8::try_from(extensions.len()).unwrap());
        body.extend(extensions);
        body
    }

    #[test]
    fn rules() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 4] = [
            // RFC 6066 section 3: the server's server_name "SHALL be empty"
            (&[0, 0, 0, 1, 0], ErrorKind::TrailingBytes, 44),
            // RFC 7301 section 3.1: "MUST contain exactly one "ProtocolName""
            (&[0, 16, 0, 6, 0, 4, 1, b'a', 1, b'b'], ErrorKind::ProtocolNotOne, 48),
            // RFC 8446 section 4.2.1: ProtocolVersion selected_version
            (&[0, 43, 0, 1, 3], ErrorKind::Truncated { needed: 2 }, 45),
            (&[0, 43, 0, 3, 3, 4, 0], ErrorKind::TrailingBytes, 46),
        ];
        for (extensions, kind, offset) in rows {
            let body = body(extensions);
            let error = ServerHello::parse_body(&body).unwrap_err();
            assert_eq!((error.kind(), error.offset()), (kind, offset));
        }
        let whole = body(&[]);
        assert!(ServerHello::parse_body(&whole[..38]).is_ok());
        for end in (0..whole.len()).filter(|&end| end != 38) {
            let error = ServerHello::parse_body(&whole[..end]).unwrap_err();
            assert!(error.offset() <= end);
        }
    }

    #[test]
    fn what_is_chosen() {
        let mut bytes = body(&[
            0, 43, 0, 2, 3, 4, 0, 16, 0, 5, 0, 3, 2, b'h', b'2', 0, 0, 0, 0,
        ]);
        let hello = ServerHello::parse_body(&bytes).unwrap();
        assert_eq!(hello.version(), ProtocolVersion::TLS_1_3);
        assert_eq!(hello.legacy_version(), ProtocolVersion::TLS_1_2);
        assert_eq!(hello.cipher_suite(), CipherSuite::TLS_AES_128_GCM_SHA256);
        assert_eq!(hello.alpn(), Some(ProtocolName::H2));
        assert!(hello.is_hello_retry_request());
        assert_eq!(hello.compression_method(), 0);
        assert_eq!(hello.extensions().as_bytes(), &bytes[40..]);
        assert_eq!(hello.as_bytes(), bytes);
        // RFC 3749 section 2: DEFLATE, before TLS 1.3.
        bytes[37] = 1;
        let hello = ServerHello::parse_body(&bytes).unwrap();
        assert_eq!(hello.compression_method(), 1);
    }
}
