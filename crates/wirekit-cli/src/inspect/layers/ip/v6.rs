//! IPv6 and its extension headers: RFC 8200.

use core::net::{IpAddr, Ipv6Addr};

use super::{Fragment, Ip, IpError, payload};

const HEADER_LEN: usize = 40;

const HOP_BY_HOP: u8 = 0;
const ROUTING: u8 = 43;
const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;
const DESTINATION_OPTIONS: u8 = 60;
const SHIM6: u8 = 140;

pub(super) fn addresses(header: &[u8; HEADER_LEN]) -> Option<(IpAddr, IpAddr)> {
    let (source, destination) = header.get(8..)?.split_first_chunk::<16>()?;
    let destination: &[u8; 16] = destination.first_chunk()?;
    Some((
        Ipv6Addr::from(*source).into(),
        Ipv6Addr::from(*destination).into(),
    ))
}

pub(super) fn parse(packet: &[u8], cut_len: usize) -> Result<Ip<'_>, IpError> {
    let header: &[u8; HEADER_LEN] = packet.first_chunk().ok_or(IpError::Truncated)?;
    let &[_, _, _, _, a, b, protocol, ..] = header;
    let (source, destination) = addresses(header).ok_or(IpError::Truncated)?;
    let on_wire = packet.len().saturating_add(cut_len);
    let declared_len = match usize::from(u16::from_be_bytes([a, b])) {
        // Too long for the field: an option tells, or the card that sends it makes packets of it.
        0 if protocol == HOP_BY_HOP => packet.get(HEADER_LEN..).and_then(jumbo_payload_len),
        0 => None,
        len => Some(len),
    };
    let declared_len = declared_len.map_or(on_wire, |len| len.saturating_add(HEADER_LEN));
    let (payload, payload_len) = payload(packet, HEADER_LEN, declared_len.min(on_wire))?;
    let ip = Ip {
        source,
        destination,
        protocol,
        payload,
        payload_len,
        undelivered_len: declared_len.saturating_sub(on_wire),
        fragment: None,
    };
    match protocol {
        HOP_BY_HOP => behind_extensions(behind(ip, 8)?),
        _ => behind_extensions(ip),
    }
}

/// RFC 2675 section 2: an option of the hop-by-hop header, which comes first.
fn jumbo_payload_len(extension: &[u8]) -> Option<usize> {
    const PAD_1: u8 = 0;
    const JUMBO_PAYLOAD: u8 = 0xc2;
    let &[_, len, ..] = extension.first_chunk::<2>()?;
    let mut options = extension.get(2..(usize::from(len) + 1) * 8)?;
    loop {
        options = match *options {
            [PAD_1, ref rest @ ..] => rest,
            [JUMBO_PAYLOAD, 4, a, b, c, d, ..] => {
                return usize::try_from(u32::from_be_bytes([a, b, c, d])).ok();
            }
            [_, len, ref rest @ ..] => rest.get(usize::from(len)..)?,
            _ => return None,
        };
    }
}

