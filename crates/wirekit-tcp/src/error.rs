use crate::OptionKind;

wirekit_macros::errors! {
    /// The rule that a segment broke, and where (RFC 9293 section 3.1): the offset counts bytes from the segment's start.
    ///
    /// ```
    /// use wirekit_tcp::{Error, ErrorKind, Segment};
    ///
    /// let error = Segment::parse(&[0; 12]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Truncated { needed: 20 }); // bytes
    /// assert_eq!(error.offset(), 12);
    /// ```
    pub struct Error;

    /// A rule of the wire format; each names the section that has it.
    ///
    /// ```
    /// use wirekit_tcp::ErrorKind;
    ///
    /// let kind = ErrorKind::Truncated { needed: 20 };
    /// assert_eq!(kind.spec(), "RFC 9293 section 3.1");
    /// assert_eq!(kind.as_str(), "tcp.truncated"); // never renamed: for logs and metrics
    /// ```
    pub enum ErrorKind("tcp") {
        /// The input ends inside the header.
        Truncated { /** Bytes that the header has at least. */ needed: usize = 0 } = "truncated", "RFC 9293 section 3.1", "header of {needed} bytes or more is cut short";
        /// The data offset points into the fixed header.
        DataOffsetTooSmall { /** The data offset, in words of 32 bits. */ found: u8 = 0 } = "data_offset_too_small", "RFC 9293 section 3.1", "data offset of {found} words is less than 5";
        /// The last byte of the options is a kind that wants a length.
        OptionLengthMissing { /** The option's kind. */ kind: OptionKind = OptionKind(0) } = "option_length_missing", "RFC 9293 section 3.1", "option {kind} has no length";
        /// An option's length does not cover its own kind and length.
        OptionLengthTooSmall { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_length_too_small", "RFC 9293 section 3.1", "option {kind} has length {found}, less than 2";
        /// An option goes on past the end of the header.
        OptionTruncated { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_truncated", "RFC 9293 section 3.1", "option {kind} has length {found}, past the end of the header";
        /// An option's length is not one that its kind has; the section is that of the option.
        OptionLengthWrong { /** The option's kind. */ kind: OptionKind = OptionKind(0), /** Its length. */ found: u8 = 0 } = "option_length_wrong", (match kind.spec() { Some(spec) => spec, None => "RFC 9293 section 3.1" }), "option {kind} has length {found}, which that kind never has";
    }
}

wirekit_macros::errors! {
    /// What kept a segment from being encoded (RFC 9293 section 3.1): the caller's side. Nothing was written.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use wirekit_tcp::{EncodeError, Header, PseudoHeader};
    ///
    /// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
    /// let error = Header::default().encode_to_slice(&[], &pseudo, b"data", &mut [0; 20]).unwrap_err();
    /// assert_eq!(error, EncodeError::OutputTooSmall { needed: 24 }); // bytes
    /// ```
    pub enum EncodeError {
        /// The options do not fit the 40 bytes that a header has for them.
        OptionsTooLong { /** Their length. */ len: usize } = "options of {len} bytes do not fit a header, which holds 40";
        /// An option holds a value that its kind cannot express.
        OptionInvalid { /** The option's kind. */ kind: OptionKind } = "option {kind} cannot express its value";
        /// The segment is longer than the 32-bit length of the pseudo-header.
        SegmentTooLong { /** The segment's length. */ len: usize } = "segment of {len} bytes is too long";
        /// The output has no room for the segment.
        OutputTooSmall { /** The segment's length. */ needed: usize } = "output has no room for the {needed} bytes of the segment";
    }
}

#[cfg(test)]
mod tests {
    use super::{Error, ErrorKind};
    use crate::OptionKind;

    #[test]
    fn a_wrong_length_has_the_section_of_its_option() {
        let rows = [
            (OptionKind::WINDOW_SCALE, "RFC 7323 section 2.2"),
            (OptionKind(77), "RFC 9293 section 3.1"),
        ];
        for (kind, spec) in rows {
            let wrong = ErrorKind::OptionLengthWrong { kind, found: 1 };
            assert_eq!(wrong.spec(), spec);
            let truncated = ErrorKind::OptionTruncated { kind, found: 1 };
            assert_eq!(truncated.spec(), "RFC 9293 section 3.1");
        }
    }

    #[test]
    fn errors_are_small_and_move_with_their_buffer() {
        assert!(size_of::<Error>() <= 32);
        let error = Error::new(ErrorKind::DataOffsetTooSmall { found: 4 }, 12).shifted(20);
        assert_eq!(error.offset(), 32);
    }
}
