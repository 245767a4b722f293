use super::grease;

wirekit_macros::registry! {
    /// A cipher suite: RFC 8446 appendix B.4 and the IANA registry "TLS Cipher Suites", of which the names in common use are here.
    ///
    /// ```
    /// use wirekit_tls::CipherSuite;
    ///
    /// assert_eq!(CipherSuite(0x1303), CipherSuite::TLS_CHACHA20_POLY1305_SHA256);
    /// assert_eq!(CipherSuite(0x1303).spec(), Some("RFC 8446"));
    /// assert!(CipherSuite(0x2a2a).is_grease()); // RFC 8701: a server passes it over
    /// assert_eq!(format!("{:?}", CipherSuite(0xc100)), "CipherSuite(49408)"); // has no name here
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds two bytes")]
    pub struct CipherSuite(pub u16) else(grease::pair) {
        TLS_RSA_WITH_AES_128_CBC_SHA = 0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", "RFC 5246";
        TLS_RSA_WITH_AES_256_CBC_SHA = 0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "RFC 5246";
        TLS_RSA_WITH_AES_128_GCM_SHA256 = 0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", "RFC 5288";
        TLS_RSA_WITH_AES_256_GCM_SHA384 = 0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", "RFC 5288";
        /// A signal, not a suite.
        TLS_EMPTY_RENEGOTIATION_INFO_SCSV = 0x00ff, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV", "RFC 5746";
        TLS_AES_128_GCM_SHA256 = 0x1301, "TLS_AES_128_GCM_SHA256", "RFC 8446";
        TLS_AES_256_GCM_SHA384 = 0x1302, "TLS_AES_256_GCM_SHA384", "RFC 8446";
        TLS_CHACHA20_POLY1305_SHA256 = 0x1303, "TLS_CHACHA20_POLY1305_SHA256", "RFC 8446";
        TLS_AES_128_CCM_SHA256 = 0x1304, "TLS_AES_128_CCM_SHA256", "RFC 8446";
        TLS_AES_128_CCM_8_SHA256 = 0x1305, "TLS_AES_128_CCM_8_SHA256", "RFC 8446";
        /// A signal, not a suite.
        TLS_FALLBACK_SCSV = 0x5600, "TLS_FALLBACK_SCSV", "RFC 7507";
        TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 = 0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "RFC 5289";
        TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384 = 0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "RFC 5289";
        TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = 0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "RFC 5289";
        TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = 0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "RFC 5289";
        TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "RFC 7905";
        TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 = 0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "RFC 7905";
    }
}

wirekit_macros::registry! {
    /// A group for the key exchange: RFC 8446 section 4.2.7 and the IANA registry "TLS Supported Groups".
    ///
    /// ```
    /// use wirekit_tls::NamedGroup;
    ///
    /// assert_eq!(NamedGroup::X25519.0, 0x001d);
    /// assert_eq!(NamedGroup(0x0017).name(), Some("secp256r1"));
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds two bytes")]
    pub struct NamedGroup(pub u16) else(grease::pair) {
        /// NIST P-256.
        SECP256R1 = 0x0017, "secp256r1", "RFC 8422";
        /// NIST P-384.
        SECP384R1 = 0x0018, "secp384r1", "RFC 8422";
        /// NIST P-521.
        SECP521R1 = 0x0019, "secp521r1", "RFC 8422";
        /// Curve25519.
        X25519 = 0x001d, "x25519", "RFC 8446";
        /// Curve448.
        X448 = 0x001e, "x448", "RFC 8446";
        /// A finite field of 2048 bits.
        FFDHE2048 = 0x0100, "ffdhe2048", "RFC 7919";
        /// A finite field of 3072 bits.
        FFDHE3072 = 0x0101, "ffdhe3072", "RFC 7919";
        /// A finite field of 4096 bits.
        FFDHE4096 = 0x0102, "ffdhe4096", "RFC 7919";
        /// A finite field of 6144 bits.
        FFDHE6144 = 0x0103, "ffdhe6144", "RFC 7919";
        /// A finite field of 8192 bits.
        FFDHE8192 = 0x0104, "ffdhe8192", "RFC 7919";
        /// P-256 and ML-KEM-768.
        SECP256R1_MLKEM768 = 0x11eb, "SecP256r1MLKEM768", "RFC 8446 section 4.2.7";
        /// Curve25519 and ML-KEM-768.
        X25519_MLKEM768 = 0x11ec, "X25519MLKEM768", "RFC 8446 section 4.2.7";
        /// P-384 and ML-KEM-1024.
        SECP384R1_MLKEM1024 = 0x11ed, "SecP384r1MLKEM1024", "RFC 8446 section 4.2.7";
    }
}

wirekit_macros::registry! {
    /// A signature algorithm: RFC 8446 section 4.2.3 and the IANA registry "TLS SignatureScheme".
    ///
    /// ```
    /// use wirekit_tls::SignatureScheme;
    ///
    /// assert_eq!(SignatureScheme(0x0403), SignatureScheme::ECDSA_SECP256R1_SHA256);
    /// assert_eq!(SignatureScheme(0x0804).name(), Some("rsa_pss_rsae_sha256"));
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds two bytes")]
    pub struct SignatureScheme(pub u16) else(grease::pair) {
        /// For certificates alone.
        RSA_PKCS1_SHA1 = 0x0201, "rsa_pkcs1_sha1", "RFC 8446";
        /// For certificates alone.
        ECDSA_SHA1 = 0x0203, "ecdsa_sha1", "RFC 8446";
        /// For certificates alone in TLS 1.3.
        RSA_PKCS1_SHA256 = 0x0401, "rsa_pkcs1_sha256", "RFC 8446";
        ECDSA_SECP256R1_SHA256 = 0x0403, "ecdsa_secp256r1_sha256", "RFC 8446";
        /// For certificates alone in TLS 1.3.
        RSA_PKCS1_SHA384 = 0x0501, "rsa_pkcs1_sha384", "RFC 8446";
        ECDSA_SECP384R1_SHA384 = 0x0503, "ecdsa_secp384r1_sha384", "RFC 8446";
        /// For certificates alone in TLS 1.3.
        RSA_PKCS1_SHA512 = 0x0601, "rsa_pkcs1_sha512", "RFC 8446";
        ECDSA_SECP521R1_SHA512 = 0x0603, "ecdsa_secp521r1_sha512", "RFC 8446";
        /// A key that says rsaEncryption.
        RSA_PSS_RSAE_SHA256 = 0x0804, "rsa_pss_rsae_sha256", "RFC 8446";
        /// A key that says rsaEncryption.
        RSA_PSS_RSAE_SHA384 = 0x0805, "rsa_pss_rsae_sha384", "RFC 8446";
        /// A key that says rsaEncryption.
        RSA_PSS_RSAE_SHA512 = 0x0806, "rsa_pss_rsae_sha512", "RFC 8446";
        ED25519 = 0x0807, "ed25519", "RFC 8446";
        ED448 = 0x0808, "ed448", "RFC 8446";
        /// A key that says RSASSA-PSS.
        RSA_PSS_PSS_SHA256 = 0x0809, "rsa_pss_pss_sha256", "RFC 8446";
        /// A key that says RSASSA-PSS.
        RSA_PSS_PSS_SHA384 = 0x080a, "rsa_pss_pss_sha384", "RFC 8446";
        /// A key that says RSASSA-PSS.
        RSA_PSS_PSS_SHA512 = 0x080b, "rsa_pss_pss_sha512", "RFC 8446";
    }
}
