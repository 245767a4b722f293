//! Packets inside packets: IP in IP, GRE, and the tunnels over UDP that datacentres and mobile networks use.

use core::iter;

use wirekit::udp::Datagram;

use super::ether::{behind_mac, ip_version, payload, ppp};
use super::link::{Frame, LinkError, behind, head};

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const GRE: u8 = 47;
const ETHER_IP: u8 = 97;

/// What a packet of this protocol carries; nothing for a protocol that is no tunnel.
pub(super) fn by_protocol(protocol: u8, bytes: &[u8]) -> Option<Result<Frame<'_>, LinkError>> {
    match protocol {
        IPV4 | IPV6 => Some(Ok(Frame::Ip(bytes))),
        GRE => Some(gre(bytes)),
        // RFC 3378.
        ETHER_IP => Some(behind(bytes, 2).and_then(behind_mac)),
        _ => None,
    }
}

/// RFC 2784 and 2890; version 1 is PPTP's, RFC 2637.
fn gre(packet: &[u8]) -> Result<Frame<'_>, LinkError> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    const ACKNOWLEDGMENT: u8 = 0x80;
    let (&[present, version, high, low], _) = head(packet)?;
    let words = |flags: u8, from: u8| (flags & from).count_ones() as usize;
    let len = match version & 7 {
        0 if present & ROUTING == 0 => 4 + 4 * words(present, CHECKSUM | KEY | SEQUENCE),
        1 => 4 + 4 * (words(present, KEY | SEQUENCE) + words(version, ACKNOWLEDGMENT)),
        _ => return Ok(Frame::Other("gre")),
    };
    let rest = behind(packet, len)?;
    match u16::from_be_bytes([high, low]) {
        0x6558 => behind_mac(rest),
        0x880b if rest.is_empty() => Ok(Frame::Other("gre")),
        0x880b => ppp(rest),
        // ERSPAN: without a sequence number it has no header of its own either.
        0x88be if present & SEQUENCE == 0 => behind_mac(rest),
        0x88be => behind_mac(behind(rest, 8)?),
        0x22eb => erspan(rest),
        // WCCP, whose second version has four bytes of its own.
        0x883e => Ok(iter::once(rest)
            .chain(rest.get(4..))
            .find_map(ip_version)
            .unwrap_or(Frame::Other("gre"))),
        ..0x0600 => Ok(Frame::Other("gre")),
        kind => payload(kind, rest),
    }
}

/// Version 3, whose header's last bit says that there is more of it.
fn erspan(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[.., last], _) = head::<12>(frame)?;
    behind_mac(behind(frame, 12 + usize::from(last & 1) * 8)?)
}

/// The IP packet in a datagram to the port of a tunnel, if it looks like one.
#[inline]
pub(super) fn by_port<'a>(datagram: &Datagram<'a>) -> Option<&'a [u8]> {
    match datagram.destination_port() {
        port @ (2152 | 4789 | 6081) => over_udp(port, datagram.payload()),
        _ => None,
    }
}

fn over_udp(port: u16, payload: &[u8]) -> Option<&[u8]> {
    let frame = match port {
        2152 => gtp(payload)?,
        4789 => vxlan(payload)?,
        _ => geneve(payload)?,
    };
    match frame {
        Frame::Ip(packet) => ip_version(packet).map(|_| packet),
        Frame::Other(_) => None,
    }
}

/// RFC 7348: flags, of which one is set, and the network's number.
fn vxlan(payload: &[u8]) -> Option<Frame<'_>> {
    match payload {
        [8, _, _, _, _, _, _, 0, frame @ ..] => behind_mac(frame).ok(),
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
        0x6558 => behind_mac(rest).ok(),
        ..0x0600 => None,
        kind => payload(kind, rest).ok(),
    }
}

