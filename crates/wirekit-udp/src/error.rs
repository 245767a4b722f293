wirekit_macros::errors! {
    /// The rule that a datagram broke, and where (RFC 768): the offset counts bytes from the datagram's start.
    ///
    /// ```
    /// use wirekit_udp::{Datagram, ErrorKind};
    ///
    /// let error = Datagram::parse(&[0, 53, 0, 53]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Truncated { needed: 8 }); // bytes
    /// assert_eq!(error.offset(), 4);
    /// ```
    pub struct Error;

    /// A rule of the wire format: RFC 768, and RFC 2675 of what is too long for it.
    ///
    /// ```
    /// use wirekit_udp::{Datagram, ErrorKind};
    ///
    /// // A length of zero is an IPv6 jumbogram.
    /// let error = Datagram::parse(&[0, 53, 0, 53, 0, 0, 0, 0]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Jumbogram);
    /// assert_eq!(error.kind().spec(), "RFC 2675 section 4");
    /// ```
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
    /// What kept a datagram from being encoded (RFC 768): the caller's side. Nothing was written.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use wirekit_udp::{EncodeError, Header, PseudoHeader};
    ///
    /// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
    /// let header = Header { source_port: 4000, destination_port: 53 };
    /// let error = header.encode_to_slice(&pseudo, b"data", &mut [0; 8]).unwrap_err();
    /// assert_eq!(error, EncodeError::OutputTooSmall { needed: 12 }); // bytes
    /// ```
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
