//! HTTP/1.1, either direction.

mod decode;
mod encode;
mod message;

pub(crate) use decode::MAX_FIELDS;
pub use decode::{RequestDecoder, ResponseDecoder, Switching};
pub use encode::MessageEncoder;
pub use message::{Request, Response};
