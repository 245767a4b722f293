mod find;

use core::fmt;

use crate::field::starts_with;
pub(crate) use find::{NUMBERS, number_of};

/// Declares the known keys and their names: an enum, so that a number stands for each in the table that finds them.
macro_rules! keys {
    ($($variant:ident = $name:literal,)*) => {
        /// A key that CGI, the web servers or uWSGI give a meaning to.
        ///
        /// The list is this crate's choice, not the protocol's: any other key is as valid. RFC 3875 section 4.1, and
        /// specification section 4.1.
        ///
        /// ```
        /// use wirekit_uwsgi::Key;
        ///
        /// assert_eq!(Key::find(b"REMOTE_ADDR"), Some(Key::RemoteAddr));
        /// assert_eq!(Key::find(b"HTTP_X_OWN"), None); // as good a key, without a name here
        /// assert!(Key::find(b"HTTP_HOST").is_some_and(Key::is_field)); // the client's word
        /// ```
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
    HttpXForwardedSsl = "HTTP_X_FORWARDED_SSL",
}

impl Key {
    /// The known key with these bytes.
    #[inline]
    pub fn find(bytes: &[u8]) -> Option<Self> {
        Self::ALL.get(number_of(bytes)?).copied()
    }

    /// Whether the key is a client's field (`HTTP_*`), as against what the front server says.
    pub const fn is_field(self) -> bool {
        starts_with(self.as_str().as_bytes(), b"HTTP_")
    }

    /// Whether uWSGI reads the key as an instruction (`UWSGI_*`): files to run, places to change to.
    ///
    /// A sender that can write one of these into a packet decides what code runs.
    pub const fn is_instruction(self) -> bool {
        starts_with(self.as_str().as_bytes(), b"UWSGI_")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_key_is_found_and_no_neighbour_is() {
        for &key in Key::ALL {
            let name = key.as_str().as_bytes();
            assert_eq!(Key::find(name), Some(key));
            assert_eq!(std::format!("{key}").as_bytes(), name);
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
