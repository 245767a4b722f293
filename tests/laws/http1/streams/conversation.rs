#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a law panics when it is broken"
)]

use arbitrary::{Arbitrary, Result, Unstructured};
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Method, RequestEvent, RequestLine, RequestReader,
    ResponseEvent, ResponseReader, SendError, State, StatusCode, StatusLine, Version, client,
    server,
};

const METHODS: [Method<'_>; 5] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::OPTIONS,
];
const STATUSES: [StatusCode; 6] = [
    StatusCode::OK,
    StatusCode::NO_CONTENT,
    StatusCode::NOT_MODIFIED,
    StatusCode::NOT_FOUND,
    StatusCode::CREATED,
    StatusCode(599),
];
const INTERIM: [StatusCode; 3] = [
    StatusCode::CONTINUE,
    StatusCode::PROCESSING,
    StatusCode::EARLY_HINTS,
];

/// A message to send: what comes out at the other end must be the same.
#[derive(Debug)]
struct Message {
    pieces: Vec<Vec<u8>>,
    body: BodyLength,
    trailers: Vec<(String, Vec<u8>)>,
    closes: bool,
}

impl Message {
    fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let pieces: Vec<Vec<u8>> = u.arbitrary_iter()?.take(4).collect::<Result<_>>()?;
        let len: usize = pieces.iter().map(Vec::len).sum();
        let body = match u.int_in_range(0..=3)? {
            0 => BodyLength::Length(len as u64),
            1 => BodyLength::UntilClose,
            _ => BodyLength::Chunked,
        };
        let trailers = if body == BodyLength::Chunked && u.arbitrary()? {
            let value = u.arbitrary::<u64>()?.to_string();
            vec![("ETag".to_owned(), value.into_bytes())]
        } else {
            Vec::new()
        };
        Ok(Self {
            pieces,
            body,
            trailers,
            closes: u.ratio(1, 4)?,
        })
    }

    fn content(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    fn trailers(&self) -> Vec<Field<'_>> {
        self.trailers
            .iter()
            .map(|(name, value)| Field::new(name, value))
            .collect()
    }

    fn close(&self) -> Option<Field<'static>> {
        self.closes.then(|| Field::new("Connection", "close"))
    }
}

/// What one end heard of a message.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    heads: usize,
    content: Vec<u8>,
    trailers: Option<usize>,
}

/// Both ends against each other: every message that one sends, the other receives, split anywhere.
pub fn conversation(data: &[u8]) {
    let _ = converse(&mut Unstructured::new(data));
}

