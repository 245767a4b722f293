use core::fmt;

/// Defines a registry: a newtype over the wire's integer, a const and a name for each value that has one.
macro_rules! registry {
    ($(#[$doc:meta])* $name:ident($integer:ty), $reason:literal { $($(#[$item:meta])* $constant:ident = $value:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[expect(clippy::exhaustive_structs, reason = $reason)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub $integer);

        impl $name {
            $($(#[$item])* pub const $constant: Self = Self($value);)*

            /// The registry's name.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, concat!(stringify!($name), "({})"), self.0),
                }
            }
        }
    };
}

registry! {
    /// What a record carries: RFC 8446 section 5.1.
    ContentType(u8), "the wire holds one byte" {
        /// A signal that protection changes; in TLS 1.3 only for middleboxes.
        CHANGE_CIPHER_SPEC = 20 "change_cipher_spec",
        /// An alert.
        ALERT = 21 "alert",
        /// Handshake messages, or a part of one.
        HANDSHAKE = 22 "handshake",
        /// Application data, or in TLS 1.3 anything that is encrypted.
        APPLICATION_DATA = 23 "application_data",
        /// A heartbeat: RFC 6520.
        HEARTBEAT = 24 "heartbeat",
    }
}

registry! {
    /// A version of the protocol: RFC 8446 section 4.2.1 and appendix D.
    ProtocolVersion(u16), "the wire holds two bytes" {
        /// SSL 3.0: RFC 6101.
        SSL_3_0 = 0x0300 "SSL 3.0",
        /// TLS 1.0: RFC 2246.
        TLS_1_0 = 0x0301 "TLS 1.0",
        /// TLS 1.1: RFC 4346.
        TLS_1_1 = 0x0302 "TLS 1.1",
        /// TLS 1.2: RFC 5246.
        TLS_1_2 = 0x0303 "TLS 1.2",
        /// TLS 1.3: RFC 8446.
        TLS_1_3 = 0x0304 "TLS 1.3",
    }
}

registry! {
    /// A handshake message: RFC 8446 section 4 and the IANA registry "TLS HandshakeType".
    HandshakeType(u8), "the wire holds one byte" {
        /// A server asks for a new handshake: RFC 5246.
        HELLO_REQUEST = 0 "hello_request",
        /// The client's offer.
        CLIENT_HELLO = 1 "client_hello",
        /// The server's choice.
        SERVER_HELLO = 2 "server_hello",
        /// A ticket for a later session.
        NEW_SESSION_TICKET = 4 "new_session_ticket",
        /// The end of early data.
        END_OF_EARLY_DATA = 5 "end_of_early_data",
        /// Extensions that need no protection keys of their own.
        ENCRYPTED_EXTENSIONS = 8 "encrypted_extensions",
        /// A certificate chain.
        CERTIFICATE = 11 "certificate",
        /// Parameters of the key exchange: RFC 5246.
        SERVER_KEY_EXCHANGE = 12 "server_key_exchange",
        /// The server asks for a certificate.
        CERTIFICATE_REQUEST = 13 "certificate_request",
        /// The server's flight is complete: RFC 5246.
        SERVER_HELLO_DONE = 14 "server_hello_done",
        /// The proof of a certificate's key.
        CERTIFICATE_VERIFY = 15 "certificate_verify",
        /// The client's part of the key exchange: RFC 5246.
        CLIENT_KEY_EXCHANGE = 16 "client_key_exchange",
        /// The end of the handshake.
        FINISHED = 20 "finished",
        /// A stapled OCSP response: RFC 6066.
        CERTIFICATE_STATUS = 22 "certificate_status",
        /// New traffic keys.
        KEY_UPDATE = 24 "key_update",
        /// The stand-in for a first ClientHello in the transcript; never sent.
        MESSAGE_HASH = 254 "message_hash",
    }
}

registry! {
    /// An extension: the IANA registry "TLS ExtensionType Values".
    ExtensionType(u16), "the wire holds two bytes" {
        /// The name of the server: RFC 6066.
        SERVER_NAME = 0 "server_name",
        /// A smaller record: RFC 6066.
        MAX_FRAGMENT_LENGTH = 1 "max_fragment_length",
        /// A request for OCSP: RFC 6066.
        STATUS_REQUEST = 5 "status_request",
        /// Groups for the key exchange: RFC 8446.
        SUPPORTED_GROUPS = 10 "supported_groups",
        /// Point formats: RFC 8422.
        EC_POINT_FORMATS = 11 "ec_point_formats",
        /// Signature algorithms: RFC 8446.
        SIGNATURE_ALGORITHMS = 13 "signature_algorithms",
        /// Heartbeats: RFC 6520.
        HEARTBEAT = 15 "heartbeat",
        /// The application protocol, ALPN: RFC 7301.
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION = 16 "application_layer_protocol_negotiation",
        /// Certificate transparency: RFC 6962.
        SIGNED_CERTIFICATE_TIMESTAMP = 18 "signed_certificate_timestamp",
        /// Padding: RFC 7685.
        PADDING = 21 "padding",
        /// MAC after encryption: RFC 7366.
        ENCRYPT_THEN_MAC = 22 "encrypt_then_mac",
        /// A master secret bound to the handshake: RFC 7627.
        EXTENDED_MASTER_SECRET = 23 "extended_master_secret",
        /// Compressed certificates: RFC 8879.
        COMPRESS_CERTIFICATE = 27 "compress_certificate",
        /// A record size limit: RFC 8449.
        RECORD_SIZE_LIMIT = 28 "record_size_limit",
        /// A session ticket: RFC 5077.
        SESSION_TICKET = 35 "session_ticket",
        /// Offered or chosen keys of earlier sessions: RFC 8446.
        PRE_SHARED_KEY = 41 "pre_shared_key",
        /// Data before the handshake ends: RFC 8446.
        EARLY_DATA = 42 "early_data",
        /// The versions offered, or the one chosen: RFC 8446.
        SUPPORTED_VERSIONS = 43 "supported_versions",
        /// A retry's cookie: RFC 8446.
        COOKIE = 44 "cookie",
        /// How pre-shared keys may be used: RFC 8446.
        PSK_KEY_EXCHANGE_MODES = 45 "psk_key_exchange_modes",
        /// Names of certificate authorities: RFC 8446.
        CERTIFICATE_AUTHORITIES = 47 "certificate_authorities",
        /// Authentication of the client after the handshake: RFC 8446.
        POST_HANDSHAKE_AUTH = 49 "post_handshake_auth",
        /// Signature algorithms of certificates: RFC 8446.
        SIGNATURE_ALGORITHMS_CERT = 50 "signature_algorithms_cert",
        /// Key shares: RFC 8446.
        KEY_SHARE = 51 "key_share",
        /// QUIC's transport parameters: RFC 9001.
        QUIC_TRANSPORT_PARAMETERS = 57 "quic_transport_parameters",
        /// Encrypted ClientHello: RFC 9849.
        ENCRYPTED_CLIENT_HELLO = 0xfe0d "encrypted_client_hello",
        /// Secure renegotiation: RFC 5746.
        RENEGOTIATION_INFO = 0xff01 "renegotiation_info",
    }
}

registry! {
    /// A cipher suite: the IANA registry "TLS Cipher Suites", of which the names in common use are here.
    CipherSuite(u16), "the wire holds two bytes" {
        /// RFC 5246.
        TLS_RSA_WITH_AES_128_CBC_SHA = 0x002f "TLS_RSA_WITH_AES_128_CBC_SHA",
        /// RFC 5246.
        TLS_RSA_WITH_AES_256_CBC_SHA = 0x0035 "TLS_RSA_WITH_AES_256_CBC_SHA",
        /// RFC 5288.
        TLS_RSA_WITH_AES_128_GCM_SHA256 = 0x009c "TLS_RSA_WITH_AES_128_GCM_SHA256",
        /// RFC 5288.
        TLS_RSA_WITH_AES_256_GCM_SHA384 = 0x009d "TLS_RSA_WITH_AES_256_GCM_SHA384",
        /// A signal, not a suite: RFC 5746.
        TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
        /// RFC 8446.
        TLS_AES_128_GCM_SHA256 = 0x1301 "TLS_AES_128_GCM_SHA256",
        /// RFC 8446.
        TLS_AES_256_GCM_SHA384 = 0x1302 "TLS_AES_256_GCM_SHA384",
        /// RFC 8446.
        TLS_CHACHA20_POLY1305_SHA256 = 0x1303 "TLS_CHACHA20_POLY1305_SHA256",
        /// RFC 8446.
        TLS_AES_128_CCM_SHA256 = 0x1304 "TLS_AES_128_CCM_SHA256",
        /// RFC 8446.
        TLS_AES_128_CCM_8_SHA256 = 0x1305 "TLS_AES_128_CCM_8_SHA256",
        /// A signal, not a suite: RFC 7507.
        TLS_FALLBACK_SCSV = 0x5600 "TLS_FALLBACK_SCSV",
        /// RFC 5289.
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        /// RFC 5289.
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        /// RFC 5289.
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        /// RFC 5289.
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030 "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        /// RFC 7905.
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8 "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        /// RFC 7905.
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9 "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    }
}

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

/// Whether a value of a two-byte registry is reserved to be ignored (GREASE): RFC 8701 section 2.
const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

impl ProtocolVersion {
    /// Whether this is no version but a value that receivers must ignore: RFC 8701.
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

impl CipherSuite {
    /// Whether this is no suite but a value that receivers must ignore: RFC 8701.
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

impl ExtensionType {
    /// Whether this is no extension but a value that receivers must ignore: RFC 8701.
    pub const fn is_grease(self) -> bool {
        is_grease(self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn unknown_values_show_their_number() {
        assert_eq!(format!("{:?}", ContentType::HANDSHAKE), "handshake");
        assert_eq!(format!("{:?}", CipherSuite(0x1399)), "CipherSuite(5017)");
    }

    /// RFC 8701 section 2 lists sixteen values.
    #[test]
    fn grease_has_sixteen_values() {
        let grease = (0..=u16::MAX).filter(|&value| CipherSuite(value).is_grease());
        assert!(grease.eq((0..16).map(|i| i * 0x1010 + 0x0a0a)));
    }
}
