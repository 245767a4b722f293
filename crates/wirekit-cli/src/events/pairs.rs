//! Names with their values, as fields, trailers and uwsgi vars have them.

use serde_json::Value;

use super::Rejection;
use super::event::{Keys, latin1};

/// Pairs of byte strings in their order. All bytes stand one behind the other, so that a head costs two allocations
/// and not two for each of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    bytes: Vec<u8>,
    /// Where each name and each value ends.
    ends: Vec<(usize, usize)>,
}

impl Pairs {
    /// No pairs.
    pub const fn new() -> Self {
        Self {
            bytes: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// None, with room for so many.
    pub(crate) fn with_capacity(pairs: usize, bytes_len: usize) -> Self {
        Self {
            bytes: Vec::with_capacity(bytes_len),
            ends: Vec::with_capacity(pairs),
        }
    }

    /// Appends a pair.
    pub fn push(&mut self, name: &[u8], value: &[u8]) {
        self.bytes.extend_from_slice(name);
        let name_end = self.bytes.len();
        self.bytes.extend_from_slice(value);
        self.ends.push((name_end, self.bytes.len()));
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Each name with its value.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(name_end, end)| {
            let name = self.bytes.get(start..name_end).unwrap_or_default();
            let value = self.bytes.get(name_end..end).unwrap_or_default();
            start = end;
            (name, value)
        })
    }

    /// The value of the first pair of this name, in any case.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.iter()
            .find(|(found, _)| found.eq_ignore_ascii_case(name.as_bytes()))
            .map(|(_, value)| value)
    }

    pub(crate) fn from_json(keys: Keys<'_>, key: &str) -> Result<Self, Rejection> {
        let pairs = keys.pairs(key)?;
        Ok(pairs
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
            .collect())
    }

    pub(crate) fn to_json(&self) -> Value {
        self.iter()
            .map(|(name, value)| Value::Array(vec![latin1(name), latin1(value)]))
            .collect()
    }
}

impl<'a> FromIterator<(&'a [u8], &'a [u8])> for Pairs {
    fn from_iter<I: IntoIterator<Item = (&'a [u8], &'a [u8])>>(pairs: I) -> Self {
        let mut all = Self::new();
        for (name, value) in pairs {
            all.push(name, value);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back_in_their_order() {
        let rows: [(&[u8], &[u8]); 4] = [(b"Host", b"a"), (b"", b""), (b"X", b""), (b"host", b"b")];
        let pairs: Pairs = rows.into_iter().collect();
        assert!(pairs.iter().eq(rows));
        assert_eq!((pairs.len(), pairs.is_empty()), (4, false));
        assert_eq!(pairs.get("HOST"), Some(&b"a"[..]));
        assert_eq!(pairs.get("hos"), None);
        assert_eq!(
            pairs.to_json().to_string(),
            r#"[["Host","a"],["",""],["X",""],["host","b"]]"#
        );
    }
}
