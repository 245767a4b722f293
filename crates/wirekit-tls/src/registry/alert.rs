wirekit_macros::registry! {
    /// How bad an alert is: RFC 8446 section 6.
    ///
    /// ```
    /// use wirekit_tls::{Alert, AlertDescription, AlertLevel};
    ///
    /// // TLS 1.3 ignores the level: this is fatal by its description.
    /// let alert = Alert::parse(&[1, 40])?;
    /// assert_eq!(alert.level, AlertLevel::WARNING);
    /// assert_eq!(alert.description, AlertDescription::HANDSHAKE_FAILURE);
    /// # Ok::<(), wirekit_tls::Error>(())
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct AlertLevel(pub u8) {
        /// The connection may go on.
        WARNING = 1, "warning", "RFC 8446 section 6";
        /// The connection ends.
        FATAL = 2, "fatal", "RFC 8446 section 6";
    }
}

wirekit_macros::registry! {
    /// What an alert says: RFC 8446 section 6 and the IANA registry "TLS Alerts".
    ///
    /// ```
    /// use wirekit_tls::AlertDescription;
    ///
    /// assert_eq!(AlertDescription(112), AlertDescription::UNRECOGNIZED_NAME);
    /// assert_eq!(AlertDescription(112).name(), Some("unrecognized_name"));
    /// assert_eq!(AlertDescription(200).name(), None); // and yet an alert
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct AlertDescription(pub u8) {
        /// The sender sends no more.
        CLOSE_NOTIFY = 0, "close_notify", "RFC 8446 section 6";
        /// A message at the wrong time.
        UNEXPECTED_MESSAGE = 10, "unexpected_message", "RFC 8446 section 6";
        /// A record that cannot be unprotected.
        BAD_RECORD_MAC = 20, "bad_record_mac", "RFC 8446 section 6";
        /// A record that is too long.
        RECORD_OVERFLOW = 22, "record_overflow", "RFC 8446 section 6";
        /// No acceptable parameters.
        HANDSHAKE_FAILURE = 40, "handshake_failure", "RFC 8446 section 6";
        /// A certificate that is corrupt.
        BAD_CERTIFICATE = 42, "bad_certificate", "RFC 8446 section 6";
        /// A certificate of an unsupported type.
        UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate", "RFC 8446 section 6";
        /// A certificate that was revoked.
        CERTIFICATE_REVOKED = 44, "certificate_revoked", "RFC 8446 section 6";
        /// A certificate that is out of date.
        CERTIFICATE_EXPIRED = 45, "certificate_expired", "RFC 8446 section 6";
        /// Another fault of a certificate.
        CERTIFICATE_UNKNOWN = 46, "certificate_unknown", "RFC 8446 section 6";
        /// A field with a value that contradicts.
        ILLEGAL_PARAMETER = 47, "illegal_parameter", "RFC 8446 section 6";
        /// A certificate authority that is not known.
        UNKNOWN_CA = 48, "unknown_ca", "RFC 8446 section 6";
        /// The peer may not do this.
        ACCESS_DENIED = 49, "access_denied", "RFC 8446 section 6";
        /// A message that cannot be parsed.
        DECODE_ERROR = 50, "decode_error", "RFC 8446 section 6";
        /// A cryptographic operation that failed.
        DECRYPT_ERROR = 51, "decrypt_error", "RFC 8446 section 6";
        /// A version that is not supported.
        PROTOCOL_VERSION = 70, "protocol_version", "RFC 8446 section 6";
        /// Parameters that are too weak.
        INSUFFICIENT_SECURITY = 71, "insufficient_security", "RFC 8446 section 6";
        /// A fault that is not the peer's.
        INTERNAL_ERROR = 80, "internal_error", "RFC 8446 section 6";
        /// A retry at a lower version.
        INAPPROPRIATE_FALLBACK = 86, "inappropriate_fallback", "RFC 7507";
        /// The user gave up.
        USER_CANCELED = 90, "user_canceled", "RFC 8446 section 6";
        /// A required extension is missing.
        MISSING_EXTENSION = 109, "missing_extension", "RFC 8446 section 6";
        /// An extension that was not offered.
        UNSUPPORTED_EXTENSION = 110, "unsupported_extension", "RFC 8446 section 6";
        /// No server of that name.
        UNRECOGNIZED_NAME = 112, "unrecognized_name", "RFC 6066";
        /// An invalid OCSP response.
        BAD_CERTIFICATE_STATUS_RESPONSE = 113, "bad_certificate_status_response", "RFC 6066";
        /// No such pre-shared key.
        UNKNOWN_PSK_IDENTITY = 115, "unknown_psk_identity", "RFC 8446 section 6";
        /// A certificate is required.
        CERTIFICATE_REQUIRED = 116, "certificate_required", "RFC 8446 section 6";
        /// No common application protocol.
        NO_APPLICATION_PROTOCOL = 120, "no_application_protocol", "RFC 7301";
    }
}
