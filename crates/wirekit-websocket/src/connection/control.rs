//! Control frames that arrive (RFC 6455 section 5.5).

use super::{Connection, Ping, Step};
use crate::{
    Close, CloseCode, Error, ErrorKind, Event, FrameHeader, MAX_CONTROL_LEN, MaskingKey, Opcode,
    Utf8Validator, arch,
};

impl Connection {
    pub(super) fn receive_control<'i>(
        &mut self,
        header: FrameHeader,
        header_len: usize,
        input: &'i mut [u8],
    ) -> Result<Option<(Event<'i>, usize)>, Error> {
        let key = header.masking_key.unwrap_or(MaskingKey([0; 4]));
        let arrived = input.get(header_len..).unwrap_or_default();
        let payload_len = match usize::try_from(header.payload_len) {
            Ok(len) if len <= arrived.len() => len,
            _ => {
                if header.opcode == Opcode::CLOSE {
                    let mut copy = [0; MAX_CONTROL_LEN];
                    let copy = copy.get_mut(..arrived.len()).unwrap_or_default();
                    copy.copy_from_slice(arrived);
                    key.apply(copy);
                    check_close(copy).map_err(|error| self.fail(error.shifted(header_len)))?;
                }
                return Ok(None);
            }
        };
        let used = header_len + payload_len;
        let payload = input.get_mut(header_len..used).unwrap_or_default();
        key.apply(payload);
        let event = match header.opcode {
            Opcode::CLOSE => {
                let close =
                    parse_close(payload).map_err(|error| self.fail(error.shifted(header_len)))?;
                self.close_code = close.code;
                self.step(Step::ReceiveClose);
                Event::Close(close)
            }
            Opcode::PING => {
                self.ping = Ping::new(payload);
                Event::Ping(payload)
            }
            _ => Event::Pong(payload),
        };
        Ok(Some((event, used)))
    }
}

impl Ping {
    fn new(payload: &[u8]) -> Option<Self> {
        let mut body = [0; MAX_CONTROL_LEN];
        body.get_mut(..payload.len())?.copy_from_slice(payload);
        Some(Self {
            body,
            len: u8::try_from(payload.len()).ok()?,
        })
    }
}

/// RFC 6455 section 5.5.1: "If there is a body, the first two bytes of the body MUST be a 2-byte unsigned
/// integer", then UTF-8. What has arrived of a body can be checked before the rest of it.
fn check_close(body: &[u8]) -> Result<(), Error> {
    let Some((code, reason)) = body.split_first_chunk() else {
        return Ok(());
    };
    let code = CloseCode(u16::from_be_bytes(*code));
    if !code.is_sendable() {
        return Err(Error::new(ErrorKind::CloseCode { code }, 0));
    }
    Utf8Validator::new()
        .update(reason)
        .map_err(|error| Error::new(ErrorKind::CloseReason, 2 + error.offset()))
}

fn parse_close(body: &[u8]) -> Result<Close<'_>, Error> {
    check_close(body)?;
    let Some((code, reason)) = body.split_first_chunk() else {
        return Ok(Close {
            code: CloseCode::NO_STATUS,
            reason: "",
        });
    };
    match arch::as_text(reason) {
        Some(reason) => Ok(Close {
            code: CloseCode(u16::from_be_bytes(*code)),
            reason,
        }),
        // It ends inside a character.
        None => Err(Error::new(ErrorKind::CloseReason, body.len())),
    }
}
