use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::{Checksum, Verdict, arch};

wirekit_macros::registry! {
    /// An IP protocol number, or the IPv6 next header: the IANA registry "Protocol Numbers".
    ///
    /// ```
    /// use wirekit_checksum::Protocol;
    ///
    /// assert_eq!(Protocol(17), Protocol::UDP);
    /// assert_eq!(Protocol(6).name(), Some("TCP"));
    /// ```
    #[expect(clippy::exhaustive_structs, reason = "the wire holds one byte")]
    pub struct Protocol(pub u8) {
        /// Internet Control Message, whose checksum has no pseudo-header.
        ICMP = 1, "ICMP", "RFC 792";
        /// Transmission Control.
        TCP = 6, "TCP", "RFC 9293";
        /// User Datagram.
        UDP = 17, "UDP", "RFC 768";
        /// ICMP for IPv6.
        IPV6_ICMP = 58, "IPv6-ICMP", "RFC 4443";
    }
}

/// What a transport checksum covers beside the transport's own bytes: the addresses, the protocol and the length.
///
/// The addresses are what the packet is finally delivered by: with an IPv6 routing header, the last one of it.
/// RFC 9293 section 3.1 for IPv4, RFC 8200 section 8.1 for IPv6.
///
/// ```
/// use core::net::Ipv4Addr;
/// use wirekit_checksum::{Protocol, PseudoHeader};
///
/// let pseudo = PseudoHeader::V4 { source: Ipv4Addr::LOCALHOST, destination: Ipv4Addr::LOCALHOST };
/// let mut checksum = pseudo.checksum(Protocol::UDP, 9);
/// checksum.update(&[0x00, 0x35, 0x00, 0x35, 0x00, 0x09, 0x00, 0x00, b'x']);
/// assert_eq!(checksum.finish(), 0x896f);
/// ```
#[expect(clippy::exhaustive_enums, reason = "IP has two versions")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PseudoHeader {
    /// Over IPv4.
    V4 {
        /// The sender's address.
        source: Ipv4Addr,
        /// The receiver's address.
        destination: Ipv4Addr,
    },
    /// Over IPv6.
    V6 {
        /// The sender's address.
        source: Ipv6Addr,
        /// The final receiver's address.
        destination: Ipv6Addr,
    },
}

impl PseudoHeader {
    /// The pseudo-header of two addresses; nothing when one is of IPv4 and the other of IPv6.
    #[inline]
    pub const fn new(source: IpAddr, destination: IpAddr) -> Option<Self> {
        match (source, destination) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => Some(Self::V4 {
                source,
                destination,
            }),
            (IpAddr::V6(source), IpAddr::V6(destination)) => Some(Self::V6 {
                source,
                destination,
            }),
            _ => None,
        }
    }

    /// The sender's address.
    #[inline]
    pub const fn source(&self) -> IpAddr {
        match *self {
            Self::V4 { source, .. } => IpAddr::V4(source),
            Self::V6 { source, .. } => IpAddr::V6(source),
        }
    }

    /// The receiver's address.
    #[inline]
    pub const fn destination(&self) -> IpAddr {
        match *self {
            Self::V4 { destination, .. } => IpAddr::V4(destination),
            Self::V6 { destination, .. } => IpAddr::V6(destination),
        }
    }

    /// The checksum begun with this pseudo-header, for a transport header and payload of `len` bytes.
    #[inline]
    pub const fn checksum(&self, protocol: Protocol, len: u32) -> Checksum {
        // Below 2^33: the two halves of the length are words of the sum like any other.
        let fixed = (protocol.0 as u64 + len as u64).to_be();
        let fixed = (fixed >> 32) + (fixed & 0xffff_ffff);
        let addresses = match self {
            Self::V4 {
                source,
                destination,
            } => {
                u32::from_ne_bytes(source.octets()) as u64
                    + u32::from_ne_bytes(destination.octets()) as u64
            }
            Self::V6 {
                source,
                destination,
            } => arch::add(halves(source.octets()), halves(destination.octets())),
        };
        Checksum::from_native(arch::add(addresses, fixed))
    }

    /// What the checksum field of a transport's bytes says about them.
    ///
    /// `bytes` are header and payload as sent, `field` the checksum that stands in them, as a number. Never
    /// [`Verdict::Absent`]: whether a field may be left empty is the transport's own rule.
    #[inline]
    pub fn verdict(&self, protocol: Protocol, bytes: &[u8], field: u16) -> Verdict {
        let Ok(len) = u32::try_from(bytes.len()) else {
            return Verdict::Bad;
        };
        let pseudo = self.checksum(protocol, len);
        let mut checksum = pseudo;
        checksum.update(bytes);
        if checksum.sum() == 0xffff {
            Verdict::Good
        } else {
            self.explain(protocol, pseudo, field)
        }
    }

    /// Why a field does not verify.
    fn explain(&self, protocol: Protocol, pseudo: Checksum, field: u16) -> Verdict {
        if field == pseudo.sum() {
            Verdict::Offloaded
        } else if field == self.checksum(protocol, 0).sum() {
            Verdict::SegmentationOffloaded
        } else if field == 0 {
            Verdict::Zero
        } else {
            Verdict::Bad
        }
    }
}

