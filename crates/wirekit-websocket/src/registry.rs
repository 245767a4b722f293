use core::fmt;

/// A frame's opcode: four bits that say what the payload is (RFC 6455 section 5.2).
///
/// Values of the IANA "WebSocket Opcode" registry have consts; the others are reserved and a parser refuses them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 6455 section 5.2 fixes an opcode as one number"
)]
pub struct Opcode(pub u8);

impl Opcode {
    /// The next fragment of a message (RFC 6455 section 5.4).
    pub const CONTINUATION: Self = Self(0x0);
    /// A text message or its first fragment (RFC 6455 section 5.6).
    pub const TEXT: Self = Self(0x1);
    /// A binary message or its first fragment (RFC 6455 section 5.6).
    pub const BINARY: Self = Self(0x2);
    /// The close handshake (RFC 6455 section 5.5.1).
    pub const CLOSE: Self = Self(0x8);
    /// A ping, to be answered with a pong (RFC 6455 section 5.5.2).
    pub const PING: Self = Self(0x9);
    /// A pong, asked for or not (RFC 6455 section 5.5.3).
    pub const PONG: Self = Self(0xA);

    /// Whether frames of this opcode are control frames, reserved ones included: the top bit of the four is set.
    pub const fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// Whether no RFC gives this value a meaning.
    pub const fn is_reserved(self) -> bool {
        self.name().is_none()
    }

    /// The name in lower case, or `None` for a reserved value.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::CONTINUATION => "continuation",
            Self::TEXT => "text",
            Self::BINARY => "binary",
            Self::CLOSE => "close",
            Self::PING => "ping",
            Self::PONG => "pong",
            _ => return None,
        })
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{:#x}", self.0),
        }
    }
}

/// The status code of a Close frame (RFC 6455 section 7.4, and the IANA "WebSocket Close Code Number" registry).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_structs,
    reason = "RFC 6455 section 5.5.1 fixes a status code as two bytes"
)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// The purpose of the connection has been fulfilled (RFC 6455 section 7.4.1).
    pub const NORMAL_CLOSURE: Self = Self(1000);
    /// A server goes down, or a browser leaves the page (RFC 6455 section 7.4.1).
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the protocol (RFC 6455 section 7.4.1).
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// A kind of data that the endpoint cannot accept (RFC 6455 section 7.4.1).
    pub const UNSUPPORTED_DATA: Self = Self(1003);
    /// Not on the wire: the Close frame had no status code (RFC 6455 section 7.4.1).
    pub const NO_STATUS: Self = Self(1005);
    /// Not on the wire: the connection ended without a Close frame (RFC 6455 section 7.4.1).
    pub const ABNORMAL_CLOSURE: Self = Self(1006);
    /// Data that does not fit the kind of the message, such as text that is not UTF-8 (RFC 6455 section 7.4.1).
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// A message against the endpoint's policy (RFC 6455 section 7.4.1).
    pub const POLICY_VIOLATION: Self = Self(1008);
    /// A message too big to process (RFC 6455 section 7.4.1).
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// A client expected an extension that the server did not accept (RFC 6455 section 7.4.1).
    pub const MANDATORY_EXTENSION: Self = Self(1010);
    /// An unexpected condition prevented an answer (RFC 6455 section 7.4.1).
    pub const INTERNAL_ERROR: Self = Self(1011);
    /// The service restarts (IANA).
    pub const SERVICE_RESTART: Self = Self(1012);
    /// The service is overloaded: connect again later (IANA).
    pub const TRY_AGAIN_LATER: Self = Self(1013);
    /// A gateway got an invalid answer from the server behind it (IANA).
    pub const BAD_GATEWAY: Self = Self(1014);
    /// Not on the wire: the TLS handshake failed (RFC 6455 section 7.4.1).
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// Whether a Close frame may carry this code.
    ///
    /// True for the codes that RFC 6455 section 7.4.1 and IANA define for the wire, for 3000 to 3999 (registered
    /// with IANA by libraries and applications) and for 4000 to 4999 (private use).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }

    /// The name in lower case, or `None` where neither an RFC nor IANA's table up to 2999 has one.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::NORMAL_CLOSURE => "normal closure",
            Self::GOING_AWAY => "going away",
            Self::PROTOCOL_ERROR => "protocol error",
            Self::UNSUPPORTED_DATA => "unsupported data",
            Self::NO_STATUS => "no status",
            Self::ABNORMAL_CLOSURE => "abnormal closure",
            Self::INVALID_PAYLOAD => "invalid payload",
            Self::POLICY_VIOLATION => "policy violation",
            Self::MESSAGE_TOO_BIG => "message too big",
            Self::MANDATORY_EXTENSION => "mandatory extension",
            Self::INTERNAL_ERROR => "internal error",
            Self::SERVICE_RESTART => "service restart",
            Self::TRY_AGAIN_LATER => "try again later",
            Self::BAD_GATEWAY => "bad gateway",
            Self::TLS_HANDSHAKE => "tls handshake",
            _ => return None,
        })
    }
}

impl fmt::Debug for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{} ({name})", self.0),
            None => write!(f, "{}", self.0),
        }
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sendable_codes_are_those_of_the_rfc_and_iana() {
        let ranges = [1000..=1003, 1007..=1014, 3000..=4999];
        for code in 0..=u16::MAX {
            let expected = ranges.iter().any(|range| range.contains(&code));
            assert_eq!(CloseCode(code).is_sendable(), expected, "{code}");
        }
    }

    #[test]
    fn six_opcodes_are_defined() {
        let defined: [u8; 6] = [0, 1, 2, 8, 9, 10];
        for opcode in 0..16 {
            assert_eq!(
                Opcode(opcode).is_reserved(),
                !defined.contains(&opcode),
                "{opcode}"
            );
            assert_eq!(Opcode(opcode).is_control(), opcode >= 8, "{opcode}");
        }
    }
}
