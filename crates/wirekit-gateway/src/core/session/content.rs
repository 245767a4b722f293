//! Content that is held: for another try, or until its length is known.

use bytes::Buf;
use wirekit::http1::server::Event;
use wirekit::http1::{self, BodyLength, SendError};

use super::{Action, HIGH_WATER, Session, Work, Worker};
use crate::core::balance::Instant;
use crate::core::reason::Reason;

/// The longest content that is kept for another try. A longer one is streamed, and gone once it was sent.
const MAX_KEPT_LEN: u64 = 64 * 1024;
/// How much content that is held for its length stays in memory; one that is longer goes to a file.
const MAX_IN_MEMORY_LEN: usize = 1024 * 1024;
/// How much of it is sent, or goes to or comes from a file, at a time.
const PIECE_LEN: usize = 64 * 1024;

/// Content of a request, from its first byte on.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    /// Whether what is received is held, rather than streamed.
    keeps: bool,
    /// The request has no content.
    is_nothing: bool,
    memory: Vec<u8>,
    /// Bytes in the file; what is in memory stands behind them.
    stored_len: u64,
    /// Bytes that the current server was sent.
    sent_len: u64,
    is_loading: bool,
}

impl Held {
    /// What is held of a request that a server gets while it is received: all or nothing.
    pub(super) fn new(body: BodyLength) -> Self {
        Self {
            keeps: matches!(body, BodyLength::Length(len) if len <= MAX_KEPT_LEN),
            is_nothing: body == BodyLength::None,
            ..Self::default()
        }
    }

    pub(super) fn len(&self) -> u64 {
        self.stored_len + self.memory.len() as u64
    }

    /// Whether another server could get all of it.
    pub(super) const fn is_repeatable(&self) -> bool {
        self.keeps || self.is_nothing
    }

    pub(super) fn in_memory(&self) -> usize {
        self.memory.len()
    }

    /// Another server is to get all of it.
    pub(super) fn rewind(&mut self) {
        self.sent_len = 0;
        self.is_loading = false;
    }
}

impl Session {
    /// This much of the held content, from where [`Action::Load`] said; nothing where the file cannot be read.
    pub fn loaded(&mut self, bytes: &[u8], now: Instant, worker: &mut Worker) {
        let awaits = |session: &Self| {
            let current = session.current.as_ref();
            session.has_server() && current.is_some_and(|current| current.held.is_loading)
        };
        if awaits(self)
            && let Some(current) = &mut self.current
        {
            current.held.is_loading = false;
            let sent = self.exchange.send_request_data(bytes, &mut self.to_server);
            match sent {
                Ok(_) if !bytes.is_empty() => current.held.sent_len += bytes.len() as u64,
                _ => self.refuse(Reason::StoreFailed, worker),
            }
        }
        self.drive(now, worker);
    }

    /// The content of [`Action::Store`] could not be stored.
    pub fn store_failed(&mut self, now: Instant, worker: &mut Worker) {
        let current = self.current.as_ref();
        // What is answered needs it no longer: meanwhile there was no server, or the client was too slow.
        if current.is_some_and(|current| !matches!(current.work, Work::Answer)) {
            self.refuse(Reason::StoreFailed, worker);
        }
        self.drive(now, worker);
    }

    /// Receives content for what holds it.
    pub(super) fn receive_content(&mut self, worker: &mut Worker) -> Result<(), http1::Error> {
        let input = core::mem::take(&mut self.unread);
        let mut at = 0;
        let result = loop {
            let rest = input.get(at..).unwrap_or_default();
            match self.exchange.receive_request(rest, &mut worker.fields) {
                Ok(Some((event, used))) => {
                    if let (Event::Data(data), Some(current)) = (&event, &mut self.current) {
                        current.held.memory.extend_from_slice(data);
                    }
                    at += used;
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.unread = input;
        self.unread.advance(at);
        self.store();
        result
    }

    /// Moves what is too much for memory to the file, and the rest to it at the end.
    fn store(&mut self) {
        let is_received = self.is_received();
        let Some(current) = &mut self.current else {
            return;
        };
        let held = &mut current.held;
        let is_due = match held.stored_len {
            0 => held.memory.len() > MAX_IN_MEMORY_LEN,
            _ => held.memory.len() >= PIECE_LEN || (is_received && !held.memory.is_empty()),
        };
        if is_due {
            let at = held.stored_len;
            let bytes = core::mem::take(&mut held.memory);
            held.stored_len += bytes.len() as u64;
            self.actions.push_back(Action::Store { at, bytes });
        }
    }

    /// Sends the server what is held, as far as there is room; whether it has all of it.
    pub(super) fn send_held(&mut self) -> Result<bool, SendError> {
        let Some(current) = &mut self.current else {
            return Ok(true);
        };
        let held = &mut current.held;
        while held.sent_len < held.len() {
            if self.to_server.len() >= HIGH_WATER {
                return Ok(false);
            }
            if held.stored_len > 0 {
                let at = held.sent_len;
                let left = usize::try_from(held.stored_len - at).unwrap_or(PIECE_LEN);
                if !core::mem::replace(&mut held.is_loading, true) {
                    let len = left.min(PIECE_LEN);
                    self.actions.push_back(Action::Load { at, len });
                }
                return Ok(false);
            }
            let start = usize::try_from(held.sent_len).unwrap_or(usize::MAX);
            let end = held.memory.len().min(start.saturating_add(PIECE_LEN));
            let piece = held.memory.get(start..end).unwrap_or_default();
            self.exchange
                .send_request_data(piece, &mut self.to_server)?;
            held.sent_len += piece.len() as u64;
        }
        Ok(true)
    }

    /// Whether what is received now is held.
    pub(super) fn keeps_content(&self) -> bool {
        self.current
            .as_ref()
            .is_some_and(|current| current.held.keeps)
    }
}
