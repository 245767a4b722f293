//! The one pass over a head or a trailer section: validates every byte and notes where the parts stand.
//!
//! [`exact`] is the grammar, byte by byte, with the parts of start lines in [`start_line`]: the only places that report
//! errors.

mod cursor;
mod entry;
mod exact;
mod progress;
mod start_line;
#[cfg(test)]
mod tests;

pub(crate) use entry::{advance, once, takes_text};
pub use progress::Progress;
pub(crate) use progress::{Scanned, Section, StartLine};
