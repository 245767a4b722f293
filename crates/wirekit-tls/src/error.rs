use crate::{AlertDescription, ContentType, ExtensionType, HandshakeType};

/// The rule that a record or message broke, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct Error {
    kind: ErrorKind,
    offset: usize,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind, offset: usize) -> Self {
        Self { kind, offset }
    }

    /// The rule that was broken.
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// The first offending byte, counted from the start of the slice that was parsed.
    pub const fn offset(self) -> usize {
        self.offset
    }

    /// The same error in the coordinates of a buffer in which the slice starts at `by`.
    #[must_use]
    pub const fn shifted(self, by: usize) -> Self {
        Self {
            kind: self.kind,
            offset: self.offset.saturating_add(by),
        }
    }
}

/// A rule of the record layer or of a handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The record's content type is none that TLS has.
    #[error("content type {found:?} does not exist")]
    UnknownContentType {
        /// The type.
        found: ContentType,
    },
    /// The record is longer than any protection of it allows.
    #[error("record of {found} bytes is longer than {allowed}")]
    RecordTooLong {
        /// The declared length.
        found: u16,
        /// The most that is allowed.
        allowed: u16,
    },
    /// A handshake or alert record has no bytes.
    #[error("{found:?} record is empty")]
    EmptyFragment {
        /// The type of the record.
        found: ContentType,
    },
    /// A handshake message was interrupted by a record of another type.
    #[error("{found:?} record inside a handshake message")]
    Interleaved {
        /// The type of the other record.
        found: ContentType,
    },
    /// A handshake message is longer than the limit.
    #[error("handshake message of {found} bytes is longer than {allowed}")]
    MessageTooLong {
        /// The declared length.
        found: u32,
        /// The limit.
        allowed: u32,
    },
    /// The message is of another type than the one asked for.
    #[error("message is {found:?}")]
    UnexpectedMessage {
        /// The type.
        found: HandshakeType,
    },
    /// A field is cut short by the end of the message.
    #[error("field of {needed} bytes is cut short")]
    Truncated {
        /// Bytes that the field has at least.
        needed: usize,
    },
    /// A vector's length points past the end of what holds it.
    #[error("vector of {declared} bytes, but {available} are left")]
    Overrun {
        /// The vector's length.
        declared: usize,
        /// Bytes left for it.
        available: usize,
    },
    /// Bytes follow the last field.
    #[error("bytes after the last field")]
    TrailingBytes,
    /// The session identifier is longer than 32 bytes.
    #[error("session identifier of {found} bytes is longer than 32")]
    SessionIdTooLong {
        /// Its length.
        found: u8,
    },
    /// The list of cipher suites is empty or ends inside one.
    #[error("cipher suite list of {found} bytes is empty or odd")]
    CipherSuitesLength {
        /// Its length.
        found: usize,
    },
    /// The list of compression methods is empty.
    #[error("compression method list is empty")]
    NoCompressionMethod,
    /// An extension type occurs twice in one message.
    #[error("second {found:?} extension")]
    DuplicateExtension {
        /// The type.
        found: ExtensionType,
    },
    /// The pre_shared_key extension of a ClientHello is not the last.
    #[error("pre_shared_key is not the last extension")]
    PreSharedKeyNotLast,
    /// The server_name extension names no server, or a host name is empty.
    #[error("server name is empty")]
    ServerNameEmpty,
    /// Two names of one type in the server_name extension.
    #[error("second server name of one type")]
    ServerNameDuplicate,
    /// A host name has a byte that is not printable ASCII.
    #[error("host name has byte {found:#04x}")]
    ServerNameNotAscii {
        /// The byte.
        found: u8,
    },
    /// The ALPN extension has no protocol, or an empty one.
    #[error("protocol name is empty")]
    ProtocolNameEmpty,
    /// The ALPN extension of a ServerHello selects more than one protocol.
    #[error("more than one protocol is selected")]
    ProtocolNotOne,
    /// The list of versions is empty or ends inside one.
    #[error("version list of {found} bytes is empty or odd")]
    VersionsLength {
        /// Its length.
        found: usize,
    },
    /// The list of groups is empty or ends inside one.
    #[error("group list of {found} bytes is empty or odd")]
    SupportedGroupsLength {
        /// Its length.
        found: usize,
    },
    /// The list of signature algorithms is empty or ends inside one.
    #[error("signature algorithm list of {found} bytes is empty or odd")]
    SignatureAlgorithmsLength {
        /// Its length.
        found: usize,
    },
    /// A change_cipher_spec record holds anything but the byte 1.
    #[error("change_cipher_spec is not the byte 1")]
    ChangeCipherSpec,
    /// An alert record does not hold exactly one alert.
    #[error("alert of {found} bytes, not 2")]
    AlertLength {
        /// Bytes in the record.
        found: usize,
    },
    /// The alert's level is neither warning nor fatal.
    #[error("alert level {found} does not exist")]
    AlertLevel {
        /// The level.
        found: u8,
    },
}

