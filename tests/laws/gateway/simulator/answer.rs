//! What servers answer: what each sends, and what a client may believe of it.

use std::io::Write;

use super::body::{self, put, put_number, token};
use super::chance::Chance;
use super::cookies::session;
use super::request::{HIDDEN, Request};
use super::users::{Says, USERS};

/// What a server sends for one request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) wire: Vec<u8>,
    /// How much of `wire` is the response: what follows belongs to none.
    pub(super) len: usize,
    /// Where its content begins that lasts until the connection's end.
    lasts_from: Option<usize>,
    pub(super) status: u16,
    pub(super) content: Vec<u8>,
    pub(super) truth: Truth,
    pub(super) ends: Ends,
    /// It says nothing against another request on the connection.
    pub(super) keeps: bool,
    /// The server waits for the whole request first.
    pub(super) is_patient: bool,
    /// The user whose session it gives.
    pub(super) gives: Option<usize>,
}

/// How much of it is a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    Whole,
    /// It stops before its end, or breaks off.
    Part,
    /// No client may see anything of it.
    Broken,
}

/// What the server does behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Stays,
    Closes,
    Resets,
    /// It sends nothing more, and does not close.
    Stalls,
}

impl Answer {
    /// The answer of 101 with these bytes.
    pub(super) fn switch(wire: &[u8]) -> Self {
        Self {
            wire: wire.to_vec(),
            len: wire.len(),
            status: 101,
            truth: Truth::Whole,
            is_patient: true,
            ..Self::gone(Ends::Stays)
        }
    }

    /// The server closes in order where so much of it was sent: that makes what lasts until the end shorter.
    pub(super) fn ends_at(&mut self, sent: usize) {
        if let Some(len) = self.lasts_from.and_then(|from| sent.checked_sub(from)) {
            self.content.truncate(len);
            self.truth = Truth::Whole;
        }
    }

    /// Whether its content lasts until the connection's end.
    pub(super) const fn is_until_end(&self) -> bool {
        self.lasts_from.is_some()
    }

    /// The server goes away without an end in order, which is what would make it whole if nothing else says where it ends.
    pub(super) fn breaks_off(&mut self) {
        if self.truth == Truth::Whole && self.lasts_from.is_some() {
            self.truth = Truth::Part;
        }
    }

    /// Of a server that went away while its connection was kept.
    pub(super) const fn gone(ends: Ends) -> Self {
        Self {
            wire: Vec::new(),
            len: 0,
            lasts_from: None,
            status: 0,
            content: Vec::new(),
            truth: Truth::Broken,
            ends,
            keeps: false,
            is_patient: false,
            gives: None,
        }
    }
}

/// What a server that takes a request may do.
pub(super) fn answer(chance: &mut Chance<'_>, request: &Request, is_faulty: bool) -> Answer {
    let len = match chance.below(1024) {
        0..384 => 10,
        384..640 => 0,
        640..976 => 300,
        976..1022 => 5000,
        1022 => 100_000,
        // Much more than waits for one side.
        _ => 900_000,
    };
    let status = chance.pick(&[200, 200, 200, 404, 500]);
    let mut answer = Answer {
        wire: Vec::with_capacity(len + 256),
        len: 0,
        lasts_from: None,
        status,
        content: body::content(request.number, len),
        truth: Truth::Whole,
        ends: Ends::Stays,
        keeps: true,
        is_patient: true,
        gives: None,
    };
    answer.write(chance, request);
    answer.keeps = answer.ends == Ends::Stays;
    answer.len = answer.wire.len();
    if is_faulty {
        answer.spoil(chance, request);
    }
    answer
}

