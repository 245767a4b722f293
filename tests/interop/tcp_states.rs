//! The tracker's states beside those that the kernels of both ends report.

use core::time::Duration;
use std::process::Command;

use wirekit::tcp::{Config, Flags, Segment, Side, State, Tracker};

use crate::tcp_capture::packets;
use crate::tcp_link::{A, B, Link};

/// From one end to the other.
const DELAY: Duration = Duration::from_millis(200);

#[test]
fn states_are_those_of_the_kernel() {
    let link = Link::new(&["--delay", "200"]);
    let capture = link.capture(0);
    let [a, b] = link.namespaces();
    let script = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/tcp_states.py");
    let output = Command::new("python3")
        .arg(script)
        .args([a, A, b, B])
        .output()
        .expect("python3 is installed");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let packets = packets(&capture.stop());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let mut seen = std::collections::BTreeSet::new();
    for line in text.lines() {
        let step: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let port = u16::try_from(step["port"].as_u64().expect("a port")).expect("16 bits");
        let time = Duration::from_secs_f64(step["time"].as_f64().expect("a time"));
        let mut tracker = Tracker::new(Config::DEFAULT);
        let (mut last, mut on_the_way) = (None, false);
        for packet in packets
            .iter()
            .filter(|packet| packet.protocol == 6 && packet.timestamp <= time)
        {
            let segment = Segment::parse(&packet.payload).expect("a segment");
            if ![segment.source_port(), segment.destination_port()].contains(&port) {
                continue;
            }
            let from = if packet.source.to_string() == A {
                Side::Client
            } else {
                Side::Server
            };
            tracker.observe(packet.timestamp, from, &segment);
            last = Some((from, segment.flags().without(Flags::PSH)));
            on_the_way |= from == Side::Client && packet.timestamp + DELAY > time;
        }
        let [client, server] = tracker.states();
        // A server that nobody connects to any more is a listener, which `ss` lists apart.
        let shown = |state: State| {
            if state == State::Listen {
                State::Closed
            } else {
                state
            }
        };
        let ours = [shown(client).as_str(), shown(server).as_str()];
        assert_eq!(ours[0], step["a"], "{line} after {last:?}");
        // The tracker takes a segment for delivered that is still on its way to the far end.
        if !on_the_way {
            assert_eq!(ours[1], step["b"], "{line} after {last:?}");
        }
        seen.extend(ours);
    }
    let expected = [
        "CLOSED",
        "CLOSE-WAIT",
        "CLOSING",
        "ESTABLISHED",
        "FIN-WAIT-2",
        "SYN-RECEIVED",
        "TIME-WAIT",
    ];
    for state in expected {
        assert!(seen.contains(state), "{state} was not among {seen:?}");
    }
}
