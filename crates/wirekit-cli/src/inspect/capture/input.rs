//! Where a capture's bytes come from.

use std::fs::File;
use std::io::{self, Chain, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressBarIter, ProgressDrawTarget, ProgressStyle};

/// Files from this size on show their progress, on a terminal.
const SHOWN_FROM_LEN: u64 = 64 * 1024 * 1024;

/// A capture's bytes, uncompressed.
pub(crate) struct Input<R> {
    reader: Reader<R>,
    progress: Progress,
}

/// As they stand, or inflated.
enum Reader<R> {
    Plain(Whole<R>),
    Gzip(Box<MultiGzDecoder<Whole<R>>>),
}

/// The source, from its first byte on.
type Whole<R> = ProgressBarIter<Chain<Cursor<Vec<u8>>, R>>;

/// How far a file was read. Its first owner that is dropped clears it from the terminal.
#[derive(Clone, Debug)]
pub(crate) struct Progress(ProgressBar);

impl<R> core::fmt::Debug for Input<R> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}

impl<R: Read> Input<R> {
    /// Bytes that are uncompressed when they begin as gzip does.
    pub(crate) fn new(source: R) -> io::Result<Self> {
        Self::with_progress(source, ProgressBar::hidden())
    }

    /// Whether they were compressed.
    pub(crate) const fn is_compressed(&self) -> bool {
        matches!(self.reader, Reader::Gzip(_))
    }

    pub(crate) const fn progress(&self) -> &Progress {
        &self.progress
    }

    fn with_progress(mut source: R, progress: ProgressBar) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(2);
        source.by_ref().take(2).read_to_end(&mut magic)?;
        let is_compressed = magic == [0x1f, 0x8b];
        let source = progress.wrap_read(Cursor::new(magic).chain(source));
        let reader = match is_compressed {
            true => Reader::Gzip(Box::new(MultiGzDecoder::new(source))),
            false => Reader::Plain(source),
        };
        Ok(Self {
            reader,
            progress: Progress(progress),
        })
    }
}

impl<R: Read> Read for Input<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut self.reader {
            Reader::Plain(reader) => reader.read(buffer),
            Reader::Gzip(reader) => reader.read(buffer),
        }
    }
}

impl Progress {
    /// One that nobody sees.
    #[cfg(test)]
    pub(crate) fn hidden() -> Self {
        Self(ProgressBar::hidden())
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Opens the file at `path`; one that is large shows its progress on stderr, if that is wanted.
pub(crate) fn open(path: &Path, progress: bool) -> io::Result<Input<File>> {
    let file = File::open(path)?;
    let len = file.metadata()?.len();
    if !progress || len < SHOWN_FROM_LEN {
        return Input::new(file);
    }
    let progress = ProgressBar::with_draw_target(Some(len), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{wide_bar} {bytes} of {total_bytes}, {eta} left")
    {
        progress.set_style(style);
    }
    Input::with_progress(file, progress)
}
