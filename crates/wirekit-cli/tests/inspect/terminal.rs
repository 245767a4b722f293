//! `wirekit inspect` on a terminal.

use core::time::Duration;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

const RECORDS: u32 = 280;
const RECORD_LEN: u32 = 250_000;

/// A capture that is long enough for its progress to be shown; nearly all of it is a hole.
fn long_capture(file: &mut File) {
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 262_144, 1] {
        file.write_all(&u32::to_le_bytes(word)).unwrap();
    }
    for number in 0..RECORDS {
        for word in [number, 0, RECORD_LEN, RECORD_LEN] {
            file.write_all(&word.to_le_bytes()).unwrap();
        }
        file.seek(SeekFrom::Current(RECORD_LEN.into())).unwrap();
    }
    let len = file.stream_position().unwrap();
    file.set_len(len).unwrap();
}

/// The program holds the lock of stderr while it runs, so that another thread which draws there waits forever.
#[test]
fn progress_is_shown_whoever_reads() {
    let mut capture = tempfile::NamedTempFile::new().unwrap();
    long_capture(capture.as_file_mut());
    let program = env!("CARGO_BIN_EXE_wirekit");
    // One is read by a thread of its own, the other is not.
    for view in ["connections", "exchanges"] {
        let command = format!(
            "{program} inspect --view {view} {}",
            capture.path().display()
        );
        let mut terminal = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = terminal.stdout.take().unwrap();
        let reader = thread::spawn(move || {
            let mut shown = Vec::new();
            stdout.read_to_end(&mut shown).unwrap();
            String::from_utf8_lossy(&shown).into_owned()
        });
        let start = Instant::now();
        let status = loop {
            if let Some(status) = terminal.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > Duration::from_secs(60) {
                terminal.kill().unwrap();
                panic!("{view} does not end");
            }
            thread::sleep(Duration::from_millis(10));
        };
        let shown = reader.join().unwrap();
        assert_eq!(status.code(), Some(0), "{view}: {shown}");
        assert!(shown.contains(" of 66.76 MiB"), "{view}: {shown}");
        assert!(shown.contains("280 packets"), "{view}: {shown}");
    }
}
