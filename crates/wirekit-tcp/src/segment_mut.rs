use wirekit_checksum::{Checksum, Protocol, PseudoHeader, replace_u16};

use crate::{Error, Flags, OptionKind, Segment, SeqNumber};

/// A segment whose fields may be changed where they lie; its checksum follows (RFC 1624).
///
/// A checksum that was good stays good, and one that was bad stays bad: the payload is never read. That a network card
/// is still to finish (offloaded) must not be changed this way.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_tcp::{Header, PseudoHeader, Segment, SegmentMut, Verdict};
///
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let mut bytes = [0; 24];
/// Header::default().encode_to_slice(&[], &pseudo, b"data", &mut bytes)?;
///
/// SegmentMut::parse(&mut bytes)?.set_destination_port(8080);
/// let segment = Segment::parse(&bytes)?;
/// assert_eq!(segment.destination_port(), 8080);
/// assert_eq!(segment.verify_checksum(&pseudo), Verdict::Good);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Debug, PartialEq, Eq)]
pub struct SegmentMut<'a> {
    bytes: &'a mut [u8],
    header_len: usize,
}

impl<'a> SegmentMut<'a> {
    /// Checks the header as [`Segment::parse`] does.
    ///
    /// # Errors
    ///
    /// As [`Segment::parse`].
    pub fn parse(input: &'a mut [u8]) -> Result<Self, Error> {
        let header_len = Segment::parse(input)?.header_len();
        Ok(Self {
            bytes: input,
            header_len,
        })
    }

    /// The segment as it now stands.
    pub const fn as_bytes(&self) -> &[u8] {
        self.bytes
    }

    /// Changes the sender's port.
    pub fn set_source_port(&mut self, port: u16) {
        self.put(0, &port.to_be_bytes());
    }

    /// Changes the receiver's port.
    pub fn set_destination_port(&mut self, port: u16) {
        self.put(2, &port.to_be_bytes());
    }

    /// Changes the sequence number.
    pub fn set_sequence_number(&mut self, number: SeqNumber) {
        self.put(4, &number.0.to_be_bytes());
    }

    /// Changes the acknowledgment number.
    pub fn set_acknowledgment_number(&mut self, number: SeqNumber) {
        self.put(8, &number.0.to_be_bytes());
    }

    /// Changes the control bits and the reserved ones.
    pub fn set_flags(&mut self, flags: Flags) {
        // At most 15 words, which `parse` read from these four bits.
        let words = u16::try_from(self.header_len / 4).unwrap_or_default();
        self.put(12, &(words << 12 | flags.bits()).to_be_bytes());
    }

    /// Changes the window.
    pub fn set_window(&mut self, window: u16) {
        self.put(14, &window.to_be_bytes());
    }

    /// Changes the urgent pointer.
    pub fn set_urgent_pointer(&mut self, pointer: u16) {
        self.put(18, &pointer.to_be_bytes());
    }

    /// Lowers the maximum segment size that a SYN announces to `size` bytes, and returns what it was; nothing when there
    /// is no such option. A size that is lower already stays (RFC 9293 section 3.7.1).
    pub fn clamp_maximum_segment_size(&mut self, size: u16) -> Option<u16> {
        let segment = Segment::parse(self.bytes).ok()?;
        let mut at = 20;
        for option in segment.options() {
            let option = option.ok()?;
            if let crate::TcpOption::MaximumSegmentSize(before) = option {
                if before > size {
                    self.put(at + 2, &size.to_be_bytes());
                }
                return Some(before);
            }
            if option.kind() == OptionKind::END_OF_OPTION_LIST {
                return None;
            }
            at += option.encoded_len();
        }
        None
    }

    /// Follows a change of the addresses, which the checksum covers: what a translator of addresses does.
    pub fn readdress(&mut self, from: &PseudoHeader, to: &PseudoHeader) {
        // The lengths are the same on both sides and cancel out.
        let (before, after) = (
            from.checksum(Protocol::TCP, 0),
            to.checksum(Protocol::TCP, 0),
        );
        self.follow(before.sum(), after.sum());
    }

    /// Replaces bytes inside the header, and lets the checksum follow.
    fn put(&mut self, at: usize, new: &[u8]) {
        // A field at an odd offset touches three words of the sum.
        let even = at - at % 2;
        let end = at + new.len();
        let Some(words) = self.bytes.get_mut(even..end) else {
            return;
        };
        let before = sum(words);
        if let Some(field) = words.get_mut(at - even..) {
            field.copy_from_slice(new);
        }
        let after = sum(words);
        self.follow(before, after);
    }

    fn follow(&mut self, before: u16, after: u16) {
        if let Some(field) = self
            .bytes
            .get_mut(16..)
            .and_then(|field| field.first_chunk_mut())
        {
            *field = replace_u16(u16::from_be_bytes(*field), before, after).to_be_bytes();
        }
    }
}

