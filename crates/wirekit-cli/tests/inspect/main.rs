//! `wirekit inspect` on captures that the tests make.

#![cfg(test)]

mod blocks;
mod checksums;
mod endings;
mod exchanges;
mod extraction;
mod faults;
mod filters;
mod gaps;
mod har;
mod journeys;
#[cfg(unix)]
mod live;
mod names;
mod networks;
mod recognition;
mod statistics;
mod streams;
mod talk;
#[cfg(target_os = "linux")]
mod terminal;

use std::io::Write as _;

use serde_json::Value;

/// What `wirekit inspect` prints about a capture.
fn inspect(capture: &[u8], arguments: &[&str]) -> String {
    let (status, printed, said) = run(capture, arguments);
    assert_eq!((status, said.as_str()), (0, ""), "{printed}");
    printed
}

/// Status, stdout and stderr. Stdin and a file, which a thread of its own reads, give the same.
fn run(capture: &[u8], arguments: &[&str]) -> (u8, String, String) {
    let run = |name: &str, stdin: &[u8]| {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let all = ["wirekit", "inspect", name];
        let all = all.iter().chain(arguments);
        let status = wirekit_cli::run(all, stdin, &mut stdout, &mut stderr);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (status, text(stdout), text(stderr).replace(name, "-"))
    };
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(capture).unwrap();
    let from_file = run(file.path().to_str().unwrap(), b"");
    // What is extracted is written once.
    if arguments.contains(&"--extract") {
        return from_file;
    }
    let from_stdin = run("-", capture);
    assert_eq!(from_stdin, from_file, "{arguments:?}");
    from_stdin
}

/// The events of a story, or the rows of another view.
fn json(capture: &[u8], arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["--format", "json"], arguments].concat();
    inspect(capture, &arguments)
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

/// The events of one name.
fn events(capture: &[u8], name: &str) -> Vec<Value> {
    let all = json(capture, &[]).into_iter();
    all.filter(|event| event["event"] == name).collect()
}
