//! Law 11: whatever a caller asks for, what goes out is read by an independent model of RFC 9110 and RFC 9112 as what was
//! meant, or the call failed and left output and state as they were.

mod choices;

use core::fmt::Debug;

use arbitrary::{Result, Unstructured};
use choices::{
    REQUESTS, Request, any_method, any_target, as_fields, body, owned, some_fields, status_line,
    version,
};
use wirekit::http1::{
    BodyLength, Config, DataFrame, ErrorKind, Field, FieldTable, Method, RequestLine, SendError,
    State, StatusCode, StatusLine, client, server,
};

use crate::http1_model::{self as model, Asked, Message};

/// What a message was meant to be.
#[derive(Debug)]
struct Meant {
    line: [Vec<u8>; 3],
    fields: Vec<(Vec<u8>, Vec<u8>)>,
    content: Vec<u8>,
    trailers: Vec<(Vec<u8>, Vec<u8>)>,
    is_ended: bool,
    /// Whether content goes out.
    has_content: bool,
    /// Whether trailers do.
    has_trailers: bool,
    /// Whether nothing may follow it.
    closes: bool,
    asked: Asked,
}

impl Meant {
    fn agrees(&self, read: &Message, added: &[&str]) {
        assert_eq!(read.line, self.line, "{self:?}");
        let (given, more) = read.fields.split_at(self.fields.len());
        assert_eq!(given, self.fields, "{self:?}");
        for (name, _) in more {
            let name = String::from_utf8_lossy(name);
            assert!(added.contains(&&*name), "{name} was added: {self:?}");
        }
        assert!(more.len() <= 2, "{more:?}");
        assert_eq!(read.content, self.content, "{self:?}");
        assert_eq!(read.trailers, self.trailers, "{self:?}");
        assert!(read.is_whole || !self.is_ended, "{self:?}");
    }

    fn data(&mut self, data: &[u8]) {
        if self.has_content {
            self.content.extend_from_slice(data);
        }
    }

