/// One of the two ends of a connection: RFC 9293 section 3.5.
///
/// ```
/// use wirekit_tcp::track::Side;
///
/// assert_eq!(Side::Client.peer(), Side::Server);
/// ```
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// The end that asks for the connection: the sender of the first SYN.
    Client,
    /// The other end.
    Server,
}

impl Side {
    /// The end at the other side of the connection.
    #[inline]
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `"client"` or `"server"`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Side;

    #[test]
    fn an_end_has_its_name_and_its_peer() {
        for (side, name, peer) in [
            (Side::Client, "client", Side::Server),
            (Side::Server, "server", Side::Client),
        ] {
            assert_eq!((side.as_str(), side.peer()), (name, peer));
        }
    }
}
