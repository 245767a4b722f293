use core::borrow::Borrow;

#[cfg(feature = "alloc")]
use bytes::BufMut;

use super::Connection;
use super::connection::Request;
#[cfg(feature = "alloc")]
use crate::encode::Appended;
use crate::encode::{Head, Room, Slice};
use crate::send::{DataFrame, Options, SendError, Sending};
use crate::state::{Party, Step};
use crate::{BodyLength, Field, Method, RequestLine, Version};

/// What the client says.
impl Connection {
    /// Appends the head of a request.
    ///
    /// The fields that frame `body` are added as they are needed. Upgrade with its connection option, or CONNECT,
    /// asks for a switch of protocols; `Connection: close` makes this exchange the last one.
    ///
    /// # Errors
    ///
    /// [`SendError::State`] and [`SendError::Encode`]; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_head<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.head(line, fields, body, &mut Appended(out))
    }

    /// [`send_head`](Self::send_head), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_head`.
    pub fn send_head_to_slice<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
        out: &mut [u8],
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        self.head(line, fields, body, &mut Slice(out))
    }

    /// Appends a piece of content, in a chunk where the body is chunked.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooLong`], [`SendError::BodyNotAllowed`] and [`SendError::Encode`];
    /// nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_data(&mut self, data: &[u8], out: &mut impl BufMut) -> Result<usize, SendError> {
        self.data(data, &mut Appended(out))
    }

    /// [`send_data`](Self::send_data), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_data`.
    pub fn send_data_to_slice(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize, SendError> {
        self.data(data, &mut Slice(out))
    }

    /// What to write around `len` bytes of content that the caller sends from where they lie.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooLong`] and [`SendError::BodyNotAllowed`]; nothing has then changed.
    pub fn send_data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        let machine = self.machine.sending(Party::Client, Step::Content)?;
        let frame = self.sending.data_apart(len)?;
        self.machine = machine;
        self.request.awaits_continue = false;
        Ok(frame)
    }

    /// Appends the end of the request, with the trailers of a chunked body.
    ///
    /// # Errors
    ///
    /// [`SendError::State`], [`SendError::BodyTooShort`], [`SendError::TrailersNotAllowed`] and
    /// [`SendError::Encode`]; nothing has then changed.
    #[cfg(feature = "alloc")]
    pub fn send_end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.end(trailers, &mut Appended(out))
    }

    /// [`send_end`](Self::send_end), to the start of a slice.
    ///
    /// # Errors
    ///
    /// As `send_end`.
    pub fn send_end_to_slice(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut [u8],
    ) -> Result<usize, SendError> {
        self.end(trailers, &mut Slice(out))
    }

    fn head<'f, F>(
        &mut self,
        line: &RequestLine<'_>,
        fields: F,
        body: BodyLength,
        room: &mut impl Room,
    ) -> Result<usize, SendError>
    where
        F: IntoIterator<Item: Borrow<Field<'f>>> + Clone,
    {
        let options = Options::of(fields.clone());
        let is_11 = line.version >= Version::HTTP_11;
        let upgrade = is_11 && options.upgrade();
        let mut machine = self.machine;
        if upgrade || line.method == Method::CONNECT {
            machine.propose_switch();
        }
        let mut machine = machine.sending(Party::Client, Step::Request)?;
        if options.close || !(is_11 || options.keep_alive) {
            machine.close_after_exchange();
        }
        let written = Head::request(line, fields, body)?.write_to(room)?;
        self.machine = machine;
        self.reader.answers(line.method);
        self.sending = Sending::new(body);
        self.request = Request {
            upgrade,
            awaits_continue: is_11 && options.expect_continue,
        };
        Ok(written)
    }

    fn data(&mut self, data: &[u8], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Client, Step::Content)?;
        let written = self.sending.data(data, room)?;
        self.machine = machine;
        self.request.awaits_continue &= data.is_empty();
        Ok(written)
    }

    fn end(&mut self, trailers: &[Field<'_>], room: &mut impl Room) -> Result<usize, SendError> {
        let machine = self.machine.sending(Party::Client, Step::End)?;
        let written = self.sending.end(trailers, room)?;
        self.machine = machine;
        Ok(written)
    }
}