    fn end(&mut self, trailers: &[Field<'_>]) {
        if self.has_trailers {
            self.trailers = owned(trailers);
        }
        self.is_ended = true;
    }
}

/// The law for one connection of either end, or for one head alone.
pub fn senders(data: &[u8]) {
    let mut u = Unstructured::new(data);
    let _ = match u.int_in_range(0..=3) {
        Ok(0) => heads(&mut u),
        Ok(1) => requests(&mut u),
        _ => responses(&mut u),
    };
}

/// A server that is asked a few things and sends whatever comes.
fn responses(u: &mut Unstructured<'_>) -> Result<()> {
    let mut asked = Vec::new();
    for _ in 0..u.int_in_range(1..=4)? {
        asked.push(u.choose(REQUESTS)?);
    }
    let wire: String = asked.iter().map(|request| request.0).collect();
    let mut asked = asked.into_iter();
    let mut server = server::Connection::new(Config::DEFAULT);
    // What has arrived from `at` on, and how far it was looked at.
    let (mut fields, mut at, mut arrived, mut seen) = (FieldTable::new(), 0, 0, 0);
    let (mut out, mut meant) = (Vec::new(), Vec::<Meant>::new());
    // The request whose final response was not begun, and what the server decided by itself.
    let (mut current, mut waits, mut closes, mut failed) = (None, false, false, false);
    for _ in 0..40 {
        if u.is_empty() {
            break;
        }
        match u.int_in_range(0..=9)? {
            0 | 1 => {
                arrived = wire.len().min(arrived + usize::from(u.arbitrary::<u8>()?));
                let input = wire.as_bytes().get(at..arrived).unwrap_or_default();
                match server.receive(input, &mut fields) {
                    Ok(Some((event, used))) => {
                        at += used;
                        seen = at;
                        match event {
                            server::Event::Head { .. } => {
                                current = asked.next();
                                waits = current.is_some_and(|request| request.5);
                            }
                            server::Event::Data(_) => waits = false,
                            server::Event::End(_) => {}
                        }
                    }
                    Ok(None) if server.client_state() == State::Idle => seen = arrived,
                    Ok(None) => {}
                    // An error in a head is about a request that nothing was heard of. Nothing is sent for it twice.
                    Err(error) => {
                        if current.is_none() && !failed {
                            current = match error.kind() {
                                ErrorKind::UnexpectedEnd => begun(wire.get(at..arrived)),
                                _ => asked.next(),
                            };
                        }
                        (closes, failed) = (true, true);
                    }
                }
            }
            2 => {
                server.close_after_response();
                closes = true;
            }
            3 => {
                let is_broken = server.receive_eof().is_err();
                if is_broken && current.is_none() && !failed {
                    current = begun(wire.get(at..seen));
                }
                (closes, failed) = (closes | is_broken, failed | is_broken);
            }
            4 => {
                let Some(status) = server.due() else { continue };
                let line = StatusLine::new(status);
                let before = out.len();
                let date = [Field::new("Date", "now")];
                let written = server.send_due(&date, &mut out).expect("there is room");
                assert_eq!(out.len(), before + written);
                let is_final = status != StatusCode::CONTINUE;
                let fields = if is_final { &date[..] } else { &[] };
                let mut due = meant_of(&line, fields, current, closes || waits);
                (due.is_ended, due.has_content) = (is_final, false);
                meant.push(due);
                waits = false;
                if is_final {
                    current = None;
                }
            }
            5..=7 => {
                let (line, fields, body) = (status_line(u)?, some_fields(u)?, body(u)?);
                let fields = as_fields(&fields);
                let sent = whole_or_nothing(&mut server, &mut out, |server, out| {
                    server.send_head(&line, &fields, body, out)
                });
                if sent.is_err() {
                    continue;
                }
                let mut head = meant_of(
                    &line,
                    &fields,
                    current.or_else(|| begun(wire.get(at..seen))),
                    closes || waits || current.is_none(),
                );
                head.has_content &= body != BodyLength::None;
                head.has_trailers =
                    head.has_content && body == BodyLength::Chunked && head.asked.is_11;
                meant.push(head);
                waits &= line.status.is_informational() && line.status != StatusCode::CONTINUE;
                if !line.status.is_informational() {
                    current = None;
                }
            }
            _ => after_head(u, &mut server, &mut out, &mut meant)?,
        }
    }
    let mut rest = &out[..];
    let mut is_last = false;
    for message in &meant {
        assert!(
            !is_last,
            "{message:?} after the last one: {}",
            out.escape_ascii()
        );
        let read = model::response(rest, &message.asked, message.is_ended);
        let (read, more) = read.unwrap_or_else(|fault| panic!("{fault}: {}", out.escape_ascii()));
        message.agrees(
            &read,
            &["Connection", "Content-Length", "Transfer-Encoding"],
        );
        rest = more;
        let is_interim = read.line[1][0] == b'1';
        let persists = read.persists(read.line[0] == b"HTTP/1.1" && message.asked.is_11);
        let switches =
            read.line[1] == b"101" || message.asked.method == "CONNECT" && read.line[1][0] == b'2';
        assert!(
            is_interim || switches || !persists || !message.closes,
            "{message:?}"
        );
        is_last = switches || !is_interim && !persists;
    }
    assert!(rest.is_empty(), "{} of {meant:?}", rest.escape_ascii());
    Ok(())
}

/// A request of which so much was seen that it is known to be HEAD. The answer before it is whole, which is the last one,
/// has no body; and what its version will be is not known.
fn begun(part: Option<&str>) -> Option<&'static Request> {
    const HEAD: Request = ("HEAD ", "HEAD", true, &[], false, false);
    part.is_some_and(|part| part.starts_with(HEAD.0))
        .then_some(&HEAD)
}

