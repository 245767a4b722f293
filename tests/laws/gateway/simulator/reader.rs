//! What a client understands of what it gets: one final response after the other.

use super::body::{self, Body};
use super::request::Request;

/// Reads what comes from the gateway.
#[derive(Debug)]
pub(super) struct Reader {
    head: Vec<u8>,
    stage: Stage,
    pub(super) finals: Vec<Final>,
    /// 100 (Continue) for the request that is next to be answered.
    pub(super) is_continued: bool,
    /// What came behind a switch of protocols.
    pub(super) tunnel: Vec<u8>,
    pub(super) len: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    Body(Body),
    Tunnel,
}

/// A final response, or as much of it as came.
#[derive(Debug)]
pub(super) struct Final {
    pub(super) status: u16,
    /// Whose it says that it is.
    pub(super) token: Option<usize>,
    pub(super) content: Vec<u8>,
    pub(super) is_whole: bool,
    /// It ends with the connection.
    pub(super) is_until_close: bool,
    /// The gateway says that it is the last.
    pub(super) closes: bool,
    /// The cookies that it sets.
    pub(super) set_cookies: Vec<Vec<u8>>,
}

impl Reader {
    pub(super) fn new() -> Self {
        Self {
            head: Vec::with_capacity(512),
            stage: Stage::Head,
            finals: Vec::new(),
            is_continued: false,
            tunnel: Vec::new(),
            len: 0,
        }
    }

    pub(super) fn is_tunnel(&self) -> bool {
        self.stage == Stage::Tunnel
    }

    /// Whether nothing of a response came that is not whole.
    pub(super) fn is_between(&self) -> bool {
        self.head.is_empty() && self.stage == Stage::Head
    }

    pub(super) fn read(&mut self, mut bytes: &[u8], requests: &[Request], sent: usize) {
        self.len += u64::try_from(bytes.len()).expect("a length");
        while !bytes.is_empty() {
            match &mut self.stage {
                Stage::Tunnel => {
                    self.tunnel.extend_from_slice(bytes);
                    return;
                }
                Stage::Head => {
                    let used = take_head(&mut self.head, bytes);
                    bytes = &bytes[used..];
                    if self.head.ends_with(b"\r\n\r\n") {
                        let head = core::mem::take(&mut self.head);
                        self.begin(&head, requests, sent);
                        self.head = head;
                        self.head.clear();
                    }
                }
                Stage::Body(body) => {
                    let current = self.finals.last_mut().expect("a response has begun");
                    let used = body.feed(bytes, &mut current.content);
                    bytes = &bytes[used..];
                    if body.is_whole() {
                        current.is_whole = true;
                        self.stage = Stage::Head;
                    }
                }
            }
        }
    }

    /// The connection was closed in order.
    pub(super) fn end(&mut self) {
        if self.stage == Stage::Body(Body::Close) {
            let current = self.finals.last_mut().expect("a response has begun");
            current.is_whole = true;
            self.stage = Stage::Head;
        }
    }

    fn begin(&mut self, head: &[u8], requests: &[Request], sent: usize) {
        let status = status(head);
        let fields = Fields::of(head);
        if matches!(status, 100..=199) && status != 101 {
            assert!(
                fields.get("content-length").is_none(),
                "content in an interim response"
            );
            self.is_continued |= status == 100;
            return;
        }
        self.is_continued = false;
        let at = self.finals.len();
        if let Some(last) = self.finals.last() {
            assert!(
                !last.closes,
                "a response behind one that said it is the last"
            );
        }
        let request = requests.get(at).expect("as many responses as requests");
        for hop in ["x-hop", "x-accel-redirect", "keep-alive"] {
            assert!(fields.get(hop).is_none(), "{hop} reaches the client");
        }
        assert!(
            status == 101 || fields.get("date").is_some(),
            "a response has a date"
        );
        let length = fields.get("content-length").map(length);
        let coding = fields.get("transfer-encoding");
        assert!(length.is_none() || coding.is_none(), "two lengths");
        // Of a method that came in part nobody knows that it was to be HEAD.
        let is_head = request.is_head() && sent >= request.head_end;
        let body = match (is_head || matches!(status, 101 | 204 | 304), length, coding) {
            (true, ..) => Body::Whole,
            (_, Some(length), _) => Body::length(length),
            (_, _, Some(coding)) => {
                assert_eq!(coding, b"chunked", "the only coding");
                Body::CHUNKED
            }
            _ => Body::Close,
        };
        let token = fields
            .get("x-answer")
            .and_then(|value| body::numbers(value).next());
        let connection = fields.get("connection").unwrap_or_default();
        let closes = connection.eq_ignore_ascii_case(b"close") || body == Body::Close;
        self.finals.push(Final {
            status,
            token,
            content: match body {
                Body::Length(len) => Vec::with_capacity(len),
                _ => Vec::new(),
            },
            is_whole: body.is_whole(),
            is_until_close: body == Body::Close,
            closes,
            set_cookies: fields.all("set-cookie").map(<[u8]>::to_vec).collect(),
        });
        self.stage = match body {
            _ if status == 101 => Stage::Tunnel,
            Body::Whole => Stage::Head,
            body => Stage::Body(body),
        };
    }
}

/// Adds to a head up to its end; how many bytes belong to it.
pub(super) fn take_head(head: &mut Vec<u8>, bytes: &[u8]) -> usize {
    let old = head.len();
    // The end may have begun in what came before.
    let from = old.saturating_sub(3);
    head.extend_from_slice(bytes);
    match body::find(&head[from..], b"\r\n\r\n") {
        Some(at) => {
            head.truncate(from + at + 4);
            head.len() - old
        }
        None => bytes.len(),
    }
}

fn status(head: &[u8]) -> u16 {
    assert!(head.starts_with(b"HTTP/1.1 "), "{}", head.escape_ascii());
    let digits = head.get(9..12).expect("a status");
    digits.iter().fold(0, |status, &digit| {
        assert!(digit.is_ascii_digit(), "{}", head.escape_ascii());
        status * 10 + u16::from(digit - b'0')
    })
}

/// The fields of a head, one a line.
#[derive(Debug)]
pub(super) struct Fields<'h>(Vec<(&'h [u8], &'h [u8])>);

impl<'h> Fields<'h> {
    pub(super) fn of(head: &'h [u8]) -> Self {
        let mut fields = Vec::with_capacity(16);
        let mut lines = head.split(|&byte| byte == b'\n');
        let first = lines.next();
        assert!(
            first.is_some_and(|line| line.ends_with(b"\r")),
            "a line's end"
        );
        for line in lines {
            let Some(colon) = line.iter().position(|&byte| byte == b':') else {
                continue;
            };
            fields.push((&line[..colon], line[colon + 1..].trim_ascii()));
        }
        Self(fields)
    }

    /// The values of the fields of that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &'h [u8]> {
        let is_it = move |field: &&(&[u8], &[u8])| field.0.eq_ignore_ascii_case(name.as_bytes());
        self.0.iter().filter(is_it).map(|(_, value)| *value)
    }

    /// The value of the one field of that name.
    pub(super) fn get(&self, name: &str) -> Option<&'h [u8]> {
        let mut found = self.all(name);
        let first = found.next();
        assert!(first.is_none() || found.next().is_none(), "{name} twice");
        first
    }
}

pub(super) fn length(value: &[u8]) -> usize {
    let text = core::str::from_utf8(value).ok();
    let digits = text.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    digits
        .and_then(|digits| digits.parse().ok())
        .expect("a length")
}
