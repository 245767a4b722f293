use core::ops::BitOr;

/// Ways to read variables as another parser does, where they break the rules; none by default.
///
/// Each one permits an attack: two parsers on one path that read a packet differently.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Quirks(u8);

impl Quirks {
    /// None: every rule holds.
    pub const NONE: Self = Self(0);
    /// uWSGI: a key that would reach the block's end or past it is no error; its two length bytes are skipped and
    /// its bytes are read as the next length.
    ///
    /// The attack: a value that a front checked as one var is read by the application as several, so a packet
    /// such as `.. ff 7f 09 00 PATH_INFO ..` names another path, or `UWSGI_FILE`, which uWSGI executes.
    pub const RESYNC: Self = Self(1);
    /// gunicorn: a key of zero bytes is an ordinary key.
    ///
    /// The attack: a packet that uWSGI drops is served.
    pub const EMPTY_KEY: Self = Self(2);
    /// uWSGI: `CONTENT_LENGTH` is the digits that its value starts with, modulo 2^64; zero if it starts with none.
    ///
    /// The attack: a front that reads the value in another way and the application disagree where the body ends, so a
    /// part of it is taken for a request, or a request for a part of it.
    pub const LEADING_DIGITS: Self = Self(4);

    /// Every quirk with its name, as `--quirk` takes it.
    pub const NAMED: &'static [(&'static str, Self)] = &[
        ("resync", Self::RESYNC),
        ("empty_key", Self::EMPTY_KEY),
        ("leading_digits", Self::LEADING_DIGITS),
    ];

    /// Whether every quirk in `other` is set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The quirk of that name in [`Quirks::NAMED`].
    pub fn from_name(name: &str) -> Option<Self> {
        let mut named = Self::NAMED.iter();
        named
            .find(|(known, _)| *known == name)
            .map(|(_, quirk)| *quirk)
    }
}

impl BitOr for Quirks {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}
