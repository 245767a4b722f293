//! An exchange as an entry of the archive.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use wirekit::http1::Version;

use super::content;
use super::fields;
use crate::events::http1::{Request, Response};
use crate::events::latin1;
use crate::inspect::capture::Time;
use crate::inspect::conversation::exchange::{Body, Exchange, Messages};
use crate::inspect::text;

/// The entry, with content of at most so many bytes without its codings; none for an answer without a request.
pub(super) fn entry(exchange: &Exchange, max_len: usize) -> Option<Value> {
    let messages = exchange.messages.as_deref()?;
    let request = messages.request.as_ref()?;
    let timings = Timings::new(exchange)?;
    let mut entry = json!({
        "startedDateTime": date_time(timings.started),
        "time": timings.total(),
        "request": request_of(exchange, request, &messages.request_body, messages.request_head_len),
        "response": match &messages.response {
            Some(response) => response_of(exchange, messages, response, max_len),
            None => no_response(),
        },
        "cache": {},
        "timings": timings.value(),
        "serverIPAddress": exchange.server.ip().to_string(),
        "connection": exchange.connection.to_string(),
        "_exchange": exchange.number,
    });
    let notes = notes(exchange, [&messages.request_body, &messages.response_body]);
    if !notes.is_empty()
        && let Some(entry) = entry.as_object_mut()
    {
        entry.insert("comment".into(), notes.join(", ").into());
    }
    Some(entry)
}

fn request_of(exchange: &Exchange, request: &Request, body: &Body, head_len: u64) -> Value {
    let url = fields::url(exchange);
    let mut value = json!({
        "method": request.method,
        "url": url,
        "httpVersion": version(Some(request.version)),
        "cookies": fields::cookies(&request.fields),
        "headers": fields::headers(&request.fields),
        "queryString": fields::query(&request.target),
        "headersSize": head_len,
        "bodySize": exchange.request_len,
    });
    if exchange.request_len > 0
        && let Some(value) = value.as_object_mut()
    {
        let post = content::post_data(&request.fields, body);
        value.insert("postData".into(), post);
    }
    value
}

fn response_of(
    exchange: &Exchange,
    messages: &Messages,
    response: &Response,
    max_len: usize,
) -> Value {
    let location = response.fields.get("location").unwrap_or_default();
    let body = (&messages.response_body, exchange.response_len);
    json!({
        "status": response.status.0,
        "statusText": latin1(&response.reason),
        "httpVersion": version(response.version),
        "cookies": fields::set_cookies(&response.fields),
        "headers": fields::headers(&response.fields),
        "content": content::content(&response.fields, body, max_len),
        "redirectURL": latin1(location),
        "headersSize": messages.response_head_len,
        "bodySize": exchange.response_len,
    })
}

/// What other writers put where no answer came.
fn no_response() -> Value {
    json!({
        "status": 0, "statusText": "", "httpVersion": "", "cookies": [], "headers": [],
        "content": {"size": 0, "mimeType": "x-unknown"}, "redirectURL": "", "headersSize": -1, "bodySize": -1,
    })
}

fn version(version: Option<Version>) -> String {
    version.map_or_else(|| String::from("CGI"), |version| version.to_string())
}

/// What there is no place for elsewhere.
fn notes(exchange: &Exchange, bodies: [&Body; 2]) -> Vec<String> {
    let mut notes = text::exchange::notes(exchange);
    if bodies.iter().any(|body| body.left_out > 0) {
        notes.push("a body left out for want of room (--max-buffered)".into());
    }
    notes
}

/// How long what took, in nanoseconds.
#[derive(Clone, Copy, Debug)]
struct Timings {
    started: Time,
    /// Since the connection was there; of the connection's first exchange alone, as the next one.
    blocked: Option<i64>,
    connect: Option<i64>,
    send: i64,
    wait: i64,
    receive: i64,
}

impl Timings {
    fn new(exchange: &Exchange) -> Option<Self> {
        let times = exchange.times;
        let start = times.start?;
        let sent = times.sent.unwrap_or(start).max(start);
        // An answer may begin before the request's end.
        let first_byte = times.first_byte.unwrap_or(sent).max(sent);
        let end = times.end.unwrap_or(first_byte).max(first_byte);
        let opened = exchange
            .network
            .opened
            .filter(|(syn, ack)| *syn <= *ack && *ack <= start);
        Some(Self {
            started: opened.map_or(start, |(syn, _)| syn),
            blocked: opened.map(|(_, ack)| start.since(ack)),
            connect: opened.map(|(syn, ack)| ack.since(syn)),
            send: sent.since(start),
            wait: first_byte.since(sent),
            receive: end.since(first_byte),
        })
    }

    /// All of it: the specification wants the sum of those that apply.
    fn total(&self) -> Value {
        let connection = self.blocked.unwrap_or(0) + self.connect.unwrap_or(0);
        milliseconds(connection + self.send + self.wait + self.receive)
    }

    fn value(&self) -> Value {
        let or_none = |time: Option<i64>| time.map_or_else(|| (-1).into(), milliseconds);
        let mut timings = Map::new();
        for (key, value) in [
            ("blocked", or_none(self.blocked)),
            ("dns", (-1).into()),
            ("connect", or_none(self.connect)),
            ("send", milliseconds(self.send)),
            ("wait", milliseconds(self.wait)),
            ("receive", milliseconds(self.receive)),
            ("ssl", (-1).into()),
        ] {
            timings.insert(key.into(), value);
        }
        timings.into()
    }
}

/// Nanoseconds as a number of milliseconds with a fraction.
fn milliseconds(nanoseconds: i64) -> Value {
    let text = format!("{}.{:06}", nanoseconds / 1_000_000, nanoseconds % 1_000_000);
    text.parse::<f64>().unwrap_or_default().into()
}

/// ISO 8601, as the specification wants it.
fn date_time(time: Time) -> String {
    OffsetDateTime::from_unix_timestamp_nanos(time.nanoseconds().into())
        .ok()
        .and_then(|time| time.format(&Rfc3339).ok())
        .unwrap_or_else(|| String::from("1970-01-01T00:00:00Z"))
}
