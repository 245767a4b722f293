//! The laws of what `wirekit-http1` makes of a stream: chunks, bodies, one direction, and both ends.

mod chunks;
mod conversation;
mod directions;
mod strangers;

pub use chunks::{chunk_sizes, chunks};
pub use conversation::{conversation, sends};
pub use directions::{dripped, requests, responses};
pub use strangers::strangers;
