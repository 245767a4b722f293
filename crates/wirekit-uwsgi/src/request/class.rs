//! What each of a client's fields is to a proxy, by its name.

use wirekit_http::ConnectionOptions;
use wirekit_http::field::{Classes, Name, classify};

use crate::EncodeError;
use crate::field::Field;

/// What a name is to a proxy.
pub(super) enum Class {
    /// Passed on.
    Ordinary,
    Cookie,
    /// Passed on, and may stand once.
    Single,
    ContentType,
    /// May stand once; the proxy says it itself.
    Framing,
    Connection,
    Upgrade,
    /// `X-Forwarded-*`, `X-Real-IP`, `Forwarded`.
    Forwarded,
    HopByHop,
    /// A byte other than a letter, a digit or `-`.
    Unsafe,
}

impl Class {
    pub(super) fn of(field: &Field<'_>) -> Self {
        let name = field.name;
        let (known, classes) = classify(name);
        match known {
            Some(Name::Host | Name::ContentLength) => Self::Framing,
            Some(Name::Cookie) => Self::Cookie,
            Some(Name::Upgrade) => Self::Upgrade,
            Some(Name::Connection) => Self::Connection,
            Some(Name::ContentType) => Self::ContentType,
            Some(Name::Authorization) => Self::Single,
            // What it announces goes no further than the packet.
            Some(Name::Trailer) => Self::HopByHop,
            // No row of the table has such a byte.
            None if !is_safe(name) => Self::Unsafe,
            _ if classes.contains(Classes::FORWARDED) => Self::Forwarded,
            _ if classes.intersects(Classes::CONNECTION | Classes::PROXY) => Self::HopByHop,
            // Would become HTTP_PROXY, which HTTP clients inside applications read as their own setting.
            None if field.is("proxy") => Self::HopByHop,
            _ => Self::Ordinary,
        }
    }
}

/// Whether a name is letters, digits and `-` alone.
///
/// All bytes are looked at, without an early way out, so that the compiler takes many at a time.
fn is_safe(name: &[u8]) -> bool {
    !name.is_empty()
        && name.iter().fold(true, |safe, byte| {
            safe & (byte.is_ascii_alphanumeric() | (*byte == b'-'))
        })
}

/// Which names have come, as a set of 256 hashes: nearly every new name is known to be new without a comparison.
pub(super) struct SeenNames([u64; 4]);

impl SeenNames {
    pub(super) const fn new() -> Self {
        Self([0; 4])
    }

    /// The first of the earlier fields with that name; notes the name.
    pub(super) fn first(&mut self, name: &[u8], earlier: &[Field<'_>]) -> Option<usize> {
        let letter = |byte: Option<&u8>| byte.map_or(0, |byte| byte | 0x20);
        let hash = letter(name.first())
            .wrapping_mul(7)
            .wrapping_add(letter(name.last()).wrapping_mul(29))
            .wrapping_add(letter(name.get(name.len() / 2)).wrapping_mul(113))
            .wrapping_add(name.len().to_le_bytes()[0].wrapping_mul(59));
        let word = self.0.get_mut(usize::from(hash >> 6))?;
        let bit = 1 << (hash & 63);
        if *word & bit == 0 {
            *word |= bit;
            return None;
        }
        earlier
            .iter()
            .position(|field| field.name.eq_ignore_ascii_case(name))
    }
}

/// What the `Connection` fields say, where it is more than nearly every request says, which names no other field.
///
/// Options that are no tokens, or are more than are compared, are an error: a field that one of them names would go on.
pub(super) fn options<'a>(
    fields: &'a [Field<'a>],
) -> Result<Option<ConnectionOptions<'a>>, EncodeError> {
    let mut options = None;
    for (at, field) in fields.iter().enumerate() {
        let is_usual = |usual: &str| field.value.eq_ignore_ascii_case(usual.as_bytes());
        if !Name::Connection.is(field.name)
            || ["keep-alive", "close", "upgrade"].into_iter().any(is_usual)
        {
            continue;
        }
        options
            .get_or_insert_with(ConnectionOptions::new)
            .add(field.value)
            .map_err(|_| EncodeError::InvalidValue { field: at })?;
    }
    Ok(options)
}
