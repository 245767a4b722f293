use core::fmt;

/// An option's kind: the IANA registry "TCP Option Kind Numbers".
#[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct OptionKind(pub u8);

macro_rules! kinds {
    ($($(#[$doc:meta])* $konst:ident = $number:literal, $name:literal, $spec:literal;)+) => {
        impl OptionKind {
            $(
                $(#[$doc])*
                #[doc = concat!(": ", $spec, ".")]
                pub const $konst: Self = Self($number);
            )+

            /// Every kind that the registry names.
            pub const ALL: &'static [Self] = &[$(Self::$konst),+];

            /// The registry's name in few words; nothing for an unassigned or reserved kind.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$konst => Some($name),)+
                    _ => None,
                }
            }

            /// The document that defines the kind.
            pub const fn spec(self) -> Option<&'static str> {
                match self {
                    $(Self::$konst => Some($spec),)+
                    _ => None,
                }
            }
        }
    };
}

kinds! {
    /// End of Option List
    END_OF_OPTION_LIST = 0, "End of Option List", "RFC 9293 section 3.2";
    /// No-Operation
    NO_OPERATION = 1, "No-Operation", "RFC 9293 section 3.2";
    /// Maximum Segment Size
    MAXIMUM_SEGMENT_SIZE = 2, "Maximum Segment Size", "RFC 9293 section 3.7.1";
    /// Window Scale
    WINDOW_SCALE = 3, "Window Scale", "RFC 7323 section 2.2";
    /// SACK Permitted
    SACK_PERMITTED = 4, "SACK Permitted", "RFC 2018 section 2";
    /// SACK
    SACK = 5, "SACK", "RFC 2018 section 3";
    /// Echo, obsoleted by Timestamps
    ECHO = 6, "Echo", "RFC 1072 section 4";
    /// Echo Reply, obsoleted by Timestamps
    ECHO_REPLY = 7, "Echo Reply", "RFC 1072 section 4";
    /// Timestamps
    TIMESTAMPS = 8, "Timestamps", "RFC 7323 section 3.2";
    /// Partial Order Connection Permitted, obsolete
    PARTIAL_ORDER_CONNECTION_PERMITTED = 9, "Partial Order Connection Permitted", "RFC 1693 section 3";
    /// Partial Order Service Profile, obsolete
    PARTIAL_ORDER_SERVICE_PROFILE = 10, "Partial Order Service Profile", "RFC 1693 section 3";
    /// CC of T/TCP, obsolete
    CC = 11, "CC", "RFC 1644 section 3.1";
    /// CC.NEW of T/TCP, obsolete
    CC_NEW = 12, "CC.NEW", "RFC 1644 section 3.1";
    /// CC.ECHO of T/TCP, obsolete
    CC_ECHO = 13, "CC.ECHO", "RFC 1644 section 3.1";
    /// TCP Alternate Checksum Request, obsolete
    ALTERNATE_CHECKSUM_REQUEST = 14, "Alternate Checksum Request", "RFC 1146";
    /// TCP Alternate Checksum Data, obsolete
    ALTERNATE_CHECKSUM_DATA = 15, "Alternate Checksum Data", "RFC 1146";
    /// Skeeter, without a document
    SKEETER = 16, "Skeeter", "IANA TCP Parameters";
    /// Bubba, without a document
    BUBBA = 17, "Bubba", "IANA TCP Parameters";
    /// Trailer Checksum, without a document
    TRAILER_CHECKSUM = 18, "Trailer Checksum", "IANA TCP Parameters";
    /// MD5 Signature, obsoleted by TCP-AO
    MD5_SIGNATURE = 19, "MD5 Signature", "RFC 2385 section 3";
    /// SCPS Capabilities
    SCPS_CAPABILITIES = 20, "SCPS Capabilities", "CCSDS 714.0-B-2";
    /// Selective Negative Acknowledgements
    SELECTIVE_NEGATIVE_ACKNOWLEDGEMENTS = 21, "Selective Negative Acknowledgements", "CCSDS 714.0-B-2";
    /// Record Boundaries
    RECORD_BOUNDARIES = 22, "Record Boundaries", "CCSDS 714.0-B-2";
    /// Corruption experienced
    CORRUPTION_EXPERIENCED = 23, "Corruption experienced", "CCSDS 714.0-B-2";
    /// SNAP, without a document
    SNAP = 24, "SNAP", "IANA TCP Parameters";
    /// TCP Compression Filter, without a document
    COMPRESSION_FILTER = 26, "Compression Filter", "IANA TCP Parameters";
    /// Quick-Start Response
    QUICK_START_RESPONSE = 27, "Quick-Start Response", "RFC 4782 section 4.2";
    /// User Timeout
    USER_TIMEOUT = 28, "User Timeout", "RFC 5482 section 2";
    /// TCP Authentication Option
    AUTHENTICATION = 29, "TCP-AO", "RFC 5925 section 2.2";
    /// Multipath TCP
    MULTIPATH = 30, "Multipath TCP", "RFC 8684 section 3";
    /// TCP Fast Open Cookie
    FAST_OPEN = 34, "Fast Open Cookie", "RFC 7413 section 4.1.1";
    /// Encryption Negotiation
    ENCRYPTION_NEGOTIATION = 69, "Encryption Negotiation", "RFC 8547 section 4.1";
    /// Accurate ECN, order 0
    ACCURATE_ECN_0 = 172, "Accurate ECN Order 0", "RFC 9768 section 3.2.3";
    /// Accurate ECN, order 1
    ACCURATE_ECN_1 = 174, "Accurate ECN Order 1", "RFC 9768 section 3.2.3";
    /// First of two kinds for experiments, shared by their ExID
    EXPERIMENT_1 = 253, "RFC3692-style Experiment 1", "RFC 6994 section 3";
    /// Second of two kinds for experiments, shared by their ExID
    EXPERIMENT_2 = 254, "RFC3692-style Experiment 2", "RFC 6994 section 3";
}

impl fmt::Debug for OptionKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "OptionKind({})", self.0),
        }
    }
}
