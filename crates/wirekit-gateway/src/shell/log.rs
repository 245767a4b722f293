//! The access log: a line an exchange.

use core::cell::RefCell;
use core::net::IpAddr;
use std::io::{self, Write as _};
use std::time::SystemTime;

use serde_json::{Map, Value, json};

use super::writer::{self, Lines, Writing};
use crate::config::{self, LogFormat};
use crate::core::affinity::{Cause, Placement};
use crate::core::session::Record;

/// Where lines go, and how they look.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    lines: Option<Lines>,
    format: LogFormat,
}

impl Log {
    /// Opens it, and starts to write; the log is written to its end once all its clones are gone.
    pub(super) fn start(log: &config::Log) -> io::Result<(Self, Option<Writing>)> {
        let format = log.format;
        let (lines, writing) = writer::start(&log.access)?.unzip();
        Ok((Self { lines, format }, writing))
    }

    /// The same file, in another format.
    pub(super) fn with_format(&self, format: LogFormat) -> Self {
        let lines = self.lines.clone();
        Self { lines, format }
    }

    pub(super) fn put(&self, record: &Record) {
        let Some(lines) = &self.lines else { return };
        lines.put(|line| match self.format {
            LogFormat::Combined => combined(record, line),
            LogFormat::Json => object(record, line),
        });
    }

    /// How many lines were lost so far.
    pub(crate) fn lost(&self) -> u64 {
        self.lines.as_ref().map_or(0, Lines::lost)
    }

    /// Opens its file anew.
    pub(super) fn reopen(&self) {
        if let Some(lines) = &self.lines {
            lines.reopen();
        }
    }
}

fn address(remote: Option<IpAddr>) -> String {
    remote.map_or("-".to_owned(), |remote| remote.to_string())
}

/// Apache's and nginx's combined format, with bytes that could forge a line written as `\xNN`.
fn combined(record: &Record, line: &mut Vec<u8>) {
    match record.remote {
        Some(IpAddr::V4(remote)) => {
            for (at, byte) in remote.octets().into_iter().enumerate() {
                if at > 0 {
                    line.push(b'.');
                }
                decimal(byte.into(), line);
            }
        }
        Some(IpAddr::V6(remote)) => {
            let _ = write!(line, "{remote}");
        }
        None => line.push(b'-'),
    }
    line.extend_from_slice(b" - - [");
    NOW.with_borrow_mut(|now| line.extend_from_slice(now.text().as_bytes()));
    line.extend_from_slice(b"] \"");
    quote(record.request_line(), line);
    line.extend_from_slice(b"\" ");
    decimal(record.status.into(), line);
    line.push(b' ');
    decimal(record.response_len, line);
    line.extend_from_slice(b" \"");
    quote(record.referer(), line);
    line.extend_from_slice(b"\" \"");
    quote(record.user_agent(), line);
    line.extend_from_slice(b"\"\n");
}

/// A number as `{}` writes it, at a tenth of the cost.
fn decimal(mut number: u64, line: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut len = 0;
    for digit in digits.iter_mut().rev() {
        // Below ten.
        *digit += u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
        len += 1;
        if number == 0 {
            break;
        }
    }
    line.extend_from_slice(digits.get(digits.len() - len..).unwrap_or_default());
}

fn quote(mut bytes: &[u8], line: &mut Vec<u8>) {
    if bytes.is_empty() {
        line.push(b'-');
    }
    let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' if !matches!(byte, b'"' | b'\\'));
    loop {
        let plain = bytes.iter().position(|byte| !is_plain(byte));
        let Some((plain, [byte, rest @ ..])) = bytes.split_at_checked(plain.unwrap_or(bytes.len()))
        else {
            return line.extend_from_slice(bytes);
        };
        line.extend_from_slice(plain);
        let _ = write!(line, "\\x{byte:02X}");
        bytes = rest;
    }
}

thread_local! {
    /// A second's lines have one time.
    static NOW: RefCell<Now> = const { RefCell::new(Now { second: 0, text: String::new() }) };
}

struct Now {
    second: u64,
    text: String,
}

