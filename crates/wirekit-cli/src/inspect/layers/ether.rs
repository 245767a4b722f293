//! What Ethernet and related links carry: from an EtherType, an LLC header or a PPP protocol to the IP packet.

use super::frame::{Frame, LinkError, behind, head};

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const REDUNDANCY_TAG: u16 = 0xf1c1;

/// A frame that begins with two addresses.
pub(super) fn behind_mac(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    ether_type(behind(frame, 12)?)
}

/// An EtherType and what it announces.
pub(super) fn ether_type(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&kind, rest) = head(frame)?;
    payload(u16::from_be_bytes(kind), rest)
}

/// The numbers of the tags of IEEE 802.1Q and 802.1ad that stand before anything else, the outermost one first.
pub(super) fn network(frame: &[u8]) -> u32 {
    const VLAN_ID: u32 = 0x0fff;
    let mut rest = frame.get(12..).unwrap_or_default();
    let mut network = 0_u32;
    while let [0x81 | 0x91 | 0x92 | 0x93, 0, high, low, behind @ ..]
    | [0x88, 0xa8, high, low, behind @ ..] = rest
    {
        let id = u32::from(u16::from_be_bytes([*high, *low])) & VLAN_ID;
        network = network << 12 | id;
        rest = behind;
    }
    network
}

/// What an EtherType announces, behind any tags, however many are stacked.
pub(super) fn payload(mut kind: u16, mut rest: &[u8]) -> Result<Frame<'_>, LinkError> {
    loop {
        let tag_len = match kind {
            IPV4 | IPV6 => return Ok(Frame::Ip(rest)),
            // IEEE 802.1Q, 802.1ad, and the three that were in use before it.
            0x8100 | 0x88a8 | 0x9100 | 0x9200 | 0x9300 => 2,
            // IEC 62439-3 (HSR), Cisco's VN-Tag, and IEEE 802.1CB.
            0x892f | 0x8926 | REDUNDANCY_TAG => 4,
            // IEEE 802.1BR.
            0x893f => 6,
            // IEEE 802.1ah: the tag holds the customer's addresses.
            0x88e7 => 16,
            // Cisco's metadata: a version, and how many words follow.
            0x8909 => {
                let (&[_, words], _) = head(rest)?;
                2 + usize::from(words) * 4
            }
            // IEEE 802.1AE, where the frame is authenticated and not encrypted; the tag may hold its sender.
            0x88e5 => {
                let (&[control], _) = head(rest)?;
                match control & 0x0c {
                    0 => 6 + usize::from(control & 0x20 != 0) * 8,
                    _ => return Ok(Frame::Other("macsec")),
                }
            }
            // A length, or what stands for one in a jumbo frame.
            ..0x0600 | 0x8870 => return llc(rest),
            0x8847 | 0x8848 => return mpls(rest),
            // Transparent Ethernet bridging.
            0x6558 => return behind_mac(rest),
            0x8864 => return pppoe(rest),
            0x880b => return ppp(rest),
            0x894f => return service_header(rest),
            other => return Ok(Frame::Other(name(other))),
        };
        (kind, rest) = {
            let (&kind, rest) = head(behind(rest, tag_len)?)?;
            (u16::from_be_bytes(kind), rest)
        };
    }
}

/// IEEE 802.2, and SNAP behind it: RFC 1042.
pub(super) fn llc(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match *frame {
        [0xaa, 0xaa, 3, 0, 0, 0 | 0xf8, ref rest @ ..] => ether_type(rest),
        [6, 6, 3, ref rest @ ..] => Ok(Frame::Ip(rest)),
        // Where these end, nothing else follows from what is missing.
        [0xaa | 6] | [0xaa, 0xaa] | [6, 6] | [0xaa, 0xaa, 3] | [] => Err(LinkError::Truncated),
        [0xaa, 0xaa, 3, 0] | [0xaa, 0xaa, 3, 0, 0] => Err(LinkError::Truncated),
        _ => Ok(Frame::Other("802.3")),
    }
}

/// RFC 3032: labels up to the one that is at the bottom of the stack, then a packet that its first bits tell.
pub(super) fn mpls(mut frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    loop {
        let (&[_, _, bottom, _], rest) = head(frame)?;
        frame = rest;
        if bottom & 1 != 0 {
            break;
        }
    }
    match frame {
        [] => Err(LinkError::Truncated),
        _ => Ok(ip_version(frame).unwrap_or(Frame::Other("mpls"))),
    }
}

/// RFC 2516: version and type, code, session and length, then PPP.
pub(super) fn pppoe(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match head::<6>(frame)? {
        (&[0x11, 0, ..], rest) => ppp(rest),
        _ => Ok(Frame::Other("pppoe")),
    }
}

/// PPP in HDLC framing (RFC 1662), or Cisco's protocol, which has other addresses and an EtherType.
pub(super) fn hdlc(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    match *frame {
        [0x0f | 0x8f, _, ref rest @ ..] => ether_type(rest),
        [0x0f | 0x8f] => Err(LinkError::Truncated),
        _ => ppp(frame),
    }
}

