use core::borrow::Borrow;

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::Connection;
#[cfg(feature = "alloc")]
use crate::encode::Appended;
use crate::encode::{Head, HeadOptions, Sink, Slice, StatusLine};
use crate::error::EncodeError;
use crate::field::Field;
use crate::framing::BodyLength;
use crate::registry::{MethodClass, StatusClass, StatusCode};
use crate::send::{DataFrame, SendError, UnsentBody, send_methods};
use crate::state::{Machine, Party, State, Step};
use crate::version::Version;

/// What a response is to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// 1xx, after which the final one is still due.
    Interim,
    /// 101 (Switching Protocols).
    Upgrade,
    /// Success of CONNECT.
    Tunnel,
    Final,
}

const NONE: &[Field<'_>] = &[];

/// What the server says.
impl Connection {
    send_methods! {
        /// Appends the head of a response: final, or interim (1xx).
        ///
        /// A switch of protocols, 101 or success of CONNECT, may be sent once all of the request's content is there; where
        /// its end was not reported by then, it no longer is. Neither has a body: `body` is [`BodyLength::None`]. 101 names in
        /// its Upgrade what the request offered, in the first 63 bytes of its list.
        ///
        /// Connection and the fields that frame `body` are added as they are needed. To a client of HTTP/1.0
        /// [`BodyLength::Chunked`] becomes [`BodyLength::UntilClose`]; a final response without a body that could have
        /// one gets a Content-Length of 0. In answer to HEAD, `body` is what GET would get; its content and trailers may be
        /// given all the same, and are not sent. Nor are trailers for which there are no chunks.
        ///
        /// # Errors
        ///
        /// [`SendError::State`], [`SendError::InterimToHttp10`], [`SendError::SwitchNotProposed`],
        /// [`SendError::ProtocolNotOffered`] and [`SendError::Encode`]; nothing has then changed.
        StatusLine
    }

    /// Appends what is [`due`](Self::due), if anything: returns 0 when nothing is. The call for a loop that has received
    /// all that is there.
    ///
    /// To an error it is a response without content and with these fields, after which the connection
    /// [wants to close](Self::wants_close). A server with a clock gives its Date: RFC 9110 section 6.6.1 wants it in every
    /// response of 2xx, 3xx and 4xx. 100 (Continue) goes without fields.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`] where a field cannot be sent, or `out` has no room; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_due<'f, F>(&mut self, fields: F, out: &mut impl BufMut) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.answer_due(fields, &mut Appended(out))
    }

    /// [`send_due`](Self::send_due), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_due`.
    pub fn send_due_to_slice<'f, F>(
        &mut self,
        fields: F,
        out: &mut [u8],
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.answer_due(fields, &mut Slice(out))
    }

    fn answer_due<'f, F>(&mut self, fields: F, sink: &mut impl Sink) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let Some(status) = self.due() else {
            return Ok(0);
        };
        let line = StatusLine::new(status);
        if status.is_informational() {
            return self.head(&line, NONE, BodyLength::None, sink);
        }
        let written = self.head(&line, fields, BodyLength::None, sink)?;
        Ok(written + self.end(&[], sink)?)
    }

    fn head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        sink: &mut impl Sink,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let answer = self.answer(line.status);
        let mut machine = self.answering(answer)?;
        let (body, unsent) = match answer {
            // What follows is the tunnel, whatever a body would be.
            Answer::Tunnel if body != BodyLength::None => {
                return Err(EncodeError::BodyNotAllowed.into());
            }
            Answer::Final => self.body(line.status, body),
            Answer::Interim | Answer::Upgrade | Answer::Tunnel => (body, self.unsent),
        };
        let mut head = Head::response(line, fields.clone(), body)?;
        match answer {
            Answer::Interim => {}
            Answer::Upgrade => self.offer.check(fields)?,
            Answer::Tunnel => head.forbid_framing()?,
            Answer::Final => {
                if self.closes(line, unsent, head.options) {
                    machine.close_after_exchange();
                }
                self.complete(&mut head, machine.persists())?;
            }
        }
        let written = head.write_to(sink)?;
        self.machine = machine;
        self.unsent = unsent;
        match answer {
            Answer::Interim => {
                self.request.awaits_continue &= line.status != StatusCode::CONTINUE;
            }
            Answer::Upgrade | Answer::Tunnel => self.reader.stop(),
            Answer::Final => {}
        }
        Ok(written)
    }

    /// What a response of this status is to the request.
    fn answer(&self, status: StatusCode) -> Answer {
        match status.class() {
            _ if status == StatusCode::SWITCHING_PROTOCOLS => Answer::Upgrade,
            StatusClass::Informational => Answer::Interim,
            StatusClass::Successful if self.request.method == MethodClass::Connect => {
                Answer::Tunnel
            }
            _ => Answer::Final,
        }
    }

    /// What becomes of both ends with this answer.
    #[inline]
    fn answering(&self, answer: Answer) -> Result<Machine, SendError> {
        match answer {
            Answer::Final => self.machine.sending(Party::Server, Step::Final),
            Answer::Tunnel => self.switching(Step::Connected),
            _ if self.request.version < Version::HTTP_11 => Err(SendError::InterimToHttp10),
            Answer::Interim => self.machine.sending(Party::Server, Step::Interim),
            Answer::Upgrade => {
                let machine = self.switching(Step::Upgraded)?;
                if !self.request.upgrade {
                    return Err(SendError::SwitchNotProposed);
                }
                Ok(machine)
            }
        }
    }

    /// Whether this response is the last one.
    fn closes(&self, line: &StatusLine<'_>, unsent: UnsentBody, options: HeadOptions) -> bool {
        let is_early = self.server_state() == State::Idle;
        // A client that waits for 100 may or may not send the body after this: what would follow is in doubt.
        let is_in_doubt = is_early || self.awaits_continue();
        options.close
            || is_in_doubt
            || matches!(unsent, UnsentBody::UntilClose | UnsentBody::Unchunked)
            || line.version < Version::HTTP_11
    }

    /// Has the head say whether the connection persists.
    fn complete<F>(&self, head: &mut Head<'_, F>, persists: bool) -> Result<(), SendError> {
        let is_10 = self.request.version < Version::HTTP_11;
        if is_10 {
            head.forbid_coding()?;
        }
        if !persists && !head.options.close {
            head.add_connection(b"Connection: close\r\n");
        } else if persists && is_10 && !head.options.keep_alive {
            head.add_connection(b"Connection: keep-alive\r\n");
        }
        Ok(())
    }

    /// What becomes of both ends with a step that agrees to a switch. Where nothing of the request is to come, its end
    /// need not have been reported.
    fn switching(&self, step: Step) -> Result<Machine, SendError> {
        let mut proposed = self.machine;
        if self.reader.is_at_end() {
            proposed.received(Party::Client, Step::End);
        }
        let machine = proposed.sending(Party::Server, step)?;
        if proposed.state(Party::Client) != State::MightSwitch {
            return Err(SendError::SwitchNotProposed);
        }
        Ok(machine)
    }

    /// Whether content of the current response goes out. If not, as in answer to HEAD, it need not be produced.
    pub fn sends_content(&self) -> bool {
        self.server_state() == State::SendBody
            && !matches!(self.unsent, UnsentBody::Nothing | UnsentBody::Withheld)
    }

    /// The length to announce, and the body to send.
    fn body(&self, status: StatusCode, body: BodyLength) -> (BodyLength, UnsentBody) {
        let body = match body {
            BodyLength::Chunked
                if self.request.version < Version::HTTP_11
                    && self.request.method != MethodClass::Head =>
            {
                return (BodyLength::UntilClose, UnsentBody::Unchunked);
            }
            BodyLength::Chunked if self.request.version < Version::HTTP_11 => {
                BodyLength::UntilClose
            }
            BodyLength::None
                if !status.forbids_body() && self.request.method != MethodClass::Head =>
            {
                BodyLength::Length(0)
            }
            body => body,
        };
        match (self.request.method, body) {
            // Nothing is announced, and nothing sent.
            (MethodClass::Head, BodyLength::UntilClose) => (BodyLength::None, UnsentBody::Withheld),
            (MethodClass::Head, body) => (body, UnsentBody::Withheld),
            (_, body) => (body, UnsentBody::new(body)),
        }
    }

    fn data(&mut self, data: &[u8], sink: &mut impl Sink) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Server, Step::Content)?;
        let written = self.unsent.data(data, sink)?;
        self.machine = machine;
        Ok(written)
    }

    fn data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        let machine = self.machine.sending(Party::Server, Step::Content)?;
        let frame = self.unsent.data_apart(len)?;
        self.machine = machine;
        Ok(frame)
    }

    fn end(&mut self, trailers: &[Field<'_>], sink: &mut impl Sink) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Server, Step::End)?;
        let written = self.unsent.end(trailers, sink)?;
        self.machine = machine;
        self.forget_answered();
        Ok(written)
    }
}
