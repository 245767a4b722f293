mod message;

use core::fmt;

pub use message::{Mapping, MultipathMessage};

/// The subtype of a Multipath TCP option: the IANA registry "MPTCP Option Subtypes".
#[expect(clippy::exhaustive_structs, reason = "the wire holds four bits")]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MultipathSubtype(pub u8);

impl MultipathSubtype {
    /// Multipath Capable: RFC 8684 section 3.1.
    pub const MP_CAPABLE: Self = Self(0);
    /// Join Connection: RFC 8684 section 3.2.
    pub const MP_JOIN: Self = Self(1);
    /// Data Sequence Signal: RFC 8684 section 3.3.
    pub const DSS: Self = Self(2);
    /// Add Address: RFC 8684 section 3.4.1.
    pub const ADD_ADDR: Self = Self(3);
    /// Remove Address: RFC 8684 section 3.4.2.
    pub const REMOVE_ADDR: Self = Self(4);
    /// Change Subflow Priority: RFC 8684 section 3.3.8.
    pub const MP_PRIO: Self = Self(5);
    /// Fallback: RFC 8684 section 3.7.
    pub const MP_FAIL: Self = Self(6);
    /// Fast Close: RFC 8684 section 3.5.
    pub const MP_FASTCLOSE: Self = Self(7);
    /// Subflow Reset: RFC 8684 section 3.6.
    pub const MP_TCPRST: Self = Self(8);
    /// Experimental: RFC 8684 section 7.2.
    pub const MP_EXPERIMENTAL: Self = Self(15);

    /// The registry's symbol.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::MP_CAPABLE => "MP_CAPABLE",
            Self::MP_JOIN => "MP_JOIN",
            Self::DSS => "DSS",
            Self::ADD_ADDR => "ADD_ADDR",
            Self::REMOVE_ADDR => "REMOVE_ADDR",
            Self::MP_PRIO => "MP_PRIO",
            Self::MP_FAIL => "MP_FAIL",
            Self::MP_FASTCLOSE => "MP_FASTCLOSE",
            Self::MP_TCPRST => "MP_TCPRST",
            Self::MP_EXPERIMENTAL => "MP_EXPERIMENTAL",
            _ => return None,
        })
    }
}

impl fmt::Debug for MultipathSubtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "MultipathSubtype({})", self.0),
        }
    }
}

/// A Multipath TCP option: the bytes after kind and length, of which the first four bits are the subtype.
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
