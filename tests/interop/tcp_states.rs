//! The tracker's states beside those that the kernels of both ends report.

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use wirekit::tcp::track::{Config, Side, State, Tracker};
use wirekit::tcp::{Flags, Segment};

use crate::tcp_capture::{Packet, packets};
use crate::tcp_link::{A, B, Link};

/// What a kernel needs to act on a packet that was captured.
const MOMENT: Duration = Duration::from_millis(10);

/// What both kernels said, at some time between two.
#[derive(Debug)]
struct Answer {
    step: String,
    port: u16,
    from: Duration,
    to: Duration,
    states: [String; 2],
}

impl Answer {
    fn parse(line: &str) -> Self {
        let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
        let text = |key: &str| line[key].as_str().expect("text").to_owned();
        let time = |key: &str| Duration::from_secs_f64(line[key].as_f64().expect("a time"));
        Self {
            step: text("step"),
            port: u16::try_from(line["port"].as_u64().expect("a port")).expect("16 bits"),
            from: time("from"),
            to: time("to"),
            states: [text("a"), text("b")],
        }
    }

    /// The segments of its connection that one end had captured before; `None` if one fell into the answer.
    fn captured<'p>(&self, packets: &'p [Packet]) -> Option<Vec<(&'p Packet, Side)>> {
        let mut before = Vec::new();
        for packet in packets.iter().filter(|packet| packet.protocol == 6) {
            let segment = Segment::parse(&packet.payload).expect("a segment");
            if ![segment.source_port(), segment.destination_port()].contains(&self.port) {
                continue;
            }
            if packet.timestamp + MOMENT < self.from {
                let from = if packet.source.to_string() == A {
                    Side::Client
                } else {
                    Side::Server
                };
                before.push((packet, from));
            } else if packet.timestamp <= self.to {
                return None;
            }
        }
        Some(before)
    }
}

/// The states after these segments, as the kernel names them.
fn states(segments: &[(&Packet, Side)]) -> ([&'static str; 2], Option<(Side, Flags)>) {
    let mut tracker = Tracker::new(Config::DEFAULT);
    let mut last = None;
    for (packet, from) in segments {
        let segment = Segment::parse(&packet.payload).expect("a segment");
        tracker.observe(packet.timestamp, *from, &segment);
        last = Some((*from, segment.flags().without(Flags::PSH)));
    }
    // A server that nobody connects to any more is a listener, which is not asked for.
    let shown = tracker.states().map(|state| {
        if state == State::Listen {
            State::Closed.as_str()
        } else {
            state.as_str()
        }
    });
    (shown, last)
}

#[test]
fn states_are_those_of_the_kernel() {
    let link = Link::new(&["--delay", "300"]);
    let captures = [link.capture(0), link.capture(1)];
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
    let ends = captures.map(|capture| packets(&capture.stop()));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let (mut seen, mut checked) = (BTreeSet::new(), BTreeMap::new());
    for answer in text.lines().map(Answer::parse) {
        let is_checked = checked
            .entry((answer.port, answer.step.clone()))
            .or_insert(false);
        // The kernels were asked again, and one answer of a step has no packet in it.
        let [Some(at_a), Some(at_b)] = [&ends[0], &ends[1]].map(|end| answer.captured(end)) else {
            continue;
        };
        let (ours, last) = states(&at_a);
        assert_eq!(ours[0], answer.states[0], "{answer:?} after {last:?}");
        seen.insert(ours[0]);
        // The tracker stands beside A: it knows nothing of what is on its way from B, and takes what A has sent for
        // delivered.
        let sent = |captured: &[(&Packet, Side)]| {
            let is_client = |(_, from): &&(&Packet, Side)| *from == Side::Client;
            (captured.len(), captured.iter().filter(is_client).count())
        };
        if sent(&at_a) == sent(&at_b) {
            assert_eq!(ours[1], answer.states[1], "{answer:?} after {last:?}");
            seen.insert(ours[1]);
            *is_checked = true;
        }
    }
    assert!(checked.values().all(|checked| *checked), "{checked:?}");
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
