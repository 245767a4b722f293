//! The stories of the captures in `tests/captures`, against what lies in `tests/stories`.
//!
//! `WIREKIT_BLESS=1 cargo test -p wirekit-tests --test stories` writes the files anew.

#![cfg(test)]
#![expect(clippy::cast_possible_truncation, reason = "what a test builds fits")]

mod bounds;
mod capture;
mod containers;
mod golden;
mod midway;
mod offloaded;
mod truncated;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The folder of the package.
fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every capture, in the order of the names.
fn captures() -> Vec<PathBuf> {
    let folder = fs::read_dir(package().join("captures")).expect("the folder of captures");
    let mut captures: Vec<PathBuf> = folder
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "pcap")
        })
        .collect();
    captures.sort();
    captures
}

/// What `wirekit inspect` did.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    status: u8,
    stdout: String,
    stderr: String,
}

/// Runs `wirekit inspect` on bytes that come from stdin and from a file, which give the same.
fn inspect(capture: &[u8], arguments: &[&str]) -> Run {
    let run = |name: &str, stdin: &[u8]| {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let all = ["wirekit", "inspect", name];
        let all = all.iter().chain(arguments);
        let status = wirekit_cli::run(all, stdin, &mut stdout, &mut stderr);
        let stderr = String::from_utf8(stderr).expect("UTF-8 on stderr");
        Run {
            status,
            stdout: String::from_utf8(stdout).expect("UTF-8 on stdout"),
            stderr: stderr.replace(name, "-"),
        }
    };
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(capture).expect("a file with a capture");
    let from_file = run(file.path().to_str().expect("a name in UTF-8"), b"");
    let from_stdin = run("-", capture);
    assert_eq!(from_stdin, from_file, "{arguments:?}");
    from_stdin
}
