use core::time::Duration;
use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use rustix::fs::{Mode, OFlags, ResolveFlags};

use crate::core::reason::Reason;
use crate::core::session::File;

/// The longest file that is held in memory.
const MAX_CONTENT_LEN: u64 = 64 * 1024;
/// How many files are known at once.
const MAX_FILES: usize = 1024;

/// A file that is open, and what is known of it.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) meta: File,
    pub(super) content: Option<Vec<u8>>,
    handle: std::fs::File,
    checked: Instant,
}

impl Opened {
    /// Reads from an offset.
    pub(super) fn read_at(&self, buffer: &mut [u8], offset: u64) -> std::io::Result<usize> {
        self.handle.read_at(buffer, offset)
    }
}

/// Files that were asked for lately. What is known of one is believed for its location's `file_age`.
#[derive(Debug, Default)]
pub(super) struct Files {
    known: HashMap<(PathBuf, PathBuf), Rc<Opened>>,
    roots: HashMap<PathBuf, Rc<OwnedFd>>,
}

impl Files {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The first of the files that is there.
    pub(super) fn open(
        &mut self,
        root: &Path,
        files: &[PathBuf],
        age: Duration,
        cache_control: &str,
    ) -> Result<Rc<Opened>, Reason> {
        let mut reason = Reason::NotFound;
        for file in files {
            match self.one(root, file, age, cache_control) {
                Ok(opened) => return Ok(opened),
                Err(Reason::NotFound) => {}
                Err(other) => reason = other,
            }
        }
        Err(reason)
    }

    fn one(
        &mut self,
        root: &Path,
        file: &Path,
        age: Duration,
        cache_control: &str,
    ) -> Result<Rc<Opened>, Reason> {
        let key = (root.to_owned(), file.to_owned());
        if let Some(known) = self.known.get(&key)
            && known.checked.elapsed() < age
        {
            return Ok(known.clone());
        }
        self.known.remove(&key);
        let opened = Rc::new(self.look(root, file, cache_control)?);
        if self.known.len() >= MAX_FILES {
            self.known.clear();
        }
        self.known.insert(key, opened.clone());
        Ok(opened)
    }

    fn look(&mut self, root: &Path, file: &Path, cache_control: &str) -> Result<Opened, Reason> {
        let fd = match self.roots.get(root) {
            Some(fd) => fd.clone(),
            None => {
                let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let fd = rustix::fs::open(root, flags, Mode::empty()).map_err(of_errno)?;
                let fd = Rc::new(fd);
                self.roots.insert(root.to_owned(), fd.clone());
                fd
            }
        };
        // A pipe that nobody writes to would hold up the worker without NONBLOCK.
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let handle = rustix::fs::openat2(fd.as_fd(), file, flags, Mode::empty(), resolve)
            .map_err(of_errno)?;
        let handle = std::fs::File::from(handle);
        let metadata = handle.metadata().map_err(|_| Reason::Forbidden)?;
        if !metadata.is_file() {
            return Err(Reason::NotFound);
        }
        let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let mime = mime_guess::from_path(file).first_or_octet_stream();
        let content_type = match mime.type_() {
            mime_guess::mime::TEXT => format!("{mime}; charset=utf-8"),
            _ => mime.to_string(),
        };
        let len = metadata.len();
        let content = (len <= MAX_CONTENT_LEN)
            .then(|| {
                let mut content = vec![0; usize::try_from(len).ok()?];
                handle.read_exact_at(&mut content, 0).ok()?;
                Some(content)
            })
            .flatten();
        Ok(Opened {
            meta: File {
                len,
                modified,
                // Nanoseconds and the inode: a file that is replaced within a second is another.
                tag: format!(
                    "{:x}-{:x}-{:x}",
                    metadata.mtime_nsec() + metadata.mtime() * 1_000_000_000,
                    len,
                    metadata.ino()
                ),
                content_type,
                cache_control: cache_control.to_owned(),
            },
            content,
            handle,
            checked: Instant::now(),
        })
    }
}

fn of_errno(error: rustix::io::Errno) -> Reason {
    use rustix::io::Errno;
    match error {
        Errno::ACCESS | Errno::PERM => Reason::Forbidden,
        Errno::MFILE | Errno::NFILE => Reason::Shed,
        // Not there, a file for a folder, a name too long, or a way out of the root.
        _ => Reason::NotFound,
    }
}
