//! What each side got, read by the model of RFC 9110 and RFC 9112 and by the page on uwsgi, against what was meant.

use core::fmt;

use wirekit::bridge::Loss;

use super::answer::{Ending, Kind, Verdict};
use super::body::trailer;
use super::gateway::OWN;
use super::plan::{Plan, Request};
use super::record::{Conclusion, Outcomes, Seen, Sent};
use crate::http1_model::{self as model, Asked, Framing, Message};

/// What is shown of a law that is broken.
struct Context<'a>(&'a Plan, &'a Outcomes);

impl fmt::Display for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#?}\n{:#?}", self.0, self.1)
    }
}

/// What was read of one request, and how it ended.
#[derive(Debug, PartialEq)]
pub(super) struct Read {
    client: Vec<Message>,
    servers: Vec<Message>,
    refused: Option<u16>,
    serves_again: bool,
    ending: Conclusion,
}

pub(super) fn read(plan: &Plan, outcomes: &Outcomes) -> Vec<Read> {
    let ends = outcomes.seen.iter().skip(1).map(|seen| seen.starts_at);
    let ends = ends.chain([outcomes.to_client.len()]);
    let each = outcomes.seen.iter().zip(&plan.requests).zip(ends);
    each.map(|((seen, request), end)| Read {
        client: responses(request, seen, &outcomes.to_client[seen.starts_at..end]),
        servers: seen.servers.iter().map(server).collect(),
        refused: seen.refused.map(|status| status.0),
        serves_again: seen.serves_again,
        ending: seen.ending,
    })
    .collect()
}

/// What was sent to the client for one request.
fn responses(request: &Request, seen: &Seen, bytes: &[u8]) -> Vec<Message> {
    let asked = Asked {
        // Of a request that was not read whole, nothing is known.
        method: if seen.has_head || seen.is_head {
            request.method
        } else {
            "GET"
        },
        is_11: request.is_11 || !seen.has_head,
        offers: if request.offers {
            vec!["websocket"]
        } else {
            vec![]
        },
    };
    let (mut rest, mut messages) = (bytes, Vec::new());
    while !rest.is_empty() {
        let read = model::response(rest, &asked, seen.ending != Conclusion::Aborted);
        let (message, more) =
            read.unwrap_or_else(|fault| panic!("{fault}: {}: {request:#?}", bytes.escape_ascii()));
        messages.push(message);
        rest = more;
    }
    messages
}

fn server(sent: &Sent) -> Message {
    let read = match sent.kind {
        Kind::Uwsgi => packet(&sent.bytes),
        _ => model::request(&sent.bytes),
    };
    let text = sent.bytes.escape_ascii();
    let (message, rest) = read.unwrap_or_else(|fault| panic!("{fault}: {text}"));
    assert!(rest.is_empty(), "a second request: {text}");
    message
}

