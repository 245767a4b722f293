//! What the HTTP/1.1 servers of these examples share: one client's connection and the answers, without I/O.
//!
//! `GET /hello` greets, `PUT /echo` and `POST /echo` send the body back as it arrives, `GET /large` sends a mebibyte in
//! chunks, CONNECT is 501, everything else is 404.

use std::time::SystemTime;

use bytes::{Buf, BytesMut};
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Method, RequestHead, SendError, StatusCode, StatusLine,
};

/// One client: feed `input`, call [`advance`](Self::advance), write `output`.
pub(crate) struct Session {
    pub(crate) input: BytesMut,
    pub(crate) output: BytesMut,
    connection: Connection,
    fields: FieldTable,
    service: Service,
}

impl Session {
    pub(crate) fn new() -> Self {
        Self {
            input: BytesMut::new(),
            output: BytesMut::new(),
            connection: Connection::new(Config::DEFAULT),
            fields: FieldTable::new(),
            service: Service {
                resource: Resource::Missing,
            },
        }
    }

    /// Takes in what `input` holds; the answers stand in `output` afterwards.
    pub(crate) fn advance(&mut self) -> Result<(), SendError> {
        while let Ok(Some((event, used))) = self.connection.receive(&self.input, &mut self.fields) {
            self.service
                .handle(event, &mut self.connection, &mut self.output)?;
            self.input.advance(used);
        }
        let (connection, out) = (&mut self.connection, &mut self.output);
        // What is wrong with a request, or 100 (Continue).
        let date = connection.due().map(|_| date()).unwrap_or_default();
        connection.send_due(&[Field::new("Date", &date)], out)?;
        Ok(())
    }

    /// The client sends nothing more.
    pub(crate) fn end(&mut self) -> Result<(), SendError> {
        // What is wrong with that is due.
        let _ = self.connection.receive_eof();
        self.advance()
    }

    /// Whether to read on; if not, the connection is closed once `output` is written.
    pub(crate) fn wants_input(&self) -> bool {
        self.connection.wants_input()
    }
}

/// The answers, and what they must remember between two events.
struct Service {
    resource: Resource,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Resource {
    Hello,
    Large,
    Echo,
    Tunnel,
    Missing,
}

impl Service {
    fn handle(
        &mut self,
        event: Event<'_>,
        connection: &mut Connection,
        out: &mut BytesMut,
    ) -> Result<(), SendError> {
        match event {
            Event::Head { head, framing } => {
                self.choose(&head);
                if self.resource != Resource::Echo {
                    // At once, as a client may wait before it sends a body (RFC 9110 section 10.1.1). What it sends all
                    // the same comes as events, and is dropped.
                    return self.send_resource(connection, out);
                }
                // 100 (Continue) to a client that waits for it, before the answer begins.
                connection.send_due(&[], out)?;
                self.send_head(StatusCode::OK, framing.body(), connection, out)?;
            }
            Event::Data(data) if self.resource == Resource::Echo => {
                connection.send_data(data, out)?;
            }
            Event::End(trailers) if self.resource == Resource::Echo => {
                let trailers: Vec<_> = trailers.iter().collect();
                // RFC 9112 section 7.1.2: a recipient may discard trailers, and some that are read no sender may write.
                if connection.send_end(&trailers, out).is_err() {
                    connection.send_end(&[], out)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn choose(&mut self, head: &RequestHead<'_>) {
        self.resource = match (head.method(), head.target()) {
            (Method::CONNECT, _) => Resource::Tunnel,
            (Method::GET | Method::HEAD, "/hello") => Resource::Hello,
            (Method::GET | Method::HEAD, "/large") => Resource::Large,
            (Method::PUT | Method::POST, "/echo") => Resource::Echo,
            _ => Resource::Missing,
        };
    }

    fn send_resource(
        &self,
        connection: &mut Connection,
        out: &mut BytesMut,
    ) -> Result<(), SendError> {
        const PIECE: &[u8] = &[b'x'; 4096];
        let (status, body, piece, pieces) = match self.resource {
            Resource::Hello => (
                StatusCode::OK,
                BodyLength::Length(14),
                &b"hello, client\n"[..],
                1,
            ),
            Resource::Large => (StatusCode::OK, BodyLength::Chunked, PIECE, 256),
            Resource::Tunnel => {
                // What follows may be meant for the tunnel, and is not read as requests.
                connection.close_after_response();
                let nothing = &b"nothing\n"[..];
                (
                    StatusCode::NOT_IMPLEMENTED,
                    BodyLength::Length(8),
                    nothing,
                    1,
                )
            }
            _ => (
                StatusCode::NOT_FOUND,
                BodyLength::Length(8),
                &b"nothing\n"[..],
                1,
            ),
        };
        self.send_head(status, body, connection, out)?;
        for _ in 0..pieces {
            connection.send_data(piece, out)?;
        }
        connection.send_end(&[], out).map(drop)
    }

    fn send_head(
        &self,
        status: StatusCode,
        body: BodyLength,
        connection: &mut Connection,
        out: &mut BytesMut,
    ) -> Result<(), SendError> {
        let date = date();
        let fields = [
            Field::new("Content-Type", "text/plain"),
            Field::new("Date", &date),
        ];
        connection
            .send_head(&StatusLine::new(status), &fields, body, out)
            .map(drop)
    }
}

/// RFC 9110 section 6.6.1: "An origin server with a clock [..] MUST generate a Date header field in all 2xx (Successful),
/// 3xx (Redirection), and 4xx (Client Error) responses".
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
