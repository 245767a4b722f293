//! Writes a large capture for whole-program measurements: HTTP keep-alive connections over IPv4 and Ethernet, many at
//! a time, checksums right, the same bytes for the same arguments.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Parser;
use wirekit::checksum::{Checksum, Protocol, PseudoHeader};

const SEGMENT: usize = 1448;

/// Writes a capture of HTTP connections to FILE.
#[derive(Debug, Parser)]
#[command(name = "make-capture")]
struct Arguments {
    /// Where to write
    file: PathBuf,
    /// Packets in all
    #[arg(long, default_value_t = 1_000_000)]
    packets: u64,
    /// Connections at a time
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// Only SYN segments, each of a connection of its own
    #[arg(long)]
    syn_flood: bool,
    /// Leaves out one data segment in N
    #[arg(long)]
    gap_every: Option<u64>,
}

fn main() -> io::Result<()> {
    let arguments = Arguments::parse();
    let mut out = Capture::new(BufWriter::with_capacity(
        1 << 20,
        File::create(&arguments.file)?,
    ))?;
    if arguments.syn_flood {
        for number in 0..arguments.packets {
            Connection::new(number).segment(&mut out, Side::Client, SYN, &[])?;
        }
        return out.file.flush();
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut opened = 0;
    let mut connections: Vec<Connection> = Vec::new();
    while out.packets < arguments.packets {
        if connections.len() < arguments.connections {
            connections.push(Connection::new(opened));
            opened += 1;
        }
        let index = random.below(connections.len());
        let Some(connection) = connections.get_mut(index) else {
            break;
        };
        connection.step(&mut out, &mut random, arguments.gap_every)?;
        if connection.stage == Stage::Closed {
            connections.swap_remove(index);
        }
    }
    out.file.flush()
}

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Client,
    Server,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Syn,
    SynAck,
    Ack,
    Request,
    Response { left: usize },
    Acknowledge { left: usize },
    Fin,
    FinAck,
    LastAck,
    Closed,
}

struct Connection {
    number: u64,
    stage: Stage,
    requests: u32,
    client_next: u32,
    server_next: u32,
}

impl Connection {
    fn new(number: u64) -> Self {
        let start = u32::try_from(number % 65_521)
            .unwrap_or(0)
            .wrapping_mul(65_537);
        Self {
            number,
            stage: Stage::Syn,
            requests: 0,
            client_next: start,
            server_next: !start,
        }
    }

