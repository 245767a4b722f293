//! What clients ask: requests that say in every part whose they are, and some that no gateway may pass on.

use super::body::{self, put, put_number, token};
use super::chance::Chance;
use super::cookies;
use super::fate::Moment;
use super::users::Says;

/// From this number on a token stands where no server may see it: in a field of one hop, in content that looks like a request.
pub(super) const HIDDEN: usize = 9000;

/// What a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Uwsgi,
    Http1,
    File,
    NoFile,
    Moved,
    WebSocket,
    /// For an HTTP/1.1 server, with more content than it may have, which nobody knows beforehand.
    TooLong,
    /// Whatever it asks for, it is refused, with this status, and the connection ends if that says so.
    Refused(u16, After),
}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It may serve on.
    Serves,
    /// Where the next request would begin is not known.
    Ends,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) number: usize,
    pub(super) kind: Kind,
    pub(super) method: &'static str,
    pub(super) content: Vec<u8>,
    /// Places in the client's bytes.
    pub(super) head_end: usize,
    pub(super) end: usize,
    /// The client says that it is the last.
    pub(super) closes: bool,
    /// It waits for 100 (Continue).
    pub(super) expects: bool,
    pub(super) is_chunked: bool,
    /// Servers that got a byte of it, and what the first one got.
    pub(super) attempts: usize,
    pub(super) first: Vec<u8>,
    /// What its cookies say: the application's session, and the gateway's own.
    pub(super) session: Says,
    pub(super) route: Says,
    /// Its answer may give its user a session.
    pub(super) is_users: bool,
    /// When its first byte was sent.
    pub(super) departed: Option<Moment>,
}

/// What a client's requests have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Manner {
    /// What it says of its client is believed.
    pub(super) is_believed: bool,
    /// It sends cookies.
    pub(super) has_cookies: bool,
}

impl Request {
    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    /// RFC 9110 section 9.2.2.
    pub(super) fn is_idempotent(&self) -> bool {
        !matches!(self.method, "POST" | "PATCH")
    }

    /// Whether it goes to a server.
    pub(super) fn is_proxied(&self) -> bool {
        matches!(
            self.kind,
            Kind::Uwsgi | Kind::Http1 | Kind::WebSocket | Kind::TooLong
        )
    }
}

/// The largest content that a location of the simulator's configurations takes.
pub(super) const MAX_CONTENT: usize = 4096;
/// The most content that is held in memory; more goes to a file.
pub(super) const MAX_IN_MEMORY: usize = 1024 * 1024;
/// The largest head.
pub(super) const MAX_HEAD: usize = 2048;

/// Writes the next request. What one that is believed says of its client goes on to a server, and is then not said.
pub(super) fn write(
    chance: &mut Chance<'_>,
    number: usize,
    manner: Manner,
    wire: &mut Vec<u8>,
) -> Request {
    let kind = chance.pick(&[
        Kind::Uwsgi,
        Kind::Http1,
        Kind::Uwsgi,
        Kind::Http1,
        Kind::Uwsgi,
        Kind::Http1,
        Kind::File,
        Kind::File,
        Kind::NoFile,
        Kind::Moved,
        Kind::WebSocket,
        Kind::Refused(0, After::Serves),
    ]);
    match kind {
        Kind::Refused(..) => refused(chance, number, wire),
        kind => plain(chance, number, kind, manner, wire),
    }
}

