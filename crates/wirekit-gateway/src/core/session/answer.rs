//! Answers of the gateway's own: files, redirections, refusals.

use std::time::SystemTime;

use wirekit::bridge::Outcome;
use wirekit::http::range::{ContentRange, Span};
use wirekit::http::validator::EntityTag;
use wirekit::http1::{BodyLength, Field, FieldTable, Method, RequestHead, StatusCode, StatusLine};

use super::{Piece, Session, Step, Worker};
use crate::core::balance::Instant;
use crate::core::files::{Conditions, Validators, Verdict};
use crate::core::reason::Reason;

/// A file that was opened.
#[derive(Clone, Debug)]
#[expect(
    clippy::exhaustive_structs,
    reason = "the shell fills in what the answer says"
)]
pub struct File {
    /// Its length.
    pub len: u64,
    /// When it changed.
    pub modified: SystemTime,
    /// What is between the quotes of its entity tag.
    pub tag: String,
    /// `Content-Type`.
    pub content_type: String,
    /// `Cache-Control`; empty for none.
    pub cache_control: String,
}

/// Between the parts of `multipart/byteranges`.
const BOUNDARY: &str = "wirekit-8e1b0d5f4a7c";

impl Session {
    /// The files of [`Action::Open`](super::Action::Open) were looked for.
    ///
    /// # Errors
    ///
    /// None of them is there, or it may not be read.
    pub fn opened(
        &mut self,
        file: Result<&File, Reason>,
        wall: SystemTime,
        now: Instant,
        worker: &mut Worker,
    ) {
        self.step(Step::Opened);
        match file {
            Ok(file) => self.send_file(file, wall, worker),
            Err(reason) => self.refuse(reason, worker),
        }
        self.drive(now, worker);
    }

    fn send_file(&mut self, file: &File, wall: SystemTime, worker: &mut Worker) {
        let bytes = self
            .current
            .as_mut()
            .map(|current| core::mem::take(&mut current.head))
            .unwrap_or_default();
        let mut fields = FieldTable::new();
        let parsed = RequestHead::parse_with(&bytes, &mut fields, &self.rules.http1());
        let Ok(Some((head, _))) = parsed else {
            return self.refuse(Reason::Internal, worker);
        };
        let conditions = Conditions::of(
            head.fields()
                .into_iter()
                .map(|field| (field.name, field.value)),
        );
        let validators = Validators::new(
            EntityTag::strong(file.tag.as_bytes()),
            file.modified,
            file.len,
        );
        let is_head = head.method() == Method::HEAD;
        let verdict = match conditions.judge(validators, wall) {
            // Section 14.2: "A server MUST ignore a Range header field received with a request method that is unrecognized
            // or for which range handling is not defined. For this specification, GET is the only method".
            Verdict::Part(_) | Verdict::Parts(_) | Verdict::NotSatisfiable if is_head => {
                Verdict::Whole
            }
            verdict => verdict,
        };
        let tag = format!("\"{}\"", file.tag);
        let modified = httpdate::fmt_http_date(file.modified);
        let mut fields = vec![
            Field::new("Date", worker.date.as_bytes()),
            Field::new("ETag", tag.as_bytes()),
            Field::new("Last-Modified", modified.as_bytes()),
        ];
        if !file.cache_control.is_empty() {
            fields.push(Field::new("Cache-Control", file.cache_control.as_bytes()));
        }
        let content_type = Field::new("Content-Type", file.content_type.as_bytes());
        let accept = Field::new("Accept-Ranges", b"bytes");
        let (status, reason, len, pieces);
        let mut range = [0; 64];
        let multipart = format!("multipart/byteranges; boundary={BOUNDARY}");
        match verdict {
            Verdict::Whole => {
                fields.extend([content_type, accept]);
                (status, reason, len) = (StatusCode::OK, Reason::Served, file.len);
                pieces = whole(file.len);
            }
            Verdict::Part(span) => {
                let part = ContentRange::Part(span, Some(file.len)).encode_to_slice(&mut range);
                let value = range.get(..part.unwrap_or_default()).unwrap_or_default();
                fields.extend([content_type, Field::new("Content-Range", value)]);
                (status, reason, len) = (StatusCode::PARTIAL_CONTENT, Reason::Served, span.len());
                pieces = vec![Piece::Span(span)];
            }
            Verdict::Parts(spans) => {
                fields.push(Field::new("Content-Type", multipart.as_bytes()));
                pieces = parts(&spans, file);
                let total = pieces.iter().map(|piece| match piece {
                    Piece::Text(text) => text.len() as u64,
                    Piece::Span(span) => span.len(),
                });
                (status, reason, len) = (StatusCode::PARTIAL_CONTENT, Reason::Served, total.sum());
            }
            Verdict::NotModified => {
                (status, reason, len) = (StatusCode::NOT_MODIFIED, Reason::NotModified, 0);
                pieces = Vec::new();
            }
            Verdict::PreconditionFailed => {
                // The refusal asks the head what the client accepts.
                self.keep_head(bytes);
                return self.refuse(Reason::PreconditionFailed, worker);
            }
            Verdict::NotSatisfiable => return self.refuse_range(file.len, worker),
        }
        let body = match status {
            StatusCode::NOT_MODIFIED => BodyLength::None,
            _ => BodyLength::Length(len),
        };
        let line = StatusLine::new(status);
        let mut sent = self
            .exchange
            .send_head(&line, &fields, body, &mut self.to_client);
        if sent.is_ok() && body != BodyLength::None && !is_head {
            // The content is written from where it lies, in the pieces below.
            sent = self.exchange.send_data_apart(len).map(|_| 0);
            self.pieces = pieces.into();
        }
        let sent = sent.and_then(|_| self.exchange.send_end(&[], &mut self.to_client));
        self.note(status.0, reason);
        if sent.is_err() {
            self.is_reset = true;
            self.is_closing = true;
        }
    }

    fn keep_head(&mut self, head: Vec<u8>) {
        if let Some(current) = &mut self.current {
            current.head = head;
        }
    }

    fn note(&mut self, status: u16, reason: Reason) {
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

    fn refuse_range(&mut self, len: u64, worker: &mut Worker) {
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
        let outcome = self
            .exchange
            .refuse(&line, fields, content, &mut self.to_client);
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

fn whole(len: u64) -> Vec<Piece> {
    let last = len.checked_sub(1);
    last.map(|last| Piece::Span(Span { first: 0, last }))
        .into_iter()
        .collect()
}

/// RFC 9110 section 14.6: each range with its own fields, a boundary between them.
fn parts(spans: &[Span], file: &File) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for span in spans {
        let mut range = [0; 64];
        let value = ContentRange::Part(*span, Some(file.len)).encode_to_slice(&mut range);
        let value = range.get(..value.unwrap_or_default()).unwrap_or_default();
        let mut text = format!(
            "\r\n--{BOUNDARY}\r\nContent-Type: {}\r\nContent-Range: ",
            file.content_type
        )
        .into_bytes();
        text.extend_from_slice(value);
        text.extend_from_slice(b"\r\n\r\n");
        pieces.extend([Piece::Text(text), Piece::Span(*span)]);
    }
    pieces.push(Piece::Text(format!("\r\n--{BOUNDARY}--\r\n").into_bytes()));
    pieces
}
