//! An HTTP client of a few lines.

use std::io::{Read, Write};
use std::net::TcpStream;

use wirekit::http1::{Config, FieldTable, Method, ResponseEvent, ResponseReader};

use crate::program::PATIENCE;

/// A response as the client got it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The cookies that the response sets, as a `Cookie` field has them.
    pub(crate) fn cookies(&self) -> String {
        let set = self
            .fields
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
        set.map(|(_, value)| value.split(';').next().unwrap_or_default().trim())
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// The lines of the environ echo, as bytes.
    pub(crate) fn environ(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let bytes = |hex: &str| -> Vec<u8> {
            hex.as_bytes()
                .chunks(2)
                .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        };
        let text = self.text();
        text.lines()
            .map(|line| line.split_once('=').unwrap())
            .map(|(key, value)| (bytes(key), bytes(value)))
            .collect()
    }
}

/// Sends a request, with its body, to a local port, and reads the whole answer.
pub(crate) fn ask(port: u16, request_line: &str, fields: &[&str], body: &[u8]) -> Response {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a listening server");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let mut head = format!("{request_line} HTTP/1.1\r\nHost: a.example\r\n");
    if !body.is_empty() {
        head += &format!("Content-Length: {}\r\n", body.len());
    }
    for field in fields {
        head += &format!("{field}\r\n");
    }
    head += "\r\n";
    stream
        .write_all(head.as_bytes())
        .expect("the head is taken");
    let sender = stream.try_clone().expect("a second handle");
    std::thread::scope(|scope| {
        scope.spawn(move || (&sender).write_all(body));
        read_response(
            &mut stream,
            request_line.split(' ').next().unwrap_or_default(),
        )
    })
}

fn read_response(stream: &mut TcpStream, method: &str) -> Response {
    let mut reader = ResponseReader::new(Config::DEFAULT);
    reader.answers(Method::new(method.as_bytes()).expect("a method"));
    let mut table = FieldTable::new();
    let (mut response, mut unread, mut ended) = (Response::default(), Vec::new(), false);
    loop {
        let received = if ended {
            reader
                .receive_eof()
                .map(|event| event.map(|event| (event, 0)))
        } else {
            reader.receive(&unread, &mut table)
        };
        let used = match received.expect("a well-formed response") {
            Some((ResponseEvent::Head { head, .. }, used)) => {
                response.status = head.status().0;
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                response.fields = head
                    .fields()
                    .iter()
                    .map(|field| (text(field.name), text(field.value)))
                    .collect();
                used
            }
            Some((ResponseEvent::Data(data), used)) => {
                response.body.extend_from_slice(data);
                used
            }
            Some((ResponseEvent::End(_), _)) => return response,
            Some((ResponseEvent::Interim { .. }, used)) => used,
            Some((ResponseEvent::Switch, _)) => panic!("no switch was asked for"),
            None => {
                let mut piece = [0; 65_536];
                let len = stream.read(&mut piece).expect("an answer in time");
                unread.extend_from_slice(&piece[..len]);
                ended = len == 0;
                continue;
            }
        };
        unread.drain(..used);
    }
}
