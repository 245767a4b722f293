//! Var blocks: the checked view, its iterator, and the walk that checks on the way.

use core::fmt;

pub use super::walk::Walk;
use crate::{Error, Quirks};

/// One variable of a var block: two byte strings. Specification section 2.
///
/// ```
/// use wirekit_uwsgi::{Var, Vars};
///
/// let vars = Vars::parse(b"\x05\0HTTPS\x02\0on")?;
/// assert!(vars.into_iter().eq([Var::new(b"HTTPS", b"on")]));
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_structs, reason = "the format fixes the two parts")]
pub struct Var<'a> {
    /// The key; never empty in what this crate encodes.
    pub key: &'a [u8],
    /// The value; may be empty.
    pub value: &'a [u8],
}

impl<'a> Var<'a> {
    /// A variable of these parts.
    pub const fn new(key: &'a [u8], value: &'a [u8]) -> Self {
        Self { key, value }
    }
}

impl fmt::Debug for Var<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}={:?}",
            self.key.escape_ascii(),
            self.value.escape_ascii()
        )
    }
}

/// A checked var block: key, value, key, value, each behind its length as a little-endian `u16`.
///
/// Keys and values are bytes; nothing says that they are UTF-8. Order and duplicates are kept as they stand.
///
/// ```
/// use wirekit_uwsgi::Vars;
///
/// let vars = Vars::parse(b"\x09\0PATH_INFO\x04\0/env")?;
/// assert_eq!(vars.get(b"PATH_INFO"), Some(&b"/env"[..]));
/// for var in vars {
///     println!("{var:?}");
/// }
/// # Ok::<(), wirekit_uwsgi::Error>(())
/// ```
///
/// Specification section 2.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Vars<'a> {
    block: &'a [u8],
    quirks: Quirks,
}

impl<'a> Vars<'a> {
    /// Checks a whole block by the strict rules.
    ///
    /// # Errors
    ///
    /// `KeyLenTruncated`, `EmptyKey`, `KeyOverrun`, `ValueLenTruncated`, `ValueOverrun`, at the first byte of the
    /// length that is wrong.
    pub fn parse(block: &'a [u8]) -> Result<Self, Error> {
        Self::parse_with(block, Quirks::NONE)
    }

    /// Checks a whole block, with quirks.
    ///
    /// # Errors
    ///
    /// As [`Vars::parse`], except for what `quirks` permits.
    pub fn parse_with(block: &'a [u8], quirks: Quirks) -> Result<Self, Error> {
        for var in Walk::new(block, quirks) {
            var?;
        }
        Ok(Self { block, quirks })
    }

    /// Walks a block that is not checked yet: one pass, errors as they come.
    pub fn walk(block: &'a [u8]) -> Walk<'a> {
        Walk::new(block, Quirks::NONE)
    }

    /// A block that was checked with the same quirks.
    pub(crate) const fn checked(block: &'a [u8], quirks: Quirks) -> Self {
        Self { block, quirks }
    }

    /// The block's bytes, without a packet's header.
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.block
    }

    /// The variables in their order.
    pub fn iter(&self) -> VarsIter<'a> {
        VarsIter {
            walk: Walk::new(self.block, self.quirks),
        }
    }

    /// The last value of a key, which is what uWSGI and gunicorn hand to an application.
    ///
    /// It walks the block; for the keys that matter, [`Index`](crate::server::Index) does it once.
    pub fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        self.iter()
            .filter(|var| var.key == key)
            .last()
            .map(|var| var.value)
    }
}

impl fmt::Debug for Vars<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a> IntoIterator for Vars<'a> {
    type Item = Var<'a>;
    type IntoIter = VarsIter<'a>;

    fn into_iter(self) -> VarsIter<'a> {
        self.iter()
    }
}

/// The iterator over [`Vars`].
#[derive(Clone, Debug)]
pub struct VarsIter<'a> {
    walk: Walk<'a>,
}

impl<'a> Iterator for VarsIter<'a> {
    type Item = Var<'a>;

    #[inline]
    fn next(&mut self) -> Option<Var<'a>> {
        // `Vars::parse_with` walked the same block with the same quirks to its end.
        self.walk.next().and_then(Result::ok)
    }
}
