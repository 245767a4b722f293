//! Captures that are cut or damaged: what stood before the fault is reported, then the fault with its place.

use std::fs;

use crate::capture::{Capture, Order, gzip};
use crate::{inspect, package};

fn small() -> Vec<u8> {
    fs::read(package().join("captures/loopback_uwsgi.pcap")).expect("a capture")
}

/// The ends of the file header and of every record.
fn boundaries(capture: &Capture) -> Vec<usize> {
    let mut at = 24;
    let mut boundaries = vec![at];
    for packet in &capture.packets {
        at += 16 + packet.data.len();
        boundaries.push(at);
    }
    boundaries
}

#[test]
fn cut_at_every_byte() {
    let file = small();
    let boundaries = boundaries(&Capture::read(&file));
    for cut in 0..file.len() {
        let run = inspect(&file[..cut], &["--view", "packets"]);
        let before = boundaries
            .iter()
            .filter(|&&boundary| boundary <= cut)
            .count();
        assert_eq!(
            run.stdout.lines().count(),
            before.saturating_sub(1),
            "cut at {cut}"
        );
        if boundaries.contains(&cut) {
            assert_eq!((run.status, run.stderr.as_str()), (0, ""), "cut at {cut}");
            continue;
        }
        let start = boundaries
            .iter()
            .rev()
            .find(|&&boundary| boundary <= cut)
            .unwrap_or(&0);
        assert_eq!(run.status, 1, "cut at {cut}");
        assert!(
            run.stderr.ends_with(&format!(" at byte {start}\n")),
            "cut at {cut}: {}",
            run.stderr
        );
    }
}

#[test]
fn cut_anywhere_no_view_panics() {
    let capture = Capture::read(&small());
    for file in [
        capture.pcapng(Order::Little),
        capture.pcapng(Order::Big),
        gzip(&small()),
    ] {
        for cut in 0..file.len() {
            let run = inspect(&file[..cut], &[]);
            assert!(matches!(run.status, 0 | 1), "cut at {cut}: {}", run.stderr);
            assert!(
                run.status == 0 || run.stderr.contains(" at byte "),
                "cut at {cut}: {}",
                run.stderr
            );
        }
    }
}

#[test]
fn every_damaged_byte_is_survived() {
    let capture = Capture::read(&small());
    for file in [small(), capture.pcapng(Order::Little), gzip(&small())] {
        for at in 0..file.len() {
            let mut damaged = file.clone();
            damaged[at] ^= [0xff, 0x80, 0x01][at % 3];
            let run = inspect(&damaged, &["--format", "json"]);
            assert!(matches!(run.status, 0 | 1), "byte {at}: {}", run.stderr);
        }
    }
}

#[test]
fn faults_are_named_with_their_place() {
    let file = small();
    let endless = {
        let mut file = file.clone();
        file[24 + 8..24 + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        file
    };
    let capture = Capture::read(&file);
    let mut odd = capture.pcapng(Order::Little);
    odd[4] += 1;
    let rows: [(&[u8], &str); 5] = [
        (
            b"",
            "the capture ends inside a record: 0 of 4 bytes are there at byte 0",
        ),
        (
            b"hello, world, this is no capture",
            "neither a pcap nor a pcapng capture at byte 0",
        ),
        (
            &endless,
            "a record of 4294967311 bytes, where at most 16777216 are allowed at byte 24",
        ),
        (&odd, "a pcapng block with the broken length 29 at byte 0"),
        (
            &gzip(&file)[..200],
            "the compressed data is damaged or ends early at byte ",
        ),
    ];
    for (bytes, fault) in rows {
        let run = inspect(bytes, &[]);
        assert_eq!(run.status, 1);
        assert!(
            run.stderr.starts_with(&format!("wirekit: -: {fault}")),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_packet_cut_by_the_snap_length_is_reported_as_far_as_it_goes() {
    let mut capture = Capture::read(
        &fs::read(package().join("captures/checksums_good.pcap")).expect("a capture"),
    );
    let whole = inspect(
        &capture.pcap(Order::Little, 1000),
        &["--view", "connections"],
    );
    for packet in &mut capture.packets {
        packet.data.truncate(96);
    }
    let cut = capture.pcap(Order::Little, 1000);
    let run = inspect(&cut, &["--view", "packets", "--format", "json"]);
    assert!(run.stdout.contains(r#""checksum":"unverified""#));
    assert!(
        !run.stdout.contains(r#""checksum":"bad""#)
            && !run.stdout.contains("previous_segment_lost")
    );
    // States, packets and bytes are those of the whole packets; the request's head, which says what it is about, was cut.
    let run = inspect(&cut, &["--view", "connections"]);
    let row = |text: &str| text.lines().nth(1).expect("a row").to_owned();
    let about = row(&whole.stdout);
    let about = about.strip_prefix(&row(&run.stdout)).expect("the same row");
    assert_eq!(about.trim(), "10.77.0.2:8080/medium.txt");
}

#[test]
fn a_header_cut_by_the_snap_length_shows_what_is_there() {
    let mut capture = Capture::read(
        &fs::read(package().join("captures/checksums_good.pcap")).expect("a capture"),
    );
    capture.packets.truncate(1);
    let keys = [
        "source_port",
        "destination_port",
        "sequence_number",
        "acknowledgment_number",
    ];
    // Behind Ethernet and IPv4: how many bytes of the TCP header, and how many keys that makes.
    for (captured, count) in [(3, 0), (4, 2), (7, 2), (8, 3), (12, 4), (19, 4)] {
        let mut cut = Capture {
            link: 1,
            packets: capture.packets.clone(),
        };
        cut.packets[0].data.truncate(14 + 20 + captured);
        let file = cut.pcap(Order::Little, 1000);
        let run = inspect(&file, &["--view", "packets", "--format", "json"]);
        let is_told = |key: &&&str| run.stdout.contains(&format!(r#""{key}":"#));
        assert_eq!(keys.iter().filter(is_told).count(), count, "{captured}");
        assert!(run.stdout.contains(r#""error":{"kind":"tcp.truncated""#));
    }
}

#[test]
fn wrong_usage_and_unreadable_files_are_status_two() {
    for arguments in [
        &["--view", "packets", "--protocol", "gopher"][..],
        &["--decode-as", "80=gopher"],
        &["--decode-as", "http=http1"],
    ] {
        assert_eq!(inspect(&small(), arguments).status, 2, "{arguments:?}");
    }
    let status = wirekit_cli::run(
        ["wirekit", "inspect", "no/such/file"],
        &b""[..],
        Vec::new(),
        Vec::new(),
    );
    assert_eq!(status, 2);
}
