//! One event, and the JSON types of the contract.

use std::io::{self, Write};

use serde::Serialize as _;
use serde_json::ser::{Formatter, Serializer};
use serde_json::{Map, Value};

use super::Rejection;
use super::message::{Fault, Message};

/// Something that stands in a stream: its place, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    offset: u64,
    len: Option<u64>,
    message: Message,
}

impl Event {
    /// An event of `len` bytes from `offset` of its stream.
    pub(crate) const fn new(message: Message, offset: u64, len: u64) -> Self {
        Self {
            offset,
            len: Some(len),
            message,
        }
    }

    /// A rule broken at `offset`.
    pub(crate) fn error(offset: u64, fault: Fault) -> Self {
        Self {
            offset,
            len: None,
            message: Message::Error(Box::new(fault)),
        }
    }

    /// The input ended inside the message that starts at `offset`.
    pub(crate) const fn incomplete(offset: u64) -> Self {
        Self {
            offset,
            len: None,
            message: Message::Incomplete,
        }
    }

    /// The event's name, `request` or `error` for example.
    pub const fn name(&self) -> &'static str {
        self.message.name()
    }

    /// What it says.
    pub const fn message(&self) -> &Message {
        &self.message
    }

    /// Its first byte, counted from the start of the stream.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes that it used; `error` and `incomplete` have none.
    pub fn len(&self) -> Option<u64> {
        self.len
    }

    /// Whether it used no bytes.
    pub fn is_empty(&self) -> bool {
        self.len.is_none_or(|len| len == 0)
    }

    /// The event of the object that [`write`](Self::write) wrote.
    ///
    /// # Errors
    ///
    /// [`Rejection`] as [`Message::from_json`] says it, and without a place.
    pub fn from_json(object: &Map<String, Value>) -> Result<Self, Rejection> {
        let keys = Keys(object);
        Ok(Self {
            offset: keys.number("offset")?,
            len: keys.optional_number("len")?,
            message: Message::from_json(keys.name()?, object)?,
        })
    }

    /// Writes the event as one line of JSON.
    ///
    /// # Errors
    ///
    /// Whatever the writer answers.
    pub fn write(&self, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
        write!(
            out,
            "{{\"event\":\"{}\",\"offset\":{}",
            self.name(),
            self.offset
        )?;
        if let Some(len) = self.len {
            write!(out, ",\"len\":{len}")?;
        }
        for (key, value) in &self.message.to_json() {
            write!(out, ",\"{key}\":")?;
            write_value(value, out)?;
        }
        out.write_all(b"}\n")
    }
}

/// Writes a value as JSON that a terminal shows and a line reader leaves whole.
pub(crate) fn write_value(value: &Value, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    value.serialize(&mut Serializer::with_formatter(out, Escaping))?;
    Ok(())
}

/// Escapes the control characters that JSON lets stand as they are, U+007F to U+009F: one of them begins the commands
/// of a terminal, another ends a line for some readers.
struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        out: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        for piece in fragment.split_inclusive(char::is_control) {
            match piece.char_indices().next_back() {
                Some((at, control)) if control.is_control() => {
                    let plain = piece.get(..at).unwrap_or_default();
                    write!(out, "{plain}\\u{:04x}", u32::from(control))?;
                }
                _ => out.write_all(piece.as_bytes())?,
            }
        }
        Ok(())
    }
}

/// A byte string as JSON: one character per byte, U+0000 to U+00FF.
pub(crate) fn latin1(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|&byte| char::from(byte)).collect())
}

/// The bytes of a JSON byte string.
pub(crate) fn bytes_of(text: &str) -> Option<Vec<u8>> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).ok())
        .collect()
}

/// Pairs of byte strings, in order.
pub(crate) type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// The keys of an event that is to be encoded, with the rejection that names a key that is not as it should be.
#[derive(Clone, Copy)]
pub(crate) struct Keys<'a>(pub(crate) &'a Map<String, Value>);

impl<'a> Keys<'a> {
    fn missing(key: &str, what: &str) -> Rejection {
        Rejection::Malformed(format!("`{key}` must be {what}"))
    }

    pub(crate) fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// The event must have this name.
    pub(crate) fn expect(self, name: &str) -> Result<(), Rejection> {
        match self.name()? {
            found if found == name => Ok(()),
            found => Err(Rejection::Malformed(format!(
                "`{found}` is no event of this protocol"
            ))),
        }
    }

