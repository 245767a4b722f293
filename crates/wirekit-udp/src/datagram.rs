use wirekit_checksum::{Protocol, PseudoHeader, Verdict};

use crate::header::HEADER_LEN;
use crate::{Error, ErrorKind, Header};

/// A UDP datagram as it stands on the wire: RFC 768.
///
/// Bytes of the input after the declared length are not part of it. They are the padding of a short frame, or the
/// surplus area in which RFC 9868 puts options.
///
/// ```
/// use wirekit_udp::Datagram;
///
/// let datagram = Datagram::parse(&[0x0f, 0xa0, 0, 53, 0, 10, 0, 0, b'h', b'i', 0, 0])?;
/// assert_eq!(datagram.destination_port(), 53);
/// assert_eq!(datagram.payload(), b"hi");
/// # Ok::<(), wirekit_udp::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Datagram<'a> {
    header: &'a [u8; HEADER_LEN],
    payload: &'a [u8],
    bytes: &'a [u8],
}

impl<'a> Datagram<'a> {
    /// Checks the header and the length. The checksum needs the addresses: [`verify_checksum`](Self::verify_checksum).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Truncated`], [`ErrorKind::LengthTooSmall`], [`ErrorKind::Jumbogram`].
    #[inline]
    pub const fn parse(input: &'a [u8]) -> Result<Self, Error> {
        let (header, length) = match split(input) {
            Ok(split) => split,
            Err(error) => return Err(error),
        };
        let Some((bytes, _)) = input.split_at_checked(length) else {
            return Err(Error::new(
                ErrorKind::Truncated { needed: length },
                input.len(),
            ));
        };
        Ok(Self::whole(header, bytes))
    }

    /// As [`parse`](Self::parse), for a capture that may have cut the packet: the header must be whole, and the
    /// payload is what is left of it.
    ///
    /// # Errors
    ///
    /// As [`parse`](Self::parse).
    #[inline]
    pub const fn parse_captured(input: &'a [u8]) -> Result<Self, Error> {
        match split(input) {
            Ok((header, length)) => match input.split_at_checked(length) {
                Some((bytes, _)) => Ok(Self::whole(header, bytes)),
                None => Ok(Self::whole(header, input)),
            },
            Err(error) => Err(error),
        }
    }

    #[inline]
    const fn whole(header: &'a [u8; HEADER_LEN], bytes: &'a [u8]) -> Self {
        let payload = match bytes.split_at_checked(HEADER_LEN) {
            Some((_, payload)) => payload,
            None => &[],
        };
        Self {
            header,
            payload,
            bytes,
        }
    }

    /// The sender's port; zero when it expects no reply.
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

