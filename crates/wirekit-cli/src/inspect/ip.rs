//! The IP layer, by etherparse: addresses, the protocol above, and whether the packet is a piece of a larger one.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use etherparse::{IpNumber, LaxIpSlice};

/// An IPv4 or IPv6 packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ip<'a> {
    pub(crate) source: IpAddr,
    /// Where it is going in the end: the addresses of the transport's connection and checksum.
    pub(crate) destination: IpAddr,
    /// The protocol above.
    pub(crate) protocol: u8,
    /// What was captured of the payload.
    pub(crate) payload: &'a [u8],
    /// The payload's length on the wire, which is larger where the capture cut the packet.
    pub(crate) payload_len: usize,
    /// Present where this is a piece of a larger packet.
    pub(crate) fragment: Option<Fragment>,
}

/// Which piece of a larger packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fragment {
    pub(crate) identification: u32,
    /// In bytes.
    pub(crate) offset: usize,
    pub(crate) last: bool,
}

/// Why a packet's IP header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpError {
    /// Fewer bytes than the header has.
    Truncated,
    /// Neither version 4 nor 6.
    Version(u8),
    /// An IPv4 header that declares fewer than 20 bytes.
    HeaderLength(u8),
    /// An IPv4 packet that declares fewer bytes than its header has. None at all is left to the card that sends it.
    TotalLength(u16),
    /// An extension header that breaks its own rules.
    Extension,
}

impl IpError {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "ip.truncated",
            Self::Version(_) => "ip.version",
            Self::HeaderLength(_) => "ip.header_length",
            Self::TotalLength(_) => "ip.total_length",
            Self::Extension => "ip.extension",
        }
    }
}

impl core::fmt::Display for IpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the packet ends inside its IP header"),
            Self::Version(version) => write!(f, "IP version {version}"),
            Self::HeaderLength(words) => write!(f, "an IPv4 header of {words} words"),
            Self::TotalLength(len) => write!(f, "an IPv4 packet of {len} bytes"),
            Self::Extension => f.write_str("an IP extension header is malformed"),
        }
    }
}

impl<'a> Ip<'a> {
    pub(crate) fn parse(packet: &'a [u8]) -> Result<Self, IpError> {
        match Self::parse_plain(packet) {
            Some(ip) => Ok(ip),
            None => Self::parse_any(packet),
        }
    }

    /// What nearly every packet is: IPv4 without options and in one piece, TCP or UDP in it, captured whole.
    #[inline]
    pub(crate) fn parse_plain(packet: &'a [u8]) -> Option<Self> {
        let header = packet.first_chunk::<20>()?;
        let [
            0x45,
            _,
            a,
            b,
            _,
            _,
            c,
            d,
            _,
            protocol @ (6 | 17),
            _,
            _,
            addresses @ ..,
        ] = *header
        else {
            return None;
        };
        // The flag that more fragments follow, and the offset.
        if u16::from_be_bytes([c, d]) & 0x3fff != 0 {
            return None;
        }
        let payload = packet.get(20..usize::from(u16::from_be_bytes([a, b])))?;
        let [s1, s2, s3, s4, d1, d2, d3, d4] = addresses;
        Some(Self {
            source: IpAddr::V4(Ipv4Addr::new(s1, s2, s3, s4)),
            destination: IpAddr::V4(Ipv4Addr::new(d1, d2, d3, d4)),
            protocol,
            payload,
            payload_len: payload.len(),
            fragment: None,
        })
    }

