//! DNS messages of any bytes, and the names that `wirekit inspect` shows for them.

use core::net::Ipv4Addr;
use std::collections::BTreeSet;

use serde_json::Value;
use wirekit::tcp::{Flags, Header};

use super::frames::{RAW_IP, UDP, ipv4, segment};
use super::inspect::{inspect, pcap};

const CLIENT: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const RESOLVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 53);
/// RFC 1035 section 2.3.4: 255 octets, of which each may be a character with a backslash before it.
const MAX_NAME_LEN: usize = 2 * 255;
/// Four bytes of a message are taken for an address so often.
const MAX_ADDRESSES: usize = 32;

/// Laws 6 and 7, of names: whatever a resolver says, a name is that of the question and no longer than one may be, moves nothing on
/// a terminal, and is all that it adds.
pub fn names(data: &[u8]) {
    let addresses: BTreeSet<Ipv4Addr> = data
        .windows(4)
        .rev()
        .filter_map(|four| Some(Ipv4Addr::from(*four.first_chunk::<4>()?)))
        .filter(|address| ![CLIENT, RESOLVER].contains(address))
        .take(MAX_ADDRESSES)
        .collect();
    let packets = packets(data, &addresses);
    let frames: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    let file = pcap(RAW_IP, &frames);
    for view in ["packets", "story"] {
        let (status, text, _) = inspect(&file[..], &["--view", view]);
        assert_eq!(status, 0);
        let moves = |it: char| it.is_control() && it != '\n';
        assert!(!text.contains(moves), "{text:?}");
    }
    let rows = |more: &[&str]| -> Vec<Value> {
        let arguments = [&["--view", "connections", "--format", "json"], more].concat();
        let (status, lines, _) = inspect(&file[..], &arguments);
        assert_eq!(status, 0);
        let value = |line| serde_json::from_str(line).expect("JSON");
        lines.lines().map(value).collect()
    };
    let mut named = rows(&[]);
    let asked = question(data);
    for row in &mut named {
        for key in ["client_name", "server_name", "name"] {
            let Some(name) = row.as_object_mut().and_then(|row| row.remove(key)) else {
                continue;
            };
            let name = name.as_str().expect("a string");
            assert!(name.chars().count() <= MAX_NAME_LEN, "{name:?}");
            if let Some(asked) = &asked {
                assert_eq!(name, asked);
            }
        }
    }
    assert_eq!(named, rows(&["--no-names"]));
}

/// The message from a resolver's port, and then a SYN to each address.
fn packets(message: &[u8], addresses: &BTreeSet<Ipv4Addr>) -> Vec<Vec<u8>> {
    let message = &message[..message.len().min(60_000)];
    let len = u16::try_from(8 + message.len()).expect("a short message");
    let mut datagram = vec![0, 53, 0x30, 0x39];
    datagram.extend(len.to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(message);
    let mut packets = vec![ipv4(UDP, [RESOLVER, CLIENT], &datagram)];
    packets.extend(addresses.iter().map(|address| {
        let header = Header {
            source_port: 40_000,
            destination_port: 80,
            flags: Flags::SYN,
            ..Header::default()
        };
        segment(header, [CLIENT, *address], b"")
    }));
    packets
}

/// The name of a message's first question, in small letters, if it stands there without pointers (RFC 1035 section 4.1.2).
fn question(message: &[u8]) -> Option<String> {
    let (header, mut rest) = message.split_at_checked(12)?;
    if header[4..6] == [0, 0] {
        return None;
    }
    let mut labels = Vec::new();
    loop {
        let (&len, behind) = rest.split_first()?;
        if len == 0 {
            return Some(labels.join("."));
        }
        let (label, behind) = behind.split_at_checked(usize::from(len))?;
        if len > 63 {
            return None;
        }
        let label = String::from_utf8_lossy(label).to_ascii_lowercase();
        labels.push(label.replace('\\', "\\\\").replace('.', "\\."));
        rest = behind;
    }
}
