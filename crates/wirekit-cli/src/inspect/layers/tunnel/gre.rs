//! Generic Routing Encapsulation: RFC 2784 and 2890, and what vendors made of it.

use core::iter;

use super::super::ether::{behind_mac, ip_version, payload, ppp};
use super::super::frame::{Frame, LinkError, behind, head};

/// Version 1 is PPTP's, RFC 2637.
pub(super) fn parse(packet: &[u8]) -> Result<Frame<'_>, LinkError> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    const ACKNOWLEDGMENT: u8 = 0x80;
    let (&[present, version, high, low], _) = head(packet)?;
    let words = |flags: u8, from: u8| (flags & from).count_ones() as usize;
    let len = match version & 7 {
        0 if present & ROUTING == 0 => 4 + 4 * words(present, CHECKSUM | KEY | SEQUENCE),
        // Checksum and offset are there if one of them is meant, then the routes.
        0 => route_end(packet, 8 + 4 * words(present, KEY | SEQUENCE))?,
        1 => 4 + 4 * (words(present, KEY | SEQUENCE) + words(version, ACKNOWLEDGMENT)),
        _ => return Ok(Frame::Other("gre")),
    };
    let rest = behind(packet, len)?;
    match u16::from_be_bytes([high, low]) {
        // Transparent Ethernet bridging, and MikroTik's.
        0x6558 | 0x6400 => behind_mac(rest),
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

/// RFC 1701: where the source route entries end that begin at `at`. The last one has length 0.
fn route_end(packet: &[u8], mut at: usize) -> Result<usize, LinkError> {
    loop {
        let (&[_, _, _, len], _) = head(behind(packet, at)?)?;
        at += 4 + usize::from(len);
        if len == 0 {
            return Ok(at);
        }
    }
}

/// ERSPAN's version 3, whose header's last bit says that there is more of it.
fn erspan(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[.., last], _) = head::<12>(frame)?;
    behind_mac(behind(frame, 12 + usize::from(last & 1) * 8)?)
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
            (&[0x20, 1, 0x64, 0, 0, 4, 1, 0], MAC),
            (&[0x40, 0, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 0], &[]),
            (&[0x60, 0, 0x08, 0x00, 0, 0, 0, 0, 0, 0, 0, 7, 8, 0, 0, 4, 10, 0, 0, 1, 0, 0, 0, 0], &[]),
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
            assert_eq!(parse(&whole), Ok(Frame::Ip(IP)), "{header:?}");
            for cut in 0..header.len() {
                let part = whole.get(..cut).unwrap_or_default();
                assert_eq!(parse(part), Err(LinkError::Truncated));
            }
        }
        for other in [
            // Version 2; a keep-alive; an acknowledgment of PPTP without data.
            &[0, 2, 0x08, 0x00][..],
            &[0, 0, 0, 0],
            &[0x20, 0x81, 0x88, 0x0b, 0, 0, 0, 1, 0, 0, 0, 9],
        ] {
            assert_eq!(parse(other), Ok(Frame::Other("gre")), "{other:?}");
        }
    }
}