    fn parse_any(packet: &'a [u8]) -> Result<Self, IpError> {
        use etherparse::err::ip::{HeaderError, LaxHeaderSliceError};

        let (ip, stopped) = LaxIpSlice::from_slice(packet).map_err(|error| match error {
            LaxHeaderSliceError::Len(_) => IpError::Truncated,
            LaxHeaderSliceError::Content(HeaderError::UnsupportedIpVersion { version_number }) => {
                IpError::Version(version_number)
            }
            LaxHeaderSliceError::Content(HeaderError::Ipv4HeaderLengthSmallerThanHeader {
                ihl,
            }) => IpError::HeaderLength(ihl),
        })?;
        if let Some((error, _)) = stopped {
            return Err(match error {
                etherparse::err::ipv6_exts::HeaderSliceError::Len(_) => IpError::Truncated,
                etherparse::err::ipv6_exts::HeaderSliceError::Content(_) => IpError::Extension,
            });
        }
        let payload = ip.payload();
        let (source, destination, declared_len, fragment) = match &ip {
            LaxIpSlice::Ipv4(ip) => {
                let header = ip.header();
                let total_len = header.total_len();
                if total_len != 0 && usize::from(total_len) < header.slice().len() {
                    return Err(IpError::TotalLength(total_len));
                }
                let fragment = header.is_fragmenting_payload().then(|| Fragment {
                    identification: header.identification().into(),
                    offset: usize::from(header.fragments_offset().value()) * 8,
                    last: !header.more_fragments(),
                });
                (
                    IpAddr::V4(header.source_addr()),
                    IpAddr::V4(routed_v4(&header).unwrap_or(header.destination_addr())),
                    usize::from(total_len),
                    fragment,
                )
            }
            LaxIpSlice::Ipv6(ip) => {
                let header = ip.header();
                let fragment = match ip.is_payload_fragmented() {
                    true => fragment_header(ip),
                    false => None,
                };
                (
                    IpAddr::V6(header.source_addr()),
                    IpAddr::V6(routed_v6(ip).unwrap_or(header.destination_addr())),
                    40 + usize::from(header.payload_length()),
                    fragment,
                )
            }
        };
        let missing = if payload.incomplete {
            declared_len.saturating_sub(packet.len())
        } else {
            0
        };
        let IpNumber(protocol) = payload.ip_number;
        Ok(Self {
            source,
            destination,
            protocol,
            payload: payload.payload,
            payload_len: payload.payload.len() + missing,
            fragment,
        })
    }

    /// True where the capture cut the packet.
    pub(crate) fn is_cut(&self) -> bool {
        self.payload.len() < self.payload_len
    }
}

/// The last address of a source route that is not at its end: RFC 791 section 3.1.
fn routed_v4(header: &etherparse::Ipv4HeaderSlice<'_>) -> Option<Ipv4Addr> {
    const NO_OPERATION: u8 = 1;
    const LOOSE_SOURCE_ROUTE: u8 = 131;
    const STRICT_SOURCE_ROUTE: u8 = 137;
    let mut options = header.options();
    loop {
        let (&kind, rest) = options.split_first()?;
        if kind == NO_OPERATION {
            options = rest;
            continue;
        }
        let (&len, _) = rest.split_first()?;
        let (option, after) = options.split_at_checked(usize::from(len).max(2))?;
        if let (LOOSE_SOURCE_ROUTE | STRICT_SOURCE_ROUTE, &[_, len, pointer, ref route @ ..]) =
            (kind, option)
        {
            let address = *route.last_chunk::<4>()?;
            return (pointer < len).then_some(address.into());
        }
        options = after;
    }
}

/// The last address of a routing header that is not at its end: RFC 8200 section 8.1 has it in the checksum.
fn routed_v6(ip: &etherparse::LaxIpv6Slice<'_>) -> Option<Ipv6Addr> {
    ip.extensions().clone().into_iter().find_map(|extension| {
        let etherparse::Ipv6ExtensionSlice::Routing(header) = extension else {
            return None;
        };
        let (&[_, _, kind, segments_left, ..], route) = header.slice().split_first_chunk::<8>()?;
        let address = match kind {
            _ if segments_left == 0 => return None,
            // RFC 5095, RFC 6275: in the order of the way.
            0 | 2 => route.last_chunk::<16>()?,
            // RFC 8754: the last one first.
            4 => route.first_chunk()?,
            _ => return None,
        };
        Some(Ipv6Addr::from(*address))
    })
}

