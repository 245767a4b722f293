//! The link layer: from a captured frame to the IP packet in it.

use super::ether::{self, behind_mac, ether_type, hdlc, ppp};
use super::frame::{Frame, LinkError, behind, head};
use super::wireless;
use crate::inspect::capture::LinkType;

/// The IPv4 packet of an Ethernet frame without a tag, which nearly every frame is.
#[inline]
pub(crate) fn plain(link: LinkType, frame: &[u8]) -> Option<&[u8]> {
    match (link.0, frame.split_first_chunk::<14>()) {
        (ETHERNET, Some((&[.., 0x08, 0x00], packet))) => Some(packet),
        _ => None,
    }
}

/// Takes the link header off `frame`.
///
/// The link types are those of <https://www.tcpdump.org/linktypes.html>; RAW also as 12 and 14, OpenBSD's and BSD/OS's
/// DLT values, found in old files.
pub(crate) fn parse(link: LinkType, frame: &[u8]) -> Result<Frame<'_>, LinkError> {
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
        IEEE802_11 => wireless::frame(frame),
        IEEE802_11_RADIOTAP => wireless::radiotap(frame),
        ENC => Ok(Frame::Ip(behind(frame, 12)?)),
        PFLOG => packet_filter_log(frame),
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

/// The virtual network that an Ethernet frame is tagged for, 0 without a tag: of those that are stacked all tell.
pub(crate) fn network(link: LinkType, frame: &[u8]) -> u32 {
    match link.0 {
        ETHERNET => ether::network(frame),
        _ => 0,
    }
}

const NULL: u16 = 0;
const ETHERNET: u16 = 1;
const PPP: u16 = 9;
const RAW_OPENBSD: u16 = 12;
const RAW_BSDOS: u16 = 14;
const PPP_HDLC: u16 = 50;
const PPP_ETHER: u16 = 51;
const RAW: u16 = 101;
const C_HDLC: u16 = 104;
const IEEE802_11: u16 = 105;
const LOOP: u16 = 108;
const ENC: u16 = 109;
const LINUX_SLL: u16 = 113;
const PFLOG: u16 = 117;
const IEEE802_11_RADIOTAP: u16 = 127;
const PPI: u16 = 192;
const PPP_WITH_DIR: u16 = 204;
const IPV4: u16 = 228;
const IPV6: u16 = 229;
const NFLOG: u16 = 239;
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

    fn frame(header: &[u8]) -> Vec<u8> {
        [header, IP].concat()
    }

    #[test]
    fn every_link_type_gives_the_packet_behind_its_header() {
        let mac = [0_u8; 12];
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
            (9, vec![0xff, 3, 0, 0x21]),
            (50, vec![0x0f, 0, 0x08, 0x00]),
            (51, vec![0x11, 0, 0, 7, 0, 6, 0, 0x21]),
            (104, vec![0x8f, 0, 0x86, 0xdd]),
            (109, vec![0; 12]),
            (117, [&[61], &[0; 63][..]].concat()),
            (192, vec![0, 0, 12, 0, 101, 0, 0, 0, 1, 2, 3, 4]),
            (204, vec![1, 0xff, 3, 0, 0x57]),
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
