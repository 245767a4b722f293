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

/// Builds the enum and its tables from one row a rule: what was found and allowed, the stable name, the section, the alert
/// and the text.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $({ $($(#[$field_doc:meta])* $field:ident: $type:ty = $zero:expr),* })? = $id:literal, $spec:literal, $alert:ident, $text:literal;)*) => {
        /// A rule of the record layer or of a handshake message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$doc])* #[error($text)] $name $({ $($(#[$field_doc])* $field: $type),* })?,)*
        }

        impl ErrorKind {
            /// One value of every kind, payloads zero.
            pub const ALL: &'static [Self] = &[$(Self::$name $({ $($field: $zero),* })?),*];

            /// A stable name such as `"tls.truncated"`, for metrics and tools: never renamed.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name { .. } => concat!("tls.", $id),)* }
            }

            /// Where the rule stands.
            pub const fn spec(self) -> &'static str {
                match self { $(Self::$name { .. } => $spec,)* }
            }

            /// The alert that an endpoint ends the connection with; who only looks on sends none.
            ///
            /// Where no section names one, RFC 8446 section 6 decides: decode_error for what "cannot be parsed according
            /// to the syntax (e.g., have a length extending beyond the message boundary or contain an out-of-range
            /// length)", illegal_parameter for what is "syntactically correct but semantically invalid".
            pub const fn alert(self) -> AlertDescription {
                match self { $(Self::$name { .. } => AlertDescription::$alert,)* }
            }
        }
    };
}

