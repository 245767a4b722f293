//! What both sides of a gateway do in one run: derived from the fuzzer's bytes, with what each message was meant to be.

use core::fmt;
use core::ops::{Deref, DerefMut};

use arbitrary::{Result, Unstructured};
use wirekit::bridge::Loss;

/// The content of a body: a request or a response for a reader that takes it for the next message.
const EVIL: &[u8] =
    b"GET /evil HTTP/1.1\r\nHost: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n0\r\n\r\n";

/// Bytes that are shown as text.
#[derive(Clone, Default)]
pub(super) struct Text(pub(super) Vec<u8>);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Deref for Text {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) requests: Vec<Request>,
    /// What the client sends, as far as it gets.
    pub(super) wire: Text,
    /// How its side then ends.
    pub(super) client_ends: Ending,
    pub(super) max_drained_len: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Own,
    Uwsgi,
    Http1,
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

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    /// It is silent, and nobody asks why.
    Open,
    Closed,
    Lost(Loss),
}

impl Ending {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        Ok(*u.choose(&[
            Self::Open,
            Self::Closed,
            Self::Lost(Loss::Broken),
            Self::Lost(Loss::Timeout),
        ])?)
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// There is no head that can be passed on.
    Nothing,
    Part,
    Whole,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) wire: Text,
    pub(super) status: u16,
    /// Where each interim response that is passed on is whole.
    pub(super) interims: Vec<usize>,
    pub(super) head_end: usize,
    /// Where it is whole; at the end of the connection, if nowhere.
    pub(super) end: Option<usize>,
    pub(super) content: Text,
    pub(super) has_trailers: bool,
    pub(super) keeps: bool,
    pub(super) switches: bool,
    pub(super) ending: Ending,
}

impl Answer {
    pub(super) fn verdict(&self) -> Verdict {
        let len = self.wire.len();
        match self.end {
            _ if len < self.head_end => Verdict::Nothing,
            Some(end) if len >= end => Verdict::Whole,
            None if self.ending == Ending::Closed => Verdict::Whole,
            _ => Verdict::Part,
        }
    }

    /// The content, or a longer one of which only the start can have arrived.
    pub(super) fn content(&self) -> &[u8] {
        match self.end {
            Some(_) => &self.content,
            None => self.wire.get(self.head_end..).unwrap_or_default(),
        }
    }

