//! Workloads of `wirekit-tcp`: a header and all its options read, and a SYN written with its checksum.

use std::net::Ipv4Addr;

use wirekit::tcp::{Flags, Header, PseudoHeader, Segment, SeqNumber, TcpOption};

use crate::Workload;

const SOURCE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const DESTINATION: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

const SYN: &[u8] = &[
    2, 4, 5, 0xb4, 4, 2, 8, 10, 1, 2, 3, 4, 0, 0, 0, 0, 1, 3, 3, 7,
];
const TIMESTAMPS: &[u8] = &[1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8];
const SACK: &[u8] = &[
    1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 1, 1, 5, 26, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 1, 0, 0, 0, 1,
    9, 0, 0, 2, 0, 0, 0, 2, 9,
];

fn segment(options: &[u8], number: u8) -> Vec<u8> {
    let words = u8::try_from(5 + options.len() / 4).unwrap_or_default();
    let mut bytes = vec![
        0x9c,
        number,
        0,
        80,
        1,
        2,
        number,
        4,
        5,
        6,
        7,
        8,
        words << 4,
        0x10,
        0xfa,
        0xf0,
        0,
        0,
        0,
        0,
    ];
    bytes.extend_from_slice(options);
    bytes.extend_from_slice(&[number; 16]);
    bytes
}

/// What a reader makes of a header: all fields and all options, added up.
#[derive(Default)]
struct Digest(u64);

impl Digest {
    fn add(&mut self, value: impl Into<u64>) {
        self.0 = self.0.wrapping_add(value.into());
    }

    /// The fields are told apart by their place.
    fn fields(&mut self, ports: [u16; 2], sequence: u32, acknowledgment: u32, window: u16) {
        self.add(u64::from(ports[0]) << 16 | u64::from(ports[1]));
        self.add(u64::from(sequence) << 8);
        self.add(u64::from(acknowledgment) << 4);
        self.add(window);
    }
}

fn wirekit(input: &[u8]) -> u64 {
    let Ok(segment) = Segment::parse(input) else {
        return 0;
    };
    let mut digest = Digest::default();
    let ports = [segment.source_port(), segment.destination_port()];
    digest.fields(
        ports,
        segment.sequence_number().0,
        segment.acknowledgment_number().0,
        segment.window(),
    );
    digest.add(segment.payload().len() as u64);
    for option in segment.options() {
        match option {
            Ok(TcpOption::MaximumSegmentSize(size)) => digest.add(size),
            Ok(TcpOption::WindowScale(shift)) => digest.add(shift),
            Ok(TcpOption::SackPermitted) => digest.add(3_u8),
            Ok(TcpOption::Timestamps { value, echo_reply }) => {
                digest.add(value);
                digest.add(echo_reply);
            }
            Ok(TcpOption::Sack(blocks)) => {
                for block in blocks.iter() {
                    digest.add(block.left.0);
                    digest.add(block.right.0);
                }
            }
            Ok(_) => {}
            Err(_) => return 0,
        }
    }
    digest.0
}

fn etherparse(input: &[u8]) -> u64 {
    use etherparse::TcpOptionElement as Element;
    let Ok(segment) = etherparse::TcpSlice::from_slice(input) else {
        return 0;
    };
    let mut digest = Digest::default();
    let ports = [segment.source_port(), segment.destination_port()];
    digest.fields(
        ports,
        segment.sequence_number(),
        segment.acknowledgment_number(),
        segment.window_size(),
    );
    digest.add(segment.payload().len() as u64);
    for option in segment.options_iterator() {
        match option {
            Ok(Element::MaximumSegmentSize(size)) => digest.add(size),
            Ok(Element::WindowScale(shift)) => digest.add(shift),
            Ok(Element::SelectiveAcknowledgementPermitted) => digest.add(3_u8),
            Ok(Element::Timestamp(value, echo_reply)) => {
                digest.add(value);
                digest.add(echo_reply);
            }
            Ok(Element::SelectiveAcknowledgement(first, rest)) => {
                for (left, right) in std::iter::once(first).chain(rest.into_iter().flatten()) {
                    digest.add(left);
                    digest.add(right);
                }
            }
            Ok(Element::Noop) => {}
            Err(_) => return 0,
        }
    }
    digest.0
}