/// Goes on to the protocol behind any extension headers that may stand where `ip.protocol` says what follows. A piece
/// of a larger packet is not looked into.
pub(crate) fn behind_extensions(mut ip: Ip<'_>) -> Result<Ip<'_>, IpError> {
    loop {
        let unit = match ip.protocol {
            // RFC 8200 section 4.1: "restricted to appear immediately after an IPv6 header only".
            HOP_BY_HOP => return Err(IpError::Extension),
            ROUTING => {
                if let Some(address) = end_of_route(ip.payload) {
                    ip.destination = address.into();
                }
                8
            }
            FRAGMENT => {
                let &[_, _, a, b, identification @ ..] =
                    ip.payload.first_chunk::<8>().ok_or(IpError::Truncated)?;
                ip = behind(ip, 0)?;
                let place = u16::from_be_bytes([a, b]);
                let (more, offset) = (place & 1 != 0, usize::from(place & !7));
                if more || offset > 0 {
                    ip.fragment = Some(Fragment {
                        identification: u32::from_be_bytes(identification),
                        offset,
                        last: !more,
                    });
                    return Ok(ip);
                }
                continue;
            }
            AUTHENTICATION => 4,
            DESTINATION_OPTIONS | SHIM6 => 8,
            _ => return Ok(ip),
        };
        ip = behind(ip, unit)?;
    }
}

/// What follows an extension header, whose second byte counts `unit`s: beyond the first eight bytes, which for an
/// authentication header is the first two units.
fn behind(ip: Ip<'_>, unit: usize) -> Result<Ip<'_>, IpError> {
    let &[protocol, units] = ip.payload.first_chunk().ok_or(IpError::Truncated)?;
    let len = 8 + usize::from(units) * unit;
    Ok(Ip {
        protocol,
        payload: ip.payload.get(len..).ok_or(IpError::Truncated)?,
        payload_len: ip.payload_len.saturating_sub(len),
        ..ip
    })
}

/// The last address of a routing header that is not at its end: RFC 8200 section 8.1 has it in the checksum.
fn end_of_route(extension: &[u8]) -> Option<Ipv6Addr> {
    let &[_, units, kind, segments_left, ..] = extension.first_chunk::<8>()?;
    let route = extension.get(8..(usize::from(units) + 1) * 8)?;
    let address = match kind {
        _ if segments_left == 0 => return None,
        // RFC 5095, RFC 6275: in the order of the way.
        0 | 2 => route.last_chunk::<16>()?,
        // RFC 8754: the last one first.
        4 => route.first_chunk()?,
        _ => return None,
    };
    Some(Ipv6Addr::from(*address))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: u8 = 6;
    const DATA: &[u8] = b"data";

    fn address(last: u8) -> [u8; 16] {
        [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]
    }

    fn packet(next: u8, payload: &[u8]) -> Vec<u8> {
        let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let header = [0x60, 0, 0, 0, len[0], len[1], next, 64];
        [&header, &address(1)[..], &address(9), payload].concat()
    }

    #[test]
    fn every_extension_header_is_gone_behind() {
        #[rustfmt::skip]
        let rows: &[(u8, &[u8])] = &[
            (TCP, &[]),
            (HOP_BY_HOP, &[TCP, 0, 1, 4, 0, 0, 0, 0]),
            (HOP_BY_HOP, &[DESTINATION_OPTIONS, 0, 1, 4, 0, 0, 0, 0, TCP, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
            (AUTHENTICATION, &[TCP, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
            (FRAGMENT, &[TCP, 0, 0, 0, 0, 0, 0, 7]),
            (FRAGMENT, &[DESTINATION_OPTIONS, 99, 0, 0, 0, 0, 0, 7, TCP, 0, 1, 4, 0, 0, 0, 0]),
            (SHIM6, &[TCP, 0, 0, 0, 0, 0, 0, 0]),
        ];
        for &(next, extensions) in rows {
            let whole = packet(next, &[extensions, DATA].concat());
            let ip = parse(&whole, 0).unwrap();
            assert_eq!(
                (ip.protocol, ip.payload, ip.payload_len),
                (TCP, DATA, 4),
                "{next}"
            );
            for cut in 0..40 + extensions.len() {
                let cut_len = whole.len() - cut;
                let part = &whole[..cut];
                assert_eq!(parse(part, cut_len), Err(IpError::Truncated), "{next}");
            }
        }
    }

    #[test]
    fn hop_by_hop_options_come_first() {
        let late = packet(
            DESTINATION_OPTIONS,
            &[HOP_BY_HOP, 0, 1, 4, 0, 0, 0, 0, TCP, 0, 1, 4, 0, 0, 0, 0],
        );
        assert_eq!(parse(&late, 0), Err(IpError::Extension));
    }

    #[test]
    fn a_fragment_tells_its_place_and_is_not_looked_into() {
        let piece = packet(FRAGMENT, &[DESTINATION_OPTIONS, 0, 0, 0x11, 0, 0, 0, 7, 99]);
        let ip = parse(&piece, 0).unwrap();
        let fragment = Fragment {
            identification: 7,
            offset: 16,
            last: false,
        };
        assert_eq!(ip.fragment, Some(fragment));
        assert_eq!((ip.protocol, ip.payload), (DESTINATION_OPTIONS, &[99][..]));
    }

    #[test]
    fn lengths_are_those_on_the_wire() {
        let with_len = |len: u8, payload: &[u8]| {
            let mut packet = packet(TCP, payload);
            packet[5] = len;
            packet
        };
        // The payload length, how many bytes were left out, and the payload's length.
        for (declared, cut_len, payload_len) in [
            (4, 0, 4),
            (2, 0, 2),
            (9, 5, 9),
            (9, 0, 4),
            (0, 0, 4),
            (0, 3000, 3004),
        ] {
            let packet = with_len(declared, DATA);
            let ip = parse(&packet, cut_len).unwrap();
            assert_eq!(
                (ip.payload.len(), ip.payload_len),
                (payload_len.min(4), payload_len)
            );
        }
        // RFC 2675: 70,000 bytes, the extension header's among them; what lies behind them is padding.
        let mut jumbo = packet(HOP_BY_HOP, &[TCP, 0, 0xc2, 4, 0, 1, 0x11, 0x70]);
        (jumbo[4], jumbo[5]) = (0, 0);
        let ip = parse(&jumbo, 70_000).unwrap();
        assert_eq!((ip.protocol, ip.payload_len), (TCP, 69_992));
        jumbo.resize(80_000, 0);
        assert_eq!(parse(&jumbo, 0).unwrap().payload.len(), 69_992);
    }

    #[test]
    fn a_route_ends_at_the_destination() {
        // Type, segments left, and which of the addresses it ends at.
        for (kind, segments_left, last) in [(0, 2, 3), (0, 0, 9), (4, 1, 2), (4, 0, 9), (253, 1, 9)]
        {
            let mut extension = vec![TCP, 4, kind, segments_left, 0, 0, 0, 0];
            extension.extend([address(2), address(3)].concat());
            let ip = packet(ROUTING, &extension);
            let ip = parse(&ip, 0).unwrap();
            assert_eq!(ip.destination, IpAddr::from(address(last)), "{kind}");
            assert_eq!(ip.protocol, TCP);
        }
    }
}
