//! One direction of a WebSocket connection after its opening handshake.

mod decode;
mod deflate;
mod encode;

pub use decode::FrameDecoder;
pub use deflate::deflate_parameters;
pub use encode::FrameEncoder;
