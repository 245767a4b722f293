//! The access log: a line an exchange.

use core::net::IpAddr;
use std::io;
use std::time::SystemTime;

use serde_json::json;

use super::writer::{self, Lines, Writing};
use crate::config::{self, LogFormat};
use crate::core::session::Record;

/// Where lines go, and how they look.
#[derive(Clone, Debug)]
pub(super) struct Log {
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
        lines.put(match self.format {
            LogFormat::Combined => combined(record),
            LogFormat::Json => object(record),
        });
    }

    /// How many lines were lost so far.
    pub(super) fn lost(&self) -> u64 {
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
fn combined(record: &Record) -> Vec<u8> {
    let quoted = |bytes: &[u8]| {
        if bytes.is_empty() {
            return "-".to_owned();
        }
        let mut text = String::new();
        for byte in bytes {
            match byte {
                b'"' | b'\\' => text += &format!("\\x{byte:02X}"),
                b' '..=b'~' => text.push(char::from(*byte)),
                _ => text += &format!("\\x{byte:02X}"),
            }
        }
        text
    };
    format!(
        "{} - - [{}] \"{}\" {} {} \"{}\" \"{}\"\n",
        address(record.remote),
        local_time(SystemTime::now()),
        quoted(&record.request_line),
        record.status,
        record.response_len,
        quoted(&record.referer),
        quoted(&record.user_agent),
    )
    .into_bytes()
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

fn object(record: &Record) -> Vec<u8> {
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
    let line = json!({
        "time": local_time(SystemTime::now()),
        "remote": address(record.remote),
        "request": String::from_utf8_lossy(&record.request_line),
        "host": String::from_utf8_lossy(&record.host),
        "status": record.status,
        "bytes": record.response_len,
        "reason": record.reason.as_str(),
        "site": site.and_then(|site| site.hosts.first()),
        "location": location,
        "upstream": upstream.map(|upstream| upstream.name.as_str()),
        "server": server,
        "tries": record.tries,
        "upstream_seconds": record.upstream_time.map(|time| time.as_secs_f64()),
        "seconds": (record.ended.saturating_sub(record.started)).as_secs_f64(),
        "referer": String::from_utf8_lossy(&record.referer),
        "user_agent": String::from_utf8_lossy(&record.user_agent),
    });
    format!("{line}\n").into_bytes()
}
