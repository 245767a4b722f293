//! The link layer: from a captured frame to the IP packet in it.

use super::ether::{self, behind_mac, ether_type, hdlc, ip_version, llc, mpls, ppp};
use super::frame::{Frame, LinkError, behind, head};
use super::wireless;
use crate::inspect::capture::LinkType;

/// Takes the link header off `frame`.
///
/// The link types are those of <https://www.tcpdump.org/linktypes.html>; RAW also as 12 and 14, OpenBSD's and BSD/OS's
/// DLT values, found in old files.
#[inline]
pub(crate) fn parse(link: LinkType, frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match (link.0, frame.split_first_chunk::<14>()) {
        // What nearly every frame is.
        (ETHERNET, Some((&[.., 0x08, 0x00], packet))) => Ok(Frame::Ip(packet)),
        _ => parse_any(link, frame),
    }
}

/// The virtual network that an Ethernet frame is tagged for, 0 without a tag: of those that are stacked all tell.
#[inline]
pub(crate) fn network(link: LinkType, frame: &[u8]) -> u32 {
    match (link.0, frame.get(12)) {
        // What nearly every frame is.
        (ETHERNET, Some(0x08)) => 0,
        (ETHERNET, _) => ether::network(frame),
        _ => 0,
    }
}

#[inline(never)]
fn parse_any(link: LinkType, frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match link.0 {
        ETHERNET => behind_mac(frame),
        NULL | LOOP => loopback(frame),
        RAW_OPENBSD | RAW_BSDOS | RAW | IPV4 | IPV6 => Ok(Frame::Ip(frame)),
        LINUX_SLL => ether_type(behind(frame, 14)?),
        LINUX_SLL2 => {
            let (&[high, low, ..], rest) = head::<20>(frame)?;
            ether::payload(u16::from_be_bytes([high, low]), rest)
        }
        PPP | PPP_HDLC | C_HDLC => hdlc(frame),
        PPP_WITH_DIR => ppp(behind(frame, 1)?),
        PPP_ETHER => ether::pppoe(frame),
        ATM_RFC1483_BSD | ATM_RFC1483 => llc(frame),
        ATM_CLIP_OLD | ATM_CLIP => classical_ip(frame),
        // Flags, of which four bits tell the kind of traffic, and the circuit.
        SUNATM => match head(frame)? {
            // An emulated Ethernet, behind the number of the sender.
            (&[kind, _, _, _], rest) if kind & 0x0f == 1 => behind_mac(behind(rest, 2)?),
            (&[kind, _, _, _], rest) if kind & 0x0f == 2 => llc(rest),
            _ => Ok(Frame::Other("atm")),
        },
        FRELAY => frame_relay(frame),
        TOKEN_RING => token_ring(frame),
        FDDI => llc(behind(frame, 13)?),
        IEEE802_11 => wireless::frame(frame),
        IEEE802_11_RADIOTAP => wireless::radiotap(frame),
        IEEE802_11_PRISM | IEEE802_11_AVS => wireless::prism(frame),
        // Two addresses of eight bytes each.
        IP_OVER_FC => llc(behind(frame, 16)?),
        APPLE_IP_OVER_IEEE1394 => ether_type(behind(frame, 16)?),
        IPNET => Ok(Frame::Ip(behind(frame, 24)?)),
        NETANALYZER => behind_mac(behind(frame, 4)?),
        // As NETANALYZER, and the preamble.
        NETANALYZER_TRANSPARENT => behind_mac(behind(frame, 12)?),
        IPOIB => {
            let (&[high, low, _, _], rest) = head(behind(frame, 40)?)?;
            ether::payload(u16::from_be_bytes([high, low]), rest)
        }
        DOCSIS => docsis(frame),
        ENC => Ok(Frame::Ip(behind(frame, 12)?)),
        PFLOG => packet_filter_log(frame),
        MPLS => mpls(frame),
        NFLOG => netfilter_log(frame),
        PPI => {
            let (&[_, _, l, m, a, b, c, d], _) = head(frame)?;
            let rest = behind(frame, usize::from(u16::from_le_bytes([l, m])).max(8))?;
            inner(u32::from_le_bytes([a, b, c, d]), rest)
        }
        PKTAP => {
            let (&[a, b, c, d, _, _, _, _, e, f, g, h], _) = head(frame)?;
            let rest = behind(frame, (u32::from_le_bytes([a, b, c, d]) as usize).max(12))?;
            inner(u32::from_le_bytes([e, f, g, h]), rest)
        }
        _ => Err(LinkError::UnknownLinkType(link)),
    }
}

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const TOKEN_RING: u16 = 6;
const PPP: u16 = 9;
const FDDI: u16 = 10;
const ATM_CLIP_OLD: u16 = 19;
const ATM_RFC1483_BSD: u16 = 11;
const RAW_OPENBSD: u16 = 12;
const RAW_BSDOS: u16 = 14;
const PPP_HDLC: u16 = 50;
const PPP_ETHER: u16 = 51;
const ATM_RFC1483: u16 = 100;
const RAW: u16 = 101;
const C_HDLC: u16 = 104;
const IEEE802_11: u16 = 105;
const ATM_CLIP: u16 = 106;
const FRELAY: u16 = 107;
const LOOP: u16 = 108;
const ENC: u16 = 109;
const LINUX_SLL: u16 = 113;
const PFLOG: u16 = 117;
const IEEE802_11_PRISM: u16 = 119;
const IP_OVER_FC: u16 = 122;
const SUNATM: u16 = 123;
const IEEE802_11_RADIOTAP: u16 = 127;
const APPLE_IP_OVER_IEEE1394: u16 = 138;
const DOCSIS: u16 = 143;
const IEEE802_11_AVS: u16 = 163;
const PPI: u16 = 192;
const PPP_WITH_DIR: u16 = 204;
const MPLS: u16 = 219;
const IPNET: u16 = 226;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const NFLOG: u16 = 239;
const NETANALYZER: u16 = 240;
const NETANALYZER_TRANSPARENT: u16 = 241;
const IPOIB: u16 = 242;
const PKTAP: u16 = 258;
const LINUX_SLL2: u16 = 276;

