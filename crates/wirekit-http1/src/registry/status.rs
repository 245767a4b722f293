use core::fmt;

use crate::field_name;

/// A status code: three digits (RFC 9110 section 15).
///
/// ```
/// use wirekit_http1::{StatusClass, StatusCode};
///
/// assert_eq!(StatusCode::NOT_FOUND.reason(), Some("Not Found"));
/// assert_eq!(StatusCode(299).class(), StatusClass::Successful);
/// assert_eq!(StatusCode(299).reason(), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a status code is a number, and nothing else"
)]
pub struct StatusCode(pub u16);

/// What the first digit of a status code says (RFC 9110 section 15).
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

/// Builds the consts and the table of reasons from one row a code.
macro_rules! statuses {
    ($($code:literal $name:ident = $reason:literal, $spec:literal;)*) => {
        impl StatusCode {
            $(#[doc = concat!($code, " ", $reason, ": ", $spec, ".")] pub const $name: Self = Self($code);)*

            /// Every registered code, in numerical order.
            pub const REGISTERED: &'static [Self] = &[$(Self::$name),*];

            /// The reason phrase of the registry.
            pub const fn reason(self) -> Option<&'static str> {
                match self { $(Self::$name => Some($reason),)* _ => None }
            }
        }
    };
}

statuses! {
    100 CONTINUE = "Continue", "RFC 9110 section 15.2.1";
    101 SWITCHING_PROTOCOLS = "Switching Protocols", "RFC 9110 section 15.2.2";
    102 PROCESSING = "Processing", "RFC 2518 section 10.1";
    103 EARLY_HINTS = "Early Hints", "RFC 8297 section 2";
    200 OK = "OK", "RFC 9110 section 15.3.1";
    201 CREATED = "Created", "RFC 9110 section 15.3.2";
    202 ACCEPTED = "Accepted", "RFC 9110 section 15.3.3";
    203 NON_AUTHORITATIVE_INFORMATION = "Non-Authoritative Information", "RFC 9110 section 15.3.4";
    204 NO_CONTENT = "No Content", "RFC 9110 section 15.3.5";
    205 RESET_CONTENT = "Reset Content", "RFC 9110 section 15.3.6";
    206 PARTIAL_CONTENT = "Partial Content", "RFC 9110 section 15.3.7";
    207 MULTI_STATUS = "Multi-Status", "RFC 4918 section 11.1";
    208 ALREADY_REPORTED = "Already Reported", "RFC 5842 section 7.1";
    226 IM_USED = "IM Used", "RFC 3229 section 10.4.1";
    300 MULTIPLE_CHOICES = "Multiple Choices", "RFC 9110 section 15.4.1";
    301 MOVED_PERMANENTLY = "Moved Permanently", "RFC 9110 section 15.4.2";
    302 FOUND = "Found", "RFC 9110 section 15.4.3";
    303 SEE_OTHER = "See Other", "RFC 9110 section 15.4.4";
    304 NOT_MODIFIED = "Not Modified", "RFC 9110 section 15.4.5";
    305 USE_PROXY = "Use Proxy", "RFC 9110 section 15.4.6";
    307 TEMPORARY_REDIRECT = "Temporary Redirect", "RFC 9110 section 15.4.8";
    308 PERMANENT_REDIRECT = "Permanent Redirect", "RFC 9110 section 15.4.9";
    400 BAD_REQUEST = "Bad Request", "RFC 9110 section 15.5.1";
    401 UNAUTHORIZED = "Unauthorized", "RFC 9110 section 15.5.2";
    402 PAYMENT_REQUIRED = "Payment Required", "RFC 9110 section 15.5.3";
    403 FORBIDDEN = "Forbidden", "RFC 9110 section 15.5.4";
    404 NOT_FOUND = "Not Found", "RFC 9110 section 15.5.5";
    405 METHOD_NOT_ALLOWED = "Method Not Allowed", "RFC 9110 section 15.5.6";
    406 NOT_ACCEPTABLE = "Not Acceptable", "RFC 9110 section 15.5.7";
    407 PROXY_AUTHENTICATION_REQUIRED = "Proxy Authentication Required", "RFC 9110 section 15.5.8";
    408 REQUEST_TIMEOUT = "Request Timeout", "RFC 9110 section 15.5.9";
    409 CONFLICT = "Conflict", "RFC 9110 section 15.5.10";
    410 GONE = "Gone", "RFC 9110 section 15.5.11";
    411 LENGTH_REQUIRED = "Length Required", "RFC 9110 section 15.5.12";
    412 PRECONDITION_FAILED = "Precondition Failed", "RFC 9110 section 15.5.13";
    413 CONTENT_TOO_LARGE = "Content Too Large", "RFC 9110 section 15.5.14";
    414 URI_TOO_LONG = "URI Too Long", "RFC 9110 section 15.5.15";
    415 UNSUPPORTED_MEDIA_TYPE = "Unsupported Media Type", "RFC 9110 section 15.5.16";
    416 RANGE_NOT_SATISFIABLE = "Range Not Satisfiable", "RFC 9110 section 15.5.17";
    417 EXPECTATION_FAILED = "Expectation Failed", "RFC 9110 section 15.5.18";
    421 MISDIRECTED_REQUEST = "Misdirected Request", "RFC 9110 section 15.5.20";
    422 UNPROCESSABLE_CONTENT = "Unprocessable Content", "RFC 9110 section 15.5.21";
    423 LOCKED = "Locked", "RFC 4918 section 11.3";
    424 FAILED_DEPENDENCY = "Failed Dependency", "RFC 4918 section 11.4";
    425 TOO_EARLY = "Too Early", "RFC 8470 section 5.2";
    426 UPGRADE_REQUIRED = "Upgrade Required", "RFC 9110 section 15.5.22";
    428 PRECONDITION_REQUIRED = "Precondition Required", "RFC 6585 section 3";
    429 TOO_MANY_REQUESTS = "Too Many Requests", "RFC 6585 section 4";
    431 REQUEST_HEADER_FIELDS_TOO_LARGE = "Request Header Fields Too Large", "RFC 6585 section 5";
    451 UNAVAILABLE_FOR_LEGAL_REASONS = "Unavailable For Legal Reasons", "RFC 7725 section 3";
    500 INTERNAL_SERVER_ERROR = "Internal Server Error", "RFC 9110 section 15.6.1";
    501 NOT_IMPLEMENTED = "Not Implemented", "RFC 9110 section 15.6.2";
    502 BAD_GATEWAY = "Bad Gateway", "RFC 9110 section 15.6.3";
    503 SERVICE_UNAVAILABLE = "Service Unavailable", "RFC 9110 section 15.6.4";
    504 GATEWAY_TIMEOUT = "Gateway Timeout", "RFC 9110 section 15.6.5";
    505 HTTP_VERSION_NOT_SUPPORTED = "HTTP Version Not Supported", "RFC 9110 section 15.6.6";
    506 VARIANT_ALSO_NEGOTIATES = "Variant Also Negotiates", "RFC 2295 section 8.1";
    507 INSUFFICIENT_STORAGE = "Insufficient Storage", "RFC 4918 section 11.5";
    508 LOOP_DETECTED = "Loop Detected", "RFC 5842 section 7.2";
    510 NOT_EXTENDED = "Not Extended", "RFC 2774 section 7; obsoleted";
    511 NETWORK_AUTHENTICATION_REQUIRED = "Network Authentication Required", "RFC 6585 section 6";
}

impl StatusCode {
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
        assert!(StatusCode::REGISTERED.is_sorted_by(|a, b| a.0 < b.0));
        assert!(
            StatusCode::REGISTERED
                .iter()
                .all(|code| code.reason().is_some())
        );
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
        assert!(codes().eq(StatusCode::REGISTERED.iter().copied()));
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
