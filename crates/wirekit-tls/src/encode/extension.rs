use super::{Sink, length8, length16};
use crate::cursor::Cursor;
use crate::extension::{Side, TypeSet, check_content, not_ascii};
use crate::{
    EncodeError, Error, ErrorKind, Extension, ExtensionType, NamedGroup, ProtocolName,
    ProtocolVersion, SignatureScheme,
};

/// An extension that a client sends: RFC 8446 section 4.2.
///
/// What this enum does not know is sent as [`Bytes`](Self::Bytes), and what it does know may be; its content is then held to
/// the same rules. The example of [`ClientHelloFields`](crate::ClientHelloFields) sends some.
///
/// ```
/// use wirekit_tls::{ClientExtension, Extension, ExtensionType, NamedGroup};
///
/// let groups = ClientExtension::SupportedGroups(&[NamedGroup::X25519, NamedGroup::SECP256R1]);
/// assert_eq!(groups.extension_type(), ExtensionType::SUPPORTED_GROUPS);
///
/// // RFC 6066 section 8: a request for an OCSP response, without responders or extensions of its own.
/// let data = &[1, 0, 0, 0, 0];
/// let status = ClientExtension::Bytes(Extension { extension_type: ExtensionType::STATUS_REQUEST, data });
/// assert_eq!(status.extension_type(), ExtensionType::STATUS_REQUEST);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ClientExtension<'a> {
    /// server_name with one host name: RFC 6066 section 3.
    ServerName(&'a str),
    /// ALPN: RFC 7301 section 3.1.
    ProtocolNames(&'a [ProtocolName<'a>]),
    /// supported_versions: RFC 8446 section 4.2.1.
    SupportedVersions(&'a [ProtocolVersion]),
    /// signature_algorithms: RFC 8446 section 4.2.3.
    SignatureAlgorithms(&'a [SignatureScheme]),
    /// supported_groups: RFC 8446 section 4.2.7.
    SupportedGroups(&'a [NamedGroup]),
    /// Any other extension, or one whose content is at hand.
    Bytes(Extension<'a>),
}

/// An extension that a server sends in its ServerHello: RFC 8446 section 4.2. TLS 1.3 leaves all but a few to messages that
/// are encrypted.
///
/// ```
/// use wirekit_tls::{
///     CipherSuite, Handshake, Limits, ProtocolName, ProtocolVersion, ServerExtension, ServerHello, ServerHelloFields,
/// };
///
/// // TLS 1.2 says in the open which protocol of ALPN was chosen, and that server_name was used.
/// let fields = ServerHelloFields {
///     legacy_version: ProtocolVersion::TLS_1_2,
///     random: [7; 32],
///     session_id: &[],
///     cipher_suite: CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
///     compression_method: 0,
///     extensions: &[ServerExtension::ServerName, ServerExtension::SelectedProtocol(ProtocolName::H2)],
/// };
/// let mut out = [0; 64];
/// let len = fields.encode_to_slice(&mut out)?;
/// let (message, _) = Handshake::parse(&out[..len], &Limits::DEFAULT)?.expect("a whole message");
/// assert_eq!(ServerHello::parse(&message)?.alpn(), Some(ProtocolName::H2));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ServerExtension<'a> {
    /// server_name without content, which says that the client's name was used: RFC 6066 section 3.
    ServerName,
    /// ALPN with the protocol that was chosen: RFC 7301 section 3.1.
    SelectedProtocol(ProtocolName<'a>),
    /// supported_versions with the version that was chosen: RFC 8446 section 4.2.1.
    SelectedVersion(ProtocolVersion),
    /// Any other extension, or one whose content is at hand.
    Bytes(Extension<'a>),
}

/// What both ends' extensions have for the encoder.
pub(super) trait Content {
    const SIDE: Side;

    fn kind(&self) -> ExtensionType;

    fn data_len(&self) -> usize;

    /// The content, whose length was put before.
    fn write_data(&self, out: &mut impl Sink) -> Result<(), EncodeError>;

    /// The rules that the lengths do not settle.
    fn check(&self) -> Result<(), ErrorKind>;
}

impl ClientExtension<'_> {
    /// What the extension is.
    pub const fn extension_type(&self) -> ExtensionType {
        match self {
            Self::ServerName(_) => ExtensionType::SERVER_NAME,
            Self::ProtocolNames(_) => ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
            Self::SupportedVersions(_) => ExtensionType::SUPPORTED_VERSIONS,
            Self::SignatureAlgorithms(_) => ExtensionType::SIGNATURE_ALGORITHMS,
            Self::SupportedGroups(_) => ExtensionType::SUPPORTED_GROUPS,
            Self::Bytes(extension) => extension.extension_type,
        }
    }
}

impl Content for ClientExtension<'_> {
    const SIDE: Side = Side::Client;

    fn kind(&self) -> ExtensionType {
        self.extension_type()
    }

    fn data_len(&self) -> usize {
        match self {
            Self::ServerName(name) => name.len().saturating_add(5),
            Self::ProtocolNames(names) => names_len(names).saturating_add(2),
            Self::SupportedVersions(versions) => versions.len().saturating_mul(2).saturating_add(1),
            Self::SignatureAlgorithms(list) => list.len().saturating_mul(2).saturating_add(2),
            Self::SupportedGroups(list) => list.len().saturating_mul(2).saturating_add(2),
            Self::Bytes(extension) => extension.data.len(),
        }
    }

    fn write_data(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        match self {
            Self::ServerName(name) => {
                let list = name.len().saturating_add(3);
                out.put(&length16("server_name_list", list, 1..=65_535)?);
                out.put(&[0]);
                out.put(&length16("HostName", name.len(), 1..=65_535)?);
                out.put(name.as_bytes());
            }
            Self::ProtocolNames(names) => put_names(out, names)?,
            Self::SupportedVersions(versions) => {
                let len = versions.len().saturating_mul(2);
                out.put(&[length8("versions", len, 2..=254)?]);
                put_pairs(out, versions.iter().map(|version| version.0));
            }
            Self::SignatureAlgorithms(schemes) => {
                let len = schemes.len().saturating_mul(2);
                out.put(&length16(
                    "supported_signature_algorithms",
                    len,
                    2..=65_534,
                )?);
                put_pairs(out, schemes.iter().map(|scheme| scheme.0));
            }
            Self::SupportedGroups(groups) => {
                let len = groups.len().saturating_mul(2);
                out.put(&length16("named_group_list", len, 2..=65_535)?);
                put_pairs(out, groups.iter().map(|group| group.0));
            }
            Self::Bytes(extension) => out.put(extension.data),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ErrorKind> {
        match self {
            Self::ServerName(name) => match not_ascii(name.as_bytes()) {
                Some((_, found)) => Err(ErrorKind::ServerNameNotAscii { found }),
                None => Ok(()),
            },
            Self::Bytes(extension) => check_bytes(extension, Self::SIDE),
            Self::ProtocolNames(_)
            | Self::SupportedVersions(_)
            | Self::SignatureAlgorithms(_)
            | Self::SupportedGroups(_) => Ok(()),
        }
    }
}

impl ServerExtension<'_> {
    /// What the extension is.
    pub const fn extension_type(&self) -> ExtensionType {
        match self {
            Self::ServerName => ExtensionType::SERVER_NAME,
            Self::SelectedProtocol(_) => ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION,
            Self::SelectedVersion(_) => ExtensionType::SUPPORTED_VERSIONS,
            Self::Bytes(extension) => extension.extension_type,
        }
    }
}

impl Content for ServerExtension<'_> {
    const SIDE: Side = Side::Server;

    fn kind(&self) -> ExtensionType {
        self.extension_type()
    }

    fn data_len(&self) -> usize {
        match self {
            Self::ServerName => 0,
            Self::SelectedProtocol(name) => names_len(&[*name]).saturating_add(2),
            Self::SelectedVersion(_) => 2,
            Self::Bytes(extension) => extension.data.len(),
        }
    }

    fn write_data(&self, out: &mut impl Sink) -> Result<(), EncodeError> {
        match self {
            Self::ServerName => {}
            Self::SelectedProtocol(name) => put_names(out, &[*name])?,
            Self::SelectedVersion(version) => out.put(&version.0.to_be_bytes()),
            Self::Bytes(extension) => out.put(extension.data),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), ErrorKind> {
        match self {
            Self::Bytes(extension) => check_bytes(extension, Self::SIDE),
            Self::ServerName | Self::SelectedProtocol(_) | Self::SelectedVersion(_) => Ok(()),
        }
    }
}

/// Content that the caller brings is held to the rules of this crate's readers.
fn check_bytes(extension: &Extension<'_>, side: Side) -> Result<(), ErrorKind> {
    let content = Cursor::new(extension.data);
    check_content(extension.extension_type, content, side).map_err(Error::kind)
}

/// The rules of a message's extensions that the lengths do not settle.
pub(super) fn check_extensions<E: Content>(extensions: &[E]) -> Result<(), ErrorKind> {
    let mut seen = TypeSet::new();
    for (index, extension) in extensions.iter().enumerate() {
        let found = extension.kind();
        if !seen.insert(found) {
            return Err(ErrorKind::DuplicateExtension { found });
        }
        let is_last = index + 1 == extensions.len();
        if E::SIDE == Side::Client && found == ExtensionType::PRE_SHARED_KEY && !is_last {
            return Err(ErrorKind::PreSharedKeyNotLast);
        }
        extension.check()?;
    }
    Ok(())
}

/// The block at the end of a message; without an extension there is none.
pub(super) fn put_extensions<E: Content>(
    out: &mut impl Sink,
    extensions: &[E],
) -> Result<(), EncodeError> {
    if extensions.is_empty() {
        return Ok(());
    }
    let lens = extensions.iter().map(|it| it.data_len().saturating_add(4));
    let len = lens.fold(0, usize::saturating_add);
    out.put(&length16("extensions", len, 0..=65_535)?);
    for extension in extensions {
        out.put(&extension.kind().0.to_be_bytes());
        out.put(&length16(
            "extension_data",
            extension.data_len(),
            0..=65_535,
        )?);
        extension.write_data(out)?;
    }
    Ok(())
}

fn names_len(names: &[ProtocolName<'_>]) -> usize {
    let lens = names.iter().map(|name| name.0.len().saturating_add(1));
    lens.fold(0, usize::saturating_add)
}

fn put_names(out: &mut impl Sink, names: &[ProtocolName<'_>]) -> Result<(), EncodeError> {
    out.put(&length16(
        "protocol_name_list",
        names_len(names),
        2..=65_535,
    )?);
    for name in names {
        out.put(&[length8("ProtocolName", name.0.len(), 1..=255)?]);
        out.put(name.0);
    }
    Ok(())
}

fn put_pairs(out: &mut impl Sink, pairs: impl Iterator<Item = u16>) {
    for pair in pairs {
        out.put(&pair.to_be_bytes());
    }
}
