//! Answers with files.

use std::rc::Rc;
use std::time::SystemTime;

use wirekit::bridge::path::normalize;
use wirekit::http::range::{ContentRange, Span};
use wirekit::http::validator::EntityTag;
use wirekit::http1::{BodyLength, Field, Method, RequestHead, StatusCode, StatusLine};

use super::{Piece, Session, Step, Worker};
use crate::config::Coding;
use crate::core::balance::Instant;
use crate::core::files::{Conditions, Validators, Verdict, choose, folder_url};
use crate::core::reason::Reason;

/// A file that was opened, and what is said of it, ready to be sent; its texts are shared with its clones.
#[derive(Clone, Debug)]
pub struct File {
    len: u64,
    modified: SystemTime,
    /// With its quotes.
    tag: Rc<str>,
    last_modified: Rc<str>,
    content_type: Rc<str>,
    coding: Option<Coding>,
}

impl File {
    /// A file of this length, changed then, with what is between the quotes of its strong entity tag.
    pub fn new(
        len: u64,
        modified: SystemTime,
        tag: &str,
        content_type: impl Into<Rc<str>>,
    ) -> Self {
        Self {
            len,
            modified,
            tag: format!("\"{tag}\"").into(),
            last_modified: httpdate::fmt_http_date(modified).into(),
            content_type: content_type.into(),
            coding: None,
        }
    }

    /// Says that it holds the content of another file in a coding.
    #[must_use]
    pub const fn coding(mut self, coding: Coding) -> Self {
        self.coding = Some(coding);
        self
    }

    /// How many bytes it has.
    pub const fn content_len(&self) -> u64 {
        self.len
    }

    fn validators(&self) -> Validators<'_> {
        let tag = self.tag.as_bytes();
        let opaque = tag.get(1..tag.len().saturating_sub(1));
        let tag = EntityTag::strong(opaque.unwrap_or_default());
        Validators::new(tag, self.modified, self.len)
    }
}

/// Between the parts of `multipart/byteranges`.
const BOUNDARY: &str = "wirekit-8e1b0d5f4a7c";
const MULTIPART: &str = "multipart/byteranges; boundary=wirekit-8e1b0d5f4a7c";

impl Session {
    /// The files of [`Action::Open`](super::Action::Open) were looked for: the first of them that is there, and behind it its
    /// siblings in one of the codings that the location has, or why there is none.
    ///
    /// [`Reason::Redirected`] says that the first is a folder.
    pub fn opened(
        &mut self,
        files: Result<&[File], Reason>,
        wall: SystemTime,
        now: Instant,
        worker: &mut Worker,
    ) {
        self.step(Step::Opened);
        worker.lend(&mut self.to_client);
        match files {
            Ok(files) => self.send_file(files, wall, worker),
            Err(Reason::Redirected) => self.redirect_to_folder(worker),
            Err(reason) => self.refuse(reason, worker),
        }
        self.drive(now, worker);
    }

    /// Which of the files that were opened [`file_piece`](Self::file_piece) is of.
    pub fn file_at(&self) -> usize {
        self.current.as_ref().map_or(0, |current| current.file_at)
    }

    fn send_file(&mut self, files: &[File], wall: SystemTime, worker: &mut Worker) {
        let Some(mut current) = self.current.take() else {
            return;
        };
        let Worker { fields, date, .. } = worker;
        let parsed =
            RequestHead::parse_with(current.record.texts.head(), fields, &self.rules.http1());
        let Ok(Some((head, _))) = parsed else {
            self.current = Some(current);
            return self.refuse(Reason::Internal, worker);
        };
        current.file_at = match files {
            [_] => 0,
            files => {
                let there = files.iter().skip(1).filter_map(|file| file.coding);
                choose(&head, there).map_or(0, |at| at + 1)
            }
        };
        let at = current.file_at;
        let is_head = head.method() == Method::HEAD;
        let lines = head.fields().into_iter();
        let conditions = Conditions::of(lines.map(|field| (field.name, field.value)));
        let Some(file) = files.get(at) else {
            self.current = Some(current);
            return self.refuse(Reason::Internal, worker);
        };
        let verdict = match conditions.judge(file.validators(), wall) {
            // Section 14.2: "A server MUST ignore a Range header field received with a request method that is unrecognized
            // or for which range handling is not defined. For this specification, GET is the only method".
            Verdict::Part(_) | Verdict::Parts(_) | Verdict::NotSatisfiable if is_head => {
                Verdict::Whole
            }
            verdict => verdict,
        };
        self.current = Some(current);
        match verdict {
            Verdict::PreconditionFailed => self.refuse(Reason::PreconditionFailed, worker),
            Verdict::NotSatisfiable => self.refuse_range(file.len, worker),
            verdict => self.send_verdict(&verdict, file, files.len() > 1, date, is_head),
        }
    }

