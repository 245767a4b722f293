#[cfg(feature = "alloc")]
use bytes::BufMut;
use wirekit_checksum::{Checksum, Protocol, PseudoHeader};

use crate::EncodeError;

/// The header's length.
pub const HEADER_LEN: usize = 8;

/// The longest payload: the 16-bit length counts the header too.
pub const MAX_PAYLOAD_LEN: usize = u16::MAX as usize - HEADER_LEN;

/// What a sender chooses of a datagram's header; the length and the checksum are computed: RFC 768.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_udp::{Datagram, Header, PseudoHeader};
///
/// let header = Header { source_port: 4000, destination_port: 53 };
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let mut out = [0; 32];
/// let len = header.encode_to_slice(&pseudo, b"query", &mut out)?;
/// assert_eq!(Datagram::parse(&out[..len])?.header(), header);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[expect(clippy::exhaustive_structs, reason = "RFC 768 fixes the fields")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Header {
    /// The sender's port, or zero when no reply is expected.
    pub source_port: u16,
    /// The receiver's port.
    pub destination_port: u16,
}

impl Header {
    /// The length of the whole datagram with a payload of `payload_len` bytes.
    #[inline]
    pub const fn encoded_len(payload_len: usize) -> usize {
        HEADER_LEN.saturating_add(payload_len)
    }

    /// Appends the datagram with its checksum and returns its length.
    ///
    /// A checksum that comes out as zero is sent as `0xffff`, because zero says that there is none.
    ///
    /// # Errors
    ///
    /// [`EncodeError::PayloadTooLong`], [`EncodeError::OutputTooSmall`]; nothing is written then.
    #[cfg(feature = "alloc")]
    pub fn encode(
        &self,
        pseudo: &PseudoHeader,
        payload: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        self.append(self.bytes(Some(pseudo), payload)?, payload, out)
    }

    /// Appends the datagram with checksum zero, which says that there is none, and returns its length.
    ///
    /// Legal over IPv4 (RFC 768); over IPv6 only for tunnels that follow RFC 6935 and RFC 6936.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    #[cfg(feature = "alloc")]
    pub fn encode_without_checksum(
        &self,
        payload: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        self.append(self.bytes(None, payload)?, payload, out)
    }

    /// Writes the datagram with its checksum at the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_to_slice(
        &self,
        pseudo: &PseudoHeader,
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        write(self.bytes(Some(pseudo), payload)?, payload, out)
    }

    /// Writes the datagram with checksum zero at the start of `out` and returns its length.
    ///
    /// # Errors
    ///
    /// As [`encode`](Self::encode).
    pub fn encode_without_checksum_to_slice(
        &self,
        payload: &[u8],
        out: &mut [u8],
    ) -> Result<usize, EncodeError> {
        write(self.bytes(None, payload)?, payload, out)
    }

    /// The header's bytes before this payload.
    fn bytes(
        &self,
        pseudo: Option<&PseudoHeader>,
        payload: &[u8],
    ) -> Result<[u8; HEADER_LEN], EncodeError> {
        let too_long = EncodeError::PayloadTooLong { len: payload.len() };
        let length = u16::try_from(Self::encoded_len(payload.len())).map_err(|_| too_long)?;
        let [a, b] = self.source_port.to_be_bytes();
        let [c, d] = self.destination_port.to_be_bytes();
        let [e, f] = length.to_be_bytes();
        let bytes = [a, b, c, d, e, f, 0, 0];
        let Some(pseudo) = pseudo else {
            return Ok(bytes);
        };
        let mut checksum = pseudo.checksum(Protocol::UDP, u32::from(length));
        checksum.update(&bytes);
        checksum.update(payload);
        let [g, h] = transmitted(checksum).to_be_bytes();
        Ok([a, b, c, d, e, f, g, h])
    }

    #[cfg(feature = "alloc")]
    fn append(
        self,
        header: [u8; 8],
        payload: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, EncodeError> {
        let needed = Self::encoded_len(payload.len());
        if out.remaining_mut() < needed {
            return Err(EncodeError::OutputTooSmall { needed });
        }
        out.put_slice(&header);
        out.put_slice(payload);
        Ok(needed)
    }
}

/// RFC 768: "If the computed checksum is zero, it is transmitted as all ones".
fn transmitted(checksum: Checksum) -> u16 {
    match checksum.finish() {
        0 => 0xffff,
        checksum => checksum,
    }
}

