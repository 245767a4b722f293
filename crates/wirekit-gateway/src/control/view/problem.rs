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
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

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
    /// The change does not fit what else there is.
    Conflict = CONFLICT, "conflict";
    /// Something uses it.
    InUse = CONFLICT, "in_use";
    /// Another server has the address.
    AddressTwice = CONFLICT, "address_twice";
    /// The key is not that of the chain.
    KeyMismatch = CONFLICT, "key_mismatch";
    /// An upstream has at least one server.
    LastServer = CONFLICT, "last_server";
    /// It is another than the client says.
    PreconditionFailed = PRECONDITION_FAILED, "precondition_failed";
    /// The content is too long.
    ContentTooLarge = CONTENT_TOO_LARGE, "content_too_large";
    /// The target is too long.
    TargetTooLong = URI_TOO_LONG, "target_too_long";
    /// The content is of another media type.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type";
    /// The request expects more than 100 (Continue).
    ExpectationFailed = EXPECTATION_FAILED, "expectation_failed";
    /// A WebSocket is opened there, and nothing else is to be had.
    UpgradeRequired = UPGRADE_REQUIRED, "upgrade_required";
    /// It is there: from what it is to be changed must be said.
    PreconditionRequired = PRECONDITION_REQUIRED, "precondition_required";
    /// Too many wrong tokens came from there.
    TooManyFailures = TOO_MANY_REQUESTS, "too_many_failures";
    /// The head is too long, or has too many fields.
    HeadTooLarge = REQUEST_HEADER_FIELDS_TOO_LARGE, "head_too_large";
    /// What was asked for could not be done.
    Failed = INTERNAL_SERVER_ERROR, "failed";
    /// The method or a coding is not known.
    NotImplemented = NOT_IMPLEMENTED, "not_implemented";
    /// The request is of another version than HTTP/1.
    VersionNotSupported = HTTP_VERSION_NOT_SUPPORTED, "version_not_supported";
    /// The program stops.
    Draining = SERVICE_UNAVAILABLE, "draining";
}

impl Problem {
    /// Of a request that breaks a rule of HTTP, or passes a limit.
    pub(crate) fn of_request(kind: wirekit::http1::ErrorKind) -> Self {
        let fault = match kind.status().0 {
            413 => Fault::ContentTooLarge,
            414 => Fault::TargetTooLong,
            417 => Fault::ExpectationFailed,
            431 => Fault::HeadTooLarge,
            501 => Fault::NotImplemented,
            505 => Fault::VersionNotSupported,
            _ => Fault::MalformedRequest,
        };
        Self::new(fault, format!("{kind}, {}", kind.spec()))
    }
}

/// One member of the content that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// Where it is: a JSON pointer (RFC 6901).
    pub(crate) pointer: String,
    /// What is wrong with it, and what is allowed.
    pub(crate) detail: String,
    /// Line and column, where the content has some.
    pub(crate) place: Option<(usize, usize)>,
}

/// A fault, and what there is to say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    /// What it is.
    pub(crate) fault: Fault,
    /// In words.
    pub(crate) detail: String,
    /// The members that are wrong.
    pub(crate) members: Vec<Member>,
    /// Fields of the response.
    pub(crate) fields: Vec<(&'static str, String)>,
}

impl Problem {
    /// A fault in words.
    pub(crate) fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self {
            fault,
            detail: detail.into(),
            members: Vec::new(),
            fields: Vec::new(),
        }
    }

    /// The same with a field of the response.
    pub(crate) fn with_field(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.fields.push((name, value.into()));
        self
    }

    /// The same with members that are wrong.
    pub(crate) fn with_members(mut self, members: impl IntoIterator<Item = Member>) -> Self {
        self.members.extend(members);
        self
    }

    /// As it is sent.
    pub(crate) fn to_json(&self) -> Value {
        let status = self.fault.status();
        // RFC 9457 section 4.2.1: of "about:blank" the title is the status's phrase.
        let mut json = json!({
            "type": "about:blank",
            "title": status.reason(),
            "status": status.0,
            "detail": self.detail,
            "reason": self.fault.as_str(),
        });
        if let (false, Value::Object(json)) = (self.members.is_empty(), &mut json) {
            let members = self.members.iter();
            let members = members.map(|member| {
                let mut json = json!({
                    "pointer": fragment(&member.pointer),
                    "detail": member.detail,
                });
                if let (Some((line, column)), Value::Object(json)) = (member.place, &mut json) {
                    json.insert("line".to_owned(), line.into());
                    json.insert("column".to_owned(), column.into());
                }
                json
            });
            json.insert("errors".to_owned(), members.collect());
        }
        json
    }
}

/// A pointer as a URI's fragment (RFC 6901 section 6), which RFC 9457 section 3 has.
fn fragment(pointer: &str) -> String {
    let mut fragment = String::from("#");
    for byte in pointer.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => fragment.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => fragment.push(char::from(byte)),
            byte => fragment += &format!("%{byte:02X}"),
        }
    }
    fragment
}
