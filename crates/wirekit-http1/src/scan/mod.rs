//! The one pass over a head or a trailer section: validates every byte and notes where the parts stand.
//!
//! [`exact`] is the grammar, a step for each state; the steps of start lines are in [`start_line`], and what both stand on
//! is in [`cursor`]. These three alone report errors.

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