/// 3GPP TS 29.281: version 1, a user's packet, and what its flags and extension headers add.
fn gtp(payload: &[u8]) -> Option<Frame<'_>> {
    let (&[flags @ 0x30..=0x37, 255, ..], mut rest) = payload.split_first_chunk::<8>()? else {
        return None;
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];
    const MAC: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x08, 0x00];

    #[test]
    fn generic_encapsulation_is_taken_off() {
        #[rustfmt::skip]
        let rows: &[(&[u8], &[u8])] = &[
            (&[0, 0, 0x08, 0x00], &[]),
            (&[0x20, 0, 0x86, 0xdd, 0, 0, 0, 7], &[]),
            (&[0xb0, 0, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9], &[]),
            (&[0, 0, 0x65, 0x58], MAC),
            (&[0, 0, 0x88, 0x47], &[0, 1, 1, 64]),
            (&[0x30, 0x01, 0x88, 0x0b, 0, 4, 0, 1, 0, 0, 0, 9], &[0xff, 3, 0, 0x21]),
            (&[0x30, 0x81, 0x88, 0x0b, 0, 4, 0, 1, 0, 0, 0, 9, 0, 0, 0, 8], &[0x21]),
            (&[0, 0, 0x88, 0xbe], MAC),
            (&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 3, 0x10, 5, 0, 1, 0, 0, 0, 1], MAC),
            (&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 3, 0x20, 5, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0], MAC),
            (&[0, 0, 0x88, 0x3e], &[]),
            (&[0, 0, 0x88, 0x3e], &[0, 0, 0, 0]),
        ];
        for (header, inner) in rows {
            let whole = [header, *inner, IP].concat();
            assert_eq!(
                by_protocol(GRE, &whole),
                Some(Ok(Frame::Ip(IP))),
                "{header:?}"
            );
            for cut in 0..header.len() {
                let part = whole.get(..cut).unwrap_or_default();
                assert_eq!(by_protocol(GRE, part), Some(Err(LinkError::Truncated)));
            }
        }
        for other in [
            // Source routes; version 2; a keep-alive; an acknowledgment of PPTP without data.
            &[0x40, 0, 0x08, 0x00, 0, 0, 0, 0][..],
            &[0, 2, 0x08, 0x00],
            &[0, 0, 0, 0],
            &[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 9],
        ] {
            assert_eq!(
                by_protocol(GRE, other),
                Some(Ok(Frame::Other("gre"))),
                "{other:?}"
            );
        }
    }

    #[test]
    fn plain_tunnels_are_only_packets() {
        assert_eq!(by_protocol(IPV4, IP), Some(Ok(Frame::Ip(IP))));
        let ether = [&[0x30, 0], MAC, IP].concat();
        assert_eq!(by_protocol(ETHER_IP, &ether), Some(Ok(Frame::Ip(IP))));
        assert_eq!(by_protocol(6, IP), None);
    }

    #[test]
    fn tunnels_over_udp_are_taken_off_where_they_hold_ip() {
        #[rustfmt::skip]
        let rows: &[(u16, &[u8], &[u8])] = &[
            (4789, &[8, 0, 0, 0, 0, 0, 5, 0], MAC),
            (6081, &[0, 0, 0x65, 0x58, 0, 0, 5, 0], MAC),
            (6081, &[1, 0, 0x08, 0x00, 0, 0, 5, 0, 1, 2, 3, 0], &[]),
            (2152, &[0x30, 255, 0, 4, 0, 0, 0, 7], &[]),
            (2152, &[0x32, 255, 0, 8, 0, 0, 0, 7, 0, 1, 0, 0], &[]),
            (2152, &[0x34, 255, 0, 12, 0, 0, 0, 7, 0, 0, 0, 0x85, 1, 0, 9, 0], &[]),
        ];
        for (port, header, inner) in rows {
            let whole = [header, *inner, IP].concat();
            assert_eq!(over_udp(*port, &whole), Some(IP), "{port} {header:?}");
            for cut in 0..=header.len() {
                assert_eq!(over_udp(*port, whole.get(..cut).unwrap_or_default()), None);
            }
        }
        let arp = [&MAC[..12], &[0x08, 0x06], &[0; 28]].concat();
        for (port, payload) in [
            (4789, [&[8, 0, 0, 0, 0, 0, 5, 0], &arp[..]].concat()),
            (4789, b"not a tunnel at all".to_vec()),
            (2152, vec![0x32, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0]),
            (
                2152,
                vec![0x34, 255, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0],
            ),
        ] {
            assert_eq!(over_udp(port, &payload), None, "{port} {payload:?}");
        }
    }
}
