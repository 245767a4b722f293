wirekit_macros::registry! {
    /// An option's kind: the IANA registry "TCP Option Kind Numbers".
    ///
    /// ```
    /// use wirekit_tcp::OptionKind;
    ///
    /// assert_eq!(OptionKind(8).spec(), Some("RFC 7323 section 3.2"));
    /// assert!(OptionKind(2).name().is_some());
    /// assert_eq!(OptionKind(200).name(), None); // an option all the same
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct OptionKind(pub u8) {
        END_OF_OPTION_LIST = 0, "End of Option List", "RFC 9293 section 3.2";
        NO_OPERATION = 1, "No-Operation", "RFC 9293 section 3.2";
        MAXIMUM_SEGMENT_SIZE = 2, "Maximum Segment Size", "RFC 9293 section 3.7.1";
        WINDOW_SCALE = 3, "Window Scale", "RFC 7323 section 2.2";
        SACK_PERMITTED = 4, "SACK Permitted", "RFC 2018 section 2";
        SACK = 5, "SACK", "RFC 2018 section 3";
        /// Obsoleted by Timestamps.
        ECHO = 6, "Echo", "RFC 1072 section 4";
        /// Obsoleted by Timestamps.
        ECHO_REPLY = 7, "Echo Reply", "RFC 1072 section 4";
        TIMESTAMPS = 8, "Timestamps", "RFC 7323 section 3.2";
        /// Obsolete.
        PARTIAL_ORDER_CONNECTION_PERMITTED = 9, "Partial Order Connection Permitted", "RFC 1693 section 3";
        /// Obsolete.
        PARTIAL_ORDER_SERVICE_PROFILE = 10, "Partial Order Service Profile", "RFC 1693 section 3";
        /// Of T/TCP, obsolete.
        CC = 11, "CC", "RFC 1644 section 3.1";
        /// Of T/TCP, obsolete.
        CC_NEW = 12, "CC.NEW", "RFC 1644 section 3.1";
        /// Of T/TCP, obsolete.
        CC_ECHO = 13, "CC.ECHO", "RFC 1644 section 3.1";
        /// Obsolete.
        ALTERNATE_CHECKSUM_REQUEST = 14, "Alternate Checksum Request", "RFC 1146";
        /// Obsolete.
        ALTERNATE_CHECKSUM_DATA = 15, "Alternate Checksum Data", "RFC 1146";
        /// Without a document.
        SKEETER = 16, "Skeeter", "IANA TCP Parameters";
        /// Without a document.
        BUBBA = 17, "Bubba", "IANA TCP Parameters";
        /// Without a document.
        TRAILER_CHECKSUM = 18, "Trailer Checksum", "IANA TCP Parameters";
        /// Obsoleted by TCP-AO.
        MD5_SIGNATURE = 19, "MD5 Signature", "RFC 2385 section 3";
        SCPS_CAPABILITIES = 20, "SCPS Capabilities", "CCSDS 714.0-B-2";
        SELECTIVE_NEGATIVE_ACKNOWLEDGEMENTS = 21, "Selective Negative Acknowledgements", "CCSDS 714.0-B-2";
        RECORD_BOUNDARIES = 22, "Record Boundaries", "CCSDS 714.0-B-2";
        CORRUPTION_EXPERIENCED = 23, "Corruption experienced", "CCSDS 714.0-B-2";
        /// Without a document.
        SNAP = 24, "SNAP", "IANA TCP Parameters";
        /// Without a document.
        COMPRESSION_FILTER = 26, "Compression Filter", "IANA TCP Parameters";
        QUICK_START_RESPONSE = 27, "Quick-Start Response", "RFC 4782 section 4.2";
        USER_TIMEOUT = 28, "User Timeout", "RFC 5482 section 2";
        /// TCP Authentication Option.
        AUTHENTICATION = 29, "TCP-AO", "RFC 5925 section 2.2";
        MULTIPATH = 30, "Multipath TCP", "RFC 8684 section 3";
        FAST_OPEN = 34, "Fast Open Cookie", "RFC 7413 section 4.1.1";
        ENCRYPTION_NEGOTIATION = 69, "Encryption Negotiation", "RFC 8547 section 4.1";
        ACCURATE_ECN_0 = 172, "Accurate ECN Order 0", "RFC 9768 section 3.2.3";
        ACCURATE_ECN_1 = 174, "Accurate ECN Order 1", "RFC 9768 section 3.2.3";
        /// First of two kinds for experiments, which their ExID tells apart.
        EXPERIMENT_1 = 253, "RFC3692-style Experiment 1", "RFC 6994 section 3";
        /// Second of two kinds for experiments, which their ExID tells apart.
        EXPERIMENT_2 = 254, "RFC3692-style Experiment 2", "RFC 6994 section 3";
    }
}
