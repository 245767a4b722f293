#[cfg(feature = "alloc")]
use bytes::BufMut;

use crate::cursor::Cursor;
use crate::extension::{Side, TypeSet, check_content, not_ascii};
use crate::{
    CipherSuite, EncodeError, Error, ErrorKind, Extension, ExtensionType, HandshakeType,
    ProtocolVersion,
};

/// What a client chooses of its ClientHello: RFC 8446 section 4.1.2. The lengths are computed.
///
/// ```
/// use wirekit_tls::{CipherSuite, ClientHello, ClientHelloFields, ExtensionContent, Handshake, Limits, ProtocolVersion};
///
/// let fields = ClientHelloFields {
///     legacy_version: ProtocolVersion::TLS_1_2,
///     random: [7; 32],
///     session_id: &[],
///     cipher_suites: &[CipherSuite::TLS_AES_128_GCM_SHA256],
///     compression_methods: &[0],
///     extensions: &[
///         ExtensionContent::ServerName("example.org"),
///         ExtensionContent::ProtocolNames(&[b"h2", b"http/1.1"]),
///         ExtensionContent::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
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
    pub extensions: &'a [ExtensionContent<'a>],
}

/// An extension that a client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ExtensionContent<'a> {
    /// server_name with one host name: RFC 6066 section 3.
    ServerName(&'a str),
    /// ALPN: RFC 7301 section 3.1.
    ProtocolNames(&'a [&'a [u8]]),
    /// supported_versions: RFC 8446 section 4.2.1.
    SupportedVersions(&'a [ProtocolVersion]),
    /// Any other extension, or one whose content is at hand.
    Bytes(Extension<'a>),
}

impl ClientHelloFields<'_> {
    /// The length of the message with its handshake header.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Length`] for a field that is out of its range.
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        let mut counter = Counter(0);
        self.write(&mut counter)?;
        Ok(counter.0)
    }

    /// Writes the handshake message at the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// [`EncodeError::Length`], [`EncodeError::Rule`] for what [`ClientHello::parse`](crate::ClientHello::parse) would refuse,
    /// [`EncodeError::OutputTooSmall`]; nothing is written then.
    pub fn encode_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = self.encoded_len()?;
        self.check_extensions().map_err(EncodeError::Rule)?;
        let Some(out) = out.get_mut(..needed) else {
            return Err(EncodeError::OutputTooSmall { needed });
        };
        self.write(&mut Slice(out))?;
        Ok(needed)
    }

    /// Appends the handshake message and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode_to_slice`](Self::encode_to_slice); nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode(&self, out: &mut impl BufMut) -> Result<usize, EncodeError> {
        let needed = self.encoded_len()?;
        if out.remaining_mut() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        let mut message = alloc::vec![0; needed];
        self.encode_to_slice(&mut message)?;
        out.put_slice(&message);
        Ok(needed)
    }

    /// The rules that the lengths do not settle.
    fn check_extensions(&self) -> Result<(), ErrorKind> {
        let mut seen = TypeSet::new();
        for (index, extension) in self.extensions.iter().enumerate() {
            let found = extension.extension_type();
            if !seen.insert(found) {
                return Err(ErrorKind::DuplicateExtension { found });
            }
            if found == ExtensionType::PRE_SHARED_KEY && index + 1 < self.extensions.len() {
                return Err(ErrorKind::PreSharedKeyNotLast);
            }
            match extension {
                ExtensionContent::ServerName(name) => {
                    if let Some((_, found)) = not_ascii(name.as_bytes()) {
                        return Err(ErrorKind::ServerNameNotAscii { found });
                    }
                }
                ExtensionContent::Bytes(extension) => {
                    check_content(found, Cursor::new(extension.data), Side::Client)
                        .map_err(Error::kind)?;
                }
                ExtensionContent::ProtocolNames(_) | ExtensionContent::SupportedVersions(_) => {}
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        out.put(&[HandshakeType::CLIENT_HELLO.0]);
        let body = self.body_len()?;
        let [_, a, b, c] = u32::try_from(body)
            .ok()
            .filter(|&len| len < 1 << 24)
            .ok_or(EncodeError::Length {
                field: "client_hello",
                len: body,
            })?
            .to_be_bytes();
        out.put(&[a, b, c]);
        out.put(&self.legacy_version.0.to_be_bytes());
        out.put(&self.random);
        out.put(&[length8("legacy_session_id", self.session_id.len(), 0..=32)?]);
        out.put(self.session_id);
        let suites = self.cipher_suites.len().saturating_mul(2);
        out.put(&length16("cipher_suites", suites, 2..=65_534)?);
        for suite in self.cipher_suites {
            out.put(&suite.0.to_be_bytes());
        }
        let methods = self.compression_methods;
        out.put(&[length8(
            "legacy_compression_methods",
            methods.len(),
            1..=255,
        )?]);
        out.put(methods);
        if !self.extensions.is_empty() {
            out.put(&length16("extensions", self.extensions_len(), 0..=65_535)?);
        }
        self.extensions
            .iter()
            .try_for_each(|extension| extension.write(out))
    }

    fn extensions_len(&self) -> usize {
        let lens = self
            .extensions
            .iter()
            .map(|it| it.data_len().saturating_add(4));
        lens.fold(0, usize::saturating_add)
    }

    fn body_len(&self) -> Result<usize, EncodeError> {
        let block = match self.extensions {
            [] => 0,
            _ => self.extensions_len().saturating_add(2),
        };
        [
            2 + 32 + 1 + 2 + 1,
            self.session_id.len(),
            self.cipher_suites.len().saturating_mul(2),
            self.compression_methods.len(),
            block,
        ]
        .into_iter()
        .try_fold(0, usize::checked_add)
        .ok_or(EncodeError::Length {
            field: "client_hello",
            len: usize::MAX,
        })
    }
}

impl ExtensionContent<'_> {
    /// What the extension is.
    pub const fn extension_type(&self) -> ExtensionType {
        match self {
            Self::ServerName(_) => ExtensionType::SERVER_NAME,
            Self::ProtocolNames(_) => ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
            Self::SupportedVersions(_) => ExtensionType::SUPPORTED_VERSIONS,
            Self::Bytes(extension) => extension.extension_type,
        }
    }

    fn data_len(&self) -> usize {
        match self {
            Self::ServerName(name) => name.len().saturating_add(5),
            Self::ProtocolNames(names) => names_len(names).saturating_add(2),
            Self::SupportedVersions(versions) => versions.len().saturating_mul(2).saturating_add(1),
            Self::Bytes(extension) => extension.data.len(),
        }
    }

    fn write(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        out.put(&self.extension_type().0.to_be_bytes());
        out.put(&length16("extension_data", self.data_len(), 0..=65_535)?);
        match self {
            Self::ServerName(name) => {
                let list = name.len().saturating_add(3);
                out.put(&length16("server_name_list", list, 1..=65_535)?);
                out.put(&[0]);
                out.put(&length16("HostName", name.len(), 1..=65_535)?);
                out.put(name.as_bytes());
            }
            Self::ProtocolNames(names) => {
                out.put(&length16(
                    "protocol_name_list",
                    names_len(names),
                    2..=65_535,
                )?);
                for name in *names {
                    out.put(&[length8("ProtocolName", name.len(), 1..=255)?]);
                    out.put(name);
                }
            }
            Self::SupportedVersions(versions) => {
                let len = versions.len().saturating_mul(2);
                out.put(&[length8("versions", len, 2..=254)?]);
                for version in *versions {
                    out.put(&version.0.to_be_bytes());
                }
            }
            Self::Bytes(extension) => out.put(extension.data),
        }
        Ok(())
    }
}

