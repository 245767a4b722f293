use crate::cursor::Cursor;
use crate::{Error, ErrorKind, ExtensionType, ProtocolVersion};

/// One extension of a message: RFC 8446 section 4.2.
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extension<'a> {
    /// What it is.
    pub extension_type: ExtensionType,
    /// Its content.
    pub data: &'a [u8],
}

/// A message's extensions, in their order; of those that this crate does not know, the bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Extensions<'a> {
    bytes: &'a [u8],
}

/// The message that carries an extension decides what its content may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Client,
    Server,
}

impl<'a> Extensions<'a> {
    /// Checks the block that stands at the end of a message; no block is an empty one (RFC 5246 section 7.4.1.2).
    pub(crate) fn parse(mut message: Cursor<'a>, side: Side) -> Result<Self, Error> {
        if message.is_empty() {
            return Ok(Self::default());
        }
        let block = message.vector16()?;
        message.end()?;
        let mut seen = TypeSet::new();
        let mut rest = block;
        while !rest.is_empty() {
            let place = rest;
            let found = ExtensionType(rest.u16()?);
            let data = rest.vector16()?;
            // RFC 8446 section 4.2: "There MUST NOT be more than one extension of the same type in a given extension
            // block."
            if !seen.insert(found) {
                return Err(place.error(ErrorKind::DuplicateExtension { found }));
            }
            check_content(found, data, side)?;
            if found == ExtensionType::PRE_SHARED_KEY && side == Side::Client && !rest.is_empty() {
                return Err(place.error(ErrorKind::PreSharedKeyNotLast));
            }
        }
        Ok(Self {
            bytes: block.rest(),
        })
    }

    /// The content of the extension of this type.
    pub fn find(self, extension_type: ExtensionType) -> Option<&'a [u8]> {
        self.into_iter()
            .find(|extension| extension.extension_type == extension_type)
            .map(|extension| extension.data)
    }

    /// The block without its length.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// The host name of server_name: ASCII without a trailing dot (RFC 6066 section 3).
    pub(crate) fn host_name(self) -> Option<&'a str> {
        let mut list = Cursor::new(self.find(ExtensionType::SERVER_NAME)?)
            .vector16()
            .ok()?;
        while !list.is_empty() {
            let name_type = list.u8().ok()?;
            let name = list.vector16().ok()?;
            if name_type == HOST_NAME {
                return core::str::from_utf8(name.rest()).ok();
            }
        }
        None
    }

    pub(crate) fn protocol_names(self) -> ProtocolNames<'a> {
        let list = self
            .find(ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION)
            .and_then(|data| data.get(2..));
        ProtocolNames {
            bytes: list.unwrap_or_default(),
        }
    }
}

impl<'a> IntoIterator for Extensions<'a> {
    type Item = Extension<'a>;
    type IntoIter = ExtensionsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        ExtensionsIter {
            rest: Cursor::new(self.bytes),
        }
    }
}

/// Iterates over [`Extensions`].
#[derive(Clone)]
pub struct ExtensionsIter<'a> {
    rest: Cursor<'a>,
}

impl core::fmt::Debug for ExtensionsIter<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}

impl<'a> Iterator for ExtensionsIter<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        let extension_type = ExtensionType(self.rest.u16().ok()?);
        let data = self.rest.vector16().ok()?.rest();
        Some(Extension {
            extension_type,
            data,
        })
    }
}

/// RFC 6066 section 3: enum { host_name(0), (255) } NameType.
const HOST_NAME: u8 = 0;

/// Checks the content of the extensions that this crate reads.
pub(crate) fn check_content(
    found: ExtensionType,
    mut data: Cursor<'_>,
    side: Side,
) -> Result<(), Error> {
    match (found, side) {
        (ExtensionType::SERVER_NAME, Side::Client) => check_server_name(data),
        // RFC 6066 section 3: "The "extension_data" field of this extension SHALL be empty" in a server's hello.
        (ExtensionType::SERVER_NAME, Side::Server) => data.end(),
        (ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION, _) => check_protocols(data, side),
        (ExtensionType::SUPPORTED_VERSIONS, Side::Client) => {
            let place = data;
            let list = data.vector8()?;
            match list.rest().len() {
                // ProtocolVersion versions<2..254>
                found if found == 0 || found % 2 != 0 => {
                    Err(place.error(ErrorKind::VersionsLength { found }))
                }
                _ => data.end(),
            }
        }
        (ExtensionType::SUPPORTED_VERSIONS, Side::Server) => {
            data.u16()?;
            data.end()
        }
        _ => Ok(()),
    }
}