fn fragment_header(ip: &etherparse::LaxIpv6Slice<'_>) -> Option<Fragment> {
    ip.extensions()
        .clone()
        .into_iter()
        .find_map(|extension| match extension {
            etherparse::Ipv6ExtensionSlice::Fragment(header) => Some(Fragment {
                identification: header.identification(),
                offset: usize::from(header.fragment_offset().value()) * 8,
                last: !header.more_fragments(),
            }),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const IPV4: &[u8] = &[
        0x45, 0, 0, 28, 0, 7, 0x20, 0x01, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        0, 1, 0, 2, 0, 8, 0, 0,
    ];

    #[test]
    fn a_fragment_tells_its_place() {
        let ip = Ip::parse(IPV4).unwrap();
        assert_eq!(
            ip.fragment,
            Some(Fragment {
                identification: 7,
                offset: 8,
                last: false
            })
        );
        assert_eq!((ip.protocol, ip.payload.len(), ip.payload_len), (17, 8, 8));
    }

    #[test]
    fn a_cut_packet_keeps_its_length_on_the_wire() {
        let ip = Ip::parse(IPV4.get(..23).unwrap()).unwrap();
        assert_eq!(
            (ip.payload.len(), ip.payload_len, ip.is_cut()),
            (3, 8, true)
        );
    }

    #[test]
    fn plain_packets_are_read_as_any_other() {
        let mut packet = IPV4.to_vec();
        let read = |packet: &[u8]| format!("{:?}", Ip::parse_any(packet));
        // Flags and fragment offset, the version and length of the header, its total length, the protocol.
        for (at, value) in [
            (6, 0x20),
            (6, 0x40),
            (6, 0),
            (7, 0),
            (0, 0x46),
            (3, 19),
            (3, 29),
            (9, 51),
        ] {
            if let Some(byte) = packet.get_mut(at) {
                *byte = value;
            }
            assert_eq!(format!("{:?}", Ip::parse(&packet)), read(&packet));
            for cut in 0..packet.len() {
                let part = packet.get(..cut).unwrap();
                assert_eq!(format!("{:?}", Ip::parse(part)), read(part));
            }
        }
    }

    #[test]
    fn bytes_behind_the_packet_are_padding() {
        let padded = [IPV4, &[0; 18]].concat();
        assert_eq!(Ip::parse(&padded).unwrap().payload.len(), 8);
    }

    #[test]
    fn a_route_ends_at_the_destination() {
        let mut packet = vec![0x47, 0, 0, 28, 0, 0, 0, 0, 64, 6, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 9]);
        // Strict, by way of two.
        packet.extend([1, 137, 7, 4, 10, 0, 0, 2]);
        assert_eq!(
            Ip::parse(&packet).unwrap().destination,
            IpAddr::from([10, 0, 0, 2])
        );
        packet[23] = 8;
        assert_eq!(
            Ip::parse(&packet).unwrap().destination,
            IpAddr::from([10, 0, 0, 9])
        );

        let address = |last: u8| [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
        // Type, segments left, and which of the addresses it ends at.
        for (kind, segments_left, last) in [(0, 2, 3), (0, 0, 9), (4, 1, 2), (4, 0, 9), (253, 1, 9)]
        {
            let mut packet = vec![0x60, 0, 0, 0, 0, 40, 43, 64];
            packet.extend([address(1), address(9)].concat());
            packet.extend([6, 4, kind, segments_left, 0, 0, 0, 0]);
            packet.extend([address(2), address(3)].concat());
            let ip = Ip::parse(&packet).unwrap();
            assert_eq!(
                ip.destination,
                IpAddr::from(address(last)),
                "{kind} {segments_left}"
            );
            assert_eq!(ip.protocol, 6);
        }
    }

    #[test]
    fn headers_that_break_a_rule_are_named() {
        let rows: &[(&[u8], IpError)] = &[
            (&[], IpError::Truncated),
            (&[0x45, 0, 0], IpError::Truncated),
            (
                &[
                    0x44, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
                IpError::HeaderLength(4),
            ),
            (
                &[
                    0x45, 0, 0, 19, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
                ],
                IpError::TotalLength(19),
            ),
            (&[0x75; 40], IpError::Version(7)),
            (&[0x60; 39], IpError::Truncated),
        ];
        for (packet, error) in rows {
            assert_eq!(Ip::parse(packet).unwrap_err(), *error);
        }
    }
}
