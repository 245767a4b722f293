use core::fmt;
use core::ops::{BitOr, BitOrAssign};

/// The control bits, and the reserved ones beside them: the 12 bits after the data offset.
///
/// ```
/// use wirekit_tcp::Flags;
///
/// let flags = Flags::SYN | Flags::ACK;
/// assert!(flags.contains(Flags::SYN));
/// assert!(flags.names().eq(["SYN", "ACK"]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Flags(u16);

impl Flags {
    /// No bit.
    pub const NONE: Self = Self(0);
    /// No more data from the sender: RFC 9293 section 3.1.
    pub const FIN: Self = Self(1);
    /// Synchronize sequence numbers: RFC 9293 section 3.1.
    pub const SYN: Self = Self(1 << 1);
    /// Reset the connection: RFC 9293 section 3.1.
    pub const RST: Self = Self(1 << 2);
    /// Push function: RFC 9293 section 3.1.
    pub const PSH: Self = Self(1 << 3);
    /// Acknowledgment field is significant: RFC 9293 section 3.1.
    pub const ACK: Self = Self(1 << 4);
    /// Urgent pointer field is significant: RFC 9293 section 3.1.
    pub const URG: Self = Self(1 << 5);
    /// ECN-Echo: RFC 3168 section 6.1.
    pub const ECE: Self = Self(1 << 6);
    /// Congestion Window Reduced: RFC 3168 section 6.1.
    pub const CWR: Self = Self(1 << 7);
    /// Accurate ECN, once the nonce sum of RFC 3540: RFC 9768.
    pub const AE: Self = Self(1 << 8);
    /// The bits that a sender leaves zero and a receiver ignores: RFC 9293 section 3.1.
    pub const RESERVED: Self = Self(0b1110_0000_0000);

    const NAMES: [(Self, &'static str); 9] = [
        (Self::FIN, "FIN"),
        (Self::SYN, "SYN"),
        (Self::RST, "RST"),
        (Self::PSH, "PSH"),
        (Self::ACK, "ACK"),
        (Self::URG, "URG"),
        (Self::ECE, "ECE"),
        (Self::CWR, "CWR"),
        (Self::AE, "AE"),
    ];

    /// The flags of the low 12 bits; the others are the data offset and no flags.
    #[inline]
    pub const fn from_bits(bits: u16) -> Self {
        Self(bits & 0x0fff)
    }

    /// The bits as they stand in the header, FIN the lowest.
    #[inline]
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// Whether every one of these bits is set.
    #[inline]
    pub const fn contains(self, flags: Self) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether any one of these bits is set.
    #[inline]
    pub const fn intersects(self, flags: Self) -> bool {
        self.0 & flags.0 != 0
    }

    /// Both sets together.
    #[inline]
    #[must_use]
    pub const fn union(self, flags: Self) -> Self {
        Self(self.0 | flags.0)
    }

    /// This set without these bits.
    #[inline]
    #[must_use]
    pub const fn without(self, flags: Self) -> Self {
        Self(self.0 & !flags.0)
    }

    /// The RFC's names of the control bits that are set, FIN first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .filter(move |&(flag, _)| self.contains(flag))
            .map(|(_, name)| name)
    }

    /// The control bit of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMES
            .into_iter()
            .find(|&(_, known)| known == name)
            .map(|(flag, _)| flag)
    }
}

impl BitOr for Flags {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Flags {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}

impl fmt::Debug for Flags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Flags(")?;
        let mut separator = "";
        for name in self.names() {
            write!(f, "{separator}{name}")?;
            separator = "|";
        }
        if self.intersects(Self::RESERVED) {
            write!(f, "{separator}{:#x}", self.0 & Self::RESERVED.0)?;
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::Flags;

    #[test]
    fn every_bit_has_its_place() {
        for (bit, name) in ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"]
            .into_iter()
            .enumerate()
        {
            let flags = Flags::from_bits(1 << bit);
            assert!(flags.names().eq([name]));
            assert_eq!(Flags::from_name(name), Some(flags));
        }
        assert_eq!(Flags::from_bits(0xffff).bits(), 0x0fff);
        assert_eq!(
            std::format!("{:?}", Flags::from_bits(0x212)),
            "Flags(SYN|ACK|0x200)"
        );
    }
}
