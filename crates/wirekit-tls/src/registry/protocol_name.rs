use super::grease;

/// Defines the names: a constant each, and its text.
macro_rules! protocol_names {
    ($($(#[$item:meta])* $constant:ident = $text:literal,)*) => {
        impl ProtocolName<'static> {
            $($(#[$item])* pub const $constant: Self = Self($text.as_bytes());)*
        }

        /// The names of the registry.
        const TEXTS: &[&str] = &[$($text),*];
    };
}

/// An application protocol: RFC 7301 section 3.1 and the IANA registry "TLS ALPN Protocol IDs", of which the names in
/// common use are here.
///
/// ```
/// use wirekit_tls::ProtocolName;
///
/// assert_eq!(ProtocolName(b"h2"), ProtocolName::H2);
/// assert_eq!(ProtocolName(b"http/1.1").name(), Some("http/1.1"));
/// assert_eq!(ProtocolName(b"my-protocol").name(), None); // a name that both ends know will do
/// ```
#[expect(clippy::exhaustive_structs, reason = "the wire holds bytes")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProtocolName<'a>(pub &'a [u8]);

protocol_names! {
    /// HTTP/1.0: RFC 1945.
    HTTP_1_0 = "http/1.0",
    /// HTTP/1.1: RFC 9112.
    HTTP_1_1 = "http/1.1",
    /// HTTP/2 over TLS: RFC 9113.
    H2 = "h2",
    /// HTTP/3: RFC 9114.
    H3 = "h3",
    /// The challenge of ACME: RFC 8737.
    ACME_TLS_1 = "acme-tls/1",
    /// CoAP: RFC 8323.
    COAP = "coap",
    /// DNS over QUIC: RFC 9250.
    DOQ = "doq",
    /// DNS over TLS: RFC 7858.
    DOT = "dot",
    /// FTP: RFC 4217.
    FTP = "ftp",
    /// IMAP: RFC 2595.
    IMAP = "imap",
    /// MQTT: OASIS.
    MQTT = "mqtt",
    /// Network Time Security: RFC 8915.
    NTSKE_1 = "ntske/1",
    /// POP3: RFC 2595.
    POP3 = "pop3",
    /// PostgreSQL.
    POSTGRESQL = "postgresql",
    /// SMB.
    SMB = "smb",
    /// TURN: RFC 7443.
    STUN_TURN = "stun.turn",
    /// XMPP for clients: XEP-0368.
    XMPP_CLIENT = "xmpp-client",
    /// XMPP between servers: XEP-0368.
    XMPP_SERVER = "xmpp-server",
}

impl ProtocolName<'_> {
    /// The registry's name as text.
    pub fn name(self) -> Option<&'static str> {
        let listed = TEXTS.iter().find(|text| text.as_bytes() == self.0);
        listed.copied().or_else(|| self.grease())
    }

    /// Whether the name stands for nothing and receivers must ignore it: RFC 8701.
    pub fn is_grease(self) -> bool {
        self.grease().is_some()
    }

    /// RFC 8701 section 2 reserves the two bytes of its cipher suites as names, too.
    fn grease(self) -> Option<&'static str> {
        let pair = self.0.try_into().ok()?;
        grease::pair(u16::from_be_bytes(pair))
    }
}

impl core::fmt::Debug for ProtocolName<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "ProtocolName(\"{}\")", self.0.escape_ascii()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::ProtocolName;

    #[test]
    fn names_are_text_bytes_or_grease() {
        assert_eq!(ProtocolName(b"h2"), ProtocolName::H2);
        assert_eq!(ProtocolName::HTTP_1_1.name(), Some("http/1.1"));
        assert_eq!(ProtocolName(b"\x0a\x0a").name(), Some("GREASE 0x0a0a"));
        assert!(ProtocolName(b"\xfa\xfa").is_grease());
        for other in [&b"\x0a"[..], b"\x0a\x1a", b"\x0a\x0a\x0a", b"h2"] {
            assert!(!ProtocolName(other).is_grease());
        }
        assert_eq!(
            format!("{:?}", ProtocolName(b"x\xff")),
            r#"ProtocolName("x\xff")"#
        );
        assert_eq!(format!("{:?}", ProtocolName::H3), "h3");
    }
}
