//! Field names in the words of the IANA registry: case does not matter on the wire (RFC 9110 section 5.1).
//!
//! All of the registry, its status said where it is not permanent, and a few that browsers and proxies send without
//! having registered them. A name that is not here is as good as one that is.

/// Builds the consts and the list from one row a name.
macro_rules! names {
    ($($name:ident = $text:literal, $spec:literal;)*) => {
        $(#[doc = concat!("`", $text, "`: ", $spec, ".")] pub const $name: &str = $text;)*

        /// Every name of this module, in alphabetical order.
        pub const REGISTERED: &[&str] = &[$($name),*];
    };
}

names! {
    A_IM = "A-IM", "RFC 3229 section 10.5.3";
    ACCEPT = "Accept", "RFC 9110 section 12.5.1";
    ACCEPT_ADDITIONS = "Accept-Additions", "RFC 2324 section 2.2.2.1";
    ACCEPT_CH = "Accept-CH", "RFC 8942 section 3.1";
    ACCEPT_CHARSET = "Accept-Charset", "RFC 9110 section 12.5.2";
    ACCEPT_DATETIME = "Accept-Datetime", "RFC 7089 section 2.1.1";
    ACCEPT_ENCODING = "Accept-Encoding", "RFC 9110 section 12.5.3";
    ACCEPT_FEATURES = "Accept-Features", "RFC 2295 section 8.2";
    ACCEPT_LANGUAGE = "Accept-Language", "RFC 9110 section 12.5.4";
    ACCEPT_PATCH = "Accept-Patch", "RFC 5789 section 3.1";
    ACCEPT_POST = "Accept-Post", "Linked Data Platform 1.0";
    ACCEPT_QUERY = "Accept-Query", "RFC 10008";
    ACCEPT_RANGES = "Accept-Ranges", "RFC 9110 section 14.3";
    ACCEPT_SIGNATURE = "Accept-Signature", "RFC 9421 section 5.1";
    ACCESS_CONTROL = "Access-Control", "Access Control for Cross-site Requests; obsoleted";
    ACCESS_CONTROL_ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_HEADERS = "Access-Control-Allow-Headers", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_METHODS = "Access-Control-Allow-Methods", "the Fetch standard";
    ACCESS_CONTROL_ALLOW_ORIGIN = "Access-Control-Allow-Origin", "the Fetch standard";
    ACCESS_CONTROL_EXPOSE_HEADERS = "Access-Control-Expose-Headers", "the Fetch standard";
    ACCESS_CONTROL_MAX_AGE = "Access-Control-Max-Age", "the Fetch standard";
    ACCESS_CONTROL_REQUEST_HEADERS = "Access-Control-Request-Headers", "the Fetch standard";
    ACCESS_CONTROL_REQUEST_METHOD = "Access-Control-Request-Method", "the Fetch standard";
    ACTIVATE_STORAGE_ACCESS = "Activate-Storage-Access", "Storage Access Headers; provisional";
    AGE = "Age", "RFC 9111 section 5.1";
    ALLOW = "Allow", "RFC 9110 section 10.2.1";
    ALPN = "ALPN", "RFC 7639 section 2";
    ALT_SVC = "Alt-Svc", "RFC 7838 section 3";
    ALT_USED = "Alt-Used", "RFC 7838 section 5";
    ALTERNATES = "Alternates", "RFC 2295 section 8.3";
    AMP_CACHE_TRANSFORM = "AMP-Cache-Transform", "AMP-Cache-Transform; provisional";
    APPLY_TO_REDIRECT_REF = "Apply-To-Redirect-Ref", "RFC 4437 section 12.2";
    AUTHENTICATION_CONTROL = "Authentication-Control", "RFC 8053 section 4";
    AUTHENTICATION_INFO = "Authentication-Info", "RFC 9110 section 11.6.3";
    AUTHORIZATION = "Authorization", "RFC 9110 section 11.6.2";
    AVAILABLE_DICTIONARY = "Available-Dictionary", "RFC 9842 section 2.2";
    C_EXT = "C-Ext", "RFC 2774 section 4.1; obsoleted";
    C_MAN = "C-Man", "RFC 2774 section 4.2; obsoleted";
    C_OPT = "C-Opt", "RFC 2774 section 4.2; obsoleted";
    C_PEP = "C-PEP", "PEP; obsoleted";
    C_PEP_INFO = "C-PEP-Info", "PEP; deprecated";
    CACHE_CONTROL = "Cache-Control", "RFC 9111 section 5.2";
    CACHE_GROUP_INVALIDATION = "Cache-Group-Invalidation", "RFC 9875 section 3";
    CACHE_GROUPS = "Cache-Groups", "RFC 9875 section 2";
    CACHE_STATUS = "Cache-Status", "RFC 9211 section 2";
    CAL_MANAGED_ID = "Cal-Managed-ID", "RFC 8607 section 5.1";
    CALDAV_TIMEZONES = "CalDAV-Timezones", "RFC 7809 section 7.1";
    CAPSULE_PROTOCOL = "Capsule-Protocol", "RFC 9297 section 3.4";
    CDN_CACHE_CONTROL = "CDN-Cache-Control", "RFC 9213 section 3.1";
    CDN_LOOP = "CDN-Loop", "RFC 8586 section 2";
    CERT_NOT_AFTER = "Cert-Not-After", "RFC 8739 section 3.3";
    CERT_NOT_BEFORE = "Cert-Not-Before", "RFC 8739 section 3.3";
    CLEAR_SITE_DATA = "Clear-Site-Data", "Clear Site Data";
    CLIENT_CERT = "Client-Cert", "RFC 9440 section 2";
    CLIENT_CERT_CHAIN = "Client-Cert-Chain", "RFC 9440 section 2";
    CLOSE = "Close", "RFC 9112 section 9.6: reserved";
    CMCD_OBJECT = "CMCD-Object", "CTA-5004; provisional";
    CMCD_REQUEST = "CMCD-Request", "CTA-5004; provisional";
    CMCD_SESSION = "CMCD-Session", "CTA-5004; provisional";
    CMCD_STATUS = "CMCD-Status", "CTA-5004; provisional";
    CMSD_DYNAMIC = "CMSD-Dynamic", "CTA-5006; provisional";
    CMSD_STATIC = "CMSD-Static", "CTA-5006; provisional";
    CONCEALED_AUTH_EXPORT = "Concealed-Auth-Export", "RFC 9729";
    CONFIGURATION_CONTEXT = "Configuration-Context", "OSLC Configuration Management 1.0 part 3; provisional";
    CONNECTION = "Connection", "RFC 9110 section 7.6.1";
    CONTENT_BASE = "Content-Base", "RFC 2068 section 14.11; obsoleted";
    CONTENT_DIGEST = "Content-Digest", "RFC 9530 section 2";
    CONTENT_DISPOSITION = "Content-Disposition", "RFC 6266 section 4";
    CONTENT_ENCODING = "Content-Encoding", "RFC 9110 section 8.4";
    CONTENT_ID = "Content-ID", "the HTTP Distribution and Replication Protocol; deprecated";
    CONTENT_LANGUAGE = "Content-Language", "RFC 9110 section 8.5";
    CONTENT_LENGTH = "Content-Length", "RFC 9110 section 8.6";
    CONTENT_LOCATION = "Content-Location", "RFC 9110 section 8.7";
    CONTENT_MD5 = "Content-MD5", "RFC 2616 section 14.15; obsoleted";
    CONTENT_RANGE = "Content-Range", "RFC 9110 section 14.4";
    CONTENT_SCRIPT_TYPE = "Content-Script-Type", "HTML 4.01; obsoleted";
    CONTENT_SECURITY_POLICY = "Content-Security-Policy", "Content Security Policy Level 3";
    CONTENT_SECURITY_POLICY_REPORT_ONLY = "Content-Security-Policy-Report-Only", "Content Security Policy Level 3";
    CONTENT_STYLE_TYPE = "Content-Style-Type", "HTML 4.01; obsoleted";
    CONTENT_TYPE = "Content-Type", "RFC 9110 section 8.3";
    CONTENT_VERSION = "Content-Version", "RFC 2068 section 19.6.2.2; obsoleted";
    COOKIE = "Cookie", "RFC 6265 section 4.2";
    COOKIE2 = "Cookie2", "RFC 2965 section 3.3.5; obsoleted";
    CROSS_ORIGIN_EMBEDDER_POLICY = "Cross-Origin-Embedder-Policy", "the HTML standard";
    CROSS_ORIGIN_EMBEDDER_POLICY_REPORT_ONLY = "Cross-Origin-Embedder-Policy-Report-Only", "the HTML standard";
    CROSS_ORIGIN_OPENER_POLICY = "Cross-Origin-Opener-Policy", "the HTML standard";
    CROSS_ORIGIN_OPENER_POLICY_REPORT_ONLY = "Cross-Origin-Opener-Policy-Report-Only", "the HTML standard";
    CROSS_ORIGIN_RESOURCE_POLICY = "Cross-Origin-Resource-Policy", "the Fetch standard";
    CTA_COMMON_ACCESS_TOKEN = "CTA-Common-Access-Token", "CTA; provisional";
    DASL = "DASL", "RFC 5323 section 3.2";
    DATE = "Date", "RFC 9110 section 6.6.1";
    DAV = "DAV", "RFC 4918 section 10.1";
    DEFAULT_STYLE = "Default-Style", "HTML 4.01; obsoleted";
    DELTA_BASE = "Delta-Base", "RFC 3229 section 10.5.1";
    DEPRECATION = "Deprecation", "RFC 9745 section 2";
    DEPTH = "Depth", "RFC 4918 section 10.2";
    DERIVED_FROM = "Derived-From", "RFC 2068 section 19.6.2.3; obsoleted";
    DESTINATION = "Destination", "RFC 4918 section 10.3";
    DETACHED_JWS = "Detached-JWS", "RFC 9635 section 7.3.4";
    DICTIONARY_ID = "Dictionary-ID", "RFC 9842 section 2.3";
    DIFFERENTIAL_ID = "Differential-ID", "the HTTP Distribution and Replication Protocol; deprecated";
    DIGEST = "Digest", "RFC 3230 section 4.3.2; obsoleted";
    DPOP = "DPoP", "RFC 9449 section 4.1";
    DPOP_NONCE = "DPoP-Nonce", "RFC 9449 section 8.1";
    EARLY_DATA = "Early-Data", "RFC 8470 section 5.1";
    EDIINT_FEATURES = "EDIINT-Features", "RFC 6017 section 2; provisional";
    ETAG = "ETag", "RFC 9110 section 8.8.3";
    EXPECT = "Expect", "RFC 9110 section 10.1.1";
    EXPECT_CT = "Expect-CT", "RFC 9163; deprecated";
    EXPIRES = "Expires", "RFC 9111 section 5.3";
    EXT = "Ext", "RFC 2774 section 4.1; obsoleted";
    FORWARDED = "Forwarded", "RFC 7239 section 4";
    FROM = "From", "RFC 9110 section 10.1.2";
    GETPROFILE = "GetProfile", "Implementation of OPS over HTTP; obsoleted";
    HOBAREG = "Hobareg", "RFC 7486 section 6.1.1";
    HOST = "Host", "RFC 9110 section 7.2";
    HTTP2_SETTINGS = "HTTP2-Settings", "RFC 7540 section 3.2.1; obsoleted";
    IF = "If", "RFC 4918 section 10.4";
    IF_MATCH = "If-Match", "RFC 9110 section 13.1.1";
    IF_MODIFIED_SINCE = "If-Modified-Since", "RFC 9110 section 13.1.3";
    IF_NONE_MATCH = "If-None-Match", "RFC 9110 section 13.1.2";
    IF_RANGE = "If-Range", "RFC 9110 section 13.1.5";
    IF_SCHEDULE_TAG_MATCH = "If-Schedule-Tag-Match", "RFC 6638 section 8.3";
    IF_UNMODIFIED_SINCE = "If-Unmodified-Since", "RFC 9110 section 13.1.4";
    IM = "IM", "RFC 3229 section 10.5.2";
    INCLUDE_REFERRED_TOKEN_BINDING_ID = "Include-Referred-Token-Binding-ID", "RFC 8473 section 5.3";
    ISOLATION = "Isolation", "OData 4.01; provisional";
    KEEP_ALIVE = "Keep-Alive", "RFC 2068 section 19.7.1.1";
    LABEL = "Label", "RFC 3253 section 8.3";
    LAST_EVENT_ID = "Last-Event-ID", "the HTML standard";
    LAST_MODIFIED = "Last-Modified", "RFC 9110 section 8.8.2";
    LINK = "Link", "RFC 8288 section 3";
    LINK_TEMPLATE = "Link-Template", "RFC 9652 section 2";
    LOCATION = "Location", "RFC 9110 section 10.2.2";
    LOCK_TOKEN = "Lock-Token", "RFC 4918 section 10.5";
    MAN = "Man", "RFC 2774 section 4.1; obsoleted";
    MAX_FORWARDS = "Max-Forwards", "RFC 9110 section 7.6.2";
    MEMENTO_DATETIME = "Memento-Datetime", "RFC 7089 section 2.1.1";
    METER = "Meter", "RFC 2227 section 5.1";
    METHOD_CHECK = "Method-Check", "Access Control for Cross-site Requests; obsoleted";
    METHOD_CHECK_EXPIRES = "Method-Check-Expires", "Access Control for Cross-site Requests; obsoleted";
    MIME_VERSION = "MIME-Version", "RFC 9112 appendix B.1";
    NEGOTIATE = "Negotiate", "RFC 2295 section 8.4";
    NEL = "NEL", "Network Error Logging";
    ODATA_ENTITYID = "OData-EntityId", "OData 4.01";
    ODATA_ISOLATION = "OData-Isolation", "OData 4.01";
    ODATA_MAXVERSION = "OData-MaxVersion", "OData 4.01";
    ODATA_VERSION = "OData-Version", "OData 4.01";
    OPT = "Opt", "RFC 2774 section 4.1; obsoleted";
    OPTIONAL_WWW_AUTHENTICATE = "Optional-WWW-Authenticate", "RFC 8053 section 3";
    ORDERING_TYPE = "Ordering-Type", "RFC 3648 section 5.1";
    ORIGIN = "Origin", "RFC 6454 section 7";
    ORIGIN_AGENT_CLUSTER = "Origin-Agent-Cluster", "the HTML standard";
    OSCORE = "OSCORE", "RFC 8613 section 11.1";
    OSLC_CORE_VERSION = "OSLC-Core-Version", "OSLC Core 3.0";
    OVERWRITE = "Overwrite", "RFC 4918 section 10.6";
    P3P = "P3P", "the Platform for Privacy Preferences 1.0; obsoleted";
    PEP = "PEP", "PEP; obsoleted";
    PEP_INFO = "PEP-Info", "PEP; obsoleted";
    PERMISSIONS_POLICY = "Permissions-Policy", "Permissions Policy; provisional";
    PICS_LABEL = "PICS-Label", "PICS Label Distribution; obsoleted";
    PING_FROM = "Ping-From", "the HTML standard";
    PING_TO = "Ping-To", "the HTML standard";
    POSITION = "Position", "RFC 3648 section 6.1";
    PRAGMA = "Pragma", "RFC 9111 section 5.4";
    PREFER = "Prefer", "RFC 7240 section 2";
    PREFERENCE_APPLIED = "Preference-Applied", "RFC 7240 section 3";
    PRIORITY = "Priority", "RFC 9218 section 5";
    PROFILEOBJECT = "ProfileObject", "Implementation of OPS over HTTP; obsoleted";
    PROTOCOL = "Protocol", "PICS Label Distribution; obsoleted";
    PROTOCOL_INFO = "Protocol-Info", "Joint Electronic Payment Initiative; deprecated";
    PROTOCOL_QUERY = "Protocol-Query", "Joint Electronic Payment Initiative; deprecated";
    PROTOCOL_REQUEST = "Protocol-Request", "PICS Label Distribution; obsoleted";
    PROXY_AUTHENTICATE = "Proxy-Authenticate", "RFC 9110 section 11.7.1";
    PROXY_AUTHENTICATION_INFO = "Proxy-Authentication-Info", "RFC 9110 section 11.7.3";
    PROXY_AUTHORIZATION = "Proxy-Authorization", "RFC 9110 section 11.7.2";
    PROXY_CONNECTION = "Proxy-Connection", "RFC 9112 appendix C.2.2: not to be sent";
    PROXY_FEATURES = "Proxy-Features", "Notification for Proxy Caches; obsoleted";
    PROXY_INSTRUCTION = "Proxy-Instruction", "Notification for Proxy Caches; obsoleted";
    PROXY_STATUS = "Proxy-Status", "RFC 9209 section 2";
    PUBLIC = "Public", "RFC 2068 section 14.35; obsoleted";
    PUBLIC_KEY_PINS = "Public-Key-Pins", "RFC 7469 section 2.1";
    PUBLIC_KEY_PINS_REPORT_ONLY = "Public-Key-Pins-Report-Only", "RFC 7469 section 2.1";
    RANGE = "Range", "RFC 9110 section 14.2";
    REDIRECT_REF = "Redirect-Ref", "RFC 4437 section 12.1";
    REFERER = "Referer", "RFC 9110 section 10.1.3";
    REFERER_ROOT = "Referer-Root", "Access Control for Cross-site Requests; obsoleted";
    REFERRER_POLICY = "Referrer-Policy", "Referrer Policy";
    REFRESH = "Refresh", "the HTML standard";
    REPEATABILITY_CLIENT_ID = "Repeatability-Client-ID", "Repeatable Requests 1.0; provisional";
    REPEATABILITY_FIRST_SENT = "Repeatability-First-Sent", "Repeatable Requests 1.0; provisional";
    REPEATABILITY_REQUEST_ID = "Repeatability-Request-ID", "Repeatable Requests 1.0; provisional";
    REPEATABILITY_RESULT = "Repeatability-Result", "Repeatable Requests 1.0; provisional";
    REPLAY_NONCE = "Replay-Nonce", "RFC 8555 section 6.5.1";
    REPORTING_ENDPOINTS = "Reporting-Endpoints", "Reporting API; provisional";
    REPR_DIGEST = "Repr-Digest", "RFC 9530 section 3";
    RETRY_AFTER = "Retry-After", "RFC 9110 section 10.2.3";
    SAFE = "Safe", "RFC 2310 section 3; obsoleted";
    SCHEDULE_REPLY = "Schedule-Reply", "RFC 6638 section 8.1";
    SCHEDULE_TAG = "Schedule-Tag", "RFC 6638 section 8.2";
    SEC_FETCH_DEST = "Sec-Fetch-Dest", "Fetch Metadata Request Headers";
    SEC_FETCH_MODE = "Sec-Fetch-Mode", "Fetch Metadata Request Headers";
    SEC_FETCH_SITE = "Sec-Fetch-Site", "Fetch Metadata Request Headers";
    SEC_FETCH_STORAGE_ACCESS = "Sec-Fetch-Storage-Access", "Storage Access Headers; provisional";
    SEC_FETCH_USER = "Sec-Fetch-User", "Fetch Metadata Request Headers";
    SEC_GPC = "Sec-GPC", "Global Privacy Control; provisional";
    SEC_PURPOSE = "Sec-Purpose", "the Fetch standard";
    SEC_TOKEN_BINDING = "Sec-Token-Binding", "RFC 8473 section 2";
    SEC_WEBSOCKET_ACCEPT = "Sec-WebSocket-Accept", "RFC 6455 section 11.3.3";
    SEC_WEBSOCKET_EXTENSIONS = "Sec-WebSocket-Extensions", "RFC 6455 section 11.3.2";
    SEC_WEBSOCKET_KEY = "Sec-WebSocket-Key", "RFC 6455 section 11.3.1";
    SEC_WEBSOCKET_PROTOCOL = "Sec-WebSocket-Protocol", "RFC 6455 section 11.3.4";
    SEC_WEBSOCKET_VERSION = "Sec-WebSocket-Version", "RFC 6455 section 11.3.5";
    SECURITY_SCHEME = "Security-Scheme", "RFC 2660 section 4; obsoleted";
    SERVER = "Server", "RFC 9110 section 10.2.4";
    SERVER_TIMING = "Server-Timing", "Server Timing";
    SET_COOKIE = "Set-Cookie", "RFC 6265 section 4.1";
    SET_COOKIE2 = "Set-Cookie2", "RFC 2965 section 3.2.2; obsoleted";
    SETPROFILE = "SetProfile", "Implementation of OPS over HTTP; obsoleted";
    SIGNATURE = "Signature", "RFC 9421 section 4.2";
    SIGNATURE_INPUT = "Signature-Input", "RFC 9421 section 4.1";
    SLUG = "SLUG", "RFC 5023 section 9.7";
    SOAPACTION = "SoapAction", "SOAP 1.1";
    SOURCEMAP = "SourceMap", "Source Map";
    STATUS_URI = "Status-URI", "RFC 2518 section 9.7";
    STRICT_TRANSPORT_SECURITY = "Strict-Transport-Security", "RFC 6797 section 6.1";
    SUNSET = "Sunset", "RFC 8594 section 3";
    SURROGATE_CAPABILITY = "Surrogate-Capability", "Edge Architecture Specification; provisional";
    SURROGATE_CONTROL = "Surrogate-Control", "Edge Architecture Specification; provisional";
    TCN = "TCN", "RFC 2295 section 8.5";
    TE = "TE", "RFC 9110 section 10.1.4";
    TIMEOUT = "Timeout", "RFC 4918 section 10.7";
    TIMING_ALLOW_ORIGIN = "Timing-Allow-Origin", "Resource Timing Level 1; provisional";
    TOPIC = "Topic", "RFC 8030 section 5.4";
    TRACEPARENT = "Traceparent", "Trace Context";
    TRACESTATE = "Tracestate", "Trace Context";
    TRAILER = "Trailer", "RFC 9110 section 6.6.2";
    TRANSFER_ENCODING = "Transfer-Encoding", "RFC 9112 section 6.1";
    TTL = "TTL", "RFC 8030 section 5.2";
    UPGRADE = "Upgrade", "RFC 9110 section 7.8";
    UPGRADE_INSECURE_REQUESTS = "Upgrade-Insecure-Requests", "Upgrade Insecure Requests";
    URGENCY = "Urgency", "RFC 8030 section 5.3";
    URI = "URI", "RFC 2068 section 19.6.2.5; obsoleted";
    USE_AS_DICTIONARY = "Use-As-Dictionary", "RFC 9842 section 2.1";
    USER_AGENT = "User-Agent", "RFC 9110 section 10.1.5";
    VARIANT_VARY = "Variant-Vary", "RFC 2295 section 8.6";
    VARY = "Vary", "RFC 9110 section 12.5.5";
    VIA = "Via", "RFC 9110 section 7.6.3";
    WANT_CONTENT_DIGEST = "Want-Content-Digest", "RFC 9530 section 4";
    WANT_DIGEST = "Want-Digest", "RFC 3230 section 4.3.1; obsoleted";
    WANT_REPR_DIGEST = "Want-Repr-Digest", "RFC 9530 section 4";
    WARNING = "Warning", "RFC 9111 section 5.5; obsoleted";
    WWW_AUTHENTICATE = "WWW-Authenticate", "RFC 9110 section 11.6.1";
    X_CONTENT_TYPE_OPTIONS = "X-Content-Type-Options", "the Fetch standard";
    X_FRAME_OPTIONS = "X-Frame-Options", "RFC 7034 section 2";
}

/// The registry's spelling of `name`, if it is here (RFC 9110 section 16.3.1).
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
        let rows = [
            ("a-im", "A-IM"),
            ("traceparent", "Traceparent"),
            ("soapaction", "SoapAction"),
            ("dpop-nonce", "DPoP-Nonce"),
            ("accept-query", "Accept-Query"),
            ("www-authenticate", "WWW-Authenticate"),
        ];
        for (lower, name) in rows {
            assert_eq!(registered(lower.as_bytes()), Some(name));
        }
        assert_eq!(registered(b""), None);
        assert_eq!(registered(b"zzz"), None);
    }
}
