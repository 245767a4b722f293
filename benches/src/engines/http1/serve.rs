//! A server's end of a connection beside hyper's, in memory.
//!
//! hyper's parser and encoder are private, so both are timed through the connection, doing the same: one read copies
//! [`BATCH`] requests into the connection's buffer; each is parsed, framed and given to a service, which looks at the
//! method, the target and Host, and answers at once; one write hands over the answers of the batch. No system calls,
//! no waker, no Date field that one has and the other has not, keep-alive, no body.
//!
//! How to read the table: the connections differ in more than the parser and the encoder, and the difference of two
//! rows takes out what is common to both.
//! - `serve/chrome-1459` less `serve/tiny-27` is what 15 fields cost to read.
//! - `serve/tiny-27-ten-fields` less `serve/tiny-27` is what ten fields cost to answer with. hyper takes its response by
//!   value, so a server makes a map of fields for each; here it clones one that is ready, and the floor is that alone.

#![expect(
    clippy::expect_used,
    reason = "the inputs are made here, and a wrong answer stops the run"
)]

use core::convert::Infallible;
use core::future::{Future, Ready, ready};
use core::hint::black_box;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::cell::{Cell, RefCell};
use std::io;
use std::rc::Rc;

use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::header::HOST;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{BodyLength, Config, Field, FieldTable, Method, StatusCode, StatusLine};

use super::heads::average_len;
use super::inputs;
use crate::Workload;

/// Requests that one read gives.
const BATCH: usize = 16;

pub(super) fn workloads() -> Vec<Workload> {
    let none = &[][..];
    [
        ("tiny-27", vec![inputs::tiny()], none),
        ("tiny-27-ten-fields", vec![inputs::tiny()], &TEN_FIELDS[..]),
        ("browser-703", vec![inputs::browser()], none),
        ("chrome-1459", vec![inputs::chrome()], none),
        ("cookie-8359", vec![inputs::cookie()], none),
        ("mixed-512", inputs::mixed(), none),
    ]
    .into_iter()
    .map(|(name, inputs, fields)| serve(name, &inputs, fields))
    .collect()
}

/// Ten fields as servers send them; hyper writes names in lower case.
const TEN_FIELDS: [(&str, &str); 10] = [
    ("server", "wirekit"),
    ("date", "Sun, 22 Nov 2026 10:20:30 GMT"),
    ("content-type", "application/json; charset=utf-8"),
    ("accept-ranges", "bytes"),
    ("cache-control", "private, max-age=0, must-revalidate"),
    ("etag", "\"5f3e-62a1b7c4d8e90\""),
    ("vary", "Accept-Encoding, Origin"),
    ("x-request-id", "0b9a5f0e-6f1c-4a71-9c41-3f0c1f6d2b8e"),
    (
        "strict-transport-security",
        "max-age=31536000; includeSubDomains",
    ),
    (
        "set-cookie",
        "session=9a8b7c6d5e4f3a2b1c0d; Path=/; HttpOnly; SameSite=Lax",
    ),
];

fn serve(name: &str, inputs: &[Vec<u8>], fields: &'static [(&str, &str)]) -> Workload {
    let (mut ours, mut theirs) = (Ours::new(inputs, fields), Hyper::new(inputs, fields));
    let mut workload = Workload::new(format!("http1/serve/{name}"), average_len(inputs))
        .engine("wirekit", move |n| ours.serve(n))
        .engine("hyper", move |n| theirs.serve(n));
    if !fields.is_empty() {
        let map = header_map(fields);
        workload = workload.floor("clone of http::HeaderMap", move |n| {
            for _ in 0..n {
                black_box(black_box(&map).clone());
            }
            0
        });
    }
    workload
}

/// What a socket would hold: the requests in rotation, in batches, and what was written.
#[derive(Debug)]
struct Wire {
    requests: Vec<u8>,
    /// The end of each batch of a round; the last may be short.
    ends: Vec<usize>,
    batches: usize,
    at: usize,
    left: u64,
    written: Vec<u8>,
    digest: u64,
}

impl Wire {
    fn new(inputs: &[Vec<u8>]) -> Self {
        let mut round = inputs.to_vec();
        while round.len() < BATCH {
            round.extend_from_slice(inputs);
        }
        let (mut requests, mut ends) = (Vec::new(), Vec::new());
        for input in &round {
            requests.extend_from_slice(input);
            ends.push(requests.len());
        }
        Self {
            requests,
            ends,
            batches: 0,
            at: 0,
            left: 0,
            written: Vec::new(),
            digest: 0,
        }
    }

    /// `n` requests are there to be read, from the first input on.
    fn begin(&mut self, n: u64) {
        (self.batches, self.at, self.left, self.digest) = (0, 0, n, 0);
    }

    /// The next batch, or the rest of it if there was no room for all.
    fn read(&mut self, room: usize) -> &[u8] {
        let count = self.left.min(BATCH as u64) as usize;
        if count == 0 {
            return &[];
        }
        let end = self
            .ends
            .get(self.batches * BATCH + count - 1)
            .copied()
            .unwrap_or_default();
        let start = self.at;
        self.at = end.min(start.saturating_add(room));
        if self.at == end {
            self.left -= count as u64;
            self.batches += 1;
            if self.batches * BATCH >= self.ends.len() {
                self.batches = 0;
            }
        }
        let taken = self.at;
        if self.at == end && self.batches == 0 {
            self.at = 0;
        }
        self.requests.get(start..taken).unwrap_or_default()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.written.clear();
        self.written.extend_from_slice(bytes);
        black_box(&self.written);
        self.digest += bytes.len() as u64;
    }
}