    /// The length field: header and payload, in bytes.
    #[inline]
    pub const fn length(&self) -> u16 {
        let [_, _, _, _, a, b, ..] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The checksum field, 16 bits as they stand in the header; zero when the sender computed none (RFC 768).
    #[inline]
    pub const fn checksum(&self) -> u16 {
        let [.., a, b] = *self.header;
        u16::from_be_bytes([a, b])
    }

    /// The fields that the sender chose.
    #[inline]
    pub const fn header(&self) -> Header {
        Header {
            source_port: self.source_port(),
            destination_port: self.destination_port(),
        }
    }

    /// The bytes after the header.
    #[inline]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// The payload's length as sent; more than that of [`payload`](Self::payload) when the capture cut it.
    #[inline]
    pub const fn payload_len(&self) -> usize {
        (self.length() as usize).saturating_sub(HEADER_LEN)
    }

    /// Header and payload, exactly the bytes that the datagram takes.
    #[inline]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Compares the checksum with the bytes and the addresses.
    ///
    /// Zero means [`Verdict::Absent`] over IPv4 and [`Verdict::Bad`] over IPv6: "IPv6 receivers must discard UDP
    /// packets containing a zero checksum" (RFC 8200 section 8.1). Tunnels that RFC 6935 allows to send zero look at
    /// [`checksum`](Self::checksum) first. A datagram that the capture cut verifies as bad.
    pub fn verify_checksum(&self, pseudo: &PseudoHeader) -> Verdict {
        match (self.checksum(), pseudo) {
            (0, PseudoHeader::V4 { .. }) => Verdict::Absent,
            (0, PseudoHeader::V6 { .. }) => Verdict::Bad,
            (field, pseudo) => pseudo.verdict(Protocol::UDP, self.bytes, field),
        }
    }
}

/// The header and the length that it declares.
#[inline]
const fn split(input: &[u8]) -> Result<(&[u8; HEADER_LEN], usize), Error> {
    let Some((header, _)) = input.split_first_chunk::<HEADER_LEN>() else {
        return Err(Error::new(
            ErrorKind::Truncated { needed: HEADER_LEN },
            input.len(),
        ));
    };
    let [_, _, _, _, a, b, ..] = *header;
    match u16::from_be_bytes([a, b]) {
        0 => Err(Error::new(ErrorKind::Jumbogram, 4)),
        found @ 1..8 => Err(Error::new(ErrorKind::LengthTooSmall { found }, 4)),
        length => Ok((header, length as usize)),
    }
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::Datagram;
    use crate::{Error, ErrorKind, PseudoHeader, Verdict};

    #[test]
    fn rules() {
        #[rustfmt::skip]
        let rows: [(&[u8], ErrorKind, usize); 7] = [
            // RFC 768: the header is four 16-bit fields
            (&[], ErrorKind::Truncated { needed: 8 }, 0),
            (&[0, 1, 0, 2, 0, 8, 0], ErrorKind::Truncated { needed: 8 }, 7),
            // RFC 768: "Length is the length in octets of this user datagram including this header and the data.
            // (This means the minimum value of the length is eight.)"
            (&[0, 1, 0, 2, 0, 7, 0, 0], ErrorKind::LengthTooSmall { found: 7 }, 4),
            (&[0, 1, 0, 2, 0, 1, 0, 0], ErrorKind::LengthTooSmall { found: 1 }, 4),
            (&[0, 1, 0, 2, 0, 9, 0, 0], ErrorKind::Truncated { needed: 9 }, 8),
            (&[0, 1, 0, 2, 1, 0, 0, 0, 1], ErrorKind::Truncated { needed: 256 }, 9),
            // RFC 2675 section 4: "the UDP Length field ... set to zero" in a jumbogram
            (&[0, 1, 0, 2, 0, 0, 0, 0, 1], ErrorKind::Jumbogram, 4),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(
                Datagram::parse(input),
                Err(Error::new(kind, offset)),
                "{input:?}"
            );
            for end in 0..input.len() {
                let cut = Datagram::parse(&input[..end]).unwrap_err();
                assert!(cut.offset() <= end, "{cut} of {end}");
            }
            let mut tailed = input.to_vec();
            tailed.extend([0; 300]);
            match kind {
                ErrorKind::Truncated { .. } => {
                    assert!(input.len() < 6 || Datagram::parse(&tailed).is_ok())
                }
                _ => assert_eq!(
                    Datagram::parse(&tailed),
                    Err(Error::new(kind, offset)),
                    "{input:?} with a tail"
                ),
            }
        }
    }

    #[test]
    fn fields_and_tail() {
        let input = [0x12, 0x34, 0, 53, 0, 10, 0xab, 0xcd, 1, 2, 3];
        let datagram = Datagram::parse(&input).unwrap();
        assert_eq!(
            (datagram.source_port(), datagram.destination_port()),
            (0x1234, 53)
        );
        assert_eq!((datagram.length(), datagram.checksum()), (10, 0xabcd));
        assert_eq!(
            (datagram.payload(), datagram.payload_len()),
            (&[1, 2][..], 2)
        );
        assert_eq!(datagram.as_bytes(), &input[..10]);
    }

    #[test]
    fn captures_may_cut_the_payload_but_not_the_header() {
        let input = [0x12, 0x34, 0, 53, 0, 100, 0xab, 0xcd, 1, 2];
        let datagram = Datagram::parse_captured(&input).unwrap();
        assert_eq!(
            (datagram.payload(), datagram.payload_len()),
            (&[1, 2][..], 92)
        );
        let error = Datagram::parse_captured(&input[..7]).unwrap_err();
        assert_eq!(error, Error::new(ErrorKind::Truncated { needed: 8 }, 7));
    }

    #[test]
    fn zero_checksum_is_absent_over_ipv4_and_bad_over_ipv6() {
        let datagram = Datagram::parse(&[0, 1, 0, 2, 0, 8, 0, 0]).unwrap();
        let (four, six) = (Ipv4Addr::LOCALHOST, Ipv6Addr::LOCALHOST);
        let pseudo = PseudoHeader::V4 {
            source: four,
            destination: four,
        };
        assert_eq!(datagram.verify_checksum(&pseudo), Verdict::Absent);
        let pseudo = PseudoHeader::V6 {
            source: six,
            destination: six,
        };
        assert_eq!(datagram.verify_checksum(&pseudo), Verdict::Bad);
    }
}
