//! The rules of a header that need more than its own bytes, and hold for every reader.

use crate::{ErrorKind, Opcode, Role};

/// RFC 6455 section 5.4: a message's later fragments are continuations, and no other message begins between them.
pub(crate) const fn check_order(opcode: Opcode, in_message: bool) -> Result<(), ErrorKind> {
    match (opcode, in_message) {
        (Opcode::CONTINUATION, false) => Err(ErrorKind::UnexpectedContinuation),
        (Opcode::TEXT | Opcode::BINARY, true) => Err(ErrorKind::ExpectedContinuation { opcode }),
        _ => Ok(()),
    }
}

/// RFC 6455 section 5.1: a client masks all its frames, and a server none.
pub(crate) const fn check_masked(sender: Role, masked: bool) -> Result<(), ErrorKind> {
    match (sender, masked) {
        (Role::Client, false) => Err(ErrorKind::MaskMissing),
        (Role::Server, true) => Err(ErrorKind::MaskUnexpected),
        _ => Ok(()),
    }
}

/// RFC 6455 section 5.5.1: a Close frame has no body, or one that begins with two bytes of status code.
pub(crate) const fn check_close_len(opcode: Opcode, payload_len: u64) -> Result<(), ErrorKind> {
    match (opcode, payload_len) {
        (Opcode::CLOSE, 1) => Err(ErrorKind::CloseTruncated),
        _ => Ok(()),
    }
}
