//! HTTP/1.1, either direction.

mod decode;
mod encode;
mod message;
mod stream;

pub(crate) use decode::MAX_FIELDS;
pub use decode::{RequestDecoder, ResponseDecoder};
pub use encode::MessageEncoder;
pub use message::{Request, Response};
pub use stream::{Faults, Switching};
