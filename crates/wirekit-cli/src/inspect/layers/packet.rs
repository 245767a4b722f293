//! One captured frame, read down to its transport.

use core::fmt;
use core::net::{IpAddr, SocketAddr};

use wirekit::checksum::{PseudoHeader, Verdict};
use wirekit::tcp::{self, Segment};
use wirekit::udp::{self, Datagram};

use super::fragments::{FragmentError, Fragments};
use super::frame::{Frame, LinkError};
use super::ip::{self, Ip, IpError};
use super::link;
use super::tunnel;
use crate::events::packet::checksum_name;
use crate::inspect::capture::{Record, Time};

/// A packet of the capture.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    /// Counted from 1.
    pub(crate) number: u64,
    pub(crate) time: Time,
    /// The VLAN that it is from; 0 without one.
    pub(crate) network: u32,
    /// The IP addresses, source first.
    pub(crate) addresses: Option<(IpAddr, IpAddr)>,
    /// Of a segment or datagram that breaks a rule, what can be read all the same.
    pub(crate) start: Option<HeaderStart>,
    pub(crate) body: Body<'a>,
}

/// The start of a transport header, as far as it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeaderStart {
    pub(crate) source_port: u16,
    pub(crate) destination_port: u16,
    /// TCP's alone.
    pub(crate) sequence_number: Option<u32>,
    pub(crate) acknowledgment_number: Option<u32>,
}

impl HeaderStart {
    /// Every transport begins with its ports.
    fn of_any(header: &[u8]) -> Option<Self> {
        let &[a, b, c, d] = header.first_chunk()?;
        Some(Self {
            source_port: u16::from_be_bytes([a, b]),
            destination_port: u16::from_be_bytes([c, d]),
            sequence_number: None,
            acknowledgment_number: None,
        })
    }

    fn of_tcp(header: &[u8]) -> Option<Self> {
        let number = |at| {
            let &bytes = header.get(at..)?.first_chunk()?;
            Some(u32::from_be_bytes(bytes))
        };
        Some(Self {
            sequence_number: number(4),
            acknowledgment_number: number(8),
            ..Self::of_any(header)?
        })
    }
}

/// What a packet carries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Body<'a> {
    Tcp(Transport<Segment<'a>>),
    Udp(Transport<Datagram<'a>>),
    /// A piece of a larger packet, which is reported with its last piece.
    Fragment,
    /// A protocol that is only named.
    Other(&'static str),
    Error(PacketError),
}

/// A segment or datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Transport<T> {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) unit: T,
    pub(crate) checksum: Check,
    /// The payload's length on the wire.
    pub(crate) payload_len: usize,
}

/// What is known of a transport checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Check {
    Known(Verdict),
    /// The capture cut the packet, so it cannot be computed.
    Unverified,
}

impl Check {
    pub(crate) fn is_bad(self) -> bool {
        self == Self::Known(Verdict::Bad)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Known(verdict) => checksum_name(verdict),
            Self::Unverified => "unverified",
        }
    }
}

/// A rule that a packet breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PacketError {
    Link(LinkError),
    Ip(IpError),
    Fragment(FragmentError),
    Tcp(tcp::Error),
    Udp(udp::Error),
}

impl PacketError {
    /// The kind, never renamed.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Link(error) => error.as_str(),
            Self::Ip(error) => error.as_str(),
            Self::Fragment(error) => error.as_str(),
            Self::Tcp(error) => error.kind().as_str(),
            Self::Udp(error) => error.kind().as_str(),
        }
    }

    /// The layer whose rule it is.
    pub(crate) const fn layer(&self) -> &'static str {
        match self {
            Self::Link(_) => "link",
            Self::Ip(_) | Self::Fragment(_) => "ip",
            Self::Tcp(_) => "tcp",
            Self::Udp(_) => "udp",
        }
    }
}

impl fmt::Display for PacketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(error) => error.fmt(f),
            Self::Ip(error) => error.fmt(f),
            Self::Fragment(error) => error.fmt(f),
            Self::Tcp(error) => error.fmt(f),
            Self::Udp(error) => error.fmt(f),
        }
    }
}

/// How many packets may be inside each other; what is deeper is not looked at.
const MAX_PACKETS: usize = 8;

/// Reads packets, one after the other.
#[derive(Debug)]
pub(crate) struct PacketReader {
    fragments: Fragments,
    packets: u64,
    /// For packets without a time of their own.
    last_time: Time,
    /// The payloads of packets that came in pieces, one for each packet inside another.
    wholes: [Vec<u8>; MAX_PACKETS],
}

