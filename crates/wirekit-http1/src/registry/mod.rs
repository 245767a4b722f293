//! The words of the IANA registries.

pub mod field_name;
mod method;
mod status;

pub use method::Method;
pub(crate) use method::MethodClass;
pub use status::{StatusClass, StatusCode};