fn sum(bytes: &[u8]) -> u16 {
    let mut checksum = Checksum::new();
    checksum.update(bytes);
    checksum.sum()
}

#[cfg(test)]
mod tests {
    use core::net::{Ipv4Addr, Ipv6Addr};

    use super::SegmentMut;
    use crate::{
        Error, ErrorKind, Flags, Header, PseudoHeader, Segment, SeqNumber, TcpOption, Verdict,
    };

    const PSEUDO: PseudoHeader = PseudoHeader::V4 {
        source: Ipv4Addr::new(192, 0, 2, 1),
        destination: Ipv4Addr::new(192, 0, 2, 2),
    };

    #[test]
    fn the_checksum_follows_every_field() {
        let changed = Header {
            source_port: 1,
            destination_port: 2,
            sequence_number: SeqNumber(3),
            acknowledgment_number: SeqNumber(u32::MAX),
            flags: Flags::from_bits(0xfff),
            window: 0xfffe,
            urgent_pointer: 0x8000,
        };
        let mut bytes = [0; 45];
        Header::default()
            .encode_to_slice(&[TcpOption::SackPermitted], &PSEUDO, &[7; 21], &mut bytes)
            .unwrap();
        let steps: [fn(&mut SegmentMut<'_>, &Header); 7] = [
            |segment, header| segment.set_source_port(header.source_port),
            |segment, header| segment.set_destination_port(header.destination_port),
            |segment, header| segment.set_sequence_number(header.sequence_number),
            |segment, header| segment.set_acknowledgment_number(header.acknowledgment_number),
            |segment, header| segment.set_flags(header.flags),
            |segment, header| segment.set_window(header.window),
            |segment, header| segment.set_urgent_pointer(header.urgent_pointer),
        ];
        for step in steps {
            let mut segment = SegmentMut::parse(&mut bytes).unwrap();
            step(&mut segment, &changed);
            assert_eq!(segment.as_bytes(), segment.bytes);
            assert_eq!(
                Segment::parse(&bytes).unwrap().verify_checksum(&PSEUDO),
                Verdict::Good
            );
        }
        assert_eq!(Segment::parse(&bytes).unwrap().header(), changed);
        assert_eq!(Segment::parse(&bytes).unwrap().header_len(), 24);
    }

    #[test]
    fn the_maximum_segment_size_is_clamped_at_any_offset() {
        for padding in 0..4 {
            let mut options = [TcpOption::NoOperation; 5];
            options[padding] = TcpOption::MaximumSegmentSize(1460);
            let mut bytes = [0; 31];
            let len = Header::default()
                .encode_to_slice(&options, &PSEUDO, &[1; 3], &mut bytes)
                .unwrap();
            let mut segment = SegmentMut::parse(&mut bytes[..len]).unwrap();
            assert_eq!(segment.clamp_maximum_segment_size(1400), Some(1460));
            assert_eq!(segment.clamp_maximum_segment_size(1420), Some(1400));
            options[padding] = TcpOption::MaximumSegmentSize(1400);
            let segment = Segment::parse(&bytes[..len]).unwrap();
            assert!(segment.options().iter().take(5).eq(options.map(Ok)));
            assert_eq!(
                segment.verify_checksum(&PSEUDO),
                Verdict::Good,
                "after {padding}"
            );
        }
    }

    /// RFC 1624 section 3: a change to the same value is no change, of either zero of the checksum neither.
    #[test]
    fn a_size_that_is_low_enough_stays_with_its_checksum() {
        for checksum in [[0, 0], [0xff, 0xff], [0xbe, 0xef]] {
            for size in [1400, 1401] {
                let mut bytes = [
                    0, 1, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0x60, 2, 0, 0, 0, 0, 0, 0, 2, 4, 5, 0x78,
                ];
                bytes[16..18].copy_from_slice(&checksum);
                let before = bytes;
                let mut segment = SegmentMut::parse(&mut bytes).unwrap();
                assert_eq!(segment.clamp_maximum_segment_size(size), Some(1400));
                assert_eq!(bytes, before);
            }
        }
    }

    #[test]
    fn addresses_change_even_between_families() {
        let six = PseudoHeader::V6 {
            source: Ipv6Addr::LOCALHOST,
            destination: Ipv6Addr::from_bits(u128::MAX),
        };
        let mut bytes = [0; 25];
        Header::default()
            .encode_to_slice(&[], &PSEUDO, b"hello", &mut bytes)
            .unwrap();
        SegmentMut::parse(&mut bytes)
            .unwrap()
            .readdress(&PSEUDO, &six);
        assert_eq!(
            Segment::parse(&bytes).unwrap().verify_checksum(&six),
            Verdict::Good
        );
    }

    #[test]
    fn what_is_no_segment_is_refused() {
        let error = SegmentMut::parse(&mut [0; 20]).unwrap_err();
        assert_eq!(
            error,
            Error::new(ErrorKind::DataOffsetTooSmall { found: 0 }, 12)
        );
    }
}
