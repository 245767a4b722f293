//! An application behind uwsgi, which answers with what it got.

use core::fmt::Display;
use std::io::{self, Write};
use std::time::SystemTime;

use wirekit::uwsgi::Field;
use wirekit::uwsgi::response::{Builder, Form};
use wirekit::uwsgi::server::{Config, Decoder, Environ, Event};

/// One request; the end of the connection ends the answer.
#[derive(Debug)]
pub(super) struct Application {
    decoder: Decoder,
    is_head: bool,
    content: Vec<u8>,
    body_len: u64,
    is_answered: bool,
}

impl Application {
    pub(super) const fn new() -> Self {
        Self {
            decoder: Decoder::new(Config::DEFAULT),
            is_head: false,
            content: Vec::new(),
            body_len: 0,
            is_answered: false,
        }
    }

    pub(super) const fn wants_input(&self) -> bool {
        !self.is_answered
    }

    pub(super) fn receive_eof(&mut self) {
        // A request that is not whole is not answered.
        let _ = self.decoder.receive_eof();
        self.is_answered = true;
    }

    pub(super) fn receive(&mut self, input: &[u8], out: &mut Vec<u8>) -> io::Result<usize> {
        let mut taken = 0;
        while !self.is_answered {
            let rest = input.get(taken..).unwrap_or_default();
            let (event, used) = match self.decoder.receive(rest) {
                Ok(Some(received)) => received,
                Ok(None) => break,
                Err(error) => {
                    self.refuse(&error, out)?;
                    break;
                }
            };
            taken += used;
            match event {
                Event::Request(request) => match Environ::new(&request) {
                    Ok(environ) => self.list(&environ)?,
                    Err(error) => self.refuse(&error, out)?,
                },
                Event::Data(data) => self.body_len += data.len() as u64,
                Event::End => {
                    writeln!(self.content, "\nThe body has {} bytes.", self.body_len)?;
                    self.respond(200, b"OK", out)?;
                }
                _ => self.refuse(&"this packet is no request", out)?,
            }
        }
        Ok(taken)
    }

    fn refuse(&mut self, why: &impl Display, out: &mut Vec<u8>) -> io::Result<()> {
        self.content = format!("{why}\n").into_bytes();
        self.respond(400, b"Bad Request", out)
    }

    fn list(&mut self, environ: &Environ<'_>) -> io::Result<()> {
        self.is_head = environ.method() == b"HEAD";
        writeln!(
            self.content,
            "The application got these variables in a uwsgi packet:\n",
        )?;
        for var in environ.vars() {
            let (key, value) = (var.key.escape_ascii(), var.value.escape_ascii());
            writeln!(self.content, "{key} = {value}")?;
        }
        Ok(())
    }

    fn respond(&mut self, status: u16, reason: &[u8], out: &mut Vec<u8>) -> io::Result<()> {
        let len = self.content.len().to_string();
        let date = httpdate::fmt_http_date(SystemTime::now());
        let fields = [
            Field::new(b"Content-Type", b"text/plain; charset=utf-8"),
            Field::new(b"Content-Length", len.as_bytes()),
            Field::new(b"Cache-Control", b"no-store"),
            Field::new(b"X-Content-Type-Options", b"nosniff"),
            Field::new(b"Date", date.as_bytes()),
        ];
        Builder::new(Form::Http, status, &fields)
            .reason(reason)
            .encode(out)
            .map_err(io::Error::other)?;
        // RFC 3875 section 4.3.3: the head that GET would get, and no content.
        if !self.is_head {
            out.extend_from_slice(&self.content);
        }
        self.is_answered = true;
        Ok(())
    }
}
