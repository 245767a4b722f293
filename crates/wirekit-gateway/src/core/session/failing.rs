//! What is noted of an exchange while it fails.

use super::{Record, Session, Work, Worker};
use crate::core::balance::Instant;
use crate::core::failure::{Attempt, Phase, Reference};
use crate::core::reason::Reason;

impl Worker {
    /// A name for a failure: two of them have the same one once in a lifetime.
    pub fn draw_reference(&mut self) -> Reference {
        let (high, low) = (self.masking_keys.next_key(), self.masking_keys.next_key());
        let (high, low) = (u32::from_be_bytes(high.0), u32::from_be_bytes(low.0));
        Reference(u64::from(high) << 32 | u64::from(low))
    }
}

impl Session {
    /// What the server that has the request did so far.
    pub(super) fn attempt(&mut self) -> Option<&mut Attempt> {
        self.current.as_mut()?.attempt.as_mut()
    }

    /// What is being done.
    fn phase(&self) -> Phase {
        let Some(current) = &self.current else {
            return Phase::Head;
        };
        match current.work {
            Work::Received if current.record.texts.head().is_empty() => Phase::Head,
            Work::Received | Work::LookUp => Phase::Route,
            Work::Hold => Phase::Content,
            Work::Wait => Phase::Wait,
            Work::Connect => Phase::Connect,
            Work::File => Phase::File,
            // The file was opened, and is not what was asked for.
            Work::Answer if current.reason.is_none() && current.upstream.is_none() => Phase::File,
            Work::Answer => Phase::Answer,
            Work::Server if self.exchange.is_switched() => Phase::Frames,
            Work::Server if !self.is_received() || !self.to_server.is_empty() => Phase::Request,
            Work::Server if self.exchange.owes_response() => Phase::ResponseHead,
            Work::Server => Phase::ResponseBody,
        }
    }

    /// The exchange fails now, if it did not before.
    pub(super) fn fail_in_phase(&mut self) {
        let phase = self.phase();
        if let Some(current) = &mut self.current {
            current.record.phase.get_or_insert(phase);
        }
    }

    /// The server that has the request fails now.
    pub(super) fn fail_attempt(&mut self, reason: Reason, now: Instant) {
        let phase = self.phase();
        let Some(current) = &mut self.current else {
            return;
        };
        current.record.phase = Some(phase);
        if let Some(attempt) = current.attempt.take() {
            current.record.note(attempt);
            current.record.failed.push(attempt.end(reason, phase, now));
        }
    }

    /// The name of this failure, for those who see its page.
    pub(super) fn refer(&mut self, worker: &mut Worker) -> Reference {
        let reference = worker.draw_reference();
        match &mut self.current {
            Some(current) => *current.record.reference.get_or_insert(reference),
            None => reference,
        }
    }
}

impl Record {
    /// The times of the last try.
    fn note(&mut self, attempt: Attempt) {
        let since = |time: Instant| time.saturating_sub(attempt.began);
        self.is_kept = attempt.is_kept;
        self.connect_time = attempt.connected.filter(|_| !attempt.is_kept).map(since);
        self.first_byte_time = attempt.first_byte.map(since);
    }

    /// The exchange ended while a server had it, or after that server answered.
    pub(super) fn end_attempt(&mut self, attempt: Option<Attempt>) {
        if let Some(attempt) = attempt {
            self.note(attempt);
            if self.is_failure() {
                let phase = self.phase.unwrap_or(Phase::ResponseBody);
                self.failed
                    .push(attempt.end(self.reason, phase, self.ended));
            }
        }
    }
}
