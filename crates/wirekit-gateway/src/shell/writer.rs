//! What writes the access log: a thread that may wait for a disk, beside workers that never do.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, channel, sync_channel};

use crate::config::AccessLog;

/// How many lines wait at most; what comes beyond is lost rather than waited for.
const MAX_LINES: usize = 8192;

/// How much is written at once.
const MAX_BATCH_LEN: usize = 64 * 1024;

/// How long lines are gathered before the next write: a worker whose line has to wake the thread pays for that.
const GATHERING: Duration = Duration::from_millis(10);

/// Lines on their way to the thread that writes them.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    sender: SyncSender<Vec<u8>>,
    state: Arc<State>,
}

/// What both sides know.
#[derive(Debug, Default)]
struct State {
    is_reopening: AtomicBool,
    /// Lines for which there was no room, and that were not counted as lost yet.
    overflowed: AtomicU64,
    lost: AtomicU64,
}

/// A thread that writes until the last [`Lines`] are gone.
#[derive(Debug)]
pub(super) struct Writing {
    done: Receiver<()>,
}

impl Writing {
    /// Waits until everything is written, but not for a reader that does not read.
    pub(super) fn finish(&self) {
        let _ = self.done.recv_timeout(Duration::from_secs(2));
    }
}

/// Starts to write; nothing where there is no log.
pub(super) fn start(log: &AccessLog) -> io::Result<Option<(Lines, Writing)>> {
    let (out, path) = match log {
        AccessLog::None => return Ok(None),
        AccessLog::Stdout => (io::stdout().as_fd().try_clone_to_owned()?.into(), None),
        AccessLog::File(path) => (open(path)?, Some(path.clone())),
    };
    let (sender, receiver) = sync_channel(MAX_LINES);
    let (finished, done) = channel();
    let state = Arc::new(State::default());
    let mut writer = Writer {
        out,
        path,
        state: state.clone(),
        untold: 0,
        is_cut: false,
    };
    std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || {
            writer.run(&receiver);
            let _ = finished.send(());
        })?;
    Ok(Some((Lines { sender, state }, Writing { done })))
}

impl Lines {
    /// Hands over a line, or loses it: a worker never waits for a disk.
    pub(super) fn put(&self, line: Vec<u8>) {
        if self.sender.try_send(line).is_err() {
            self.state.overflowed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The file's name leads to another file from now on: what comes next goes there.
    pub(super) fn reopen(&self) {
        self.state.is_reopening.store(true, Ordering::Release);
        // Wakes the thread; one that has lines to write needs no waking.
        let _ = self.sender.try_send(Vec::new());
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
        let overflowed = self.state.overflowed.load(Ordering::Relaxed);
        self.state.lost.load(Ordering::Relaxed) + overflowed
    }
}

fn open(path: &Path) -> io::Result<File> {
    let file = OpenOptions::new().append(true).create(true).open(path);
    file.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", path.display())))
}

/// The thread's side.
struct Writer {
    out: File,
    /// None for standard output.
    path: Option<PathBuf>,
    state: Arc<State>,
    /// Lost lines that no message spoke of yet.
    untold: u64,
    /// The last line was written in part.
    is_cut: bool,
}

impl Writer {
    fn run(&mut self, lines: &Receiver<Vec<u8>>) {
        while let Ok(mut text) = lines.recv() {
            while text.len() < MAX_BATCH_LEN {
                match lines.try_recv() {
                    Ok(line) => text.extend_from_slice(&line),
                    Err(_) => break,
                }
            }
            if self.state.is_reopening.swap(false, Ordering::Acquire) {
                self.reopen();
            }
            self.write(&text);
            std::thread::sleep(GATHERING);
        }
        self.lose(self.state.overflowed.swap(0, Ordering::Relaxed));
        self.tell();
    }

    fn reopen(&mut self) {
        let Some(path) = &self.path else { return };
        match open(path) {
            Ok(file) => (self.out, self.is_cut) = (file, false),
            Err(error) => log::error!("the access log stays where it is: {error}"),
        }
    }

    /// Writes lines, and counts those that could not be written.
    fn write(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        let overflowed = self.state.overflowed.swap(0, Ordering::Relaxed);
        self.lose(overflowed);
        let (written, error) = self.try_write(text);
        let rest = text.get(written..).unwrap_or_default();
        if written > 0 {
            self.is_cut = !rest.is_empty() && text.get(written - 1) != Some(&b'\n');
        }
        let lost = rest.iter().filter(|byte| **byte == b'\n').count() as u64;
        match error {
            Some(error) => {
                if self.untold == overflowed {
                    log::warn!("the access log cannot be written, and lines are lost: {error}");
                }
                self.lose(lost);
            }
            None if overflowed == 0 => self.tell(),
            None => {}
        }
    }

    /// How much was written, and what went wrong then.
    fn try_write(&mut self, text: &[u8]) -> (usize, Option<io::Error>) {
        // A line that was cut off is ended, so that the next one begins at a line's start.
        if self.is_cut {
            match self.out.write(b"\n") {
                Ok(1) => self.is_cut = false,
                Ok(_) => return (0, Some(ErrorKind::WriteZero.into())),
                Err(error) => return (0, Some(error)),
            }
        }
        let mut written = 0;
        while let Some(rest) = text.get(written..).filter(|rest| !rest.is_empty()) {
            match self.out.write(rest) {
                Ok(0) => return (written, Some(ErrorKind::WriteZero.into())),
                Ok(len) => written += len,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return (written, Some(error)),
            }
        }
        (written, None)
    }

    fn lose(&mut self, lines: u64) {
        self.untold += lines;
        self.state.lost.fetch_add(lines, Ordering::Relaxed);
    }

    /// Says how many lines were lost, now that it is over.
    fn tell(&mut self) {
        if self.untold > 0 {
            log::warn!("lines of the access log that were lost: {}", self.untold);
            self.untold = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_costs_lines_and_whole_ones() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        std::os::unix::fs::symlink("/dev/full", &path).unwrap();
        let (lines, writing) = start(&AccessLog::File(path.clone())).unwrap().unwrap();
        lines.put(b"one\n".to_vec());
        lines.put(b"two\n".to_vec());
        for _ in 0..1000 {
            if lines.lost() == 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(lines.lost(), 2);
        std::fs::remove_file(&path).unwrap();
        lines.reopen();
        lines.put(b"three\n".to_vec());
        drop(lines);
        writing.finish();
        assert_eq!(std::fs::read(&path).unwrap(), b"three\n");
    }

    #[test]
    fn a_line_that_was_cut_off_is_ended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let mut writer = Writer {
            out: open(&path).unwrap(),
            path: None,
            state: Arc::default(),
            untold: 0,
            is_cut: true,
        };
        writer.write(b"next\n");
        assert_eq!(std::fs::read(&path).unwrap(), b"\nnext\n");
    }
}
