//! One TCP connection, said line by line and written as a capture.

use core::net::Ipv4Addr;

use wirekit::tcp::{Flags, Header, PseudoHeader, SeqNumber};

pub(crate) const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
pub(crate) const SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);
/// Behind the server.
pub(crate) const APPLICATION: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 9);
pub(crate) const DATA: Flags = Flags::PSH.union(Flags::ACK);

/// Who sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Client,
    Server,
}
pub(crate) use End::{Client, Server};

/// One segment; all of it may be changed before the capture is written.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) milliseconds: u64,
    pub(crate) from: End,
    pub(crate) flags: Flags,
    pub(crate) sequence_number: u32,
    pub(crate) acknowledgment_number: u32,
    pub(crate) payload: Vec<u8>,
    pub(crate) window: u16,
    /// Added to the checksum: 0 leaves it good.
    pub(crate) damage: u16,
    /// The tag of IEEE 802.1Q that stands before it, if there is one.
    pub(crate) vlan: Option<u16>,
}

/// What the ends say.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) packets: Vec<Packet>,
    ports: [u16; 2],
    addresses: [Ipv4Addr; 2],
    next: [u32; 2],
    now: u64,
}

impl Talk {
    /// Nothing yet, to a port of the server.
    pub(crate) fn to(port: u16) -> Self {
        Self {
            packets: Vec::new(),
            ports: [40_000, port],
            addresses: [CLIENT, SERVER],
            next: [1000, 5000],
            now: 0,
        }
    }

    /// From another port of the client.
    pub(crate) fn from(mut self, port: u16) -> Self {
        self.ports[0] = port;
        self
    }

    /// From the server to what stands behind it.
    pub(crate) fn inside(mut self) -> Self {
        self.addresses = [SERVER, APPLICATION];
        self
    }

    /// The three segments of the handshake.
    pub(crate) fn open(self) -> Self {
        self.send(Client, Flags::SYN, b"")
            .send(Server, Flags::SYN | Flags::ACK, b"")
            .send(Client, Flags::ACK, b"")
    }

    /// A segment with data.
    pub(crate) fn say(self, from: End, payload: impl AsRef<[u8]>) -> Self {
        self.send(from, DATA, payload.as_ref())
    }

    /// A segment without.
    pub(crate) fn acknowledge(self, from: End) -> Self {
        self.send(from, Flags::ACK, b"")
    }

    /// Both ends send FIN, the client first.
    pub(crate) fn close(self) -> Self {
        self.send(Client, Flags::FIN | Flags::ACK, b"")
            .send(Server, Flags::FIN | Flags::ACK, b"")
            .send(Client, Flags::ACK, b"")
    }

    /// Time passes, beside the millisecond between two segments.
    pub(crate) fn wait(mut self, milliseconds: u64) -> Self {
        self.now += milliseconds;
        self
    }

    /// The last segment but some again.
    pub(crate) fn repeat(mut self, back: usize) -> Self {
        let again = self.packets[self.packets.len() - 1 - back].clone();
        self.packets.push(Packet {
            milliseconds: self.now,
            ..again
        });
        self.now += 1;
        self
    }

    /// Changes the window of the last segment.
    pub(crate) fn window(mut self, window: u16) -> Self {
        self.packets.last_mut().unwrap().window = window;
        self
    }

    /// Bytes that the capture does not hold.
    pub(crate) fn miss(mut self, from: End, len: u32) -> Self {
        self.next[usize::from(from == Server)] += len;
        self
    }

    pub(crate) fn send(mut self, from: End, flags: Flags, payload: &[u8]) -> Self {
        let (own, other) = match from {
            Client => (0, 1),
            Server => (1, 0),
        };
        let acknowledgment_number = match flags.contains(Flags::ACK) {
            true => self.next[other],
            false => 0,
        };
        self.packets.push(Packet {
            milliseconds: self.now,
            from,
            flags,
            sequence_number: self.next[own],
            acknowledgment_number,
            payload: payload.to_vec(),
            window: 65_000,
            damage: 0,
            vlan: None,
        });
        let controls = u32::from(flags.intersects(Flags::SYN | Flags::FIN));
        self.next[own] += u32::try_from(payload.len()).unwrap() + controls;
        self.now += 1;
        self
    }

    /// A pcap file of Ethernet frames.
    pub(crate) fn file(&self) -> Vec<u8> {
        file(&[self])
    }

    fn frame(&self, packet: &Packet) -> Vec<u8> {
        let ([client, server], [from, to]) = (self.ports, self.addresses);
        let ((source_port, source), (destination_port, destination)) = match packet.from {
            Client => ((client, from), (server, to)),
            Server => ((server, to), (client, from)),
        };
        let pseudo = PseudoHeader::V4 {
            source,
            destination,
        };
        let header = Header {
            source_port,
            destination_port,
            sequence_number: SeqNumber(packet.sequence_number),
            acknowledgment_number: SeqNumber(packet.acknowledgment_number),
            flags: packet.flags,
            window: packet.window,
            ..Header::default()
        };
        let mut segment = Vec::new();
        let payload = &packet.payload;
        header.encode(&[], &pseudo, payload, &mut segment).unwrap();
        let sum = u16::from_be_bytes([segment[16], segment[17]]).wrapping_add(packet.damage);
        segment[16..18].copy_from_slice(&sum.to_be_bytes());
        let total_len = u16::try_from(20 + segment.len()).unwrap();
        let mut frame = vec![0; 12];
        if let Some(tag) = packet.vlan {
            frame.extend([0x81, 0]);
            frame.extend(tag.to_be_bytes());
        }
        frame.extend([8, 0, 0x45, 0]);
        frame.extend(total_len.to_be_bytes());
        frame.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        frame.extend(source.octets());
        frame.extend(destination.octets());
        frame.extend(segment);
        frame
    }
}

/// A pcap file of several connections, in the order of time.
pub(crate) fn file(talks: &[&Talk]) -> Vec<u8> {
    let mut packets: Vec<(u64, Vec<u8>)> = talks
        .iter()
        .flat_map(|talk| {
            let frame = |packet: &Packet| (packet.milliseconds, talk.frame(packet));
            talk.packets.iter().map(frame)
        })
        .collect();
    packets.sort_by_key(|(milliseconds, _)| *milliseconds);
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 1] {
        file.extend(word.to_le_bytes());
    }
    for (milliseconds, frame) in packets {
        let len = u32::try_from(frame.len()).unwrap();
        let seconds = u32::try_from(1_700_000_000 + milliseconds / 1000).unwrap();
        let microseconds = u32::try_from(milliseconds % 1000 * 1000).unwrap();
        for word in [seconds, microseconds, len, len] {
            file.extend(word.to_le_bytes());
        }
        file.extend(frame);
    }
    file
}
