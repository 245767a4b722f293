//! Files: which one a path means, and what of it is sent.

mod conditions;
mod place;

pub use conditions::{Conditions, Validators, Verdict};
pub use place::{Place, place};
