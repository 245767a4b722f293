use core::fmt;

use wirekit_http::field::{Classes, Name, classify};
pub(crate) use wirekit_http::token::{is_tchar as is_token_byte, is_token, trim_ows as trim};

/// An HTTP field: a name and a value, without the colon and the space around them (RFC 9110 section 5).
///
/// ```
/// use wirekit_uwsgi::Field;
///
/// let field = Field::new(b"keep-alive", b"timeout=5");
/// assert!(field.is("Keep-Alive"));
/// assert!(field.is_hop_by_hop()); // a request::Builder leaves it out
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 9110 section 5 fixes the two parts"
)]
pub struct Field<'a> {
    /// The name; upper and lower case are the same.
    pub name: &'a [u8],
    /// The value.
    pub value: &'a [u8],
}

impl<'a> Field<'a> {
    /// A field of these parts.
    pub const fn new(name: &'a [u8], value: &'a [u8]) -> Self {
        Self { name, value }
    }

    /// Whether the field has this name, in any case.
    pub const fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    /// Whether the field belongs to one connection and is never passed on: RFC 9110 section 7.6.1, `Keep-Alive`, and
    /// every `Proxy-*`.
    pub fn is_hop_by_hop(&self) -> bool {
        let (known, classes) = classify(self.name);
        is_hop_by_hop(known, classes)
    }
}

/// The rule of [`Field::is_hop_by_hop`], for a name that was classified.
pub(crate) fn is_hop_by_hop(known: Option<Name>, classes: Classes) -> bool {
    // RFC 9110 does not list Trailer, but what it announces goes no further than the packet.
    classes.intersects(Classes::CONNECTION | Classes::PROXY) || known == Some(Name::Trailer)
}

impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {}",
            self.name.escape_ascii(),
            self.value.escape_ascii()
        )
    }
}

/// Whether the name starts with that prefix, in any case.
pub(crate) const fn starts_with(name: &[u8], prefix: &[u8]) -> bool {
    match name.split_at_checked(prefix.len()) {
        Some((front, _)) => front.eq_ignore_ascii_case(prefix),
        None => false,
    }
}

/// Whether CR, LF or NUL stands in the bytes: what ends a line somewhere must not come through a value.
///
/// All bytes are looked at, without an early way out, so that the compiler takes many at a time.
pub(crate) fn breaks_lines(bytes: &[u8]) -> bool {
    bytes.iter().fold(false, |found, byte| {
        found | matches!(byte, b'\r' | b'\n' | 0)
    })
}

#[cfg(test)]
mod tests {
    use super::Field;

    #[test]
    fn fields_of_one_connection_are_known() {
        // RFC 9110 sections 7.6.1 and 11.7; RFC 2616 section 13.5.1 for Trailer and Keep-Alive.
        #[rustfmt::skip]
        let rows = [
            ("Connection", true), ("keep-alive", true), ("TE", true), ("Trailer", true), ("Transfer-Encoding", true),
            ("Upgrade", true), ("Proxy-Authorization", true), ("proxy-anything", true),
            ("Content-Length", false), ("Via", false), ("Proxy", false), ("", false),
        ];
        for (name, expected) in rows {
            let field = Field::new(name.as_bytes(), b"");
            assert_eq!(field.is_hop_by_hop(), expected, "{name}");
        }
    }
}