    /// Whether bytes follow that are no part of it.
    pub(super) fn has_excess(&self) -> bool {
        self.end.is_some_and(|end| self.wire.len() > end)
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
    let is_absolute = origin.starts_with('/') && u.ratio(1, 4)?;
    let target = if is_absolute {
        format!("http://a{origin}")
    } else {
        origin.clone()
    };
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
    let (expects, says) = (is_11 && form > 0 && u.ratio(1, 4)?, u.ratio(1, 5)?);
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
    if says {
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
        keeps: says != is_11,
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

fn content(u: &mut Unstructured<'_>) -> Result<Text> {
    let len = match u.int_in_range(0..=3)? {
        0 => 0,
        1 => u.int_in_range(1..=9)?,
        _ => u.int_in_range(10..=600)?,
    };
    let skip = u.int_in_range(0..=EVIL.len() - 1)?;
    let endless = EVIL.iter().copied().cycle();
    Ok(Text(endless.skip(skip).take(len).collect()))
}

/// What the last, broken chunk of a body may still hold.
const STRAY: &[u8] = b"a";

fn chunks(
    u: &mut Unstructured<'_>,
    content: &[u8],
    has_trailers: bool,
    is_broken: bool,
    out: &mut Vec<u8>,
) -> Result<()> {
    let mut rest = content;
    while !rest.is_empty() {
        let (chunk, after) = rest.split_at(u.int_in_range(1..=rest.len())?);
        let extension = if u.ratio(1, 5)? { ";a=\"b\"" } else { "" };
        out.extend_from_slice(format!("{:x}{extension}\r\n", chunk.len()).as_bytes());
        out.extend_from_slice(chunk);
        out.extend_from_slice(b"\r\n");
        rest = after;
    }
    if is_broken {
        // Each is an error wherever it stands, and nothing behind it is anything.
        let faults = [
            "zz\r\n",
            "-1\r\n",
            "ffffffffffffffffff\r\n",
            "1\r\nab\r\n",
            "1\nx\r\n",
            "0\r\nA : b\r\n\r\n",
            ";\r\n",
            "1 \rx",
        ];
        out.extend_from_slice(u.choose(&faults)?.as_bytes());
        out.extend_from_slice(EVIL);
        return Ok(());
    }
    out.extend_from_slice(b"0\r\n");
    if has_trailers {
        out.extend_from_slice(trailer().as_bytes());
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// A trailer field, of more bytes than some outputs have room for.
pub(super) fn trailer() -> String {
    format!("ETag: {}\r\n", "t".repeat(90))
}

fn answer(
    u: &mut Unstructured<'_>,
    method: &str,
    kind: Kind,
    offers: bool,
    index: usize,
) -> Result<Answer> {
    #[rustfmt::skip]
    const BROKEN: &[&str] = &[
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 099 OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA : b\r\n\r\n",
        "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        "Status: 1\r\n\r\n",
        "",
    ];
    let mut answer = Answer {
        wire: Text::default(),
        status: *u.choose(&[200, 200, 200, 404, 413, 204, 304, 205])?,
        interims: Vec::new(),
        head_end: usize::MAX,
        end: Some(usize::MAX),
        content: Text::default(),
        has_trailers: false,
        keeps: true,
        switches: false,
        ending: Ending::new(u)?,
    };
    for _ in 0..u.int_in_range(0..=2)?.max(1) - 1 {
        let is_passed: bool = u.arbitrary()?;
        let line = if is_passed {
            "103 Early Hints\r\nLink: x"
        } else {
            "100 Continue"
        };
        answer
            .wire
            .extend_from_slice(format!("HTTP/1.1 {line}\r\n\r\n").as_bytes());
        if is_passed {
            answer.interims.push(answer.wire.len());
        }
    }
    match u.int_in_range(0..=9)? {
        0 => {
            // RFC 9112 section 6.3: what answers HEAD ends with its head, whatever the first four say of a length.
            let broken = if method == "HEAD" {
                BROKEN.get(4..).unwrap_or_default()
            } else {
                BROKEN
            };
            answer.wire.extend_from_slice(u.choose(broken)?.as_bytes());
        }
        1 => {
            answer.status = 101;
            let head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
            answer.wire.extend_from_slice(head.as_bytes());
            if offers {
                (answer.head_end, answer.end) = (answer.wire.len(), Some(answer.wire.len()));
                (answer.keeps, answer.switches) = (false, true);
            }
        }
        form => {
            let is_cgi = form == 2 && kind == Kind::Uwsgi && answer.wire.is_empty();
            framed(
                u,
                &mut answer,
                method,
                [is_cgi, !is_cgi && form == 3],
                index,
            )?;
        }
    }
    if u.ratio(1, 3)? {
        let len = u.int_in_range(0..=answer.wire.len())?;
        answer.wire.truncate(len);
    }
    let len = answer.wire.len();
    answer.interims.retain(|&end| end <= len);
    Ok(answer)
}

fn framed(
    u: &mut Unstructured<'_>,
    answer: &mut Answer,
    method: &str,
    [is_cgi, is_10]: [bool; 2],
    index: usize,
) -> Result<()> {
    let mut head = match is_cgi {
        true => format!("Status: {} Fine\r\n", answer.status),
        false => format!("HTTP/1.{} {} Fine\r\n", u8::from(!is_10), answer.status),
    };
    head.push_str(&format!(
        "X-Answer: {index}\r\nX-Hop: 1\r\nConnection: x-hop"
    ));
    let closes = u.ratio(1, 5)?;
    head.push_str(if closes { ", close\r\n" } else { "\r\n" });
    answer.keeps = !(is_cgi || is_10 || closes);
    let mut body = content(u)?;
    let has_none = method == "HEAD" || matches!(answer.status, 204 | 304);
    if !has_none {
        answer.content.clone_from(&body);
    }
    let mut is_broken = false;
    match u.int_in_range(0..=3)? {
        0 | 1 => {
            if answer.status != 204 {
                head.push_str(&format!("Content-Length: {}\r\n", body.len()));
            }
        }
        2 if !is_10 && !is_cgi => {
            if answer.status != 204 {
                head.push_str("Transfer-Encoding: chunked\r\n");
            }
            (answer.has_trailers, is_broken) = (u.ratio(1, 3)?, u.ratio(1, 6)?);
            let plain = core::mem::take(&mut body);
            chunks(u, &plain, answer.has_trailers, is_broken, &mut body)?;
            if is_broken {
                answer.content.extend_from_slice(STRAY);
            }
        }
        _ => answer.end = None,
    }
    head.push_str("\r\n");
    answer.wire.extend_from_slice(head.as_bytes());
    answer.head_end = answer.wire.len();
    if has_none {
        (answer.end, answer.has_trailers) = (Some(answer.head_end), false);
        // What some servers do all the same, and what no client may get.
        if u.ratio(1, 4)? {
            answer.wire.append(&mut body);
        }
        return Ok(());
    }
    answer.wire.append(&mut body);
    if answer.end.is_some() {
        answer.end = Some(if is_broken {
            usize::MAX
        } else {
            answer.wire.len()
        });
    } else {
        answer.keeps = false;
    }
    if !is_broken && u.ratio(1, 8)? {
        answer.wire.extend_from_slice(EVIL);
        if answer.end.is_none() {
            answer.content.clear();
        }
    }
    Ok(())
}
