use bytes::BufMut;
use wirekit_http1::{Chunk, Config, EncodeError, LastChunk, Method, SendError};
use wirekit_uwsgi::response::Expectation;

use crate::error::Fault;
use crate::reader::ResponseReader;
use crate::response::{ResponseEvent, ResponseTable};

/// The half of an exchange that a uwsgi server has: what of the request it is still to get, and its response.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    unsent: Unsent,
    response: ResponseReader,
}

/// What of the request's body is still to be sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unsent {
    Length(u64),
    Chunks,
}

impl Application {
    pub(crate) fn new(
        config: Config,
        method: Method<'_>,
        unsent: Unsent,
        asks_for_upgrade: bool,
    ) -> Self {
        let expectation = match method {
            Method::HEAD => Expectation::HeadOnly,
            _ if asks_for_upgrade => Expectation::Upgrade,
            _ => Expectation::Body,
        };
        Self {
            unsent,
            response: ResponseReader::new(config).expectation(expectation),
        }
    }

    pub(crate) fn send_data(
        &mut self,
        data: &[u8],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let Unsent::Length(left) = self.unsent else {
            return Ok(Chunk { data }.encode(out)?);
        };
        let needed = data.len();
        let rest = left
            .checked_sub(needed as u64)
            .ok_or(SendError::BodyTooLong { left })?;
        if needed > out.remaining_mut() {
            return Err(EncodeError::OutputTooSmall { needed }.into());
        }
        out.put_slice(data);
        self.unsent = Unsent::Length(rest);
        Ok(needed)
    }

    pub(crate) fn send_end(&mut self, out: &mut impl BufMut) -> Result<usize, SendError> {
        let written = match self.unsent {
            Unsent::Length(0) => 0,
            Unsent::Length(left) => return Err(SendError::BodyTooShort { left }),
            Unsent::Chunks => LastChunk { trailers: &[] }.encode(out)?,
        };
        self.unsent = Unsent::Length(0);
        Ok(written)
    }

    pub(crate) const fn is_sent(&self) -> bool {
        matches!(self.unsent, Unsent::Length(0))
    }

    pub(crate) const fn serves_again(&self) -> bool {
        self.is_sent() && self.response.serves_again()
    }

    pub(crate) fn receive<'a, const N: usize>(
        &mut self,
        input: &'a [u8],
        table: &'a mut ResponseTable<N>,
    ) -> Result<Option<(ResponseEvent<'a>, usize)>, Fault> {
        self.response.receive(input, table)
    }

    pub(crate) fn receive_eof(&mut self) -> Result<Option<ResponseEvent<'static>>, Fault> {
        self.response.receive_eof()
    }
}
