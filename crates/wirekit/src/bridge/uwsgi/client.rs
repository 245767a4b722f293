use alloc::vec::Vec;

use bytes::BufMut;

use super::answer::{Fault, Phase};
use crate::http1::{self, BodyLength, BodyReader, Config, StatusCode, StatusLine, Version};
use crate::uwsgi::response::{Body, Head};

/// The client that an answer is for: what its head says to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) version: Version,
    pub(super) keep_alive: bool,
}

impl Client {
    /// Writes the head of the answer, and says how its body goes on.
    pub(super) fn begin(&mut self, head: &Head<'_>, out: &mut impl BufMut) -> Result<Phase, Fault> {
        let (upstream, downstream) = match head.body() {
            Body::None => {
                self.write_head(head, BodyLength::None, out)?;
                return Ok(Phase::Done);
            }
            Body::Length(length) => (BodyLength::Length(length), BodyLength::Length(length)),
            Body::Chunked => (BodyLength::Chunked, self.unknown_length()),
            Body::UntilClose | _ => (BodyLength::UntilClose, self.unknown_length()),
        };
        self.write_head(head, downstream, out)?;
        let reader = BodyReader::new(upstream, &Config::DEFAULT);
        Ok(Phase::Body {
            reader,
            chunked: downstream == BodyLength::Chunked,
        })
    }

    fn unknown_length(&self) -> BodyLength {
        if self.version == Version::HTTP_11 {
            BodyLength::Chunked
        } else {
            BodyLength::UntilClose
        }
    }

    /// Writes a head, with a body framed so.
    pub(super) fn write_head(
        &self,
        head: &Head<'_>,
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<(), Fault> {
        let mut fields = end_to_end(head);
        let length = head.get("content-length");
        // An answer to HEAD, and a 304, say how long the body would be.
        let is_final = head.status() >= 200;
        if let (BodyLength::None, Some(value), true) =
            (body, length, is_final && head.status() != 204)
        {
            fields.push(http1::Field {
                name: b"Content-Length",
                value,
            });
        }
        if is_final && !self.keep_alive {
            fields.push(http1::Field {
                name: b"Connection",
                value: b"close",
            });
        }
        self.line(head)
            .encode(&fields, body, out)
            .map_err(Fault::Encode)?;
        Ok(())
    }

    /// Writes the 101 that makes a WebSocket of the connection.
    pub(super) fn write_switch(&self, head: &Head<'_>, out: &mut impl BufMut) -> Result<(), Fault> {
        let mut fields = end_to_end(head);
        fields.push(http1::Field {
            name: b"Connection",
            value: b"Upgrade",
        });
        fields.push(http1::Field {
            name: b"Upgrade",
            value: b"websocket",
        });
        self.line(head)
            .encode(&fields, BodyLength::None, out)
            .map_err(Fault::Encode)?;
        Ok(())
    }

    fn line<'h>(&self, head: &Head<'h>) -> StatusLine<'h> {
        let status = StatusCode(head.status());
        let reason = match head.reason() {
            [] => StatusLine::new(status).reason,
            reason => reason,
        };
        StatusLine {
            version: Version::HTTP_11,
            status,
            reason,
        }
    }
}

/// What goes on to the client, before what is said to it alone.
fn end_to_end<'h>(head: &Head<'h>) -> Vec<http1::Field<'h>> {
    head.end_to_end()
        .map(|field| http1::Field {
            name: field.name,
            value: field.value,
        })
        .collect()
}
