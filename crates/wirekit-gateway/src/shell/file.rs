use core::cell::{Cell, RefCell};
use core::hash::{Hash, Hasher};
use core::time::Duration;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use foldhash::fast::RandomState;
use quick_cache::Weighter;
use quick_cache::unsync::{Cache, DefaultLifecycle};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use wirekit::http::range::Span;

use super::client::Client;
use crate::config::{Coding, Static};
use crate::core::reason::Reason;
use crate::core::session::File;

/// How much of a file is read at once where it is neither held nor sent by the system.
const MAX_READ_LEN: u64 = 256 * 1024;
/// The longest content that is copied behind its head: above it two pieces cost less.
const MAX_COPY_LEN: usize = 4096;
/// How much of a file is encrypted at once.
const MAX_ENCRYPTED_LEN: u64 = 64 * 1024;
/// How many bytes a worker holds of files.
const MAX_HELD_LEN: u64 = 64 * 1024 * 1024;
/// What a file counts beside its content, and one that is open, so that there are no more of these than descriptors.
const KNOWN_LEN: u64 = 1024;
const OPEN_LEN: u64 = 256 * 1024;
/// How much of a file goes to a client before the worker looks at the others.
const MAX_PIECE_LEN: usize = 1024 * 1024;
/// How old the knowledge of a root folder may be, beside that of a file in it.
const ROOT_AGE: Duration = Duration::from_secs(1);

thread_local! {
    /// What of a file is neither in memory nor sent by the system goes through here.
    static CHUNK: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The first file that was there, and behind it its coded siblings.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) files: Vec<File>,
    contents: Vec<Content>,
    marks: Vec<Mark>,
    /// Without the codings of siblings that are not there.
    codings: Vec<Coding>,
    /// What is longer is sent by the system.
    sendfile_above: u64,
    checked: Cell<Instant>,
}

