use core::fmt;
use core::iter::FusedIterator;

use crate::token::{is_tchar, is_value_byte, token_len, trim_ows_start};
use crate::write::{Sink, write};
use crate::{EncodeError, Error, ErrorKind};

/// The parameters behind a value, checked: `*( OWS ";" OWS [ parameter ] )` (RFC 9110 section 5.6.6).
///
/// Which names there are, and whether one may be there twice, is for the field to say.
///
/// ```
/// use wirekit_http::Parameters;
///
/// let parameters = Parameters::parse(br#"; charset=utf-8; title="a \"b\"""#)?;
/// let title = parameters.get("Title").expect("a parameter");
/// assert!(title.is("a \"b\""));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Parameters<'a> {
    bytes: &'a [u8],
}

impl<'a> Parameters<'a> {
    /// No parameters.
    pub const NONE: Self = Self { bytes: b"" };

    /// Checks what stands from the first semicolon to the end of a list's element or of a field's value.
    ///
    /// # Errors
    ///
    /// [`ParameterDelimiter`](ErrorKind::ParameterDelimiter), [`Token`](ErrorKind::Token),
    /// [`ParameterEquals`](ErrorKind::ParameterEquals), [`ParameterValue`](ErrorKind::ParameterValue),
    /// [`QuotedStringOpen`](ErrorKind::QuotedStringOpen) and [`QuotedStringByte`](ErrorKind::QuotedStringByte).
    pub fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let mut rest = input;
        loop {
            let place = |error: Error| error.shifted(input.len() - rest.len());
            match next(rest).map_err(place)? {
                Some((_, after)) => rest = after,
                None => return Ok(Self { bytes: input }),
            }
        }
    }

    /// The bytes that were checked.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// The parameters, in order.
    pub const fn iter(&self) -> ParametersIter<'a> {
        ParametersIter { rest: self.bytes }
    }

    /// The value of the first parameter with that name, in any case.
    pub fn get(&self, name: &str) -> Option<Value<'a>> {
        self.iter()
            .find(|parameter| parameter.name.eq_ignore_ascii_case(name))
            .map(|parameter| parameter.value)
    }
}

impl<'a> IntoIterator for Parameters<'a> {
    type Item = Parameter<'a>;
    type IntoIter = ParametersIter<'a>;

    fn into_iter(self) -> ParametersIter<'a> {
        self.iter()
    }
}

impl fmt::Debug for Parameters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The parameters of [`Parameters`], in order.
#[derive(Clone, Debug)]
pub struct ParametersIter<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for ParametersIter<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        // They were checked, so there is no error.
        let (parameter, rest) = next(self.rest).ok()??;
        self.rest = rest;
        parameter.or_else(|| self.next_after_empty())
    }
}

impl<'a> ParametersIter<'a> {
    /// The next parameter behind `;` without one, however many of these there are.
    fn next_after_empty(&mut self) -> Option<Parameter<'a>> {
        loop {
            let (parameter, rest) = next(self.rest).ok()??;
            self.rest = rest;
            if parameter.is_some() {
                return parameter;
            }
        }
    }
}

impl FusedIterator for ParametersIter<'_> {}

/// A name and its value: RFC 9110 section 5.6.6.
///
/// ```
/// use wirekit_http::Parameters;
///
/// let parameters = Parameters::parse(b"; q=0.5; level=1")?;
/// assert!(parameters.iter().map(|parameter| parameter.name).eq(["q", "level"]));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Parameter<'a> {
    /// A token; upper and lower case are the same.
    pub name: &'a str,
    /// Whether case matters in it depends on the name.
    pub value: Value<'a>,
}

/// A token or a quoted string, which are "equivalent" where both say the same (RFC 9110 section 5.6.6).
///
/// ```
/// use wirekit_http::Value;
///
/// let (value, used) = Value::parse(br#""a \"b\"";next"#)?;
/// assert_eq!((value.raw(), used), (&br#"a \"b\""#[..], 9));
/// assert!(value.bytes().eq(*b"a \"b\""));
/// # Ok::<(), wirekit_http::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Value<'a> {
    /// A token, or what stands between the quotes.
    raw: &'a [u8],
    is_quoted: bool,
}