    /// The event's name.
    pub(crate) fn name(self) -> Result<&'a str, Rejection> {
        self.text("event")
    }

    /// A list; an absent one is empty.
    pub(crate) fn list(self, key: &str) -> Result<&'a [Value], Rejection> {
        let Some(value) = self.get(key) else {
            return Ok(&[]);
        };
        let list = value
            .as_array()
            .ok_or_else(|| Self::missing(key, "a list"))?;
        Ok(list)
    }

    pub(crate) fn text(self, key: &str) -> Result<&'a str, Rejection> {
        self.get(key)
            .and_then(Value::as_str)
            .ok_or_else(|| Self::missing(key, "a string"))
    }

    /// A string that may be absent, but is not something else.
    pub(crate) fn optional_text(self, key: &str) -> Result<Option<&'a str>, Rejection> {
        self.get(key).map(|_| self.text(key)).transpose()
    }

    pub(crate) fn flag(self, key: &str) -> Result<bool, Rejection> {
        self.get(key)
            .and_then(Value::as_bool)
            .ok_or_else(|| Self::missing(key, "true or false"))
    }

    /// A number that fits `N`.
    pub(crate) fn number<N: TryFrom<u64>>(self, key: &str) -> Result<N, Rejection> {
        self.get(key)
            .and_then(Value::as_u64)
            .and_then(|number| N::try_from(number).ok())
            .ok_or_else(|| Self::missing(key, "a number in the field's range"))
    }

    /// A number that may be absent, but is not something else.
    pub(crate) fn optional_number<N: TryFrom<u64>>(
        self,
        key: &str,
    ) -> Result<Option<N>, Rejection> {
        self.get(key).map(|_| self.number(key)).transpose()
    }

    /// A word of a list of words.
    pub(crate) fn word<T>(
        self,
        key: &str,
        meaning: impl Fn(&str) -> Option<T>,
    ) -> Result<T, Rejection> {
        meaning(self.text(key)?).ok_or_else(|| Self::missing(key, "a word that is known"))
    }

    pub(crate) fn bytes(self, key: &str) -> Result<Vec<u8>, Rejection> {
        bytes_of(self.text(key)?)
            .ok_or_else(|| Self::missing(key, "a string of characters U+0000 to U+00FF"))
    }

    /// What a key's value means.
    pub(crate) fn one<T>(
        self,
        key: &str,
        meaning: impl Fn(&Value) -> Option<T>,
    ) -> Result<T, Rejection> {
        let value = self.get(key).and_then(meaning);
        value.ok_or_else(|| Self::missing(key, "a name or number that is known"))
    }

    /// What each value of a list means; an absent list is empty.
    pub(crate) fn each<T>(
        self,
        key: &str,
        meaning: impl Fn(&Value) -> Option<T>,
    ) -> Result<Vec<T>, Rejection> {
        let values = self.list(key)?.iter().map(meaning).collect::<Option<_>>();
        values.ok_or_else(|| Self::missing(key, "a list of names or numbers that are known"))
    }

    /// A list of byte strings.
    pub(crate) fn strings(self, key: &str) -> Result<Vec<Vec<u8>>, Rejection> {
        let strings = self
            .list(key)?
            .iter()
            .map(|value| bytes_of(value.as_str()?));
        strings
            .collect::<Option<_>>()
            .ok_or_else(|| Self::missing(key, "a list of byte strings"))
    }

    /// A list of pairs of byte strings; an absent list is empty.
    pub(crate) fn pairs(self, key: &str) -> Result<Pairs, Rejection> {
        let pair = |value: &Value| match value.as_array()?.as_slice() {
            [name, value] => Some((bytes_of(name.as_str()?)?, bytes_of(value.as_str()?)?)),
            _ => None,
        };
        self.list(key)?
            .iter()
            .map(pair)
            .collect::<Option<_>>()
            .ok_or_else(|| Self::missing(key, "a list of [name, value] byte strings"))
    }
}

#[cfg(test)]
mod tests {
    use wirekit::websocket::MessageKind;

    use super::*;
    use crate::events::websocket::Content;

    #[test]
    fn a_line_has_the_keys_in_order_and_one_character_per_byte() {
        let content = Content {
            kind: MessageKind::Binary,
            data: b"\0\"~\x7f\x85\x9b\x9f\xa0\xff".to_vec(),
            compressed: false,
        };
        let event = Event::new(Message::Content(content), 7, 11);
        let mut line = Vec::new();
        event.write(&mut line).unwrap();
        let expected = concat!(
            r#"{"event":"message","offset":7,"len":11,"kind":"binary","#,
            "\"data\":\"\\u0000\\\"~\\u007f\\u0085\\u009b\\u009f\u{a0}\u{ff}\",\"compressed\":false}\n"
        );
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }

    #[test]
    fn a_byte_string_comes_back() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(bytes_of(latin1(&all).as_str().unwrap()), Some(all));
        assert_eq!(bytes_of("\u{100}"), None);
    }
}