fn digest(method: &str, target: &str, host: Option<&[u8]>) -> u64 {
    let host = host.map_or(0, <[u8]>::len);
    (3 * method.len() + 5 * target.len() + 7 * host) as u64
}

#[derive(Debug)]
struct Ours {
    wire: Wire,
    connection: Connection,
    table: FieldTable,
    fields: Vec<Field<'static>>,
    input: Vec<u8>,
    out: Vec<u8>,
}

impl Ours {
    fn new(inputs: &[Vec<u8>], fields: &'static [(&str, &str)]) -> Self {
        Self {
            wire: Wire::new(inputs),
            connection: Connection::new(Config::DEFAULT),
            table: FieldTable::new(),
            fields: fields
                .iter()
                .map(|(name, value)| Field::new(*name, *value))
                .collect(),
            input: Vec::new(),
            out: Vec::new(),
        }
    }

    fn serve(&mut self, n: u64) -> u64 {
        let ok = StatusLine::new(StatusCode::OK);
        self.wire.begin(n);
        let (mut asked, mut body) = (0, BodyLength::Length(0));
        loop {
            let batch = self.wire.read(usize::MAX);
            if batch.is_empty() {
                return self.wire.digest + asked;
            }
            self.input.clear();
            self.input.extend_from_slice(batch);
            let mut rest = self.input.as_slice();
            let connection = &mut self.connection;
            while let Some((event, used)) = connection
                .receive(rest, &mut self.table)
                .expect("the requests are sound")
            {
                match event {
                    Event::Head { head, .. } => {
                        let host = head.fields().first("host");
                        asked += digest(head.method().as_str(), head.target(), host);
                        // hyper announces no empty body in answer to HEAD.
                        body = if head.method() == Method::HEAD {
                            BodyLength::None
                        } else {
                            BodyLength::Length(0)
                        };
                    }
                    Event::Data(_) => {}
                    Event::End(_) => {
                        connection
                            .send_head(&ok, &self.fields, body, &mut self.out)
                            .expect("the response is sound");
                        connection
                            .send_end(&[], &mut self.out)
                            .expect("nothing is due");
                    }
                }
                rest = rest.get(used..).unwrap_or_default();
            }
            assert!(rest.is_empty());
            self.wire.write(&self.out);
            self.out.clear();
        }
    }
}

struct Hyper {
    wire: Rc<RefCell<Wire>>,
    asked: Rc<Cell<u64>>,
    connection: Pin<Box<dyn Future<Output = hyper::Result<()>>>>,
}

impl Hyper {
    fn new(inputs: &[Vec<u8>], fields: &'static [(&str, &str)]) -> Self {
        let wire = Rc::new(RefCell::new(Wire::new(inputs)));
        let asked = Rc::new(Cell::new(0));
        let fields = header_map(fields);
        let service = {
            let asked = asked.clone();
            service_fn(move |request: Request<Incoming>| {
                let target = request
                    .uri()
                    .path_and_query()
                    .map_or("", |target| target.as_str());
                let host = request.headers().get(HOST).map(|host| host.as_bytes());
                asked.set(asked.get() + digest(request.method().as_str(), target, host));
                let mut response = Response::new(NoBody);
                if !fields.is_empty() {
                    *response.headers_mut() = fields.clone();
                }
                answer(response)
            })
        };
        let connection = http1::Builder::new()
            .auto_date_header(false)
            .header_read_timeout(None)
            .pipeline_flush(true)
            .serve_connection(Socket(wire.clone()), service);
        Self {
            wire,
            asked,
            connection: Box::pin(connection),
        }
    }

    fn serve(&mut self, n: u64) -> u64 {
        self.wire.borrow_mut().begin(n);
        self.asked.set(0);
        let mut context = Context::from_waker(Waker::noop());
        // hyper yields now and then; it is done when it has found nothing more to read.
        while self.wire.borrow().left > 0 {
            assert!(self.connection.as_mut().poll(&mut context).is_pending());
        }
        assert!(self.connection.as_mut().poll(&mut context).is_pending());
        self.wire.borrow().digest + self.asked.get()
    }
}

fn answer(response: Response<NoBody>) -> Ready<Result<Response<NoBody>, Infallible>> {
    ready(Ok(response))
}

fn header_map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
    fields
        .iter()
        .map(|(name, value)| {
            let name = hyper::header::HeaderName::from_static(name);
            (name, hyper::header::HeaderValue::from_static(value))
        })
        .collect()
}

/// A response body without a byte.
#[derive(Debug)]
struct NoBody;

impl hyper::body::Body for NoBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        true
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(0)
    }
}

/// The wire as hyper reads and writes it.
#[derive(Debug)]
struct Socket(Rc<RefCell<Wire>>);

impl Read for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let mut wire = self.0.borrow_mut();
        let batch = wire.read(buf.remaining());
        if batch.is_empty() {
            return Poll::Pending;
        }
        buf.put_slice(batch);
        Poll::Ready(Ok(()))
    }
}

impl Write for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.borrow_mut().write(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
