wirekit_macros::errors! {
    /// The rule that a datagram broke, and where.
    pub struct Error;

    /// A rule of the wire format.
    pub enum ErrorKind("udp") {
        /// The input ends before the header does, or before the length that the header declares.
        Truncated { /** Bytes that the datagram has at least. */ needed: usize = 0 } = "truncated", "RFC 768", "datagram of {needed} bytes or more is cut short";
        /// The length field counts less than the header itself.
        LengthTooSmall { /** The length field. */ found: u16 = 0 } = "length_too_small", "RFC 768", "length field {found} is less than the header's 8 bytes";
        /// The length field is zero: an IPv6 jumbogram of 65 536 bytes or more, whose length only the IP layer knows.
        Jumbogram = "jumbogram", "RFC 2675 section 4", "length field is zero: jumbograms are not supported";
    }
}

wirekit_macros::errors! {
    /// What kept a datagram from being encoded.
    pub enum EncodeError {
        /// The payload does not fit the 16-bit length field.
        PayloadTooLong { /** The payload's length. */ len: usize } = "payload of {len} bytes does not fit a datagram, which holds 65527";
        /// The output has no room for the datagram.
        OutputTooSmall { /** The datagram's length. */ needed: usize } = "output has no room for the {needed} bytes of the datagram";
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::Jumbogram, 4).shifted(20);
        assert_eq!((error.kind(), error.offset()), (ErrorKind::Jumbogram, 24));
    }
}
