//! `wirekit inspect -` while packets are still being captured.

use core::time::Duration;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

const SAMPLE: &[u8] = include_bytes!("../../sample.pcap");

/// The first packets of the sample, as a file.
fn packets(count: usize) -> usize {
    let mut at = 24;
    for _ in 0..count {
        let len = SAMPLE[at + 8..at + 12].try_into().unwrap();
        at += 16 + u32::from_le_bytes(len) as usize;
    }
    at
}

/// Asserts that something is shown while the program waits for more, and gives all that was shown.
fn live(arguments: &[&str], expected: &str) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wirekit"))
        .args(["inspect", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stdin, stdout) = (
        program.stdin.take().unwrap(),
        program.stdout.take().unwrap(),
    );
    let (sender, lines) = channel();
    let reader = thread::spawn(move || {
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        while stdout.read_line(&mut line).unwrap() > 0 {
            let _ = sender.send(core::mem::take(&mut line));
        }
        let _ = stdout.read_to_string(&mut line);
    });
    // A packet is cut where the pipe is: what stands before it is shown all the same.
    let end = packets(40);
    stdin.write_all(&SAMPLE[..end + 20]).unwrap();
    let start = Instant::now();
    let mut seen = String::new();
    while !seen.contains(expected) {
        let line = lines.recv_timeout(Duration::from_secs(20));
        seen.push_str(&line.unwrap_or_else(|_| panic!("no {expected} in {seen}")));
    }
    // The promise is 100 ms; a machine that does much else may take longer.
    assert!(
        start.elapsed() < Duration::from_secs(5),
        "{:?}",
        start.elapsed()
    );
    let pid = program.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let status = program.wait().unwrap();
    assert_eq!(status.code(), Some(0));
    reader.join().unwrap();
    drop(stdin);
    let rest: String = lines.iter().collect();
    if arguments.len() < 3 {
        assert!(
            rest.contains("40 packets") || arguments.contains(&"packets"),
            "{rest}"
        );
    }
    seen + &rest
}

/// A connection is shown from its beginning once the filter has its word, and nothing of others before or behind it.
#[test]
fn what_a_filter_asks_for_is_shown_once_it_is_known() {
    let rows: [(&[&str], &str, &[&str]); 4] = [
        (&["--grep", "favicon.ico"], "GET /favicon.ico", &["#2"]),
        (&["--grep", "item=7"], "uwsgi GET /app", &["#3", "#4"]),
        (&["--protocol", "uwsgi"], "uwsgi GET /app", &["#4"]),
        (&["--host", "10.77.0.2"], "uwsgi GET /app", &["#3", "#4"]),
    ];
    for (filter, expected, connections) in rows {
        let shown = live(filter, expected);
        let headings = shown.lines().filter(|line| line.starts_with('#'));
        let mut numbers: Vec<_> = headings.filter_map(|it| it.split(' ').next()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers, connections, "{filter:?}: {shown}");
        let opened = shown.matches("  →   SYN  mss").count();
        assert_eq!(opened, connections.len(), "{filter:?}: {shown}");
    }
}

#[test]
fn packets_are_shown_as_they_come() {
    live(&["--view", "packets"], "\n    40  ");
}

#[test]
fn events_are_shown_as_they_come_and_an_interrupt_ends_with_the_totals() {
    live(&[], "GET / HTTP/1.1");
    live(
        &["--format", "json", "--view", "story"],
        "\"event\":\"request\"",
    );
}

#[test]
fn a_connection_is_shown_when_it_is_over() {
    live(&["--view", "connections"], "\n2 ");
}
