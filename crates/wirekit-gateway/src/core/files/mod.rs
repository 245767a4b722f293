//! Files: which one a path means, and what of it is sent.

mod coding;
mod conditions;
mod place;

pub use coding::{choose, folder_url};
pub use conditions::{Conditions, Validators, Verdict};
pub use place::{Place, place};