fn plain(
    chance: &mut Chance<'_>,
    number: usize,
    kind: Kind,
    manner: Manner,
    wire: &mut Vec<u8>,
) -> Request {
    let method = match kind {
        Kind::Uwsgi | Kind::Http1 => {
            chance.pick(&["GET", "GET", "POST", "PUT", "HEAD", "DELETE", "PATCH"])
        }
        Kind::File | Kind::NoFile => chance.pick(&["GET", "HEAD"]),
        _ => "GET",
    };
    let path = match kind {
        Kind::Uwsgi => chance.pick(&["/", "/a/b", "/a%20b", "/x/../y", "/%2e/y", "/d"]),
        Kind::Http1 => chance.pick(&["/http/", "/http/a"]),
        Kind::File => "/files/a.txt",
        Kind::NoFile => chance.pick(&["/files/none", "/files/.hidden", "/files/"]),
        Kind::Moved => "/moved",
        _ => "/http/ws",
    };
    let is_big = kind == Kind::Http1 && method == "PUT" && chance.one_in(100);
    // Content in chunks that a uwsgi server is to know the length of, and that is too long to be held in memory.
    let is_huge = kind == Kind::Uwsgi && method == "PUT" && chance.one_in(80);
    let path = match (is_big, is_huge) {
        (true, _) => "/big/",
        (_, true) => "/huge/",
        _ => path,
    };
    let takes_content =
        matches!(kind, Kind::Uwsgi | Kind::Http1) && !matches!(method, "GET" | "HEAD");
    let is_too_long = kind == Kind::Http1 && takes_content && !is_big && chance.one_in(24);
    let kind = if is_too_long { Kind::TooLong } else { kind };
    let len = match takes_content {
        _ if is_too_long => MAX_CONTENT + 2000,
        _ if is_big => chance.pick(&[60_000, 900_000]),
        _ if is_huge => chance.pick(&[MAX_IN_MEMORY + 1, MAX_IN_MEMORY + 300_000]),
        true => chance.pick(&[0, 2, 40, 200, MAX_CONTENT]),
        false => 0,
    };
    let text = token(number);
    let is_10 = !matches!(kind, Kind::WebSocket | Kind::TooLong) && !is_huge && chance.one_in(10);
    let version = if is_10 { "1.0" } else { "1.1" };
    put(wire, &[method, " ", path, "?", &text, " HTTP/", version]);
    put(wire, &["\r\nHost: a\r\nX-Token: ", &text, "\r\n"]);
    let mut closes = is_10;
    match chance.below(12) {
        0..6 => {}
        6 => put(
            wire,
            &["Cookie: a=", &text, "\r\nUser-Agent: ", &text, "\r\n"],
        ),
        7 if !manner.is_believed => {
            put(wire, &["X-Forwarded-For: ", &token(HIDDEN), "\r\n"]);
            put(wire, &["Forwarded: for=", &token(HIDDEN), "\r\n"]);
        }
        8 if kind != Kind::WebSocket => {
            put(
                wire,
                &["Connection: X-Hop\r\nX-Hop: ", &token(HIDDEN), "\r\n"],
            );
        }
        9 if kind != Kind::WebSocket => {
            put(wire, &["Connection: close\r\n"]);
            closes = true;
        }
        10 => put(wire, &["X-Big: ", &"b".repeat(MAX_HEAD / 2), "\r\n"]),
        _ => {}
    }
    let (mut session, mut route) = (Says::Nothing, Says::Nothing);
    if manner.has_cookies {
        let upstream = if kind == Kind::Uwsgi { "app" } else { "http" };
        let (sid, own) = (cookies::sid(chance), cookies::route(chance, upstream));
        for cookies in [&sid.0, &own.0].into_iter().filter(|it| !it.is_empty()) {
            put(wire, &["Cookie: ", cookies, "\r\n"]);
        }
        (session, route) = (sid.1, own.1);
    }
    if kind == Kind::WebSocket {
        wire.extend_from_slice(b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    }
    let content = match chance.below(8) {
        // What would be the next request to a reader that loses count.
        7 => smuggled(len),
        _ => body::content(number, len),
    };
    let is_chunked = takes_content && !is_10 && (is_too_long || is_huge || chance.one_in(3));
    let expects = len > 0 && !is_10 && chance.one_in(5);
    if expects {
        put(wire, &["Expect: 100-continue\r\n"]);
    }
    if is_chunked {
        put(wire, &["Transfer-Encoding: chunked\r\n"]);
    } else if takes_content {
        put_number(wire, "Content-Length", len);
    }
    put(wire, &["\r\n"]);
    let head_end = wire.len();
    if is_chunked {
        let trailer = if chance.one_in(2) {
            "X-Trailer: 1\r\n"
        } else {
            ""
        };
        body::chunked(&content, 1 + chance.below(3), trailer, wire);
    } else {
        wire.extend_from_slice(&content);
    }
    Request {
        number,
        kind,
        method,
        content,
        head_end,
        end: wire.len(),
        closes,
        expects,
        is_chunked,
        attempts: 0,
        first: Vec::new(),
        session,
        route,
        is_users: manner.has_cookies,
        departed: None,
    }
}

fn smuggled(len: usize) -> Vec<u8> {
    body::repeated(hidden().as_bytes(), len)
}

fn hidden() -> String {
    let hidden = token(HIDDEN + 1);
    format!("GET /?{hidden} HTTP/1.1\r\nHost: a\r\nX-Token: {hidden}\r\n\r\n")
}

/// What is refused for its own sake; `smuggled` stands behind where two readers could disagree.
fn refused(chance: &mut Chance<'_>, number: usize, wire: &mut Vec<u8>) -> Request {
    use After::{Ends, Serves};
    let text = token(number);
    let smuggled = hidden();
    let start = format!("POST /?{text} HTTP/1.1\r\nHost: a\r\n");
    let (status, after, request) = match chance.below(13) {
        0 => (
            400,
            Serves,
            format!("GET /../?{text} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        1 => (
            405,
            Serves,
            format!("DELETE /files/a.txt?{text} HTTP/1.1\r\nHost: a\r\n\r\n"),
        ),
        2 => (
            413,
            Serves,
            format!(
                "{start}Content-Length: {}\r\n\r\n{}",
                MAX_CONTENT + 1,
                "b".repeat(MAX_CONTENT + 1)
            ),
        ),
        3 => (
            400,
            Ends,
            format!(
                "{start}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"
            ),
        ),
        4 => (
            400,
            Ends,
            format!("{start}Content-Length: 5\r\nContent-Length: 6\r\n\r\n{smuggled}"),
        ),
        5 => (
            501,
            Ends,
            format!("{start}Transfer-Encoding: gzip, chunked\r\n\r\n{smuggled}"),
        ),
        6 => (
            400,
            Ends,
            format!("GET /?{text} HTTP/1.1\r\n\r\n{smuggled}"),
        ),
        7 => (
            431,
            Ends,
            format!(
                "{start}X-Big: {}\r\n\r\n{smuggled}",
                "b".repeat(2 * MAX_HEAD)
            ),
        ),
        8 => (
            400,
            Ends,
            format!("GET /?{text} HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n{smuggled}"),
        ),
        9 => (
            505,
            Ends,
            format!("GET /?{text} HTTP/3.0\r\nHost: a\r\n\r\n{smuggled}"),
        ),
        10 => (
            400,
            Ends,
            format!("\u{1}\u{2}garbage {text}\r\n\r\n{smuggled}"),
        ),
        11 => (
            417,
            Serves,
            format!("{start}Expect: a-gift\r\nContent-Length: 2\r\n\r\nhi"),
        ),
        _ => (
            400,
            Ends,
            format!("{start}Transfer-Encoding: gzip\r\n\r\n{smuggled}"),
        ),
    };
    wire.extend_from_slice(request.as_bytes());
    Request {
        number,
        kind: Kind::Refused(status, after),
        method: "",
        content: Vec::new(),
        head_end: wire.len(),
        end: wire.len(),
        closes: after == Ends,
        expects: false,
        is_chunked: false,
        attempts: 0,
        first: Vec::new(),
        session: Says::Nothing,
        route: Says::Nothing,
        is_users: false,
        departed: None,
    }
}
