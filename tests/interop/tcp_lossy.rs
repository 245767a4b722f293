//! A transfer over a link that loses, repeats and reorders: the stream is whole, and every loss is explained.

use std::process::{Command, Stdio};

use wirekit::tcp::reassembly::{self, Limits, Reassembler};
use wirekit::tcp::track::{Config, Notes, Side, Tracker};
use wirekit::tcp::{Flags, Segment};

use crate::tcp_capture::packets;
use crate::tcp_link::{B, Link};

const PORT: u16 = 5500;

/// Sends 400,000 bytes of a seeded generator to one client; prints their SHA-256.
const SERVER: &str = r#"
import hashlib, random, socket, sys
body = random.Random(5).randbytes(400000)
listener = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
taken, _ = listener.accept()
taken.sendall(body)
taken.shutdown(socket.SHUT_WR)
taken.recv(1)
print(hashlib.sha256(body).hexdigest())
"#;

/// Reads to the end.
const CLIENT: &str = r#"
import socket, sys
made = socket.create_connection((sys.argv[1], int(sys.argv[2])))
while made.recv(65536): pass
made.close()
"#;

fn sha256(bytes: &[u8]) -> String {
    use std::io::Write;
    let mut child = Command::new("sha256sum")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("sha256sum");
    child
        .stdin
        .take()
        .expect("its input")
        .write_all(bytes)
        .expect("the bytes");
    let output = child.wait_with_output().expect("its output");
    String::from_utf8(output.stdout)
        .expect("UTF-8")
        .split(' ')
        .next()
        .expect("a digest")
        .to_owned()
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
    hex.as_bytes()
        .chunks(2)
        .map(|pair| digits(pair).expect("hexadecimal"))
        .collect()
}

#[test]
fn every_loss_is_explained_and_the_stream_is_whole() {
    use std::io::{BufRead, BufReader, Read};
    let link = Link::new(&[
        "--loss",
        "4",
        "--duplicate",
        "2",
        "--reorder",
        "5",
        "--delay",
        "3",
        "--seed",
        "11",
    ]);
    let (receiving, sending) = (link.capture(0), link.capture(1));
    let port = PORT.to_string();
    let mut server = link
        .python(1, SERVER, &[B, &port])
        .stdout(Stdio::piped())
        .spawn()
        .expect("a server");
    let mut output = BufReader::new(server.stdout.take().expect("its output"));
    let mut digest = String::new();
    output.read_line(&mut digest).expect("a line");
    assert_eq!(digest, "ready\n");
    assert!(
        link.python(0, CLIENT, &[B, &port])
            .status()
            .expect("a client")
            .success()
    );
    digest.clear();
    output.read_to_string(&mut digest).expect("a digest");
    assert!(server.wait().expect("it ends").success());
    let (receiving, sending) = (receiving.stop(), sending.stop());

    // Where the data arrives: out of order, twice, and whole in the end.
    let mut stream = Reassembler::new(Limits::DEFAULT);
    let mut body = Vec::new();
    let mut ended = false;
    for packet in packets(&receiving)
        .iter()
        .filter(|packet| packet.protocol == 6)
    {
        let segment = Segment::parse(&packet.payload).expect("a segment");
        if segment.source_port() != PORT {
            continue;
        }
        let mut events = stream.receive(&segment);
        while let Some(event) = events.next_event() {
            match event {
                reassembly::Event::Data(bytes) => body.extend_from_slice(bytes),
                reassembly::Event::End => ended = true,
                event => panic!("{event:?} in packet {}", packet.number),
            }
        }
    }
    assert!(ended);
    assert_eq!(sha256(&body), digest.trim());
    assert_eq!(body.len(), 400_000);

    // Where it is sent: whatever the link lost went out again later, and was noted as such.
    let mut tracker = Tracker::new(Config::DEFAULT);
    let mut sent = Vec::new();
    for packet in packets(&sending)
        .iter()
        .filter(|packet| packet.protocol == 6)
    {
        let segment = Segment::parse(&packet.payload).expect("a segment");
        let from = if segment.source_port() == PORT {
            Side::Server
        } else {
            Side::Client
        };
        let notes = tracker.observe(packet.timestamp, from, &segment).notes;
        if from == Side::Server {
            sent.push((
                segment.sequence_number(),
                segment.sequence_len(),
                segment.flags(),
                notes,
            ));
        }
    }
    let (mut losses, mut explained, mut next) = (0, 0, 0);
    for line in link.log() {
        if line["from"] != "b" {
            continue;
        }
        let head = bytes_of(line["head"].as_str().expect("a head"));
        if head[0] >> 4 != 4 || head[9] != 6 {
            continue;
        }
        let len = line["len"]
            .as_u64()
            .and_then(|len| usize::try_from(len).ok())
            .expect("a length")
            - 20;
        let segment = Segment::parse_captured(&head[20..], len).expect("a segment");
        // What the link carried when the capture had ended is in its log only.
        if next == sent.len() {
            break;
        }
        // The log and the capture name the same packets in the same order.
        assert_eq!(
            (sent[next].0, sent[next].1),
            (segment.sequence_number(), segment.sequence_len()),
            "{line}"
        );
        next += 1;
        if line["fate"] != "lost" || segment.sequence_len() == 0 {
            continue;
        }
        losses += 1;
        let first = segment.sequence_number();
        let again = sent[next..].iter().any(|&(start, len, flags, notes)| {
            let covers = start.precedes_or_is(first) && first.precedes(start + len);
            covers && (notes.contains(Notes::RETRANSMISSION) || flags.contains(Flags::SYN))
        });
        // A copy that was itself needless need not be sent again: what it carries was acknowledged.
        let needless = sent[next - 1].3.contains(Notes::RETRANSMISSION);
        assert!(again || needless, "{line}");
        explained += usize::from(again);
    }
    assert_eq!(next, sent.len(), "the log has what was captured");
    println!("{losses} losses, {explained} sent again");
    assert!(
        losses >= 5 && explained >= 5,
        "{losses} losses, {explained} sent again"
    );
}
