//! The part of a target behind `?`, and the segments before it.

use crate::control::view::{Fault, Problem};

/// `name=value` pairs, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    /// Reads what stands behind `?`, as forms write it: `+` is a space.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`] where it is no text.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = |text: &str| decode(&text.replace('+', " "));
            decoded(name).zip(decoded(value))
        });
        let pairs: Option<Vec<_>> = pairs.collect();
        pairs
            .map(Self)
            .ok_or_else(|| Problem::new(Fault::Invalid, "the query is not percent-encoded UTF-8"))
    }

    /// The value of a parameter that may be there once.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`] where it is there twice.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, Problem> {
        let mut values = self.0.iter().filter(|(other, _)| other == name);
        let value = values.next().map(|(_, value)| value.as_str());
        match values.next() {
            None => Ok(value),
            Some(_) => Err(Problem::new(
                Fault::Invalid,
                format!("the query has {name} twice; allowed is once"),
            )),
        }
    }

    /// Nothing but these is there.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`]: a mistyped parameter must not be passed over.
    pub(crate) fn allow(&self, names: &[&str]) -> Result<(), Problem> {
        let mut others = self
            .0
            .iter()
            .filter(|(name, _)| !names.contains(&name.as_str()));
        match others.next() {
            None => Ok(()),
            Some((name, _)) => Err(Problem::new(
                Fault::Invalid,
                format!(
                    "the query has {name:?}; allowed here is: {}",
                    names.join(", ")
                ),
            )),
        }
    }

    /// All parameters but these, as they go on behind others.
    pub(crate) fn others(&self, names: &[&str]) -> String {
        let others = self.0.iter();
        let others = others.filter(|(name, _)| !names.contains(&name.as_str()));
        others
            .map(|(name, value)| format!("&{}={}", encode(name), encode(value)))
            .collect()
    }

    /// A whole number.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`] where it is none, or out of these bounds.
    pub(crate) fn number(
        &self,
        name: &str,
        bounds: core::ops::RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name)? else {
            return Ok(None);
        };
        let number = wirekit::http::token::decimal(text.as_bytes());
        match number.filter(|number| bounds.contains(number)) {
            Some(number) => Ok(Some(number)),
            None => Err(Problem::new(
                Fault::Invalid,
                format!(
                    "the query's {name} is {text:?}; allowed is a whole number from {} to {}",
                    bounds.start(),
                    bounds.end()
                ),
            )),
        }
    }

    /// `true` or `false`; `false` where it is not there.
    ///
    /// # Errors
    ///
    /// [`Fault::Invalid`] where it is neither.
    pub(crate) fn is_set(&self, name: &str) -> Result<bool, Problem> {
        match self.get(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(Problem::new(
                Fault::Invalid,
                format!("the query's {name} is {other:?}; allowed is true or false"),
            )),
        }
    }
}

/// Percent-encoded text.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (digits, after) = rest.split_first_chunk::<2>()?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        let [high, low] = digits;
        bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

/// Text as a segment of a path or a value of a query.
pub(crate) fn encode(text: &str) -> String {
    use core::fmt::Write;

    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// A step of a JSON pointer (RFC 6901 section 3).
pub(crate) fn step(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