/// A response as it was asked for.
fn meant_of(
    line: &StatusLine<'_>,
    fields: &[Field<'_>],
    answers: Option<&Request>,
    closes: bool,
) -> Meant {
    let asked = match answers {
        Some(&(_, method, is_11, offers, ..)) => Asked {
            method,
            is_11,
            offers: offers.to_vec(),
        },
        None => Asked {
            method: "GET",
            is_11: true,
            offers: Vec::new(),
        },
    };
    Meant {
        line: [
            line.version.as_str().into(),
            line.status.to_string().into(),
            line.reason.to_vec(),
        ],
        fields: owned(fields),
        content: Vec::new(),
        trailers: Vec::new(),
        is_ended: false,
        has_content: asked.method != "HEAD",
        has_trailers: false,
        closes: closes || answers.is_some_and(|request| !request.4),
        asked,
    }
}

/// A client that sends whatever comes, and gets an answer where one is due.
fn requests(u: &mut Unstructured<'_>) -> Result<()> {
    #[rustfmt::skip]
    const ANSWERS: &[&str] = &[
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\n",
        "HTTP/1.1 101 X\r\nUpgrade: chat\r\nConnection: upgrade\r\n\r\n",
        "HTTP/1.0 404 Not Found\r\n\r\n",
    ];
    let mut client = client::Connection::new(Config::DEFAULT);
    let (mut table, mut out, mut meant) = (FieldTable::new(), Vec::new(), Vec::<Meant>::new());
    let mut is_last = false;
    for _ in 0..30 {
        if u.is_empty() {
            break;
        }
        match u.int_in_range(0..=7)? {
            0 | 1 if client.wants_input() => {
                let mut input = u.choose(ANSWERS)?.as_bytes();
                let closes = find_close(input);
                while let Ok(Some((event, used))) = client.receive(input, &mut table) {
                    input = input.get(used..).unwrap_or_default();
                    is_last |= closes && matches!(event, client::Event::Head { .. });
                    is_last |= matches!(event, client::Event::Switch);
                }
            }
            0..=4 => {
                let (method, target) = (any_method(u)?, any_target(u)?);
                let (fields, body, version) = (some_fields(u)?, body(u)?, version(u)?);
                let Some(method) = Method::new(&method) else {
                    continue;
                };
                let line = RequestLine {
                    method,
                    target: &target,
                    version,
                };
                let fields = as_fields(&fields);
                let sent = whole_or_nothing(&mut client, &mut out, |client, out| {
                    client.send_head(&line, &fields, body, out)
                });
                if sent.is_ok() {
                    assert!(!is_last, "{line:?} after the last one");
                    meant.push(request_of(&line, &fields, body));
                }
            }
            _ => after_head(u, &mut client, &mut out, &mut meant)?,
        }
    }
    let mut rest = &out[..];
    let mut is_last = false;
    for message in &meant {
        assert!(
            !is_last,
            "{message:?} after the last one: {}",
            out.escape_ascii()
        );
        let read = model::request(rest);
        let (read, more) = read.unwrap_or_else(|fault| panic!("{fault}: {}", out.escape_ascii()));
        message.agrees(&read, &["Content-Length", "Transfer-Encoding"]);
        rest = more;
        is_last = !read.persists(read.line[2] == b"HTTP/1.1");
    }
    assert!(rest.is_empty(), "{} of {meant:?}", rest.escape_ascii());
    Ok(())
}

fn find_close(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.0") || answer.ends_with(b"close\r\n\r\n")
}

/// A request as it was asked for.
fn request_of(line: &RequestLine<'_>, fields: &[Field<'_>], body: BodyLength) -> Meant {
    Meant {
        line: [
            line.method.as_bytes().to_vec(),
            line.target.into(),
            line.version.as_str().into(),
        ],
        fields: owned(fields),
        content: Vec::new(),
        trailers: Vec::new(),
        is_ended: false,
        has_content: true,
        has_trailers: body == BodyLength::Chunked,
        closes: false,
        asked: Asked {
            method: "",
            is_11: true,
            offers: Vec::new(),
        },
    }
}

/// A head by itself, by the encoders.
fn heads(u: &mut Unstructured<'_>) -> Result<()> {
    let (fields, body) = (some_fields(u)?, body(u)?);
    let fields = as_fields(&fields);
    let mut out = Vec::new();
    if u.arbitrary()? {
        let (method, target, version) = (any_method(u)?, any_target(u)?, version(u)?);
        let Some(method) = Method::new(&method) else {
            return Ok(());
        };
        let line = RequestLine {
            method,
            target: &target,
            version,
        };
        if line.encode(&fields, body, &mut out).is_err() {
            assert!(out.is_empty());
            return Ok(());
        }
        let (read, _) =
            model::request(&out).unwrap_or_else(|fault| panic!("{fault}: {}", out.escape_ascii()));
        request_of(&line, &fields, body).agrees(&read, &["Content-Length", "Transfer-Encoding"]);
        assert_eq!(read.framing, framing_of(body));
    } else {
        let line = status_line(u)?;
        if line.encode(&fields, body, &mut out).is_err() {
            assert!(out.is_empty());
            return Ok(());
        }
        // Without a body it may answer HEAD; what was offered is not for the encoder to know.
        let mut meant = meant_of(&line, &fields, None, false);
        meant.asked.offers = vec!["chat", "websocket", "h2c", "other"];
        if body == BodyLength::None {
            meant.asked.method = "HEAD";
        }
        let read = model::response(&out, &meant.asked, true);
        let (read, _) = read.unwrap_or_else(|fault| panic!("{fault}: {}", out.escape_ascii()));
        meant.agrees(&read, &["Content-Length", "Transfer-Encoding"]);
        assert_eq!(read.framing, framing_of(body));
    }
    Ok(())
}