    fn step(
        &mut self,
        out: &mut Capture,
        random: &mut Random,
        gap_every: Option<u64>,
    ) -> io::Result<()> {
        self.stage = match self.stage {
            Stage::Syn => self.send(out, Side::Client, SYN, &[], Stage::SynAck)?,
            Stage::SynAck => self.send(out, Side::Server, SYN | ACK, &[], Stage::Ack)?,
            Stage::Ack => self.send(out, Side::Client, ACK, &[], Stage::Request)?,
            Stage::Request => {
                self.requests += 1;
                let request = format!(
                    "GET /item/{}?page={} HTTP/1.1\r\nHost: shop.example.test\r\nUser-Agent: make-capture\r\nAccept: */*\r\n\r\n",
                    self.number, self.requests
                );
                let left = 2_000 + random.below(60_000);
                self.send(
                    out,
                    Side::Client,
                    PSH | ACK,
                    request.as_bytes(),
                    Stage::Response { left },
                )?;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {left}\r\n\r\n"
                );
                self.send(
                    out,
                    Side::Server,
                    PSH | ACK,
                    head.as_bytes(),
                    Stage::Response { left },
                )?
            }
            Stage::Response { left } => {
                let len = left.min(SEGMENT);
                let data = BODY.get(..len).unwrap_or(&BODY);
                let left = left - len;
                if gap_every.is_some_and(|every| out.packets.is_multiple_of(every)) {
                    self.server_next = self
                        .server_next
                        .wrapping_add(u32::try_from(len).unwrap_or(0));
                    Stage::Acknowledge { left }
                } else {
                    self.send(out, Side::Server, ACK, data, Stage::Acknowledge { left })?
                }
            }
            Stage::Acknowledge { left: 0 } if self.requests == 8 => {
                self.send(out, Side::Client, ACK, &[], Stage::Fin)?
            }
            Stage::Acknowledge { left: 0 } => {
                self.send(out, Side::Client, ACK, &[], Stage::Request)?
            }
            Stage::Acknowledge { left } => {
                self.send(out, Side::Client, ACK, &[], Stage::Response { left })?
            }
            Stage::Fin => self.send(out, Side::Client, FIN | ACK, &[], Stage::FinAck)?,
            Stage::FinAck => self.send(out, Side::Server, FIN | ACK, &[], Stage::LastAck)?,
            Stage::LastAck | Stage::Closed => {
                self.send(out, Side::Client, ACK, &[], Stage::Closed)?
            }
        };
        Ok(())
    }

    fn send(
        &mut self,
        out: &mut Capture,
        from: Side,
        flags: u8,
        data: &[u8],
        then: Stage,
    ) -> io::Result<Stage> {
        self.segment(out, from, flags, data)?;
        let advance = u32::try_from(data.len()).unwrap_or(0) + u32::from(flags & (SYN | FIN) != 0);
        match from {
            Side::Client => self.client_next = self.client_next.wrapping_add(advance),
            Side::Server => self.server_next = self.server_next.wrapping_add(advance),
        }
        Ok(then)
    }

    /// Ethernet, IPv4 and TCP headers with a timestamp option, then the data.
    fn segment(&self, out: &mut Capture, from: Side, flags: u8, data: &[u8]) -> io::Result<()> {
        let [.., b, c, d] = self.number.to_be_bytes();
        let (client, server) = ([10, b, c, d], [192, 0, 2, 1]);
        let port = 1024 + u16::try_from(self.number % 60_000).unwrap_or(0);
        let (source, destination, source_port, destination_port, sequence, acknowledgment) =
            match from {
                Side::Client => (client, server, port, 80, self.client_next, self.server_next),
                Side::Server => (server, client, 80, port, self.server_next, self.client_next),
            };
        let acknowledgment = if flags & ACK == 0 { 0 } else { acknowledgment };
        let time = u32::try_from(out.packets / 10).unwrap_or(0);

        let mut tcp = [0; 32];
        tcp[0..2].copy_from_slice(&source_port.to_be_bytes());
        tcp[2..4].copy_from_slice(&u16::to_be_bytes(destination_port));
        tcp[4..8].copy_from_slice(&sequence.to_be_bytes());
        tcp[8..12].copy_from_slice(&acknowledgment.to_be_bytes());
        tcp[12..14].copy_from_slice(&[0x80, flags]);
        tcp[14..16].copy_from_slice(&[0xff, 0xff]);
        tcp[20..24].copy_from_slice(&[1, 1, 8, 10]);
        tcp[24..28].copy_from_slice(&time.to_be_bytes());
        let len = tcp.len() + data.len();
        let pseudo = PseudoHeader::V4 {
            source: source.into(),
            destination: destination.into(),
        };
        let mut sum = pseudo.checksum(Protocol::TCP, u32::try_from(len).unwrap_or(0));
        sum.update(&tcp);
        sum.update(data);
        tcp[16..18].copy_from_slice(&sum.finish().to_be_bytes());

        let mut ip = [
            0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ];
        ip[2..4].copy_from_slice(&u16::try_from(20 + len).unwrap_or(0).to_be_bytes());
        ip[12..16].copy_from_slice(&source);
        ip[16..20].copy_from_slice(&destination);
        let mut sum = Checksum::new();
        sum.update(&ip);
        ip[10..12].copy_from_slice(&sum.finish().to_be_bytes());

        out.packet(&[&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0], &ip, &tcp, data])
    }
}

static BODY: [u8; SEGMENT] = [b'x'; SEGMENT];

struct Capture {
    file: BufWriter<File>,
    packets: u64,
}

impl Capture {
    fn new(mut file: BufWriter<File>) -> io::Result<Self> {
        file.write_all(&0xa1b2_c3d4_u32.to_le_bytes())?;
        file.write_all(&[2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0])?;
        Ok(Self { file, packets: 0 })
    }

    /// One record, ten microseconds after the last.
    fn packet(&mut self, parts: &[&[u8]]) -> io::Result<()> {
        let len: usize = parts.iter().map(|part| part.len()).sum();
        let microseconds = self.packets * 10;
        let seconds = 1_700_000_000 + microseconds / 1_000_000;
        for field in [seconds, microseconds % 1_000_000, len as u64, len as u64] {
            self.file
                .write_all(&u32::try_from(field).unwrap_or(0).to_le_bytes())?;
        }
        self.packets += 1;
        parts.iter().try_for_each(|part| self.file.write_all(part))
    }
}

/// The generator xorshift64: the same numbers every time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound.max(1) as u64).unwrap_or(0)
    }
}
