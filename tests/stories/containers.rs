//! The same packets in another container give the same story.

use std::fs;

use crate::capture::{Capture, Order, gzip};
use crate::{captures, inspect, package};

#[test]
fn the_container_does_not_matter() {
    for path in captures() {
        let file = fs::read(&path).expect("a capture");
        let expected = [inspect(&file, &[]), inspect(&file, &["--format", "json"])];
        let capture = Capture::read(&file);
        let containers = [
            ("microseconds", capture.pcap(Order::Little, 1000)),
            ("microseconds, big-endian", capture.pcap(Order::Big, 1000)),
            ("nanoseconds", capture.pcap(Order::Little, 1)),
            ("nanoseconds, big-endian", capture.pcap(Order::Big, 1)),
            ("modified", capture.modified_pcap(Order::Little)),
            ("modified, big-endian", capture.modified_pcap(Order::Big)),
            ("pcapng", capture.pcapng(Order::Little)),
            ("pcapng, big-endian", capture.pcapng(Order::Big)),
            ("gzip", gzip(&file)),
            ("gzip of pcapng", gzip(&capture.pcapng(Order::Little))),
            (
                "two gzip members",
                [gzip(&file[..100]), gzip(&file[100..])].concat(),
            ),
        ];
        for (name, container) in containers {
            let printed = [
                inspect(&container, &[]),
                inspect(&container, &["--format", "json"]),
            ];
            assert_eq!(printed, expected, "{} as {name}", path.display());
        }
    }
}

#[test]
fn a_named_file_and_stdin_tell_the_same() {
    let path = package().join("captures/websocket.pcap");
    let path = path.to_str().expect("a name in UTF-8");
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("story");
    let output = output.to_str().expect("a name in UTF-8");
    let expected = inspect(&fs::read(path).expect("a capture"), &[]);
    let mut stdout = Vec::new();
    let status = wirekit_cli::run(
        ["wirekit", "inspect", path],
        &b""[..],
        &mut stdout,
        Vec::new(),
    );
    assert_eq!(
        (status, String::from_utf8_lossy(&stdout).as_ref()),
        (0, expected.stdout.as_str())
    );
    let status = wirekit_cli::run(
        ["wirekit", "inspect", path, "-o", output],
        &b""[..],
        Vec::new(),
        Vec::new(),
    );
    assert_eq!(
        (status, fs::read_to_string(output).expect("the story")),
        (0, expected.stdout)
    );
}