#[rustfmt::skip]
kinds! {
    /// The record's content type is none that TLS has.
    UnknownContentType { /** The type. */ found: ContentType = ContentType(0) } = "unknown_content_type", "RFC 8446 section 5", UNEXPECTED_MESSAGE, "content type {found:?} does not exist";
    // The largest that any version allows: TLS 1.2 lets protection add 2048 bytes.
    /// The record is longer than any protection of it allows.
    RecordTooLong { /** The declared length. */ found: u16 = 0, /** The most that is allowed. */ allowed: u16 = 0 } = "record_too_long", "RFC 5246 section 6.2.3", RECORD_OVERFLOW, "record of {found} bytes is longer than {allowed}";
    // Section 5.4 names the alert, for fragments that are empty behind their protection.
    /// A handshake or alert record has no bytes.
    EmptyFragment { /** The type of the record. */ found: ContentType = ContentType(0) } = "empty_fragment", "RFC 8446 section 5.1", UNEXPECTED_MESSAGE, "{found:?} record is empty";
    /// A handshake message was interrupted by a record of another type.
    Interleaved { /** The type of the other record. */ found: ContentType = ContentType(0) } = "interleaved", "RFC 8446 section 5.1", UNEXPECTED_MESSAGE, "{found:?} record inside a handshake message";
    // The message is correct by its syntax; only the limit refuses it.
    /// A handshake message is longer than the limit.
    MessageTooLong { /** The declared length. */ found: u32 = 0, /** The limit. */ allowed: u32 = 0 } = "message_too_long", "RFC 8446 section 4", ILLEGAL_PARAMETER, "handshake message of {found} bytes is longer than {allowed}";
    /// The message is of another type than the one asked for.
    UnexpectedMessage { /** The type. */ found: HandshakeType = HandshakeType(0) } = "unexpected_message", "RFC 8446 section 4", UNEXPECTED_MESSAGE, "message is {found:?}";
    /// A field is cut short by the end of the message.
    Truncated { /** Bytes that the field has at least. */ needed: usize = 0 } = "truncated", "RFC 8446 section 3.4", DECODE_ERROR, "field of {needed} bytes is cut short";
    /// A vector's length points past the end of what holds it.
    Overrun { /** The vector's length. */ declared: usize = 0, /** Bytes left for it. */ available: usize = 0 } = "overrun", "RFC 8446 section 3.4", DECODE_ERROR, "vector of {declared} bytes, but {available} are left";
    /// Bytes follow the last field.
    TrailingBytes = "trailing_bytes", "RFC 8446 section 6.2", DECODE_ERROR, "bytes after the last field";
    /// The session identifier is longer than 32 bytes.
    SessionIdTooLong { /** Its length. */ found: u8 = 0 } = "session_id_too_long", "RFC 8446 section 4.1.2", DECODE_ERROR, "session identifier of {found} bytes is longer than 32";
    /// The list of cipher suites is empty or ends inside one.
    CipherSuitesLength { /** Its length. */ found: usize = 0 } = "cipher_suites_length", "RFC 8446 section 4.1.2", DECODE_ERROR, "cipher suite list of {found} bytes is empty or odd";
    /// The list of compression methods is empty.
    NoCompressionMethod = "no_compression_method", "RFC 8446 section 4.1.2", DECODE_ERROR, "compression method list is empty";
    /// An extension type occurs twice in one message.
    DuplicateExtension { /** The type. */ found: ExtensionType = ExtensionType(0) } = "duplicate_extension", "RFC 8446 section 4.2", ILLEGAL_PARAMETER, "second {found:?} extension";
    /// The pre_shared_key extension of a ClientHello is not the last.
    PreSharedKeyNotLast = "pre_shared_key_not_last", "RFC 8446 section 4.2.11", ILLEGAL_PARAMETER, "pre_shared_key is not the last extension";
    /// The server_name extension names no server, or a host name is empty.
    ServerNameEmpty = "server_name_empty", "RFC 6066 section 3", DECODE_ERROR, "server name is empty";
    /// Two names of one type in the server_name extension.
    ServerNameDuplicate = "server_name_duplicate", "RFC 6066 section 3", ILLEGAL_PARAMETER, "second server name of one type";
    /// A host name has a byte that is not printable ASCII.
    ServerNameNotAscii { /** The byte. */ found: u8 = 0 } = "server_name_not_ascii", "RFC 6066 section 3", ILLEGAL_PARAMETER, "host name has byte {found:#04x}";
    /// The ALPN extension has no protocol, or an empty one.
    ProtocolNameEmpty = "protocol_name_empty", "RFC 7301 section 3.1", DECODE_ERROR, "protocol name is empty";
    /// The ALPN extension of a ServerHello selects more than one protocol.
    ProtocolNotOne = "protocol_not_one", "RFC 7301 section 3.1", ILLEGAL_PARAMETER, "more than one protocol is selected";
    /// The list of versions is empty or ends inside one.
    VersionsLength { /** Its length. */ found: usize = 0 } = "versions_length", "RFC 8446 section 4.2.1", DECODE_ERROR, "version list of {found} bytes is empty or odd";
    /// The list of groups is empty or ends inside one.
    SupportedGroupsLength { /** Its length. */ found: usize = 0 } = "supported_groups_length", "RFC 8446 section 4.2.7", DECODE_ERROR, "group list of {found} bytes is empty or odd";
    /// The list of signature algorithms is empty or ends inside one.
    SignatureAlgorithmsLength { /** Its length. */ found: usize = 0 } = "signature_algorithms_length", "RFC 8446 section 4.2.3", DECODE_ERROR, "signature algorithm list of {found} bytes is empty or odd";
    /// A change_cipher_spec record holds anything but the byte 1.
    ChangeCipherSpec = "change_cipher_spec", "RFC 8446 section 5", UNEXPECTED_MESSAGE, "change_cipher_spec is not the byte 1";
    /// An alert record does not hold exactly one alert.
    AlertLength { /** Bytes in the record. */ found: usize = 0 } = "alert_length", "RFC 8446 section 5.1", DECODE_ERROR, "alert of {found} bytes, not 2";
    /// The alert's level is neither warning nor fatal.
    AlertLevel { /** The level. */ found: u8 = 0 } = "alert_level", "RFC 8446 section 6", ILLEGAL_PARAMETER, "alert level {found} does not exist";
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
