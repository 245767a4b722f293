//! One direction of a WebSocket connection after its opening handshake.

mod decode;
mod deflate;
mod encode;
mod message;

pub use decode::FrameDecoder;
pub use deflate::deflate_parameters;
pub use encode::FrameEncoder;
pub(crate) use encode::header as frame_of;
pub(crate) use message::frame_json;
pub use message::{Close, Content};