/// A uwsgi request: modifier 1, the block's length in little endian, modifier 2, pairs of strings; then the body.
fn packet(bytes: &[u8]) -> Result<(Message, &[u8]), String> {
    let (&[modifier1, low, high, modifier2], rest) =
        bytes.split_first_chunk().ok_or("no header")?;
    if (modifier1, modifier2) != (0, 0) {
        return Err("modifiers".into());
    }
    let len = usize::from(u16::from_le_bytes([low, high]));
    let (mut block, body) = rest.split_at_checked(len).ok_or("a block is cut")?;
    let mut fields: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    while !block.is_empty() {
        let key = string(&mut block)?;
        if fields.iter().any(|(name, _)| *name == key) {
            return Err(format!("{} twice", key.escape_ascii()));
        }
        fields.push((key, string(&mut block)?));
    }
    let get = |key: &str| {
        let found = fields.iter().find(|(name, _)| name == key.as_bytes());
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let (length, coding) = (get("CONTENT_LENGTH"), get("HTTP_TRANSFER_ENCODING"));
    let framing = match (&*length, &*coding) {
        ([], b"chunked") => Framing::Chunks,
        (digits, []) => {
            let digits = core::str::from_utf8(digits).map_err(|error| error.to_string())?;
            Framing::Length(
                digits
                    .parse()
                    .map_err(|_| format!("a length of {digits}"))?,
            )
        }
        _ => return Err("a length and a coding".into()),
    };
    let mut message = Message {
        line: [
            get("REQUEST_METHOD"),
            get("REQUEST_URI"),
            get("SERVER_PROTOCOL"),
        ],
        content: Vec::new(),
        trailers: Vec::new(),
        framing,
        is_whole: false,
        fields,
    };
    let rest = message.body(body, false)?;
    Ok((message, rest))
}

fn string(block: &mut &[u8]) -> Result<Vec<u8>, String> {
    let (&len, rest) = block.split_first_chunk::<2>().ok_or("a length is cut")?;
    let (text, rest) = rest
        .split_at_checked(u16::from_le_bytes(len).into())
        .ok_or("a string is cut")?;
    *block = rest;
    Ok(text.to_vec())
}

/// Panics unless each side got what was meant for it.
pub(super) fn outcome(plan: &Plan, outcomes: &Outcomes) {
    for ((request, seen), read) in plan
        .requests
        .iter()
        .zip(&outcomes.seen)
        .zip(read(plan, outcomes))
    {
        let context = Context(plan, outcomes);
        to_servers(request, &read, &context);
        let (interim, finals): (Vec<_>, Vec<_>) = read
            .client
            .iter()
            .partition(|it| it.line[1][0] == b'1' && it.line[1] != b"101");
        assert!(finals.len() <= 1, "two answers: {context}");
        let Some(answer) = finals.first() else {
            let is_for_nobody =
                seen.lost == Some(Loss::Broken) && read.ending == Conclusion::Aborted;
            let has_nothing = !seen.has_head && interim.is_empty();
            assert!(is_for_nobody || has_nothing, "no answer: {context}");
            continue;
        };
        let continues = interim.iter().filter(|it| it.line[1] == b"100").count();
        assert_eq!(continues, usize::from(seen.sent_continue), "{context}");
        if seen.refused.is_some() {
            refused(request, seen, answer, &context);
        } else if request.kind == Kind::Own {
            assert_eq!(
                (request.method, &*answer.line[1]),
                ("CONNECT", &b"200"[..]),
                "{context}"
            );
            assert_eq!(read.ending, Conclusion::Switched, "{context}");
        } else {
            let hints = if request.is_11 {
                request.answer.interims.len()
            } else {
                0
            };
            assert_eq!(interim.len() - continues, hints, "{context}");
            forwarded(request, seen, answer, &context);
        }
        kept(request, seen, answer, &context);
        served_again(request, &read, &context);
    }
}

fn to_servers(request: &Request, read: &Read, context: &Context<'_>) {
    for server in &read.servers {
        let line = [&server.line[0][..], &server.line[1]];
        assert_eq!(
            line,
            [request.method.as_bytes(), request.origin.as_bytes()],
            "{context}"
        );
        assert!(request.content.starts_with(&server.content), "{context}");
        let names = server
            .fields
            .iter()
            .map(|(name, _)| name.to_ascii_uppercase());
        let names: Vec<_> = names.collect();
        for hidden in ["X-HOP", "HTTP_X_HOP", "EXPECT", "HTTP_EXPECT"] {
            assert!(
                !names.iter().any(|name| name == hidden.as_bytes()),
                "{hidden}: {context}"
            );
        }
        if server.is_whole {
            assert_eq!(server.content, *request.content, "{context}");
            assert!(!request.is_broken, "{context}");
        }
        let has_trailers = request.kind == Kind::Http1
            && request.has_trailers
            && server.is_whole
            && server.framing == Framing::Chunks;
        assert_eq!(server.trailers, trailers(has_trailers), "{context}");
    }
}

fn trailers(has: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    let line = trailer();
    let (name, value) = line.trim_ascii().split_once(": ").expect("a field");
    if has {
        vec![(name.into(), value.into())]
    } else {
        Vec::new()
    }
}

/// An answer of the gateway's own, with a reason for it.
fn refused(request: &Request, seen: &Seen, answer: &Message, context: &Context<'_>) {
    let status = seen.refused.map_or(0, |status| status.0);
    assert_eq!(answer.line[1], status.to_string().into_bytes(), "{context}");
    let content = if seen.is_head { &[][..] } else { OWN };
    assert_eq!(answer.content, content, "{context}");
    assert!(answer.is_whole, "{context}");
    let is_due = match status {
        400 | 413 => seen.client_failed,
        408 => seen.lost == Some(Loss::Timeout),
        404 => request.kind == Kind::Own,
        411 => {
            request.kind == Kind::Uwsgi
                && request.is_chunked
                && !request.is_held
                && !request.is_streamed
        }
        501 => request.method == "CONNECT",
        // A switch has to wait for the end of the request.
        502 | 504 => {
            let answer = &request.answer;
            answer.verdict() == Verdict::Nothing || answer.switches && request.has_body()
        }
        _ => false,
    };
    assert!(is_due, "{status} without a reason: {context}");
}

/// The server's answer.
fn forwarded(request: &Request, seen: &Seen, read: &Message, context: &Context<'_>) {
    let answer = &request.answer;
    assert_ne!(answer.verdict(), Verdict::Nothing, "{context}");
    assert_eq!(
        read.line[1],
        answer.status.to_string().into_bytes(),
        "{context}"
    );
    let all = |name: &str| {
        let has_name = |it: &&(Vec<u8>, Vec<u8>)| it.0.eq_ignore_ascii_case(name.as_bytes());
        read.fields.iter().filter(has_name).count()
    };
    assert_eq!(all("x-hop"), 0, "{context}");
    if answer.switches {
        assert_eq!(seen.ending, Conclusion::Switched, "{context}");
        return;
    }
    assert_eq!((all("x-answer"), all("date")), (1, 1), "{context}");
    let has_content = request.method != "HEAD" && !matches!(answer.status, 204 | 205 | 304);
    let content = if has_content { answer.content() } else { &[] };
    if !read.is_whole {
        assert_eq!(
            seen.ending,
            Conclusion::Aborted,
            "a part of an answer is no answer: {context}"
        );
        assert!(content.starts_with(&read.content), "{context}");
    } else if has_content {
        assert_eq!(
            answer.verdict(),
            Verdict::Whole,
            "a part became a whole: {context}"
        );
        assert_eq!(read.content, content, "{context}");
        let passes = answer.has_trailers && request.takes_trailers;
        let passes = passes && read.framing == Framing::Chunks;
        assert_eq!(read.trailers, trailers(passes), "{context}");
    } else {
        assert!(read.content.is_empty(), "{context}");
    }
    if answer.verdict() == Verdict::Whole && !seen.client_failed {
        assert!(read.is_whole, "a whole answer is cut: {context}");
    }
}

/// Both sides of the client's connection agree on whether it goes on.
fn kept(request: &Request, seen: &Seen, answer: &Message, context: &Context<'_>) {
    let persists = answer.persists(request.is_11 || !seen.has_head);
    match seen.ending {
        Conclusion::Idle => assert!(persists && request.keeps && answer.is_whole, "{context}"),
        Conclusion::Closes if !seen.client_failed => assert!(!persists, "{context}"),
        Conclusion::Aborted if seen.lost == Some(Loss::Broken) => {}
        Conclusion::Aborted => assert!(!answer.is_whole || answer.line[1] == b"205", "{context}"),
        Conclusion::Closes | Conclusion::Switched | Conclusion::Silent => {}
    }
}

/// A server's connection is used again when both messages are whole and neither side closes, and only then.
fn served_again(request: &Request, read: &Read, context: &Context<'_>) {
    let answer = &request.answer;
    let is_sent = read.servers.last().is_some_and(|server| server.is_whole);
    let may = is_sent
        && answer.verdict() == Verdict::Whole
        && answer.keeps
        && answer.ending == Ending::Open
        && !answer.has_excess()
        && !(request.kind == Kind::Uwsgi && request.method == "HEAD");
    if read.ending == Conclusion::Idle || read.serves_again {
        assert_eq!(
            read.serves_again,
            may && read.refused.is_none(),
            "{context}"
        );
    }
}