fn write(header: [u8; HEADER_LEN], payload: &[u8], out: &mut [u8]) -> Result<usize, EncodeError> {
    let needed = Header::encoded_len(payload.len());
    let Some((head, tail)) = out
        .get_mut(..needed)
        .and_then(|out| out.split_first_chunk_mut())
    else {
        return Err(EncodeError::OutputTooSmall { needed });
    };
    *head = header;
    tail.copy_from_slice(payload);
    Ok(needed)
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use wirekit_checksum::{PseudoHeader, Verdict};

    use super::{Header, MAX_PAYLOAD_LEN};
    use crate::{Datagram, EncodeError};

    const HEADER: Header = Header {
        source_port: 0x1234,
        destination_port: 53,
    };
    const PSEUDO: PseudoHeader = PseudoHeader::V4 {
        source: Ipv4Addr::new(192, 0, 2, 1),
        destination: Ipv4Addr::new(192, 0, 2, 2),
    };
    const PSEUDO_6: PseudoHeader = PseudoHeader::V6 {
        source: Ipv6Addr::LOCALHOST,
        destination: Ipv6Addr::LOCALHOST,
    };

    #[test]
    fn what_is_encoded_is_parsed() {
        for pseudo in [PSEUDO, PSEUDO_6] {
            for payload in [&b""[..], b"a", b"ab", &[0xff; 1400]] {
                let mut out = std::vec![0x55; 1500];
                let len = HEADER.encode_to_slice(&pseudo, payload, &mut out).unwrap();
                assert_eq!(len, Header::encoded_len(payload.len()));
                assert!(out[len..].iter().all(|&byte| byte == 0x55));
                let datagram = Datagram::parse(&out).unwrap();
                assert_eq!((datagram.header(), datagram.payload()), (HEADER, payload));
                assert_eq!(datagram.verify_checksum(&pseudo), Verdict::Good);
                assert_eq!(datagram.as_bytes(), &out[..len]);
            }
        }
    }

    #[test]
    #[cfg(feature = "alloc")]
    fn both_outputs_are_alike() {
        let (mut slice, mut vec) = ([0; 11], std::vec::Vec::new());
        HEADER.encode_to_slice(&PSEUDO, b"abc", &mut slice).unwrap();
        assert_eq!(HEADER.encode(&PSEUDO, b"abc", &mut vec), Ok(11));
        assert_eq!(vec, slice);
        HEADER
            .encode_without_checksum_to_slice(b"abc", &mut slice)
            .unwrap();
        vec.clear();
        assert_eq!(HEADER.encode_without_checksum(b"abc", &mut vec), Ok(11));
        assert_eq!(vec, slice);
        assert_eq!(
            Datagram::parse(&slice).unwrap().verify_checksum(&PSEUDO),
            Verdict::Absent
        );
        // Room for the datagram and not a byte more is enough.
        let mut exact = [0; 11];
        assert_eq!(HEADER.encode(&PSEUDO, b"abc", &mut &mut exact[..]), Ok(11));
        let mut short = &mut exact[..10];
        let error = Err(EncodeError::OutputTooSmall { needed: 11 });
        assert_eq!(HEADER.encode(&PSEUDO, b"abc", &mut short), error);
        assert_eq!(short.len(), 10);
    }

    /// RFC 768: a checksum of zero says that there is none, so a computed zero is sent as all ones.
    #[test]
    fn computed_zero_is_sent_as_all_ones() {
        let mut out = [0; 10];
        for word in 0..=u16::MAX {
            HEADER
                .encode_to_slice(&PSEUDO, &word.to_be_bytes(), &mut out)
                .unwrap();
            assert_ne!(out[6..8], [0, 0]);
            if out[6..8] == [0xff, 0xff] {
                assert_eq!(
                    Datagram::parse(&out).unwrap().verify_checksum(&PSEUDO),
                    Verdict::Good
                );
                return;
            }
        }
        panic!("one of the payloads sums to zero");
    }

    #[test]
    fn what_does_not_fit_leaves_the_output_alone() {
        let long = std::vec![0; MAX_PAYLOAD_LEN + 1];
        let mut out = std::vec![0x55; MAX_PAYLOAD_LEN + 100];
        let error = HEADER.encode_to_slice(&PSEUDO, &long, &mut out);
        assert_eq!(
            error,
            Err(EncodeError::PayloadTooLong {
                len: MAX_PAYLOAD_LEN + 1
            })
        );
        let error = HEADER.encode_to_slice(&PSEUDO, b"abc", &mut out[..10]);
        assert_eq!(error, Err(EncodeError::OutputTooSmall { needed: 11 }));
        assert!(out.iter().all(|&byte| byte == 0x55));
        assert_eq!(
            HEADER.encode_to_slice(&PSEUDO, &long[1..], &mut out),
            Ok(65_535)
        );
    }
}
