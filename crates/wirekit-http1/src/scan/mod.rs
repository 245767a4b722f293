//! The one pass over a head or a trailer section: validates every byte and notes where the parts stand.
//!
//! [`exact`] is the grammar, byte by byte, with the parts of start lines in [`start_line`]: the only places that report
//! errors.

mod cursor;
mod entry;
mod exact;
mod parsed;
mod progress;
mod start_line;
#[cfg(test)]
mod tests;

pub(crate) use entry::extends_part;
pub(crate) use parsed::Parsed;
pub use progress::Progress;
pub(crate) use progress::{Section, StartLine};
