use crate::cursor::Cursor;
use crate::extension::Side;
use crate::{
    CipherSuites, Error, ErrorKind, ExtensionType, Extensions, Handshake, HandshakeHeader,
    HandshakeType, NamedGroups, ProtocolNames, ProtocolVersion, SignatureSchemes, Versions,
};

/// What a client offers: RFC 8446 section 4.1.2.
///
/// The layout and the content of server_name, ALPN, supported_groups, signature_algorithms and supported_versions are
/// checked; other extensions are kept as bytes.
///
/// ```
/// # let mut body = vec![3, 3];
/// # body.extend([7; 32]);
/// # body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 14, 0, 0, 0, 10, 0, 8, 0, 0, 5]);
/// # body.extend(b"a.org");
/// use wirekit_tls::{CipherSuite, ClientHello};
///
/// let hello = ClientHello::parse_body(&body)?;
/// assert_eq!(hello.server_name(), Some("a.org"));
/// assert!(hello.cipher_suites().into_iter().any(|suite| suite == CipherSuite::TLS_AES_128_GCM_SHA256));
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientHello<'a> {
    body: &'a [u8],
    legacy_version: ProtocolVersion,
    random: &'a [u8; 32],
    session_id: &'a [u8],
    cipher_suites: CipherSuites<'a>,
    compression_methods: &'a [u8],
    extensions: Extensions<'a>,
}

impl<'a> ClientHello<'a> {
    /// Reads a handshake message.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnexpectedMessage`] and those of [`parse_body`](Self::parse_body); the offset is counted from the
    /// message's first byte.
    pub fn parse(message: &Handshake<'a>) -> Result<Self, Error> {
        let body = message.body_of(HandshakeType::CLIENT_HELLO)?;
        Self::parse_body(body).map_err(|error| error.shifted(HandshakeHeader::LEN))
    }

    /// Reads the body of a handshake message.
    ///
    /// # Errors
    ///
    /// The kinds of RFC 8446 sections 3.4 and 4, RFC 6066 section 3 and RFC 7301 section 3.1.
    pub fn parse_body(body: &'a [u8]) -> Result<Self, Error> {
        let mut fields = Cursor::new(body);
        let legacy_version = ProtocolVersion(fields.u16()?);
        let random = fields.array()?;
        let session_id = session_id(&mut fields)?;
        let place = fields;
        let suites = fields.vector16()?.rest();
        // CipherSuite cipher_suites<2..2^16-2>
        if suites.is_empty() || !suites.len().is_multiple_of(2) {
            let found = suites.len();
            return Err(place.error(ErrorKind::CipherSuitesLength { found }));
        }
        let place = fields;
        let compression_methods = fields.vector8()?.rest();
        // opaque legacy_compression_methods<1..2^8-1>
        if compression_methods.is_empty() {
            return Err(place.error(ErrorKind::NoCompressionMethod));
        }
        let extensions = Extensions::parse(fields, Side::Client)?;
        Ok(Self {
            body,
            legacy_version,
            random,
            session_id,
            cipher_suites: CipherSuites::new(suites),
            compression_methods,
            extensions,
        })
    }

    /// The version field; TLS 1.3 says [`TLS_1_2`](ProtocolVersion::TLS_1_2) here, see [`versions`](Self::versions).
    pub const fn legacy_version(&self) -> ProtocolVersion {
        self.legacy_version
    }

