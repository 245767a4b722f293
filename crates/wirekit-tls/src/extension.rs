use crate::cursor::Cursor;
use crate::{Error, ErrorKind, ExtensionType, ProtocolNames};

/// One extension of a message: RFC 8446 section 4.2. [`Extensions`] has them all; [`ClientExtension::Bytes`] and
/// [`ServerExtension::Bytes`] write one.
///
/// [`ClientExtension::Bytes`]: crate::ClientExtension::Bytes
/// [`ServerExtension::Bytes`]: crate::ServerExtension::Bytes
///
/// ```
/// use wirekit_tls::{Extension, ExtensionType};
///
/// let key_share = Extension { extension_type: ExtensionType(51), data: &[0, 23] };
/// assert_eq!(key_share.extension_type, ExtensionType::KEY_SHARE);
/// assert_eq!(key_share.extension_type.spec(), Some("RFC 8446"));
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 8446 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extension<'a> {
    /// What it is.
    pub extension_type: ExtensionType,
    /// Its content.
    pub data: &'a [u8],
}

/// A message's extensions, in their order: RFC 8446 section 4.2. Of those that this crate does not know, the bytes.
///
/// ```
/// # let mut body = vec![3, 3];
/// # body.extend([7; 32]);
/// # body.extend([0, 0, 2, 0x13, 1, 1, 0, 0, 9, 0xff, 1, 0, 1, 0, 0, 23, 0, 0]);
/// use wirekit_tls::{ClientHello, ExtensionType};
///
/// // The body of a ClientHello with two extensions.
/// let extensions = ClientHello::parse_body(&body)?.extensions();
/// let types = extensions.into_iter().map(|extension| extension.extension_type);
/// assert!(types.eq([ExtensionType::RENEGOTIATION_INFO, ExtensionType::EXTENDED_MASTER_SECRET]));
/// assert_eq!(extensions.find(ExtensionType::RENEGOTIATION_INFO), Some(&[0][..]));
/// assert_eq!(extensions.find(ExtensionType::COOKIE), None);
/// # Ok::<(), wirekit_tls::Error>(())
/// ```
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

    /// The content of an extension that is one list behind a length of two bytes.
    pub(crate) fn list(self, extension_type: ExtensionType) -> &'a [u8] {
        let data = self.find(extension_type).and_then(|data| data.get(2..));
        data.unwrap_or_default()
    }

    pub(crate) fn protocol_names(self) -> ProtocolNames<'a> {
        ProtocolNames::new(self.list(ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION))
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
        // NamedGroup named_group_list<2..2^16-1>; servers before TLS 1.3 send what they like here, and clients ignore it
        // (RFC 8446 section 4.2.7).
        (ExtensionType::SUPPORTED_GROUPS, Side::Client) => {
            check_pairs(data, |found| ErrorKind::SupportedGroupsLength { found })
        }
        // SignatureScheme supported_signature_algorithms<2..2^16-2>
        (ExtensionType::SIGNATURE_ALGORITHMS, Side::Client) => {
            check_pairs(data, |found| ErrorKind::SignatureAlgorithmsLength { found })
        }
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

/// One list of values of two bytes, behind a length of two bytes.
fn check_pairs(mut data: Cursor<'_>, kind: fn(usize) -> ErrorKind) -> Result<(), Error> {
    let place = data;
    match data.vector16()?.rest().len() {
        found if found == 0 || found % 2 != 0 => Err(place.error(kind(found))),
        _ => data.end(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_new_once() {
        let mut seen = TypeSet::new();
        // Neighbours, and types that have the same place in another word.
        let types = [0, 1, 63, 64, 65, 128, 0x0a0a, 0xff01, 0xffff].map(ExtensionType);
        for extension_type in types {
            assert!(seen.insert(extension_type), "{extension_type:?}");
        }
        for extension_type in types.into_iter().chain(types) {
            assert!(!seen.insert(extension_type), "{extension_type:?}");
        }
    }
}