/// The frame inside one that only adds facts about it.
fn inner(link: u32, frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match u16::try_from(link) {
        Ok(PPI | PKTAP) | Err(_) => Ok(Frame::Other("unknown")),
        Ok(link) => parse(LinkType(link), frame),
    }
}

/// NULL has the family in the byte order of the machine that captured, LOOP in network order: IP's numbers are below
/// 256 in the one reading that is right.
fn loopback(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&family, rest) = head(frame)?;
    let family = u32::from_be_bytes(family).min(u32::from_le_bytes(family));
    match family {
        // AF_INET everywhere; AF_INET6 of NetBSD and OpenBSD, FreeBSD, macOS, Linux, and Windows.
        2 | 24 | 28 | 30 | 10 | 23 => Ok(Frame::Ip(rest)),
        _ => Err(LinkError::UnknownFamily(family)),
    }
}

/// RFC 2225: LLC, or the packet alone, as Linux captures it.
fn classical_ip(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match ip_version(frame) {
        Some(ip) => Ok(ip),
        None => llc(frame),
    }
}

/// RFC 2427: an address of two to four bytes, whose last one is odd, a control byte, and a protocol; Cisco has an
/// EtherType in their place.
fn frame_relay(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let address_len = match frame {
        [_, low, ..] if low & 1 != 0 => 2,
        [_, _, low, ..] if low & 1 != 0 => 3,
        _ => 4,
    };
    match *behind(frame, address_len)? {
        [] | [3] | [3, 0x80 | 0] => Err(LinkError::Truncated),
        [3, 0xcc | 0x8e, ref packet @ ..] | [3, 0, 0xcc | 0x8e, ref packet @ ..] => {
            Ok(Frame::Ip(packet))
        }
        // SNAP, behind padding.
        [3, 0, 0x80, ref rest @ ..] | [3, 0x80, ref rest @ ..] => {
            let (&[a, b, c, d, e], packet) = head(rest)?;
            match [a, b, c] {
                [0, 0, 0] => ether::payload(u16::from_be_bytes([d, e]), packet),
                [0, 0x80, 0xc2] if matches!([d, e], [0, 1 | 7]) => behind_mac(packet),
                _ => Ok(Frame::Other("frame-relay")),
            }
        }
        [3, ..] => Ok(Frame::Other("frame-relay")),
        ref cisco => ether_type(cisco),
    }
}

/// Cable modems: a header whose first byte tells the kind of frame, and whether it has an extension.
fn docsis(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[control, extension_len, _, _, _, _], _) = head(frame)?;
    let extension_len = match control & 1 {
        1 => usize::from(extension_len),
        _ => 0,
    };
    match control >> 6 {
        0 => behind_mac(behind(frame, 6 + extension_len)?),
        _ => Ok(Frame::Other("docsis")),
    }
}

