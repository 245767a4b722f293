//! Packets of captures whose links are raw IP.

use core::net::Ipv4Addr;

use wirekit::checksum::{Checksum, PseudoHeader};
use wirekit::tcp::{Flags, Header, SeqNumber};

pub(super) const RAW_IP: u32 = 101;
pub(super) const TCP: u8 = 6;
pub(super) const UDP: u8 = 17;

/// A packet of IPv4, cut where it may be no longer.
pub(super) fn ipv4(protocol: u8, [from, to]: [Ipv4Addr; 2], payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(65_515)];
    let total_len = u16::try_from(20 + payload.len()).expect("a short packet");
    let mut packet = vec![0x45, 0];
    packet.extend(total_len.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, protocol, 0, 0]);
    packet.extend(from.octets());
    packet.extend(to.octets());
    let mut checksum = Checksum::new();
    checksum.update(&packet);
    packet[10..12].copy_from_slice(&checksum.finish().to_be_bytes());
    packet.extend(payload);
    packet
}

/// A segment in a packet.
pub(super) fn segment(header: Header, [from, to]: [Ipv4Addr; 2], payload: &[u8]) -> Vec<u8> {
    let pseudo = PseudoHeader::V4 {
        source: from,
        destination: to,
    };
    let mut segment = Vec::new();
    let encoded = header.encode(&[], &pseudo, payload, &mut segment);
    encoded.expect("a segment");
    ipv4(TCP, [from, to], &segment)
}

/// One end of a connection, which sends segment after segment.
pub(super) struct Sender {
    /// Its address and the other's.
    pub(super) addresses: [Ipv4Addr; 2],
    pub(super) ports: [u16; 2],
    pub(super) next: u32,
}

impl Sender {
    /// Bytes in segments of so many each.
    pub(super) fn send(&mut self, bytes: &[u8], len: usize) -> Vec<Vec<u8>> {
        let segment = |piece: &[u8]| {
            let header = Header {
                source_port: self.ports[0],
                destination_port: self.ports[1],
                sequence_number: SeqNumber(self.next),
                flags: Flags::PSH | Flags::ACK,
                ..Header::default()
            };
            self.next += u32::try_from(piece.len()).expect("a short piece");
            segment(header, self.addresses, piece)
        };
        bytes.chunks(len.max(1)).map(segment).collect()
    }
}
