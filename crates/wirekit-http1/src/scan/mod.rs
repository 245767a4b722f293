//! The one pass over a head or a trailer section: validates every byte and notes where the parts stand.
//!
//! [`exact`] is the grammar, byte by byte, and the only place that reports errors.

mod entry;
mod exact;
mod progress;
#[cfg(test)]
mod tests;

pub(crate) use entry::{Section, advance, takes_text, whole};
pub use progress::Progress;
pub(crate) use progress::{Scanned, StartLine};
