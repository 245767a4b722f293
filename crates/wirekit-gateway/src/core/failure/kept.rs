use core::net::IpAddr;
use core::time::Duration;
use std::time::SystemTime;

use super::{Phase, Reference, Try};
use crate::core::reason::Reason;
use crate::core::session::Record;

/// Bytes of a method, a target or a host that are kept.
const MAX_TEXT_LEN: usize = 256;

/// An exchange that failed, in words: it outlives the configuration that it had.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Failure {
    /// What the error page and the log call it.
    pub reference: Reference,
    /// When it ended.
    pub time: SystemTime,
    /// The client's address; none by a unix socket.
    pub remote: Option<IpAddr>,
    /// The method, if a request line was read.
    pub method: String,
    /// The target without its query, if a request line was read.
    pub target: String,
    /// Whether the target had a query.
    pub has_query: bool,
    /// `Host`.
    pub host: String,
    /// The status that the client got; zero where there was none.
    pub status: u16,
    /// Why it failed.
    pub reason: Reason,
    /// What was done then.
    pub phase: Option<Phase>,
    /// The first host of the site, if it has one.
    pub site: Option<String>,
    /// The location's path.
    pub location: Option<String>,
    /// The upstream.
    pub upstream: Option<String>,
    /// The last server that was asked.
    pub server: Option<String>,
    /// Each try.
    pub tries: Vec<NamedTry>,
    /// Bytes of the response, its head included.
    pub response_len: u64,
    /// From the head's first byte to its last.
    pub head: Duration,
    /// How long it waited for a server with room.
    pub wait: Option<Duration>,
    /// From the head to the end.
    pub whole: Duration,
    /// The trace that the request belongs to, where it says so or one was made.
    pub trace: Option<String>,
}

/// A try, with its server's names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NamedTry {
    /// The server's id.
    pub server: String,
    /// Its address.
    pub address: String,
    /// What became of it.
    pub attempt: Try,
}

impl Failure {
    /// What is kept of an exchange that ended then.
    pub fn new(record: &Record, reference: Reference, time: SystemTime) -> Self {
        let config = record.rules.config();
        let site = record.route.and_then(|route| config.sites.get(route.site));
        let location = record
            .route
            .and_then(|route| site?.locations.get(route.location));
        let upstream = record.upstream.and_then(|at| config.upstreams.get(at));
        let id = |at: usize| Some(upstream?.servers.get(at)?.id.clone());
        let tries = record.failed.iter().map(|attempt| {
            let server = upstream.and_then(|upstream| upstream.servers.get(attempt.server));
            NamedTry {
                server: server.map_or_else(String::new, |server| server.id.clone()),
                address: server.map_or_else(String::new, |server| server.address.to_string()),
                attempt: *attempt,
            }
        });
        let line = RequestLine::of(record.request_line());
        Self {
            reference,
            time,
            remote: record.remote,
            method: line.method,
            target: line.path,
            has_query: line.has_query,
            host: text(record.host()),
            status: record.status,
            reason: record.reason,
            phase: record.phase,
            site: site.and_then(|site| site.hosts.first().cloned()),
            location: location.map(|location| location.path.clone()),
            upstream: upstream.map(|upstream| upstream.name.clone()),
            server: record.server.and_then(|(_, at)| id(at)),
            tries: tries.collect(),
            response_len: record.response_len,
            head: record.head_time,
            wait: record.wait_time,
            whole: record.ended.saturating_sub(record.started),
            trace: record.trace.map(|trace| trace.trace_id()),
        }
    }
}

/// What of a request line is kept.
#[derive(Debug, Default, PartialEq, Eq)]
struct RequestLine {
    method: String,
    path: String,
    has_query: bool,
}

impl RequestLine {
    /// Empty where the line is none: it may be anything, a field with a secret too.
    fn of(line: &[u8]) -> Self {
        let mut words = line.split(|byte| *byte == b' ');
        let (Some(method), Some(target), Some(version), None) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            return Self::default();
        };
        let is_method = !method.is_empty() && method.iter().all(u8::is_ascii_alphabetic);
        if !is_method || !version.starts_with(b"HTTP/") {
            return Self::default();
        }
        let end = target.iter().position(|byte| matches!(byte, b'?' | b'#'));
        let path = target
            .get(..end.unwrap_or(target.len()))
            .unwrap_or_default();
        // `http://user:password@host/` is not allowed (RFC 9110 section 4.2.4), and sent nevertheless.
        let after_user = path
            .iter()
            .position(|byte| *byte == b'@')
            .filter(|_| !path.starts_with(b"/"))
            .and_then(|at| path.get(at + 1..));
        Self {
            method: text(method),
            path: text(after_user.unwrap_or(path)),
            has_query: end.is_some(),
        }
    }
}

fn text(bytes: &[u8]) -> String {
    let cut = bytes.get(..MAX_TEXT_LEN).unwrap_or(bytes);
    String::from_utf8_lossy(cut).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_request_line_no_secret_is_kept() {
        let rows: [(&[u8], &str, &str, bool); 7] = [
            (b"GET /a/b HTTP/1.1", "GET", "/a/b", false),
            (b"GET /a?token=secret HTTP/1.1", "GET", "/a", true),
            (b"GET /a#secret HTTP/1.1", "GET", "/a", true),
            (
                b"GET http://u:secret@h/a?secret HTTP/1.1",
                "GET",
                "h/a",
                true,
            ),
            (b"GET /@b HTTP/1.1", "GET", "/@b", false),
            (b"Cookie: secret", "", "", false),
            (b"Cookie: a secret", "", "", false),
        ];
        for (line, method, path, has_query) in rows {
            let found = RequestLine::of(line);
            assert_eq!(
                (found.method.as_str(), found.path.as_str(), found.has_query),
                (method, path, has_query),
                "{}",
                line.escape_ascii()
            );
        }
    }

    #[test]
    fn a_long_target_is_cut() {
        let line = format!("GET /{} HTTP/1.1", "a".repeat(8000));
        assert_eq!(RequestLine::of(line.as_bytes()).path.len(), MAX_TEXT_LEN);
    }
}
