use core::borrow::Borrow;

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::Connection;
use super::connection::CurrentRequest;
#[cfg(feature = "alloc")]
use crate::encode::Appended;
use crate::encode::{Head, RequestLine, Sink, Slice};
use crate::field::Field;
use crate::framing::BodyLength;
use crate::registry::Method;
use crate::send::{DataFrame, SendError, UnsentBody, send_methods};
use crate::state::{Party, Step};
use crate::version::Version;

/// What the client says.
impl Connection {
    send_methods! {
        /// Appends the head of a request.
        ///
        /// The fields that frame `body` are added as they are needed. Upgrade with its connection option, or CONNECT,
        /// asks for a switch of protocols; `Connection: close` makes this exchange the last one.
        ///
        /// # Errors
        ///
        /// [`SendError::State`] and [`SendError::Encode`]; nothing has then changed.
        RequestLine
    }

    fn head<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
        sink: &mut impl Sink,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        // Not its turn: that is so whatever the head says.
        self.machine.sending(Party::Client, Step::Request)?;
        let head = Head::request(line, fields, body)?;
        let options = head.options;
        let is_11 = line.version >= Version::HTTP_11;
        let upgrade = is_11 && options.upgrade;
        let mut machine = self.machine;
        if upgrade || line.method == Method::CONNECT {
            machine.propose_switch();
        }
        let mut machine = machine.sending(Party::Client, Step::Request)?;
        if options.close || !(is_11 || options.keep_alive) {
            machine.close_after_exchange();
        }
        let written = head.write_to(sink)?;
        self.machine = machine;
        self.reader.answers(line.method);
        self.unsent = UnsentBody::new(body);
        self.request = CurrentRequest {
            upgrade,
            awaits_continue: is_11 && options.expect_continue,
        };
        Ok(written)
    }

    fn data(&mut self, data: &[u8], sink: &mut impl Sink) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Client, Step::Content)?;
        let written = self.unsent.data(data, sink)?;
        self.machine = machine;
        self.request.awaits_continue &= data.is_empty();
        Ok(written)
    }

    fn data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        let machine = self.machine.sending(Party::Client, Step::Content)?;
        let frame = self.unsent.data_apart(len)?;
        self.machine = machine;
        self.request.awaits_continue &= len == 0;
        Ok(frame)
    }

    fn end(&mut self, trailers: &[Field<'_>], sink: &mut impl Sink) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Client, Step::End)?;
        let written = self.unsent.end(trailers, sink)?;
        self.machine = machine;
        Ok(written)
    }
}
