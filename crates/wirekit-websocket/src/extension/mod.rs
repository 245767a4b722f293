//! Sec-WebSocket-Extensions: its grammar, and the negotiation of any extension (RFC 6455 section 9).
//!
//! ```
//! use wirekit_websocket::extension::Extensions;
//!
//! let value = b"permessage-deflate; client_max_window_bits; server_max_window_bits=\"10\", x-trace";
//! let mut extensions = Extensions::parse(value)?.iter();
//! let deflate = extensions.next().unwrap();
//! assert_eq!(deflate.token(), "permessage-deflate");
//! let bits = deflate.parameters().iter().find(|parameter| parameter.name() == "server_max_window_bits");
//! assert!(bits.is_some_and(|bits| bits.value().is_some_and(|value| value == "10")));
//! assert_eq!(extensions.next().unwrap().token(), "x-trace");
//! # Ok::<(), wirekit_websocket::handshake::Error>(())
//! ```

mod grammar;
mod negotiate;

use core::fmt;

use crate::handshake::Error;

pub use negotiate::{Answer, InUse, Negotiate, confirm, negotiate, write_offer};

/// The checked value of one Sec-WebSocket-Extensions field: RFC 6455 section 9.1.
///
/// A message may carry several such fields; they count as one list, in their order.
///
/// ```
/// use wirekit_websocket::extension::Extensions;
///
/// let offers = Extensions::parse(b"permessage-deflate; server_max_window_bits=\"10\", x-own")?;
/// let names: Vec<_> = offers.iter().map(|extension| extension.token()).collect();
/// assert_eq!(names, ["permessage-deflate", "x-own"]);
/// let parameter = offers.iter().next().and_then(|first| first.parameters().iter().next()).expect("one");
/// assert_eq!(parameter.name(), "server_max_window_bits");
/// assert_eq!(parameter.value().and_then(|value| value.to_u8()), Some(10));
/// # Ok::<(), wirekit_websocket::handshake::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensions<'a> {
    value: &'a [u8],
}

impl<'a> Extensions<'a> {
    /// Checks a field's value.
    ///
    /// Whether the extensions and parameters mean something is not looked at; quoted values must be tokens once
    /// unquoted, as RFC 6455 section 9.1 asks.
    ///
    /// # Errors
    ///
    /// The kinds of [`ErrorKind`](crate::handshake::ErrorKind) that start with `Extension`, but the client's two.
    pub fn parse(value: &'a [u8]) -> Result<Self, Error> {
        grammar::check(value).map(|()| Self { value })
    }

    /// The value as it was given.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.value
    }

    /// The extensions, in their order.
    #[must_use]
    pub const fn iter(self) -> ExtensionsIter<'a> {
        ExtensionsIter { rest: self.value }
    }
}

impl<'a> IntoIterator for Extensions<'a> {
    type Item = Extension<'a>;
    type IntoIter = ExtensionsIter<'a>;

    fn into_iter(self) -> ExtensionsIter<'a> {
        self.iter()
    }
}

/// The iterator over [`Extensions`].
#[derive(Clone, Debug)]
pub struct ExtensionsIter<'a> {
    rest: &'a [u8],
}

impl<'a> ExtensionsIter<'a> {
    /// The next extension and where it begins in a value of `len` bytes.
    fn next_with_offset(&mut self, len: usize) -> Option<(usize, Extension<'a>)> {
        let (start, rest, extension) = grammar::next_extension(self.rest)?;
        self.rest = rest;
        Some((len.saturating_sub(start.len()), extension))
    }
}

impl<'a> Iterator for ExtensionsIter<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        self.next_with_offset(0).map(|(_, extension)| extension)
    }
}

/// One extension of the list, its name and parameters: RFC 6455 section 9.1. The example of [`Extensions`] reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extension<'a> {
    token: &'a str,
    parameters: &'a [u8],
}

impl<'a> Extension<'a> {
    /// The extension's name. RFC 6455 does not fold its case.
    #[must_use]
    pub const fn token(self) -> &'a str {
        self.token
    }

    /// The parameters, in their order.
    #[must_use]
    pub const fn parameters(self) -> Parameters<'a> {
        Parameters {
            bytes: self.parameters,
        }
    }
}

/// The parameters of one extension: RFC 6455 section 9.1. The example of [`Extensions`] reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters<'a> {
    bytes: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// The parameters, in their order.
    #[must_use]
    pub const fn iter(self) -> ParametersIter<'a> {
        ParametersIter { rest: self.bytes }
    }
}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = Parameter<'a>;
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.iter()
    }
}

/// The iterator over [`Parameters`].
#[derive(Clone, Debug)]
pub struct ParametersIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ParametersIter<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        let (rest, parameter) = grammar::next_parameter(self.rest)?;
        self.rest = rest;
        Some(parameter)
    }
}

/// One parameter of an extension: RFC 6455 section 9.1. The example of [`Extensions`] reads one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    name: &'a str,
    value: Option<Value<'a>>,
}

impl<'a> Parameter<'a> {
    /// The parameter's name.
    #[must_use]
    pub const fn name(self) -> &'a str {
        self.name
    }

    /// What stands after `=`.
    #[must_use]
    pub const fn value(self) -> Option<Value<'a>> {
        self.value
    }
}

/// A parameter's value: a token, which may have been written as a quoted string (RFC 6455 section 9.1). The example of
/// [`Extensions`] reads one as a number.
#[derive(Clone, Copy, Debug)]
pub struct Value<'a> {
    // Without the quotes; a backslash is no tchar, so one that stands here escapes.
    raw: &'a [u8],
}

impl<'a> Value<'a> {
    /// The characters, unquoted.
    pub fn bytes(self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.raw.iter().copied().filter(|&byte| byte != b'\\')
    }

    /// The value as a number without sign or leading zeros, if it is one that fits.
    #[must_use]
    pub fn to_u8(self) -> Option<u8> {
        let mut digits = self.bytes();
        let first = digits.next()?;
        let mut number = digit(first)?;
        for byte in digits {
            if first == b'0' {
                return None;
            }
            number = number.checked_mul(10)?.checked_add(digit(byte)?)?;
        }
        Some(number)
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Value<'_> {}

impl PartialEq<str> for Value<'_> {
    fn eq(&self, other: &str) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl PartialEq<&str> for Value<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes()
            .try_for_each(|byte| fmt::Write::write_char(f, char::from(byte)))
    }
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        _ => None,
    }
}
