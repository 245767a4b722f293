//! The opening handshake of both ends, over any HTTP parser's fields (RFC 6455 section 4, RFC 8441).

mod error;
mod key;

pub use error::{Error, ErrorKind};
pub use key::{Accept, Key, accept_for};
