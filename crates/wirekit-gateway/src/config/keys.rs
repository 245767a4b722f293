use core::fmt;

/// The keys that sign the values of a cookie: the first signs, and every one of them verifies, so that a key is replaced
/// without a user who notices: the new one is put in front, and the old one is taken out once no cookie is left of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Keys(Vec<Vec<u8>>);

impl fmt::Debug for Keys {
    /// How many there are: a key is shown to nobody.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({})", self.0.len())
    }
}

/// Why a file has no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeysError {
    /// There is no line with a key.
    #[error("has no key")]
    Empty,
    /// A key that can be guessed.
    #[error("has a key of {len} bytes in line {line}")]
    TooShort {
        /// The line, the first being 1.
        line: usize,
        /// Its bytes.
        len: usize,
    },
}

impl Keys {
    /// RFC 2104 section 3: keys of "less than L bytes is strongly discouraged as it would decrease the security strength of
    /// the function", and L is 32 for SHA-256.
    pub const MIN_LEN: usize = 32;

    /// Reads a file: a key is a line, without white space around it.
    ///
    /// # Errors
    ///
    /// There is no key, or one is short.
    pub fn parse(text: &[u8]) -> Result<Self, KeysError> {
        let lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
        let mut keys = Vec::new();
        for (at, key) in lines.enumerate().filter(|(_, key)| !key.is_empty()) {
            if key.len() < Self::MIN_LEN {
                let (line, len) = (at + 1, key.len());
                return Err(KeysError::TooShort { line, len });
            }
            keys.push(key.to_vec());
        }
        match keys.is_empty() {
            true => Err(KeysError::Empty),
            false => Ok(Self(keys)),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_line_of_32_bytes() {
        let (a, b) = ("a".repeat(32), "b".repeat(32));
        let rows = [
            (format!("{a}\n"), Ok(1)),
            (a.clone(), Ok(1)),
            (format!("{a}\r\n\n {b} \n"), Ok(2)),
            (String::new(), Err(KeysError::Empty)),
            (" \n\n".into(), Err(KeysError::Empty)),
            (
                format!("{a}\n{}\n", "b".repeat(31)),
                Err(KeysError::TooShort { line: 2, len: 31 }),
            ),
        ];
        for (text, expected) in rows {
            let keys = Keys::parse(text.as_bytes());
            assert_eq!(keys.map(|keys| keys.iter().count()), expected, "{text:?}");
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let keys = Keys::parse("k".repeat(32).as_bytes()).unwrap();
        assert_eq!(format!("{keys:?}"), "Keys(1)");
    }
}
