//! Where a capture's bytes come from.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Files from this size on show their progress, on a terminal.
const SHOWN_FROM_LEN: u64 = 64 * 1024 * 1024;

/// A capture's bytes, uncompressed.
pub(crate) struct Input<'a> {
    reader: Box<dyn Read + 'a>,
    is_compressed: bool,
    progress: ProgressBar,
}

impl core::fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Input").finish_non_exhaustive()
    }
}

impl<'a> Input<'a> {
    /// Bytes that are uncompressed when they begin as gzip does.
    pub(crate) fn new(source: impl Read + 'a) -> io::Result<Self> {
        Self::with_progress(source, ProgressBar::hidden())
    }

    /// Whether they were compressed.
    pub(crate) const fn is_compressed(&self) -> bool {
        self.is_compressed
    }

    fn with_progress(mut source: impl Read + 'a, progress: ProgressBar) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(2);
        source.by_ref().take(2).read_to_end(&mut magic)?;
        let is_compressed = magic == [0x1f, 0x8b];
        let source = progress.wrap_read(Cursor::new(magic).chain(source));
        let reader: Box<dyn Read + 'a> = if is_compressed {
            Box::new(MultiGzDecoder::new(source))
        } else {
            Box::new(source)
        };
        Ok(Self {
            reader,
            is_compressed,
            progress,
        })
    }
}

impl Read for Input<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl Drop for Input<'_> {
    fn drop(&mut self) {
        self.progress.finish_and_clear();
    }
}

/// Opens the file at `path`; one that is large shows its progress on stderr, if that is wanted.
pub(crate) fn open(path: &Path, progress: bool) -> io::Result<Input<'static>> {
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
