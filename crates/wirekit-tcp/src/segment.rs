use wirekit_checksum::{Protocol, PseudoHeader, Verdict};

use crate::{Error, ErrorKind, Flags, Header, Options, SeqNumber};

/// The header without options.
pub(crate) const FIXED_HEADER_LEN: usize = 20;

/// A TCP segment as it stands on the wire: RFC 9293 section 3.1.
///
/// ```
/// use wirekit_tcp::{Flags, Segment, SeqNumber};
///
/// let bytes = [
///     0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 9, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0, b'G', b'E', b'T',
/// ];
/// let segment = Segment::parse(&bytes)?;
/// assert_eq!(segment.sequence_number(), SeqNumber(1));
/// assert_eq!(segment.flags(), Flags::PSH | Flags::ACK);
/// assert_eq!(segment.payload(), b"GET");
/// # Ok::<(), wirekit_tcp::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment<'a> {
    header: &'a [u8; FIXED_HEADER_LEN],
    options: &'a [u8],
    payload: &'a [u8],
    bytes: &'a [u8],
    /// Bytes of payload that the capture cut off.
    cut_len: usize,
}

impl<'a> Segment<'a> {
    /// Checks the header; `input` is what IP delivered, to its end.
    ///
    /// Options are read when asked for, and so is the checksum, which needs the addresses.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`], [`ErrorKind::DataOffsetTooSmall`].
    #[inline]
    pub const fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let Some((header, rest)) = input.split_first_chunk::<FIXED_HEADER_LEN>() else {
            return Err(Error::new(
                ErrorKind::Truncated {
                    needed: FIXED_HEADER_LEN,
                },
                input.len(),
            ));
        };
        let [_, _, _, _, _, _, _, _, _, _, _, _, offset, ..] = *header;
        let words = offset >> 4;
        let Some(options_len) = (words as usize * 4).checked_sub(FIXED_HEADER_LEN) else {
            return Err(Error::new(
                ErrorKind::DataOffsetTooSmall { found: words },
                12,
            ));
        };
        let Some((options, payload)) = rest.split_at_checked(options_len) else {
            return Err(Error::new(
                ErrorKind::Truncated {
                    needed: words as usize * 4,
                },
                input.len(),
            ));
        };
        Ok(Self {
            header,
            options,
            payload,
            bytes: input,
            cut_len: 0,
        })
    }

    /// As [`parse`](Self::parse), for a capture that may have cut the segment, which was `len` bytes long by the IP
    /// header: the payload is what is left of it, and so are the options, of which only whole ones are kept.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse); [`ErrorKind::Truncated`] only where the first 20 bytes are not there, or the segment
    /// itself was too short.
    #[inline]
    pub const fn parse_captured(input: &'a [u8], len: usize) -> Result<Self, Error> {
        let captured = match input.split_at_checked(len) {
            Some((captured, _)) => captured,
            None => input,
        };
        match Self::parse(captured) {
            Ok(segment) => Ok(Self {
                cut_len: len - captured.len(),
                ..segment
            }),
            Err(error) => match error.kind() {
                ErrorKind::Truncated { needed } if needed <= len => {
                    Self::cut_in_options(captured, len - needed, error)
                }
                _ => Err(error),
            },
        }
    }

    #[cold]
    const fn cut_in_options(
        captured: &'a [u8],
        payload_len: usize,
        error: Error,
    ) -> Result<Self, Error> {
        let Some((header, options)) = captured.split_first_chunk::<FIXED_HEADER_LEN>() else {
            return Err(error);
        };
        Ok(Self {
            header,
            options: whole_options(options),
            payload: &[],
            bytes: captured,
            cut_len: payload_len,
        })
    }

    /// The sender's port.
    #[inline]
    pub const fn source_port(&self) -> u16 {
        let [a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The receiver's port.
    #[inline]
    pub const fn destination_port(&self) -> u16 {
        let [_, _, a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The number of the first byte of data; of the SYN itself where SYN is set.
    #[inline]
    pub const fn sequence_number(&self) -> SeqNumber {
        let [_, _, _, _, a, b, c, d, ..] = *self.header;
        SeqNumber(u32::from_be_bytes([a, b, c, d]))
    }

    /// The number that the sender expects next; significant where ACK is set.
    #[inline]
    pub const fn acknowledgment_number(&self) -> SeqNumber {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *self.header;
        SeqNumber(u32::from_be_bytes([a, b, c, d]))
    }

    /// The header's length by its data offset, in bytes: 20 to 60.
    #[inline]
    pub const fn header_len(&self) -> usize {
        let [_, _, _, _, _, _, _, _, _, _, _, _, offset, ..] = *self.header;
        (offset >> 4) as usize * 4
    }

    /// The control bits.
    #[inline]
    pub const fn flags(&self) -> Flags {
        let [_, _, _, _, _, _, _, _, _, _, _, _, a, b, ..] = *self.header;
        Flags::from_bits(u16::from_be_bytes([a, b]))
    }

    /// The bytes that the sender is ready to receive, before scaling.
    #[inline]
    pub const fn window(&self) -> u16 {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The checksum field, 16 bits as they stand in the header: RFC 9293 section 3.1.
    #[inline]
    pub const fn checksum(&self) -> u16 {
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The offset of the byte after urgent data; significant where URG is set.
    #[inline]
    pub const fn urgent_pointer(&self) -> u16 {
        let [.., a, b] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The fields that the sender chose, apart from the options.
    #[inline]
    pub const fn header(&self) -> Header {
        Header {
            source_port: self.source_port(),
            destination_port: self.destination_port(),
            sequence_number: self.sequence_number(),
            acknowledgment_number: self.acknowledgment_number(),
            flags: self.flags(),
            window: self.window(),
            urgent_pointer: self.urgent_pointer(),
        }
    }

    /// The options.
    #[inline]
    pub const fn options(&self) -> Options<'a> {
        Options::new(self.options)
    }

    /// The data, as much as the capture left of it.
    #[inline]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The data's length as sent; more than that of [`payload`](Self::payload) when the capture cut it.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        self.payload.len() + self.cut_len
    }

    /// `SEG.LEN`: the sequence numbers that the segment takes, SYN and FIN included.
    #[inline]
    pub const fn sequence_len(&self) -> u32 {
        let flags = self.flags();
        let controls = flags.contains(Flags::SYN) as usize + flags.contains(Flags::FIN) as usize;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "sequence numbers are modulo 2^32"
        )]
        let len = self.payload_len().wrapping_add(controls) as u32;
        len
    }

    /// Header and payload, exactly the bytes that were parsed.
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Compares the checksum with the bytes and the addresses: never [`Verdict::Absent`].
    ///
    /// A segment that the capture cut verifies as bad.
    #[inline]
    pub fn verify_checksum(&self, pseudo: &PseudoHeader) -> Verdict {
        pseudo.verdict(Protocol::TCP, self.bytes, self.checksum())
    }
}

/// The options before the one that the end of `options` cuts.
const fn whole_options(options: &[u8]) -> &[u8] {
    let mut rest = options;
    loop {
        let len = match rest {
            [0, ..] => rest.len(),
            [1, ..] => 1,
            [_, len @ 2..=255, ..] => *len as usize,
            // A length below two is reported where the options are walked.
            [_, _, ..] => return options,
            _ => break,
        };
        rest = match rest.split_at_checked(len) {
            Some((_, after)) => after,
            None => break,
        };
    }
    match options.split_at_checked(options.len() - rest.len()) {
        Some((whole, _)) => whole,
        None => options,
    }
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use super::Segment;
    use crate::{Error, ErrorKind, Flags, PseudoHeader, SeqNumber, Verdict};

    const SYN: [u8; 24] = [
        0x9c, 0x40, 0, 80, 1, 2, 3, 4, 5, 6, 7, 8, 0x61, 0x42, 0xfa, 0xf0, 0xbe, 0xef, 0, 7, 2, 4,
        5, 0xb4,
    ];

    #[test]
    fn rules() {
        let with_offset = |words: u8| {
            let mut bytes = SYN;
            bytes[12] = words << 4;
            bytes
        };
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 6] = [
            // RFC 9293 section 3.1: 20 bytes before the options
            (&[], ErrorKind::Truncated { needed: 20 }, 0),
            (&SYN[..19], ErrorKind::Truncated { needed: 20 }, 19),
            // RFC 9293 section 3.1: the data offset counts the fixed header's five words too
            (&with_offset(4), ErrorKind::DataOffsetTooSmall { found: 4 }, 12),
            (&with_offset(0), ErrorKind::DataOffsetTooSmall { found: 0 }, 12),
            (&with_offset(7), ErrorKind::Truncated { needed: 28 }, 24),
            (&with_offset(15), ErrorKind::Truncated { needed: 60 }, 24),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(
                Segment::parse(input),
                Err(Error::new(kind, offset)),
                "{input:?}"
            );
            for end in 0..input.len() {
                let cut = Segment::parse(&input[..end]).unwrap_err();
                assert!(cut.offset() <= end, "{cut} of {end}");
            }
            let tailed = [input, &[0; 60]].concat();
            match kind {
                ErrorKind::Truncated { .. } => {
                    assert!(input.len() < 13 || Segment::parse(&tailed).is_ok())
                }
                _ => assert_eq!(
                    Segment::parse(&tailed),
                    Err(Error::new(kind, offset)),
                    "{input:?} with a tail"
                ),
            }
        }
    }

    #[test]
    fn fields() {
        let bytes = [&SYN[..], b"data"].concat();
        let segment = Segment::parse(&bytes).unwrap();
        assert_eq!(
            (segment.source_port(), segment.destination_port()),
            (40_000, 80)
        );
        assert_eq!(segment.sequence_number(), SeqNumber(0x0102_0304));
        assert_eq!(segment.acknowledgment_number(), SeqNumber(0x0506_0708));
        assert_eq!(segment.flags(), Flags::AE | Flags::SYN | Flags::ECE);
        assert_eq!(
            (
                segment.window(),
                segment.checksum(),
                segment.urgent_pointer()
            ),
            (0xfaf0, 0xbeef, 7)
        );
        assert_eq!(
            (
                segment.header_len(),
                segment.payload(),
                segment.payload_len()
            ),
            (24, &b"data"[..], 4)
        );
        assert_eq!(
            (segment.sequence_len(), segment.as_bytes()),
            (5, &bytes[..])
        );
        assert_eq!(segment.options().as_bytes(), [2, 4, 5, 0xb4]);
    }

    #[test]
    fn captures_may_cut_the_payload() {
        let bytes = [&SYN[..], b"da"].concat();
        let segment = Segment::parse_captured(&bytes, 100).unwrap();
        assert_eq!(
            (
                segment.payload(),
                segment.payload_len(),
                segment.sequence_len()
            ),
            (&b"da"[..], 76, 77)
        );
        // What the link adds after the packet is not data.
        let segment = Segment::parse_captured(&bytes, 25).unwrap();
        assert_eq!((segment.payload(), segment.payload_len()), (&b"d"[..], 1));
    }

    /// RFC 9293 section 3.2: behind the end of the list is padding, of whatever value.
    #[test]
    fn the_end_of_the_list_is_its_last_option_in_a_cut_header_too() {
        let rows: [(&[u8], usize); 5] = [
            (&[4, 2, 0], 3),
            (&[4, 2, 0, 9, 9], 5),
            (&[0], 1),
            (&[0, 2, 8, 10, 1], 5),
            (&[4, 2, 1, 8, 10, 0, 0], 3),
        ];
        for (options, whole_len) in rows {
            let mut bytes = [&SYN[..20], options].concat();
            bytes[12] = 10 << 4;
            let segment = Segment::parse_captured(&bytes, 40).unwrap();
            assert_eq!(segment.options().as_bytes(), &options[..whole_len]);
        }
    }

    #[test]
    fn captures_may_cut_the_options_but_not_what_is_before_them() {
        let mut bytes = [&SYN[..], &[1, 1, 8, 10, 1, 1, 1, 1, 2, 2, 2, 2], b"data"].concat();
        bytes[12] = 9 << 4;
        // Up to which byte the capture goes, and how many bytes of options it leaves.
        for (captured, options) in [
            (20, 0),
            (23, 0),
            (24, 4),
            (25, 5),
            (26, 6),
            (35, 6),
            (36, 16),
        ] {
            let segment = Segment::parse_captured(&bytes[..captured], bytes.len()).unwrap();
            assert_eq!(
                segment.options().as_bytes(),
                &bytes[20..20 + options],
                "{captured}"
            );
            assert_eq!((segment.header_len(), segment.payload_len()), (36, 4));
            assert_eq!(segment.as_bytes(), &bytes[..captured]);
        }
        assert_eq!(
            Segment::parse_captured(&bytes[..19], bytes.len()),
            Err(Error::new(ErrorKind::Truncated { needed: 20 }, 19))
        );
        // RFC 9293 section 3.1: the header may be all that there is.
        let segment = Segment::parse_captured(&bytes[..30], 36).unwrap();
        assert_eq!(segment.options().as_bytes(), &bytes[20..26]);
        assert_eq!((segment.header_len(), segment.payload_len()), (36, 0));
        // The segment itself was too short, whatever the capture left of it.
        for captured in [24, 30] {
            assert_eq!(
                Segment::parse_captured(&bytes[..captured], 30),
                Err(Error::new(ErrorKind::Truncated { needed: 36 }, captured))
            );
        }
        // A length that is none is reported, not hidden.
        bytes[21] = 1;
        let segment = Segment::parse_captured(&bytes[..24], bytes.len()).unwrap();
        assert!(segment.options().iter().any(|option| option.is_err()));
    }

    #[test]
    fn checksum_verdicts() {
        let pseudo = PseudoHeader::V4 {
            source: Ipv4Addr::new(192, 0, 2, 1),
            destination: Ipv4Addr::new(192, 0, 2, 2),
        };
        let mut bytes = SYN;
        assert_eq!(
            Segment::parse(&bytes).unwrap().verify_checksum(&pseudo),
            Verdict::Bad
        );
        let partial = pseudo.checksum(wirekit_checksum::Protocol::TCP, 24);
        bytes[16..18].copy_from_slice(&partial.sum().to_be_bytes());
        assert_eq!(
            Segment::parse(&bytes).unwrap().verify_checksum(&pseudo),
            Verdict::Offloaded
        );
        // What the card does: sum over the whole segment, the partial sum included.
        let mut whole = wirekit_checksum::Checksum::new();
        whole.update(&bytes);
        bytes[16..18].copy_from_slice(&whole.finish().to_be_bytes());
        assert_eq!(
            Segment::parse(&bytes).unwrap().verify_checksum(&pseudo),
            Verdict::Good
        );
    }
}
