mod header;
mod parse;
mod role;
mod rsv;
mod rules;

pub use header::{FrameHeader, MAX_CONTROL_LEN, MAX_HEADER_LEN};
#[cfg(feature = "alloc")]
pub(crate) use header::{header_bytes, header_len};
pub(crate) use parse::{Rules, parse};
pub use role::Role;
pub use rsv::Rsv;
pub(crate) use rules::{check_close_len, check_masked, check_order};
