use bytes::BufMut;
use wirekit_http1::{BodyLength, DataFrame, Field, SendError, State, StatusLine};

use super::{Exchange, Half, Outcome, Relay};

/// The gateway's own responses.
impl Exchange {
    /// Appends the head of a response of the gateway's own. A server that was asked is out of the exchange then.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_head`](wirekit_http1::server::Connection::send_head).
    pub fn send_head(
        &mut self,
        line: &StatusLine<'_>,
        fields: &[Field<'_>],
        body: BodyLength,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let written = if line.status.is_informational() {
            self.client.send_head(line, fields, body, out)?
        } else {
            let mut client = self.client.clone();
            if !self.drains() {
                client.close_after_response();
            }
            let written = client.send_head(line, fields, body, out)?;
            self.client = client;
            self.half = Half::None;
            self.relay = Relay::Nothing;
            self.status = Some(line.status);
            written
        };
        Ok(written)
    }

    /// Appends content of the gateway's own response.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_data`](wirekit_http1::server::Connection::send_data); [`SendError::State`] in a response of the server's.
    pub fn send_data(&mut self, data: &[u8], out: &mut impl BufMut) -> Result<usize, SendError> {
        self.check_own()?;
        self.client.send_data(data, out)
    }

    /// What to write around content of the gateway's own response that is sent from where it lies.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_data_apart`](wirekit_http1::server::Connection::send_data_apart); [`SendError::State`] in a response of the server's.
    pub fn send_data_apart(&mut self, len: u64) -> Result<DataFrame, SendError> {
        self.check_own()?;
        self.client.send_data_apart(len)
    }

    /// Appends the end of the gateway's own response.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_end`](wirekit_http1::server::Connection::send_end); [`SendError::State`] in a response of the server's.
    pub fn send_end(
        &mut self,
        trailers: &[Field<'_>],
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.check_own()?;
        self.client.send_end(trailers, out)
    }

    /// Appends a whole response of the gateway's own, if none was begun; gives up one that was begun and is not whole.
    ///
    /// # Errors
    ///
    /// As [`server::Connection::send_head`](wirekit_http1::server::Connection::send_head); nothing has then changed.
    pub fn refuse(
        &mut self,
        line: &StatusLine<'_>,
        fields: &[Field<'_>],
        content: &[u8],
        out: &mut impl BufMut,
    ) -> Result<Outcome, SendError> {
        let may_begin = matches!(
            self.client.server_state(),
            State::Idle | State::SendResponse
        );
        if !may_begin {
            return Ok(self.lose_server());
        }
        let body = if line.status.forbids_body() || content.is_empty() {
            BodyLength::None
        } else {
            BodyLength::Length(content.len() as u64)
        };
        self.send_head(line, fields, body, out)?;
        if body != BodyLength::None {
            self.client.send_data(content, out)?;
        }
        self.client.send_end(&[], out)?;
        Ok(Outcome::Answered)
    }

    fn check_own(&self) -> Result<(), SendError> {
        match self.relay {
            Relay::Nothing => Ok(()),
            _ => Err(SendError::State {
                state: self.client.server_state(),
            }),
        }
    }
}