/// Where a file's bytes are.
#[derive(Debug)]
enum Content {
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

/// What is looked for: a name below a root, and which siblings of it; and what is done with their content.
#[derive(Clone, Debug, Eq)]
struct Key {
    root: Arc<Path>,
    file: PathBuf,
    codings: [Option<Coding>; 2],
    sendfile_above: u64,
    keep: Keep,
}

impl Key {
    /// Names as they are written: paths are compared piece by piece, at ten times the cost.
    fn parts(&self) -> (&OsStr, &OsStr, [Option<Coding>; 2], u64, Keep) {
        let (root, file) = (self.root.as_os_str(), self.file.as_os_str());
        (root, file, self.codings, self.sendfile_above, self.keep)
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

#[derive(Clone, Copy, Debug)]
struct Weight;

impl Weighter<Key, Rc<Opened>> for Weight {
    fn weight(&self, _: &Key, opened: &Rc<Opened>) -> u64 {
        let contents = opened.contents.iter().map(|content| match content {
            Content::Memory(content) => content.len() as u64,
            Content::Handle(_) => OPEN_LEN,
        });
        KNOWN_LEN + contents.sum::<u64>()
    }
}

/// A folder that files are looked for in.
#[derive(Debug)]
struct Root {
    folder: Rc<OwnedFd>,
    device: u64,
    inode: u64,
    checked: Instant,
}

/// Files that were asked for lately. What is known of one is believed for its location's `file_age`.
pub(super) struct Files {
    known: Cache<Key, Rc<Opened>, Weight, RandomState>,
    roots: HashMap<OsString, Root, RandomState>,
}

impl Files {
    pub(super) fn new() -> Self {
        Self {
            known: Cache::with(
                1024,
                MAX_HELD_LEN,
                Weight,
                RandomState::default(),
                DefaultLifecycle::default(),
            ),
            roots: HashMap::default(),
        }
    }

    /// The first of the files that is there, and its siblings in the location's codings.
    ///
    /// [`Reason::Redirected`] where it is a folder.
    pub(super) fn open(
        &mut self,
        root: Arc<Path>,
        files: Vec<PathBuf>,
        location: &Static,
    ) -> Result<Rc<Opened>, Reason> {
        let age = location.file_age;
        let mut wanted = location.precompressed.iter().copied();
        let mut key = Key {
            root,
            file: PathBuf::new(),
            codings: [wanted.next(), wanted.next()],
            sendfile_above: location.sendfile_above,
            keep: match age.is_zero() {
                true => Keep::Open,
                false => Keep::Held,
            },
        };
        let mut reason = Reason::NotFound;
        for file in files {
            key.file = file;
            match self.one(&key, age) {
                Ok(opened) => return Ok(opened),
                Err(Reason::NotFound) => {}
                Err(other) => reason = other,
            }
        }
        Err(reason)
    }

    fn one(&mut self, key: &Key, age: Duration) -> Result<Rc<Opened>, Reason> {
        let known = self.known.get(key).cloned();
        if let Some(known) = known.clone().filter(|_| !age.is_zero()) {
            if known.checked.get().elapsed() < age {
                return Ok(known);
            }
            let root = self.root(&key.root)?;
            if known.is_current(root.as_fd(), key) {
                known.checked.set(Instant::now());
                return Ok(known);
            }
        }
        let root = self.root(&key.root)?;
        match look(root.as_fd(), key, known.as_deref()) {
            Ok(opened) => {
                let opened = Rc::new(opened);
                let is_known = known.is_some_and(|known| known.says_the_same(&opened));
                match key.keep {
                    Keep::Held => self.known.insert(key.clone(), opened.clone()),
                    Keep::Open if !is_known => {
                        let closed = Rc::new(opened.without_contents());
                        self.known.insert(key.clone(), closed);
                    }
                    Keep::Open => {}
                }
                Ok(opened)
            }
            Err(reason) => {
                self.known.remove(key);
                Err(reason)
            }
        }
    }

    /// The folder, which may be another one than it was: a link that is set anew is how sites are replaced.
    fn root(&mut self, path: &Path) -> Result<Rc<OwnedFd>, Reason> {
        if let Some(root) = self.roots.get_mut(path.as_os_str()) {
            if root.checked.elapsed() < ROOT_AGE {
                return Ok(root.folder.clone());
            }
            let stat = rustix::fs::stat(path).map_err(of_errno)?;
            if (stat.st_dev, stat.st_ino) == (root.device, root.inode) {
                root.checked = Instant::now();
                return Ok(root.folder.clone());
            }
        }
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = rustix::fs::open(path, flags, Mode::empty()).map_err(of_errno)?;
        let stat = rustix::fs::fstat(&folder).map_err(of_errno)?;
        let root = Root {
            folder: Rc::new(folder),
            device: stat.st_dev,
            inode: stat.st_ino,
            checked: Instant::now(),
        };
        let folder = root.folder.clone();
        self.roots.insert(path.as_os_str().to_owned(), root);
        Ok(folder)
    }
}

/// What is done with the content of a short file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Keep {
    /// It is read, to be sent again and again.
    Held,
    /// It is read when it is sent.
    Open,
}

/// The name of a sibling in that coding.
fn sibling(file: &Path, coding: Coding) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(coding.suffix());
    name.into()
}

/// Opens what is looked for. What was known of a file is said again of one that is the same.
fn look(root: BorrowedFd<'_>, key: &Key, known: Option<&Opened>) -> Result<Opened, Reason> {
    let mut opened = Opened {
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

impl Opened {
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
    fn says_the_same(&self, other: &Self) -> bool {
        (&self.marks, &self.codings) == (&other.marks, &other.codings)
    }

    /// What is known of the files, without what holds them open.
    fn without_contents(&self) -> Self {
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
    fn is_current(&self, root: BorrowedFd<'_>, key: &Key) -> bool {
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

    /// Writes the head, or what is left of it, and of the span of a file as much as there is room for: how many bytes of both.
    ///
    /// # Errors
    ///
    /// Those of the socket, and [`ErrorKind::UnexpectedEof`] where the file has become shorter.
    pub(super) fn write(
        &self,
        at: usize,
        span: Span,
        head: &[u8],
        client: &mut Client,
    ) -> io::Result<usize> {
        let Some(client) = client.as_plain() else {
            return self.write_copied(at, span, head, client);
        };
        match self.contents.get(at) {
            Some(Content::Memory(content)) => {
                let last = span.first.saturating_add(span.len());
                let piece = content.get(index(span.first)..index(last));
                let piece = piece.unwrap_or_default();
                if head.is_empty() {
                    client.try_send(piece)
                } else if piece.len() <= MAX_COPY_LEN {
                    together(head, piece, |piece| client.try_send(piece))
                } else {
                    client.try_write(&[IoSlice::new(head), IoSlice::new(piece)])
                }
            }
            Some(Content::Handle(handle)) if span.len() > self.sendfile_above => {
                if !head.is_empty() {
                    return client.try_write_more(head);
                }
                let len = index(span.len()).min(MAX_PIECE_LEN);
                match client.try_send_file(handle.as_fd(), span.first, len) {
                    Ok(0) => Err(ErrorKind::UnexpectedEof.into()),
                    // Not every file system can.
                    Err(error)
                        if matches!(
                            error.kind(),
                            ErrorKind::InvalidInput | ErrorKind::Unsupported
                        ) =>
                    {
                        copy(handle, span, head, MAX_READ_LEN, |piece| {
                            client.try_send(piece)
                        })
                    }
                    sent => sent,
                }
            }
            Some(Content::Handle(handle)) => copy(handle, span, head, MAX_READ_LEN, |piece| {
                client.try_send(piece)
            }),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The same, where what is written is not what lies in the file.
    fn write_copied(
        &self,
        at: usize,
        span: Span,
        head: &[u8],
        client: &mut Client,
    ) -> io::Result<usize> {
        match self.contents.get(at) {
            Some(Content::Memory(content)) => {
                let last = span.first.saturating_add(span.len().min(MAX_ENCRYPTED_LEN));
                let piece = content.get(index(span.first)..index(last));
                let piece = piece.unwrap_or_default();
                match head.is_empty() {
                    true => client.try_send(piece),
                    false => together(head, piece, |piece| client.try_send(piece)),
                }
            }
            Some(Content::Handle(handle)) => copy(handle, span, head, MAX_ENCRYPTED_LEN, |piece| {
                client.try_send(piece)
            }),
            None => Err(ErrorKind::UnexpectedEof.into()),
        }
    }
}

/// Writes both as one piece.
fn together(
    head: &[u8],
    piece: &[u8],
    send: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    CHUNK.with_borrow_mut(|chunk| {
        chunk.clear();
        chunk.extend_from_slice(head);
        chunk.extend_from_slice(piece);
        send(chunk)
    })
}

/// Writes the head and so much of an open file behind it.
fn copy(
    handle: &OwnedFd,
    span: Span,
    head: &[u8],
    max_len: u64,
    send: impl FnOnce(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    CHUNK.with_borrow_mut(|chunk| {
        chunk.clear();
        chunk.extend_from_slice(head);
        let len = index(span.len().min(max_len));
        chunk.resize(head.len().saturating_add(len), 0);
        let room = chunk.get_mut(head.len()..).unwrap_or_default();
        let read = rustix::io::pread(handle, room, span.first)?;
        if read == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        chunk.truncate(head.len().saturating_add(read));
        send(chunk)
    })
}

fn index(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
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

#[cfg(test)]
mod tests {
    use tokio::net::UnixStream;

    use super::*;
    use crate::shell::stream::Stream;

    /// A file that can be read, and that the system does not send: of the processes' own.
    const UNSENDABLE: &str = "/proc/self/cmdline";

    fn opened(content: Content) -> Opened {
        Opened {
            files: Vec::new(),
            contents: vec![content],
            marks: Vec::new(),
            codings: Vec::new(),
            sendfile_above: 0,
            checked: Cell::new(Instant::now()),
        }
    }

    /// What a client gets of the span behind this head.
    async fn written(opened: &Opened, mut span: Span, mut head: &[u8]) -> Vec<u8> {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut client = Client::plain(Stream::unix(ours));
        let mut got = Vec::new();
        let mut room = [0; 4096];
        let len = head.len() + index(span.len());
        while got.len() < len {
            core::future::poll_fn(|cx| client.poll_writable(cx))
                .await
                .unwrap();
            let wrote = opened.write(0, span, head, &mut client).unwrap();
            let of_head = wrote.min(head.len());
            head = &head[of_head..];
            span.first += u64::try_from(wrote - of_head).unwrap();
            theirs.readable().await.unwrap();
            let read = theirs.try_read(&mut room).unwrap();
            got.extend_from_slice(&room[..read]);
        }
        got
    }

    #[tokio::test]
    async fn what_the_system_does_not_send_is_read() {
        let content = std::fs::read(UNSENDABLE).unwrap();
        let handle = OwnedFd::from(std::fs::File::open(UNSENDABLE).unwrap());
        let (ours, _theirs) = UnixStream::pair().unwrap();
        ours.writable().await.unwrap();
        let error = Stream::unix(ours).try_send_file(handle.as_fd(), 0, content.len());
        assert_eq!(error.unwrap_err().kind(), ErrorKind::InvalidInput);
        let last = content.len() as u64 - 1;
        let opened = opened(Content::Handle(handle));
        for first in [0, 3, last] {
            let span = Span { first, last };
            let got = written(&opened, span, b"head").await;
            assert_eq!(got, [b"head", &content[index(first)..]].concat());
        }
    }
}