impl Now {
    /// `29/Nov/2026:12:00:00 +0000`
    fn text(&mut self) -> &str {
        let now = SystemTime::now();
        let second = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        if self.second != second || self.text.is_empty() {
            (self.second, self.text) = (second, local_time(now));
        }
        &self.text
    }
}

/// `29/Nov/2026:12:00:00 +0000`
pub(super) fn local_time(now: SystemTime) -> String {
    // "Sun, 29 Nov 2026 12:00:00 GMT"
    let date = httpdate::fmt_http_date(now);
    let mut words = date.split(' ').skip(1);
    let mut word = || words.next().unwrap_or_default();
    let (day, month, year, time) = (word(), word(), word(), word());
    format!("{day}/{month}/{year}:{time} +0000")
}

fn object(record: &Record, text: &mut Vec<u8>) {
    let config = record.rules.config();
    let site = record.route.and_then(|route| config.sites.get(route.site));
    let location = record
        .route
        .and_then(|route| site?.locations.get(route.location))
        .map(|location| location.path.as_str());
    let upstream = record
        .server
        .and_then(|(upstream, _)| config.upstreams.get(upstream));
    let server = record
        .server
        .and_then(|(_, server)| upstream?.servers.get(server))
        .map(|server| server.id.as_str());
    let mut line = json!({
        "time": local_time(SystemTime::now()),
        "remote": address(record.remote),
        "request": String::from_utf8_lossy(record.request_line()),
        "host": String::from_utf8_lossy(record.host()),
        "status": record.status,
        "bytes": record.response_len,
        "reason": record.reason.as_str(),
        "site": site.and_then(|site| site.hosts.first()),
        "location": location,
        "upstream": upstream.map(|upstream| upstream.name.as_str()),
        "server": server,
        "tries": record.tries,
        "affinity": record.placement.map(Placement::as_str),
        "moved": record.placement.and_then(Placement::cause).map(Cause::as_str),
        "upstream_seconds": record.upstream_time.map(|time| time.as_secs_f64()),
        "seconds": (record.ended.saturating_sub(record.started)).as_secs_f64(),
        "referer": String::from_utf8_lossy(record.referer()),
        "user_agent": String::from_utf8_lossy(record.user_agent()),
    });
    if let Value::Object(line) = &mut line {
        tell_failure(record, line);
    }
    let _ = writeln!(text, "{line}");
}

/// What only some lines have: the trace, and the story of a failure.
fn tell_failure(record: &Record, line: &mut Map<String, Value>) {
    let mut put = |key: &str, value: Value| _ = line.insert(key.to_owned(), value);
    if let Some(trace) = &record.trace {
        put("trace", trace.trace_id().into());
    }
    if let Some(reference) = record.reference {
        put("reference", reference.to_string().into());
    }
    if let Some(phase) = record.phase {
        put("phase", phase.as_str().into());
    }
    if !record.failed.is_empty() {
        let upstream = record.upstream;
        let upstream = upstream.and_then(|at| record.rules.config().upstreams.get(at));
        let failed = record.failed.iter().map(|attempt| {
            let server = upstream.and_then(|upstream| upstream.servers.get(attempt.server));
            json!({
                "server": server.map(|server| server.id.as_str()),
                "reason": attempt.reason.as_str(),
                "phase": attempt.phase.as_str(),
                "seconds": attempt.whole.as_secs_f64(),
            })
        });
        put("failed_tries", failed.collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_std_writes_them() {
        for number in [0, 9, 10, 101, 65_536, u64::MAX] {
            let mut line = Vec::new();
            decimal(number, &mut line);
            assert_eq!(line, number.to_string().into_bytes());
        }
    }

    #[test]
    fn nothing_that_a_client_sends_ends_a_line_or_a_quoted_string() {
        let rows: [(&[u8], &str); 5] = [
            (b"", "-"),
            (b"GET / HTTP/1.1", "GET / HTTP/1.1"),
            (b"a\"b\\c", "a\\x22b\\x5Cc"),
            (b"\r\n", "\\x0D\\x0A"),
            (b"\x7f~\xff", "\\x7F~\\xFF"),
        ];
        for (bytes, expected) in rows {
            let mut line = Vec::new();
            quote(bytes, &mut line);
            assert_eq!(line, expected.as_bytes());
        }
    }
}
