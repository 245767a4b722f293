//! Just enough of captures to hand TCP and UDP to the codecs, without the program under test.

use core::net::IpAddr;
use core::time::Duration;
use std::fs;
use std::path::{Path, PathBuf};

use etherparse::{NetSlice, SlicedPacket};
use wirekit::checksum::PseudoHeader;

/// A packet that IP delivers whole.
#[derive(Debug)]
pub(crate) struct Packet {
    /// The number of the frame, from 1.
    pub(crate) number: u64,
    pub(crate) timestamp: Duration,
    pub(crate) source: IpAddr,
    pub(crate) destination: IpAddr,
    pub(crate) protocol: u8,
    pub(crate) payload: Vec<u8>,
}

impl Packet {
    pub(crate) fn pseudo(&self) -> PseudoHeader {
        PseudoHeader::new(self.source, self.destination).expect("addresses of one family")
    }
}

/// The captures of the project.
pub(crate) fn captures() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut paths: Vec<_> = fs::read_dir(folder)
        .expect("captures")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "pcap")
    });
    paths.sort();
    assert!(paths.len() > 10, "{paths:?}");
    paths
}

/// The packets of a capture in the classic format, little-endian, in microseconds; fragments are left out.
pub(crate) fn packets(path: &Path) -> Vec<Packet> {
    let bytes = fs::read(path).expect("a capture");
    let word = |at: usize| {
        let word = bytes[at..].first_chunk().expect("a word of the capture");
        usize::try_from(u32::from_le_bytes(*word)).expect("32 bits")
    };
    assert_eq!(word(0), 0xa1b2_c3d4, "{}", path.display());
    let link = word(20) & 0xffff;
    let (mut packets, mut at, mut number) = (Vec::new(), 24, 0);
    while at < bytes.len() {
        let (seconds, micros, len) = (word(at), word(at + 4), word(at + 8));
        let frame = &bytes[at + 16..at + 16 + len];
        at += 16 + len;
        number += 1;
        let timestamp = Duration::from_secs(seconds as u64) + Duration::from_micros(micros as u64);
        if let Some(ip) = ip_of(link, frame) {
            packets.extend(packet(number, timestamp, ip));
        }
    }
    packets
}

fn ip_of(link: usize, frame: &[u8]) -> Option<&[u8]> {
    let (mut ethertype, mut at) = match link {
        1 => (&frame[12..14], 14),
        0 | 108 => return Some(&frame[4..]),
        101 => return Some(frame),
        113 => (&frame[14..16], 16),
        276 => (&frame[0..2], 20),
        link => panic!("link type {link}"),
    };
    while matches!(ethertype, [0x81, 0] | [0x88, 0xa8]) {
        (ethertype, at) = (&frame[at + 2..at + 4], at + 4);
    }
    matches!(ethertype, [8, 0] | [0x86, 0xdd]).then(|| &frame[at..])
}

fn packet(number: u64, timestamp: Duration, ip: &[u8]) -> Option<Packet> {
    let sliced = SlicedPacket::from_ip(ip).expect("an IP packet");
    let (source, destination, payload) = match sliced.net? {
        NetSlice::Ipv4(ip) => {
            let header = ip.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip.payload().clone(),
            )
        }
        NetSlice::Ipv6(ip) => {
            let header = ip.header();
            (
                header.source_addr().into(),
                header.destination_addr().into(),
                ip.payload().clone(),
            )
        }
        NetSlice::Arp(_) => return None,
    };
    let (protocol, whole) = (payload.ip_number.0, !payload.fragmented);
    let payload = payload.payload.to_vec();
    whole.then_some(Packet {
        number,
        timestamp,
        source,
        destination,
        protocol,
        payload,
    })
}
