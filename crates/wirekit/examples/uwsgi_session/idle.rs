//! Connections to the server behind that are kept for the next request.

use std::io::ErrorKind;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::net::TcpStream;

/// How many are kept.
const MAX_COUNT: usize = 16;

#[derive(Default)]
pub(crate) struct Idle(Mutex<Vec<TcpStream>>);

impl Idle {
    /// One that the server has not closed, as far as is known.
    pub(crate) fn take(&self) -> Option<TcpStream> {
        loop {
            let server = self.connections().pop()?;
            // Whatever there is to read, an end or bytes, nobody asked for it.
            match server.try_read(&mut [0]) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Some(server),
                _ => {}
            }
        }
    }

    /// Keeps one; the oldest makes room for it.
    pub(crate) fn keep(&self, server: TcpStream) {
        let mut connections = self.connections();
        if connections.len() == MAX_COUNT {
            connections.remove(0);
        }
        connections.push(server);
    }

    fn connections(&self) -> MutexGuard<'_, Vec<TcpStream>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
