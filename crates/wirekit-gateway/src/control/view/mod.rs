//! How the model looks from outside.

pub(crate) mod exposition;
pub(crate) mod problem;
pub(crate) mod resource;
pub(crate) mod tag;

pub(crate) use problem::{Fault, Problem};
