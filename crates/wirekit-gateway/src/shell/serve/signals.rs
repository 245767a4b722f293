//! What signals ask for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// SIGTERM, SIGINT.
    Stop,
    /// SIGHUP.
    Renew,
    /// SIGUSR1.
    Reopen,
    /// SIGUSR2.
    Replace,
}

pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    renew: Signal,
    reopen: Signal,
    replace: Signal,
}

impl Signals {
    /// From now on they do not end the program.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            renew: signal(SignalKind::hangup())?,
            reopen: signal(SignalKind::user_defined1())?,
            replace: signal(SignalKind::user_defined2())?,
        })
    }

    pub(super) async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.renew.recv() => Asked::Renew,
            _ = self.reopen.recv() => Asked::Reopen,
            _ = self.replace.recv() => Asked::Replace,
        }
    }
}
