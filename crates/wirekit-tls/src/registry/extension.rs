use super::grease;

wirekit_macros::registry! {
    /// An extension: RFC 8446 section 4.2 and the IANA registry "TLS ExtensionType Values".
    ///
    /// ```
    /// use wirekit_tls::ExtensionType;
    ///
    /// assert_eq!(ExtensionType(16), ExtensionType::APPLICATION_LAYER_PROTOCOL_NEGOTIATION);
    /// assert_eq!(ExtensionType(16).spec(), Some("RFC 7301"));
    /// assert_eq!(ExtensionType(0x1a1a).name(), Some("GREASE 0x1a1a"));
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds two bytes")]
    pub struct ExtensionType(pub u16) else(grease::pair) {
        /// The name of the server.
        SERVER_NAME = 0, "server_name", "RFC 6066";
        /// A smaller record.
        MAX_FRAGMENT_LENGTH = 1, "max_fragment_length", "RFC 6066";
        /// A request for OCSP.
        STATUS_REQUEST = 5, "status_request", "RFC 6066";
        /// Groups for the key exchange.
        SUPPORTED_GROUPS = 10, "supported_groups", "RFC 8446";
        /// Point formats.
        EC_POINT_FORMATS = 11, "ec_point_formats", "RFC 8422";
        /// Signature algorithms.
        SIGNATURE_ALGORITHMS = 13, "signature_algorithms", "RFC 8446";
        /// Heartbeats.
        HEARTBEAT = 15, "heartbeat", "RFC 6520";
        /// The application protocol, ALPN.
        APPLICATION_LAYER_PROTOCOL_NEGOTIATION = 16, "application_layer_protocol_negotiation", "RFC 7301";
        /// Certificate transparency.
        SIGNED_CERTIFICATE_TIMESTAMP = 18, "signed_certificate_timestamp", "RFC 6962";
        /// Padding.
        PADDING = 21, "padding", "RFC 7685";
        /// MAC after encryption.
        ENCRYPT_THEN_MAC = 22, "encrypt_then_mac", "RFC 7366";
        /// A master secret bound to the handshake.
        EXTENDED_MASTER_SECRET = 23, "extended_master_secret", "RFC 7627";
        /// Compressed certificates.
        COMPRESS_CERTIFICATE = 27, "compress_certificate", "RFC 8879";
        /// A record size limit.
        RECORD_SIZE_LIMIT = 28, "record_size_limit", "RFC 8449";
        /// A session ticket.
        SESSION_TICKET = 35, "session_ticket", "RFC 5077";
        /// Offered or chosen keys of earlier sessions.
        PRE_SHARED_KEY = 41, "pre_shared_key", "RFC 8446";
        /// Data before the handshake ends.
        EARLY_DATA = 42, "early_data", "RFC 8446";
        /// The versions offered, or the one chosen.
        SUPPORTED_VERSIONS = 43, "supported_versions", "RFC 8446";
        /// A retry's cookie.
        COOKIE = 44, "cookie", "RFC 8446";
        /// How pre-shared keys may be used.
        PSK_KEY_EXCHANGE_MODES = 45, "psk_key_exchange_modes", "RFC 8446";
        /// Names of certificate authorities.
        CERTIFICATE_AUTHORITIES = 47, "certificate_authorities", "RFC 8446";
        /// Authentication of the client after the handshake.
        POST_HANDSHAKE_AUTH = 49, "post_handshake_auth", "RFC 8446";
        /// Signature algorithms of certificates.
        SIGNATURE_ALGORITHMS_CERT = 50, "signature_algorithms_cert", "RFC 8446";
        /// Key shares.
        KEY_SHARE = 51, "key_share", "RFC 8446";
        /// QUIC's transport parameters.
        QUIC_TRANSPORT_PARAMETERS = 57, "quic_transport_parameters", "RFC 9001";
        /// Encrypted ClientHello.
        ENCRYPTED_CLIENT_HELLO = 0xfe0d, "encrypted_client_hello", "RFC 9849";
        /// Secure renegotiation.
        RENEGOTIATION_INFO = 0xff01, "renegotiation_info", "RFC 5746";
    }
}
