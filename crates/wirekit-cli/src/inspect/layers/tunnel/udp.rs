//! Tunnels over UDP, known by their ports.

use wirekit::udp::Datagram;

use super::super::ether::{behind_mac, ip_version, mpls, payload, ppp, service_header};
use super::super::frame::Frame;
use super::super::ip::Ip;
use super::super::wireless;
use super::gre;

const L2TP: u16 = 1701;
const GTP: u16 = 2152;
const GTP_PRIME: u16 = 3386;
const TEREDO: u16 = 3544;
const LISP: u16 = 4341;
const GRE: u16 = 4754;
const VXLAN: u16 = 4789;
const VXLAN_GPE: u16 = 4790;
const AYIYA: u16 = 5072;
const GENEVE: u16 = 6081;
const MPLS: u16 = 6635;
const TZSP: u16 = 37_008;

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
        GTP | GTP_PRIME => gtp(payload)?,
        TEREDO => teredo(payload)?,
        // RFC 9300: flags, a nonce or a version, and which locators can be reached.
        LISP => Frame::Ip(payload.get(8..)?),
        // RFC 8086.
        GRE => gre::parse(payload).ok()?,
        VXLAN => vxlan(payload)?,
        VXLAN_GPE => vxlan_gpe(payload)?,
        AYIYA => ayiya(payload)?,
        GENEVE => geneve(payload)?,
        // RFC 7510.
        MPLS => mpls(payload).ok()?,
        TZSP => tzsp(payload)?,
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

/// 3GPP TS 29.281: version 1, a user's packet, and what its flags and extension headers add. 3GPP TS 09.60: version 0.
fn gtp(payload: &[u8]) -> Option<Frame<'_>> {
    let (&[flags, 255, ..], mut rest) = payload.split_first_chunk::<8>()? else {
        return None;
    };
    match flags {
        0x30..=0x37 => {}
        0x1e | 0x1f => return payload.get(20..).map(Frame::Ip),
        _ => return None,
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

/// RFC 4380 section 5.1.1: perhaps an authentication, perhaps the sender's origin, then IPv6.
fn teredo(mut payload: &[u8]) -> Option<Frame<'_>> {
    if let &[0, 1, client_len, value_len, ..] = payload {
        let (client_len, value_len) = (usize::from(client_len), usize::from(value_len));
        payload = payload.get(4 + client_len + value_len + 9..)?;
    }
    if payload.starts_with(&[0, 0]) {
        payload = payload.get(8..)?;
    }
    (payload.first()? >> 4 == 6).then_some(Frame::Ip(payload))
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

/// draft-massar-v6ops-ayiya: the lengths of identity and signature, in words, an operation, and what follows.
fn ayiya(payload: &[u8]) -> Option<Frame<'_>> {
    const FORWARD: u8 = 1;
    let &[identity, signature, operation, next, ..] = payload.first_chunk::<8>()?;
    if operation & 0x0f != FORWARD || next != 41 {
        return None;
    }
    let identity_len = 1_usize << (identity >> 4);
    let signature_len = usize::from(signature >> 4) * 4;
    payload
        .get(8 + identity_len + signature_len..)
        .map(Frame::Ip)
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

/// TaZmen Sniffer Protocol: a frame that was received elsewhere, behind tags that tell about it.
fn tzsp(payload: &[u8]) -> Option<Frame<'_>> {
    const PADDING: u8 = 0;
    const END: u8 = 1;
    let (&[1, 0 | 1, high, low], mut rest) = payload.split_first_chunk()? else {
        return None;
    };
    loop {
        let (&tag, after) = rest.split_first()?;
        rest = match tag {
            PADDING => after,
            END => {
                rest = after;
                break;
            }
            _ => {
                let (&len, value) = after.split_first()?;
                value.get(usize::from(len)..)?
            }
        };
    }
    match u16::from_be_bytes([high, low]) {
        1 => behind_mac(rest).ok(),
        18 => wireless::frame(rest).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];
    const IPV6: &[u8] = &[0x60, 0, 0, 0];
    const MAC: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x08, 0x00];

    #[test]
    fn tunnels_are_taken_off_where_they_hold_ip() {
        let wireless = [&[8, 1][..], &[0; 22], &[0xaa, 0xaa, 3, 0, 0, 0, 8, 0]].concat();
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
            (GTP_PRIME, &[0x1e, 255, 0, 4, 0, 1, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 7], &[]),
            (L2TP, &[0, 2, 0, 1, 0, 2], &[0xff, 3, 0, 0x21]),
            (L2TP, &[0x40, 2, 0, 20, 0, 1, 0, 2], &[0x21]),
            (L2TP, &[0x4a, 2, 0, 20, 0, 1, 0, 2, 0, 1, 0, 2, 0, 2, 9, 9], &[0xff, 3, 0, 0x21]),
            (LISP, &[0x80, 0, 0, 1, 0, 0, 0, 1], &[]),
            (GRE, &[0, 0, 0x08, 0x00], &[]),
            (MPLS, &[0, 2, 1, 64], &[]),
            (TZSP, &[1, 0, 0, 1, 10, 1, 7, 0, 1], MAC),
            (TZSP, &[1, 0, 0, 18, 1], &wireless),
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
    fn tunnels_for_ipv6_alone_are_taken_off_too() {
        let identity = [&[0x44, 0x52, 0x11, 41, 0, 0, 0, 1][..], &[7; 36]].concat();
        #[rustfmt::skip]
        let rows: &[(u16, &[u8])] = &[
            (TEREDO, &[]),
            (TEREDO, &[0, 0, 1, 1, 1, 1, 1, 1]),
            (TEREDO, &[0, 1, 1, 2, 9, 9, 9, 2, 2, 2, 2, 2, 2, 2, 2, 0]),
            (TEREDO, &[0, 1, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0, 0, 1, 1, 1, 1, 1, 1]),
            (AYIYA, &identity),
        ];
        for &(port, header) in rows {
            let whole = [header, IPV6].concat();
            assert_eq!(over_udp(port, &whole), Some(IPV6), "{port} {header:?}");
            assert_eq!(
                over_udp(port, &[header, IP].concat()).is_some(),
                port == AYIYA
            );
            for cut in 0..=header.len() {
                assert_eq!(over_udp(port, &whole[..cut]), None);
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