fn check_server_name(mut data: Cursor<'_>) -> Result<(), Error> {
    let place = data;
    let mut list = data.vector16()?;
    data.end()?;
    // ServerName server_name_list<1..2^16-1>
    if list.is_empty() {
        return Err(place.error(ErrorKind::ServerNameEmpty));
    }
    let mut seen = [0_u64; 4];
    while !list.is_empty() {
        let place = list;
        let name_type = list.u8()?;
        let length = list;
        let name = list.vector16()?;
        // "The ServerNameList MUST NOT contain more than one name of the same name_type."
        let bit = 1 << (name_type % 64);
        if let Some(word) = seen.get_mut(usize::from(name_type / 64)) {
            if *word & bit != 0 {
                return Err(place.error(ErrorKind::ServerNameDuplicate));
            }
            *word |= bit;
        }
        if name_type != HOST_NAME {
            continue;
        }
        // opaque HostName<1..2^16-1>
        if name.is_empty() {
            return Err(length.error(ErrorKind::ServerNameEmpty));
        }
        if let Some((at, found)) = not_ascii(name.rest()) {
            let kind = ErrorKind::ServerNameNotAscii { found };
            return Err(Error::new(kind, name.offset() + at));
        }
    }
    Ok(())
}

/// The first byte that no host name has: "represented as a byte string using ASCII encoding without a trailing dot".
pub(crate) fn not_ascii(name: &[u8]) -> Option<(usize, u8)> {
    let mut bytes = name.iter().copied().enumerate();
    bytes.find(|(_, byte)| !byte.is_ascii_graphic())
}

/// The extension types seen, a bit each: a message of many types is still checked in linear time.
pub(crate) struct TypeSet([u64; 1024]);

impl TypeSet {
    pub(crate) const fn new() -> Self {
        Self([0; 1024])
    }

    /// Whether the type is new.
    pub(crate) fn insert(&mut self, extension_type: ExtensionType) -> bool {
        let bit = 1 << (extension_type.0 % 64);
        let Some(word) = self.0.get_mut(usize::from(extension_type.0 / 64)) else {
            return false;
        };
        let new = *word & bit == 0;
        *word |= bit;
        new
    }
}

fn check_protocols(mut data: Cursor<'_>, side: Side) -> Result<(), Error> {
    let place = data;
    let mut list = data.vector16()?;
    data.end()?;
    // ProtocolName protocol_name_list<2..2^16-1>
    if list.is_empty() {
        return Err(place.error(ErrorKind::ProtocolNameEmpty));
    }
    let mut first = true;
    while !list.is_empty() {
        // "it MUST contain exactly one "ProtocolName""
        if side == Side::Server && !first {
            return Err(list.error(ErrorKind::ProtocolNotOne));
        }
        first = false;
        let place = list;
        // "Empty strings MUST NOT be included"
        if list.vector8()?.is_empty() {
            return Err(place.error(ErrorKind::ProtocolNameEmpty));
        }
    }
    Ok(())
}

/// The protocol names of ALPN, such as `h2`, in order of preference: RFC 7301 section 3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProtocolNames<'a> {
    bytes: &'a [u8],
}

impl<'a> IntoIterator for ProtocolNames<'a> {
    type Item = &'a [u8];
    type IntoIter = ProtocolNamesIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        ProtocolNamesIter { bytes: self.bytes }
    }
}

/// Iterates over [`ProtocolNames`].
#[derive(Clone, Debug)]
pub struct ProtocolNamesIter<'a> {
    bytes: &'a [u8],
}

impl<'a> Iterator for ProtocolNamesIter<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let (&len, rest) = self.bytes.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(len))?;
        self.bytes = rest;
        Some(name)
    }
}

/// The versions that a client offers, in order of preference, GREASE among them: RFC 8446 section 4.2.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Versions<'a> {
    bytes: &'a [u8],
    legacy: Option<ProtocolVersion>,
}

impl<'a> Versions<'a> {
    /// What supported_versions says; without it, legacy_version is all that is offered.
    pub(crate) fn new(extensions: Extensions<'a>, legacy: ProtocolVersion) -> Self {
        match extensions.find(ExtensionType::SUPPORTED_VERSIONS) {
            Some(data) => Self {
                bytes: data.get(1..).unwrap_or_default(),
                legacy: None,
            },
            None => Self {
                bytes: &[],
                legacy: Some(legacy),
            },
        }
    }
}

impl Iterator for VersionsIter<'_> {
    type Item = ProtocolVersion;

    fn next(&mut self) -> Option<ProtocolVersion> {
        if let Some((&version, rest)) = self.bytes.split_first_chunk() {
            self.bytes = rest;
            return Some(ProtocolVersion(u16::from_be_bytes(version)));
        }
        self.legacy.take()
    }
}

impl<'a> IntoIterator for Versions<'a> {
    type Item = ProtocolVersion;
    type IntoIter = VersionsIter<'a>;

    fn into_iter(self) -> Self::IntoIter {
        VersionsIter {
            bytes: self.bytes,
            legacy: self.legacy,
        }
    }
}

/// Iterates over [`Versions`].
#[derive(Clone, Debug)]
pub struct VersionsIter<'a> {
    bytes: &'a [u8],
    legacy: Option<ProtocolVersion>,
}
