/// One row a cause: the variant, its name and the text.
macro_rules! causes {
    ($($(#[$doc:meta])* $cause:ident = $name:literal, $text:literal;)*) => {
        /// Why a user is not on the server that they had.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Cause {
            $($(#[$doc])* $cause,)*
        }

        impl Cause {
            /// Every cause.
            pub const ALL: &'static [Self] = &[$(Self::$cause,)*];

            /// The stable name: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$cause => $name,)* }
            }

            /// What happened, in a sentence for a person.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$cause => $text,)* }
            }
        }
    };
}

#[rustfmt::skip]
causes! {
    /// The cookie is none that was signed here for this upstream.
    Forged = "forged", "The cookie is none that a gateway signed for this upstream with a key that is still known.";
    /// The cookie's time is over.
    Expired = "expired", "The cookie's time is over.";
    /// There are more cookies of the name than anybody has by accident.
    Duplicated = "duplicated", "There are too many cookies of the name.";
    /// The configuration has the server no longer.
    ServerGone = "server_gone", "The server is not in the configuration.";
    /// The server is down, or is left out for a while because it failed.
    ServerDown = "server_down", "The server is down, or failed a moment ago.";
    /// The server has as many requests as it takes.
    ServerFull = "server_full", "The server has as many requests as it takes.";
    /// The server was asked for this request, and failed.
    ServerFailed = "server_failed", "The server failed with this request.";
    /// Another gateway has moved the session.
    Elsewhere = "elsewhere", "Another gateway has moved the session to this server.";
    /// The store has no such session: it was never learnt, is over, or was thrown away.
    UnknownSession = "unknown_session", "The store does not know the session.";
    /// The store did not answer within the budget.
    StoreSlow = "store_slow", "The store did not answer within the budget.";
    /// The store cannot be reached.
    StoreGone = "store_gone", "The store cannot be reached.";
    /// The store takes nothing more.
    StoreFull = "store_full", "The store has no room.";
    /// The store has something else under the session's key.
    StoreWrong = "store_wrong", "The store's answer is no server's id.";
}

/// How a request came to its server, where its upstream keeps users on theirs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Placement {
    /// The request says nothing of a server: it was chosen as for everybody.
    New,
    /// The user stays on their server.
    Kept,
    /// The user may have been on another server, and is on this one from now on.
    Moved(Cause),
    /// Nobody says on which server the user is, who has a session: they are put by the hash of it, as by every gateway.
    Hashed(Cause),
}

impl Placement {
    /// The stable name: never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Kept => "kept",
            Self::Moved(_) => "moved",
            Self::Hashed(_) => "hashed",
        }
    }

    /// Why it is another server than before.
    pub const fn cause(self) -> Option<Cause> {
        match self {
            Self::New | Self::Kept => None,
            Self::Moved(cause) | Self::Hashed(cause) => Some(cause),
        }
    }
}
