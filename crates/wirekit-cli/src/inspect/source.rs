//! Where the packets come from.

use core::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::thread::available_parallelism;

use super::ahead::Ahead;
use super::capture::{Capture, CaptureError, Input, Progress, Record};
use super::conversation::depth::Depth;
use super::layers::packet::Check;
use super::views;
use crate::live::{Interrupt, Live};

/// A capture, where what it carries goes, and what may end the reading.
pub(super) struct Source<'a> {
    /// Present where messages are extracted.
    pub(super) files: Option<views::Files>,
    pub(super) input: Opened<'a>,
    pub(super) live: &'a RefCell<Option<Live>>,
    pub(super) interrupt: &'a Interrupt,
}

/// A capture that is open.
pub(super) enum Opened<'a> {
    /// Only this thread may read it.
    Here(Input<Box<dyn Read + 'a>>),
    File(Input<File>, Progress),
}

impl<'a> Opened<'a> {
    pub(super) fn here(source: impl Read + 'a) -> io::Result<Self> {
        Input::new(Box::new(source) as Box<dyn Read + 'a>).map(Self::Here)
    }

    pub(super) const fn is_compressed(&self) -> bool {
        match self {
            Self::Here(input) => input.is_compressed(),
            Self::File(input, _) => input.is_compressed(),
        }
    }
}

/// The records of a capture.
pub(super) enum Records<'a> {
    Here(Capture<Box<dyn Read + 'a>>),
    Ahead(Ahead),
}

impl<'a> Records<'a> {
    /// Begins to read. A thread of its own reads a file, unless it would not pay: where there is no other core for it, or where
    /// messages are looked at, as then all payload goes from one core to the other. Inflating takes longer than that.
    pub(super) fn new(capture: Opened<'a>, depth: Depth) -> Result<Self, CaptureError> {
        let input: Box<dyn Read + 'a> = match capture {
            Opened::File(input, progress)
                if (depth < Depth::Messages || input.is_compressed()) && has_other_core() =>
            {
                return Ahead::new(input, progress)
                    .map(Self::Ahead)
                    .map_err(CaptureError::Io);
            }
            Opened::File(input, progress) => Box::new(Shown { input, progress }),
            Opened::Here(input) => Box::new(input),
        };
        Capture::new(input).map(Self::Here)
    }

    /// The next record, with its checksum where that was computed; nothing at the capture's end.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<(Record<'_>, Option<Check>)>, CaptureError> {
        match self {
            Self::Here(capture) => Ok(capture.next()?.map(|record| (record, None))),
            Self::Ahead(ahead) => ahead.next(),
        }
    }
}

fn has_other_core() -> bool {
    available_parallelism().is_ok_and(|cores| cores.get() > 1)
}

/// Shows how far it was read.
struct Shown<R> {
    input: R,
    progress: Progress,
}

impl<R: Read> Read for Shown<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.progress.show();
        self.input.read(buffer)
    }
}

/// Reads what is live.
pub(super) struct Shared<'a>(pub(super) &'a RefCell<Option<Live>>);

impl Read for Shared<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match &mut *self.0.borrow_mut() {
            Some(live) => live.read(buffer),
            None => Ok(0),
        }
    }
}
