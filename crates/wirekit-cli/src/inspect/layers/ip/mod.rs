//! The IP layer: addresses, the protocol above, and whether the packet is a piece of a larger one.

mod v4;
mod v6;

use core::net::IpAddr;

pub(crate) use v6::behind_extensions;

/// An IPv4 or IPv6 packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ip<'a> {
    pub(crate) source: IpAddr,
    /// Where it is going in the end: the addresses of the transport's connection and checksum.
    pub(crate) destination: IpAddr,
    /// The protocol above.
    pub(crate) protocol: u8,
    /// What was captured of the payload.
    pub(crate) payload: &'a [u8],
    /// The payload's length on the wire, which is larger where the capture cut the packet.
    pub(crate) payload_len: usize,
    /// What the header declares beyond that, which never came.
    pub(crate) undelivered_len: usize,
    /// Present where this is a piece of a larger packet.
    pub(crate) fragment: Option<Fragment>,
}

/// Which piece of a larger packet this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fragment {
    pub(crate) identification: u32,
    /// In bytes.
    pub(crate) offset: usize,
    pub(crate) last: bool,
}

/// Why a packet's IP header cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IpError {
    /// Fewer bytes than the header has.
    Truncated,
    /// Neither version 4 nor 6.
    Version(u8),
    /// An IPv4 header that declares fewer than 20 bytes.
    HeaderLength(u8),
    /// An IPv4 packet that declares fewer bytes than its header has. None at all is left to the card that sends it.
    TotalLength(u16),
    /// An extension header that breaks its own rules.
    Extension,
}

impl IpError {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Truncated => "ip.truncated",
            Self::Version(_) => "ip.version",
            Self::HeaderLength(_) => "ip.header_length",
            Self::TotalLength(_) => "ip.total_length",
            Self::Extension => "ip.extension",
        }
    }
}

impl core::fmt::Display for IpError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Truncated => f.write_str("the packet ends inside its IP header"),
            Self::Version(version) => write!(f, "IP version {version}"),
            Self::HeaderLength(words) => write!(f, "an IPv4 header of {words} words"),
            Self::TotalLength(len) => write!(f, "an IPv4 packet of {len} bytes"),
            Self::Extension => f.write_str("an IP extension header is malformed"),
        }
    }
}

impl<'a> Ip<'a> {
    /// Reads a packet of which the capture left out the last `cut_len` bytes, and behind which padding may stand.
    ///
    /// A packet that declares more bytes than came over the wire has those that came, as a receiver would find it.
    pub(crate) fn parse(packet: &'a [u8], cut_len: usize) -> Result<Self, IpError> {
        if let Some(ip) = Self::parse_plain(packet) {
            return Ok(ip);
        }
        match packet.first().map(|first| first >> 4) {
            None => Err(IpError::Truncated),
            Some(4) => v4::parse(packet, cut_len),
            Some(6) => v6::parse(packet, cut_len),
            Some(version) => Err(IpError::Version(version)),
        }
    }

    /// What nearly every packet is: IPv4 without options and in one piece, TCP or UDP in it, captured whole.
    #[inline(always)]
    pub(crate) fn parse_plain(packet: &'a [u8]) -> Option<Self> {
        let header = packet.first_chunk::<20>()?;
        let [
            0x45,
            _,
            a,
            b,
            _,
            _,
            c,
            d,
            _,
            protocol @ (6 | 17),
            _,
            _,
            addresses @ ..,
        ] = *header
        else {
            return None;
        };
        // The flag that more fragments follow, and the offset.
        if u16::from_be_bytes([c, d]) & 0x3fff != 0 {
            return None;
        }
        let payload = packet.get(20..usize::from(u16::from_be_bytes([a, b])))?;
        let [s1, s2, s3, s4, d1, d2, d3, d4] = addresses;
        Some(Self {
            source: IpAddr::from([s1, s2, s3, s4]),
            destination: IpAddr::from([d1, d2, d3, d4]),
            protocol,
            payload,
            payload_len: payload.len(),
            undelivered_len: 0,
            fragment: None,
        })
    }

    /// The payload's bytes that the capture left out.
    pub(crate) const fn cut_len(&self) -> usize {
        self.payload_len.saturating_sub(self.payload.len())
    }

    /// True where the capture cut the packet.
    pub(crate) const fn is_cut(&self) -> bool {
        self.cut_len() > 0
    }
}

/// Both addresses of a packet whose first header is there, whatever is wrong with the rest; the source first.
pub(crate) fn addresses(packet: &[u8]) -> Option<(IpAddr, IpAddr)> {
    match packet.first()? >> 4 {
        4 => Some(v4::addresses(packet.first_chunk()?)),
        6 => v6::addresses(packet.first_chunk()?),
        _ => None,
    }
}

/// The payload behind the first `header_len` bytes of a packet that has `len` bytes, and the payload's length.
fn payload(packet: &[u8], header_len: usize, len: usize) -> Result<(&[u8], usize), IpError> {
    let payload = packet.get(header_len..).ok_or(IpError::Truncated)?;
    let payload_len = len.checked_sub(header_len).ok_or(IpError::Truncated)?;
    Ok((payload.get(..payload_len).unwrap_or(payload), payload_len))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rustfmt::skip]
    const IPV4: &[u8] = &[
        0x45, 0, 0, 28, 0, 7, 0x20, 0x01, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2,
        0, 1, 0, 2, 0, 8, 0, 0,
    ];

    #[test]
    fn plain_packets_are_read_as_any_other() {
        let mut packet = IPV4.to_vec();
        // Flags and fragment offset, the version and length of the header, its total length, the protocol.
        for (at, value) in [
            (6, 0x20),
            (6, 0x40),
            (6, 0),
            (7, 0),
            (0, 0x46),
            (3, 19),
            (3, 29),
            (9, 51),
        ] {
            if let Some(byte) = packet.get_mut(at) {
                *byte = value;
            }
            for cut in 0..=packet.len() {
                let (part, cut_len) = (&packet[..cut], packet.len() - cut);
                let any = match part {
                    [] => Err(IpError::Truncated),
                    _ => v4::parse(part, cut_len),
                };
                assert_eq!(Ip::parse(part, cut_len), any);
            }
        }
    }

    #[test]
    fn bytes_behind_the_packet_are_padding() {
        let padded = [IPV4, &[0; 18]].concat();
        assert_eq!(Ip::parse(&padded, 0).unwrap().payload.len(), 8);
    }

    #[test]
    fn headers_that_break_a_rule_are_named_and_keep_their_addresses() {
        let v4 = |first: u8, len: u8| [&[first, 0, 0, len], &IPV4[4..20]].concat();
        let rows: &[(&[u8], IpError, bool)] = &[
            (&[], IpError::Truncated, false),
            (&[0x45, 0, 0], IpError::Truncated, false),
            (&v4(0x44, 20), IpError::HeaderLength(4), true),
            (&v4(0x45, 19), IpError::TotalLength(19), true),
            (&v4(0x46, 24), IpError::Truncated, true),
            (&[0x75; 40], IpError::Version(7), false),
            (&[0x60; 39], IpError::Truncated, false),
        ];
        for (packet, error, has_addresses) in rows {
            assert_eq!(Ip::parse(packet, 0), Err(*error));
            assert_eq!(addresses(packet).is_some(), *has_addresses, "{error}");
        }
    }
}
