use core::fmt;

/// Declares the known keys, their names and the table that finds them.
macro_rules! keys {
    ($($variant:ident = $name:literal,)*) => {
        /// A key that CGI, the web servers or uWSGI give a meaning to.
        ///
        /// The list is this crate's choice, not the protocol's: any other key is as valid.
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Key {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl Key {
            /// Every known key, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The key as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

keys! {
AuthType = "AUTH_TYPE",
ContentLength = "CONTENT_LENGTH",
ContentType = "CONTENT_TYPE",
GatewayInterface = "GATEWAY_INTERFACE",
PathInfo = "PATH_INFO",
PathTranslated = "PATH_TRANSLATED",
QueryString = "QUERY_STRING",
RemoteAddr = "REMOTE_ADDR",
RemoteHost = "REMOTE_HOST",
RemoteIdent = "REMOTE_IDENT",
RemoteUser = "REMOTE_USER",
RequestMethod = "REQUEST_METHOD",
ScriptName = "SCRIPT_NAME",
ServerName = "SERVER_NAME",
ServerPort = "SERVER_PORT",
ServerProtocol = "SERVER_PROTOCOL",
ServerSoftware = "SERVER_SOFTWARE",
DocumentRoot = "DOCUMENT_ROOT",
DocumentUri = "DOCUMENT_URI",
Https = "HTTPS",
RemotePort = "REMOTE_PORT",
RequestScheme = "REQUEST_SCHEME",
RequestUri = "REQUEST_URI",
ServerAddr = "SERVER_ADDR",
UwsgiAppid = "UWSGI_APPID",
UwsgiCacheGet = "UWSGI_CACHE_GET",
UwsgiCallable = "UWSGI_CALLABLE",
UwsgiChdir = "UWSGI_CHDIR",
UwsgiFile = "UWSGI_FILE",
UwsgiHome = "UWSGI_HOME",
UwsgiModule = "UWSGI_MODULE",
UwsgiPostfile = "UWSGI_POSTFILE",
UwsgiPyhome = "UWSGI_PYHOME",
UwsgiScheme = "UWSGI_SCHEME",
UwsgiScript = "UWSGI_SCRIPT",
UwsgiSetenv = "UWSGI_SETENV",
UwsgiTouchReload = "UWSGI_TOUCH_RELOAD",
HttpAccept = "HTTP_ACCEPT",
HttpAcceptEncoding = "HTTP_ACCEPT_ENCODING",
HttpAcceptLanguage = "HTTP_ACCEPT_LANGUAGE",
HttpAuthorization = "HTTP_AUTHORIZATION",
HttpConnection = "HTTP_CONNECTION",
HttpContentLength = "HTTP_CONTENT_LENGTH",
HttpContentType = "HTTP_CONTENT_TYPE",
HttpCookie = "HTTP_COOKIE",
HttpExpect = "HTTP_EXPECT",
HttpHost = "HTTP_HOST",
HttpIfModifiedSince = "HTTP_IF_MODIFIED_SINCE",
HttpIfNoneMatch = "HTTP_IF_NONE_MATCH",
HttpOrigin = "HTTP_ORIGIN",
HttpProxy = "HTTP_PROXY",
HttpRange = "HTTP_RANGE",
HttpReferer = "HTTP_REFERER",
HttpSecWebsocketKey = "HTTP_SEC_WEBSOCKET_KEY",
HttpSecWebsocketProtocol = "HTTP_SEC_WEBSOCKET_PROTOCOL",
HttpSecWebsocketVersion = "HTTP_SEC_WEBSOCKET_VERSION",
HttpTe = "HTTP_TE",
HttpTransferEncoding = "HTTP_TRANSFER_ENCODING",
HttpUpgrade = "HTTP_UPGRADE",
HttpUserAgent = "HTTP_USER_AGENT",
HttpXForwardedFor = "HTTP_X_FORWARDED_FOR",
HttpXForwardedProto = "HTTP_X_FORWARDED_PROTO",
HttpXForwardedSsl = "HTTP_X_FORWARDED_SSL",}

impl Key {
    /// The known key with these bytes.
    #[inline]
    pub fn find(bytes: &[u8]) -> Option<Self> {
        Self::ALL.get(Self::find_number(bytes)).copied()
    }

    /// The number of the known key with these bytes, or [`UNKNOWN`]: always below [`NUMBERS`], so that an array of that
    /// length takes it without a check.
    #[inline(always)]
    pub(crate) fn find_number(bytes: &[u8]) -> usize {
        let Some(entry) = Entry::of(bytes) else {
            return UNKNOWN;
        };
        let number = usize::from(
            SLOTS
                .get(usize::from(entry.slot()))
                .copied()
                .unwrap_or_default(),
        ) % NUMBERS;
        let Some(known) = ENTRIES.get(number) else {
            return UNKNOWN;
        };
        let differs =
            (known.head ^ entry.head) | (known.tail ^ entry.tail) | (known.len ^ entry.len);
        // Up to 16 bytes the two words and the length are the whole key.
        if differs != 0 || (bytes.len() > 16 && !is_named(number, known, bytes)) {
            return UNKNOWN;
        }
        number
    }

    /// Whether the key is a client's field (`HTTP_*`), as against what the front server says.
    pub const fn is_field(self) -> bool {
        matches!(self.as_str().as_bytes(), [b'H', b'T', b'T', b'P', b'_', ..])
    }

    /// Whether uWSGI reads the key as an instruction (`UWSGI_*`): files to run, places to change to.
    ///
    /// Whoever can write one of these into a packet decides what code runs.
    pub const fn is_instruction(self) -> bool {
        matches!(
            self.as_str().as_bytes(),
            [b'U', b'W', b'S', b'G', b'I', b'_', ..]
        )
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How many numbers a key can have: the known ones, and one for all others.
pub(crate) const NUMBERS: usize = 64;

/// The number of every key that is not known.
pub(crate) const UNKNOWN: usize = NUMBERS - 1;

const _: () = assert!(
    Key::ALL.len() == UNKNOWN,
    "the numbers are no longer all used, or too few"
);

/// Whether the bytes between the two words are those of the known key: up to 24 bytes, eight in one go.
#[inline]
fn is_named(number: usize, known: &Entry, bytes: &[u8]) -> bool {
    if bytes.len() <= 24 {
        return bytes
            .get(8..16)
            .and_then(|middle| middle.first_chunk())
            .is_some_and(|middle| u64::from_le_bytes(*middle) == known.middle);
    }
    Key::ALL
        .get(number)
        .is_some_and(|key| key.as_str().as_bytes() == bytes)
}

/// A key's first eight bytes, its last eight, and its length: equal for equal keys, unequal for different ones of at
/// most 16 bytes.
#[derive(Clone, Copy)]
struct Entry {
    head: u64,
    tail: u64,
    len: u64,
    /// Of a known key: the eight bytes behind the first ones.
    middle: u64,
}

impl Entry {
    /// `None` for lengths that no known key has.
    #[inline(always)]
    const fn of(bytes: &[u8]) -> Option<Self> {
        let len = bytes.len() as u64;
        if let (Some(head), Some(tail)) = (bytes.first_chunk(), bytes.last_chunk()) {
            return Some(Self {
                head: u64::from_le_bytes(*head),
                tail: u64::from_le_bytes(*tail),
                len,
                middle: 0,
            });
        }
        match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(head), Some(tail)) => Some(Self {
                head: u32::from_le_bytes(*head) as u64,
                tail: u32::from_le_bytes(*tail) as u64,
                len,
                middle: 0,
            }),
            _ => None,
        }
    }

    /// A place among 256, different for every known key: the factor was found by trying, and `slots` proves it.
    #[inline(always)]
    const fn slot(self) -> u8 {
        let mixed = (self.head ^ self.tail.rotate_left(23)).wrapping_add(self.len);
        let [.., top] = mixed.wrapping_mul(0xf14f_9c8d_cbe7_ea99).to_le_bytes();
        top
    }
}

/// Each known key's words, by its number; nothing equals the last one.
static ENTRIES: [Entry; NUMBERS] = entries();

/// By `Entry::slot`: the number of the known key there.
static SLOTS: [u8; 256] = slots();

#[expect(
    clippy::indexing_slicing,
    reason = "runs at compile time, over the array's own indices"
)]
const fn entries() -> [Entry; NUMBERS] {
    let mut entries = [Entry {
        head: 0,
        tail: 0,
        len: 0,
        middle: 0,
    }; NUMBERS];
    let mut i = 0;
    while i < Key::ALL.len() {
        let name = Key::ALL[i].as_str().as_bytes();
        if let Some(mut entry) = Entry::of(name) {
            if let Some((_, rest)) = name.split_first_chunk::<8>()
                && let Some(middle) = rest.first_chunk()
            {
                entry.middle = u64::from_le_bytes(*middle);
            }
            entries[i] = entry;
        }
        i += 1;
    }
    entries
}

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "runs at compile time"
)]
const fn slots() -> [u8; 256] {
    let entries = entries();
    let mut slots = [UNKNOWN as u8; 256];
    let mut i = 0;
    while i < Key::ALL.len() {
        let slot = entries[i].slot() as usize;
        assert!(
            slots[slot] == UNKNOWN as u8,
            "two known keys share a slot: try another factor"
        );
        slots[slot] = i as u8;
        i += 1;
    }
    slots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_is_found_and_no_neighbour_is() {
        for &key in Key::ALL {
            let name = key.as_str().as_bytes();
            assert_eq!(Key::find(name), Some(key));
            for i in 0..name.len() {
                let mut other = name.to_vec();
                other[i] ^= 1;
                assert_eq!(
                    Key::find(&other),
                    Key::ALL
                        .iter()
                        .copied()
                        .find(|key| key.as_str().as_bytes() == other)
                );
                other.remove(i);
                assert_eq!(
                    Key::find(&other),
                    Key::ALL
                        .iter()
                        .copied()
                        .find(|key| key.as_str().as_bytes() == other)
                );
            }
        }
        assert_eq!(Key::find(b""), None);
        assert_eq!(Key::find(&[b'A'; 65535]), None);
    }
}
