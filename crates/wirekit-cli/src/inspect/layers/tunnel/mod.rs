//! Packets inside packets: IP in IP, GRE, and the tunnels over UDP that datacentres and mobile networks use.

mod gre;
mod udp;

use super::ether::{behind_mac, ip_version, mpls};
use super::frame::{Frame, LinkError, behind, head};
pub(super) use udp::by_port;

const IPV4: u8 = 4;
const IPV6: u8 = 41;
const GRE: u8 = 47;
const ETHER_IP: u8 = 97;
const PIM: u8 = 103;
const MPLS: u8 = 137;

/// What a packet of this protocol carries; nothing for a protocol that is no tunnel.
pub(super) fn by_protocol(protocol: u8, bytes: &[u8]) -> Option<Result<Frame<'_>, LinkError>> {
    Some(match protocol {
        IPV4 | IPV6 => Ok(Frame::Ip(bytes)),
        GRE => gre::parse(bytes),
        // RFC 3378.
        ETHER_IP => behind(bytes, 2).and_then(behind_mac),
        PIM => register(bytes),
        // RFC 4023.
        MPLS => mpls(bytes),
        _ => return None,
    })
}

/// RFC 7761 section 4.9.3: what a source sends to a group, on its way to the rendezvous point.
fn register(message: &[u8]) -> Result<Frame<'_>, LinkError> {
    const REGISTER: u8 = 0x21;
    let (&[kind], _) = head(message)?;
    if kind != REGISTER {
        return Ok(Frame::Other("pim"));
    }
    Ok(ip_version(behind(message, 8)?).unwrap_or(Frame::Other("pim")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];
    const MAC: &[u8] = &[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 2, 0x08, 0x00];

    #[test]
    fn tunnels_are_known_by_their_protocol() {
        let ether = [&[0x30, 0], MAC].concat();
        #[rustfmt::skip]
        let rows: &[(u8, &[u8])] = &[
            (IPV4, &[]),
            (IPV6, &[]),
            (GRE, &[0, 0, 0x08, 0x00]),
            (ETHER_IP, &ether),
            (PIM, &[0x21, 0, 0xde, 0xff, 0, 0, 0, 0]),
            (MPLS, &[0, 1, 1, 64]),
        ];
        for &(protocol, header) in rows {
            let whole = [header, IP].concat();
            assert_eq!(
                by_protocol(protocol, &whole),
                Some(Ok(Frame::Ip(IP))),
                "{protocol}"
            );
            for cut in 0..header.len() {
                assert_eq!(
                    by_protocol(protocol, &whole[..cut]),
                    Some(Err(LinkError::Truncated)),
                    "{protocol} {cut}"
                );
            }
        }
        assert_eq!(by_protocol(6, IP), None);
        // A hello; a register that only asks whether it may stop.
        for message in [&[0x20, 0, 0xdf, 0xff][..], &[0x21, 0, 0, 0, 0x40, 0, 0, 0]] {
            assert_eq!(by_protocol(PIM, message), Some(Ok(Frame::Other("pim"))));
        }
    }
}