fn converse(u: &mut Unstructured<'_>) -> Result<()> {
    let (mut client, mut server) = (
        client::Connection::new(Config::DEFAULT),
        server::Connection::new(Config::DEFAULT),
    );
    let mut fields = FieldTable::new();
    for _ in 0..3 {
        let method = *u.choose(&METHODS)?;
        let mut request = Message::new(u)?;
        if request.body == BodyLength::UntilClose {
            request.body = BodyLength::Chunked;
        }
        let version = if u.ratio(1, 5)? {
            Version::HTTP_10
        } else {
            Version::HTTP_11
        };
        if version == Version::HTTP_10 && request.body == BodyLength::Chunked {
            request.body = BodyLength::Length(request.content().len() as u64);
            request.trailers.clear();
        }
        let mut wire = Vec::new();
        let line = RequestLine {
            method,
            target: "/",
            version,
        };
        let head: Vec<Field<'_>> = [Field::new("Host", "a")]
            .into_iter()
            .chain(request.close())
            .collect();
        client
            .send_head(&line, &head, request.body, &mut wire)
            .unwrap();
        for piece in &request.pieces {
            client.send_data(piece, &mut wire).unwrap();
        }
        client.send_end(&request.trailers(), &mut wire).unwrap();

        let mut heard = Heard::default();
        let mut at = 0;
        for end in ends(u, wire.len())? {
            while let Some((event, used)) = server
                .receive(wire.get(at..end).unwrap_or_default(), &mut fields)
                .unwrap()
            {
                at += used;
                match event {
                    server::Event::Head { head, framing } => {
                        assert_eq!((head.method(), head.version()), (method, version));
                        assert_eq!(framing.body(), request.body);
                        heard.heads += 1;
                    }
                    server::Event::Data(data) => heard.content.extend_from_slice(data),
                    server::Event::End(trailers) => heard.trailers = Some(trailers.len()),
                }
            }
        }
        let sent = Heard {
            heads: 1,
            content: request.content(),
            trailers: Some(request.trailers.len()),
        };
        assert_eq!((heard, at), (sent, wire.len()));

        let mut response = Message::new(u)?;
        let status = *u.choose(&STATUSES)?;
        if status.forbids_body() {
            response = Message {
                pieces: Vec::new(),
                body: BodyLength::None,
                trailers: Vec::new(),
                ..response
            };
        }
        wire.clear();
        let mut interim = 0;
        while version == Version::HTTP_11 && interim < 3 && u.arbitrary()? {
            let line = StatusLine::new(*u.choose(&INTERIM)?);
            server
                .send_head(&line, &[], BodyLength::None, &mut wire)
                .unwrap();
            interim += 1;
        }
        let close: Vec<Field<'_>> = response.close().into_iter().collect();
        server
            .send_head(&StatusLine::new(status), &close, response.body, &mut wire)
            .unwrap();
        let head_len = wire.len();
        assert_eq!(
            server.sends_content(),
            method != Method::HEAD && response.body != BodyLength::None
        );
        if response.body == BodyLength::None && method != Method::HEAD {
            assert!(matches!(
                server.send_data(b"x", &mut wire),
                Err(SendError::BodyNotAllowed)
            ));
        }
        // In answer to HEAD the same calls send nothing, and there are no trailers without chunks.
        for piece in &response.pieces {
            server.send_data(piece, &mut wire).unwrap();
        }
        server.send_end(&response.trailers(), &mut wire).unwrap();
        if method == Method::HEAD {
            assert_eq!(wire.len(), head_len);
            response.pieces.clear();
        }
        if method == Method::HEAD || version == Version::HTTP_10 {
            response.trailers.clear();
        }

        let mut heard = Heard::default();
        let mut at = 0;
        let mut hear = |event: client::Event<'_>| match event {
            client::Event::Interim { .. } => heard.heads += 1,
            client::Event::Head { head, .. } => {
                assert_eq!(head.status(), status);
                heard.heads += 1;
            }
            client::Event::Data(data) => heard.content.extend_from_slice(data),
            client::Event::End(trailers) => heard.trailers = Some(trailers.len()),
            client::Event::Switch => panic!("nobody asked for a switch"),
        };
        for end in ends(u, wire.len())? {
            while let Some((event, used)) = client
                .receive(wire.get(at..end).unwrap_or_default(), &mut fields)
                .unwrap()
            {
                at += used;
                hear(event);
            }
        }
        if server.wants_close()
            && let Some(event) = client.receive_eof().unwrap()
        {
            hear(event);
        }
        let sent = Heard {
            heads: interim + 1,
            content: response.content(),
            trailers: Some(response.trailers.len()),
        };
        assert_eq!((heard, at), (sent, wire.len()));
        assert_eq!(
            server.wants_close(),
            client.wants_close(),
            "{client:?}\n{server:?}"
        );
        if server.wants_close() {
            return Ok(());
        }
        assert!(client.is_idle());
    }
    Ok(())
}

/// Ends of pieces of a stream, the last at its end.
fn ends(u: &mut Unstructured<'_>, len: usize) -> Result<Vec<usize>> {
    let mut ends = Vec::new();
    for _ in 0..u.int_in_range(0..=4)? {
        ends.push(u.int_in_range(0..=len)?);
    }
    ends.sort_unstable();
    ends.push(len);
    Ok(ends)
}

/// A call that a program may make at any time.
#[derive(Arbitrary, Debug)]
enum Call {
    Receive,
    Head {
        status: u16,
        body: Option<u16>,
        chunked: bool,
        close: bool,
    },
    Data(Vec<u8>),
    Apart(u8),
    End {
        trailers: bool,
    },
    Close,
}

/// Law 8, and that no order of calls makes a server emit anything but a prefix of a legal stream of responses, or a
/// client anything but one of requests.
pub fn sends(data: &[u8]) {
    let _ = send_anything(&mut Unstructured::new(data));
}

const REQUESTS: &[u8] = b"GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\
    HEAD /2 HTTP/1.1\r\nHost: a\r\n\r\n\
    POST /3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n\
    GET /4 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n\
    GET /5 HTTP/1.1\r\nHost: a\r\n\r\n";
const METHODS_OF_REQUESTS: [Method<'_>; 5] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::GET,
    Method::GET,
];