/// IEEE 802.5: access and frame control, the addresses, and the route if the source's first bit says so.
fn token_ring(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[_, _, _, _, _, _, _, _, source, ..], rest) = head::<14>(frame)?;
    let route_len = match rest {
        [control, ..] if source & 0x80 != 0 => usize::from(control & 0x1f),
        _ => 0,
    };
    llc(behind(rest, route_len)?)
}

/// OpenBSD's and FreeBSD's log of pf: a header that begins with its length, padded to four bytes.
fn packet_filter_log(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[len], _) = head(frame)?;
    Ok(Frame::Ip(behind(
        frame,
        usize::from(len).next_multiple_of(4),
    )?))
}

/// Linux's log of netfilter: attributes, one of which is the packet.
fn netfilter_log(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    const PAYLOAD: u16 = 9;
    let mut rest = behind(frame, 4)?;
    loop {
        let (&[a, b, c, d], _) = head(rest)?;
        let len = usize::from(u16::from_le_bytes([a, b]));
        if u16::from_le_bytes([c, d]) == PAYLOAD {
            let value = behind(rest, 4)?;
            return Ok(Frame::Ip(value.get(..len.max(4) - 4).unwrap_or(value)));
        }
        rest = behind(rest, len.max(4).next_multiple_of(4))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];
    const SNAP: &[u8] = &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00];

    fn frame(header: &[u8]) -> Vec<u8> {
        [header, IP].concat()
    }

    #[test]
    fn every_link_type_gives_the_packet_behind_its_header() {
        let mac = [0_u8; 12];
        let wireless = [&[8, 1][..], &[0; 22], SNAP].concat();
        let prism = [&[0x44, 0, 0, 0, 144, 0, 0, 0][..], &[0; 136], &wireless].concat();
        let avs = [&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &wireless].concat();
        #[rustfmt::skip]
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
            (6, [&[0x10, 0x40], &mac[..], SNAP].concat()),
            (6, [&[0x10, 0x40, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 2, 0], SNAP].concat()),
            (9, vec![0xff, 3, 0, 0x21]),
            (10, [&[0x50], &mac[..], SNAP].concat()),
            (50, vec![0x0f, 0, 0x08, 0x00]),
            (51, vec![0x11, 0, 0, 7, 0, 6, 0, 0x21]),
            (100, SNAP.to_vec()),
            (104, vec![0x8f, 0, 0x86, 0xdd]),
            (106, vec![]),
            (106, SNAP.to_vec()),
            (107, vec![0x18, 0x41, 3, 0xcc]),
            (107, vec![0x18, 0x40, 0x01, 3, 0, 0x80, 0, 0, 0, 0x08, 0x00]),
            (107, vec![0x18, 0x40, 0, 1, 0x08, 0x00]),
            (107, [&[0x18, 0x41, 3, 0x80, 0, 0x80, 0xc2, 0, 7], &mac[..], &[0x08, 0x00]].concat()),
            (119, prism),
            (163, avs),
            (122, [&[0; 16][..], SNAP].concat()),
            (123, [&[2, 1, 0, 100][..], SNAP].concat()),
            (123, [&[1, 1, 0, 100, 0, 1][..], &mac, &[0x08, 0x00]].concat()),
            (138, [&[0; 16][..], &[0x86, 0xdd]].concat()),
            (143, [&[0, 0, 0, 24, 1, 2][..], &mac, &[0x08, 0x00]].concat()),
            (143, [&[1, 3, 0, 27, 9, 9, 9, 1, 2][..], &mac, &[0x08, 0x00]].concat()),
            (226, vec![0; 24]),
            (240, [&[0; 4][..], &mac, &[0x08, 0x00]].concat()),
            (241, [&[0; 12][..], &mac, &[0x08, 0x00]].concat()),
            (242, [&[0; 40][..], &[0x08, 0x00, 0, 0]].concat()),
            (109, vec![0; 12]),
            (117, [&[61], &[0; 63][..]].concat()),
            (192, vec![0, 0, 12, 0, 101, 0, 0, 0, 1, 2, 3, 4]),
            (204, vec![1, 0xff, 3, 0, 0x57]),
            (219, vec![0, 1, 1, 64]),
            (239, vec![2, 0, 0, 0, 5, 0, 1, 0, 0, 0, 0, 0, 8, 0, 9, 0]),
            (258, [&[16, 0, 0, 0, 1, 0, 0, 0, 101], &[0_u8; 7][..]].concat()),
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
        assert_eq!(parse(LinkType(1), &arp), Ok(Frame::Other("arp")));
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
