//! The words and the spelling of what is printed.

pub(crate) mod exchange;
pub(crate) mod json;
pub(crate) mod options;
pub(crate) mod paint;
pub(crate) mod put;
pub(crate) mod statistics;
pub(crate) mod totals;
pub(crate) mod wording;
