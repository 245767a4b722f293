use core::fmt;

use crate::token;

/// A request method: any token, case-sensitive (RFC 9110 section 9.1).
///
/// ```
/// use wirekit_http1::Method;
///
/// assert!(Method::PUT.is_idempotent() && !Method::PUT.is_safe());
/// assert_eq!(Method::new(b"BREW").map(Method::as_str), Some("BREW"));
/// assert_eq!(Method::new(b"GET /"), None);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Method<'a>(&'a [u8]);

/// As much of a request's method as decides how its response ends (RFC 9112 section 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MethodClass {
    Head,
    Connect,
    Other,
}

impl MethodClass {
    pub(crate) fn of(method: Method<'_>) -> Self {
        match method {
            Method::HEAD => Self::Head,
            Method::CONNECT => Self::Connect,
            _ => Self::Other,
        }
    }

    /// A method of this class.
    pub(crate) const fn method(self) -> Method<'static> {
        match self {
            Self::Head => Method::HEAD,
            Self::Connect => Method::CONNECT,
            Self::Other => Method::GET,
        }
    }
}

/// Builds the consts and the properties from one row a method.
macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident = $text:literal, safe $safe:literal, idempotent $idempotent:literal;)*) => {
        impl Method<'static> {
            $($(#[$doc])* pub const $name: Self = Self($text.as_bytes());)*

            /// Every registered method, in alphabetical order.
            pub const REGISTERED: &'static [Self] = &[$(Self::$name),*];
        }

        impl Method<'_> {
            /// Whether the method is registered as safe: it asks for no change (RFC 9110 section 9.2.1).
            pub fn is_safe(self) -> bool {
                $(const { assert!(!$safe || $idempotent, "a safe method is idempotent") };)*
                match self { $(Method::$name => $safe,)* _ => false }
            }

            /// Whether the method is registered as idempotent: doing it twice is doing it once (RFC 9110 section 9.2.2).
            pub fn is_idempotent(self) -> bool {
                match self { $(Method::$name => $idempotent,)* _ => false }
            }

            /// Whether the method is in the IANA registry.
            pub fn is_registered(self) -> bool {
                matches!(self, $(Method::$name)|*)
            }
        }
    };
}

methods! {
    /// RFC 3744 section 8.1.
    ACL = "ACL", safe false, idempotent true;
    /// RFC 3253 section 12.6.
    BASELINE_CONTROL = "BASELINE-CONTROL", safe false, idempotent true;
    /// RFC 5842 section 4.
    BIND = "BIND", safe false, idempotent true;
    /// RFC 3253 section 4.4.
    CHECKIN = "CHECKIN", safe false, idempotent true;
    /// RFC 3253 section 4.3.
    CHECKOUT = "CHECKOUT", safe false, idempotent true;
    /// RFC 9110 section 9.3.6.
    CONNECT = "CONNECT", safe false, idempotent false;
    /// RFC 4918 section 9.8.
    COPY = "COPY", safe false, idempotent true;
    /// RFC 9110 section 9.3.5.
    DELETE = "DELETE", safe false, idempotent true;
    /// RFC 9110 section 9.3.1.
    GET = "GET", safe true, idempotent true;
    /// RFC 9110 section 9.3.2.
    HEAD = "HEAD", safe true, idempotent true;
    /// RFC 3253 section 8.2.
    LABEL = "LABEL", safe false, idempotent true;
    /// RFC 2068 section 19.6.1.2.
    LINK = "LINK", safe false, idempotent true;
    /// RFC 4918 section 9.10.
    LOCK = "LOCK", safe false, idempotent false;
    /// RFC 3253 section 11.2.
    MERGE = "MERGE", safe false, idempotent true;
    /// RFC 3253 section 13.5.
    MKACTIVITY = "MKACTIVITY", safe false, idempotent true;
    /// RFC 4791 section 5.3.1.
    MKCALENDAR = "MKCALENDAR", safe false, idempotent true;
    /// RFC 4918 section 9.3.
    MKCOL = "MKCOL", safe false, idempotent true;
    /// RFC 4437 section 6.
    MKREDIRECTREF = "MKREDIRECTREF", safe false, idempotent true;
    /// RFC 3253 section 6.3.
    MKWORKSPACE = "MKWORKSPACE", safe false, idempotent true;
    /// RFC 4918 section 9.9.
    MOVE = "MOVE", safe false, idempotent true;
    /// RFC 9110 section 9.3.7.
    OPTIONS = "OPTIONS", safe true, idempotent true;
    /// RFC 3648 section 7.
    ORDERPATCH = "ORDERPATCH", safe false, idempotent true;
    /// RFC 5789 section 2.
    PATCH = "PATCH", safe false, idempotent false;
    /// RFC 9110 section 9.3.3.
    POST = "POST", safe false, idempotent false;
    /// RFC 9113 section 3.4: the preface of HTTP/2, never a method of HTTP/1.1.
    PRI = "PRI", safe true, idempotent true;
    /// RFC 4918 section 9.1.
    PROPFIND = "PROPFIND", safe true, idempotent true;
    /// RFC 4918 section 9.2.
    PROPPATCH = "PROPPATCH", safe false, idempotent true;
    /// RFC 9110 section 9.3.4.
    PUT = "PUT", safe false, idempotent true;
    /// RFC 10008 section 2: a safe request with content.
    QUERY = "QUERY", safe true, idempotent true;
    /// RFC 5842 section 6.
    REBIND = "REBIND", safe false, idempotent true;
    /// RFC 3253 section 3.6.
    REPORT = "REPORT", safe true, idempotent true;
    /// RFC 5323 section 2.
    SEARCH = "SEARCH", safe true, idempotent true;
    /// RFC 9110 section 9.3.8.
    TRACE = "TRACE", safe true, idempotent true;
    /// RFC 5842 section 5.
    UNBIND = "UNBIND", safe false, idempotent true;
    /// RFC 3253 section 4.5.
    UNCHECKOUT = "UNCHECKOUT", safe false, idempotent true;
    /// RFC 2068 section 19.6.1.3.
    UNLINK = "UNLINK", safe false, idempotent true;
    /// RFC 4918 section 9.11.
    UNLOCK = "UNLOCK", safe false, idempotent true;
    /// RFC 3253 section 7.1.
    UPDATE = "UPDATE", safe false, idempotent true;
    /// RFC 4437 section 7.
    UPDATEREDIRECTREF = "UPDATEREDIRECTREF", safe false, idempotent true;
    /// RFC 3253 section 3.5.
    VERSION_CONTROL = "VERSION-CONTROL", safe false, idempotent true;
}

