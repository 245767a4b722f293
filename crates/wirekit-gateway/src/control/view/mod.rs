//! How the model looks from outside.

pub(crate) mod certificate;
pub(crate) mod connection;
pub(crate) mod exposition;
pub(crate) mod failure;
pub(crate) mod live;
pub(crate) mod openapi;
pub(crate) mod page;
pub(crate) mod problem;
pub(crate) mod resource;
pub(crate) mod session;
pub(crate) mod tag;
pub(crate) mod time;

pub(crate) use problem::{Fault, Problem};
