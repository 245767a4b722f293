use wirekit_http::field::Name;

use crate::token;

wirekit_macros::flags! {
    /// What fields say about the connection and about what follows.
    pub(super) struct Flags(u8) {
        /// The connection option close.
        CLOSE = 0, "close";
        /// The connection option keep-alive.
        KEEP_ALIVE = 1, "keep_alive";
        /// The connection option upgrade.
        UPGRADE_OPTION = 2, "upgrade_option";
        /// A field Upgrade that is not empty.
        UPGRADE_FIELD = 3, "upgrade_field";
        /// Expect: 100-continue.
        EXPECT_CONTINUE = 4, "expect_continue";
        /// The connection stays open after the message.
        PERSISTS = 5, "persists";
        /// The message asks for, or offers, another protocol.
        UPGRADES = 6, "upgrades";
        /// Another protocol follows the message.
        SWITCHES = 7, "switches";
    }
}

impl Flags {
    pub(super) const fn insert(&mut self, other: Self) {
        *self = self.union(other);
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
