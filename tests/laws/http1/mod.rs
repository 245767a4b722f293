//! The laws of `wirekit-http1`: of heads, of what a connection sends, and of streams.

pub mod heads;
pub mod senders;
pub mod streams;
