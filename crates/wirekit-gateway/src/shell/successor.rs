//! Another process of the program, which gets the sockets of this one.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::Command;

use command_fds::{CommandFdExt, FdMapping};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;

use super::inherit::READY;

/// How this process was started. The path is looked up before somebody puts another file there.
#[derive(Debug)]
pub(super) struct Program {
    file: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    pub(super) fn current() -> io::Result<Self> {
        Ok(Self {
            file: std::env::current_exe()?,
            arguments: std::env::args_os().skip(1).collect(),
        })
    }
}

/// A process that was started, and is not ready yet.
#[derive(Debug)]
pub(super) struct Successor {
    process: u32,
    ready: UnixStream,
}

impl Successor {
    /// Starts what is at the program's path now, with these sockets from descriptor 3 on, as a service manager would.
    ///
    /// `LISTEN_PID` cannot be known before the process is there, and is left out.
    pub(super) fn start(program: &Program, sockets: Vec<OwnedFd>) -> io::Result<Self> {
        let (ready, theirs) = UnixStream::pair()?;
        let theirs = theirs.into_std()?;
        theirs.set_nonblocking(false)?;
        let names = vec!["listen"; sockets.len()].join(":");
        let passed = sockets.into_iter().chain([OwnedFd::from(theirs)]);
        let mappings: Vec<FdMapping> = passed
            .zip(3..)
            .map(|(parent_fd, child_fd)| FdMapping {
                parent_fd,
                child_fd,
            })
            .collect();
        let mut command = Command::new(&program.file);
        command
            .args(&program.arguments)
            .env("LISTEN_FDS", mappings.len().to_string())
            .env("LISTEN_FDNAMES", format!("{names}:{READY}"))
            .env_remove("LISTEN_PID");
        command.fd_mappings(mappings).map_err(io::Error::other)?;
        let mut child = command.spawn()?;
        let process = child.id();
        // What it ended with is of no interest, but it is to be asked for.
        std::thread::spawn(move || child.wait());
        Ok(Self { process, ready })
    }

    /// Its number.
    pub(super) const fn process(&self) -> u32 {
        self.process
    }

    /// Waits until it is ready, or has ended.
    pub(super) async fn is_ready(&mut self) -> bool {
        matches!(self.ready.read(&mut [0; 16]).await, Ok(1..))
    }
}
