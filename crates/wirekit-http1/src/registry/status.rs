use core::fmt;

use crate::registry::field_name;

wirekit_macros::registry! {
    /// A status code: three digits (RFC 9110 section 15).
    ///
    /// ```
    /// use wirekit_http1::{StatusClass, StatusCode};
    ///
    /// assert_eq!(StatusCode::NOT_FOUND.reason(), Some("Not Found"));
    /// assert_eq!(StatusCode(299).class(), StatusClass::Successful);
    /// assert_eq!(StatusCode(299).reason(), None);
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "a status code is a number, and nothing else")]
    pub struct StatusCode(pub u16) without Debug {
        CONTINUE = 100, "Continue", "RFC 9110 section 15.2.1";
        SWITCHING_PROTOCOLS = 101, "Switching Protocols", "RFC 9110 section 15.2.2";
        PROCESSING = 102, "Processing", "RFC 2518 section 10.1";
        EARLY_HINTS = 103, "Early Hints", "RFC 8297 section 2";
        OK = 200, "OK", "RFC 9110 section 15.3.1";
        CREATED = 201, "Created", "RFC 9110 section 15.3.2";
        ACCEPTED = 202, "Accepted", "RFC 9110 section 15.3.3";
        NON_AUTHORITATIVE_INFORMATION = 203, "Non-Authoritative Information", "RFC 9110 section 15.3.4";
        NO_CONTENT = 204, "No Content", "RFC 9110 section 15.3.5";
        RESET_CONTENT = 205, "Reset Content", "RFC 9110 section 15.3.6";
        PARTIAL_CONTENT = 206, "Partial Content", "RFC 9110 section 15.3.7";
        MULTI_STATUS = 207, "Multi-Status", "RFC 4918 section 11.1";
        ALREADY_REPORTED = 208, "Already Reported", "RFC 5842 section 7.1";
        IM_USED = 226, "IM Used", "RFC 3229 section 10.4.1";
        MULTIPLE_CHOICES = 300, "Multiple Choices", "RFC 9110 section 15.4.1";
        MOVED_PERMANENTLY = 301, "Moved Permanently", "RFC 9110 section 15.4.2";
        FOUND = 302, "Found", "RFC 9110 section 15.4.3";
        SEE_OTHER = 303, "See Other", "RFC 9110 section 15.4.4";
        NOT_MODIFIED = 304, "Not Modified", "RFC 9110 section 15.4.5";
        USE_PROXY = 305, "Use Proxy", "RFC 9110 section 15.4.6";
        TEMPORARY_REDIRECT = 307, "Temporary Redirect", "RFC 9110 section 15.4.8";
        PERMANENT_REDIRECT = 308, "Permanent Redirect", "RFC 9110 section 15.4.9";
        BAD_REQUEST = 400, "Bad Request", "RFC 9110 section 15.5.1";
        UNAUTHORIZED = 401, "Unauthorized", "RFC 9110 section 15.5.2";
        PAYMENT_REQUIRED = 402, "Payment Required", "RFC 9110 section 15.5.3";
        FORBIDDEN = 403, "Forbidden", "RFC 9110 section 15.5.4";
        NOT_FOUND = 404, "Not Found", "RFC 9110 section 15.5.5";
        METHOD_NOT_ALLOWED = 405, "Method Not Allowed", "RFC 9110 section 15.5.6";
        NOT_ACCEPTABLE = 406, "Not Acceptable", "RFC 9110 section 15.5.7";
        PROXY_AUTHENTICATION_REQUIRED = 407, "Proxy Authentication Required", "RFC 9110 section 15.5.8";
        REQUEST_TIMEOUT = 408, "Request Timeout", "RFC 9110 section 15.5.9";
        CONFLICT = 409, "Conflict", "RFC 9110 section 15.5.10";
        GONE = 410, "Gone", "RFC 9110 section 15.5.11";
        LENGTH_REQUIRED = 411, "Length Required", "RFC 9110 section 15.5.12";
        PRECONDITION_FAILED = 412, "Precondition Failed", "RFC 9110 section 15.5.13";
        CONTENT_TOO_LARGE = 413, "Content Too Large", "RFC 9110 section 15.5.14";
        URI_TOO_LONG = 414, "URI Too Long", "RFC 9110 section 15.5.15";
        UNSUPPORTED_MEDIA_TYPE = 415, "Unsupported Media Type", "RFC 9110 section 15.5.16";
        RANGE_NOT_SATISFIABLE = 416, "Range Not Satisfiable", "RFC 9110 section 15.5.17";
        EXPECTATION_FAILED = 417, "Expectation Failed", "RFC 9110 section 15.5.18";
        MISDIRECTED_REQUEST = 421, "Misdirected Request", "RFC 9110 section 15.5.20";
        UNPROCESSABLE_CONTENT = 422, "Unprocessable Content", "RFC 9110 section 15.5.21";
        LOCKED = 423, "Locked", "RFC 4918 section 11.3";
        FAILED_DEPENDENCY = 424, "Failed Dependency", "RFC 4918 section 11.4";
        TOO_EARLY = 425, "Too Early", "RFC 8470 section 5.2";
        UPGRADE_REQUIRED = 426, "Upgrade Required", "RFC 9110 section 15.5.22";
        PRECONDITION_REQUIRED = 428, "Precondition Required", "RFC 6585 section 3";
        TOO_MANY_REQUESTS = 429, "Too Many Requests", "RFC 6585 section 4";
        REQUEST_HEADER_FIELDS_TOO_LARGE = 431, "Request Header Fields Too Large", "RFC 6585 section 5";
        UNAVAILABLE_FOR_LEGAL_REASONS = 451, "Unavailable For Legal Reasons", "RFC 7725 section 3";
        INTERNAL_SERVER_ERROR = 500, "Internal Server Error", "RFC 9110 section 15.6.1";
        NOT_IMPLEMENTED = 501, "Not Implemented", "RFC 9110 section 15.6.2";
        BAD_GATEWAY = 502, "Bad Gateway", "RFC 9110 section 15.6.3";
        SERVICE_UNAVAILABLE = 503, "Service Unavailable", "RFC 9110 section 15.6.4";
        GATEWAY_TIMEOUT = 504, "Gateway Timeout", "RFC 9110 section 15.6.5";
        HTTP_VERSION_NOT_SUPPORTED = 505, "HTTP Version Not Supported", "RFC 9110 section 15.6.6";
        VARIANT_ALSO_NEGOTIATES = 506, "Variant Also Negotiates", "RFC 2295 section 8.1";
        INSUFFICIENT_STORAGE = 507, "Insufficient Storage", "RFC 4918 section 11.5";
        LOOP_DETECTED = 508, "Loop Detected", "RFC 5842 section 7.2";
        NOT_EXTENDED = 510, "Not Extended", "RFC 2774 section 7; obsoleted";
        NETWORK_AUTHENTICATION_REQUIRED = 511, "Network Authentication Required", "RFC 6585 section 6";
    }
}