fn smoltcp(input: &[u8]) -> u64 {
    use smoltcp::wire::{TcpOption as Element, TcpPacket};
    let Ok(segment) = TcpPacket::new_checked(input) else {
        return 0;
    };
    let mut digest = Digest::default();
    let ports = [segment.src_port(), segment.dst_port()];
    let numbers =
        [segment.seq_number(), segment.ack_number()].map(|number| number.0.cast_unsigned());
    digest.fields(ports, numbers[0], numbers[1], segment.window_len());
    digest.add(segment.payload().len() as u64);
    let mut rest = segment.options();
    while !rest.is_empty() {
        let Ok((after, option)) = Element::parse(rest) else {
            return 0;
        };
        match option {
            Element::EndOfList => break,
            Element::MaxSegmentSize(size) => digest.add(size),
            Element::WindowScale(shift) => digest.add(shift),
            Element::SackPermitted => digest.add(3_u8),
            Element::TimeStamp { tsval, tsecr } => {
                digest.add(tsval);
                digest.add(tsecr);
            }
            Element::SackRange(ranges) => {
                for (left, right) in ranges.into_iter().flatten() {
                    digest.add(left);
                    digest.add(right);
                }
            }
            _ => {}
        }
        rest = after;
    }
    digest.0
}

/// pnet gives the options' bytes only, so the caller takes them apart.
fn pnet(input: &[u8]) -> u64 {
    use pnet_packet::Packet;
    let Some(segment) = pnet_packet::tcp::TcpPacket::new(input) else {
        return 0;
    };
    let mut digest = Digest::default();
    let ports = [segment.get_source(), segment.get_destination()];
    digest.fields(
        ports,
        segment.get_sequence(),
        segment.get_acknowledgement(),
        segment.get_window(),
    );
    digest.add(segment.payload().len() as u64);
    for option in segment.get_options_iter() {
        match (option.get_number().0, option.payload()) {
            (2, &[a, b]) => digest.add(u16::from_be_bytes([a, b])),
            (3, &[shift]) => digest.add(shift),
            (4, []) => digest.add(3_u8),
            (5 | 8, data) => {
                for word in data.as_chunks().0 {
                    digest.add(u32::from_be_bytes(*word));
                }
            }
            _ => {}
        }
    }
    digest.0
}

fn reading(name: &str, inputs: Vec<Vec<u8>>) -> Workload {
    let bytes = inputs.iter().map(Vec::len).sum::<usize>() / inputs.len();
    let engine = |read: fn(&[u8]) -> u64| {
        let inputs = inputs.clone();
        move |n| {
            let mut inputs = inputs.iter().cycle();
            (0..n).fold(0_u64, |digest, _| {
                inputs
                    .next()
                    .map_or(digest, |input| digest.wrapping_add(read(input)))
            })
        }
    };
    Workload::new(format!("tcp/parse/{name}"), bytes)
        .engine("wirekit", engine(wirekit))
        .engine("etherparse", engine(etherparse))
        .engine("smoltcp", engine(smoltcp))
        .engine("pnet_packet", engine(pnet))
}

fn same(options: &[u8]) -> Vec<Vec<u8>> {
    (0..64).map(|number| segment(options, number)).collect()
}

/// 70 % timestamps, 15 % none, 10 % timestamps and SACK, 5 % SYN, in no order that a predictor could learn.
fn mix() -> Vec<Vec<u8>> {
    let mut state = 7_u64;
    (0..4000)
        .map(|number: u32| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            let options = match state % 100 {
                0..70 => TIMESTAMPS,
                70..85 => &[],
                85..95 => SACK,
                _ => SYN,
            };
            segment(options, number.to_le_bytes()[0])
        })
        .collect()
}

