//! The link layer: from a captured frame to the IP packet in it.

use super::capture::LinkType;

const ETHER_TYPE_IPV4: u16 = 0x0800;
const ETHER_TYPE_IPV6: u16 = 0x86dd;
/// IEEE 802.1Q, 802.1ad, and the three that were in use before it.
const VLAN_TAGS: [u16; 5] = [0x8100, 0x88a8, 0x9100, 0x9200, 0x9300];

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// An IPv4 or IPv6 packet, and perhaps padding behind it.
    Ip(&'a [u8]),
    /// Another protocol, by its EtherType.
    Other(u16),
}

/// Why nothing can be said about a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkError {
    /// The frame ends inside its link header.
    Truncated,
    /// A kind of link that is not read.
    UnknownLinkType(LinkType),
    /// The address family of a BSD loopback header is not IP's.
    UnknownFamily(u32),
}

impl core::fmt::Display for LinkError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the frame ends inside its link header"),
            Self::UnknownLinkType(link) => write!(f, "link type {} is not read", link.0),
            Self::UnknownFamily(family) => write!(f, "address family {family} is not IP"),
        }
    }
}

impl LinkError {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "link.truncated",
            Self::UnknownLinkType(_) => "link.unknown_type",
            Self::UnknownFamily(_) => "link.unknown_family",
        }
    }
}

/// Takes the link header off `frame`.
///
/// The link types are those of <https://www.tcpdump.org/linktypes.html>: NULL 0, ETHERNET 1, RAW 12, 14 (as OpenBSD's
/// and BSD/OS's DLT values, found in old files) and 101, LOOP 108, LINUX_SLL 113, IPV4 228, IPV6 229, LINUX_SLL2 276.
pub(crate) fn parse(link: LinkType, frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match link.0 {
        0 | 108 => loopback(frame),
        1 => {
            let (_, rest) = frame.split_at_checked(12).ok_or(LinkError::Truncated)?;
            ether_type(rest)
        }
        12 | 14 | 101 | 228 | 229 => Ok(Frame::Ip(frame)),
        113 => {
            let (_, rest) = frame.split_at_checked(14).ok_or(LinkError::Truncated)?;
            ether_type(rest)
        }
        276 => {
            let (header, rest) = frame
                .split_first_chunk::<20>()
                .ok_or(LinkError::Truncated)?;
            let [high, low, ..] = *header;
            payload(u16::from_be_bytes([high, low]), rest)
        }
        _ => Err(LinkError::UnknownLinkType(link)),
    }
}

/// An EtherType and what it announces.
fn ether_type(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&kind, rest) = frame.split_first_chunk().ok_or(LinkError::Truncated)?;
    payload(u16::from_be_bytes(kind), rest)
}

/// Walks over VLAN tags, however many are stacked.
fn payload(mut kind: u16, mut rest: &[u8]) -> Result<Frame<'_>, LinkError> {
    while VLAN_TAGS.contains(&kind) {
        let (&[_, _, high, low], inner) = rest.split_first_chunk().ok_or(LinkError::Truncated)?;
        kind = u16::from_be_bytes([high, low]);
        rest = inner;
    }
    match kind {
        ETHER_TYPE_IPV4 | ETHER_TYPE_IPV6 => Ok(Frame::Ip(rest)),
        other => Ok(Frame::Other(other)),
    }
}

/// NULL has the family in the byte order of the machine that captured, LOOP in network order: IP's numbers are below
/// 256 in the one reading that is right.
fn loopback(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&family, rest) = frame.split_first_chunk().ok_or(LinkError::Truncated)?;
    let family = u32::from_be_bytes(family).min(u32::from_le_bytes(family));
    match family {
        // AF_INET everywhere; AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS, and Linux.
        2 | 24 | 28 | 30 | 10 => Ok(Frame::Ip(rest)),
        _ => Err(LinkError::UnknownFamily(family)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];

    fn frame(header: &[u8]) -> Vec<u8> {
        [header, IP].concat()
    }

    #[test]
    fn every_link_type_gives_the_packet_behind_its_header() {
        let mac = [0_u8; 12];
        let rows: &[(u16, Vec<u8>)] = &[
            (0, vec![2, 0, 0, 0]),
            (0, vec![0, 0, 0, 2]),
            (0, vec![30, 0, 0, 0]),
            (108, vec![0, 0, 0, 24]),
            (1, [&mac[..], &[0x08, 0x00]].concat()),
            (1, [&mac[..], &[0x81, 0x00, 0, 7, 0x08, 0x00]].concat()),
            (
                1,
                [&mac[..], &[0x88, 0xa8, 0, 7, 0x81, 0x00, 0, 9, 0x86, 0xdd]].concat(),
            ),
            (101, vec![]),
            (228, vec![]),
            (113, [&[0_u8; 14][..], &[0x08, 0x00]].concat()),
            (276, [&[0x08_u8, 0x00][..], &[0; 18]].concat()),
        ];
        for (link, header) in rows {
            let whole = frame(header);
            assert_eq!(
                parse(LinkType(*link), &whole),
                Ok(Frame::Ip(IP)),
                "link type {link}"
            );
            for cut in 0..header.len() {
                let part = whole.get(..cut).unwrap_or_default();
                assert_eq!(
                    parse(LinkType(*link), part),
                    Err(LinkError::Truncated),
                    "link type {link}, {cut} bytes"
                );
            }
        }
    }

    #[test]
    fn what_is_not_ip_is_named() {
        let arp = [&[0_u8; 12][..], &[0x08, 0x06], &[0; 28]].concat();
        assert_eq!(parse(LinkType(1), &arp), Ok(Frame::Other(0x0806)));
        assert_eq!(
            parse(LinkType(0), &[7, 0, 0, 0]),
            Err(LinkError::UnknownFamily(7))
        );
        assert_eq!(
            parse(LinkType(147), &arp),
            Err(LinkError::UnknownLinkType(LinkType(147)))
        );
    }
}