    fn send_verdict(
        &mut self,
        verdict: &Verdict,
        file: &File,
        varies: bool,
        date: &str,
        is_head: bool,
    ) {
        let rules = self.rules.clone();
        let route = self.current.as_ref().and_then(|current| current.route);
        let cache_control = route.map_or("", |route| rules.cache_control(route));
        let mut fields = Vec::with_capacity(11);
        fields.extend([
            Field::new("Date", date.as_bytes()),
            Field::new("ETag", file.tag.as_bytes()),
            Field::new("Last-Modified", file.last_modified.as_bytes()),
        ]);
        if !cache_control.is_empty() {
            fields.push(Field::new("Cache-Control", cache_control.as_bytes()));
        }
        fields.extend(self.hsts(&rules));
        if varies {
            fields.push(Field::new("Vary", b"Accept-Encoding"));
        }
        let is_sent = !matches!(verdict, Verdict::NotModified);
        if let Some(coding) = file.coding.filter(|_| is_sent) {
            fields.push(Field::new("Content-Encoding", coding.as_str().as_bytes()));
        }
        let content_type = Field::new("Content-Type", file.content_type.as_bytes());
        let mut status = StatusCode::PARTIAL_CONTENT;
        let mut range = [0; 64];
        match verdict {
            Verdict::Part(span) => {
                let part = ContentRange::Part(*span, Some(file.len)).encode_to_slice(&mut range);
                let value = range.get(..part.unwrap_or_default()).unwrap_or_default();
                fields.extend([content_type, Field::new("Content-Range", value)]);
                self.pieces.push_back(Piece::Span(*span));
            }
            Verdict::Parts(spans) => {
                fields.push(Field::new("Content-Type", MULTIPART));
                self.pieces.extend(parts(spans, file));
            }
            Verdict::NotModified => status = StatusCode::NOT_MODIFIED,
            _ => {
                status = StatusCode::OK;
                fields.extend([content_type, Field::new("Accept-Ranges", b"bytes")]);
                if let Some(last) = file.len.checked_sub(1) {
                    self.pieces.push_back(Piece::Span(Span { first: 0, last }));
                }
            }
        }
        let len = self.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.len() as u64,
            Piece::Span(span) => span.len(),
        });
        let body = match status {
            StatusCode::NOT_MODIFIED => BodyLength::None,
            _ => BodyLength::Length(len.sum()),
        };
        let line = StatusLine::new(status);
        let mut sent = self
            .exchange
            .send_head(&line, &fields, body, &mut self.to_client);
        match body {
            // The content is written from where it lies, in the pieces.
            BodyLength::Length(len) if sent.is_ok() && !is_head => {
                sent = self.exchange.send_data_apart(len).map(|_| 0);
            }
            _ => self.pieces.clear(),
        }
        let sent = sent.and_then(|_| self.exchange.send_end(&[], &mut self.to_client));
        let reason = match status {
            StatusCode::NOT_MODIFIED => Reason::NotModified,
            _ => Reason::Served,
        };
        self.note(status.0, reason);
        if sent.is_err() {
            self.pieces.clear();
            self.is_reset = true;
            self.is_closing = true;
        }
    }

    /// A folder's own URL ends with a slash, so that what its index names is found beside it.
    fn redirect_to_folder(&mut self, worker: &mut Worker) {
        let to = self.current.as_ref().and_then(|current| {
            let rules = self.rules.http1();
            let parsed =
                RequestHead::parse_with(current.record.texts.head(), &mut worker.fields, &rules);
            let (head, _) = parsed.ok()??;
            let uri = head.target_uri(self.listener.scheme()).ok()?;
            let mut room = vec![0; uri.path.len()];
            let path = normalize(uri.path.as_bytes(), &mut room).ok()?;
            folder_url(path, uri.query)
        });
        match to {
            Some(to) => self.redirect(301, &to, worker),
            None => self.refuse(Reason::NotFound, worker),
        }
    }
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
