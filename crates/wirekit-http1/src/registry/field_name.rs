//! Field names in the words of the IANA registry: case does not matter on the wire (RFC 9110 section 5.1).
//!
//! Those of RFC 9110, 9111 and 9112 and what browsers, proxies and WebDAV use; a name that is not here is as good as
//! one that is.

/// Builds the consts and the list from one row a name.
macro_rules! names {
    ($($name:ident = $text:literal, $spec:literal;)*) => {
        $(#[doc = concat!("`", $text, "`: ", $spec, ".")] pub const $name: &str = $text;)*

        /// Every name of this module, in alphabetical order.
        pub const REGISTERED: &[&str] = &[$($name),*];
    };
}

names! {
    ACCEPT = "Accept", "RFC 9110 section 12.5.1";
    ACCEPT_CHARSET = "Accept-Charset", "RFC 9110 section 12.5.2";
    ACCEPT_ENCODING = "Accept-Encoding", "RFC 9110 section 12.5.3";
    ACCEPT_LANGUAGE = "Accept-Language", "RFC 9110 section 12.5.4";
    ACCEPT_PATCH = "Accept-Patch", "RFC 5789 section 3.1";
    ACCEPT_RANGES = "Accept-Ranges", "RFC 9110 section 14.3";
    ACCESS_CONTROL_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_HEADERS = "Access-Control-Allow-Headers", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_METHODS = "Access-Control-Allow-Methods", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_ORIGIN = "Access-Control-Allow-Origin", "the Fetch standard";
    ACCESS_CONTROL_EXPOSE_HEADERS = "Access-Control-Expose-Headers", "the Fetch standard";
    ACCESS_CONTROL_MAX_AGE = "Access-Control-Max-Age", "the Fetch standard";
    ACCESS_CONTROL_REQUEST_HEADERS = "Access-Control-Request-Headers", "the Fetch standard";
    ACCESS_CONTROL_REQUEST_METHOD = "Access-Control-Request-Method", "the Fetch standard";
    AGE = "Age", "RFC 9111 section 5.1";
    ALLOW = "Allow", "RFC 9110 section 10.2.1";
    ALT_SVC = "Alt-Svc", "RFC 7838 section 3";
    ALT_USED = "Alt-Used", "RFC 7838 section 5";
    AUTHENTICATION_INFO = "Authentication-Info", "RFC 9110 section 11.6.3";
    AUTHORIZATION = "Authorization", "RFC 9110 section 11.6.2";
    CACHE_CONTROL = "Cache-Control", "RFC 9111 section 5.2";
    CACHE_STATUS = "Cache-Status", "RFC 9211 section 2";
    CDN_CACHE_CONTROL = "CDN-Cache-Control", "RFC 9213 section 3.1";
    CLEAR_SITE_DATA = "Clear-Site-Data", "Clear Site Data";
    CLOSE = "Close", "RFC 9112 section 9.6: reserved";
    CONNECTION = "Connection", "RFC 9110 section 7.6.1";
    CONTENT_DISPOSITION = "Content-Disposition", "RFC 6266 section 4";
    CONTENT_ENCODING = "Content-Encoding", "RFC 9110 section 8.4";
    CONTENT_LANGUAGE = "Content-Language", "RFC 9110 section 8.5";
    CONTENT_LENGTH = "Content-Length", "RFC 9110 section 8.6";
    CONTENT_LOCATION = "Content-Location", "RFC 9110 section 8.7";
    CONTENT_RANGE = "Content-Range", "RFC 9110 section 14.4";
    CONTENT_SECURITY_POLICY = "Content-Security-Policy", "Content Security Policy Level 3";
    CONTENT_SECURITY_POLICY_REPORT_ONLY = "Content-Security-Policy-Report-Only", "Content Security Policy Level 3";
    CONTENT_TYPE = "Content-Type", "RFC 9110 section 8.3";
    COOKIE = "Cookie", "RFC 6265 section 4.2";
    CROSS_ORIGIN_EMBEDDER_POLICY = "Cross-Origin-Embedder-Policy", "the HTML standard";
    CROSS_ORIGIN_OPENER_POLICY = "Cross-Origin-Opener-Policy", "the HTML standard";
    CROSS_ORIGIN_RESOURCE_POLICY = "Cross-Origin-Resource-Policy", "the Fetch standard";
    DATE = "Date", "RFC 9110 section 6.6.1";
    DAV = "DAV", "RFC 4918 section 10.1";
    DEPTH = "Depth", "RFC 4918 section 10.2";
    DESTINATION = "Destination", "RFC 4918 section 10.3";
    EARLY_DATA = "Early-Data", "RFC 8470 section 5.1";
    ETAG = "ETag", "RFC 9110 section 8.8.3";
    EXPECT = "Expect", "RFC 9110 section 10.1.1";
    EXPIRES = "Expires", "RFC 9111 section 5.3";
    FORWARDED = "Forwarded", "RFC 7239 section 4";
    FROM = "From", "RFC 9110 section 10.1.2";
    HOST = "Host", "RFC 9110 section 7.2";
    IF = "If", "RFC 4918 section 10.4";
    IF_MATCH = "If-Match", "RFC 9110 section 13.1.1";
    IF_MODIFIED_SINCE = "If-Modified-Since", "RFC 9110 section 13.1.3";
    IF_NONE_MATCH = "If-None-Match", "RFC 9110 section 13.1.2";
    IF_RANGE = "If-Range", "RFC 9110 section 13.1.5";
    IF_UNMODIFIED_SINCE = "If-Unmodified-Since", "RFC 9110 section 13.1.4";
    KEEP_ALIVE = "Keep-Alive", "RFC 2068 section 19.7.1.1";
    LAST_EVENT_ID = "Last-Event-ID", "the HTML standard";
    LAST_MODIFIED = "Last-Modified", "RFC 9110 section 8.8.2";
    LINK = "Link", "RFC 8288 section 3";
    LOCATION = "Location", "RFC 9110 section 10.2.2";
    LOCK_TOKEN = "Lock-Token", "RFC 4918 section 10.5";
    MAX_FORWARDS = "Max-Forwards", "RFC 9110 section 7.6.2";
    MIME_VERSION = "MIME-Version", "RFC 9112 appendix B.1";
    NEL = "NEL", "Network Error Logging";
    ORIGIN = "Origin", "RFC 6454 section 7";
    OVERWRITE = "Overwrite", "RFC 4918 section 10.6";
    PRAGMA = "Pragma", "RFC 9111 section 5.4";
    PREFER = "Prefer", "RFC 7240 section 2";
    PREFERENCE_APPLIED = "Preference-Applied", "RFC 7240 section 3";
    PRIORITY = "Priority", "RFC 9218 section 5";
    PROXY_AUTHENTICATE = "Proxy-Authenticate", "RFC 9110 section 11.7.1";
    PROXY_AUTHENTICATION_INFO = "Proxy-Authentication-Info", "RFC 9110 section 11.7.3";
    PROXY_AUTHORIZATION = "Proxy-Authorization", "RFC 9110 section 11.7.2";
    PROXY_CONNECTION = "Proxy-Connection", "RFC 9112 appendix C.2.2: not to be sent";
    PROXY_STATUS = "Proxy-Status", "RFC 9209 section 2";
    RANGE = "Range", "RFC 9110 section 14.2";
    REFERER = "Referer", "RFC 9110 section 10.1.3";
    REFERRER_POLICY = "Referrer-Policy", "Referrer Policy";
    REFRESH = "Refresh", "the HTML standard";
    RETRY_AFTER = "Retry-After", "RFC 9110 section 10.2.3";
    SEC_FETCH_DEST = "Sec-Fetch-Dest", "Fetch Metadata Request Headers";
    SEC_FETCH_MODE = "Sec-Fetch-Mode", "Fetch Metadata Request Headers";
    SEC_FETCH_SITE = "Sec-Fetch-Site", "Fetch Metadata Request Headers";
    SEC_FETCH_USER = "Sec-Fetch-User", "Fetch Metadata Request Headers";
    SEC_WEBSOCKET_ACCEPT = "Sec-WebSocket-Accept", "RFC 6455 section 11.3.3";
    SEC_WEBSOCKET_EXTENSIONS = "Sec-WebSocket-Extensions", "RFC 6455 section 11.3.2";
    SEC_WEBSOCKET_KEY = "Sec-WebSocket-Key", "RFC 6455 section 11.3.1";
    SEC_WEBSOCKET_PROTOCOL = "Sec-WebSocket-Protocol", "RFC 6455 section 11.3.4";
    SEC_WEBSOCKET_VERSION = "Sec-WebSocket-Version", "RFC 6455 section 11.3.5";
    SERVER = "Server", "RFC 9110 section 10.2.4";
    SERVER_TIMING = "Server-Timing", "Server Timing";
    SET_COOKIE = "Set-Cookie", "RFC 6265 section 4.1";
    SOURCEMAP = "SourceMap", "Source Map";
    STRICT_TRANSPORT_SECURITY = "Strict-Transport-Security", "RFC 6797 section 6.1";
    TE = "TE", "RFC 9110 section 10.1.4";
    TIMEOUT = "Timeout", "RFC 4918 section 10.7";
    TRAILER = "Trailer", "RFC 9110 section 6.6.2";
    TRANSFER_ENCODING = "Transfer-Encoding", "RFC 9112 section 6.1";
    UPGRADE = "Upgrade", "RFC 9110 section 7.8";
    UPGRADE_INSECURE_REQUESTS = "Upgrade-Insecure-Requests", "Upgrade Insecure Requests";
    USER_AGENT = "User-Agent", "RFC 9110 section 10.1.5";
    VARY = "Vary", "RFC 9110 section 12.5.5";
    VIA = "Via", "RFC 9110 section 7.6.3";
    WWW_AUTHENTICATE = "WWW-Authenticate", "RFC 9110 section 11.6.1";
    X_CONTENT_TYPE_OPTIONS = "X-Content-Type-Options", "the Fetch standard";
    X_FRAME_OPTIONS = "X-Frame-Options", "RFC 7034 section 2";
}

/// The registry's spelling of `name`, if it is here.
///
/// ```
/// use wirekit_http1::field_name;
///
/// assert_eq!(field_name::registered(b"etag"), Some("ETag"));
/// assert_eq!(field_name::registered(b"x-forwarded-for"), None);
/// ```
pub fn registered(name: &[u8]) -> Option<&'static str> {
    let lower = |text: &'static str| text.bytes().map(|byte| byte.to_ascii_lowercase());
    REGISTERED
        .binary_search_by(|known| lower(known).cmp(name.iter().map(u8::to_ascii_lowercase)))
        .ok()
        .and_then(|index| REGISTERED.get(index).copied())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token;

    #[test]
    fn every_name_is_a_token_and_finds_itself() {
        for name in REGISTERED {
            assert!(token::is_token(name.as_bytes()), "{name}");
            assert_eq!(registered(name.as_bytes()), Some(*name));
            assert_eq!(
                registered(name.to_ascii_uppercase().as_bytes()),
                Some(*name)
            );
        }
        assert_eq!(registered(b""), None);
        assert_eq!(registered(b"zzz"), None);
    }
}
