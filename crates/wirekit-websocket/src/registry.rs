use core::fmt;

wirekit_macros::registry! {
    /// A frame's opcode: four bits that say what the payload is (RFC 6455 section 5.2).
    ///
    /// Values of the IANA "WebSocket Opcode" registry have consts; the others are reserved and a parser refuses them.
    ///
    /// ```
    /// use wirekit_websocket::Opcode;
    ///
    /// assert!(Opcode::PING.is_control());
    /// assert!(Opcode(0xb).is_control() && Opcode(0xb).is_reserved());
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "RFC 6455 section 5.2 fixes an opcode as one number")]
    pub struct Opcode(pub u8) without Debug {
        /// The next fragment of a message.
        CONTINUATION = 0x0, "continuation", "RFC 6455 section 5.4";
        /// A text message or its first fragment.
        TEXT = 0x1, "text", "RFC 6455 section 5.6";
        /// A binary message or its first fragment.
        BINARY = 0x2, "binary", "RFC 6455 section 5.6";
        /// The close handshake.
        CLOSE = 0x8, "close", "RFC 6455 section 5.5.1";
        /// A ping, to be answered with a pong.
        PING = 0x9, "ping", "RFC 6455 section 5.5.2";
        /// A pong, asked for or not.
        PONG = 0xA, "pong", "RFC 6455 section 5.5.3";
    }
}

impl Opcode {
    /// Whether frames of this opcode are control frames, reserved ones included: the top bit of the four is set.
    pub const fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// Whether no RFC gives this value a meaning.
    pub const fn is_reserved(self) -> bool {
        self.name().is_none()
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

wirekit_macros::registry! {
    /// The status code of a Close frame (RFC 6455 section 7.4, and the IANA "WebSocket Close Code Number" registry up to 2999).
    ///
    /// ```
    /// use wirekit_websocket::CloseCode;
    ///
    /// assert_eq!(CloseCode(1001), CloseCode::GOING_AWAY);
    /// assert!(CloseCode(4000).is_sendable()); // between the two ends
    /// assert!(!CloseCode::ABNORMAL_CLOSURE.is_sendable()); // says that no Close frame came
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "RFC 6455 section 5.5.1 fixes a status code as two bytes")]
    pub struct CloseCode(pub u16) without Debug {
        /// The purpose of the connection has been fulfilled.
        NORMAL_CLOSURE = 1000, "normal closure", "RFC 6455 section 7.4.1";
        /// A server goes down, or a browser leaves the page.
        GOING_AWAY = 1001, "going away", "RFC 6455 section 7.4.1";
        /// The peer broke the protocol.
        PROTOCOL_ERROR = 1002, "protocol error", "RFC 6455 section 7.4.1";
        /// A kind of data that the endpoint cannot accept.
        UNSUPPORTED_DATA = 1003, "unsupported data", "RFC 6455 section 7.4.1";
        /// Not on the wire: the Close frame had no status code.
        NO_STATUS = 1005, "no status", "RFC 6455 section 7.4.1";
        /// Not on the wire: the connection ended without a Close frame.
        ABNORMAL_CLOSURE = 1006, "abnormal closure", "RFC 6455 section 7.4.1";
        /// Data that does not fit the kind of the message, such as text that is not UTF-8.
        INVALID_PAYLOAD = 1007, "invalid payload", "RFC 6455 section 7.4.1";
        /// A message against the endpoint's policy.
        POLICY_VIOLATION = 1008, "policy violation", "RFC 6455 section 7.4.1";
        /// A message too big to process.
        MESSAGE_TOO_BIG = 1009, "message too big", "RFC 6455 section 7.4.1";
        /// A client expected an extension that the server did not accept.
        MANDATORY_EXTENSION = 1010, "mandatory extension", "RFC 6455 section 7.4.1";
        /// An unexpected condition prevented an answer.
        INTERNAL_ERROR = 1011, "internal error", "RFC 6455 section 7.4.1";
        /// The service restarts.
        SERVICE_RESTART = 1012, "service restart", "IANA";
        /// The service is overloaded: connect again later.
        TRY_AGAIN_LATER = 1013, "try again later", "IANA";
        /// A gateway got an invalid answer from the server behind it.
        BAD_GATEWAY = 1014, "bad gateway", "IANA";
        /// Not on the wire: the TLS handshake failed.
        TLS_HANDSHAKE = 1015, "tls handshake", "RFC 6455 section 7.4.1";
    }
}

impl CloseCode {
    /// Whether a Close frame may carry this code.
    ///
    /// True for the codes that RFC 6455 section 7.4.1 and IANA define for the wire, for 3000 to 3999 (registered
    /// with IANA by libraries and applications) and for 4000 to 4999 (private use).
    pub const fn is_sendable(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
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
    fn numbers_show_with_their_names() {
        use std::format;
        assert_eq!(format!("{:?} {:?}", Opcode::PING, Opcode(3)), "ping 0x3");
        let code = CloseCode::GOING_AWAY;
        assert_eq!(format!("{code:?} {code}"), "1001 (going away) 1001");
        assert_eq!(format!("{:?}", CloseCode(4000)), "4000");
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