fn send_anything(u: &mut Unstructured<'_>) -> Result<()> {
    let mut server = server::Connection::new(Config::DEFAULT);
    let mut client = client::Connection::new(Config::DEFAULT);
    let (mut fields, mut input) = (FieldTable::new(), REQUESTS);
    let (mut responses, mut requests) = (Vec::new(), Vec::new());
    let (mut methods, mut answered) = (METHODS_OF_REQUESTS.into_iter(), Vec::new());
    let mut method = Method::GET;
    for _ in 0..40 {
        let call = Call::arbitrary(u)?;
        let before = (
            format!("{server:?}"),
            responses.len(),
            format!("{client:?}"),
            requests.len(),
        );
        let (sent, asked) = match &call {
            Call::Receive => {
                if let Some((event, used)) = server.receive(input, &mut fields).unwrap() {
                    if let server::Event::Head { .. } = event {
                        method = methods.next().unwrap_or(Method::GET);
                    }
                    input = input.get(used..).unwrap_or_default();
                }
                continue;
            }
            &Call::Head {
                status,
                body,
                chunked,
                close,
            } => {
                let body = match body {
                    Some(_) if chunked => BodyLength::Chunked,
                    Some(len) => BodyLength::Length(len.into()),
                    None if chunked => BodyLength::UntilClose,
                    None => BodyLength::None,
                };
                let option = close.then(|| Field::new("Connection", "close"));
                let line = StatusLine::new(StatusCode(status % 700));
                let request = RequestLine::new(Method::POST, "/");
                let host = [Field::new("Host", "a")];
                (
                    server.send_head(&line, option.as_ref(), body, &mut responses),
                    client.send_head(
                        &request,
                        host.iter().chain(option.as_ref()),
                        body,
                        &mut requests,
                    ),
                )
            }
            Call::Data(data) => (
                server.send_data(data, &mut responses),
                client.send_data(data, &mut requests),
            ),
            &Call::Apart(len) => {
                let data = vec![b'x'; len.into()];
                (
                    server
                        .send_data_apart(len.into())
                        .map(|frame| put(frame, &data, &mut responses)),
                    client
                        .send_data_apart(len.into())
                        .map(|frame| put(frame, &data, &mut requests)),
                )
            }
            &Call::End { trailers } => {
                let trailers = if trailers {
                    &[Field {
                        name: b"ETag",
                        value: b"1",
                    }][..]
                } else {
                    &[]
                };
                (
                    server.send_end(trailers, &mut responses),
                    client.send_end(trailers, &mut requests),
                )
            }
            Call::Close => {
                server.close_after_response();
                continue;
            }
        };
        if let (Call::Head { status, .. }, Ok(_)) = (&call, sent)
            && status % 700 >= 200
        {
            answered.push(core::mem::replace(&mut method, Method::GET));
        }
        let after = (
            format!("{server:?}"),
            responses.len(),
            format!("{client:?}"),
            requests.len(),
        );
        match sent {
            Ok(written) => assert_eq!(after.1, before.1 + written),
            Err(_) => assert_eq!((&after.0, after.1), (&before.0, before.1), "{call:?}"),
        }
        match asked {
            Ok(written) => assert_eq!(after.3, before.3 + written),
            Err(_) => assert_eq!((&after.2, after.3), (&before.2, before.3), "{call:?}"),
        }
        assert_ne!(server.server_state(), State::Failed);
    }
    read_back(&responses, &answered, &server, &requests);
    Ok(())
}

fn put(frame: wirekit::http1::DataFrame, data: &[u8], out: &mut Vec<u8>) -> usize {
    let before = out.len();
    for piece in [frame.before(), data, frame.after()] {
        out.extend_from_slice(piece);
    }
    out.len() - before
}

/// The output reads as messages: to the end of one if the sender is between two.
fn read_back(
    responses: &[u8],
    answered: &[Method<'_>],
    server: &server::Connection,
    requests: &[u8],
) {
    let mut fields = FieldTable::new();
    let mut reader = ResponseReader::new(Config::DEFAULT);
    let mut methods = answered.iter().copied();
    let (mut rest, mut until_close) = (responses, false);
    if let Some(method) = methods.next() {
        reader.answers(method);
    }
    while let Some((event, used)) = reader.receive(rest, &mut fields).unwrap() {
        rest = rest.get(used..).unwrap_or_default();
        match event {
            ResponseEvent::Head { framing, .. } => {
                until_close = framing.body() == BodyLength::UntilClose
            }
            ResponseEvent::End(_) => {
                if let Some(method) = methods.next() {
                    reader.answers(method);
                }
            }
            _ => {}
        }
    }
    match server.server_state() {
        State::Idle | State::SendResponse if !until_close => assert!(rest.is_empty()),
        State::Done | State::MustClose => _ = reader.receive_eof().unwrap(),
        _ => {}
    }
    let (mut reader, mut rest) = (RequestReader::new(Config::DEFAULT), requests);
    let mut ended = 0;
    while let Some((event, used)) = reader.receive(rest, &mut fields).unwrap() {
        rest = rest.get(used..).unwrap_or_default();
        ended += usize::from(matches!(event, RequestEvent::End(_)));
    }
    assert!(ended <= 1);
}