/// The one's complement sum of an IPv6 address's two halves, in native byte order.
#[inline]
const fn halves(octets: [u8; 16]) -> u64 {
    let whole = u128::from_ne_bytes(octets);
    arch::add((whole >> 64) as u64, low(whole))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the low half is what is asked for"
)]
#[inline]
const fn low(whole: u128) -> u64 {
    whole as u64
}

#[cfg(test)]
mod tests {
    use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

    use super::{Protocol, PseudoHeader};
    use crate::{Checksum, Verdict};

    const SOURCE: Ipv6Addr = Ipv6Addr::new(0x2001, 0xdb8, 0xffff, 0xfffe, 0xffff, 1, 2, 0xfe03);
    const DESTINATION: Ipv6Addr =
        Ipv6Addr::new(0xfe80, 0, 0, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff);

    #[test]
    fn protocols_have_the_registrys_keywords() {
        let rows = [
            (1, Some("ICMP"), "ICMP"),
            (6, Some("TCP"), "TCP"),
            (17, Some("UDP"), "UDP"),
            (58, Some("IPv6-ICMP"), "IPv6-ICMP"),
            (0, None, "Protocol(0)"),
        ];
        for (number, name, text) in rows {
            assert_eq!(Protocol(number).name(), name);
            assert_eq!(std::format!("{:?}", Protocol(number)), text);
        }
    }

    /// RFC 9293 section 3.1, figure 2: the 12 bytes themselves.
    #[test]
    fn ipv4_is_the_sum_of_its_twelve_bytes() {
        let (source, destination) = (
            Ipv4Addr::new(192, 0, 2, 1),
            Ipv4Addr::new(255, 255, 255, 254),
        );
        for len in [20_u16, 0xffff, 0x100] {
            let mut bytes = Checksum::new();
            bytes.update(&source.octets());
            bytes.update(&destination.octets());
            bytes.update(&[0, 6]);
            bytes.update(&len.to_be_bytes());
            let pseudo = PseudoHeader::V4 {
                source,
                destination,
            }
            .checksum(Protocol::TCP, u32::from(len));
            assert_eq!(pseudo.finish(), bytes.finish());
        }
    }

    /// RFC 8200 section 8.1: the 40 bytes themselves, the length of 32 bits.
    #[test]
    fn ipv6_is_the_sum_of_its_forty_bytes() {
        for len in [20_u32, 0xffff, 0x0002_0001, u32::MAX] {
            let mut bytes = Checksum::new();
            bytes.update(&SOURCE.octets());
            bytes.update(&DESTINATION.octets());
            bytes.update(&len.to_be_bytes());
            bytes.update(&[0, 0, 0, 17]);
            let pseudo = PseudoHeader::V6 {
                source: SOURCE,
                destination: DESTINATION,
            };
            assert_eq!(pseudo.checksum(Protocol::UDP, len).finish(), bytes.finish());
        }
    }

