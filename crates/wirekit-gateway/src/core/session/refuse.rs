//! Refusals: a small page for a person, problem details for a program.

use core::fmt::Write;
use core::time::Duration;

use serde_json::json;
use wirekit::http::accept::{MediaType, choose_type};
use wirekit::http1::{Field, FieldTable, RequestHead, StatusCode};

use super::{Session, Worker};
use crate::core::balance::Ending;
use crate::core::failure::Reference;
use crate::core::reason::Reason;

/// How a refusal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// HTML, for a person.
    Page,
    /// `application/problem+json` (RFC 9457), for a program.
    Problem,
}

impl Form {
    /// What a request would rather have: the page where it says nothing, or nothing that can be had.
    fn wanted(head: &RequestHead<'_>) -> Self {
        // Who accepts JSON reads problem details, whose type few name.
        let types = [
            &b"text/html"[..],
            b"application/problem+json",
            b"application/json",
        ];
        let offered: Vec<MediaType<'_>> = types
            .into_iter()
            .filter_map(|name| MediaType::parse(name).ok())
            .collect();
        let lines: Vec<&[u8]> = head.fields().all("accept").collect();
        match choose_type(lines.iter().copied(), &offered) {
            Ok(Some(1 | 2)) => Self::Problem,
            _ => Self::Page,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Page => "text/html; charset=utf-8",
            Self::Problem => "application/problem+json",
        }
    }

    /// Nothing of it comes from the request.
    fn content(self, status: u16, reason: Reason, reference: Reference) -> String {
        let phrase = StatusCode(status).reason().unwrap_or_default();
        match self {
            Self::Page => {
                let mut page = String::new();
                let _ = writeln!(
                    page,
                    "<!doctype html><meta charset=utf-8><title>{status} {phrase}</title><h1>{status} {phrase}</h1><p>{}<p><small>{} {reference}</small>",
                    reason.text(),
                    reason.as_str(),
                );
                page
            }
            // RFC 9457 section 4.2.1: of "about:blank" the title is the status's phrase.
            Self::Problem => json!({
                "type": "about:blank",
                "title": phrase,
                "status": status,
                "detail": reason.text(),
                "reason": reason.as_str(),
                "reference": reference.to_string(),
            })
            .to_string(),
        }
    }
}

impl Session {
    /// Answers with a reason's status and a small page or problem details, if no answer was begun.
    pub(super) fn refuse(&mut self, reason: Reason, worker: &mut Worker) {
        self.fail_in_phase();
        let reference = self.refer(worker);
        self.leave_server(Ending::Abandoned, self.server_moved, worker);
        let status = reason.status().unwrap_or(500);
        let form = self.form();
        let content = match self.is_cut_head() {
            true => String::new(),
            false => form.content(status, reason, reference),
        };
        let date = worker.date.clone();
        let mut fields = vec![
            Field::new("Date", date.as_bytes()),
            Field::new("Content-Type", form.content_type()),
            Field::new("Cache-Control", b"no-store"),
        ];
        // RFC 9110 section 15.5.6: "The origin server MUST generate an Allow header field in a 405 response".
        if reason == Reason::MethodNotAllowed {
            fields.push(Field::new("Allow", b"GET, HEAD"));
        }
        let seconds = self.retry_after(reason).map(|time| time.to_string());
        if let Some(seconds) = &seconds {
            fields.push(Field::new("Retry-After", seconds.as_bytes()));
        }
        self.respond(status, reason, &fields, content.as_bytes());
    }

    fn form(&self) -> Form {
        let Some(current) = &self.current else {
            return Form::Page;
        };
        let mut fields = FieldTable::new();
        match RequestHead::parse_with(
            current.record.texts.head(),
            &mut fields,
            &self.rules.http1(),
        ) {
            Ok(Some((head, _))) => Form::wanted(&head),
            // Of a head that is broken nothing is believed.
            _ => Form::Page,
        }
    }

    /// After how many seconds a request that gets 503 may be answered otherwise (RFC 9110 section 10.2.3): when the first of
    /// the servers is tried again, or soon.
    fn retry_after(&self, reason: Reason) -> Option<u64> {
        if reason.status() != Some(503) {
            return None;
        }
        let upstream = self.current.as_ref().and_then(|current| current.upstream);
        let servers = upstream
            .and_then(|upstream| self.rules.config().upstreams.get(upstream))
            .filter(|_| reason == Reason::NoServer)
            .map(|upstream| upstream.servers.iter());
        let soonest =
            servers.and_then(|servers| servers.map(|server| server.failure_timeout).min());
        Some(soonest.as_ref().map_or(1, Duration::as_secs).max(1))
    }

    /// Whether what came of a request's head says HEAD, of which the exchange knows nothing yet: its answer has no content.
    fn is_cut_head(&self) -> bool {
        let knows_nothing = self
            .current
            .as_ref()
            .is_some_and(|current| current.record.request_line().is_empty());
        knows_nothing && self.unread.starts_with(b"HEAD ")
    }
}