/// What the first digit of a status code says (RFC 9110 section 15).
///
/// ```
/// use wirekit_http1::{StatusClass, StatusCode};
///
/// assert_eq!(StatusCode::NOT_FOUND.class(), StatusClass::ClientError);
/// assert_eq!(StatusCode(799).class(), StatusClass::ServerError); // a code outside the classes is invalid, and read as 5xx
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "RFC 9110 section 15 fixes the five classes"
)]
pub enum StatusClass {
    /// 1xx: interim, another response follows.
    Informational,
    /// 2xx: done.
    Successful,
    /// 3xx: something else is to be done.
    Redirection,
    /// 4xx: the request is at fault.
    ClientError,
    /// 5xx, and every code outside 100 to 599: the server is at fault.
    ServerError,
}

impl StatusCode {
    /// The reason phrase: the name in the registry.
    pub const fn reason(self) -> Option<&'static str> {
        self.name()
    }

    /// The class; what is outside 100 to 599 counts as a server error, as RFC 9110 section 15 advises.
    pub const fn class(self) -> StatusClass {
        match self.0 {
            100..=199 => StatusClass::Informational,
            200..=299 => StatusClass::Successful,
            300..=399 => StatusClass::Redirection,
            400..=499 => StatusClass::ClientError,
            _ => StatusClass::ServerError,
        }
    }

    /// Whether this is 1xx: the final response is still to come.
    pub const fn is_informational(self) -> bool {
        matches!(self.class(), StatusClass::Informational)
    }

    /// The field that the server which generates a response with this code must send: a challenge with 401 and 407
    /// (RFC 9110 sections 11.6.1 and 11.7.1), the methods with 405 (section 10.2.1), the protocols with 101 and 426
    /// (sections 15.2.2 and 15.5.22).
    ///
    /// Upgrade belongs to the connection, so 101 and 426 cannot be sent without it. The other three can: a proxy passes on
    /// what it received, "MUST NOT modify" these fields, and would have nothing to put in. A server that generates its
    /// responses asks here.
    ///
    /// ```
    /// use wirekit_http1::{Field, StatusCode};
    ///
    /// let fields = [Field::new("Allow", "GET, HEAD")];
    /// let required = StatusCode::METHOD_NOT_ALLOWED.required_field();
    /// assert!(required.is_none_or(|name| fields.iter().any(|field| field.is_named(name))));
    /// ```
    pub const fn required_field(self) -> Option<&'static str> {
        match self {
            Self::SWITCHING_PROTOCOLS | Self::UPGRADE_REQUIRED => Some(field_name::UPGRADE),
            Self::UNAUTHORIZED => Some(field_name::WWW_AUTHENTICATE),
            Self::METHOD_NOT_ALLOWED => Some(field_name::ALLOW),
            Self::PROXY_AUTHENTICATION_REQUIRED => Some(field_name::PROXY_AUTHENTICATE),
            _ => None,
        }
    }

    /// Whether a response with this code never has content: 1xx, 204 and 304 (RFC 9110 section 6.4.1).
    pub const fn forbids_body(self) -> bool {
        self.is_informational() || matches!(self, Self::NO_CONTENT | Self::NOT_MODIFIED)
    }
}