impl<'a> Value<'a> {
    /// Reads a token or a quoted string at the front of `input`, and the bytes that it takes.
    ///
    /// # Errors
    ///
    /// [`ParameterValue`](ErrorKind::ParameterValue), [`QuotedStringOpen`](ErrorKind::QuotedStringOpen) and
    /// [`QuotedStringByte`](ErrorKind::QuotedStringByte).
    pub const fn parse(input: &'a [u8]) -> Result<(Self, usize), Error> {
        if let [b'"', inside @ ..] = input {
            return match quoted_len(inside) {
                Ok(len) => match inside.split_at_checked(len) {
                    Some((raw, _)) => {
                        let is_quoted = true;
                        Ok((Self { raw, is_quoted }, len + 2))
                    }
                    None => Err(Error::new(ErrorKind::QuotedStringOpen, input.len())),
                },
                Err(error) => Err(error.shifted(1)),
            };
        }
        match input.split_at_checked(token_len(input)) {
            Some((raw @ [_, ..], _)) => {
                let is_quoted = false;
                Ok((Self { raw, is_quoted }, raw.len()))
            }
            _ => Err(Error::new(ErrorKind::ParameterValue, 0)),
        }
    }

    /// A value that says `text`, for sending: written as a token or as a quoted string, as the bytes need it.
    pub const fn new(text: &'a [u8]) -> Self {
        let is_quoted = false;
        Self {
            raw: text,
            is_quoted,
        }
    }

    /// Whether the value can be written.
    pub(crate) fn check(&self) -> Result<(), EncodeError> {
        match self.bytes().position(|byte| !is_value_byte(byte)) {
            Some(offset) => Err(EncodeError::InvalidByte { offset }),
            None => Ok(()),
        }
    }

    pub(crate) fn write_to(&self, sink: &mut Sink<'_>) {
        let is_token = self.bytes().next().is_some() && self.bytes().all(is_tchar);
        if !is_token {
            sink.put(b"\"");
        }
        for byte in self.bytes() {
            if needs_quoting(byte) {
                sink.put(b"\\");
            }
            sink.put(&[byte]);
        }
        if !is_token {
            sink.put(b"\"");
        }
    }

    /// The bytes as they came, without the quotes of a quoted string, with its backslashes.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether it came as a quoted string.
    pub const fn is_quoted(&self) -> bool {
        self.is_quoted
    }

    /// The bytes that the value says: "as if [a quoted pair] were replaced by the octet following the backslash" (RFC
    /// 9110 section 5.6.4).
    pub const fn bytes(&self) -> Text<'a> {
        Text {
            rest: self.raw,
            is_quoted: self.is_quoted,
        }
    }

    /// The bytes that the value says where they lie, unless a quoted pair is among them.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        let is_plain = !self.is_quoted || !self.raw.contains(&b'\\');
        is_plain.then_some(self.raw)
    }

    /// Whether the value says these bytes.
    pub fn is(&self, text: impl AsRef<[u8]>) -> bool {
        self.bytes().eq(text.as_ref().iter().copied())
    }

    /// Whether the value says these bytes, in any case.
    pub fn is_ignoring_case(&self, text: impl AsRef<[u8]>) -> bool {
        let lower = text.as_ref().iter().map(u8::to_ascii_lowercase);
        self.bytes().map(|byte| byte.to_ascii_lowercase()).eq(lower)
    }

    /// Writes what the value says to the front of `out`, and returns how long it is.
    ///
    /// # Errors
    ///
    /// [`EncodeError::OutputTooSmall`]; then `out` is as it was.
    pub fn copy_to_slice(&self, out: &mut [u8]) -> Result<usize, EncodeError> {
        let needed = self.bytes().count();
        let out = out
            .get_mut(..needed)
            .ok_or(EncodeError::OutputTooSmall { needed })?;
        for (place, byte) in out.iter_mut().zip(self.bytes()) {
            *place = byte;
        }
        Ok(needed)
    }
}

/// Two values are the same where they say the same, quoted or not.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl Eq for Value<'_> {}

