//! permessage-deflate: negotiation and compressed messages (RFC 7692).

#[expect(
    clippy::module_inception,
    reason = "the extension and its compressor have one name"
)]
mod deflate;
mod history;
mod inflate;
mod negotiate;
mod parameters;
mod pool;
#[cfg(test)]
mod tests;

pub use deflate::{Deflate, Level};
pub use inflate::{Inflate, Pieces};
pub use negotiate::PermessageDeflate;
pub use parameters::{Direction, Parameters, Takeover, WindowBits};
pub use pool::Pool;
