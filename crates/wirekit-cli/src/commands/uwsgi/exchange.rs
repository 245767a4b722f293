//! One request sent, its answer printed.

use std::io::Write;
use std::thread;

use wirekit::http1::{self, BodyLength, BodyReader, Config};
use wirekit::uwsgi::response::{Body, Event, Expectation, FieldTable, ResponseDecoder};

use super::url::Stream;
use crate::io::{self, Failure, Io, Status};

pub(super) struct Exchange<'a> {
    pub(super) packet: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) expectation: Expectation,
    pub(super) include_head: bool,
}

impl Exchange<'_> {
    /// Sends while it reads: a server may answer before it has taken the body.
    pub(super) fn run(&self, stream: Stream, io: &mut Io<'_>) -> Result<Status, Failure> {
        thread::scope(|scope| {
            scope.spawn(|| {
                // A server that stops listening says why in its answer.
                let _ = (&stream)
                    .write_all(self.packet)
                    .and_then(|()| (&stream).write_all(self.body));
            });
            let status = self.print_answer(&stream, io);
            stream.shutdown();
            status
        })
    }

    fn print_answer(&self, mut stream: &Stream, io: &mut Io<'_>) -> Result<Status, Failure> {
        let mut heads = ResponseDecoder::new(self.expectation);
        let (mut fields, mut trailers) = (FieldTable::new(), http1::FieldTable::new());
        let mut body: Option<BodyReader> = None;
        let (mut unread, mut piece) = (Vec::new(), vec![0; 65_536]);
        loop {
            let used = if let Some(body) = &mut body {
                match body.receive(&unread, &mut trailers) {
                    Ok(Some((http1::Body::Data(data), used))) => {
                        io.stdout.write_all(data).map_err(Failure::Write)?;
                        Some(used)
                    }
                    Ok(Some((http1::Body::End(_), _))) => return Ok(Status::Well),
                    Ok(None) => None,
                    Err(error) => return Err(Failure::Peer(error.to_string())),
                }
            } else {
                match heads.receive(&unread, &mut fields) {
                    Ok(Some((Event::Interim(head) | Event::Head(head), used))) => {
                        if self.include_head {
                            io.stdout
                                .write_all(head.as_bytes())
                                .map_err(Failure::Write)?;
                        }
                        if head.status() >= 200 {
                            body = Some(BodyReader::new(length(head.body()), &Config::DEFAULT));
                        }
                        Some(used)
                    }
                    Ok(Some(_)) => return Ok(Status::Well),
                    Ok(None) => None,
                    Err(error) => return Err(Failure::Peer(error.to_string())),
                }
            };
            match used {
                Some(used) => drop(unread.drain(..used)),
                None => {
                    // A server that closes with the body unread resets the connection behind its answer.
                    let len = io::read(&mut stream, &mut piece).unwrap_or(0);
                    if len == 0 {
                        return end(body, &mut heads, &unread, io);
                    }
                    unread.extend_from_slice(piece.get(..len).unwrap_or_default());
                }
            }
        }
    }
}

/// The server has closed its side.
fn end(
    body: Option<BodyReader>,
    heads: &mut ResponseDecoder,
    unread: &[u8],
    io: &mut Io<'_>,
) -> Result<Status, Failure> {
    let reason = match body {
        Some(mut body) => match body.receive_eof() {
            Ok(_) => return Ok(Status::Well),
            Err(error) => error.to_string(),
        },
        None if unread.is_empty() => {
            "the server closed the connection without an answer: it refused the packet".into()
        }
        None => match heads.receive_eof(unread) {
            Ok(_) => return Ok(Status::Well),
            Err(error) => error.to_string(),
        },
    };
    writeln!(io.stderr, "wirekit: {reason}").map_err(Failure::Write)?;
    Ok(Status::Incomplete)
}

fn length(body: Body) -> BodyLength {
    match body {
        Body::None => BodyLength::None,
        Body::Length(length) => BodyLength::Length(length),
        Body::Chunked => BodyLength::Chunked,
        _ => BodyLength::UntilClose,
    }
}