impl<'a> Method<'a> {
    /// The method of these bytes, if they are a token.
    pub const fn new(name: &'a [u8]) -> Option<Self> {
        if token::is_token(name) {
            Some(Self(name))
        } else {
            None
        }
    }

    /// A method whose bytes the scanner has found to be a token.
    pub(crate) const fn from_token(name: &'a [u8]) -> Self {
        Self(name)
    }

    /// The method as it stands on the wire.
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }

    /// The method as text.
    pub fn as_str(self) -> &'a str {
        // A token is ASCII, so the default is never taken.
        core::str::from_utf8(self.0).unwrap_or_default()
    }
}

impl fmt::Debug for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Method<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;

    #[test]
    fn the_registry_is_sorted_and_made_of_tokens() {
        assert!(Method::REGISTERED.is_sorted_by(|a, b| a.0 < b.0));
        assert!(
            Method::REGISTERED
                .iter()
                .all(|method| token::is_token(method.0) && method.is_registered())
        );
    }

    #[test]
    fn properties_are_those_of_the_registry() {
        let safe = [
            "GET", "HEAD", "OPTIONS", "PRI", "PROPFIND", "QUERY", "REPORT", "SEARCH", "TRACE",
        ];
        let repeated_otherwise = ["CONNECT", "LOCK", "PATCH", "POST"];
        for method in Method::REGISTERED {
            let name = method.as_str();
            assert_eq!(method.is_safe(), safe.contains(&name), "{name}");
            assert_eq!(
                method.is_idempotent(),
                !repeated_otherwise.contains(&name),
                "{name}"
            );
            assert_eq!(std::format!("{method}"), name);
        }
        assert_eq!(Method::REGISTERED.len(), 40);
        for name in [&b"get"[..], b"BREW"] {
            let method = Method::new(name).unwrap();
            assert!(!method.is_safe() && !method.is_idempotent() && !method.is_registered());
        }
    }

    #[test]
    fn a_method_is_a_token() {
        for wrong in ["", "GET ", "G:T", "G\0", "G\u{e9}T"] {
            assert_eq!(Method::new(wrong.as_bytes()), None, "{wrong:?}");
        }
        assert_eq!(
            Method::new(b"M-SEARCH").map(Method::is_registered),
            Some(false)
        );
    }
}
