//! Input that arrives slowly, and an interrupt that ends it.

use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use core::time::Duration;
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

/// So long a reader waits before it hears that nothing came, and so often it hears so at least: what is printed then
/// has waited for no longer.
const PAUSE: Duration = Duration::from_millis(40);
const PIECE_LEN: usize = 1 << 16;
/// Pieces that are read ahead.
const AHEAD: usize = 4;

/// A source that is read by a thread of its own, so that its reader can do something else while nothing comes: once
/// that is wanted, a read that finds nothing is [`io::ErrorKind::WouldBlock`].
pub struct Live {
    /// Until the first read.
    source: Option<Box<dyn Read + Send>>,
    sender: SyncSender<Arrival>,
    receiver: Receiver<Arrival>,
    piece: Vec<u8>,
    at: usize,
    has_ended: bool,
    is_patient: bool,
    /// When the reader last heard that nothing came.
    told: Instant,
    interrupt: Interrupt,
}

/// What the thread hands on.
enum Arrival {
    Bytes(Vec<u8>),
    Failed(io::Error),
    End,
}

/// Ends a run: what was read is reported, as if it were all.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// From now on nothing more is read.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether that was said.
    pub fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// The signal that Ctrl-C sends raises it; a second one ends the process.
    pub(crate) fn catch_signal(&self) {
        let interrupt = self.clone();
        // Where no handler can be set the signal does what it does by default.
        drop(ctrlc::set_handler(move || {
            if interrupt.is_raised() {
                std::process::exit(130);
            }
            interrupt.raise();
        }));
    }
}

impl Live {
    /// Reads `source` from the first read on.
    pub fn new(source: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
        Self {
            source: Some(Box::new(source)),
            sender,
            receiver,
            piece: Vec::new(),
            at: 0,
            has_ended: false,
            is_patient: true,
            told: Instant::now(),
            interrupt: Interrupt::default(),
        }
    }

    /// What ends it.
    pub fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// From now on a read that finds nothing says so.
    pub(crate) fn lose_patience(&mut self) {
        self.is_patient = false;
    }

    fn start(&mut self) {
        let Some(mut source) = self.source.take() else {
            return;
        };
        let sender = self.sender.clone();
        thread::spawn(move || {
            loop {
                let mut piece = vec![0; PIECE_LEN];
                let arrival = match crate::io::read(&mut *source, &mut piece) {
                    Ok(0) => Arrival::End,
                    Ok(len) => {
                        piece.truncate(len);
                        Arrival::Bytes(piece)
                    }
                    Err(error) => Arrival::Failed(error),
                };
                let is_last = !matches!(arrival, Arrival::Bytes(_));
                if sender.send(arrival).is_err() || is_last {
                    return;
                }
            }
        });
    }

    /// The next piece; `WouldBlock` where none came for a while, and now and then where they come all the time.
    fn receive(&mut self) -> io::Result<()> {
        loop {
            if self.interrupt.is_raised() {
                self.has_ended = true;
                return Ok(());
            }
            if !self.is_patient && self.told.elapsed() >= PAUSE {
                self.told = Instant::now();
                return Err(io::ErrorKind::WouldBlock.into());
            }
            match self.receiver.recv_timeout(PAUSE) {
                Ok(Arrival::Bytes(piece)) => {
                    (self.piece, self.at) = (piece, 0);
                    return Ok(());
                }
                Ok(Arrival::End) | Err(RecvTimeoutError::Disconnected) => {
                    self.has_ended = true;
                    return Ok(());
                }
                Ok(Arrival::Failed(error)) => return Err(error),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Read for Live {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.start();
        if self.at >= self.piece.len() && !self.has_ended {
            self.receive()?;
        }
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        if let (Some(from), Some(to)) = (rest.get(..len), buffer.get_mut(..len)) {
            to.copy_from_slice(from);
        }
        self.at += len;
        Ok(len)
    }
}

impl fmt::Debug for Live {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_pause_is_said_and_costs_nothing() {
        let (reader, mut writer) = io::pipe().unwrap();
        let mut live = Live::new(reader);
        let mut buffer = [0; 3];
        writer.write_all(b"hello").unwrap();
        assert_eq!(live.read(&mut buffer).unwrap(), 3);
        live.lose_patience();
        let mut rest = Vec::new();
        let mut pauses = 0;
        while rest.len() < 7 {
            match live.read(&mut buffer) {
                Ok(len) => rest.extend_from_slice(&buffer[..len]),
                Err(error) => {
                    assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
                    pauses += 1;
                    if pauses == 2 {
                        writer.write_all(b" there").unwrap();
                    }
                }
            }
        }
        assert_eq!(&rest[..7], b"lo ther");
        live.interrupt().raise();
        // What was read is still given, and nothing after it.
        while live.read(&mut buffer).unwrap() > 0 {}
    }
}
