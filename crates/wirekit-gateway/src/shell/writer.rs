//! What writes the access log: a thread that may wait for a disk, beside workers that never do.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use core::time::Duration;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};

use crate::config::AccessLog;

/// How much of one worker waits at most; what comes beyond is lost rather than waited for.
const MAX_WAITING_LEN: usize = 1024 * 1024;

/// How long lines are gathered before the next write: a worker whose line has to wake the thread pays for that.
const GATHERING: Duration = Duration::from_millis(10);

/// Where a worker's lines wait for the thread that writes them. Each clone has a place of its own, so that workers do not wait
/// for each other; lines of one are written in their order.
#[derive(Debug)]
pub(super) struct Lines {
    place: Arc<Mutex<Place>>,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct Place {
    text: Vec<u8>,
    /// Nothing more comes.
    is_left: bool,
}

/// What both sides know.
#[derive(Debug, Default)]
struct State {
    places: Mutex<Vec<Arc<Mutex<Place>>>>,
    thread: OnceLock<Thread>,
    /// The thread waits until it is woken. It says so before it looks for lines a last time.
    is_asleep: AtomicBool,
    is_reopening: AtomicBool,
    /// Lines for which there was no room, and that were not counted as lost yet.
    overflowed: AtomicU64,
    lost: AtomicU64,
}

impl State {
    fn wake(&self) {
        if self.is_asleep.load(Ordering::Relaxed)
            && self.is_asleep.swap(false, Ordering::AcqRel)
            && let Some(thread) = self.thread.get()
        {
            thread.unpark();
        }
    }
}

/// Nobody panics who has it, and text that is there is text.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
    let (finished, done) = channel();
    let state = Arc::new(State::default());
    let lines = Lines::new(state.clone());
    let mut writer = Writer {
        out,
        path,
        state,
        untold: 0,
        is_cut: false,
    };
    thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || {
            writer.run();
            let _ = finished.send(());
        })?;
    Ok(Some((lines, Writing { done })))
}

impl Lines {
    fn new(state: Arc<State>) -> Self {
        let place = Arc::default();
        lock(&state.places).push(Arc::clone(&place));
        Self { place, state }
    }

    /// Lets a line be written to where it waits, or loses it: a worker never waits for a disk. The thread has the place for as
    /// long as it takes to put an empty text there.
    pub(super) fn put(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut place = lock(&self.place);
        if place.text.len() < MAX_WAITING_LEN {
            write(&mut place.text);
        } else {
            self.state.overflowed.fetch_add(1, Ordering::Relaxed);
        }
        drop(place);
        self.state.wake();
    }

    /// The file's name leads to another file from now on: what comes next goes there.
    pub(super) fn reopen(&self) {
        self.state.is_reopening.store(true, Ordering::Release);
        // A thread that had this place before sleeps now, and is woken; one that has it later sees what is to be done.
        drop(lock(&self.place));
        self.state.wake();
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
        let overflowed = self.state.overflowed.load(Ordering::Relaxed);
        self.state.lost.load(Ordering::Relaxed) + overflowed
    }
}

impl Clone for Lines {
    fn clone(&self) -> Self {
        Self::new(self.state.clone())
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        lock(&self.place).is_left = true;
        self.state.wake();
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
    fn run(&mut self) {
        let _ = self.state.thread.set(thread::current());
        // Its room is exchanged with that of a place, again and again.
        let mut text = Vec::new();
        loop {
            let places = self.places();
            if places.is_empty() {
                break;
            }
            if self.state.is_reopening.swap(false, Ordering::Acquire) {
                self.reopen();
            }
            let mut has_written = false;
            for place in places {
                core::mem::swap(&mut lock(&place).text, &mut text);
                has_written |= !text.is_empty();
                self.write(&text);
                text.clear();
            }
            match has_written {
                true => thread::sleep(GATHERING),
                false => self.wait(),
            }
        }
        self.lose(self.state.overflowed.swap(0, Ordering::Relaxed));
        self.tell();
    }

    /// Those in which there is something, or will be.
    fn places(&self) -> Vec<Arc<Mutex<Place>>> {
        let mut places = lock(&self.state.places);
        places.retain(|place| {
            let place = lock(place);
            !place.is_left || !place.text.is_empty()
        });
        places.clone()
    }

    /// Waits until there is something to do.
    fn wait(&self) {
        self.state.is_asleep.store(true, Ordering::Release);
        let places = lock(&self.state.places);
        let is_quiet = places.iter().all(|place| {
            let place = lock(place);
            !place.is_left && place.text.is_empty()
        });
        drop(places);
        if is_quiet && !self.state.is_reopening.load(Ordering::Acquire) {
            thread::park();
        }
        self.state.is_asleep.store(false, Ordering::Relaxed);
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
        lines.put(|text| text.extend_from_slice(b"one\n"));
        lines.clone().put(|text| text.extend_from_slice(b"two\n"));
        for _ in 0..1000 {
            if lines.lost() == 2 {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(lines.lost(), 2);
        std::fs::remove_file(&path).unwrap();
        lines.reopen();
        lines.put(|text| text.extend_from_slice(b"three\n"));
        drop(lines);
        writing.finish();
        assert_eq!(std::fs::read(&path).unwrap(), b"three\n");
    }

    #[test]
    fn lines_for_which_there_is_no_room_are_lost_and_counted() {
        // Nobody takes them away.
        let lines = Lines::new(Arc::default());
        let line = [b'x'; 64 * 1024];
        for _ in 0..MAX_WAITING_LEN / line.len() + 3 {
            lines.put(|text| text.extend_from_slice(&line));
        }
        assert_eq!(lines.lost(), 3);
        assert_eq!(lock(&lines.place).text.len(), MAX_WAITING_LEN);
        // There is room for another's.
        lines.clone().put(|text| text.extend_from_slice(&line));
        assert_eq!(lines.lost(), 3);
    }

    #[test]
    fn each_line_is_written_once_and_in_the_order_of_its_worker() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let (lines, writing) = start(&AccessLog::File(path.clone())).unwrap().unwrap();
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let lines = lines.clone();
                thread::spawn(move || {
                    for line in 0..1000 {
                        lines.put(|text| writeln!(text, "{worker} {line}").unwrap());
                        if line % 100 == worker {
                            // Long enough for the thread to fall asleep.
                            thread::sleep(3 * GATHERING);
                        }
                    }
                })
            })
            .collect();
        drop(lines);
        for worker in workers {
            worker.join().unwrap();
        }
        writing.finish();
        let text = std::fs::read_to_string(&path).unwrap();
        for worker in 0..4 {
            let of_worker = text.lines().filter_map(|line| line.split_once(' '));
            let of_worker = of_worker.filter(|(name, _)| *name == worker.to_string());
            assert!(
                of_worker
                    .map(|(_, line)| line.to_owned())
                    .eq((0..1000).map(|line| line.to_string()))
            );
        }
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
