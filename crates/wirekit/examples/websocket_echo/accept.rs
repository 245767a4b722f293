//! The server's side of the opening handshake, without the reading and writing.

use core::task::Poll;
use std::io;
use std::time::SystemTime;

use wirekit::bridge::websocket;
use wirekit::http1::server::{Connection, Event};
use wirekit::http1::{BodyLength, Config, Field, FieldTable, SendError, StatusLine};
use wirekit::websocket::Role;
use wirekit::websocket::deflate::{PermessageDeflate, Pool};

use crate::echo::Echo;
use crate::session::{Handshake, Session};

/// A handshake that waits for its request.
#[derive(Debug)]
pub(crate) struct Accepting {
    connection: Connection,
    fields: FieldTable,
}

impl Accepting {
    pub(crate) const fn new() -> Self {
        Self {
            connection: Connection::new(Config::DEFAULT),
            fields: FieldTable::new(),
        }
    }

    /// Says what is wrong with the request.
    fn answer_error(&mut self, out: &mut Vec<u8>) -> Result<(), SendError> {
        if let Some(status) = self.connection.due() {
            let (line, date) = (StatusLine::new(status), date());
            let fields = [Field::new("Date", &date)];
            self.connection
                .send_head(&line, &fields, BodyLength::None, out)?;
            self.connection.send_end(&[], out)?;
        }
        Ok(())
    }
}

impl Handshake for Accepting {
    fn receive(
        &mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> io::Result<(Poll<Option<Echo>>, usize)> {
        let (head, used) = match self.connection.receive(input, &mut self.fields) {
            Ok(Some((Event::Head { head, .. }, used))) => (head, used),
            Ok(_) => return Ok((Poll::Pending, 0)),
            Err(_) => {
                self.answer_error(out).map_err(io::Error::other)?;
                return Ok((Poll::Ready(None), 0));
            }
        };
        let opening = match websocket::opening(&head) {
            Ok(opening) => opening,
            Err(refusal) => {
                let date = date();
                let more = [Field::new("Date", &date), Field::new("Connection", "close")];
                websocket::send_refusal(&mut self.connection, refusal, &more, out)
                    .map_err(io::Error::other)?;
                return Ok((Poll::Ready(None), used));
            }
        };
        let mut deflate = PermessageDeflate::new();
        let mut extensions = String::new();
        opening
            .negotiate(&mut [&mut deflate], &mut extensions)
            .map_err(io::Error::other)?;
        let response = opening
            .respond(None, &extensions)
            .map_err(io::Error::other)?;
        websocket::send_response(&mut self.connection, &response, &[], out)
            .map_err(io::Error::other)?;
        let echo = Echo::new(Role::Server, None, deflate.agreed());
        Ok((Poll::Ready(Some(echo)), used))
    }

    fn receive_eof(&mut self, out: &mut Vec<u8>) -> io::Result<()> {
        if self.connection.receive_eof().is_err() {
            self.answer_error(out).map_err(io::Error::other)?;
        }
        Ok(())
    }
}

impl Session<Accepting> {
    /// For a while there will be nothing to do; false where the handshake is not over.
    pub(crate) fn park(&mut self, pool: &mut Pool) -> bool {
        self.echo.as_mut().map(|echo| echo.park(pool)).is_some()
    }
}

/// RFC 9110 section 6.6.1: a server with a clock says when it made a response, but for 1xx.
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