    /// 32 random bytes.
    pub const fn random(&self) -> &'a [u8; 32] {
        self.random
    }

    /// The session to resume before TLS 1.3; since then any bytes, at most 32.
    pub const fn session_id(&self) -> &'a [u8] {
        self.session_id
    }

    /// The cipher suites, in order of preference.
    pub const fn cipher_suites(&self) -> CipherSuites<'a> {
        self.cipher_suites
    }

    /// The compression methods; zero alone since TLS 1.3.
    pub const fn compression_methods(&self) -> &'a [u8] {
        self.compression_methods
    }

    /// All extensions.
    pub const fn extensions(&self) -> Extensions<'a> {
        self.extensions
    }

    /// The host name that the client wants to reach: RFC 6066 section 3.
    pub fn server_name(&self) -> Option<&'a str> {
        self.extensions.host_name()
    }

    /// The application protocols that the client speaks: RFC 7301.
    pub fn alpn(&self) -> ProtocolNames<'a> {
        self.extensions.protocol_names()
    }

    /// The versions that the client speaks: supported_versions, or the version field where it is missing.
    pub fn versions(&self) -> Versions<'a> {
        Versions::new(self.extensions, self.legacy_version)
    }

    /// The groups that the client knows for the key exchange: RFC 8446 section 4.2.7.
    pub fn supported_groups(&self) -> NamedGroups<'a> {
        NamedGroups::new(self.extensions.list(ExtensionType::SUPPORTED_GROUPS))
    }

    /// The signature algorithms that the client accepts: RFC 8446 section 4.2.3.
    pub fn signature_algorithms(&self) -> SignatureSchemes<'a> {
        SignatureSchemes::new(self.extensions.list(ExtensionType::SIGNATURE_ALGORITHMS))
    }

    /// The body of the handshake message.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.body
    }
}

