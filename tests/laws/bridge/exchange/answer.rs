//! The answers of servers: what each sends, and what it was meant to be.

use arbitrary::{Result, Unstructured};
use wirekit::bridge::Loss;

use super::body::{EVIL, STRAY, Text, chunks, content};

/// Who answers: the gateway itself, or a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Own,
    Uwsgi,
    Http1,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Ending {
    /// It is silent, and nobody asks why.
    Open,
    Closed,
    Lost(Loss),
}

impl Ending {
    pub(super) fn new(u: &mut Unstructured<'_>) -> Result<Self> {
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

pub(super) fn answer(
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
