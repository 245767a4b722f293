//! Problem details (RFC 9457).

use serde_json::{Value, json};
use wirekit::http1::StatusCode;

/// What `Content-Type` says of them.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

/// Faults with their statuses and the words of `reason`, which are never renamed.
macro_rules! faults {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $reason:literal;)*) => {
        /// Why a request is not done.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Fault {
            $($(#[$doc])* $name,)*
        }

        impl Fault {
            /// The status that says so.
            pub(crate) const fn status(self) -> StatusCode {
                match self {
                    $(Self::$name => StatusCode::$status,)*
                }
            }

            /// The word for it.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $reason,)*
                }
            }
        }
    };
}

faults! {
    /// The request's head breaks its grammar.
    MalformedRequest = BAD_REQUEST, "malformed_request";
    /// The content, or a part of the query, is not what it is to be.
    Invalid = BAD_REQUEST, "invalid";
    /// Two places of the request name different versions.
    VersionsDisagree = BAD_REQUEST, "versions_disagree";
    /// The query names a version that there is not.
    UnknownVersion = BAD_REQUEST, "unknown_version";
    /// There is no token.
    Unauthorized = UNAUTHORIZED, "unauthorized";
    /// The token is another one.
    WrongToken = UNAUTHORIZED, "wrong_token";
    /// The Host is not one under which this is reached.
    ForeignHost = FORBIDDEN, "foreign_host";
    /// There is nothing of that name.
    NotFound = NOT_FOUND, "not_found";
    /// It is there, and not for this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "method_not_allowed";
    /// It can be had in no form that the client accepts.
    NotAcceptable = NOT_ACCEPTABLE, "not_acceptable";
    /// The content is too long.
    ContentTooLarge = CONTENT_TOO_LARGE, "content_too_large";
    /// Too many wrong tokens came from there.
    TooManyFailures = TOO_MANY_REQUESTS, "too_many_failures";
}

/// A fault, and what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What it is.
    pub(crate) fault: Fault,
    /// In words.
    pub(crate) detail: String,
    /// Fields of the response.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Problem {
    /// A fault in words.
    pub(crate) fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self {
            fault,
            detail: detail.into(),
            fields: Vec::new(),
        }
    }

    /// The same with a field of the response.
    pub(crate) fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// As it is sent.
    pub(crate) fn to_json(&self) -> Value {
        let status = self.fault.status();
        // RFC 9457 section 4.2.1: of "about:blank" the title is the status's phrase.
        json!({
            "type": "about:blank",
            "title": status.reason(),
            "status": status.0,
            "detail": self.detail,
            "reason": self.fault.as_str(),
        })
    }
}
