use core::borrow::Borrow;

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::Connection;
use super::connection::Kind;
#[cfg(feature = "alloc")]
use crate::encode::Appended;
use crate::encode::{Head, Room, Slice};
use crate::send::{DataFrame, Options, SendError, Sending, WithConnection, doors};
use crate::state::{Machine, Party, State, Step};
use crate::{BodyLength, EncodeError, Field, StatusClass, StatusCode, StatusLine, Version};

/// What the server says.
impl Connection {
    doors! {
        /// Appends the head of a response: final, or interim (1xx).
        ///
        /// A switch of protocols, 101 or success of CONNECT, may be sent once all of the request's content is there; where
        /// its end was not told by then, it no longer is. Neither has a body: `body` is [`BodyLength::None`]. 101 names in
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
    /// To an error it is a response without content, after which the connection [wants to close](Self::wants_close);
    /// with `send_head` a server can say more.
    ///
    /// # Errors
    ///
    /// [`SendError::Encode`] where `out` has no room; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_due(&mut self, out: &mut impl BufMut) -> Result<usize, SendError> {
        self.answer_due(&mut Appended(out))
    }

    /// [`send_due`](Self::send_due), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_due`.
    pub fn send_due_to_slice(&mut self, out: &mut [u8]) -> Result<usize, SendError> {
        self.answer_due(&mut Slice(out))
    }

    fn answer_due(&mut self, room: &mut impl Room) -> Result<usize, SendError> {
        let Some(status) = self.due() else {
            return Ok(0);
        };
        let written = self.head(&StatusLine::new(status), &[], BodyLength::None, room)?;
        if status.is_informational() {
            return Ok(written);
        }
        Ok(written + self.end(&[], room)?)
    }

    fn head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        room: &mut impl Room,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let options = Options::of(fields.clone());
        if line.status.is_informational() {
            return self.interim_head(line, fields, body, room);
        }
        if self.request.kind == Kind::Connect && line.status.class() == StatusClass::Successful {
            let machine = self.switching(Step::Connected)?;
            options.forbid_framing()?;
            // What follows is the tunnel, whatever a body would be.
            if body != BodyLength::None {
                return Err(EncodeError::BodyNotAllowed.into());
            }
            let written = Head::response(line, fields, body)?.write_to(room)?;
            self.switched(machine);
            return Ok(written);
        }
        if self.request.version < Version::HTTP_11 {
            options.forbid_coding()?;
        }
        let is_early = self.server_state() == State::Idle;
        let mut machine = self.machine.sending(Party::Server, Step::Final)?;
        let (announced, sending) = self.body(line.status, body);
        // A client that waits for 100 may or may not send the body after this: what would follow is in doubt.
        let is_in_doubt = is_early || self.awaits_continue();
        if options.close
            || is_in_doubt
            || matches!(sending, Sending::UntilClose | Sending::Unchunked)
            || line.version < Version::HTTP_11
        {
            machine.close_after_exchange();
        }
        let option = match machine.persists() {
            false => Some("close").filter(|_| !options.close),
            true => Some("keep-alive")
                .filter(|_| self.request.version < Version::HTTP_11 && !options.keep_alive),
        };
        let written =
            Head::response(line, WithConnection::new(fields, option), announced)?.write_to(room)?;
        self.machine = machine;
        self.sending = sending;
        Ok(written)
    }

    fn interim_head<'f, F>(
        &mut self,
        line: &StatusLine<'_>,
        fields: F,
        body: BodyLength,
        room: &mut impl Room,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let switches = line.status == StatusCode::SWITCHING_PROTOCOLS;
        if self.request.version < Version::HTTP_11 {
            return Err(SendError::InterimToHttp10);
        }
        let machine = if switches {
            self.switching(Step::Upgraded)?
        } else {
            self.machine.sending(Party::Server, Step::Informational)?
        };
        if switches && !self.request.upgrade {
            return Err(SendError::SwitchNotProposed);
        }
        let head = Head::response(line, fields.clone(), body)?;
        if switches && let Some(index) = self.request.offer.refuses(fields) {
            return Err(SendError::ProtocolNotOffered { index });
        }
        let written = head.write_to(room)?;
        if switches {
            self.switched(machine);
        } else {
            self.machine = machine;
            self.request.awaits_continue &= line.status != StatusCode::CONTINUE;
        }
        Ok(written)
    }

    /// What becomes of both ends with a step that agrees to a switch. Where nothing of the request is to come, its end
    /// need not have been told.
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

    /// Whether content of the response in work goes out. If not, as in answer to HEAD, it need not be produced.
    pub fn sends_content(&self) -> bool {
        self.server_state() == State::SendBody
            && !matches!(self.sending, Sending::Nothing | Sending::Withheld)
    }

    /// The length to announce, and the body to send.
    fn body(&self, status: StatusCode, body: BodyLength) -> (BodyLength, Sending) {
        let body = match body {
            BodyLength::Chunked
                if self.request.version < Version::HTTP_11 && self.request.kind != Kind::Head =>
            {
                return (BodyLength::UntilClose, Sending::Unchunked);
            }
            BodyLength::Chunked if self.request.version < Version::HTTP_11 => {
                BodyLength::UntilClose
            }
            BodyLength::None if !status.forbids_body() && self.request.kind != Kind::Head => {
                BodyLength::Length(0)
            }
            body => body,
        };
        match (self.request.kind, body) {
            // Nothing is announced, and nothing sent.
            (Kind::Head, BodyLength::UntilClose) => (BodyLength::None, Sending::Withheld),
            (Kind::Head, body) => (body, Sending::Withheld),
            (_, body) => (body, Sending::new(body)),
        }
    }

    fn data(&mut self, data: &[u8], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Server, Step::Content)?;
        let written = self.sending.data(data, room)?;
        self.machine = machine;
        Ok(written)
    }

    fn data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        let machine = self.machine.sending(Party::Server, Step::Content)?;
        let frame = self.sending.data_apart(len)?;
        self.machine = machine;
        Ok(frame)
    }

    fn end(&mut self, trailers: &[Field<'_>], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Server, Step::End)?;
        let written = self.sending.end(trailers, room)?;
        self.machine = machine;
        self.forget_answered();
        Ok(written)
    }

    fn switched(&mut self, machine: Machine) {
        self.machine = machine;
        self.reader.stop();
    }
}
