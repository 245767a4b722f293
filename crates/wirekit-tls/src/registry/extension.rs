use super::{grease, registry};

registry! {
    /// An extension: the IANA registry "TLS ExtensionType Values".
    ExtensionType(u16) or grease::pair, "the wire holds two bytes" {
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
