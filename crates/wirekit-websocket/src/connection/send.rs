use bytes::BufMut;

use super::outgoing::check_key;
use super::{Connection, Due, SendError, State, Step};
use crate::{Close, CloseCode, Data, MAX_CONTROL_LEN, MaskingKey, Opcode, Role, arch, frame};

/// The bit of a frame's first byte that makes it the last of its message.
const FIN: u8 = 0x80;

/// A client passes a fresh key for each frame, "derived from a strong source of entropy" (RFC 6455 section 5.3),
/// from `MaskingKeys` or a source of its own; a server passes `None`. Each call appends one frame to `out` and
/// returns its length.
impl Connection {
    /// Sends a text message in one frame.
    ///
    /// # Errors
    ///
    /// [`SendError`] by the state, the key, and the room in `out`.
    #[inline]
    pub fn send_text(
        &mut self,
        text: &str,
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.send_message(Opcode::TEXT, text.as_bytes(), key, out)
    }

    /// Sends a binary message in one frame.
    ///
    /// # Errors
    ///
    /// [`SendError`] by the state, the key, and the room in `out`.
    #[inline]
    pub fn send_binary(
        &mut self,
        bytes: &[u8],
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.send_message(Opcode::BINARY, bytes, key, out)
    }

    #[inline]
    fn send_message(
        &mut self,
        opcode: Opcode,
        payload: &[u8],
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.check_open(key)?;
        if self.sending.is_some() {
            return Err(SendError::InsideMessage);
        }
        append(FIN | opcode.0, key, payload, out)
    }

    /// Sends a piece of a message as one frame; text is checked, as a receiver would.
    ///
    /// # Errors
    ///
    /// Every [`SendError`] but those of control frames.
    pub fn send_data(
        &mut self,
        data: Data<'_>,
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let (header, sending) = self.check_data(data, key)?;
        let len = append(header.first_byte(), key, data.bytes, out)?;
        self.sending = sending;
        Ok(len)
    }

    /// Sends a ping, of at most 125 bytes.
    ///
    /// # Errors
    ///
    /// [`SendError::ControlTooLong`], and by the state, the key, and the room in `out`.
    pub fn send_ping(
        &mut self,
        body: &[u8],
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        self.send_control(Opcode::PING, body, key, out)
    }

    /// Sends a pong, of at most 125 bytes; one that answers the most recent ping is no longer due.
    ///
    /// # Errors
    ///
    /// [`SendError::ControlTooLong`], and by the state, the key, and the room in `out`.
    pub fn send_pong(
        &mut self,
        body: &[u8],
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        let len = self.send_control(Opcode::PONG, body, key, out)?;
        if self.ping.as_ref().is_some_and(|ping| ping.body() == body) {
            self.ping = None;
        }
        Ok(len)
    }

    /// Sends a Close frame: begins the close handshake, or answers the peer's. [`CloseCode::NO_STATUS`] with no
    /// reason sends an empty one.
    ///
    /// # Errors
    ///
    /// [`SendError::CloseSent`], [`SendError::Failed`], [`SendError::CloseCode`], [`SendError::ControlTooLong`], and by the key
    /// and the room in `out`.
    pub fn send_close(
        &mut self,
        close: Close<'_>,
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        if self.state.after(Step::SendClose).is_none() {
            return Err(match self.state {
                State::Failed => SendError::Failed,
                _ => SendError::CloseSent,
            });
        }
        let len = append_close(self.config.role, close, key, out)?;
        self.step(Step::SendClose);
        Ok(len)
    }

    /// Sends what is [`due`](Self::due), if anything: returns 0 and uses no key when nothing is.
    ///
    /// # Errors
    ///
    /// [`SendError`] by the key and the room in `out`.
    pub fn send_due(
        &mut self,
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        match self.due() {
            None => Ok(0),
            Some(Due::Close(code)) => self.send_close(Close { code, reason: "" }, key, out),
            Some(Due::Pong(_)) => {
                let Some(ping) = self.ping.take() else {
                    return Ok(0);
                };
                let sent = self.send_control(Opcode::PONG, ping.body(), key, out);
                if sent.is_err() {
                    self.ping = Some(ping);
                }
                sent
            }
        }
    }

    /// Control frames may stand between fragments, and until the connection is closed (RFC 6455 section 5.5.2).
    fn send_control(
        &mut self,
        opcode: Opcode,
        body: &[u8],
        key: Option<MaskingKey>,
        out: &mut impl BufMut,
    ) -> Result<usize, SendError> {
        match self.state() {
            State::Failing | State::Failed => return Err(SendError::Failed),
            State::Closed => return Err(SendError::Closed),
            State::Open | State::CloseSent | State::CloseReceived => {}
        }
        if body.len() > MAX_CONTROL_LEN {
            return Err(SendError::ControlTooLong { len: body.len() });
        }
        check_key(self.config.role, key)?;
        append(FIN | opcode.0, key, body, out)
    }
}

/// Appends the Close frame of an end with this role.
pub(crate) fn append_close(
    role: Role,
    close: Close<'_>,
    key: Option<MaskingKey>,
    out: &mut impl BufMut,
) -> Result<usize, SendError> {
    let Close { code, reason } = close;
    let len = 2 + reason.len();
    let mut body = [0; MAX_CONTROL_LEN];
    let Some((code_bytes, reason_bytes)) = body
        .get_mut(..len)
        .and_then(|body| body.split_first_chunk_mut())
    else {
        return Err(SendError::ControlTooLong { len });
    };
    *code_bytes = code.0.to_be_bytes();
    reason_bytes.copy_from_slice(reason.as_bytes());
    let body = match code {
        CloseCode::NO_STATUS if reason.is_empty() => &[],
        code if code.is_sendable() => body.get(..len).unwrap_or_default(),
        code => return Err(SendError::CloseCode { code }),
    };
    check_key(role, key)?;
    append(FIN | Opcode::CLOSE.0, key, body, out)
}

/// Appends a frame, its payload copied and masked in one pass.
#[inline]
fn append(
    first: u8,
    key: Option<MaskingKey>,
    payload: &[u8],
    out: &mut impl BufMut,
) -> Result<usize, SendError> {
    match arch::append_frame(first, key, payload, out) {
        Some(len) => Ok(len),
        None => Err(SendError::OutputTooSmall {
            needed: frame::header_len(payload.len() as u64, key.is_some()) + payload.len(),
            available: out.remaining_mut(),
        }),
    }
}
