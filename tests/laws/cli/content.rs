//! Content of any bytes in any coding, as a file of `--extract` and as an entry of an archive.

use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU64, Ordering};
use std::fs;

use serde_json::Value;

use super::frames::{RAW_IP, Sender};
use super::inspect::{inspect, pcap};

const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "identity"];
/// Content as it is sent.
const MAX_LEN: usize = 4096;
/// What an archive's content inflates to: four times what `--max-buffered` says.
const MAX_BUFFERED: &str = "65536";
const MAX_DECODED_LEN: usize = 4 * 65_536;

/// Laws 4 and 7, of content: decoded at once and from segments it is the same, and no longer than it may be; what is not what its
/// coding says is said to be so, and left as it came.
pub fn content(data: &[u8]) {
    let Some((&[choice, step], sent)) = data.split_first_chunk() else {
        return;
    };
    // One coding, or a second one over it.
    let choice = usize::from(choice);
    let first = CODINGS[choice % CODINGS.len()];
    let second = CODINGS.get(choice / CODINGS.len() % (CODINGS.len() + 1));
    let codings: Vec<&str> = [first].into_iter().chain(second.copied()).collect();
    let sent = &sent[..sent.len().min(MAX_LEN)];
    if sent.is_empty() {
        return;
    }
    let capture = capture(&codings.join(", "), sent, usize::from(step) * 8);
    let folder = Folder::new();
    let arguments = ["--view", "har", "--max-buffered", MAX_BUFFERED, "--extract"];
    let arguments = [&arguments[..], &[&folder.0]].concat();
    let (status, archive, words) = inspect(&capture[..], &arguments);
    assert_eq!((status, words.as_str()), (0, ""));
    let archive: Value = serde_json::from_str(&archive).expect("JSON");
    let content = &archive["log"]["entries"][0]["response"]["content"];
    let index = fs::read_to_string(format!("{}/index.jsonl", folder.0)).expect("an index");
    let row: Value = serde_json::from_str(&index).expect("one line of JSON");
    let name = row["file"].as_str().expect("a name");
    let file = fs::read(format!("{}/{name}", folder.0)).expect("a file");

    assert_eq!(row["len"], file.len(), "{row}");
    assert_eq!(row["complete"], row["error"].is_null(), "{row}");
    let shown = bytes(content);
    assert_eq!(content["size"], shown.len(), "{row}");
    if content.get("compression").is_some() {
        assert!(shown.len() <= MAX_DECODED_LEN, "{} bytes", shown.len());
        assert!(shown == file, "{row}");
        assert_eq!(row["complete"], true, "{row}");
    } else {
        assert!(shown == sent, "{row}");
    }
}

/// A request, and the answer in segments of so many bytes.
fn capture(coding: &str, body: &[u8], step: usize) -> Vec<u8> {
    let addresses = [[192, 0, 2, 1], [198, 51, 100, 2]].map(Ipv4Addr::from);
    let [client, server] = addresses;
    let mut asks = Sender {
        addresses,
        ports: [40_000, 80],
        next: 1000,
    };
    let mut answers = Sender {
        addresses: [server, client],
        ports: [80, 40_000],
        next: 5000,
    };
    let len = body.len();
    let head =
        format!("HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len}\r\n\r\n");
    let mut packets = asks.send(b"GET / HTTP/1.1\r\nHost: h.example\r\n\r\n", 1000);
    packets.extend(answers.send(head.as_bytes(), 1000));
    packets.extend(answers.send(body, step));
    let frames: Vec<&[u8]> = packets.iter().map(Vec::as_slice).collect();
    pcap(RAW_IP, &frames)
}

/// The bytes of an archive's content.
fn bytes(content: &Value) -> Vec<u8> {
    let text = content["text"].as_str().unwrap_or_default();
    if content.get("encoding").is_none() {
        return text.as_bytes().to_vec();
    }
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits = text.trim_end_matches('=').as_bytes();
    let group = |digits: &[u8]| {
        let mut bits = [0_u8; 4];
        for (bits, byte) in bits.iter_mut().zip(digits) {
            *bits = digit(*byte);
        }
        let [a, b, c, d] = bits;
        let bytes = [a << 2 | b >> 4, b << 4 | c >> 2, c << 6 | d];
        bytes
            .into_iter()
            .take(digits.len() * 3 / 4)
            .collect::<Vec<u8>>()
    };
    digits.chunks(4).flat_map(group).collect()
}

/// A new folder, which goes with the value.
struct Folder(String);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("wirekit-content-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // Of an earlier process with the same number, which was killed.
        let _ = fs::remove_dir_all(&path);
        Self(path.to_string_lossy().into_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
