wirekit_macros::flags! {
    /// The control bits, and the reserved ones beside them: the 12 bits after the data offset (RFC 9293 section 3.1).
    ///
    /// ```
    /// use wirekit_tcp::Flags;
    ///
    /// let flags = Flags::SYN | Flags::ACK;
    /// assert!(flags.contains(Flags::SYN));
    /// assert!(flags.names().eq(["SYN", "ACK"]));
    /// ```
    pub struct Flags(u16) {
        /// No more data from the sender: RFC 9293 section 3.1.
        FIN = 0, "FIN";
        /// Synchronize sequence numbers: RFC 9293 section 3.1.
        SYN = 1, "SYN";
        /// Reset the connection: RFC 9293 section 3.1.
        RST = 2, "RST";
        /// Push function: RFC 9293 section 3.1.
        PSH = 3, "PSH";
        /// Acknowledgment field is significant: RFC 9293 section 3.1.
        ACK = 4, "ACK";
        /// Urgent pointer field is significant: RFC 9293 section 3.1.
        URG = 5, "URG";
        /// ECN-Echo: RFC 3168 section 6.1.
        ECE = 6, "ECE";
        /// Congestion Window Reduced: RFC 3168 section 6.1.
        CWR = 7, "CWR";
        /// Accurate ECN, once the nonce sum of RFC 3540: RFC 9768.
        AE = 8, "AE";
    }
}

impl Flags {
    /// The bits that a sender leaves zero and a receiver ignores: RFC 9293 section 3.1.
    pub const RESERVED: Self = Self(0b1110_0000_0000);

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
