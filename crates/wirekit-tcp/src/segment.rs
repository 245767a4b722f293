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
    /// header: the TCP header must be whole, and the payload is what is left of it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
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
            Err(error) => Err(error),
        }
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
        FIXED_HEADER_LEN + self.options.len()
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

    /// The checksum field.
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
