//! Workloads of `wirekit-checksum`: the checksum of a TCP segment, the pseudo-header over IPv4 included.

use std::net::Ipv4Addr;

use etherparse::checksum::Sum16BitWords;
use smoltcp::wire::{IpAddress, IpProtocol, checksum as smoltcp_checksum};
use wirekit::checksum::{Protocol, PseudoHeader};

use crate::Workload;

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const DESTINATION: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// Segments of one length, of random bytes, with a checksum field of zero: pnet leaves the field out.
#[derive(Clone)]
struct Segments {
    bytes: Vec<u8>,
    len: usize,
}

impl Segments {
    fn new(len: usize) -> Self {
        let count = (1 << 16_u32.saturating_sub(len.ilog2())).clamp(4, 64);
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut bytes: Vec<u8> = (0..len * count)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                state.to_le_bytes()[3]
            })
            .collect();
        for segment in bytes.chunks_mut(len) {
            segment[16..18].fill(0);
        }
        Self { bytes, len }
    }

    /// Adds up what `checksum` says of `n` segments in rotation.
    fn run(&self, n: u64, checksum: impl Fn(&[u8]) -> u16) -> u64 {
        let mut segments = self.bytes.chunks_exact(self.len).cycle();
        (0..n).fold(0, |digest, _| {
            digest
                + segments
                    .next()
                    .map_or(0, |segment| u64::from(checksum(segment)))
        })
    }
}

fn len_of(segment: &[u8]) -> u16 {
    segment.len() as u16
}

fn wirekit(segment: &[u8]) -> u16 {
    let pseudo = PseudoHeader::V4 {
        source: SOURCE,
        destination: DESTINATION,
    };
    let mut checksum = pseudo.checksum(Protocol::TCP, segment.len() as u32);
    checksum.update(segment);
    checksum.finish()
}

fn etherparse(segment: &[u8]) -> u16 {
    Sum16BitWords::new()
        .add_4bytes(SOURCE.octets())
        .add_4bytes(DESTINATION.octets())
        .add_2bytes([0, 6])
        .add_2bytes(len_of(segment).to_be_bytes())
        .add_slice(segment)
        .ones_complement()
        .to_be()
}

fn smoltcp(segment: &[u8]) -> u16 {
    let (source, destination) = (IpAddress::Ipv4(SOURCE), IpAddress::Ipv4(DESTINATION));
    let pseudo = smoltcp_checksum::pseudo_header(
        &source,
        &destination,
        IpProtocol::Tcp,
        segment.len() as u32,
    );
    !smoltcp_checksum::combine(&[pseudo, smoltcp_checksum::data(segment)])
}

fn pnet(segment: &[u8]) -> u16 {
    let protocol = pnet_packet::ip::IpNextHeaderProtocols::Tcp;
    pnet_packet::util::ipv4_checksum(segment, 8, &[], &SOURCE, &DESTINATION, protocol)
}

fn internet_checksum(segment: &[u8]) -> u16 {
    let mut checksum = internet_checksum::Checksum::new();
    checksum.add_bytes(&SOURCE.octets());
    checksum.add_bytes(&DESTINATION.octets());
    checksum.add_bytes(&[0, 6]);
    checksum.add_bytes(&len_of(segment).to_be_bytes());
    checksum.add_bytes(segment);
    u16::from_be_bytes(checksum.checksum())
}

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    [20, 40, 72, 120, 596, 1480, 9020, 65_515]
        .into_iter()
        .map(|len| {
            let segments = Segments::new(len);
            let engine = |checksum: fn(&[u8]) -> u16| {
                let segments = segments.clone();
                move |n| segments.run(n, checksum)
            };
            Workload::new(format!("checksum/segment/{len}"), len)
                .engine("wirekit", engine(wirekit))
                .engine("etherparse", engine(etherparse))
                .engine("smoltcp", engine(smoltcp))
                .engine("pnet_packet", engine(pnet))
                .engine("internet-checksum", engine(internet_checksum))
        })
        .collect()
}
