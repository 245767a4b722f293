//! One JSON object a line, written key by key.

use serde_json::Value;

use super::put::Put as _;
use crate::events::write_value;

/// A JSON object that is being appended to a line.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    pub(crate) fn new(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    /// Writes the key, and gives the place where its value goes.
    pub(crate) fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !self.empty {
            self.out.push(b',');
        }
        self.empty = false;
        self.out.push(b'"');
        self.out.text(key);
        self.out.text("\":");
        self.out
    }

    pub(crate) fn number(&mut self, key: &str, number: u64) -> &mut Self {
        self.key(key).number(number);
        self
    }

    /// A text that needs no escapes: a name, an address.
    pub(crate) fn plain(&mut self, key: &str, text: &str) -> &mut Self {
        let out = self.key(key);
        out.push(b'"');
        out.text(text);
        out.push(b'"');
        self
    }

    /// A value that is JSON as it stands: a number, `true`.
    pub(crate) fn plain_value(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key).text(value);
        self
    }

    /// A list of names.
    pub(crate) fn names<'n>(
        &mut self,
        key: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> &mut Self {
        let out = self.key(key);
        out.push(b'[');
        for (index, name) in names.into_iter().enumerate() {
            out.text(if index == 0 { "\"" } else { ",\"" });
            out.text(name);
            out.push(b'"');
        }
        out.push(b']');
        self
    }

    pub(crate) fn value(&mut self, key: &str, value: &Value) -> &mut Self {
        let out = self.key(key);
        // Neither a vector nor a value of text, numbers and lists can fail.
        drop(write_value(value, out));
        self
    }

    /// Ends the object.
    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_in_the_order_of_the_calls() {
        let mut line = Vec::new();
        let mut object = Object::new(&mut line);
        object
            .number("n", 7)
            .plain("a", "b")
            .names("list", ["x", "y"])
            .names("none", []);
        object.value("value", &Value::from("\u{0}\"é"));
        object.end();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            r#"{"n":7,"a":"b","list":["x","y"],"none":[],"value":"\u0000\"é"}"#
        );
    }
}
