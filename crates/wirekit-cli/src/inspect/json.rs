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

    /// Bytes, one character each.
    pub(crate) fn bytes(&mut self, key: &str, bytes: &[u8]) -> &mut Self {
        let out = self.key(key);
        out.push(b'"');
        for &byte in bytes {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                0..0x20 | 0x7f..0xa0 => {
                    out.text("\\u00");
                    for half in [byte >> 4, byte & 15] {
                        out.push(if half < 10 {
                            b'0' + half
                        } else {
                            b'a' + half - 10
                        });
                    }
                }
                0x20..0x7f => out.push(byte),
                0xa0.. => out.extend_from_slice(&[0xc0 | byte >> 6, 0x80 | byte & 0x3f]),
            }
        }
        out.push(b'"');
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
            .names("none", [])
            .bytes("bytes", b"a\0\"\\\x1f\x7f\x85\xff");
        object.value("value", &Value::from("\u{0}\"é"));
        object.end();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            r#"{"n":7,"a":"b","list":["x","y"],"none":[],"bytes":"a\u0000\"\\\u001f\u007f\u0085ÿ","value":"\u0000\"é"}"#
        );
    }
}
