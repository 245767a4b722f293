//! The reserved bits that extensions own (RFC 6455 sections 5.2 and 9.2).

use crate::{Opcode, Rsv};

/// Which frames may have which reserved bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReservedBits {
    /// The bits that any data frame may have.
    frame: Rsv,
    /// The bits of whole messages, which their first frames have.
    message: Rsv,
}

impl ReservedBits {
    pub(super) const NONE: Self = Self {
        frame: Rsv::NONE,
        message: Rsv::NONE,
    };

    /// RFC 7692 section 6.1: RSV1 is set on the first fragment of a compressed message and on no other frame.
    pub(super) const fn with_compression(self) -> Self {
        Self {
            frame: self.frame.without(Rsv::RSV1),
            message: Rsv::RSV1,
        }
    }

    pub(super) const fn with_frame_bits(self, rsv: Rsv) -> Self {
        Self {
            frame: rsv.without(self.message),
            message: self.message,
        }
    }

    /// The bits of whole messages.
    pub(super) const fn of_messages(self) -> Rsv {
        self.message
    }

    /// The bits that a frame of this opcode may have.
    pub(super) fn of_frame(self, opcode: Opcode) -> Rsv {
        match opcode {
            Opcode::TEXT | Opcode::BINARY => self.frame | self.message,
            Opcode::CONTINUATION => self.frame,
            _ => Rsv::NONE,
        }
    }
}
