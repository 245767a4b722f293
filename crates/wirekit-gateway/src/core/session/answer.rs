//! Answers of the gateway's own without a file: redirections, refusals.

use wirekit::bridge::Outcome;
use wirekit::http::range::ContentRange;
use wirekit::http1::{Field, StatusCode, StatusLine};

use super::{Session, Step, Worker};
use crate::core::reason::Reason;

impl Session {
    pub(super) fn note(&mut self, status: u16, reason: Reason) {
        if let Some(current) = &mut self.current {
            current.record.status = status;
            current.reason = Some(reason);
        }
        self.step(Step::Own);
    }

    pub(super) fn redirect(&mut self, status: u16, to: &[u8], worker: &mut Worker) {
        let is_url = to.iter().all(|byte| matches!(byte, b'!'..=b'~'));
        if !is_url {
            return self.refuse(Reason::MalformedPath, worker);
        }
        let date = worker.date.clone();
        let fields = [
            Field::new("Date", date.as_bytes()),
            Field::new("Location", to),
        ];
        self.respond(status, Reason::Redirected, &fields, b"");
    }

    pub(super) fn answer_options(&mut self, worker: &mut Worker) {
        let date = worker.date.clone();
        let fields = [Field::new("Date", date.as_bytes())];
        self.respond(204, Reason::Served, &fields, b"");
    }

    /// RFC 8555 section 8.3: "The body of this resource is the key authorization".
    pub(super) fn answer_challenge(&mut self, answer: &str, worker: &mut Worker) {
        let date = worker.date.clone();
        let fields = [
            Field::new("Date", date.as_bytes()),
            Field::new("Content-Type", b"application/octet-stream"),
        ];
        self.respond(200, Reason::Served, &fields, answer.as_bytes());
    }

    pub(super) fn refuse_range(&mut self, len: u64, worker: &mut Worker) {
        self.fail_in_phase();
        let mut range = [0; 64];
        let value = ContentRange::Unsatisfied(len).encode_to_slice(&mut range);
        let value = range.get(..value.unwrap_or_default()).unwrap_or_default();
        let date = worker.date.clone();
        let fields = [
            Field::new("Date", date.as_bytes()),
            Field::new("Content-Range", value),
        ];
        self.respond(416, Reason::RangeNotSatisfiable, &fields, b"");
    }

    pub(super) fn respond(
        &mut self,
        status: u16,
        reason: Reason,
        fields: &[Field<'_>],
        content: &[u8],
    ) {
        let line = StatusLine::new(StatusCode(status));
        let rules = self.rules.clone();
        let mut fields = fields.to_vec();
        fields.extend(self.hsts(&rules));
        let outcome = self
            .exchange
            .refuse(&line, &fields, content, &mut self.to_client);
        match outcome {
            Ok(Outcome::Answered) => self.note(status, reason),
            Ok(Outcome::Complete) => {}
            Ok(_) | Err(_) => {
                if let Some(current) = &mut self.current {
                    current.reason = Some(reason);
                }
                self.step(Step::Own);
                self.is_reset = true;
                self.is_closing = true;
            }
        }
    }
}
