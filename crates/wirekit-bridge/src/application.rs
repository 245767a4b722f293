use wirekit_http1::{Config, Method, SendError};
use wirekit_uwsgi::response::Expectation;

use crate::error::Fault;
use crate::reader::ResponseReader;
use crate::response::{ResponseEvent, ResponseTable};

/// The half of an exchange that a uwsgi server has: what of the request it is still to get, and its response.
#[derive(Clone, Debug)]
pub(crate) struct Application {
    left: u64,
    response: ResponseReader,
}

impl Application {
    pub(crate) fn new(
        config: Config,
        method: Method<'_>,
        content_len: u64,
        asks_for_upgrade: bool,
    ) -> Self {
        let expectation = match method {
            Method::HEAD => Expectation::HeadOnly,
            _ if asks_for_upgrade => Expectation::Upgrade,
            _ => Expectation::Body,
        };
        Self {
            left: content_len,
            response: ResponseReader::new(expectation, config),
        }
    }

    pub(crate) fn take(&mut self, len: usize) -> Result<(), SendError> {
        let left = self.left;
        self.left = left
            .checked_sub(len as u64)
            .ok_or(SendError::BodyTooLong { left })?;
        Ok(())
    }

    pub(crate) const fn end(&self) -> Result<(), SendError> {
        match self.left {
            0 => Ok(()),
            left => Err(SendError::BodyTooShort { left }),
        }
    }

    pub(crate) const fn is_sent(&self) -> bool {
        self.left == 0
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

    /// The server closed its side: whether that ends the response.
    pub(crate) fn receive_eof(&mut self) -> Result<bool, Fault> {
        self.response.receive_eof()
    }
}
