//! An HTTP/1.1 client on a blocking socket: `http1_client HOST:PORT PATH [PATH ...]`, all over one connection.
//!
//! With `-` before the paths, standard input is sent by PUT to each. Bodies go to stdout, heads to stderr.

use core::sync::atomic::{AtomicUsize, Ordering};
use core::time::Duration;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Instant;

use bytes::{Buf, BytesMut};
use wirekit::http1::client::{Connection, Event};
use wirekit::http1::{BodyLength, Config, Field, FieldTable, Method, RequestLine};

/// How long a server that has answered may take nothing more of the request.
const PATIENCE: Duration = Duration::from_secs(1);

fn main() -> Result<(), Box<dyn core::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let host = arguments
        .next()
        .ok_or("usage: http1_client HOST:PORT [-] PATH...")?;
    let mut body = Vec::new();
    let method = if arguments.next_if(|argument| argument == "-").is_some() {
        io::stdin().read_to_end(&mut body)?;
        Method::PUT
    } else {
        Method::GET
    };
    let mut exchange = Exchange {
        stream: TcpStream::connect(&host)?,
        connection: Connection::new(Config::DEFAULT),
        fields: FieldTable::new(),
        input: BytesMut::new(),
        is_cut: false,
    };
    for path in arguments {
        exchange.ask(&host, &RequestLine::new(method, &path), &body)?;
    }
    Ok(())
}

struct Exchange {
    stream: TcpStream,
    connection: Connection,
    fields: FieldTable,
    input: BytesMut,
    /// A request was answered before it was whole, and its rest was not sent.
    is_cut: bool,
}

impl Exchange {
    fn ask(
        &mut self,
        host: &str,
        line: &RequestLine<'_>,
        body: &[u8],
    ) -> Result<(), Box<dyn core::error::Error>> {
        if self.is_cut || !self.connection.is_idle() {
            return Err("the server closed the connection".into());
        }
        let length = if body.is_empty() {
            BodyLength::None
        } else {
            BodyLength::Chunked
        };
        let mut out = Vec::new();
        self.connection
            .send_head(line, &[Field::new("Host", host)], length, &mut out)?;
        if !body.is_empty() {
            self.connection.send_data(body, &mut out)?;
        }
        self.connection.send_end(&[], &mut out)?;
        // The server may answer before it has read all: writing goes on beside reading.
        let (mut writer, written) = (self.stream.try_clone()?, AtomicUsize::new(0));
        thread::scope(|scope| {
            let writer = scope.spawn(|| {
                out.chunks(64 * 1024).try_for_each(|piece| {
                    written.fetch_add(piece.len(), Ordering::Relaxed);
                    writer.write_all(piece)
                })
            });
            let answered = self.answer();
            // It need not read the rest then, and one that closes will not (RFC 9112 section 9.5).
            let (mut last, mut since) = (0, Instant::now());
            while answered.is_ok() && !self.connection.wants_close() && !writer.is_finished() {
                let now = written.load(Ordering::Relaxed);
                if now > last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() > PATIENCE {
                    break;
                }
                thread::sleep(Duration::from_millis(1));
            }
            if !writer.is_finished() {
                self.stream.shutdown(Shutdown::Both)?;
            }
            self.is_cut = !matches!(writer.join(), Ok(Ok(())));
            answered
        })
    }

    fn answer(&mut self) -> Result<(), Box<dyn core::error::Error>> {
        let (mut stdout, mut piece) = (io::stdout().lock(), vec![0; 64 * 1024]);
        loop {
            while let Some((event, used)) =
                self.connection.receive(&self.input, &mut self.fields)?
            {
                match event {
                    Event::Head { head, .. } | Event::Interim { head, .. } => {
                        eprintln!("{} {}", head.status().0, head.reason().escape_ascii());
                    }
                    Event::Data(data) => stdout.write_all(data)?,
                    _ => {}
                }
                self.input.advance(used);
            }
            if !self.connection.wants_input() {
                return Ok(());
            }
            match self.stream.read(&mut piece)? {
                0 => drop(self.connection.receive_eof()?),
                len => self
                    .input
                    .extend_from_slice(piece.get(..len).unwrap_or_default()),
            }
        }
    }
}
