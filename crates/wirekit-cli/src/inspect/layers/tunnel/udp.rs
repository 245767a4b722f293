//! Tunnels over UDP, known by their ports.

use wirekit::udp::Datagram;

use super::super::ether::{behind_mac, ip_version, mpls, payload, ppp, service_header};
use super::super::frame::Frame;
use super::super::ip::Ip;
use super::gre;

const L2TP: u16 = 1701;
const GTP: u16 = 2152;
const GRE: u16 = 4754;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const GENEVE: u16 = 6081;
const MPLS: u16 = 6635;

/// The IP packet in a datagram to or from the port of a tunnel, if it looks like one.
#[inline]
pub(in super::super) fn by_port<'a>(datagram: &Datagram<'a>) -> Option<&'a [u8]> {
    let payload = datagram.payload();
    let cut_len = datagram.payload_len().saturating_sub(payload.len());
    [datagram.destination_port(), datagram.source_port()]
        .into_iter()
        .filter_map(|port| over_udp(port, payload))
        .find(|packet| {
            // Any program may have taken the port: what is found has to fit.
            Ip::parse(packet, cut_len).is_ok_and(|ip| ip.undelivered_len == 0)
        })
}

fn over_udp(port: u16, payload: &[u8]) -> Option<&[u8]> {
    let frame = match port {
        L2TP => l2tp(payload)?,
        GTP => gtp(payload)?,
        // RFC 8086.
        GRE => gre::parse(payload).ok()?,
        VXLAN => vxlan(payload)?,
        VXLAN_GPE => vxlan_gpe(payload)?,
        GENEVE => geneve(payload)?,
        // RFC 7510.
        MPLS => mpls(payload).ok()?,
        _ => return None,
    };
    match frame {
        Frame::Ip(packet) => ip_version(packet).map(|_| packet),
        Frame::Other(_) => None,
    }
}

/// RFC 2661 section 3.1: a data message, version 2, whose flags tell what stands before the PPP frame.
fn l2tp(message: &[u8]) -> Option<Frame<'_>> {
    const CONTROL: u8 = 0x80;
    const LENGTH: u8 = 0x40;
    const SEQUENCE: u8 = 0x08;
    const OFFSET: u8 = 0x02;
    let &[flags, version] = message.first_chunk()?;
    if flags & CONTROL != 0 || version & 0x0f != 2 {
        return None;
    }
    let words = |flag: u8, count: usize| usize::from(flags & flag != 0) * count * 2;
    let header_len = 2 + words(LENGTH, 1) + 4 + words(SEQUENCE, 2);
    let mut rest = message.get(header_len..)?;
    if flags & OFFSET != 0 {
        let (&offset, after) = rest.split_first_chunk()?;
        rest = after.get(usize::from(u16::from_be_bytes(offset))..)?;
    }
    ppp(rest).ok()
}

/// 3GPP TS 29.281: version 1, a user's packet, and what its flags and extension headers add.
fn gtp(payload: &[u8]) -> Option<Frame<'_>> {
    let (&[flags, 255, ..], mut rest) = payload.split_first_chunk::<8>()? else {
        return None;
    };
    if !matches!(flags, 0x30..=0x37) {
        return None;
    }
    if flags & 7 != 0 {
        let (&[.., next], after) = rest.split_first_chunk::<4>()?;
        rest = after;
        let mut next = if flags & 4 == 0 { 0 } else { next };
        while next != 0 {
            let len = usize::from(*rest.first()?).max(1) * 4;
            let (extension, after) = rest.split_at_checked(len)?;
            next = *extension.last()?;
            rest = after;
        }
    }
    Some(Frame::Ip(rest))
}

/// RFC 7348: flags, of which one says that the network's number is there. Others are used by extensions.
fn vxlan(payload: &[u8]) -> Option<Frame<'_>> {
    match payload.split_first_chunk::<8>()? {
        (&[flags, ..], frame) if flags & 8 != 0 => behind_mac(frame).ok(),
        _ => None,
    }
}

