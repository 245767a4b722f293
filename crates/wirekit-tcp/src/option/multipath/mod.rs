mod message;

pub use message::{Mapping, MultipathMessage};

wirekit_macros::registry! {
    /// The subtype of a Multipath TCP option: the IANA registry "MPTCP Option Subtypes".
    ///
    /// ```
    /// use wirekit_tcp::{Multipath, MultipathSubtype};
    ///
    /// let option = Multipath::new(&[0x51, 9]).unwrap(); // the subtype is four bits
    /// assert_eq!(option.subtype(), MultipathSubtype(5));
    /// assert!(option.subtype().name().is_some());
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds four bits")]
    pub struct MultipathSubtype(pub u8) {
        /// Multipath Capable.
        MP_CAPABLE = 0, "MP_CAPABLE", "RFC 8684 section 3.1";
        /// Join Connection.
        MP_JOIN = 1, "MP_JOIN", "RFC 8684 section 3.2";
        /// Data Sequence Signal.
        DSS = 2, "DSS", "RFC 8684 section 3.3";
        /// Add Address.
        ADD_ADDR = 3, "ADD_ADDR", "RFC 8684 section 3.4.1";
        /// Remove Address.
        REMOVE_ADDR = 4, "REMOVE_ADDR", "RFC 8684 section 3.4.2";
        /// Change Subflow Priority.
        MP_PRIO = 5, "MP_PRIO", "RFC 8684 section 3.3.8";
        /// Fallback.
        MP_FAIL = 6, "MP_FAIL", "RFC 8684 section 3.7";
        /// Fast Close.
        MP_FASTCLOSE = 7, "MP_FASTCLOSE", "RFC 8684 section 3.5";
        /// Subflow Reset.
        MP_TCPRST = 8, "MP_TCPRST", "RFC 8684 section 3.6";
        /// Experimental.
        MP_EXPERIMENTAL = 15, "MP_EXPERIMENTAL", "RFC 8684 section 7.2";
    }
}

/// A Multipath TCP option: the bytes after kind and length, of which the first four bits are the subtype (RFC 8684 section 3).
/// The example of [`MultipathMessage`] reads one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Multipath<'a> {
    first: u8,
    bytes: &'a [u8],
}

impl<'a> Multipath<'a> {
    /// The option of these bytes; nothing when there are none, for then there is no subtype.
    #[inline]
    pub const fn new(bytes: &'a [u8]) -> Option<Self> {
        match bytes.split_first() {
            Some((&first, _)) => Some(Self { first, bytes }),
            None => None,
        }
    }

    /// What the option says.
    #[inline]
    pub const fn subtype(self) -> MultipathSubtype {
        MultipathSubtype(self.first >> 4)
    }

    /// The bytes after kind and length, the subtype included.
    #[inline]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.bytes
    }
}
