//! What both sides of a gateway do in one run: derived from the fuzzer's bytes, with what each message was meant to be.

use arbitrary::{Result, Unstructured};
use wirekit::bridge::Loss;

use super::answer::{Answer, Ending, Kind, answer};
use super::body::{STRAY, Text, chunks, content};

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) requests: Vec<Request>,
    /// What the client sends, as far as it gets.
    pub(super) wire: Text,
    /// How its side then ends.
    pub(super) client_ends: Ending,
    pub(super) max_drained_len: u64,
}

#[derive(Debug)]
pub(super) struct Request {
    pub(super) method: &'static str,
    /// As the client sends it, and as a server gets it.
    pub(super) target: String,
    pub(super) origin: String,
    pub(super) is_11: bool,
    pub(super) head_len: usize,
    pub(super) wire: Text,
    pub(super) content: Text,
    pub(super) is_chunked: bool,
    pub(super) has_trailers: bool,
    /// The body breaks a rule: it never ends.
    pub(super) is_broken: bool,
    pub(super) takes_trailers: bool,
    pub(super) offers: bool,
    pub(super) keeps: bool,
    pub(super) kind: Kind,
    /// The gateway receives all of the body first, and sends the request again if the server is lost.
    pub(super) is_held: bool,
    pub(super) is_continued: bool,
    /// The server of uwsgi takes chunks.
    pub(super) is_streamed: bool,
    pub(super) answer: Answer,
    /// How many bytes of the client, and then of the server, arrive in turn.
    pub(super) phases: Vec<(usize, usize)>,
    /// The client is lost before this phase.
    pub(super) leaves: Option<(usize, Loss)>,
}

impl Request {
    pub(super) fn has_body(&self) -> bool {
        self.is_chunked || !self.content.is_empty()
    }
}

impl Plan {
    pub(super) fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut requests = Vec::new();
        for index in 0..u.int_in_range(1..=3)? {
            requests.push(request(u, index)?);
        }
        let mut wire = Text(requests.iter().flat_map(|it| it.wire.to_vec()).collect());
        if u.ratio(1, 4)? {
            let len = u.int_in_range(0..=wire.len())?;
            wire.truncate(len);
        }
        Ok(Self {
            requests,
            wire,
            client_ends: Ending::new(u)?,
            max_drained_len: if u.arbitrary()? {
                1 << 16
            } else {
                u.int_in_range(0..=99)?
            },
        })
    }
}

fn request(u: &mut Unstructured<'_>, index: usize) -> Result<Request> {
    let method = *u.choose(&["GET", "POST", "HEAD", "PUT", "OPTIONS", "CONNECT"])?;
    let is_11 = method == "CONNECT" || !u.ratio(1, 6)?;
    let origin = match method {
        "CONNECT" => "a:1".into(),
        "OPTIONS" if u.arbitrary()? => "*".into(),
        _ => format!("/r{index}"),
    };
    let (origin, target) = target(u, origin, index)?;
    let content = content(u)?;
    let form = if method == "CONNECT" {
        0
    } else {
        u.int_in_range(0..=3)?
    };
    let is_chunked = is_11 && form >= 2;
    let (takes_trailers, offers) = (
        is_11 && u.ratio(1, 3)?,
        is_11 && method == "GET" && u.ratio(1, 4)?,
    );
    let (expects, overrides) = (is_11 && form > 0 && u.ratio(1, 4)?, u.ratio(1, 5)?);
    let mut head = format!("{method} {target} HTTP/1.{}\r\n", u8::from(is_11));
    head.push_str(if method == "CONNECT" {
        "Host: a:1\r\nX-Hop: 1\r\n"
    } else {
        "Host: a\r\nX-Hop: 1\r\n"
    });
    let mut options = vec!["X-Hop"];
    if takes_trailers {
        head.push_str("TE: trailers\r\n");
        options.push("TE");
    }
    if offers {
        head.push_str("Upgrade: h2c, websocket\r\n");
        options.push("Upgrade");
    }
    if overrides {
        options.push(if is_11 { "close" } else { "keep-alive" });
    }
    head.push_str(&format!("Connection: {}\r\n", options.join(", ")));
    if expects {
        head.push_str("Expect: 100-continue\r\n");
    }
    let kinds = [
        Kind::Http1,
        Kind::Uwsgi,
        Kind::Http1,
        Kind::Uwsgi,
        Kind::Own,
    ];
    let kind = *u.choose(&kinds)?;
    let mut request = Request {
        method,
        target,
        origin,
        is_11,
        head_len: 0,
        wire: Text::default(),
        content: Text::default(),
        is_chunked,
        has_trailers: false,
        is_broken: false,
        takes_trailers,
        offers,
        keeps: overrides != is_11,
        kind,
        is_held: u.ratio(1, 4)?,
        is_continued: u.arbitrary()?,
        is_streamed: u.arbitrary()?,
        answer: answer(u, method, kind, offers, index)?,
        phases: Vec::new(),
        leaves: None,
    };
    let mut body = Text::default();
    if is_chunked {
        head.push_str("Transfer-Encoding: chunked\r\n");
        request.has_trailers = u.ratio(1, 3)?;
        request.is_broken = u.ratio(1, 6)?;
        chunks(
            u,
            &content,
            request.has_trailers,
            request.is_broken,
            &mut body,
        )?;
        request.content = content;
        if request.is_broken {
            request.content.extend_from_slice(STRAY);
        }
    } else if form > 0 {
        head.push_str(&format!("Content-Length: {}\r\n", content.len()));
        body.clone_from(&content);
        request.content = content;
    }
    head.push_str("\r\n");
    request.head_len = head.len();
    request.wire = Text(head.into_bytes());
    request.wire.append(&mut body);
    for _ in 0..u.int_in_range(0..=3)? {
        let client = u.int_in_range(0..=request.wire.len() + 40)?;
        request
            .phases
            .push((client, u.int_in_range(0..=request.answer.wire.len())?));
    }
    if u.ratio(1, 8)? {
        let loss = *u.choose(&[Loss::Broken, Loss::Timeout])?;
        request.leaves = Some((u.int_in_range(0..=request.phases.len())?, loss));
    }
    Ok(request)
}

/// What a server gets and what the client sends for it.
fn target(u: &mut Unstructured<'_>, origin: String, index: usize) -> Result<(String, String)> {
    if !origin.starts_with('/') {
        return Ok((origin.clone(), origin));
    }
    Ok(match u.int_in_range(1..=8)? {
        1 => (origin.clone(), format!("http://a{origin}")),
        // RFC 9112 section 3.2.1: a path that is empty is sent on as a slash.
        5 => (format!("/?{index}"), format!("http://a?{index}")),
        _ => (origin.clone(), origin),
    })
}
