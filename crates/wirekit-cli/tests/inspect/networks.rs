//! Networks that have the same addresses.

use crate::json;
use crate::talk::{Client, Server, Talk, file};

/// IEEE 802.1Q: each VLAN is a network of its own.
#[test]
fn two_vlans_are_two_networks() {
    let talk = |vlan| {
        let mut talk = Talk::to(80)
            .from(40_001)
            .open()
            .say(Client, "GET / HTTP/1.1\r\nHost: h.example\r\n\r\n")
            .say(Server, "HTTP/1.1 204 No Content\r\n\r\n")
            .close();
        for packet in &mut talk.packets {
            packet.vlan = vlan;
        }
        talk
    };
    let talks = [talk(None), talk(Some(7)), talk(Some(0x2008))];
    let mut rows = json(
        &file(&[&talks[0], &talks[1], &talks[2]]),
        &["--view", "connections"],
    );
    rows.retain(|row| row["statistics"].is_null());
    assert_eq!(rows.len(), 3);
    for row in rows {
        assert_eq!(
            (&row["packets_from_client"], &row["notes"]),
            (&5.into(), &serde_json::json!({}))
        );
    }
}

/// RFC 791 section 3.2: a segment is whole, and its checksum known, only with its last fragment.
#[test]
fn a_segment_in_fragments_has_the_checksum_of_the_whole() {
    let mut file = Talk::to(80).open().say(Client, [b'x'; 44]).file();
    let (last, header_len) = (
        file.split_off(file.len() - (16 + 14 + 20 + 64)),
        16 + 14 + 20,
    );
    let (head, segment) = last.split_at(header_len);
    for (offset, more, payload) in [(0, true, &segment[..32]), (4, false, &segment[32..])] {
        let mut record = head.to_vec();
        for at in [8, 12] {
            record[at..at + 4].copy_from_slice(&(14_u32 + 20 + 32).to_le_bytes());
        }
        let ip = &mut record[16 + 14..];
        ip[2..4].copy_from_slice(&(20_u16 + 32).to_be_bytes());
        ip[6..8].copy_from_slice(&[u8::from(more) << 5, offset]);
        file.extend(record);
        file.extend(payload);
    }
    let rows = json(&file, &["--view", "packets"]);
    let last = rows.last().unwrap();
    assert_eq!(
        (&last["payload_len"], &last["checksum"]),
        (&44.into(), &"good".into())
    );
}

/// The pieces of two packets that have all but the VLAN in common, one after the other.
#[test]
fn fragments_of_two_vlans_are_of_two_packets() {
    let piece = |vlan: u8, offset: u8, more: bool, payload: &[u8]| -> Vec<u8> {
        let len = 20 + u8::try_from(payload.len()).unwrap();
        let flags = u8::from(more) << 5;
        #[rustfmt::skip]
        let header = [
            2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x81, 0, 0, vlan, 8, 0,
            0x45, 0, 0, len, 0, 7, flags, offset, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 2,
        ];
        [&header[..], payload].concat()
    };
    // A datagram of 16 bytes without a checksum, in two pieces of 8.
    let header = [0x9c, 0x40, 0, 53, 0, 16, 0, 0];
    let mut capture = Vec::new();
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 65_535, 1] {
        capture.extend(word.to_le_bytes());
    }
    for piece in [
        piece(1, 0, true, &header),
        piece(2, 1, false, b"of two, "),
        piece(2, 0, true, &header),
        piece(1, 1, false, b"of one, "),
    ] {
        let len = u32::try_from(piece.len()).unwrap();
        for word in [1_700_000_000, 0, len, len] {
            capture.extend(word.to_le_bytes());
        }
        capture.extend(piece);
    }
    let rows = json(&capture, &["--view", "packets"]);
    let protocols: Vec<_> = rows.iter().map(|row| row["protocol"].clone()).collect();
    assert_eq!(protocols[2..], ["udp", "udp"]);
    let rows = json(&capture, &["--view", "connections"]);
    let rows = rows.iter().filter(|row| row.get("connection").is_some());
    assert_eq!(rows.count(), 2);
}
