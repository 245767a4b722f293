//! One request sent, its answer printed.

use std::io::{ErrorKind, Write};
use std::thread;

use wirekit::bridge::{Fault, ResponseEvent, ResponseReader, ResponseTable};
use wirekit::http1::Config;
use wirekit::uwsgi::response::Expectation;

use super::packet::refusals;
use super::stream::{Deadline, Stream};
use crate::io::{Failure, Io, Status};

pub(super) struct Exchange<'a> {
    pub(super) packet: &'a [u8],
    pub(super) body: &'a [u8],
    pub(super) expectation: Expectation,
    pub(super) include_head: bool,
    /// When the answer must be whole.
    pub(super) deadline: Option<Deadline>,
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
            let status = Answer::of(self).print(&stream, io);
            stream.shutdown();
            status
        })
    }
}

/// An answer on its way to stdout.
struct Answer<'a> {
    exchange: &'a Exchange<'a>,
    reader: ResponseReader,
    table: ResponseTable,
    /// The bytes done with.
    at: usize,
}

/// What stands at the front of the unread bytes.
enum Step {
    Used(usize),
    Nothing,
    End,
}

impl<'a> Answer<'a> {
    fn of(exchange: &'a Exchange<'a>) -> Self {
        Self {
            exchange,
            reader: ResponseReader::new(Config::DEFAULT).expectation(exchange.expectation),
            table: ResponseTable::new(),
            at: 0,
        }
    }

    fn print(mut self, stream: &Stream, io: &mut Io<'_>) -> Result<Status, Failure> {
        let (mut unread, mut piece) = (Vec::new(), vec![0; 65_536]);
        loop {
            match self.step(&unread, io)? {
                Step::Used(used) => {
                    unread.drain(..used);
                    self.at += used;
                    continue;
                }
                Step::End => return Ok(Status::Well),
                Step::Nothing => {}
            }
            // The server may think for long before it goes on.
            io.stdout.flush().map_err(Failure::Write)?;
            match stream.read(&mut piece, self.exchange.deadline) {
                Err(error) if error.kind() == ErrorKind::TimedOut => {
                    return self.late(unread.len(), io);
                }
                // A server that closes with the body unread resets the connection behind its answer.
                Err(_) | Ok(0) => return self.end(&unread, io),
                Ok(len) => unread.extend_from_slice(piece.get(..len).unwrap_or_default()),
            }
        }
    }

    fn step(&mut self, unread: &[u8], io: &mut Io<'_>) -> Result<Step, Failure> {
        let received = self.reader.receive(unread, &mut self.table);
        let Some((event, used)) = received.map_err(|fault| broken(fault, self.at))? else {
            return Ok(Step::Nothing);
        };
        let shown = match event {
            ResponseEvent::Interim(_) | ResponseEvent::Head(_) if self.exchange.include_head => {
                unread.get(..used).unwrap_or_default()
            }
            ResponseEvent::Interim(_) | ResponseEvent::Head(_) => &[],
            ResponseEvent::Data(data) => data,
            ResponseEvent::End(_) => return Ok(Step::End),
        };
        io.stdout.write_all(shown).map_err(Failure::Write)?;
        Ok(Step::Used(used))
    }

    /// The server has closed its side with these bytes unread.
    fn end(mut self, unread: &[u8], io: &mut Io<'_>) -> Result<Status, Failure> {
        if self.reader.receive_eof().is_ok() {
            return Ok(Status::Well);
        }
        match self.at + unread.len() {
            0 => self.explain_silence(io),
            len => writeln!(
                io.stderr,
                "wirekit: the server closed the connection inside its answer, behind {len} bytes"
            ),
        }
        .map_err(Failure::Write)?;
        Ok(Status::Incomplete)
    }

    /// uWSGI has no packet for an error: a packet that it refuses and an application that fails look the same.
    fn explain_silence(&self, io: &mut Io<'_>) -> std::io::Result<()> {
        writeln!(
            io.stderr,
            "wirekit: the server closed the connection without an answer: it refused the packet, or its application \
             failed before it answered; its log says which"
        )?;
        for refusal in refusals(self.exchange.packet) {
            writeln!(io.stderr, "wirekit: {refusal}")?;
        }
        Ok(())
    }

    /// The time is over, with so many bytes unread.
    fn late(&self, unread: usize, io: &mut Io<'_>) -> Result<Status, Failure> {
        let seconds = self.exchange.deadline.map_or(0.0, Deadline::seconds);
        match self.at + unread {
            0 => writeln!(io.stderr, "wirekit: no answer within {seconds} s"),
            len => writeln!(
                io.stderr,
                "wirekit: the answer was not whole within {seconds} s, {len} bytes of it came"
            ),
        }
        .map_err(Failure::Write)?;
        Ok(Status::Incomplete)
    }
}

/// What is wrong with an answer, of which so many bytes were done with.
fn broken(fault: Fault, at: usize) -> Failure {
    let (rule, offset) = match fault {
        Fault::Http1 { error } => (error.kind().to_string(), error.offset()),
        Fault::Cgi { error } => (error.kind().to_string(), error.offset()),
        fault => return Failure::Peer(format!("{fault} in the answer")),
    };
    Failure::Peer(format!("{rule} at byte {} of the answer", at + offset))
}
