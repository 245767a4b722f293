//! The words of the IANA registries.

pub mod field_name;
mod method;
mod status;

pub use method::Method;
pub use status::{StatusClass, StatusCode};
