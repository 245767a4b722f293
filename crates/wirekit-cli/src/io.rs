//! What a command reads and writes, how it ends, and how it fails.

use core::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::live::Live;

/// The streams of one run of the program, and what is known of the terminal behind them.
#[non_exhaustive]
pub struct Io<'a> {
    /// Where `-` or no file reads from.
    pub stdin: &'a mut dyn Read,
    /// Where data goes.
    pub stdout: &'a mut dyn Write,
    /// Where everything else goes.
    pub stderr: &'a mut dyn Write,
    /// Stdin once more, for a command that prints while nothing comes; nothing where that is not wanted.
    pub live: Option<Live>,
    /// Colours may be written to stdout.
    pub colour: bool,
    /// A progress bar may be drawn on the process's stderr.
    pub progress: bool,
}

impl<'a> Io<'a> {
    /// Streams that are no terminal.
    pub fn new(
        stdin: &'a mut dyn Read,
        stdout: &'a mut dyn Write,
        stderr: &'a mut dyn Write,
    ) -> Self {
        Self {
            stdin,
            stdout,
            stderr,
            live: None,
            colour: false,
            progress: false,
        }
    }
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("colour", &self.colour)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

/// The reader behind a file argument: the file, or stdin for `-` or no argument.
///
/// # Errors
///
/// [`Failure::Read`] when the file cannot be opened.
pub fn open<'s>(
    stdin: &'s mut dyn Read,
    file: Option<&Path>,
) -> Result<Box<dyn Read + 's>, Failure> {
    match file {
        Some(path) if path.as_os_str() != "-" => {
            let file = File::open(path).map_err(|error| Failure::Read(path.into(), error))?;
            Ok(Box::new(file))
        }
        _ => Ok(Box::new(stdin)),
    }
}

/// Reads once, over again when a signal interrupted.
///
/// # Errors
///
/// Whatever the reader answers, but [`io::ErrorKind::Interrupted`].
pub fn read(input: &mut (impl Read + ?Sized), buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match input.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            answer => return answer,
        }
    }
}

/// How a command ended, as an exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_enums,
    reason = "the command line's contract fixes the four"
)]
pub enum Status {
    /// 0: all well.
    Well,
    /// 1: the input broke a protocol rule.
    Broken,
    /// 2: wrong usage, or a file that cannot be read.
    Usage,
    /// 3: the input ended inside a message.
    Incomplete,
}

impl Status {
    /// The exit status.
    pub const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Broken => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
        }
    }
}

/// Why a command could not do its work; printed on stderr.
#[derive(Debug)]
#[non_exhaustive]
pub enum Failure {
    /// The arguments or the events that the caller wrote are wrong.
    Usage(String),
    /// A file or stdin could not be read.
    Read(PathBuf, io::Error),
    /// Output could not be written.
    Write(io::Error),
    /// The peer of a live exchange broke a rule, or the exchange failed.
    Peer(String),
}

impl Failure {
    /// The exit status of this failure.
    pub const fn status(&self) -> Status {
        match self {
            Self::Usage(_) | Self::Read(..) | Self::Write(_) => Status::Usage,
            Self::Peer(_) => Status::Broken,
        }
    }

    /// Whether the reader of our output went away, which ends the program quietly.
    pub fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) | Self::Peer(text) => f.write_str(text),
            Self::Read(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Write(error) => write!(f, "output: {error}"),
        }
    }
}

impl core::error::Error for Failure {}
