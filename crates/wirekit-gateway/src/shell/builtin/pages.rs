//! An HTTP/1.1 server with the pages, and a WebSocket that sends back what it gets.

use std::io;
use std::time::SystemTime;

use wirekit::bridge::websocket as handshake;
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{
    BodyLength, Config, Field, FieldTable, Method, RequestHead, StatusCode, StatusLine,
};
use wirekit::websocket;

const INDEX: &str = include_str!("../../../assets/index.html");
const ECHO: &str = include_str!("../../../assets/echo.html");

/// One connection: requests, and perhaps a WebSocket in the end.
#[derive(Debug)]
pub(super) struct Pages {
    connection: Connection,
    fields: FieldTable,
    echo: Option<websocket::Connection>,
}

impl Pages {
    pub(super) const fn new() -> Self {
        Self {
            connection: Connection::new(Config::DEFAULT),
            fields: FieldTable::new(),
            echo: None,
        }
    }

    pub(super) fn wants_input(&self) -> bool {
        match &self.echo {
            Some(echo) => echo.wants_input(),
            None => self.connection.wants_input(),
        }
    }

    pub(super) fn receive_eof(&mut self) {
        // What is wrong with that is due, and sent by `receive`.
        let _ = match &mut self.echo {
            Some(echo) => echo.receive_eof().is_err(),
            None => self.connection.receive_eof().is_err(),
        };
    }

    pub(super) fn receive(&mut self, input: &mut [u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        while self.echo.is_none() {
            let rest = input.get(taken..).unwrap_or_default();
            let Ok(Some((event, used))) = self.connection.receive(rest, &mut self.fields) else {
                let date = date();
                self.connection
                    .send_due(&[Field::new("Date", &date)], out)
                    .map_err(io::Error::other)?;
                return Ok(taken);
            };
            taken += used;
            // Content of a request that was answered already is dropped.
            let Event::Head { head, .. } = event else {
                continue;
            };
            match path(&head) {
                "/echo" => self.echo = accept(&head, &mut self.connection, out)?,
                path => respond(head.method(), path, &mut self.connection, out)?,
            }
        }
        if let Some(connection) = &mut self.echo {
            let frames = input.get_mut(taken..).unwrap_or_default();
            taken += echo(connection, frames, out).map_err(io::Error::other)?;
        }
        Ok(taken)
    }
}

/// The target without its query.
fn path<'a>(head: &RequestHead<'a>) -> &'a str {
    let target = head.target();
    target.split_once('?').map_or(target, |(path, _)| path)
}

fn respond(
    method: Method<'_>,
    path: &str,
    connection: &mut Connection,
    out: &mut Vec<u8>,
) -> io::Result<()> {
    let page = match path {
        "/" => Some(INDEX),
        "/echo.html" => Some(ECHO),
        _ => None,
    };
    let is_read = matches!(method, Method::GET | Method::HEAD);
    let (status, content_type, content) = match page {
        Some(page) if is_read => (StatusCode::OK, "text/html; charset=utf-8", page),
        Some(_) => (
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            "The page is there to be read.\n",
        ),
        None => (
            StatusCode::NOT_FOUND,
            "text/plain; charset=utf-8",
            "The server has no such page.\n",
        ),
    };
    let date = date();
    let mut fields = vec![
        Field::new("Content-Type", content_type),
        Field::new("Cache-Control", "no-cache"),
        Field::new("Date", &date),
    ];
    if status == StatusCode::METHOD_NOT_ALLOWED {
        fields.push(Field::new("Allow", "GET, HEAD"));
    }
    let body = BodyLength::Length(content.len() as u64);
    connection
        .send_head(&StatusLine::new(status), &fields, body, out)
        .and_then(|_| connection.send_data(content.as_bytes(), out))
        .and_then(|_| connection.send_end(&[], out))
        .map(drop)
        .map_err(io::Error::other)
}

/// The server's side of the opening handshake; none where it is refused.
fn accept(
    head: &RequestHead<'_>,
    connection: &mut Connection,
    out: &mut Vec<u8>,
) -> io::Result<Option<websocket::Connection>> {
    let opening = match handshake::opening(head) {
        Ok(opening) => opening,
        Err(refusal) => {
            let date = date();
            let more = [Field::new("Date", &date)];
            handshake::send_refusal(connection, refusal, &more, out).map_err(io::Error::other)?;
            return Ok(None);
        }
    };
    let response = opening.respond(None, "").map_err(io::Error::other)?;
    handshake::send_response(connection, &response, &[], out).map_err(io::Error::other)?;
    Ok(Some(websocket::Connection::new(websocket::Config::SERVER)))
}

/// Sends back every message, piece by piece as it comes, and returns how much it took.
fn echo(
    connection: &mut websocket::Connection,
    frames: &mut [u8],
    out: &mut Vec<u8>,
) -> Result<usize, websocket::SendError> {
    use websocket::Event;

    let mut taken = 0;
    loop {
        let rest = frames.get_mut(taken..).unwrap_or_default();
        let Ok(Some((event, used))) = connection.receive(rest) else {
            connection.send_due(None, out)?; // the Close frame that reports an error
            return Ok(taken);
        };
        taken += used;
        match event {
            Event::Text(text) => connection.send_text(text, None, out)?,
            Event::Binary(bytes) => connection.send_binary(bytes, None, out)?,
            Event::Data(piece) => connection.send_data(piece, None, out)?,
            _ => connection.send_due(None, out)?, // a pong, or the answer to a Close frame
        };
    }
}

/// RFC 9110 section 6.6.1: a server with a clock says when it made a response.
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
