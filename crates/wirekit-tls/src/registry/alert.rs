use super::registry;

registry! {
    /// How bad an alert is: RFC 8446 section 6.
    AlertLevel(u8), "the wire holds one byte" {
        /// The connection may go on.
        WARNING = 1 "warning",
        /// The connection ends.
        FATAL = 2 "fatal",
    }
}

registry! {
    /// What an alert says: RFC 8446 section 6 and the IANA registry "TLS Alerts".
    AlertDescription(u8), "the wire holds one byte" {
        /// The sender sends no more.
        CLOSE_NOTIFY = 0 "close_notify",
        /// A message at the wrong time.
        UNEXPECTED_MESSAGE = 10 "unexpected_message",
        /// A record that cannot be unprotected.
        BAD_RECORD_MAC = 20 "bad_record_mac",
        /// A record that is too long.
        RECORD_OVERFLOW = 22 "record_overflow",
        /// No acceptable parameters.
        HANDSHAKE_FAILURE = 40 "handshake_failure",
        /// A certificate that is corrupt.
        BAD_CERTIFICATE = 42 "bad_certificate",
        /// A certificate of an unsupported type.
        UNSUPPORTED_CERTIFICATE = 43 "unsupported_certificate",
        /// A certificate that was revoked.
        CERTIFICATE_REVOKED = 44 "certificate_revoked",
        /// A certificate that is out of date.
        CERTIFICATE_EXPIRED = 45 "certificate_expired",
        /// Another fault of a certificate.
        CERTIFICATE_UNKNOWN = 46 "certificate_unknown",
        /// A field with a value that contradicts.
        ILLEGAL_PARAMETER = 47 "illegal_parameter",
        /// A certificate authority that is not known.
        UNKNOWN_CA = 48 "unknown_ca",
        /// The peer may not do this.
        ACCESS_DENIED = 49 "access_denied",
        /// A message that cannot be parsed.
        DECODE_ERROR = 50 "decode_error",
        /// A cryptographic operation that failed.
        DECRYPT_ERROR = 51 "decrypt_error",
        /// A version that is not supported.
        PROTOCOL_VERSION = 70 "protocol_version",
        /// Parameters that are too weak.
        INSUFFICIENT_SECURITY = 71 "insufficient_security",
        /// A fault that is not the peer's.
        INTERNAL_ERROR = 80 "internal_error",
        /// A retry at a lower version: RFC 7507.
        INAPPROPRIATE_FALLBACK = 86 "inappropriate_fallback",
        /// The user gave up.
        USER_CANCELED = 90 "user_canceled",
        /// A required extension is missing.
        MISSING_EXTENSION = 109 "missing_extension",
        /// An extension that was not offered.
        UNSUPPORTED_EXTENSION = 110 "unsupported_extension",
        /// No server of that name: RFC 6066.
        UNRECOGNIZED_NAME = 112 "unrecognized_name",
        /// An invalid OCSP response: RFC 6066.
        BAD_CERTIFICATE_STATUS_RESPONSE = 113 "bad_certificate_status_response",
        /// No such pre-shared key.
        UNKNOWN_PSK_IDENTITY = 115 "unknown_psk_identity",
        /// A certificate is required.
        CERTIFICATE_REQUIRED = 116 "certificate_required",
        /// No common application protocol: RFC 7301.
        NO_APPLICATION_PROTOCOL = 120 "no_application_protocol",
    }
}
