use wirekit_checksum::{Protocol, PseudoHeader, replace_u16};

use crate::{Datagram, Error};

/// A datagram whose fields may be changed where they lie; its checksum follows (RFC 1624).
///
/// A checksum that was good stays good, one that was bad stays bad, and one that is absent stays absent: the payload is
/// never read. One that comes out as zero becomes `0xffff`, because zero says that there is none (RFC 768). That a
/// network card is still to finish (offloaded) must not be changed this way.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_udp::{Datagram, DatagramMut, Header, PseudoHeader, Verdict};
///
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let mut bytes = [0; 12];
/// Header { source_port: 4000, destination_port: 53 }.encode_to_slice(&pseudo, b"data", &mut bytes)?;
///
/// DatagramMut::parse(&mut bytes)?.set_destination_port(5353);
/// let datagram = Datagram::parse(&bytes)?;
/// assert_eq!(datagram.destination_port(), 5353);
/// assert_eq!(datagram.verify_checksum(&pseudo), Verdict::Good);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct DatagramMut<'a> {
    bytes: &'a mut [u8],
}

impl<'a> DatagramMut<'a> {
    /// Checks the header and the length as [`Datagram::parse`] does; what stands behind the datagram is left alone.
    ///
    /// # Errors
    ///
    /// As [`Datagram::parse`].
    pub fn parse(input: &'a mut [u8]) -> Result<Self, Error> {
        let len = Datagram::parse(input)?.as_bytes().len();
        let (bytes, _) = input.split_at_mut(len);
        Ok(Self { bytes })
    }

    /// The datagram as it now stands.
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Changes the sender's port.
    pub fn set_source_port(&mut self, port: u16) {
        self.put(0, port);
    }

    /// Changes the receiver's port.
    pub fn set_destination_port(&mut self, port: u16) {
        self.put(2, port);
    }

    /// Follows a change of the addresses, which the checksum covers: what a translator of addresses does.
    ///
    /// An absent checksum stays absent, which IPv6 does not allow: a translator from IPv4 computes one for such a
    /// datagram, or drops it (RFC 7915 section 4.5).
    pub fn readdress(&mut self, from: &PseudoHeader, to: &PseudoHeader) {
        // The lengths are the same on both sides and cancel out.
        let (before, after) = (
            from.checksum(Protocol::UDP, 0),
            to.checksum(Protocol::UDP, 0),
        );
        self.follow(before.sum(), after.sum());
    }

    /// Replaces a port, and lets the checksum follow.
    fn put(&mut self, at: usize, new: u16) {
        if let Some(before) = self.replace(at, new) {
            self.follow(before, new);
        }
    }

    /// Replaces a word of the header and returns what it was; every datagram has four.
    fn replace(&mut self, at: usize, new: u16) -> Option<u16> {
        let field = self.bytes.get_mut(at..)?.first_chunk_mut()?;
        let before = core::mem::replace(field, new.to_be_bytes());
        Some(u16::from_be_bytes(before))
    }