impl PacketReader {
    pub(crate) fn new(max_fragments_len: usize) -> Self {
        Self {
            fragments: Fragments::new(max_fragments_len),
            packets: 0,
            last_time: Time::default(),
            wholes: [const { Vec::new() }; MAX_PACKETS],
        }
    }

    pub(crate) fn fragments(&self) -> &Fragments {
        &self.fragments
    }

    /// Reads the next packet. `known` is what [`checksum`] says of it, if that was asked before.
    #[inline(always)]
    pub(crate) fn read<'a>(&'a mut self, record: &Record<'a>, known: Option<Check>) -> Packet<'a> {
        self.packets += 1;
        self.last_time = record.time.unwrap_or(self.last_time);
        if let Some(bytes) = link::plain(record.link, record.data)
            && let Some(packet) = self.plain(bytes, 0, known)
        {
            return packet;
        }
        self.read_any(record, known)
    }

    /// What nearly every packet is. Inlined, and so is what it calls: the parts of a packet then stay in registers.
    #[inline(always)]
    fn plain<'a>(&self, bytes: &'a [u8], network: u32, known: Option<Check>) -> Option<Packet<'a>> {
        let ip = Ip::parse_plain(bytes).filter(|ip| ip.protocol == 6)?;
        let transport = tcp(&ip, known).ok()?;
        Some(Packet {
            number: self.packets,
            time: self.last_time,
            network,
            addresses: Some((ip.source, ip.destination)),
            start: None,
            body: Body::Tcp(transport),
        })
    }

    /// The others.
    #[inline(never)]
    fn read_any<'a>(&'a mut self, record: &Record<'a>, known: Option<Check>) -> Packet<'a> {
        let (number, time) = (self.packets, self.last_time);
        let network = link::network(record.link, record.data);
        let frame = link::parse(record.link, record.data);
        if let Ok(Frame::Ip(bytes)) = frame
            && let Some(packet) = self.plain(bytes, network, known)
        {
            return packet;
        }
        let mut ends = Ends::default();
        self.fragments.of_network(network);
        let body = self.layers(frame, (record.cut_len, known), &mut ends);
        Packet {
            number,
            time,
            network,
            addresses: ends.addresses,
            start: ends.start,
            body,
        }
    }

    /// Goes down to the transport, through tunnels too: the addresses are the innermost ones.
    fn layers<'a>(
        &'a mut self,
        mut frame: Result<Frame<'a>, LinkError>,
        (mut cut_len, mut known): (usize, Option<Check>),
        ends: &mut Ends,
    ) -> Body<'a> {
        for whole in &mut self.wholes {
            let bytes = match frame {
                Ok(Frame::Ip(bytes)) => bytes,
                Ok(Frame::Other(name)) => return Body::Other(name),
                Err(error) => return Body::Error(PacketError::Link(error)),
            };
            ends.addresses = ip::addresses(bytes);
            let mut ip = match Ip::parse(bytes, cut_len) {
                Ok(ip) => ip,
                Err(error) => return Body::Error(PacketError::Ip(error)),
            };
            if ip.source.is_ipv4() {
                // Of a source route the end; an IPv6 packet is known by the addresses of its own header.
                ends.addresses = Some((ip.source, ip.destination));
            }
            if let Some(fragment) = ip.fragment {
                match self.fragments.add(&ip, fragment, self.last_time) {
                    Ok(Some((protocol, payload))) => {
                        *whole = payload;
                        ip = Ip {
                            protocol,
                            payload: whole,
                            payload_len: whole.len(),
                            fragment: None,
                            ..ip
                        };
                        if ip.source.is_ipv6() {
                            ip = match ip::behind_extensions(ip) {
                                Ok(ip) => ip,
                                Err(error) => return Body::Error(PacketError::Ip(error)),
                            };
                        }
                    }
                    Ok(None) => return Body::Fragment,
                    // What the capture cut is never whole, but the first piece tells the ports.
                    Err(FragmentError::Cut) if fragment.offset == 0 => {}
                    Err(error) => return Body::Error(PacketError::Fragment(error)),
                }
            }
            cut_len = ip.cut_len();
            frame = match ip.protocol {
                6 => match tcp(&ip, known) {
                    Ok(transport) => return Body::Tcp(transport),
                    Err(error) => {
                        ends.start = HeaderStart::of_tcp(ip.payload);
                        return Body::Error(PacketError::Tcp(error));
                    }
                },
                // The known checksum is that of the outermost datagram, not of what it carries.
                17 => match udp(&ip, known.take()) {
                    Ok(transport) => match tunnel::by_port(&transport.unit) {
                        Some(inner) => {
                            cut_len = transport
                                .payload_len
                                .saturating_sub(transport.unit.payload().len());
                            Ok(Frame::Ip(inner))
                        }
                        None => return Body::Udp(transport),
                    },
                    Err(error) => {
                        ends.start = HeaderStart::of_any(ip.payload);
                        return Body::Error(PacketError::Udp(error));
                    }
                },
                protocol => match tunnel::by_protocol(protocol, ip.payload) {
                    Some(inner) => inner,
                    None => return Body::Other(ip_protocol_name(protocol)),
                },
            };
        }
        Body::Other("ip-in-ip")
    }
}

