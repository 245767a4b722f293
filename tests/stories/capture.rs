//! Captures taken apart and put together again, in every container.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// Packets of one kind of link, with nanoseconds.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) link: u16,
    pub(crate) packets: Vec<Packet>,
}

#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) nanoseconds: u64,
    pub(crate) original_len: u32,
    pub(crate) data: Vec<u8>,
}

/// The order of the bytes of a number.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    Little,
    Big,
}

impl Order {
    fn u32(self, number: u32) -> [u8; 4] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }

    fn u16(self, number: u16) -> [u8; 2] {
        match self {
            Self::Little => number.to_le_bytes(),
            Self::Big => number.to_be_bytes(),
        }
    }
}

impl Capture {
    /// Reads a pcap file with little-endian numbers and microseconds.
    pub(crate) fn read(file: &[u8]) -> Self {
        let word = |at: usize| u32::from_le_bytes(file[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(word(0), 0xa1b2_c3d4);
        let mut packets = Vec::new();
        let mut at = 24;
        while at < file.len() {
            let len = word(at + 8) as usize;
            packets.push(Packet {
                nanoseconds: u64::from(word(at)) * 1_000_000_000 + u64::from(word(at + 4)) * 1000,
                original_len: word(at + 12),
                data: file[at + 16..at + 16 + len].to_vec(),
            });
            at += 16 + len;
        }
        Self {
            link: word(20) as u16,
            packets,
        }
    }

    /// A pcap file whose fractions of a second are of so many nanoseconds.
    pub(crate) fn pcap(&self, order: Order, unit: u64) -> Vec<u8> {
        let magic = if unit == 1 { 0xa1b2_3c4d } else { 0xa1b2_c3d4 };
        let mut file = order.u32(magic).to_vec();
        file.extend([order.u16(2), order.u16(4)].concat());
        file.extend(
            [0, 0, 96, u32::from(self.link)]
                .map(|word| order.u32(word))
                .concat(),
        );
        for packet in &self.packets {
            let (seconds, fraction) = (
                packet.nanoseconds / 1_000_000_000,
                packet.nanoseconds % 1_000_000_000 / unit,
            );
            let words = [
                seconds as u32,
                fraction as u32,
                packet.data.len() as u32,
                packet.original_len,
            ];
            file.extend(words.map(|word| order.u32(word)).concat());
            file.extend(&packet.data);
        }
        file
    }

    /// A pcap file whose records also name the interface, the protocol and the kind of packet.
    pub(crate) fn modified_pcap(&self, order: Order) -> Vec<u8> {
        let mut file = order.u32(0xa1b2_cd34).to_vec();
        file.extend([order.u16(2), order.u16(4)].concat());
        file.extend(
            [0, 0, 96, u32::from(self.link)]
                .map(|word| order.u32(word))
                .concat(),
        );
        for packet in &self.packets {
            let words = [
                (packet.nanoseconds / 1_000_000_000) as u32,
                (packet.nanoseconds % 1_000_000_000 / 1000) as u32,
                packet.data.len() as u32,
                packet.original_len,
                2,
            ];
            file.extend(words.map(|word| order.u32(word)).concat());
            file.extend([order.u16(0x0800).as_slice(), &[4, 0]].concat());
            file.extend(&packet.data);
        }
        file
    }

    /// A pcapng file: a section for each half of the packets, two interfaces of different resolutions in each,
    /// and every third packet in a block of the old kind.
    pub(crate) fn pcapng(&self, order: Order) -> Vec<u8> {
        let mut file = Vec::new();
        let (first, second) = self.packets.split_at(self.packets.len() / 2);
        for packets in [first, second] {
            let mut section = order.u32(0x1a2b_3c4d).to_vec();
            section.extend([order.u16(1), order.u16(0)].concat());
            section.extend([0xff; 8]);
            block(&mut file, order, 0x0a0d_0d0a, &section);
            // 10^-9, and 2^-30 moved by a thousand seconds; both with a name.
            for (resolution, offset) in [(9, 0), (0x80 | 30, 1000_u64)] {
                let mut interface = [order.u16(self.link), order.u16(0)].concat();
                interface.extend(order.u32(96));
                option(&mut interface, order, 2, b"lan");
                option(&mut interface, order, 9, &[resolution]);
                let offset = match order {
                    Order::Little => offset.to_le_bytes(),
                    Order::Big => offset.to_be_bytes(),
                };
                option(&mut interface, order, 14, &offset);
                option(&mut interface, order, 0, &[]);
                block(&mut file, order, 1, &interface);
            }
            block(&mut file, order, 0x0bad_cafe, b"not known");
            for (index, packet) in packets.iter().enumerate() {
                let interface = index as u32 % 2;
                let units = match interface {
                    0 => packet.nanoseconds,
                    _ => {
                        let nanoseconds = u128::from(packet.nanoseconds - 1_000_000_000_000);
                        // Rounded up, so that the division that reads it comes to the same nanosecond.
                        (nanoseconds << 30).div_ceil(1_000_000_000) as u64
                    }
                };
                let is_old = index % 3 == 2;
                let [a, b] = order.u16(interface as u16);
                let interface = match is_old {
                    // A packet was dropped before it.
                    true => [[a, b], order.u16(1)].concat(),
                    false => order.u32(interface).to_vec(),
                };
                let words = [
                    (units >> 32) as u32,
                    units as u32,
                    packet.data.len() as u32,
                    packet.original_len,
                ];
                let mut body = interface;
                body.extend(words.map(|word| order.u32(word)).concat());
                body.extend(&packet.data);
                body.resize(body.len().next_multiple_of(4), 0);
                option(&mut body, order, 1, b"seen");
                option(&mut body, order, 0, &[]);
                block(&mut file, order, if is_old { 2 } else { 6 }, &body);
            }
        }
        file
    }
}

/// A pcapng block, padded.
fn block(file: &mut Vec<u8>, order: Order, kind: u32, body: &[u8]) {
    let len = order.u32(12 + body.len().next_multiple_of(4) as u32);
    file.extend(order.u32(kind));
    file.extend(len);
    file.extend(body);
    file.resize(file.len().next_multiple_of(4), 0);
    file.extend(len);
}

fn option(body: &mut Vec<u8>, order: Order, code: u16, value: &[u8]) {
    body.extend(order.u16(code));
    body.extend(order.u16(value.len() as u16));
    body.extend(value);
    body.resize(body.len().next_multiple_of(4), 0);
}

/// The same, compressed.
pub(crate) fn gzip(file: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(file).expect("a vector takes all");
    encoder.finish().expect("a vector takes all")
}