/// opaque legacy_session_id<0..32>
pub(crate) fn session_id<'a>(fields: &mut Cursor<'a>) -> Result<&'a [u8], Error> {
    let place = *fields;
    let found = fields.u8()?;
    if found > 32 {
        return Err(place.error(ErrorKind::SessionIdTooLong { found }));
    }
    *fields = place;
    fields.vector8().map(Cursor::rest)
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;
    use crate::{NamedGroup, ProtocolName, SignatureScheme};

    /// A body with these extensions, which start at byte 43.
    fn body(extensions: &[u8]) -> Vec<u8> {
        let mut body = std::vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0, 2, 0x13, 1, 1, 0, 0]);
        body.push(u8::try_from(extensions.len()).unwrap());
        body.extend(extensions);
        body
    }

    fn fault(body: &[u8]) -> (ErrorKind, usize) {
        let error = ClientHello::parse_body(body).unwrap_err();
        (error.kind(), error.offset())
    }

    #[test]
    fn rules_of_the_fields() {
        let whole = body(&[]);
        let with = |at: usize, byte: u8| {
            let mut body = whole.clone();
            body[at] = byte;
            body
        };
        let mut trailing = whole.clone();
        trailing.push(0);
        #[rustfmt::skip]
        let rows: [(Vec<u8>, ErrorKind, usize); 8] = [
            // RFC 8446 section 4.1.2, field by field
            (whole[..1].to_vec(), ErrorKind::Truncated { needed: 2 }, 1),
            (whole[..33].to_vec(), ErrorKind::Truncated { needed: 32 }, 33),
            // opaque legacy_session_id<0..32>
            (with(34, 33), ErrorKind::SessionIdTooLong { found: 33 }, 34),
            (with(34, 9), ErrorKind::Overrun { declared: 9, available: 8 }, 34),
            // CipherSuite cipher_suites<2..2^16-2>
            (with(36, 0), ErrorKind::CipherSuitesLength { found: 0 }, 35),
            (with(36, 3), ErrorKind::CipherSuitesLength { found: 3 }, 35),
            // opaque legacy_compression_methods<1..2^8-1>
            (with(39, 0), ErrorKind::NoCompressionMethod, 39),
            // RFC 8446 section 6.2: "a message could not be decoded because some field was out of the specified range
            // or the length of the message was incorrect"
            (trailing, ErrorKind::TrailingBytes, 43),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(fault(&input), (kind, offset), "{input:?}");
        }
        // A body without extensions ends after the compression methods, and nowhere else before.
        assert!(ClientHello::parse_body(&whole[..41]).is_ok());
        for end in (0..whole.len()).filter(|&end| end != 41) {
            assert!(fault(&whole[..end]).1 <= end);
        }
    }

    #[test]
    fn rules_of_the_extensions() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 28] = [
            // RFC 8446 section 3.4: "the length field"
            (&[0], ErrorKind::Truncated { needed: 2 }, 44),
            (&[0, 5, 0], ErrorKind::Truncated { needed: 2 }, 46),
            (&[0, 5, 0, 1], ErrorKind::Overrun { declared: 1, available: 0 }, 45),
            // RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type"
            (&[0, 5, 0, 0, 0, 5, 0, 0], ErrorKind::DuplicateExtension { found: ExtensionType(5) }, 47),
            (&[255, 255, 0, 0, 255, 255, 0, 0], ErrorKind::DuplicateExtension { found: ExtensionType(65535) }, 47),
            // RFC 8446 section 4.2.11: "The "pre_shared_key" extension MUST be the last extension in the ClientHello"
            (&[0, 41, 0, 0, 0, 5, 0, 0], ErrorKind::PreSharedKeyNotLast, 43),
            // RFC 6066 section 3: ServerName server_name_list<1..2^16-1>
            (&[0, 0, 0, 2, 0, 0], ErrorKind::ServerNameEmpty, 47),
            (&[0, 0, 0, 3, 0, 0, 0], ErrorKind::TrailingBytes, 49),
            (&[0, 0, 0, 2, 0, 1], ErrorKind::Overrun { declared: 1, available: 0 }, 47),
            // opaque HostName<1..2^16-1>
            (&[0, 0, 0, 5, 0, 3, 0, 0, 0], ErrorKind::ServerNameEmpty, 50),
            // "The ServerNameList MUST NOT contain more than one name of the same name_type."
            (&[0, 0, 0, 10, 0, 8, 0, 0, 1, b'a', 0, 0, 1, b'b'], ErrorKind::ServerNameDuplicate, 53),
            (&[0, 0, 0, 10, 0, 8, 1, 0, 1, b'a', 1, 0, 1, b'b'], ErrorKind::ServerNameDuplicate, 53),
            (&[0, 0, 0, 10, 0, 8, 255, 0, 1, b'a', 255, 0, 1, b'b'], ErrorKind::ServerNameDuplicate, 53),
            // "a byte string using ASCII encoding"
            (&[0, 0, 0, 7, 0, 5, 0, 0, 2, b'a', 0xe4], ErrorKind::ServerNameNotAscii { found: 0xe4 }, 53),
            (&[0, 0, 0, 7, 0, 5, 0, 0, 2, b'a', 0], ErrorKind::ServerNameNotAscii { found: 0 }, 53),
            // RFC 7301 section 3.1: ProtocolName protocol_name_list<2..2^16-1>, "Empty strings MUST NOT be included"
            (&[0, 16, 0, 2, 0, 0], ErrorKind::ProtocolNameEmpty, 47),
            (&[0, 16, 0, 6, 0, 4, 2, b'h', b'2', 0], ErrorKind::ProtocolNameEmpty, 52),
            (&[0, 16, 0, 4, 0, 2, 2, b'h'], ErrorKind::Overrun { declared: 2, available: 1 }, 49),
            // RFC 8446 section 4.2.7: NamedGroup named_group_list<2..2^16-1>
            (&[0, 10, 0, 2, 0, 0], ErrorKind::SupportedGroupsLength { found: 0 }, 47),
            (&[0, 10, 0, 5, 0, 3, 0, 23, 0], ErrorKind::SupportedGroupsLength { found: 3 }, 47),
            (&[0, 10, 0, 5, 0, 2, 0, 23, 0], ErrorKind::TrailingBytes, 51),
            // RFC 8446 section 4.2.3: SignatureScheme supported_signature_algorithms<2..2^16-2>
            (&[0, 13, 0, 2, 0, 0], ErrorKind::SignatureAlgorithmsLength { found: 0 }, 47),
            (&[0, 13, 0, 3, 0, 1, 4], ErrorKind::SignatureAlgorithmsLength { found: 1 }, 47),
            (&[0, 13, 0, 2, 0, 4], ErrorKind::Overrun { declared: 4, available: 0 }, 47),
            // RFC 8446 section 4.2.1: ProtocolVersion versions<2..254>
            (&[0, 43, 0, 1, 0], ErrorKind::VersionsLength { found: 0 }, 47),
            (&[0, 43, 0, 4, 3, 3, 4, 3], ErrorKind::VersionsLength { found: 3 }, 47),
            (&[0, 43, 0, 4, 2, 3, 4, 3], ErrorKind::TrailingBytes, 50),
            (&[0, 43, 0, 0], ErrorKind::Truncated { needed: 1 }, 47),
        ];
        for (extensions, kind, offset) in rows {
            assert_eq!(fault(&body(extensions)), (kind, offset), "{extensions:?}");
        }
    }

    #[test]
    fn names_of_several_types_are_one_each() {
        // Types of one word of the set, and of the same place in two.
        let names = [
            0, 0, 0, 18, 0, 16, 0, 0, 1, b'a', 1, 0, 1, b'b', 64, 0, 1, b'c', 255, 0, 1, b'd',
        ];
        let body = body(&names);
        let hello = ClientHello::parse_body(&body).unwrap();
        assert_eq!(hello.server_name(), Some("a"));
    }

    #[test]
    fn what_is_offered() {
        #[rustfmt::skip]
        let extensions = [
            0x1a, 0x1a, 0, 0,
            0, 0, 0, 13, 0, 11, 7, 0, 1, 0xff, 0, 0, 4, b'a', b'.', b'd', b'e',
            0, 16, 0, 14, 0, 12, 2, b'h', b'2', 8, b'h', b't', b't', b'p', b'/', b'1', b'.', b'1',
            0, 10, 0, 6, 0, 4, 0xba, 0xba, 0, 29,
            0, 13, 0, 4, 0, 2, 4, 3,
            0, 43, 0, 5, 4, 0x2a, 0x2a, 3, 4,
            0, 41, 0, 1, 9,
        ];
        let bytes = body(&extensions);
        let hello = ClientHello::parse_body(&bytes).unwrap();
        // A name of an unknown type is passed over.
        assert_eq!(hello.server_name(), Some("a.de"));
        let alpn: Vec<_> = hello.alpn().into_iter().collect();
        assert_eq!(alpn, [ProtocolName::H2, ProtocolName::HTTP_1_1]);
        let groups: Vec<_> = hello.supported_groups().into_iter().collect();
        assert_eq!(groups, [NamedGroup(0xbaba), NamedGroup::X25519]);
        let schemes = hello.signature_algorithms().into_iter();
        assert!(schemes.eq([SignatureScheme::ECDSA_SECP256R1_SHA256]));
        let versions: Vec<_> = hello.versions().into_iter().collect();
        assert_eq!(
            versions,
            [ProtocolVersion(0x2a2a), ProtocolVersion::TLS_1_3]
        );
        assert_eq!(hello.extensions().into_iter().count(), 7);
        assert_eq!(
            hello.extensions().find(ExtensionType::PRE_SHARED_KEY),
            Some(&[9][..])
        );
        assert_eq!(hello.as_bytes(), bytes);
        assert_eq!((hello.random(), hello.session_id()), (&[7; 32], &[][..]));
        assert_eq!(hello.compression_methods(), [0]);
    }

    #[test]
    fn without_extensions_the_version_field_speaks() {
        let bytes = body(&[]);
        let hello = ClientHello::parse_body(&bytes).unwrap();
        assert!(hello.versions().into_iter().eq([ProtocolVersion::TLS_1_2]));
        assert_eq!(hello.server_name(), None);
        assert_eq!(hello.alpn().into_iter().count(), 0);
    }
}