/// What is known of a packet's ends, however far it can be read.
#[derive(Debug, Default)]
struct Ends {
    addresses: Option<(IpAddr, IpAddr)>,
    start: Option<HeaderStart>,
}

/// The checksum of a record's outermost segment or datagram; nothing of a fragment, whose segment is not whole.
///
/// It needs every byte of the payload, where [`PacketReader`] needs headers alone. So it can be computed by the thread that
/// has just read the bytes.
#[inline(always)]
pub(crate) fn checksum(record: &Record<'_>) -> Option<Check> {
    match link::plain(record.link, record.data).and_then(Ip::parse_plain) {
        Some(ip) => checksum_of(&ip),
        None => checksum_of_any(record),
    }
}

#[inline(never)]
fn checksum_of_any(record: &Record<'_>) -> Option<Check> {
    let Ok(Frame::Ip(bytes)) = link::parse(record.link, record.data) else {
        return None;
    };
    checksum_of(&Ip::parse(bytes, record.cut_len).ok()?)
}

#[inline(always)]
fn checksum_of(ip: &Ip<'_>) -> Option<Check> {
    match ip.protocol {
        _ if ip.fragment.is_some() => None,
        6 => Some(tcp(ip, None).ok()?.checksum),
        17 => Some(udp(ip, None).ok()?.checksum),
        _ => None,
    }
}

#[inline(always)]
fn tcp<'a>(ip: &Ip<'a>, known: Option<Check>) -> Result<Transport<Segment<'a>>, tcp::Error> {
    let segment = Segment::parse_captured(ip.payload, ip.payload_len)?;
    Ok(Transport {
        source: SocketAddr::new(ip.source, segment.source_port()),
        destination: SocketAddr::new(ip.destination, segment.destination_port()),
        unit: segment,
        checksum: match known {
            Some(known) => known,
            None if ip.is_cut() => Check::Unverified,
            None => check(ip, |pseudo| segment.verify_checksum(pseudo)),
        },
        payload_len: segment.payload_len(),
    })
}

fn udp<'a>(ip: &Ip<'a>, known: Option<Check>) -> Result<Transport<Datagram<'a>>, udp::Error> {
    let is_partial = ip.is_cut() || ip.undelivered_len > 0;
    let datagram = if is_partial {
        Datagram::parse_captured(ip.payload)?
    } else {
        Datagram::parse(ip.payload)?
    };
    Ok(Transport {
        source: SocketAddr::new(ip.source, datagram.source_port()),
        destination: SocketAddr::new(ip.destination, datagram.destination_port()),
        unit: datagram,
        checksum: match known {
            Some(known) => known,
            None if datagram.payload().len() < datagram.payload_len() => Check::Unverified,
            None => check(ip, |pseudo| datagram.verify_checksum(pseudo)),
        },
        payload_len: datagram.payload_len(),
    })
}

#[inline(always)]
fn check(ip: &Ip<'_>, verify: impl FnOnce(&PseudoHeader) -> Verdict) -> Check {
    match PseudoHeader::new(ip.source, ip.destination) {
        Some(pseudo) => Check::Known(verify(&pseudo)),
        None => Check::Unverified,
    }
}

/// IANA's protocol numbers.
const fn ip_protocol_name(protocol: u8) -> &'static str {
    match protocol {
        1 => "icmp",
        2 => "igmp",
        4 | 41 => "ip-in-ip",
        47 => "gre",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        59 => "none",
        88 => "eigrp",
        89 => "ospf",
        103 => "pim",
        112 => "vrrp",
        132 => "sctp",
        136 => "udplite",
        _ => "ip",
    }
}