/// RFC 1661 section 2, with or without address and control; the protocol's upper byte may be left out.
pub(super) fn ppp(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let frame = match *frame {
        [0xff, 3, ref rest @ ..] => rest,
        [0xff] => return Err(LinkError::Truncated),
        _ => frame,
    };
    match *frame {
        [] | [0] | [2] => Err(LinkError::Truncated),
        [0x21 | 0x57, ref rest @ ..] | [0, 0x21 | 0x57, ref rest @ ..] => Ok(Frame::Ip(rest)),
        [2, 0x81 | 0x83, ref rest @ ..] => mpls(rest),
        _ => Ok(Frame::Other("ppp")),
    }
}

/// RFC 8300: the network service header, whose length is in words.
pub(super) fn service_header(frame: &[u8]) -> Result<Frame<'_>, LinkError> {
    let (&[_, len, _, next], _) = head(frame)?;
    let rest = behind(frame, (usize::from(len & 0x3f) * 4).max(8))?;
    match next {
        1 | 2 => Ok(Frame::Ip(rest)),
        3 => behind_mac(rest),
        5 => mpls(rest),
        _ => Ok(Frame::Other("nsh")),
    }
}

/// A packet that nothing announces, if its version says that it is IP.
pub(super) fn ip_version(packet: &[u8]) -> Option<Frame<'_>> {
    let first = *packet.first()?;
    (matches!(first, 0x45..=0x4f) || first >> 4 == 6).then_some(Frame::Ip(packet))
}

/// IANA's IEEE 802 numbers.
const fn name(ether_type: u16) -> &'static str {
    match ether_type {
        0x0806 => "arp",
        0x8035 => "rarp",
        0x8863 => "pppoe",
        0x888e => "eapol",
        0x88cc => "lldp",
        0x88e5 => "macsec",
        0x88f7 => "ptp",
        _ => "ethernet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IP: &[u8] = &[0x45, 0, 0, 20];

    #[test]
    fn every_way_to_ip_is_gone_to_its_end() {
        #[rustfmt::skip]
        let rows: &[(u16, &[u8])] = &[
            (0x0800, &[]),
            (0x8100, &[0, 7, 0x88, 0xa8, 0, 7, 0x86, 0xdd]),
            (0x892f, &[0, 0x40, 0, 1, 0x08, 0x00]),
            (0x8926, &[0, 0, 0, 0, 0x08, 0x00]),
            (0x893f, &[0, 0, 0, 0, 0, 0, 0x08, 0x00]),
            (0x88e7, &[0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x00]),
            (60, &[0xaa, 0xaa, 3, 0, 0, 0, 0x08, 0x00]),
            (60, &[6, 6, 3]),
            (0x8870, &[0xaa, 0xaa, 3, 0, 0, 0xf8, 0x81, 0x00, 0, 9, 0x08, 0x00]),
            (0x8909, &[1, 1, 0, 1, 0, 7, 0x08, 0x00]),
            (0xf1c1, &[0, 0, 0, 1, 0x08, 0x00]),
            (0x88e5, &[0, 0, 0, 0, 0, 1, 0x08, 0x00]),
            (0x88e5, &[0x20, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2, 2, 0, 1, 0x08, 0x00]),
            (0x6558, &[1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 0x08, 0x00]),
            (0x8847, &[0, 1, 1, 64]),
            (0x8848, &[0, 1, 0, 64, 0, 2, 0, 64, 0, 0, 1, 64]),
            (0x8864, &[0x11, 0, 0, 1, 0, 6, 0, 0x21]),
            (0x8864, &[0x11, 0, 0, 1, 0, 5, 0x57]),
            (0x8864, &[0x11, 0, 0, 1, 0, 10, 2, 0x81, 0, 1, 1, 64]),
            (0x880b, &[0xff, 3, 0, 0x21]),
            (0x894f, &[0x0f, 0xc2, 1, 1, 0, 0, 0, 255]),
        ];
        for &(kind, header) in rows {
            let whole = [header, IP].concat();
            assert_eq!(
                payload(kind, &whole),
                Ok(Frame::Ip(IP)),
                "{kind:#x} {header:?}"
            );
            for cut in 0..header.len() {
                let part = whole.get(..cut).unwrap_or_default();
                assert_eq!(
                    payload(kind, part),
                    Err(LinkError::Truncated),
                    "{kind:#x} {cut}"
                );
            }
        }
    }

    #[test]
    fn what_is_not_ip_is_named() {
        #[rustfmt::skip]
        let rows: &[(u16, &[u8], &str)] = &[
            // Spanning tree; Novell's own framing; SNAP of another organisation.
            (38, &[0x42, 0x42, 3], "802.3"),
            (38, &[0xff, 0xff, 0, 3], "802.3"),
            (38, &[0xaa, 0xaa, 3, 0, 0, 12, 0x20, 0x00], "802.3"),
            // A pseudowire; discovery of PPPoE in a session's place; PPP's own protocols.
            (0x8847, &[0, 1, 1, 64, 0, 0, 0, 0], "mpls"),
            (0x8864, &[0x11, 9, 0, 0, 0, 0], "pppoe"),
            (0x8864, &[0x11, 0, 0, 1, 0, 6, 0xc0, 0x21, 1, 1, 0, 4], "ppp"),
            (0x88e5, &[0x0c, 0, 0, 0, 0, 1], "macsec"),
            (0x88cc, &[], "lldp"),
            (0x1234, &[], "ethernet"),
        ];
        for &(kind, rest, name) in rows {
            assert_eq!(
                payload(kind, rest),
                Ok(Frame::Other(name)),
                "{kind:#x} {rest:?}"
            );
        }
    }
}
