use crate::{AlertDescription, ContentType, ExtensionType, HandshakeType};

wirekit_macros::errors! {
    /// The rule that a record or message broke, and where: RFC 8446 section 6.2.
    ///
    /// The offset counts bytes from the start of the slice that the call was given, and is that of the first byte at fault.
    ///
    /// ```
    /// use wirekit_tls::{ErrorKind, RecordHeader};
    ///
    /// let error = RecordHeader::parse(&[23, 3, 3, 0xff, 0xff]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::RecordTooLong { found: 65_535, allowed: 18_432 });
    /// assert_eq!(error.offset(), 3); // the length field
    /// assert_eq!(error.to_string(), "record of 65535 bytes is longer than 18432 at byte 3");
    /// ```
    pub struct Error;

    /// A rule of the record layer or of a handshake message; each names the section that has it.
    ///
    /// ```
    /// use wirekit_tls::{AlertDescription, ErrorKind};
    ///
    /// let kind = ErrorKind::PreSharedKeyNotLast;
    /// assert_eq!(kind.spec(), "RFC 8446 section 4.2.11");
    /// assert_eq!(kind.as_str(), "tls.pre_shared_key_not_last"); // never renamed: for logs and metrics
    /// assert_eq!(kind.alert(), AlertDescription::ILLEGAL_PARAMETER);
    /// ```
    pub enum ErrorKind("tls") {
        /// The record's content type is none that TLS has.
        UnknownContentType { /** The type. */ found: ContentType = ContentType(0) } = "unknown_content_type", "RFC 8446 section 5", "content type {found} does not exist", UNEXPECTED_MESSAGE;
        // The largest that any version allows: TLS 1.2 lets protection add 2048 bytes.
        /// The record is longer than any protection of it allows.
        RecordTooLong { /** The declared length. */ found: u16 = 0, /** The most that is allowed. */ allowed: u16 = 0 } = "record_too_long", "RFC 5246 section 6.2.3", "record of {found} bytes is longer than {allowed}", RECORD_OVERFLOW;
        // Section 5.4 names the alert, for fragments that are empty behind their protection.
        /// A handshake or alert record has no bytes.
        EmptyFragment { /** The type of the record. */ found: ContentType = ContentType(0) } = "empty_fragment", "RFC 8446 section 5.1", "record of type {found} is empty", UNEXPECTED_MESSAGE;
        /// A handshake message was interrupted by a record of another type.
        Interleaved { /** The type of the other record. */ found: ContentType = ContentType(0) } = "interleaved", "RFC 8446 section 5.1", "record of type {found} inside a handshake message", UNEXPECTED_MESSAGE;
        // The message is correct by its syntax; only the limit refuses it.
        /// A handshake message is longer than the limit.
        MessageTooLong { /** The declared length. */ found: u32 = 0, /** The limit. */ allowed: u32 = 0 } = "message_too_long", "RFC 8446 section 4", "handshake message of {found} bytes is longer than {allowed}", ILLEGAL_PARAMETER;
        /// The message is of another type than the one asked for.
        UnexpectedMessage { /** The type. */ found: HandshakeType = HandshakeType(0) } = "unexpected_message", "RFC 8446 section 4", "message of type {found}", UNEXPECTED_MESSAGE;
        /// A field is cut short by the end of the message.
        Truncated { /** Bytes that the field has at least. */ needed: usize = 0 } = "truncated", "RFC 8446 section 3.4", "field of {needed} bytes is cut short", DECODE_ERROR;
        /// A vector's length points past the end of what holds it.
        Overrun { /** The vector's length. */ declared: usize = 0, /** Bytes left for it. */ available: usize = 0 } = "overrun", "RFC 8446 section 3.4", "vector of {declared} bytes, but {available} are left", DECODE_ERROR;
        /// Bytes follow the last field.
        TrailingBytes = "trailing_bytes", "RFC 8446 section 6.2", "bytes after the last field", DECODE_ERROR;
        /// The session identifier is longer than 32 bytes.
        SessionIdTooLong { /** Its length. */ found: u8 = 0 } = "session_id_too_long", "RFC 8446 section 4.1.2", "session identifier of {found} bytes is longer than 32", DECODE_ERROR;
        /// The list of cipher suites is empty or ends inside one.
        CipherSuitesLength { /** Its length. */ found: usize = 0 } = "cipher_suites_length", "RFC 8446 section 4.1.2", "cipher suite list of {found} bytes is empty or odd", DECODE_ERROR;
        /// The list of compression methods is empty.
        NoCompressionMethod = "no_compression_method", "RFC 8446 section 4.1.2", "compression method list is empty", DECODE_ERROR;
        /// An extension type occurs twice in one message.
        DuplicateExtension { /** The type. */ found: ExtensionType = ExtensionType(0) } = "duplicate_extension", "RFC 8446 section 4.2", "second extension {found}", ILLEGAL_PARAMETER;
        /// The pre_shared_key extension of a ClientHello is not the last.
        PreSharedKeyNotLast = "pre_shared_key_not_last", "RFC 8446 section 4.2.11", "pre_shared_key is not the last extension", ILLEGAL_PARAMETER;
        /// The server_name extension names no server, or a host name is empty.
        ServerNameEmpty = "server_name_empty", "RFC 6066 section 3", "server name is empty", DECODE_ERROR;
        /// Two names of one type in the server_name extension.
        ServerNameDuplicate = "server_name_duplicate", "RFC 6066 section 3", "second server name of one type", ILLEGAL_PARAMETER;
        /// A host name has a byte that is not printable ASCII.
        ServerNameNotAscii { /** The byte. */ found: u8 = 0 } = "server_name_not_ascii", "RFC 6066 section 3", "host name has byte {found:#04x}", ILLEGAL_PARAMETER;
        /// The ALPN extension has no protocol, or an empty one.
        ProtocolNameEmpty = "protocol_name_empty", "RFC 7301 section 3.1", "protocol name is empty", DECODE_ERROR;
        /// The ALPN extension of a ServerHello selects more than one protocol.
        ProtocolNotOne = "protocol_not_one", "RFC 7301 section 3.1", "more than one protocol is selected", ILLEGAL_PARAMETER;
        /// The list of versions is empty or ends inside one.
        VersionsLength { /** Its length. */ found: usize = 0 } = "versions_length", "RFC 8446 section 4.2.1", "version list of {found} bytes is empty or odd", DECODE_ERROR;
        /// The list of groups is empty or ends inside one.
        SupportedGroupsLength { /** Its length. */ found: usize = 0 } = "supported_groups_length", "RFC 8446 section 4.2.7", "group list of {found} bytes is empty or odd", DECODE_ERROR;
        /// The list of signature algorithms is empty or ends inside one.
        SignatureAlgorithmsLength { /** Its length. */ found: usize = 0 } = "signature_algorithms_length", "RFC 8446 section 4.2.3", "signature algorithm list of {found} bytes is empty or odd", DECODE_ERROR;
        /// A change_cipher_spec record holds anything but the byte 1.
        ChangeCipherSpec = "change_cipher_spec", "RFC 8446 section 5", "change_cipher_spec is not the byte 1", UNEXPECTED_MESSAGE;
        /// An alert record does not hold exactly one alert.
        AlertLength { /** Bytes in the record. */ found: usize = 0 } = "alert_length", "RFC 8446 section 5.1", "alert of {found} bytes, not 2", DECODE_ERROR;
        /// The alert's level is neither warning nor fatal.
        AlertLevel { /** The level. */ found: u8 = 0 } = "alert_level", "RFC 8446 section 6", "alert level {found} does not exist", ILLEGAL_PARAMETER;
    }

    /// The alert that an endpoint ends the connection with; an observer sends none.
    ///
    /// Where no section names one, RFC 8446 section 6 decides: decode_error for what "cannot be parsed according
    /// to the syntax (e.g., have a length extending beyond the message boundary or contain an out-of-range
    /// length)", illegal_parameter for what is "syntactically correct but semantically invalid".
    pub const fn alert(self) -> AlertDescription;
}

