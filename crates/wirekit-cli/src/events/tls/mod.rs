//! The plain part of a TLS connection, either direction.

mod decode;
mod message;

pub use decode::RecordDecoder;
pub use message::{Alert, ClientHello, ServerHello};