    fn follow(&mut self, before: u16, after: u16) {
        let Some(field) = self
            .bytes
            .get_mut(6..)
            .and_then(|field| field.first_chunk_mut())
        else {
            return;
        };
        let checksum = u16::from_be_bytes(*field);
        // RFC 768: "An all zero transmitted checksum value means that the transmitter generated no checksum".
        if checksum != 0 {
            *field = match replace_u16(checksum, before, after) {
                0 => [0xff; 2],
                checksum => checksum.to_be_bytes(),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use wirekit_checksum::{PseudoHeader, Verdict};

    use super::DatagramMut;
    use crate::{Datagram, Error, ErrorKind, Header};

    const PSEUDO: PseudoHeader = PseudoHeader::V4 {
        source: Ipv4Addr::new(192, 0, 2, 1),
        destination: Ipv4Addr::new(192, 0, 2, 2),
    };
    const PSEUDO_6: PseudoHeader = PseudoHeader::V6 {
        source: Ipv6Addr::LOCALHOST,
        destination: Ipv6Addr::from_bits(u128::MAX),
    };
    const HEADER: Header = Header {
        source_port: 0x1234,
        destination_port: 53,
    };

    fn verdict(bytes: &[u8], pseudo: &PseudoHeader) -> Verdict {
        Datagram::parse(bytes).unwrap().verify_checksum(pseudo)
    }

    /// RFC 1624 section 3, and RFC 768: whatever a port becomes, the checksum is right and never says "none".
    #[test]
    fn the_checksum_follows_every_port() {
        let steps: [fn(&mut DatagramMut<'_>, u16); 2] = [
            |datagram, port| datagram.set_source_port(port),
            |datagram, port| datagram.set_destination_port(port),
        ];
        for step in steps {
            let mut bytes = [0; 13];
            HEADER
                .encode_to_slice(&PSEUDO, b"hello", &mut bytes)
                .unwrap();
            let mut zeros = 0;
            for port in (0..=u16::MAX).rev().chain([0x8000]) {
                step(&mut DatagramMut::parse(&mut bytes).unwrap(), port);
                assert_eq!(verdict(&bytes, &PSEUDO), Verdict::Good, "{port}");
                zeros += usize::from(bytes[6..8] == [0xff; 2]);
            }
            assert!(zeros > 0, "one of the ports sums to zero");
            let datagram = Datagram::parse(&bytes).unwrap();
            assert_eq!(datagram.payload(), b"hello");
            assert!([datagram.source_port(), datagram.destination_port()].contains(&0x8000));
        }
    }

    /// RFC 768: zero says that there is none, so it is not updated into one.
    #[test]
    fn an_absent_checksum_stays_absent() {
        let mut bytes = [0; 13];
        HEADER
            .encode_without_checksum_to_slice(b"hello", &mut bytes)
            .unwrap();
        let mut datagram = DatagramMut::parse(&mut bytes).unwrap();
        datagram.set_source_port(1);
        datagram.set_destination_port(2);
        datagram.readdress(&PSEUDO, &PSEUDO_6);
        assert_eq!(bytes[..8], [0, 1, 0, 2, 0, 13, 0, 0]);
        assert_eq!(verdict(&bytes, &PSEUDO), Verdict::Absent);
        assert_eq!(verdict(&bytes, &PSEUDO_6), Verdict::Bad);
    }

    #[test]
    fn a_bad_checksum_stays_bad() {
        let mut bytes = [0; 13];
        HEADER
            .encode_to_slice(&PSEUDO, b"hello", &mut bytes)
            .unwrap();
        bytes[12] ^= 1;
        for port in 0..=u16::MAX {
            DatagramMut::parse(&mut bytes)
                .unwrap()
                .set_source_port(port);
            assert_ne!(verdict(&bytes, &PSEUDO), Verdict::Good);
            assert_ne!(verdict(&bytes, &PSEUDO), Verdict::Absent);
        }
    }

    #[test]
    fn addresses_change_even_between_families() {
        let mut bytes = [0; 13];
        HEADER
            .encode_to_slice(&PSEUDO, b"hello", &mut bytes)
            .unwrap();
        DatagramMut::parse(&mut bytes)
            .unwrap()
            .readdress(&PSEUDO, &PSEUDO_6);
        assert_eq!(verdict(&bytes, &PSEUDO_6), Verdict::Good);
    }

    /// RFC 9868: what lies behind the declared length is not the datagram's.
    #[test]
    fn what_stands_behind_the_datagram_is_left_alone() {
        let mut bytes = [0x55; 16];
        HEADER
            .encode_to_slice(&PSEUDO, b"hello", &mut bytes)
            .unwrap();
        let mut datagram = DatagramMut::parse(&mut bytes).unwrap();
        datagram.set_source_port(7);
        assert_eq!(datagram.as_bytes().len(), 13);
        assert_eq!(bytes[13..], [0x55; 3]);
        assert_eq!(verdict(&bytes, &PSEUDO), Verdict::Good);
    }

    #[test]
    fn what_is_no_datagram_is_refused() {
        let rows = [
            (
                &mut [0, 1, 0, 2, 0, 7, 0, 0],
                ErrorKind::LengthTooSmall { found: 7 },
                4,
            ),
            (
                &mut [0, 1, 0, 2, 0, 9, 0, 0],
                ErrorKind::Truncated { needed: 9 },
                8,
            ),
            (&mut [0, 1, 0, 2, 0, 0, 0, 0], ErrorKind::Jumbogram, 4),
        ];
        for (input, kind, offset) in rows {
            assert_eq!(
                DatagramMut::parse(input).unwrap_err(),
                Error::new(kind, offset)
            );
        }
    }
}
