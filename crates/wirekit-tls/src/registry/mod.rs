//! The registries that IANA keeps for TLS.

mod alert;
mod algorithm;
mod extension;
mod grease;
mod protocol_name;

pub use alert::{AlertDescription, AlertLevel};
pub use algorithm::{CipherSuite, NamedGroup, SignatureScheme};
pub use extension::ExtensionType;
pub use protocol_name::ProtocolName;

wirekit_macros::registry! {
    /// What a record carries: RFC 8446 section 5.1.
    ///
    /// ```
    /// use wirekit_tls::{ContentType, RecordHeader};
    ///
    /// assert_eq!(ContentType(22), ContentType::HANDSHAKE);
    /// // The first byte shows already what is no TLS: here a request of HTTP/1.1.
    /// assert!(RecordHeader::parse(b"G").is_err());
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct ContentType(pub u8) {
        /// A signal that protection changes; in TLS 1.3 only for middleboxes.
        CHANGE_CIPHER_SPEC = 20, "change_cipher_spec", "RFC 8446 section 5.1";
        /// An alert.
        ALERT = 21, "alert", "RFC 8446 section 5.1";
        /// Handshake messages, or a part of one.
        HANDSHAKE = 22, "handshake", "RFC 8446 section 5.1";
        /// Application data, or in TLS 1.3 anything that is encrypted.
        APPLICATION_DATA = 23, "application_data", "RFC 8446 section 5.1";
        /// A heartbeat.
        HEARTBEAT = 24, "heartbeat", "RFC 6520";
    }
}

wirekit_macros::registry! {
    /// A version of the protocol: RFC 8446 section 4.2.1 and appendix D.
    ///
    /// ```
    /// use wirekit_tls::ProtocolVersion;
    ///
    /// assert_eq!(ProtocolVersion(0x0304), ProtocolVersion::TLS_1_3);
    /// assert_eq!(ProtocolVersion(0x0303).name(), Some("TLS 1.2"));
    /// assert!(ProtocolVersion(0x7a7a).is_grease());
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds two bytes")]
    pub struct ProtocolVersion(pub u16) else(grease::pair) {
        /// SSL 3.0.
        SSL_3_0 = 0x0300, "SSL 3.0", "RFC 6101";
        /// TLS 1.0.
        TLS_1_0 = 0x0301, "TLS 1.0", "RFC 2246";
        /// TLS 1.1.
        TLS_1_1 = 0x0302, "TLS 1.1", "RFC 4346";
        /// TLS 1.2.
        TLS_1_2 = 0x0303, "TLS 1.2", "RFC 5246";
        /// TLS 1.3.
        TLS_1_3 = 0x0304, "TLS 1.3", "RFC 8446";
    }
}

wirekit_macros::registry! {
    /// A handshake message: RFC 8446 section 4 and the IANA registry "TLS HandshakeType".
    ///
    /// ```
    /// use wirekit_tls::HandshakeType;
    ///
    /// assert_eq!(HandshakeType(11), HandshakeType::CERTIFICATE);
    /// assert_eq!(HandshakeType::SERVER_HELLO_DONE.spec(), Some("RFC 5246")); // TLS 1.3 has it no more
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct HandshakeType(pub u8) {
        /// A server asks for a new handshake.
        HELLO_REQUEST = 0, "hello_request", "RFC 5246";
        /// The client's offer.
        CLIENT_HELLO = 1, "client_hello", "RFC 8446 section 4";
        /// The server's choice.
        SERVER_HELLO = 2, "server_hello", "RFC 8446 section 4";
        /// A ticket for a later session.
        NEW_SESSION_TICKET = 4, "new_session_ticket", "RFC 8446 section 4";
        /// The end of early data.
        END_OF_EARLY_DATA = 5, "end_of_early_data", "RFC 8446 section 4";
        /// Extensions that need no protection keys of their own.
        ENCRYPTED_EXTENSIONS = 8, "encrypted_extensions", "RFC 8446 section 4";
        /// A certificate chain.
        CERTIFICATE = 11, "certificate", "RFC 8446 section 4";
        /// Parameters of the key exchange.
        SERVER_KEY_EXCHANGE = 12, "server_key_exchange", "RFC 5246";
        /// The server asks for a certificate.
        CERTIFICATE_REQUEST = 13, "certificate_request", "RFC 8446 section 4";
        /// The server's flight is complete.
        SERVER_HELLO_DONE = 14, "server_hello_done", "RFC 5246";
        /// The proof of a certificate's key.
        CERTIFICATE_VERIFY = 15, "certificate_verify", "RFC 8446 section 4";
        /// The client's part of the key exchange.
        CLIENT_KEY_EXCHANGE = 16, "client_key_exchange", "RFC 5246";
        /// The end of the handshake.
        FINISHED = 20, "finished", "RFC 8446 section 4";
        /// A stapled OCSP response.
        CERTIFICATE_STATUS = 22, "certificate_status", "RFC 6066";
        /// New traffic keys.
        KEY_UPDATE = 24, "key_update", "RFC 8446 section 4";
        /// The stand-in for a first ClientHello in the transcript; never sent.
        MESSAGE_HASH = 254, "message_hash", "RFC 8446 section 4";
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
}