    #[test]
    fn families_do_not_mix() {
        let (four, six) = (IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(SOURCE));
        assert_eq!(PseudoHeader::new(four, six), None);
        assert_eq!(PseudoHeader::new(six, four), None);
        let pseudo = PseudoHeader::new(six, IpAddr::V6(DESTINATION)).unwrap();
        assert_eq!(
            (pseudo.source(), pseudo.destination()),
            (six, IpAddr::V6(DESTINATION))
        );
        let pseudo = PseudoHeader::new(four, four).unwrap();
        assert_eq!((pseudo.source(), pseudo.destination()), (four, four));
    }

    #[test]
    fn verdicts() {
        let pseudo = PseudoHeader::V4 {
            source: Ipv4Addr::LOCALHOST,
            destination: Ipv4Addr::LOCALHOST,
        };
        let mut datagram = [0, 53, 0, 53, 0, 9, 0x89, 0x6f, b'x'];
        assert_eq!(
            pseudo.verdict(Protocol::UDP, &datagram, 0x896f),
            Verdict::Good
        );
        datagram[8] = b'y';
        assert_eq!(
            pseudo.verdict(Protocol::UDP, &datagram, 0x896f),
            Verdict::Bad
        );
        let partial = pseudo.checksum(Protocol::UDP, 9).sum();
        datagram[6..8].copy_from_slice(&partial.to_be_bytes());
        assert_eq!(
            pseudo.verdict(Protocol::UDP, &datagram, partial),
            Verdict::Offloaded
        );
    }

    /// A SYN as captures show it before the network card has its turn: large send offload wants the sum of a
    /// pseudo-header without a length, and some drivers leave the field alone.
    #[test]
    fn what_the_card_was_to_fill_in_is_not_bad() {
        let pseudo = PseudoHeader::V4 {
            source: Ipv4Addr::new(192, 0, 2, 1),
            destination: Ipv4Addr::new(198, 51, 100, 2),
        };
        #[rustfmt::skip]
        let mut syn = [
            0x9c, 0x40, 0, 0x50, 0, 0, 3, 0xe8, 0, 0, 0, 0, 0x60, 2, 0xfa, 0xf0, 0, 0, 0, 0,
            2, 4, 5, 0xb4,
        ];
        let rows = [
            // 0xc000 + 0x0201 + 0xc633 + 0x6402 + 6, folded; then with the length of 24, as Linux has it
            (0xec3d, Verdict::SegmentationOffloaded),
            (0xec55, Verdict::Offloaded),
            (0, Verdict::Zero),
            // the neighbours of each
            (1, Verdict::Bad),
            (0xec3c, Verdict::Bad),
            (0xec3e, Verdict::Bad),
            (0xffff, Verdict::Bad),
            (0x13c2, Verdict::Bad),
        ];
        for (field, verdict) in rows {
            syn[16..18].copy_from_slice(&u16::to_be_bytes(field));
            assert_eq!(
                pseudo.verdict(Protocol::TCP, &syn, field),
                verdict,
                "{field:#x}"
            );
        }
        let pseudo = PseudoHeader::V6 {
            source: SOURCE,
            destination: DESTINATION,
        };
        let without_len = pseudo.checksum(Protocol::TCP, 0).sum();
        syn[16..18].copy_from_slice(&without_len.to_be_bytes());
        assert_eq!(
            pseudo.verdict(Protocol::TCP, &syn, without_len),
            Verdict::SegmentationOffloaded
        );
    }

    /// A sum that comes out as zero is sent as zero by TCP (RFC 9293 section 3.1 has no other rule): it verifies.
    #[test]
    fn a_zero_that_is_the_checksum_is_good() {
        let pseudo = PseudoHeader::V4 {
            source: Ipv4Addr::LOCALHOST,
            destination: Ipv4Addr::LOCALHOST,
        };
        let mut bytes = [0; 20];
        let mut checksum = pseudo.checksum(Protocol::TCP, 20);
        checksum.update(&bytes);
        bytes[..2].copy_from_slice(&checksum.finish().to_be_bytes());
        assert_eq!(pseudo.verdict(Protocol::TCP, &bytes, 0), Verdict::Good);
    }
}
