//! The statistics of `inspect --view connections` beside tshark's, on every capture.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::program::finish;
use crate::tcp_capture::captures;

/// What one end of a connection sent, by its address and port, and the peer's.
type Flow = (String, String);

/// What tshark counts of a flow.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    packets: u64,
    bytes: u64,
    data_segments: u64,
    retransmissions: u64,
    full_windows: u64,
    zero_windows: u64,
}

/// A flow, and the round trips of its segments in nanoseconds.
#[derive(Debug, Default)]
struct Seen {
    counts: Counts,
    round_trips: Vec<u64>,
}

fn tshark(path: &Path) -> BTreeMap<Flow, Seen> {
    let fields = [
        "ip.src",
        "ipv6.src",
        "tcp.srcport",
        "ip.dst",
        "ipv6.dst",
        "tcp.dstport",
        "tcp.len",
        "tcp.analysis.retransmission",
        "tcp.analysis.window_full",
        "tcp.analysis.zero_window",
        "tcp.analysis.ack_rtt",
    ];
    let mut command = Command::new("tshark");
    command.args(["-n", "-2", "-r"]).arg(path);
    for preference in ["tcp.check_checksum:FALSE", "ip.defragment:TRUE"] {
        command.args(["-o", preference]);
    }
    command.args(["-Y", "tcp", "-T", "fields", "-E", "occurrence=f"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = finish(&mut command);
    assert!(output.status.success(), "tshark");
    let mut flows: BTreeMap<Flow, Seen> = BTreeMap::new();
    for line in String::from_utf8(output.stdout).expect("UTF-8").lines() {
        let cells: Vec<&str> = line.split('\t').collect();
        let end = |at: usize| format!("{}{} {}", cells[at], cells[at + 1], cells[at + 2]);
        let (from, to) = (end(0), end(3));
        let len: u64 = cells[6].parse().expect("a length");
        let seen = flows.entry((from.clone(), to.clone())).or_default();
        let counts = &mut seen.counts;
        counts.packets += 1;
        counts.bytes += len;
        counts.data_segments += u64::from(len > 0);
        counts.retransmissions += u64::from(len > 0 && !cells[7].is_empty());
        counts.full_windows += u64::from(!cells[8].is_empty());
        counts.zero_windows += u64::from(!cells[9].is_empty());
        if !cells[10].is_empty() {
            // That of the segment that is acknowledged, which went the other way.
            let seen = flows.entry((to, from)).or_default();
            seen.round_trips.push(nanoseconds(cells[10]));
        }
    }
    flows
}

fn nanoseconds(seconds: &str) -> u64 {
    let (whole, decimals) = seconds.split_once('.').unwrap_or((seconds, ""));
    format!("{whole}{decimals:0<9}").parse().expect("a number")
}

/// The rows of the connections, and of the protocols.
fn inspect(path: &Path) -> (Vec<Value>, Vec<Value>) {
    let arguments = [
        "wirekit".as_ref(),
        "inspect".as_ref(),
        path.as_os_str(),
        "--view".as_ref(),
        "connections".as_ref(),
        "--format".as_ref(),
        "json".as_ref(),
        "--ignore-checksums".as_ref(),
    ];
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let status = wirekit_cli::run(arguments, &b""[..], &mut out, &mut err);
    assert_eq!(status, 0, "{}", String::from_utf8_lossy(&err));
    let text = String::from_utf8(out).expect("UTF-8");
    let rows = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let (connections, statistics): (Vec<Value>, Vec<Value>) =
        rows.partition(|row: &Value| row["statistics"].is_null());
    let is_protocol = |row: &Value| row["statistics"] == "protocol";
    (
        connections,
        statistics.into_iter().filter(is_protocol).collect(),
    )
}

/// What a row says of one end: the connections between the same ports are one flow of tshark's here.
fn add(row: &Value, (end, to): (&str, &str), flows: &mut BTreeMap<Flow, Seen>) {
    let number = |key: &str| row[format!("{key}_from_{end}")].as_u64().expect("a count");
    let name = |end: &str| {
        let address = row[end].as_str().expect("an address");
        format!("{address} {}", row[format!("{end}_port")])
    };
    let seen = flows.entry((name(end), name(to))).or_default();
    let counts = &mut seen.counts;
    counts.packets += number("packets");
    counts.bytes += number("bytes");
    counts.data_segments += number("data_segments");
    counts.retransmissions += number("retransmissions");
    counts.full_windows += number("full_windows");
    counts.zero_windows += number("zero_windows");
}

/// Least, middle and greatest.
fn summary(row: &Value, to: &str) -> Option<[u64; 3]> {
    let times = row.get(format!("round_trip_to_{to}"))?;
    let time = |key: &str| nanoseconds(&format!("{:.9}", times[key].as_f64().expect("seconds")));
    Some(["min", "median", "max"].map(time))
}

#[test]
fn counts_are_those_of_tshark() {
    for path in captures() {
        let (rows, _) = inspect(&path);
        let mut ours = BTreeMap::new();
        for row in rows.iter().filter(|row| row["transport"] == "tcp") {
            add(row, ("client", "server"), &mut ours);
            add(row, ("server", "client"), &mut ours);
        }
        let theirs = tshark(&path);
        for (flow, seen) in &theirs {
            let own = ours.get(flow).map(|own| &own.counts);
            assert_eq!(own, Some(&seen.counts), "{flow:?} in {}", path.display());
        }
    }
}

/// tshark before 4.2 does not know Karn's algorithm: where something was sent twice, our times are among its own.
#[test]
fn round_trips_are_those_of_tshark() {
    let mut compared = 0;
    for path in captures() {
        let (rows, _) = inspect(&path);
        let theirs = tshark(&path);
        for row in rows.iter().filter(|row| row["transport"] == "tcp") {
            for (from, to) in [("client", "server"), ("server", "client")] {
                let name = |end: &str| {
                    let address = row[end].as_str().expect("an address");
                    format!("{address} {}", row[format!("{end}_port")])
                };
                let Some(seen) = theirs.get(&(name(from), name(to))) else {
                    continue;
                };
                let mut times = seen.round_trips.clone();
                times.sort_unstable();
                let Some(own) = summary(row, to) else {
                    continue;
                };
                let is_plain = row["notes"]
                    .as_object()
                    .is_some_and(serde_json::Map::is_empty);
                // There two ends open at the same time, and each sends its SYN twice.
                let is_odd = path.ends_with("raw_odd_endings.pcap");
                if is_plain && !is_odd {
                    let middle = times.len().div_ceil(2) - 1;
                    let expected = [times[0], times[middle], times[times.len() - 1]];
                    assert_eq!(own, expected, "{row} in {}: {times:?}", path.display());
                    compared += 1;
                } else {
                    let all: BTreeSet<u64> = times.into_iter().collect();
                    for time in own {
                        assert!(all.contains(&time), "{time} of {row} in {}", path.display());
                    }
                }
            }
        }
    }
    assert!(compared > 20, "{compared}");
}

/// `-z io,phs`: the packets of each transport; and `-z conv,tcp`: the connections.
#[test]
fn protocols_add_up_to_the_hierarchy_of_tshark() {
    for path in captures() {
        let (rows, protocols) = inspect(&path);
        for transport in ["tcp", "udp"] {
            let of = |row: &&Value| row["transport"] == transport;
            let sum = |key: &str| -> u64 {
                let rows = protocols.iter().filter(of);
                rows.filter_map(|row| row[key].as_u64()).sum()
            };
            let packets = sum("packets_from_client") + sum("packets_from_server");
            let connections = sum("connections");
            assert_eq!(connections, rows.iter().filter(of).count() as u64);
            let mut command = Command::new("tshark");
            command.args(["-n", "-q", "-r"]).arg(&path);
            // One that is quoted in an ICMP message is none.
            let filter = format!("{transport} && !icmp && !icmpv6");
            command.args(["-z", &format!("io,phs,{filter}")]);
            command.args(["-z", &format!("conv,{transport},{filter}")]);
            let output = finish(&mut command);
            let text = String::from_utf8(output.stdout).expect("UTF-8");
            // Below IPv4 and below IPv6.
            let frames = text.lines().filter_map(|line| {
                let (name, rest) = line.trim().split_once(char::is_whitespace)?;
                let frames = rest.trim().strip_prefix("frames:")?;
                let frames = frames.split_whitespace().next()?;
                (name == transport).then(|| frames.parse::<u64>().expect("a count"))
            });
            assert_eq!(
                packets,
                frames.sum::<u64>(),
                "{transport} in {}",
                path.display()
            );
            let conversations = text.lines().filter(|line| line.contains("<->")).count();
            assert_eq!(
                connections,
                conversations as u64,
                "{transport} in {}\n{text}",
                path.display()
            );
        }
    }
}
