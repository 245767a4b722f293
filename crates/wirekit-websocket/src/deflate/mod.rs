//! permessage-deflate: negotiation and compressed messages (RFC 7692).

mod negotiate;
mod parameters;

pub use negotiate::PermessageDeflate;
pub use parameters::{Direction, Parameters, Takeover, WindowBits};