wirekit_macros::errors! {
    /// What kept a value from being encoded: the caller's side. Nothing was written.
    ///
    /// ```
    /// use wirekit_tls::{ContentType, EncodeError, ErrorKind, ProtocolVersion, RecordFields};
    ///
    /// let (content_type, legacy_version) = (ContentType::HANDSHAKE, ProtocolVersion::TLS_1_2);
    /// let empty = RecordFields { content_type, legacy_version, fragment: &[] };
    /// let kind = ErrorKind::EmptyFragment { found: content_type }; // RFC 8446 section 5.1
    /// assert_eq!(empty.encode_to_slice(&mut [0; 16]), Err(EncodeError::Rule { kind }));
    ///
    /// let finished = RecordFields { fragment: &[20, 0, 0, 0], ..empty };
    /// assert_eq!(finished.encode_to_slice(&mut [0; 8]), Err(EncodeError::OutputTooSmall { needed: 9 }));
    /// ```
    pub enum EncodeError {
        /// A list or string does not fit its length field, or is shorter than the format allows.
        Length { /** The RFC's name of the field. */ field: &'static str, /** Its length. */ len: usize } = "{field} of {len} bytes is out of its range";
        /// What was written breaks a rule that a receiver checks.
        Rule { /** Which one. */ kind: ErrorKind } = "message breaks a rule: {kind}";
        /// The output has no room.
        OutputTooSmall { /** The encoded length. */ needed: usize } = "output has no room for {needed} bytes";
    }
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
