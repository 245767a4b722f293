//! Checksums that are bad, of segments that arrived all the same and of others.

use crate::talk::{Client, Server, Talk};
use crate::{events, inspect, json};

const REQUEST: &[u8] = b"GET /a HTTP/1.1\r\nHost: h.example\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nzz";

fn damaged(mut talk: Talk, damage: impl Fn(usize) -> bool) -> Talk {
    for (index, packet) in talk.packets.iter_mut().enumerate() {
        packet.damage = if damage(index) { 0x0100 } else { 0 };
    }
    talk
}

fn talk() -> Talk {
    let talk = Talk::to(80).open().say(Client, REQUEST);
    talk.say(Server, RESPONSE).close()
}

/// RFC 9293 section 3.1: a receiver drops what is damaged, so what it acknowledges was not.
#[test]
fn what_the_peer_acknowledges_was_received() {
    for (which, damage) in [
        ("all", (|_| true) as fn(usize) -> bool),
        ("the client's", |index| ![1, 4, 6].contains(&index)),
        ("the request", |index| index == 3),
        ("the handshake", |index| index < 3),
    ] {
        let file = damaged(talk(), damage).file();
        let story = inspect(&file, &[]);
        for words in [
            "established, round trip 2.00 ms",
            "GET /a HTTP/1.1  host h.example",
            "200 OK, body 2 bytes",
            "in the end: client TIME-WAIT, server CLOSED",
        ] {
            assert!(story.contains(words), "{which}: no {words} in {story}");
        }
        let rows = json(&file, &["--view", "packets"]);
        let bad = rows.iter().filter(|row| row["checksum"] == "bad").count();
        assert_eq!(bad, (0..8).filter(|&index| damage(index)).count());
    }
}

#[test]
fn what_nobody_acknowledges_is_not_read() {
    let talk = damaged(Talk::to(80).open().say(Client, REQUEST), |index| index == 3);
    assert_eq!(events(&talk.file(), "request").len(), 0);
    let rows = json(&talk.file(), &["--ignore-checksums"]);
    let requests = rows.iter().filter(|row| row["event"] == "request");
    assert_eq!(requests.count(), 1);
}

/// A segment that came damaged and was sent again is read as it was the second time.
#[test]
fn a_damaged_segment_that_was_sent_again_is_read_once() {
    let mut talk = Talk::to(80)
        .open()
        .say(Client, b"GET /b HTTP/1.1\r\nHost: h.example\r\n\r\n");
    talk.packets[3].damage = 0x0100;
    let mut again = talk.packets[3].clone();
    again.damage = 0;
    again.payload = REQUEST.to_vec();
    again.milliseconds += 300;
    talk.packets.push(again);
    let talk = talk.wait(400).say(Server, RESPONSE).close();
    let requests = events(&talk.file(), "request");
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0]["target"], "/a");
    assert_eq!(requests[0]["packet"], 5);
}

/// RFC 7348 section 5: a VXLAN datagram's own checksum is zero, and says nothing of what it carries.
#[test]
fn what_a_tunnel_carries_has_a_checksum_of_its_own() {
    let file = damaged(talk(), |index| index == 3).file();
    let (header, mut records) = file.split_at(24);
    let mut tunnelled = header.to_vec();
    while let Some((record, _)) = records.split_first_chunk::<16>() {
        let len = u32::from_le_bytes(record[8..12].try_into().unwrap()) as usize;
        let (frame, rest) = records[16..].split_at(len);
        records = rest;
        let lens = [len + 50, len + 36, len + 16].map(|len| u16::try_from(len).unwrap());
        let [frame_len, packet_len, datagram_len] = lens;
        tunnelled.extend(&record[..8]);
        tunnelled.extend([u32::from(frame_len).to_le_bytes(); 2].concat());
        tunnelled.extend([0; 12]);
        tunnelled.extend([8, 0, 0x45, 0]);
        tunnelled.extend(packet_len.to_be_bytes());
        tunnelled.extend([0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        tunnelled.extend([0xc0, 0, 0x12, 0xb5]);
        tunnelled.extend(datagram_len.to_be_bytes());
        tunnelled.extend([0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
        tunnelled.extend(frame);
    }
    let rows = json(&tunnelled, &["--view", "packets"]);
    let sums: Vec<_> = rows.iter().map(|row| row["checksum"].as_str()).collect();
    let expected = (0..8).map(|index| Some(if index == 3 { "bad" } else { "good" }));
    assert!(sums.iter().copied().eq(expected), "{sums:?}");
}
