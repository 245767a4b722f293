//! Where a capture's bytes come from.

use core::sync::atomic::{AtomicU64, Ordering};
use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Files from this size on show their progress, on a terminal.
const SHOWN_FROM_LEN: u64 = 64 * 1024 * 1024;

/// A capture's bytes, uncompressed.
pub(crate) enum Input<R> {
    Plain(Counted<R>),
    Gzip(Box<MultiGzDecoder<Counted<R>>>),
}

/// A source, from its first byte on, and how much of it was read.
pub(crate) struct Counted<R> {
    source: Chain<Cursor<Vec<u8>>, R>,
    read_len: Arc<AtomicU64>,
}

/// How far a file was read. Only the thread that calls [`show`](Self::show) draws it, as it may hold the lock of stderr.
#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    read_len: Arc<AtomicU64>,
}

impl<R> core::fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}

impl<R: Read> Input<R> {
    /// Bytes that are uncompressed when they begin as gzip does.
    pub(crate) fn new(source: R) -> io::Result<Self> {
        Self::counted(source, Arc::default())
    }

    /// Whether they were compressed.
    pub(crate) const fn is_compressed(&self) -> bool {
        matches!(self, Self::Gzip(_))
    }

    fn counted(mut source: R, read_len: Arc<AtomicU64>) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(2);
        source.by_ref().take(2).read_to_end(&mut magic)?;
        let is_compressed = magic == [0x1f, 0x8b];
        let source = Counted {
            source: Cursor::new(magic).chain(source),
            read_len,
        };
        Ok(match is_compressed {
            true => Self::Gzip(Box::new(MultiGzDecoder::new(source))),
            false => Self::Plain(source),
        })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(reader) => reader.read(buffer),
        }
    }
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.source.read(buffer)?;
        self.read_len.fetch_add(len as u64, Ordering::Relaxed);
        Ok(len)
    }
}

impl Progress {
    /// One that nobody sees.
    pub(crate) fn hidden() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            read_len: Arc::default(),
        }
    }

    /// Shows it as it is now.
    pub(crate) fn show(&self) {
        self.bar.set_position(self.read_len.load(Ordering::Relaxed));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Opens the file at `path`; one that is large shows its progress on stderr, if that is wanted.
pub(crate) fn open(path: &Path, progress: bool) -> io::Result<(Input<File>, Progress)> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    if !progress || len < SHOWN_FROM_LEN {
        return Ok((Input::new(file)?, Progress::hidden()));
    }
    let bar = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left")
    {
        bar.set_style(style);
    }
    let read_len = Arc::default();
    let input = Input::counted(file, Arc::clone(&read_len))?;
    Ok((input, Progress { bar, read_len }))
}
