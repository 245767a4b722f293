//! What each of a client's fields is to a proxy, by its name.

use wirekit_http::field::{Classes, Name, classify};

use crate::EncodeError;
use crate::field::{Field, members, trim};

/// The most bytes of `Connection` options that are compared with every field's name.
const MAX_OPTIONS_LEN: usize = 1024;

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
        if name.is_empty()
            || !name
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
        {
            return Self::Unsafe;
        }
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
            _ if classes.contains(Classes::FORWARDED) => Self::Forwarded,
            _ if classes.intersects(Classes::CONNECTION | Classes::PROXY) => Self::HopByHop,
            // Would become HTTP_PROXY, which HTTP clients inside applications read as their own setting.
            None if field.is("proxy") => Self::HopByHop,
            _ => Self::Ordinary,
        }
    }
}

/// Which names have come, as a set of 256 hashes: nearly every new name is known to be new without a comparison.
pub(super) struct Seen([u64; 4]);

impl Seen {
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

/// The names that `Connection` lists.
#[derive(Clone, Copy)]
pub(super) struct Options<'a> {
    /// Empty where nothing is listed but the usual.
    fields: &'a [Field<'a>],
}

impl<'a> Options<'a> {
    pub(super) fn of(fields: &'a [Field<'a>]) -> Result<Self, EncodeError> {
        let mut len = 0_usize;
        let mut unusual = false;
        for (at, field) in fields
            .iter()
            .enumerate()
            .filter(|(_, field)| field.is("connection"))
        {
            len = len.saturating_add(field.value.len());
            if len > MAX_OPTIONS_LEN {
                return Err(EncodeError::InvalidValue { field: at });
            }
            unusual |= members(field.value).any(|option| {
                !["keep-alive", "close", "upgrade"]
                    .iter()
                    .any(|usual| option.eq_ignore_ascii_case(usual.as_bytes()))
            });
        }
        Ok(Self {
            fields: if unusual { fields } else { &[] },
        })
    }

    /// Whether the field is named by a `Connection` field, and so belongs to one connection only.
    pub(super) fn name(self, field: &Field<'_>) -> bool {
        self.fields
            .iter()
            .filter(|other| other.is("connection"))
            .any(|other| {
                members(other.value).any(|option| trim(option).eq_ignore_ascii_case(field.name))
            })
    }
}