impl core::hash::Hash for Value<'_> {
    fn hash<H: core::hash::Hasher>(&self, state: &mut H) {
        for byte in self.bytes() {
            state.write_u8(byte);
        }
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.raw.escape_ascii())
    }
}

/// The bytes that a [`Value`] says, quoted pairs resolved: RFC 9110 section 5.6.4. The example of [`Value`] reads them.
#[derive(Clone, Debug)]
pub struct Text<'a> {
    rest: &'a [u8],
    is_quoted: bool,
}

impl Iterator for Text<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let (byte, rest) = match self.rest {
            [b'\\', byte, rest @ ..] if self.is_quoted => (byte, rest),
            [byte, rest @ ..] => (byte, rest),
            [] => return None,
        };
        self.rest = rest;
        Some(*byte)
    }
}

impl FusedIterator for Text<'_> {}

/// Writes `value` as a token where it is one, else as a quoted string, to the front of `out`; returns how many bytes
/// that took (RFC 9110 section 5.6.4).
///
/// ```
/// let mut out = [0; 16];
/// let len = wirekit_http::encode_value(b"[::1]:80", &mut out)?;
/// assert_eq!(&out[..len], br#""[::1]:80""#);
/// # Ok::<(), wirekit_http::EncodeError>(())
/// ```
///
/// # Errors
///
/// [`EncodeError::InvalidByte`] for a control character, [`EncodeError::OutputTooSmall`]; then `out` is as it was.
pub fn encode_value(value: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    let value = Value::new(value);
    value.check()?;
    write(out, |sink| value.write_to(sink))
}

/// "A sender SHOULD NOT generate a quoted-pair in a quoted-string except where necessary to quote DQUOTE and backslash".
const fn needs_quoting(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\')
}

/// A parameter, unless the semicolon has none, and what follows it.
type Next<'a> = (Option<Parameter<'a>>, &'a [u8]);

/// `OWS ";" OWS [ parameter ]`, or nothing at the end.
fn next(input: &[u8]) -> Result<Option<Next<'_>>, Error> {
    let at = |kind, rest: &[u8]| Error::new(kind, input.len() - rest.len());
    let rest = match trim_ows_start(input) {
        [] => return Ok(None),
        [b';', rest @ ..] => trim_ows_start(rest),
        rest => return Err(at(ErrorKind::ParameterDelimiter, rest)),
    };
    if matches!(rest, [] | [b';', ..]) {
        return Ok(Some((None, rest)));
    }
    let (name, behind) = match rest.split_at_checked(token_len(rest)) {
        Some((name @ [_, ..], behind)) => (name, behind),
        _ => return Err(at(ErrorKind::Token, rest)),
    };
    // "Parameters do not allow whitespace (not even "bad" whitespace) around the "=" character."
    let [b'=', behind @ ..] = behind else {
        return Err(at(ErrorKind::ParameterEquals, behind));
    };
    let shift = |error: Error| error.shifted(input.len() - behind.len());
    let (value, len) = Value::parse(behind).map_err(shift)?;
    // A token is ASCII.
    let name = core::str::from_utf8(name).unwrap_or_default();
    let behind = behind.get(len..).unwrap_or_default();
    if !matches!(trim_ows_start(behind), [] | [b';', ..]) {
        return Err(at(ErrorKind::ParameterDelimiter, trim_ows_start(behind)));
    }
    Ok(Some((Some(Parameter { name, value }), behind)))
}

/// How many bytes stand in front of the closing quote.
const fn quoted_len(inside: &[u8]) -> Result<usize, Error> {
    let mut rest = inside;
    loop {
        let (byte, after) = match rest {
            [b'"', ..] => return Ok(inside.len() - rest.len()),
            [b'\\', byte, after @ ..] => (*byte, after),
            [b'\\'] | [] => return Err(Error::new(ErrorKind::QuotedStringOpen, inside.len())),
            [byte, after @ ..] => (*byte, after),
        };
        if !is_value_byte(byte) {
            let offset = inside.len() - after.len() - 1;
            return Err(Error::new(ErrorKind::QuotedStringByte, offset));
        }
        rest = after;
    }
}

#[cfg(test)]
mod tests;
