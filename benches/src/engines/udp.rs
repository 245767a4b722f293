//! Workloads of `wirekit-udp`: the header's fields and the payload's length of a datagram.

use wirekit::udp::Datagram;

use crate::Workload;

const DATAGRAM_LEN: usize = 64;

/// Datagrams with ports that vary. The length is that of the input: pnet counts no further, and takes what is there.
fn datagrams() -> Vec<[u8; DATAGRAM_LEN]> {
    (0..64_u8)
        .map(|number| {
            let mut bytes = [number; DATAGRAM_LEN];
            bytes[..8].copy_from_slice(&[number, 1, 0, 53, 0, 64, 0x12, number]);
            bytes
        })
        .collect()
}

fn engine(read: impl Fn(&[u8]) -> u64) -> impl FnMut(u64) -> u64 {
    let datagrams = datagrams();
    move |n| {
        let mut inputs = datagrams.iter().cycle();
        (0..n).fold(0, |digest, _| {
            inputs
                .next()
                .map_or(digest, |input| digest.wrapping_add(read(input)))
        })
    }
}

fn digest(fields: [u16; 3], payload: &[u8]) -> u64 {
    fields.into_iter().map(u64::from).sum::<u64>() + payload.len() as u64
}

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    let workload = Workload::new("udp/parse/64", DATAGRAM_LEN)
        .engine(
            "wirekit",
            engine(|input| {
                Datagram::parse(input).map_or(0, |it| {
                    digest(
                        [it.source_port(), it.destination_port(), it.checksum()],
                        it.payload(),
                    )
                })
            }),
        )
        .engine(
            "etherparse",
            engine(|input| {
                etherparse::UdpSlice::from_slice(input).map_or(0, |it| {
                    digest(
                        [it.source_port(), it.destination_port(), it.checksum()],
                        it.payload(),
                    )
                })
            }),
        )
        .engine(
            "smoltcp",
            engine(|input| {
                smoltcp::wire::UdpPacket::new_checked(input).map_or(0, |it| {
                    digest([it.src_port(), it.dst_port(), it.checksum()], it.payload())
                })
            }),
        )
        .engine(
            "pnet_packet",
            engine(|input| {
                use pnet_packet::Packet;
                pnet_packet::udp::UdpPacket::new(input).map_or(0, |it| {
                    digest(
                        [it.get_source(), it.get_destination(), it.get_checksum()],
                        it.payload(),
                    )
                })
            }),
        );
    vec![workload]
}