/// draft-ietf-nvo3-vxlan-gpe: VXLAN that names what it carries.
fn vxlan_gpe(payload: &[u8]) -> Option<Frame<'_>> {
    const NEXT_PROTOCOL: u8 = 4;
    let (&[flags, _, _, next, ..], rest) = payload.split_first_chunk::<8>()?;
    match next {
        _ if flags & NEXT_PROTOCOL == 0 => behind_mac(rest).ok(),
        1 | 2 => Some(Frame::Ip(rest)),
        3 => behind_mac(rest).ok(),
        4 => service_header(rest).ok(),
        5 => mpls(rest).ok(),
        _ => None,
    }
}

/// RFC 8926: the length of the options in words, flags, and an EtherType.
fn geneve(bytes: &[u8]) -> Option<Frame<'_>> {
    let (&[len @ ..0x40, _, high, low, ..], _) = bytes.split_first_chunk::<8>()? else {
        return None;
    };
    let rest = bytes.get(8 + usize::from(len) * 4..)?;
    match u16::from_be_bytes([high, low]) {
        ..0x0600 => None,
        kind => payload(kind, rest).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];
    const MAC: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x08, 0x00];

    #[test]
    fn tunnels_are_taken_off_where_they_hold_ip() {
        #[rustfmt::skip]
        let rows: &[(u16, &[u8], &[u8])] = &[
            (VXLAN, &[8, 0, 0, 0, 0, 0, 5, 0], MAC),
            (VXLAN, &[0x88, 0, 0, 7, 0, 0, 5, 1], MAC),
            (VXLAN_GPE, &[12, 0, 0, 1, 0, 0, 5, 0], &[]),
            (VXLAN_GPE, &[12, 0, 0, 3, 0, 0, 5, 0], MAC),
            (VXLAN_GPE, &[8, 0, 0, 0, 0, 0, 5, 0], MAC),
            (VXLAN_GPE, &[12, 0, 0, 4, 0, 0, 5, 0], &[0x0f, 0xc2, 2, 1, 0, 0, 0, 255]),
            (VXLAN_GPE, &[12, 0, 0, 5, 0, 0, 5, 0], &[0, 1, 1, 64]),
            (GENEVE, &[0, 0, 0x65, 0x58, 0, 0, 5, 0], MAC),
            (GENEVE, &[1, 0, 0x08, 0x00, 0, 0, 5, 0, 1, 2, 3, 0], &[]),
            (GTP, &[0x30, 255, 0, 4, 0, 0, 0, 7], &[]),
            (GTP, &[0x32, 255, 0, 8, 0, 0, 0, 7, 0, 1, 0, 0], &[]),
            (GTP, &[0x34, 255, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0], &[]),
            (L2TP, &[0, 2, 0, 1, 0, 2], &[0xff, 3, 0, 0x21]),
            (L2TP, &[0x40, 2, 0, 20, 0, 1, 0, 2], &[0x21]),
            (L2TP, &[0x4a, 2, 0, 20, 0, 1, 0, 2, 0, 1, 0, 2, 0, 2, 9, 9], &[0xff, 3, 0, 0x21]),
            (GRE, &[0, 0, 0x08, 0x00], &[]),
            (MPLS, &[0, 2, 1, 64], &[]),
        ];
        for (port, header, inner) in rows {
            let whole = [header, *inner, IP].concat();
            assert_eq!(over_udp(*port, &whole), Some(IP), "{port} {header:?}");
            for cut in 0..=header.len() {
                assert_eq!(over_udp(*port, whole.get(..cut).unwrap_or_default()), None);
            }
        }
    }

    #[test]
    fn what_holds_something_else_is_a_datagram_like_any_other() {
        let arp = [&MAC[..12], &[0x08, 0x06], &[0; 28]].concat();
        #[rustfmt::skip]
        let rows: &[(u16, &[u8])] = &[
            (VXLAN, &[&[8, 0, 0, 0, 0, 0, 5, 0], &arp[..]].concat()),
            (VXLAN, b"not a tunnel at all"),
            (GTP, &[0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]),
            (GTP, &[0x34, 255, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0]),
            // A control message, and version 3.
            (L2TP, &[0xc8, 2, 0, 12, 0, 1, 0, 0, 0, 0, 0, 0]),
            (L2TP, &[0, 3, 0, 0, 0, 0, 0, 1]),
            (9999, IP),
        ];
        for &(port, payload) in rows {
            assert_eq!(over_udp(port, payload), None, "{port} {payload:?}");
        }
    }
}
