use wirekit_http::field::Name;

use crate::token;

/// What fields say of the connection and of what follows, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Flags(u8);

impl Flags {
    pub(super) const CLOSE: Self = Self(1);
    pub(super) const KEEP_ALIVE: Self = Self(2);
    pub(super) const UPGRADE_OPTION: Self = Self(4);
    pub(super) const UPGRADE_FIELD: Self = Self(8);
    pub(super) const EXPECT_CONTINUE: Self = Self(16);
    pub(super) const PERSISTS: Self = Self(32);
    pub(super) const UPGRADES: Self = Self(64);
    pub(super) const SWITCHES: Self = Self(128);

    pub(super) const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    pub(super) const fn insert(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// The options of a Connection field; gives how many of them are empty.
    #[inline]
    pub(super) fn connection(&mut self, value: &[u8]) -> usize {
        // Most senders write a single option.
        if !value.contains(&b',') {
            self.option(value);
            return usize::from(value.is_empty());
        }
        let mut empty = 0;
        for (_, option) in token::positioned_members(value) {
            self.option(option);
            empty += usize::from(option.is_empty());
        }
        empty
    }

    #[inline]
    fn option(&mut self, option: &[u8]) {
        if option.eq_ignore_ascii_case(b"close") {
            self.insert(Self::CLOSE);
        } else if Name::KeepAlive.is(option) {
            self.insert(Self::KEEP_ALIVE);
        } else if Name::Upgrade.is(option) {
            self.insert(Self::UPGRADE_OPTION);
        }
    }

    /// Whether these options keep the connection open after a message that has a definite end.
    pub(super) const fn persists(self, is_11: bool) -> bool {
        !self.contains(Self::CLOSE) && (is_11 || self.contains(Self::KEEP_ALIVE))
    }
}
