//! IPv4: RFC 791.

use core::net::{IpAddr, Ipv4Addr};

use super::{Fragment, Ip, IpError, behind_extensions, payload};

const HEADER_LEN: usize = 20;
const AUTHENTICATION: u8 = 51;

pub(super) fn addresses(header: &[u8; HEADER_LEN]) -> (IpAddr, IpAddr) {
    let &[.., s1, s2, s3, s4, d1, d2, d3, d4] = header;
    ([s1, s2, s3, s4].into(), [d1, d2, d3, d4].into())
}

pub(super) fn parse(packet: &[u8], cut_len: usize) -> Result<Ip<'_>, IpError> {
    let header: &[u8; HEADER_LEN] = packet.first_chunk().ok_or(IpError::Truncated)?;
    let &[first, _, a, b, c, d, e, f, _, protocol, _, _, ..] = header;
    let (source, mut destination) = addresses(header);
    let words = first & 0x0f;
    let header_len = usize::from(words) * 4;
    let options = match packet.get(HEADER_LEN..header_len) {
        Some(options) => options,
        None if header_len < HEADER_LEN => return Err(IpError::HeaderLength(words)),
        None => return Err(IpError::Truncated),
    };
    if let Some(address) = end_of_route(options) {
        destination = address.into();
    }
    let total_len = u16::from_be_bytes([a, b]);
    let on_wire = packet.len().saturating_add(cut_len);
    let declared_len = match usize::from(total_len) {
        // Too long for the field: the card that sends it makes packets of it.
        0 => on_wire,
        len if len < header_len => return Err(IpError::TotalLength(total_len)),
        len => len,
    };
    let (payload, payload_len) = payload(packet, header_len, declared_len.min(on_wire))?;
    let place = u16::from_be_bytes([e, f]);
    let (more, offset) = (place & 0x2000 != 0, usize::from(place & 0x1fff) * 8);
    let ip = Ip {
        source,
        destination,
        protocol,
        payload,
        payload_len,
        undelivered_len: declared_len.saturating_sub(on_wire),
        fragment: (more || offset > 0).then(|| Fragment {
            identification: u16::from_be_bytes([c, d]).into(),
            offset,
            last: !more,
        }),
    };
    match protocol {
        AUTHENTICATION if ip.fragment.is_none() => behind_extensions(ip),
        _ => Ok(ip),
    }
}

/// The last address of a source route that is not at its end: RFC 791 section 3.1.
fn end_of_route(mut options: &[u8]) -> Option<Ipv4Addr> {
    const END: u8 = 0;
    const NO_OPERATION: u8 = 1;
    const LOOSE_SOURCE_ROUTE: u8 = 131;
    const STRICT_SOURCE_ROUTE: u8 = 137;
    loop {
        let (&kind, rest) = options.split_first()?;
        match kind {
            END => return None,
            NO_OPERATION => {
                options = rest;
                continue;
            }
            _ => {}
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

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const PIECE: &[u8] = &[
        0x45, 0, 0, 28, 0, 7, 0x20, 0x01, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        0, 1, 0, 2, 0, 8, 0, 0,
    ];

    #[test]
    fn a_fragment_tells_its_place() {
        let ip = parse(PIECE, 0).unwrap();
        let fragment = Fragment {
            identification: 7,
            offset: 8,
            last: false,
        };
        assert_eq!(ip.fragment, Some(fragment));
        assert_eq!((ip.protocol, ip.payload.len(), ip.payload_len), (17, 8, 8));
    }

    #[test]
    fn lengths_are_those_on_the_wire() {
        // The total length, how many bytes were captured and left out, and what is the payload of that.
        for (total_len, captured, cut_len, payload, payload_len) in [
            (28, 28, 0, 8, 8),
            (28, 23, 5, 3, 8),
            // Padding was left out too.
            (28, 23, 40, 3, 8),
            // None is declared: all that came.
            (0, 28, 0, 8, 8),
            (0, 23, 3000, 3, 3003),
            // More than came.
            (40, 28, 0, 8, 8),
            (40, 23, 5, 3, 8),
            (20, 28, 0, 0, 0),
        ] {
            let mut packet = PIECE[..captured].to_vec();
            packet[3] = total_len;
            let ip = parse(&packet, cut_len).unwrap();
            assert_eq!(
                (ip.payload.len(), ip.payload_len, ip.cut_len()),
                (payload, payload_len, payload_len - payload),
                "{total_len} {captured} {cut_len}"
            );
        }
    }

    #[test]
    fn a_route_ends_at_the_destination() {
        let mut packet = vec![0x47, 0, 0, 28, 0, 0, 0, 0, 64, 6, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 9]);
        // Strict, by way of two.
        packet.extend([1, 137, 7, 4, 10, 0, 0, 2]);
        let destination = |packet: &[u8]| parse(packet, 0).unwrap().destination;
        assert_eq!(destination(&packet), IpAddr::from([10, 0, 0, 2]));
        packet[23] = 8;
        assert_eq!(destination(&packet), IpAddr::from([10, 0, 0, 9]));
        // Behind the end of the options nothing is one.
        (packet[20], packet[23]) = (0, 4);
        assert_eq!(destination(&packet), IpAddr::from([10, 0, 0, 9]));
    }

    #[test]
    fn what_is_authenticated_is_read_behind_its_header() {
        let mut packet = vec![0x45, 0, 0, 48, 0, 0, 0, 0, 64, AUTHENTICATION, 0, 0];
        packet.extend([10, 0, 0, 1, 10, 0, 0, 2]);
        packet.extend([17, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
        packet.extend([0; 12]);
        packet.extend([9; 4]);
        let ip = parse(&packet, 0).unwrap();
        assert_eq!((ip.protocol, ip.payload), (17, &[9; 4][..]));
    }
}