impl fmt::Debug for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason() {
            Some(reason) => write!(f, "{} {reason}", self.0),
            None => fmt::Display::fmt(self, f),
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.0)
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;

    use super::*;

    #[test]
    fn a_code_is_shown_with_its_reason() {
        assert_eq!(format!("{:?}", StatusCode::NOT_FOUND), "404 Not Found");
        assert_eq!(format!("{:?} {}", StatusCode(7), StatusCode(7)), "007 007");
    }

    #[test]
    fn the_registry_is_sorted() {
        assert!(StatusCode::ALL.is_sorted_by(|a, b| a.0 < b.0));
        assert!(StatusCode::ALL.iter().all(|code| code.reason().is_some()));
    }

    #[test]
    fn the_registry_is_the_one_of_iana() {
        let ranges: [core::ops::RangeInclusive<u16>; 18] = [
            100..=103,
            200..=208,
            226..=226,
            300..=305,
            307..=308,
            400..=417,
            421..=426,
            428..=429,
            431..=431,
            451..=451,
            500..=508,
            510..=511,
            0..=99,
            104..=199,
            209..=225,
            306..=306,
            418..=420,
            512..=u16::MAX,
        ];
        let (registered, others) = ranges.split_at(12);
        let codes = || registered.iter().cloned().flatten().map(StatusCode);
        assert!(codes().eq(StatusCode::ALL.iter().copied()));
        for code in others.iter().cloned().flatten().map(StatusCode) {
            assert_eq!(code.reason(), None);
        }
    }

    #[test]
    fn a_class_is_the_first_digit() {
        let classes = [
            (99, StatusClass::ServerError),
            (100, StatusClass::Informational),
            (199, StatusClass::Informational),
            (200, StatusClass::Successful),
            (300, StatusClass::Redirection),
            (399, StatusClass::Redirection),
            (400, StatusClass::ClientError),
            (499, StatusClass::ClientError),
            (500, StatusClass::ServerError),
            (600, StatusClass::ServerError),
        ];
        for (code, class) in classes {
            assert_eq!(StatusCode(code).class(), class, "{code}");
        }
    }

    #[test]
    fn a_few_codes_require_a_field() {
        let rows = [
            (101, "Upgrade"),
            (401, "WWW-Authenticate"),
            (405, "Allow"),
            (407, "Proxy-Authenticate"),
            (426, "Upgrade"),
        ];
        for code in 0..=999 {
            let field = rows.iter().find(|row| row.0 == code).map(|row| row.1);
            assert_eq!(StatusCode(code).required_field(), field, "{code}");
        }
    }

    #[test]
    fn some_codes_forbid_a_body() {
        for code in [100, 101, 103, 199, 204, 304] {
            assert!(StatusCode(code).forbids_body(), "{code}");
        }
        for code in [200, 205, 303, 404, 99] {
            assert!(!StatusCode(code).forbids_body(), "{code}");
        }
    }
}
