//! Each capture's story as text and as JSON, and its connections and packets.

use std::env;
use std::fs;

use serde_json::{Value, json};

use crate::{captures, inspect, package};

/// Strings longer than this stand in the golden files as their length and a digest.
const MAX_TEXT_LEN: usize = 160;

#[test]
fn every_capture_has_its_story() {
    let update = env::var_os("WIREKIT_BLESS").is_some();
    let mut wrong = Vec::new();
    let sample = package().join("../crates/wirekit-cli/sample.pcap");
    for capture in captures().into_iter().chain([sample]) {
        let name = capture
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&capture).expect("a capture");
        let views = [
            ("story.txt", inspect(&bytes, &[])),
            ("story.jsonl", inspect(&bytes, &["--format", "json"])),
            (
                "connections.txt",
                inspect(&bytes, &["--view", "connections"]),
            ),
            ("packets.txt", inspect(&bytes, &["--view", "packets"])),
        ];
        for (extension, run) in views {
            assert_eq!(
                (run.status, run.stderr.as_str()),
                (0, ""),
                "{name}.{extension}"
            );
            let printed = if extension.ends_with("jsonl") {
                shortened(&run.stdout)
            } else {
                run.stdout
            };
            let golden = package()
                .join("stories")
                .join(format!("{name}.{extension}"));
            if update {
                fs::write(&golden, &printed).expect("a golden file that can be written");
            } else if fs::read_to_string(&golden).unwrap_or_default() != printed {
                wrong.push(golden.file_name().expect("a name").to_owned());
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} differ; WIREKIT_BLESS=1 writes them anew"
    );
}

#[test]
fn json_packets_have_the_keys_of_the_contract() {
    for capture in captures() {
        let bytes = fs::read(&capture).expect("a capture");
        let run = inspect(&bytes, &["--view", "packets", "--format", "json"]);
        for line in run.stdout.lines() {
            let packet: Value = serde_json::from_str(line).expect("JSON");
            let keys = ["number", "timestamp", "protocol"];
            assert!(keys.iter().all(|key| packet.get(key).is_some()), "{line}");
            if packet["protocol"] == "tcp" {
                let keys = [
                    "source",
                    "destination",
                    "source_port",
                    "destination_port",
                    "connection",
                    "sequence_number",
                    "acknowledgment_number",
                    "flags",
                    "window",
                    "payload_len",
                    "checksum",
                    "options",
                    "state",
                    "notes",
                ];
                assert!(keys.iter().all(|key| packet.get(key).is_some()), "{line}");
            }
        }
    }
}

/// JSON Lines with long strings replaced.
fn shortened(lines: &str) -> String {
    let mut printed = String::new();
    for line in lines.lines() {
        let mut event: Value = serde_json::from_str(line).expect("JSON");
        shorten(&mut event);
        printed.push_str(&event.to_string());
        printed.push('\n');
    }
    printed
}

fn shorten(value: &mut Value) {
    match value {
        Value::String(text) if text.len() > MAX_TEXT_LEN => {
            *value = json!({ "characters": text.chars().count(), "digest": digest(text) });
        }
        Value::Array(list) => list.iter_mut().for_each(shorten),
        Value::Object(map) => map.values_mut().for_each(shorten),
        _ => {}
    }
}

/// FNV-1a: the same on every machine.
fn digest(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
