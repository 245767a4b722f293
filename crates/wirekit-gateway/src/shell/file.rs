//! Files of locations, opened once for many requests.

mod opened;
mod send;

use core::hash::{Hash, Hasher};
use core::time::Duration;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use foldhash::fast::RandomState;
use quick_cache::Weighter;
use quick_cache::unsync::{Cache, DefaultLifecycle};
use rustix::fs::{Mode, OFlags};

use crate::config::{Coding, Static};
use crate::core::reason::Reason;

use opened::Content;
pub(super) use opened::Opened;

/// How many bytes a worker holds of files.
const MAX_HELD_LEN: u64 = 64 * 1024 * 1024;
/// What a file counts beside its content, and one that is open, so that there are no more of these than descriptors.
const KNOWN_LEN: u64 = 1024;
const OPEN_LEN: u64 = 256 * 1024;
/// How old the knowledge of a root folder may be, beside that of a file in it.
const ROOT_AGE: Duration = Duration::from_secs(1);

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
        match Opened::look(root.as_fd(), key, known.as_deref()) {
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

fn of_errno(error: rustix::io::Errno) -> Reason {
    use rustix::io::Errno;
    match error {
        Errno::ACCESS | Errno::PERM => Reason::Forbidden,
        Errno::MFILE | Errno::NFILE => Reason::Shed,
        // Not there, a file for a folder, a name too long, or a way out of the root.
        _ => Reason::NotFound,
    }
}
