//! What a connection requires of the next frame's header.

use super::Connection;
use crate::{ErrorKind, Opcode, Rsv, frame};

impl frame::Rules for Connection {
    fn check_first_byte(&self, _fin: bool, rsv: Rsv, opcode: Opcode) -> Result<(), ErrorKind> {
        if !rsv.is_empty() {
            let unowned = rsv.without(self.config.reserved_bits.of_frame(opcode));
            if !unowned.is_empty() {
                return Err(ErrorKind::ReservedBits { rsv: unowned });
            }
        }
        if opcode.is_control() {
            return Ok(());
        }
        frame::check_order(opcode, self.message.is_some())?;
        let max = self.config.limits.max_fragments;
        if self.message.is_some_and(|message| message.fragments >= max) || max == 0 {
            return Err(ErrorKind::TooManyFragments { max });
        }
        Ok(())
    }

    fn check_masked(&self, masked: bool) -> Result<(), ErrorKind> {
        frame::check_masked(self.config.role.peer(), masked)
    }

    fn check_len(&self, opcode: Opcode, payload_len: u64) -> Result<(), ErrorKind> {
        if opcode.is_control() {
            return frame::check_close_len(opcode, payload_len);
        }
        let max = self.config.limits.max_frame_len;
        if payload_len > max {
            return Err(ErrorKind::FrameTooLong {
                len: payload_len,
                max,
            });
        }
        let max = self.config.limits.max_message_len;
        let before = self.message.map_or(0, |message| message.len);
        match before.checked_add(payload_len) {
            Some(len) if len <= max => Ok(()),
            _ => Err(ErrorKind::MessageTooLong { max }),
        }
    }
}