fn names_len(names: &[&[u8]]) -> usize {
    let lens = names.iter().map(|name| name.len().saturating_add(1));
    lens.fold(0, usize::saturating_add)
}

fn length8(
    field: &'static str,
    len: usize,
    range: core::ops::RangeInclusive<u8>,
) -> Result<u8, EncodeError> {
    u8::try_from(len)
        .ok()
        .filter(|len| range.contains(len))
        .ok_or(EncodeError::Length { field, len })
}

fn length16(
    field: &'static str,
    len: usize,
    range: core::ops::RangeInclusive<u16>,
) -> Result<[u8; 2], EncodeError> {
    u16::try_from(len)
        .ok()
        .filter(|len| range.contains(len))
        .map(u16::to_be_bytes)
        .ok_or(EncodeError::Length { field, len })
}

/// Where the fields go: first into a count, then into bytes.
trait Sink {
    fn put(&mut self, bytes: &[u8]);
}

struct Counter(usize);

impl Sink for Counter {
    fn put(&mut self, bytes: &[u8]) {
        self.0 = self.0.saturating_add(bytes.len());
    }
}

/// Room that was counted before.
struct Slice<'a>(&'a mut [u8]);

impl Sink for Slice<'_> {
    fn put(&mut self, bytes: &[u8]) {
        if let Some((head, tail)) = core::mem::take(&mut self.0).split_at_mut_checked(bytes.len()) {
            head.copy_from_slice(bytes);
            self.0 = tail;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClientHello, Handshake, Limits};

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
            ExtensionContent::Bytes(Extension {
                extension_type: ExtensionType(0x1a1a),
                data: &[1, 2],
            }),
            ExtensionContent::ServerName("a.example"),
            ExtensionContent::ProtocolNames(&[b"h2", b"http/1.1"]),
            ExtensionContent::SupportedVersions(&[ProtocolVersion::TLS_1_3]),
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
            }
        }
    }

    #[test]
    fn what_a_receiver_would_refuse_is_not_written() {
        let twice = [ExtensionContent::ServerName("a"); 2];
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
            Err(EncodeError::Rule(kind))
        );
        assert_eq!(out, [0; 300]);
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