/// A SYN with four options and its checksum; the sequence number varies. The digest adds up checksums and lengths.
fn writing() -> Workload {
    Workload::new("tcp/encode/syn", 40)
        .engine("wirekit", |n| {
            let pseudo = PseudoHeader::V4 {
                source: SOURCE,
                destination: DESTINATION,
            };
            let mut out = [0; 64];
            (0..n).fold(0, |digest, number| {
                let header = Header {
                    source_port: 40_000,
                    destination_port: 80,
                    sequence_number: SeqNumber(number as u32),
                    flags: Flags::SYN,
                    window: 64_240,
                    ..Header::default()
                };
                let options = [
                    TcpOption::MaximumSegmentSize(1460),
                    TcpOption::WindowScale(7),
                    TcpOption::SackPermitted,
                    TcpOption::Timestamps {
                        value: number as u32,
                        echo_reply: 0,
                    },
                ];
                let len = header
                    .encode_to_slice(&options, &pseudo, &[], &mut out)
                    .unwrap_or_default();
                digest + written(&out[..len])
            })
        })
        .engine("etherparse", |n| {
            use etherparse::TcpOptionElement as Element;
            let mut out = [0; 64];
            (0..n).fold(0, |digest, number| {
                let mut header = etherparse::TcpHeader::new(40_000, 80, number as u32, 64_240);
                header.syn = true;
                let options = [
                    Element::MaximumSegmentSize(1460),
                    Element::WindowScale(7),
                    Element::SelectiveAcknowledgementPermitted,
                    Element::Timestamp(number as u32, 0),
                ];
                let set = header.set_options(&options).is_ok();
                header.checksum = header
                    .calc_checksum_ipv4_raw(SOURCE.octets(), DESTINATION.octets(), &[])
                    .unwrap_or_default();
                let bytes = header.to_bytes();
                out[..bytes.len()].copy_from_slice(&bytes);
                digest + if set { written(&out[..bytes.len()]) } else { 0 }
            })
        })
        .engine("smoltcp", |n| {
            use smoltcp::phy::ChecksumCapabilities;
            use smoltcp::wire::{
                IpAddress, TcpControl, TcpPacket, TcpRepr, TcpSeqNumber, TcpTimestampRepr,
            };
            let (source, destination) = (IpAddress::Ipv4(SOURCE), IpAddress::Ipv4(DESTINATION));
            let capabilities = ChecksumCapabilities::default();
            let mut out = [0; 64];
            (0..n).fold(0, |digest, number| {
                let header = TcpRepr {
                    src_port: 40_000,
                    dst_port: 80,
                    control: TcpControl::Syn,
                    seq_number: TcpSeqNumber((number as u32).cast_signed()),
                    ack_number: None,
                    window_len: 64_240,
                    window_scale: Some(7),
                    max_seg_size: Some(1460),
                    sack_permitted: true,
                    sack_ranges: [None; 3],
                    timestamp: Some(TcpTimestampRepr::new(number as u32, 0)),
                    payload: &[],
                };
                let len = header.buffer_len();
                let mut packet = TcpPacket::new_unchecked(&mut out[..len]);
                header.emit(&mut packet, &source, &destination, &capabilities);
                digest + written(&out[..len])
            })
        })
        .engine("pnet_packet", |n| {
            use pnet_packet::tcp::{
                MutableTcpPacket, TcpFlags, TcpOption as Element, ipv4_checksum,
            };
            let mut out = [0; 40];
            (0..n).fold(0, |digest, number| {
                out.fill(0);
                let Some(mut packet) = MutableTcpPacket::new(&mut out) else {
                    return 0;
                };
                packet.set_source(40_000);
                packet.set_destination(80);
                packet.set_sequence(number as u32);
                packet.set_data_offset(10);
                packet.set_flags(TcpFlags::SYN);
                packet.set_window(64_240);
                packet.set_options(&[
                    Element::mss(1460),
                    Element::wscale(7),
                    Element::sack_perm(),
                    Element::timestamp(number as u32, 0),
                ]);
                let checksum = ipv4_checksum(&packet.to_immutable(), &SOURCE, &DESTINATION);
                packet.set_checksum(checksum);
                digest + written(&out)
            })
        })
}

fn written(bytes: &[u8]) -> u64 {
    u64::from(bytes[16]) << 8 | u64::from(bytes[17]) | (bytes.len() as u64) << 16
}

/// The workloads of this codec.
pub fn workloads() -> Vec<Workload> {
    vec![
        reading("no_options", same(&[])),
        reading("syn", same(SYN)),
        reading("timestamps", same(TIMESTAMPS)),
        reading("timestamps_and_sack", same(SACK)),
        reading("mix", mix()),
        writing(),
    ]
}