fn framing_of(body: BodyLength) -> model::Framing {
    match body {
        BodyLength::None => model::Framing::Nothing,
        BodyLength::Length(length) => model::Framing::Length(length),
        BodyLength::Chunked => model::Framing::Chunks,
        BodyLength::UntilClose => model::Framing::Close,
    }
}

/// What both ends do behind a head.
trait Sender: Debug {
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> core::result::Result<usize, SendError>;
    fn apart(&mut self, len: u64) -> core::result::Result<DataFrame, SendError>;
    fn end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut Vec<u8>,
    ) -> core::result::Result<usize, SendError>;
}

macro_rules! senders {
    ($($end:ty),*) => {
        $(impl Sender for $end {
            fn data(&mut self, data: &[u8], out: &mut Vec<u8>) -> core::result::Result<usize, SendError> {
                self.send_data(data, out)
            }

            fn apart(&mut self, len: u64) -> core::result::Result<DataFrame, SendError> {
                self.send_data_apart(len)
            }

            fn end(&mut self, trailers: &[Field<'_>], out: &mut Vec<u8>) -> core::result::Result<usize, SendError> {
                self.send_end(trailers, out)
            }
        })*
    };
}

senders!(server::Connection, client::Connection);

fn after_head<S: Sender>(
    u: &mut Unstructured<'_>,
    sender: &mut S,
    out: &mut Vec<u8>,
    meant: &mut [Meant],
) -> Result<()> {
    match u.int_in_range(0..=3)? {
        0 => {
            let data: Vec<u8> = u.arbitrary()?;
            if whole_or_nothing(sender, out, |sender, out| sender.data(&data, out)).is_ok()
                && let Some(last) = meant.last_mut()
            {
                last.data(&data);
            }
        }
        1 => {
            let data = vec![b'x'; u.arbitrary::<u8>()?.into()];
            let sent = whole_or_nothing(sender, out, |sender, out| {
                let frame = sender.apart(data.len() as u64)?;
                let before = out.len();
                for part in [frame.before(), &data, frame.after()] {
                    out.extend_from_slice(part);
                }
                Ok(out.len() - before)
            });
            if sent.is_ok()
                && let Some(last) = meant.last_mut()
            {
                last.content.extend_from_slice(&data);
            }
        }
        _ => {
            let all = [
                Field::new("ETag", "1"),
                Field::new(*u.choose(&["X", "Content-Length", "Host", "a b"])?, "2"),
            ];
            let trailers = all.get(..u.int_in_range(0..=2)?).unwrap_or_default();
            if whole_or_nothing(sender, out, |sender, out| sender.end(trailers, out)).is_ok()
                && let Some(last) = meant.last_mut()
            {
                last.end(trailers);
            }
        }
    }
    Ok(())
}

/// Law 8: a call that fails leaves the output and the state as they were.
fn whole_or_nothing<S: Debug>(
    sender: &mut S,
    out: &mut Vec<u8>,
    send: impl FnOnce(&mut S, &mut Vec<u8>) -> core::result::Result<usize, SendError>,
) -> core::result::Result<usize, SendError> {
    let before = (format!("{sender:?}"), out.clone());
    let sent = send(sender, out);
    match sent {
        Ok(written) => assert_eq!(out.len(), before.1.len() + written),
        Err(error) => assert_eq!(
            (format!("{sender:?}"), &*out),
            (before.0, &before.1),
            "{error}"
        ),
    }
    sent
}