impl Answer {
    fn write(&mut self, chance: &mut Chance<'_>, request: &Request) {
        let text = token(request.number);
        let hidden = token(HIDDEN + 2);
        let len = self.content.len();
        match chance.below(24) {
            22 => self.status = 204,
            23 => self.status = 304,
            20 => self
                .wire
                .extend_from_slice(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
            _ => {}
        }
        let wire = &mut self.wire;
        write!(wire, "HTTP/1.1 {} Some\r\n", self.status).expect("room");
        put(wire, &["X-Answer: ", &text, "\r\n"]);
        match chance.below(8) {
            6 => put(wire, &["X-Accel-Redirect: /", &hidden, "\r\n"]),
            7 => {
                put(
                    wire,
                    &["Connection: close, X-Hop\r\nX-Hop: ", &hidden, "\r\n"],
                );
                self.ends = Ends::Closes;
            }
            _ => {}
        }
        if request.is_users && chance.below(3) == 2 {
            let user = match request.session {
                Says::User(user) => user,
                _ => chance.below(USERS),
            };
            put(wire, &["Set-Cookie: sid=", &session(user), "; Path=/\r\n"]);
            self.gives = Some(user);
        }
        let has_none = request.is_head() || matches!(self.status, 204 | 304);
        match chance.below(4) {
            _ if has_none => {
                if request.is_head() && !matches!(self.status, 204 | 304) {
                    put_number(wire, "Content-Length", len);
                }
                self.content.clear();
                put(wire, &["\r\n"]);
            }
            2 => {
                put(wire, &["Transfer-Encoding: chunked\r\n\r\n"]);
                let trailer = if chance.one_in(2) {
                    "X-Trailer: 1\r\n"
                } else {
                    ""
                };
                body::chunked(&self.content, 1 + chance.below(3), trailer, wire);
            }
            3 => {
                put(wire, &["\r\n"]);
                self.lasts_from = Some(wire.len());
                wire.extend_from_slice(&self.content);
                self.ends = Ends::Closes;
            }
            _ => {
                put_number(wire, "Content-Length", len);
                put(wire, &["\r\n"]);
                wire.extend_from_slice(&self.content);
            }
        }
    }

    /// Some of what servers do wrong.
    fn spoil(&mut self, chance: &mut Chance<'_>, request: &Request) {
        match chance.below(24) {
            12 => self.is_patient = false,
            13 | 14 => self.cut(chance),
            15 => self.ends = Ends::Resets,
            16 => {
                self.wire.clear();
                self.lasts_from = None;
                self.truth = Truth::Broken;
                self.ends = chance.pick(&[Ends::Stalls, Ends::Closes, Ends::Resets]);
            }
            17 if self.ends == Ends::Stays => {
                // Bytes that belong to no response.
                let stray = format!(
                    "HTTP/1.1 200 OK\r\nX-Answer: {}\r\nContent-Length: 0\r\n\r\n",
                    token(HIDDEN + 3)
                );
                self.wire.extend_from_slice(stray.as_bytes());
            }
            18 | 19 => self.breaks(chance, request),
            _ => {}
        }
        if self.ends == Ends::Resets {
            self.breaks_off();
        }
    }

    fn cut(&mut self, chance: &mut Chance<'_>) {
        let interim = match self.wire.starts_with(b"HTTP/1.1 103") {
            true => body::find(&self.wire, b"\r\n\r\n").map_or(0, |end| end + 4),
            false => 0,
        };
        let head_end =
            body::find(&self.wire[interim..], b"\r\n\r\n").map_or(0, |end| interim + end + 4);
        self.ends = chance.pick(&[Ends::Closes, Ends::Resets, Ends::Stalls]);
        let at = chance.below(self.wire.len());
        self.wire.truncate(at);
        self.truth = if at < head_end {
            Truth::Broken
        } else {
            Truth::Part
        };
        if self.ends == Ends::Closes {
            self.ends_at(at);
        }
    }

    fn breaks(&mut self, chance: &mut Chance<'_>, request: &Request) {
        let text = token(request.number);
        let start = format!("HTTP/1.1 200 OK\r\nX-Answer: {text}\r\n");
        self.truth = Truth::Broken;
        self.lasts_from = None;
        self.wire = match chance.below(7) {
            // A response to HEAD ends with its head, whatever its fields say: RFC 9112 section 6.3.
            1 | 3 if request.is_head() => format!("{start}: c\r\n\r\n").into_bytes(),
            0 => b"garbage\r\n\r\n".to_vec(),
            1 => format!("{start}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab").into_bytes(),
            2 => format!("{start}A b: c\r\n\r\n").into_bytes(),
            3 => format!("{start}Content-Length: x\r\n\r\n").into_bytes(),
            4 => format!("HTTP/1.1 101 Switching Protocols\r\nX-Answer: {text}\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n").into_bytes(),
            5 => format!("HTTP/1.1 20 OK\r\nX-Answer: {text}\r\n\r\n").into_bytes(),
            _ => {
                if request.is_head() {
                    self.content.clear();
                    format!("{start}A\0b: c\r\n\r\n").into_bytes()
                } else {
                    // The head is sound, and the content breaks off.
                    self.truth = Truth::Part;
                    self.status = 200;
                    self.content = body::content(request.number, 5);
                    let mut wire = format!("{start}Transfer-Encoding: chunked\r\n\r\n5\r\n").into_bytes();
                    wire.extend_from_slice(&self.content);
                    wire.extend_from_slice(b"\r\nxyz\r\n");
                    wire
                }
            }
        };
    }
}
