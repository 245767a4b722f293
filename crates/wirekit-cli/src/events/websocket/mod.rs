//! One direction of a WebSocket connection after its opening handshake.

mod decode;
mod encode;

pub use decode::FrameDecoder;
pub use encode::FrameEncoder;
