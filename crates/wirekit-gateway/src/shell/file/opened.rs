//! A file that was opened, with its coded siblings.

use core::cell::Cell;
use core::time::Duration;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};

use super::{Keep, Key, of_errno};
use crate::config::Coding;
use crate::core::reason::Reason;
use crate::core::session::File;

/// The first file that was there, and behind it its coded siblings.
#[derive(Debug)]
pub(in crate::shell) struct Opened {
    pub(in crate::shell) files: Vec<File>,
    pub(super) contents: Vec<Content>,
    marks: Vec<Mark>,
    /// Without the codings of siblings that are not there.
    codings: Vec<Coding>,
    /// What is longer is sent by the system.
    pub(super) sendfile_above: u64,
    pub(super) checked: Cell<Instant>,
}

/// Where a file's bytes are.
#[derive(Debug)]
pub(super) enum Content {
    Memory(Vec<u8>),
    Handle(OwnedFd),
}

/// What changes where a name means another file, or the file is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    device: u64,
    inode: u64,
    len: i64,
    /// Of the last change of the content.
    modified: (i64, i64),
}

impl Mark {
    fn of(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev,
            inode: stat.st_ino,
            len: stat.st_size,
            modified: (
                stat.st_mtime,
                i64::try_from(stat.st_mtime_nsec).unwrap_or_default(),
            ),
        }
    }

    /// Nanoseconds and the inode: a file that is replaced within a second is another.
    fn tag(self) -> String {
        let (seconds, nanoseconds) = self.modified;
        let nanoseconds = i128::from(seconds) * 1_000_000_000 + i128::from(nanoseconds);
        format!("{nanoseconds:x}-{:x}-{:x}", self.len, self.inode)
    }

    fn time(self) -> SystemTime {
        let (seconds, nanoseconds) = self.modified;
        let since = |seconds: u64, nanoseconds| {
            SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds)
        };
        match (u64::try_from(seconds), u32::try_from(nanoseconds)) {
            (Ok(seconds), Ok(nanoseconds)) => since(seconds, nanoseconds),
            // From before the epoch, which no date of HTTP is.
            _ => SystemTime::UNIX_EPOCH,
        }
    }
}

impl Opened {
    /// Opens what is looked for. What was known of a file is said again of one that is the same.
    pub(super) fn look(
        root: BorrowedFd<'_>,
        key: &Key,
        known: Option<&Self>,
    ) -> Result<Self, Reason> {
        let mut opened = Self {
            files: Vec::with_capacity(1),
            contents: Vec::with_capacity(1),
            marks: Vec::with_capacity(1),
            codings: Vec::new(),
            sendfile_above: key.sendfile_above,
            checked: Cell::new(Instant::now()),
        };
        let file = open(root, &key.file)?;
        opened.add(file, key, None, known)?;
        for coding in key.codings.into_iter().flatten() {
            // A sibling that cannot be had is as good as none.
            if let Ok(file) = open(root, &sibling(&key.file, coding)) {
                let _ = opened.add(file, key, Some(coding), known);
            }
        }
        Ok(opened)
    }

    /// What holds this content, and nothing else is known of.
    #[cfg(test)]
    pub(super) fn of_content(content: Content) -> Self {
        Self {
            files: Vec::new(),
            contents: vec![content],
            marks: Vec::new(),
            codings: Vec::new(),
            sendfile_above: 0,
            checked: Cell::new(Instant::now()),
        }
    }

    fn add(
        &mut self,
        handle: OwnedFd,
        key: &Key,
        coding: Option<Coding>,
        known: Option<&Self>,
    ) -> Result<(), Reason> {
        let stat = rustix::fs::fstat(&handle).map_err(of_errno)?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => {}
            FileType::Directory => return Err(Reason::Redirected),
            _ => return Err(Reason::NotFound),
        }
        let mark = Mark::of(&stat);
        let len = u64::try_from(stat.st_size).unwrap_or_default();
        let content = match key.keep {
            Keep::Held if len <= self.sendfile_above => {
                let mut content = vec![0; usize::try_from(len).unwrap_or_default()];
                let handle = std::fs::File::from(handle);
                handle
                    .read_exact_at(&mut content, 0)
                    .map_err(|_| Reason::NotFound)?;
                Content::Memory(content)
            }
            _ => Content::Handle(handle),
        };
        let file = match known.and_then(|known| known.described(self.files.len(), mark, coding)) {
            Some(file) => file,
            None => describe(key, mark, coding),
        };
        self.files.push(file);
        self.contents.push(content);
        self.marks.push(mark);
        self.codings.extend(coding);
        Ok(())
    }

    /// What is said of the file in this place, where it is this one.
    fn described(&self, at: usize, mark: Mark, coding: Option<Coding>) -> Option<File> {
        let is_same = self.marks.get(at) == Some(&mark)
            && at.checked_sub(1).and_then(|at| self.codings.get(at)) == coding.as_ref();
        self.files.get(at).filter(|_| is_same).cloned()
    }

    /// Whether they are the same files.
    pub(super) fn says_the_same(&self, other: &Self) -> bool {
        (&self.marks, &self.codings) == (&other.marks, &other.codings)
    }

    /// What is known of the files, without what holds them open.
    pub(super) fn without_contents(&self) -> Self {
        Self {
            files: self.files.clone(),
            contents: Vec::new(),
            marks: self.marks.clone(),
            codings: self.codings.clone(),
            sendfile_above: self.sendfile_above,
            checked: self.checked.clone(),
        }
    }

    /// Whether each name still means the file that was opened, or none.
    pub(super) fn is_current(&self, root: BorrowedFd<'_>, key: &Key) -> bool {
        let mark = |file: &Path| {
            let stat = rustix::fs::statat(root, file, AtFlags::empty()).ok()?;
            Some(Mark::of(&stat))
        };
        let mut known = self.marks.iter().copied();
        if mark(&key.file) != known.next() {
            return false;
        }
        key.codings.into_iter().flatten().all(|coding| {
            let is_there = self.codings.contains(&coding);
            let expected = if is_there { known.next() } else { None };
            mark(&sibling(&key.file, coding)) == expected
        })
    }
}

/// The name of a sibling in that coding.
fn sibling(file: &Path, coding: Coding) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(coding.suffix());
    name.into()
}

/// What is said of a file. A sibling has the type of the file whose content it has.
fn describe(key: &Key, mark: Mark, coding: Option<Coding>) -> File {
    let mime = mime_guess::from_path(&key.file).first_or_octet_stream();
    let content_type = match mime.type_() {
        mime_guess::mime::TEXT => format!("{mime}; charset=utf-8"),
        _ => mime.to_string(),
    };
    let len = u64::try_from(mark.len).unwrap_or_default();
    let file = File::new(len, mark.time(), &mark.tag(), content_type);
    match coding {
        Some(coding) => file.coding(coding),
        None => file,
    }
}

fn open(root: BorrowedFd<'_>, file: &Path) -> Result<OwnedFd, Reason> {
    // A pipe that nobody writes to would hold up the worker without NONBLOCK.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    rustix::fs::openat2(root, file, flags, Mode::empty(), resolve).map_err(of_errno)
}
