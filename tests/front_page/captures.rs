//! The example that follows the connections of a capture.

use std::process::Command;

use crate::program::{build_example, workspace};

#[test]
fn the_connections_of_a_capture_are_followed() {
    let example = build_example("tcp_streams", "dev");
    let capture = workspace().join("tests/captures/loss.pcap");
    let ran = Command::new(example)
        .arg(capture)
        .output()
        .expect("it runs");
    let printed = String::from_utf8_lossy(&ran.stdout);
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let (opened, gone) = (": Opened", ": Gone(Finished)");
    let count = |what: &str| printed.lines().filter(|line| line.contains(what)).count();
    assert!(count(opened) > 0, "{printed}");
    assert_eq!(count(opened), count(gone), "{printed}");
    assert!(count("HTTP/1.1") > 1, "{printed}");
}