impl ErrorKind {
    /// One value of every kind, payloads zero.
    pub const ALL: &'static [Self] = &[
        Self::UnknownContentType {
            found: ContentType(0),
        },
        Self::RecordTooLong {
            found: 0,
            allowed: 0,
        },
        Self::EmptyFragment {
            found: ContentType(0),
        },
        Self::Interleaved {
            found: ContentType(0),
        },
        Self::MessageTooLong {
            found: 0,
            allowed: 0,
        },
        Self::UnexpectedMessage {
            found: HandshakeType(0),
        },
        Self::Truncated { needed: 0 },
        Self::Overrun {
            declared: 0,
            available: 0,
        },
        Self::TrailingBytes,
        Self::SessionIdTooLong { found: 0 },
        Self::CipherSuitesLength { found: 0 },
        Self::NoCompressionMethod,
        Self::DuplicateExtension {
            found: ExtensionType(0),
        },
        Self::PreSharedKeyNotLast,
        Self::ServerNameEmpty,
        Self::ServerNameDuplicate,
        Self::ServerNameNotAscii { found: 0 },
        Self::ProtocolNameEmpty,
        Self::ProtocolNotOne,
        Self::VersionsLength { found: 0 },
        Self::SupportedGroupsLength { found: 0 },
        Self::SignatureAlgorithmsLength { found: 0 },
        Self::ChangeCipherSpec,
        Self::AlertLength { found: 0 },
        Self::AlertLevel { found: 0 },
    ];

    /// A stable name such as `"tls.truncated"`, for metrics and tools: never renamed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownContentType { .. } => "tls.unknown_content_type",
            Self::RecordTooLong { .. } => "tls.record_too_long",
            Self::EmptyFragment { .. } => "tls.empty_fragment",
            Self::Interleaved { .. } => "tls.interleaved",
            Self::MessageTooLong { .. } => "tls.message_too_long",
            Self::UnexpectedMessage { .. } => "tls.unexpected_message",
            Self::Truncated { .. } => "tls.truncated",
            Self::Overrun { .. } => "tls.overrun",
            Self::TrailingBytes => "tls.trailing_bytes",
            Self::SessionIdTooLong { .. } => "tls.session_id_too_long",
            Self::CipherSuitesLength { .. } => "tls.cipher_suites_length",
            Self::NoCompressionMethod => "tls.no_compression_method",
            Self::DuplicateExtension { .. } => "tls.duplicate_extension",
            Self::PreSharedKeyNotLast => "tls.pre_shared_key_not_last",
            Self::ServerNameEmpty => "tls.server_name_empty",
            Self::ServerNameDuplicate => "tls.server_name_duplicate",
            Self::ServerNameNotAscii { .. } => "tls.server_name_not_ascii",
            Self::ProtocolNameEmpty => "tls.protocol_name_empty",
            Self::ProtocolNotOne => "tls.protocol_not_one",
            Self::VersionsLength { .. } => "tls.versions_length",
            Self::SupportedGroupsLength { .. } => "tls.supported_groups_length",
            Self::SignatureAlgorithmsLength { .. } => "tls.signature_algorithms_length",
            Self::ChangeCipherSpec => "tls.change_cipher_spec",
            Self::AlertLength { .. } => "tls.alert_length",
            Self::AlertLevel { .. } => "tls.alert_level",
        }
    }

    /// Where the rule stands.
    pub const fn spec(self) -> &'static str {
        match self {
            Self::UnknownContentType { .. } | Self::ChangeCipherSpec => "RFC 8446 section 5",
            // The largest that any version allows: TLS 1.2 lets protection add 2048 bytes.
            Self::RecordTooLong { .. } => "RFC 5246 section 6.2.3",
            Self::EmptyFragment { .. } | Self::Interleaved { .. } | Self::AlertLength { .. } => {
                "RFC 8446 section 5.1"
            }
            Self::MessageTooLong { .. } | Self::UnexpectedMessage { .. } => "RFC 8446 section 4",
            Self::Truncated { .. } | Self::Overrun { .. } => "RFC 8446 section 3.4",
            Self::TrailingBytes => "RFC 8446 section 6.2",
            Self::SessionIdTooLong { .. }
            | Self::CipherSuitesLength { .. }
            | Self::NoCompressionMethod => "RFC 8446 section 4.1.2",
            Self::DuplicateExtension { .. } => "RFC 8446 section 4.2",
            Self::PreSharedKeyNotLast => "RFC 8446 section 4.2.11",
            Self::ServerNameEmpty | Self::ServerNameDuplicate | Self::ServerNameNotAscii { .. } => {
                "RFC 6066 section 3"
            }
            Self::ProtocolNameEmpty | Self::ProtocolNotOne => "RFC 7301 section 3.1",
            Self::VersionsLength { .. } => "RFC 8446 section 4.2.1",
            Self::SupportedGroupsLength { .. } => "RFC 8446 section 4.2.7",
            Self::SignatureAlgorithmsLength { .. } => "RFC 8446 section 4.2.3",
            Self::AlertLevel { .. } => "RFC 8446 section 6",
        }
    }

    /// The alert that an endpoint ends the connection with; who only looks on sends none.
    ///
    /// Where no section names one, RFC 8446 section 6 decides: decode_error for what "cannot be parsed according to the
    /// syntax (e.g., have a length extending beyond the message boundary or contain an out-of-range length)",
    /// illegal_parameter for what is "syntactically correct but semantically invalid".
    pub const fn alert(self) -> AlertDescription {
        match self {
            // RFC 8446 section 5: "If a TLS implementation receives an unexpected record type, it MUST terminate the
            // connection with an "unexpected_message" alert", and the same for "any other change_cipher_spec value";
            // section 5.4 asks it for empty fragments.
            Self::UnknownContentType { .. }
            | Self::ChangeCipherSpec
            | Self::EmptyFragment { .. }
            | Self::Interleaved { .. }
            | Self::UnexpectedMessage { .. } => AlertDescription::UNEXPECTED_MESSAGE,
            // RFC 8446 section 5.2
            Self::RecordTooLong { .. } => AlertDescription::RECORD_OVERFLOW,
            Self::Truncated { .. }
            | Self::Overrun { .. }
            | Self::TrailingBytes
            | Self::SessionIdTooLong { .. }
            | Self::CipherSuitesLength { .. }
            | Self::NoCompressionMethod
            | Self::ServerNameEmpty
            | Self::ProtocolNameEmpty
            | Self::VersionsLength { .. }
            | Self::SupportedGroupsLength { .. }
            | Self::SignatureAlgorithmsLength { .. }
            | Self::AlertLength { .. } => AlertDescription::DECODE_ERROR,
            // RFC 8446 section 4.2.11 names it for pre_shared_key. A message that is longer than the limit is correct
            // by its syntax.
            Self::PreSharedKeyNotLast
            | Self::MessageTooLong { .. }
            | Self::DuplicateExtension { .. }
            | Self::ServerNameDuplicate
            | Self::ServerNameNotAscii { .. }
            | Self::ProtocolNotOne
            | Self::AlertLevel { .. } => AlertDescription::ILLEGAL_PARAMETER,
        }
    }
}

/// What kept a value from being encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A list or string does not fit its length field, or is shorter than the format allows.
    #[error("{field} of {len} bytes is out of its range")]
    Length {
        /// The RFC's name of the field.
        field: &'static str,
        /// Its length.
        len: usize,
    },
    /// What was written breaks a rule that a receiver checks.
    #[error("message breaks a rule: {0}")]
    Rule(ErrorKind),
    /// The output has no room.
    #[error("output has no room for {needed} bytes")]
    OutputTooSmall {
        /// The encoded length.
        needed: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::TrailingBytes, 4).shifted(20);
        assert_eq!(
            (error.kind(), error.offset()),
            (ErrorKind::TrailingBytes, 24)
        );
    }
}
